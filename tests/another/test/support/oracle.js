// The answer by its definition: plain backtracking in the queue's order, without learning anything. For small problems.

// Returns { bindings: Map from `DEPENDENT PACKAGE REQUIREMENT` to a release number }, null if there is no answer, or
// undefined if that was not found out within so many bindings.
export function backtrack(records, limit) {
  const search = new Backtracking(records, limit);
  try {
    return search.solve(search.beginning());
  } catch (error) {
    if (error === TOO_MANY) return undefined;
    throw error;
  }
}

const TOO_MANY = new Error('too many bindings');

class Backtracking {
  constructor(records, limit) {
    this.records = records;
    this.limit = limit;
  }

  beginning() {
    return {
      queue: this.batch(null, this.records.rootEdges()),
      bindings: new Map(),
      onTrack: new Map(), // by track: the release
      holders: new Map(), // by exclusive resource: the release
      features: new Map(), // by release: a set
    };
  }

  // The first complete answer from a state on; null if there is none.
  solve(state) {
    if (state.queue.length === 0) return { bindings: state.bindings };
    const [item, ...queue] = state.queue;
    const key = `${item.dependent} ${item.package} ${item.requirement}`;
    const candidates = item.legal
      ? this.records.candidates(item.package, item.requirement, item.features)
      : [];
    for (const release of candidates) {
      const bound = state.bindings.get(key);
      if (bound !== undefined && bound !== release) continue;
      if (--this.limit < 0) throw TOO_MANY;
      const next = this.#bind({ ...state, queue }, key, release, item.features);
      const answer = next === null ? null : this.solve(next);
      if (answer !== null) return answer;
    }
    return null;
  }

  // The state after a binding; null if that contradicts what is there.
  #bind(state, key, release, features) {
    const { records } = this;
    const track = records.trackOf(release);
    if ((state.onTrack.get(track) ?? release) !== release) return null;
    const { exclusives } = records.release(release);
    if (exclusives.some((one) => (state.holders.get(one) ?? release) !== release)) return null;
    const isNew = !state.onTrack.has(track);
    const on = new Set(state.features.get(release));
    const edges = isNew ? records.ownEdges(release) : [];
    for (const waiting = [...features]; waiting.length > 0; ) {
      const feature = waiting.pop();
      if (on.has(feature)) continue;
      if (!records.defines(release, feature)) return null;
      on.add(feature);
      waiting.push(...records.release(release).features.get(feature).includes);
      edges.push(...records.addedEdges(release, feature));
    }
    return {
      queue: [...state.queue, ...this.batch(release, edges)],
      bindings: new Map(state.bindings).set(key, release),
      onTrack: new Map(state.onTrack).set(track, release),
      holders: new Map([...state.holders, ...exclusives.map((one) => [one, release])]),
      features: new Map(state.features).set(release, on),
    };
  }

  // Items { dependent, package, requirement, features, legal } in their order.
  batch(dependent, edges) {
    const { tables } = this.records.world;
    const merged = new Map();
    for (const edge of edges) {
      const { registry, name } = tables.packages[edge.package];
      const { range, content } = tables.requirements[edge.requirement];
      const digits = content === undefined ? '' : content.map((part) => part.toString(16).padStart(16, '0')).join('');
      const key = [tables.registries[registry], tables.names[name], range, digits].join('\0');
      const item = merged.get(key) ?? { ...edge, dependent, features: [], legal: true, key };
      item.features = [...new Set([...item.features, ...edge.features])];
      item.legal &&= edge.legal;
      merged.set(key, item);
    }
    return [...merged.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}
