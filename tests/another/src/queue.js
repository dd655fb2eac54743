// The queue of docs/resolution.md: which dependencies there are to bind, in which order, and what was bound so far.

// A dependent: a release of the answer, or the consumer.
export class Node {
  constructor(release) {
    this.release = release; // null for the consumer
    this.features = new Set(); // those that are on
    this.bindings = new Map(); // by target: the release that the dependency is bound to
  }

  get track() {
    return this.release === null ? null : this.release.track;
  }
}

// An item asks for the edge's target and features on behalf of the node.
class Item {
  constructor(node, edge) {
    this.node = node;
    this.target = edge.target;
    this.features = edge.features;
  }
}

// An item that was taken, and all that it has changed. `release` is null if its package is missing.
class Taken {
  constructor(item, release, level, length) {
    this.item = item;
    this.release = release;
    this.level = level; // of the trail, then
    this.length = length; // of the queue, before
    this.forced = item.node.bindings.has(item.target);
    this.isNewRelease = false;
    this.newFeatures = [];
  }
}

export class Queue {
  #items;

  constructor(problem) {
    this.problem = problem;
    this.consumer = new Node(null);
    this.nodes = new Map(); // by release
    this.taken = [];
    this.#items = problem.roots.map((edge) => new Item(this.consumer, edge));
  }

  // The item at the front, undefined at the end.
  get front() {
    return this.#items[this.taken.length];
  }

  // The level of the trail that the bindings so far hang on.
  get level() {
    return this.taken.length === 0 ? 0 : this.taken[this.taken.length - 1].level;
  }

  // Takes the front, bound to a release, or dropped if that is null.
  take(release, level) {
    const item = this.front;
    const taken = new Taken(item, release, level, this.#items.length);
    this.taken.push(taken);
    if (release === null) return;
    if (!taken.forced) item.node.bindings.set(item.target, release);
    this.#turnOn(taken, release, item.features);
  }

  #turnOn(taken, release, features) {
    const { problem, nodes } = this;
    taken.isNewRelease = !nodes.has(release);
    if (taken.isNewRelease) nodes.set(release, new Node(release));
    const node = nodes.get(release);
    const added = taken.isNewRelease ? [problem.ownEdges(release)] : [];
    const waiting = [...features];
    while (waiting.length > 0) {
      const feature = waiting.pop();
      if (node.features.has(feature)) continue;
      node.features.add(feature);
      taken.newFeatures.push(feature);
      waiting.push(...release.includes(feature));
      added.push(problem.addedEdges(release, feature));
    }
    for (const edge of problem.mergeEdges(added)) this.#items.push(new Item(node, edge));
  }

  // Puts back what was taken on higher levels.
  backTo(level) {
    while (this.level > level) this.#putBack(this.taken.pop());
  }

  // Puts back everything.
  clear() {
    while (this.taken.length > 0) this.#putBack(this.taken.pop());
  }

  #putBack({ item, release, length, forced, isNewRelease, newFeatures }) {
    this.#items.length = length;
    if (release === null) return;
    if (!forced) item.node.bindings.delete(item.target);
    if (isNewRelease) this.nodes.delete(release);
    else for (const feature of newFeatures) this.nodes.get(release).features.delete(feature);
  }

  // The packages that items were dropped for want of.
  missing() {
    const packages = this.taken.filter(({ release }) => release === null).map(({ item }) => item.target.package.number);
    return [...new Set(packages)].sort((a, b) => a - b);
  }
}
