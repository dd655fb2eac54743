// Derivations as the contract wants them: flat lists, with each step behind those that it refers to.

import { RequiresStep, ResolvedStep, resolve, termsOf } from './steps.js';
import { allowsNone, values } from './sets.js';

// The derivation that ends with `last`.
export function derivation(last) {
  const writer = new Writer();
  for (const step of inOrder(last)) writer.write(step);
  return writer.result;
}

// All steps that `last` is resolved from, and itself, each once, and behind those that it is resolved from.
function inOrder(last) {
  const order = [];
  const seen = new Set();
  const waiting = [{ step: last, expanded: false }];
  while (waiting.length > 0) {
    const { step, expanded } = waiting.pop();
    if (expanded) {
      order.push(step);
    } else if (!seen.has(step)) {
      seen.add(step);
      waiting.push({ step, expanded: true });
      if (step instanceof ResolvedStep) {
        for (const other of step.others) waiting.push({ step: other.step, expanded: false });
        waiting.push({ step: step.first, expanded: false });
      }
    }
  }
  return order;
}

class Writer {
  #numbers = new Map(); // by step: its number in the derivation
  #leaves = new Map(); // by what it says: the number of a step that is not resolved
  #variables = new Map(); // by variable: its number

  constructor() {
    this.result = { variables: [], steps: [], terms: [], ranges: [] };
  }

  write(step) {
    this.#numbers.set(step, step instanceof ResolvedStep ? this.#writeResolved(step) : this.#writeLeaf(step));
  }

  #writeResolved({ first, others }) {
    const terms = termsOf(first);
    let number = this.#numbers.get(first);
    for (const { step, pivot } of others) {
      resolve(terms, step, pivot);
      number = this.#add(terms, { tag: 'both', val: [number, this.#numbers.get(step)] });
    }
    return number;
  }

  #writeLeaf(step) {
    const key = [...step.terms].map(([variable, set]) => `${this.#number(variable)} ${set}`).join(' ');
    let number = this.#leaves.get(key);
    if (number === undefined) {
      const tag = step instanceof RequiresStep ? 'requires' : 'nothing';
      number = this.#add(step.terms, { tag });
      this.#leaves.set(key, number);
    }
    return number;
  }

  #number(variable) {
    let number = this.#variables.get(variable);
    if (number === undefined) {
      number = this.result.variables.push(variable.toContract()) - 1;
      this.#variables.set(variable, number);
    }
    return number;
  }

  // Adds a step, and returns its number.
  #add(terms, cause) {
    const { steps, ranges } = this.result;
    const numbered = [...terms].map(([variable, set]) => ({ variable, set, number: this.#number(variable) }));
    numbered.sort((a, b) => a.number - b.number);
    for (const { variable, set, number } of numbered) {
      const positive = !allowsNone(set);
      const rangesOfTerm = toRanges(variable, positive ? set : ~set);
      for (const range of rangesOfTerm) ranges.push(range);
      this.result.terms.push({ variable: number, positive, ranges: rangesOfTerm.length });
    }
    return steps.push({ terms: numbered.length, cause }) - 1;
  }
}

// A finite set of a variable's values as inclusive ranges of the contract's numbers, ascending, none touching another.
function toRanges(variable, set) {
  const numbers = values(set).map((value) => variable.numberOf(value)).sort((a, b) => a - b);
  const ranges = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] + 1 === number) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}
