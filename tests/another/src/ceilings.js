// Ceilings: why items are bound to nothing that ranks higher.
//
// The queue is gone through once more. At each item, with the earlier ones bound as in the answer, what ranks above its
// release is wished for, one track after the other; the search has ruled all of it out, so each wish is a conflict.

import { EVERYTHING, NOTHING, bit, firstValues, values } from './sets.js';
import { CHOICE, FIXED } from './reasons.js';
import { RequiresStep, ResolvedStep, resolve, termsOf } from './steps.js';
import { WishVariable } from './variables.js';
import { derivation } from './derivation.js';
import { refute } from './analysis.js';

export class Ceilings {
  #fixed = new Map(); // by variable: the set of the one value that earlier items have bound it to

  constructor({ rules, trail, explainer, propagation, queue }) {
    this.rules = rules;
    this.trail = trail;
    this.explainer = explainer;
    this.propagation = propagation;
    this.queue = queue;
  }

  // The contract's ceilings, after the search is complete.
  list() {
    const ceilings = [];
    this.#expect(this.propagation.restart());
    this.queue.taken.forEach((taken, number) => {
      const { item, release, forced } = taken;
      const bound = item.target.spans ? this.rules.variables.bound(item.node.track, item.target) : null;
      if (!forced) {
        const wishes = wishesAbove(item, release);
        if (wishes.length > 0) {
          const step = this.#refuteAll(new WishVariable(wishes, bound));
          ceilings.push({ item: number, derivation: derivation(step) });
        }
      }
      if (bound !== null) this.#fix(bound, bit(item.target.placeOf(release.track)));
      this.#fix(this.rules.variables.release(release.track), release.bit);
      this.#expect(this.propagation.run());
    });
    return ceilings;
  }

  #fix(variable, set) {
    this.#fixed.set(variable, set);
    this.#expect(this.propagation.narrow(variable, set, FIXED));
  }

  #expect(fine) {
    if (!fine) throw new Error('the answer contradicts what was learned');
  }

  // A step that is about root alone.
  #refuteAll(wish) {
    const { root } = this.rules.variables;
    const first = new RequiresStep(root, bit(0), wish, firstValues(wish.wishes.length));
    const terms = termsOf(first);
    const others = [];
    for (let place = 0; place < wish.wishes.length; place++) {
      // One step may be about several tracks.
      const isRefuted = ((terms.get(wish) ?? EVERYTHING) & bit(place)) !== NOTHING;
      if (isRefuted) continue;
      const step = this.#refute(wish, place);
      // It may turn out that there was no need for the wish.
      if ((step.terms.get(wish) ?? EVERYTHING) === EVERYTHING) return step;
      resolve(terms, step, wish);
      others.push({ step, pivot: wish });
    }
    return new ResolvedStep(terms, first, others);
  }

  // A step that is about root and the wish for something on one track.
  #refute(wish, place) {
    const { trail, propagation } = this;
    const { root } = this.rules.variables;
    trail.level += 1;
    if (propagation.narrow(wish, bit(place), CHOICE) && propagation.run() && !this.#probeWish(wish.wishes[place])) {
      throw new Error('a release that ranks higher is not ruled out');
    }
    const step = refute(propagation.takeConflict(), trail, this.explainer, root, wish, (variable) => {
      const set = this.#fixed.get(variable);
      return set === undefined ? null : new RequiresStep(root, bit(0), variable, set);
    });
    propagation.backTo(trail.level - 1);
    return step;
  }

  // True if that is the conflict that is looked for.
  #probeWish({ track, releases }) {
    const variable = this.rules.variables.release(track);
    for (const value of values(releases)) {
      if ((variable.domain & bit(value)) !== NOTHING && !this.propagation.probe(variable, value)) return true;
    }
    return false;
  }
}

// The candidates of an item that rank above its release, by track.
function wishesAbove({ target, features }, release) {
  const wished = new Map();
  for (const candidate of target.ranked.slice(0, target.ranked.indexOf(release))) {
    if (!features.every((feature) => candidate.definesFeature(feature))) continue;
    wished.set(candidate.track, (wished.get(candidate.track) ?? NOTHING) | candidate.bit);
  }
  return target.tracks
    .filter(({ track }) => wished.has(track))
    .map(({ track }) => ({ track, releases: wished.get(track) }));
}
