// Learned steps, and when they have something to say: once all terms but one are true, the last must not become so.
//
// Of each step two terms are watched that are not true yet. Only when one of them becomes true is the step looked at,
// and another such term watched instead. Going back makes terms untrue, never true, and the watched ones first.

import { isSubset } from './sets.js';

export class Clause {
  // `order` lists the step's variables; the first two are watched, if there are two.
  constructor(step, order) {
    this.variables = order;
    this.sets = order.map((variable) => step.terms.get(variable));
    this.reason = { kind: 'learned', clause: this };
    this.step = step;
    step.clause = this;
    if (order.length > 1) for (const variable of order.slice(0, 2)) variable.watchers.push(this);
  }

  #isTrue(place) {
    return isSubset(this.variables[place].domain, this.sets[place]);
  }

  // Whether all terms but that of one variable are true.
  othersAreTrue(variable) {
    return this.variables.every((other, place) => other === variable || this.#isTrue(place));
  }

  // The level that the truth of all terms but that of one variable follows from; all of them are true.
  levelOfOthers(variable, trail) {
    let level = 0;
    this.variables.forEach((other, place) => {
      if (other === variable) return;
      const entry = trail.satisfier(other, this.sets[place]);
      if (entry.level > level) ({ level } = entry);
    });
    return level;
  }

  #swap(a, b) {
    const { variables, sets } = this;
    [variables[a], variables[b]] = [variables[b], variables[a]];
    [sets[a], sets[b]] = [sets[b], sets[a]];
  }

  // The domain of a watched variable shrank. Returns whether the clause still watches it, and calls `exclude(variable,
  // set, reason)` if all terms but that of one variable are true.
  update(variable, exclude) {
    if (this.variables[0] === variable) this.#swap(0, 1);
    if (!this.#isTrue(1)) return true;
    for (let place = 2; place < this.variables.length; place++) {
      if (this.#isTrue(place)) continue;
      this.#swap(1, place);
      this.variables[1].watchers.push(this);
      return false;
    }
    exclude(this.variables[0], this.sets[0], this.reason);
    return true;
  }
}
