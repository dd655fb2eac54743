// The search for the answer.
//
// Items are bound in the queue's order, each to the first by rank of its candidates that is not ruled out. So whatever
// ranks higher than what an item is bound to was ruled out by what follows from the problem and from the bindings of
// earlier items; when the queue is empty, this is the answer. Where a choice leads to a conflict, a step is learned
// that says why, and the last choice that it is about is undone. The step may have something to say on an earlier level
// already. All the same the choices in between are kept. Made anew, each would be the same, for what ranks higher is
// ruled out as before; or what the step says rules it out, and then that is the next conflict.

import { NOTHING, bit, isSingleton, values } from './sets.js';
import { CHOICE } from './reasons.js';
import { learn } from './analysis.js';

// What a search ends with.
export const COMPLETE = { kind: 'complete' }; // the queue is empty; items whose package is missing were dropped
export const EXHAUSTED = { kind: 'exhausted' };

export class Search {
  #unsolvable = null; // a step that has no term but on root

  constructor({ rules, trail, explainer, propagation, queue, effort }) {
    this.rules = rules;
    this.trail = trail;
    this.explainer = explainer;
    this.propagation = propagation;
    this.queue = queue;
    this.effort = effort;
  }

  // COMPLETE, EXHAUSTED, or { kind: 'unsolvable', step } with a step that has no term but on root.
  run() {
    this.queue.clear();
    this.#unsolvable = null;
    let fine = this.propagation.restart();
    for (;;) {
      if (this.effort.isExhausted()) return EXHAUSTED;
      if (!fine) {
        fine = this.#learn();
        if (this.#unsolvable !== null) return { kind: 'unsolvable', step: this.#unsolvable };
      } else if (this.queue.front !== undefined) {
        fine = this.#bindFront();
      } else {
        return COMPLETE;
      }
    }
  }

  // After a conflict: learns and goes back. False if that is a conflict again, or there is no way back.
  #learn() {
    const { trail, propagation, queue } = this;
    const { root } = this.rules.variables;
    const { step, variable, level } = learn(propagation.takeConflict(), trail, this.explainer, root);
    if (variable === null) {
      this.#unsolvable = step;
      return false;
    }
    propagation.learn(step, variable);
    queue.backTo(level - 1);
    return propagation.backTo(level - 1);
  }

  // Binds the item at the front, and takes it. False, and a conflict, if it comes to one.
  #bindFront() {
    const { trail, queue } = this;
    // The search may have gone back to amidst the choices for one item. They begin anew.
    if (!this.propagation.backTo(queue.level)) return false;
    const item = queue.front;
    this.effort.add(1);
    let release = null;
    if (!item.target.open) {
      release = item.node.bindings.get(item.target) ?? this.#choose(item);
      if (release === null) return false;
    }
    queue.take(release, trail.level);
    return true;
  }

  // The first candidate that is not ruled out; null, and a conflict, if it comes to one.
  #choose({ node, target, features }) {
    const { propagation, queue } = this;
    const bound = target.spans ? this.rules.variables.bound(node.track, target) : null;
    if (bound !== null && !propagation.probeAll(bound)) return null;
    let tried = null; // the track that the dependency is bound to for a try
    for (const candidate of target.ranked) {
      const { track, index } = candidate;
      if (!features.every((feature) => candidate.definesFeature(feature))) continue;
      if (bound !== null && tried !== track) {
        if (!propagation.backTo(queue.level)) return null;
        tried = null;
        const place = bit(target.placeOf(track));
        if ((bound.domain & place) === NOTHING) continue;
        if (!this.#decide(bound, place)) return null;
        tried = track;
      }
      const variable = this.rules.variables.release(track);
      if ((variable.domain & candidate.bit) === NOTHING) continue;
      if (!propagation.probe(variable, index)) return null;
      if ((variable.domain & candidate.bit) === NOTHING) continue;
      return this.#decide(variable, candidate.bit) ? candidate : null;
    }
    return this.#fail(bound);
  }

  // No track that the dependency might be bound to has a candidate. Trying one shows why.
  #fail(bound) {
    if (!this.propagation.backTo(this.queue.level)) return null;
    if (bound !== null && !this.#decide(bound, bit(values(bound.domain)[0]))) return null;
    throw new Error('no candidate is left, and no conflict');
  }

  #decide(variable, set) {
    if (isSingleton(variable.domain)) return true;
    this.trail.level += 1;
    return this.propagation.narrow(variable, set, CHOICE) && this.propagation.run();
  }
}
