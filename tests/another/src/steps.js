// Steps of derivations: sets of terms that cannot all be true.
//
// The terms of a step are a Map from variables to sets (see sets.js); a variable without an entry may be anything.

import { EVERYTHING } from './sets.js';

class Step {
  constructor(terms) {
    this.terms = terms;
    this.clause = null; // the Clause, once it is learned
  }
}

// Each value in `subset` of `variable` that is available requires `other` to have a value in `required`.
export class RequiresStep extends Step {
  constructor(variable, subset, other, required) {
    super(new Map([[variable, subset], [other, ~required]]));
  }
}

// No value in `subset` of `variable` is available.
export class NothingStep extends Step {
  constructor(variable, subset) {
    super(new Map([[variable, subset]]));
  }
}

// What remains after resolving `first` with each of `others`, { step, pivot }, in turn.
export class ResolvedStep extends Step {
  constructor(terms, first, others) {
    super(terms);
    this.first = first;
    this.others = others;
  }
}

// Resolves `terms`, which are changed, with a step: on the pivot they unite, on all others they intersect. Returns the
// other variables.
export function resolve(terms, step, pivot) {
  const touched = [];
  for (const [variable, set] of step.terms) {
    if (set === EVERYTHING) continue;
    if (variable === pivot) continue;
    terms.set(variable, (terms.get(variable) ?? EVERYTHING) & set);
    touched.push(variable);
  }
  const united = terms.get(pivot) | (step.terms.get(pivot) ?? EVERYTHING);
  if (united === EVERYTHING) terms.delete(pivot);
  else terms.set(pivot, united);
  return touched;
}

// The terms of a step that say something.
export function termsOf(step) {
  const terms = new Map();
  for (const [variable, set] of step.terms) {
    if (set !== EVERYTHING) terms.set(variable, set);
  }
  return terms;
}
