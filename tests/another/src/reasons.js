// Why domains shrank. A reason is written down in short when an entry is made, and made into a step only if a
// derivation wants it. That is not only cheaper: by then it is known what the step is needed for, and of all steps that
// do, one is taken that says as much as possible.

import { NOTHING, allowsNone, bit, isSubset, values } from './sets.js';
import { NothingStep, RequiresStep, ResolvedStep, resolve, termsOf } from './steps.js';

// The consumer has its value.
export const GIVEN = { kind: 'given' };
// The search tries it.
export const CHOICE = { kind: 'choice' };
// In a ceiling: an earlier item is bound that way.
export const FIXED = { kind: 'fixed' };
// The values that went are not available.
export const UNAVAILABLE = { kind: 'unavailable' };

// Each value that `variable` may have requires it.
export function neededBy(variable) {
  return (variable.forward ??= { kind: 'needed', by: variable });
}

// The values that went are none of its parent's.
export function followsFrom(parent) {
  return (parent.backward ??= { kind: 'follows', by: parent });
}

export class Explainer {
  constructor(rules, trail, effort) {
    this.rules = rules;
    this.trail = trail;
    this.effort = effort;
  }

  // The step behind a change of the variable's domain. Its terms on other variables were true before the change, and
  // its term on this variable holds whatever is in `before`, the domain then, and not in `wanted`: so resolving a step
  // whose term here is `wanted` with it, on this variable, gives one that was true before the change. `index` is that
  // of the change's entry.
  explain({ variable, reason, before, index }, wanted) {
    switch (reason.kind) {
      case 'learned':
        return reason.clause.step;
      case 'unavailable':
        return this.unavailable(variable);
      case 'needed':
        return this.#needed(reason.by, variable, before, wanted, index);
      case 'follows':
        return this.#unsupported(variable, reason.by, before & ~wanted);
      default:
        throw new Error(`nothing to explain: ${reason.kind}`);
    }
  }

  // A domain that was never larger: its values define no such feature.
  explainInitial(variable) {
    return new NothingStep(variable, ~variable.initial);
  }

  // `source` could have only values that require `variable` to be within some set. If all that they require lies
  // within `wanted`, the pivot goes; else at least what was in the domain before and is not wanted has to go.
  #needed(source, variable, before, wanted, index) {
    const possible = values(this.trail.domainAt(source, index));
    const enough = possible.every((value) => isSubset(this.rules.need(source, value, variable), wanted));
    const limit = enough ? wanted : wanted | ~before;
    return this.#widest(source, variable, limit);
  }

  // The values that are not available.
  unavailable(variable) {
    return new NothingStep(variable, this.rules.unavailable(variable));
  }

  // What `failing`, values of `variable`, require of `other` it cannot have, perhaps never could.
  unsupported(variable, other, failing) {
    const step = this.#unsupported(variable, other, failing);
    const terms = termsOf(step);
    if (!terms.has(other) || !isSubset(other.initial, terms.get(other))) return step;
    const never = this.explainInitial(other);
    resolve(terms, never, other);
    return new ResolvedStep(terms, step, [{ step: never, pivot: other }]);
  }

  #unsupported(variable, other, gone) {
    let required = NOTHING;
    for (const value of values(gone)) required |= this.rules.need(variable, value, other);
    return this.#widest(variable, other, required);
  }

  // The step with all values of `variable` that require `other` to be within `limit`, or are not available.
  #widest(variable, other, limit) {
    if (other === variable.parent) {
      const subset = limit & variable.universe;
      return new RequiresStep(variable, subset, other, subset);
    }
    let subset = NOTHING;
    let required = NOTHING;
    for (const value of values(variable.universe)) {
      this.effort.add(1);
      const { available, sets } = this.rules.needs(variable, value);
      const set = sets.get(other);
      if (available && (set === undefined || !isSubset(set, limit))) continue;
      subset |= bit(value);
      if (available) required |= set;
    }
    return new RequiresStep(variable, subset, other, required);
  }
}

// Whether the variable is known to have a value.
export function isPresent(variable) {
  return !allowsNone(variable.domain);
}
