// From a step whose terms are all true to one that can be used: by resolving it with the reasons of its terms, the
// latest first.

import { ResolvedStep, resolve, termsOf } from './steps.js';

// The terms that are still to be explained, each with the entry of the trail since which it is true.
class Analysis {
  constructor(step, trail, explainer) {
    this.first = step;
    this.trail = trail;
    this.explainer = explainer;
    this.terms = termsOf(step);
    this.others = []; // { step, pivot }
    this.since = new Map(); // by variable: an entry
    this.#date([...this.terms.keys()]);
  }

  // How many terms follow from the highest level that any follows from; and of these the one that became true last, by
  // its entry. Null if there is no term.
  highest() {
    let last = null;
    let count = 0;
    for (const entry of this.since.values()) {
      if (last !== null && entry.level < last.level) continue;
      count = last === null || entry.level > last.level ? 1 : count + 1;
      if (count === 1 || entry.index > last.index) last = entry;
    }
    return { last, count };
  }

  // Resolves with the reason of an entry that a term became true by.
  explain(entry) {
    this.resolveWith(this.explainer.explain(entry, this.terms.get(entry.variable)), entry.variable);
  }

  resolveWith(step, pivot) {
    this.others.push({ step, pivot });
    this.#date([...resolve(this.terms, step, pivot), pivot]);
  }

  // Finds out since when the terms of these variables are true. One that was never untrue goes at once.
  #date(variables) {
    for (const variable of variables) {
      const set = this.terms.get(variable);
      const entry = set === undefined ? null : this.trail.satisfier(variable, set);
      if (entry !== null) {
        this.since.set(variable, entry);
      } else {
        this.since.delete(variable);
        if (set !== undefined) this.resolveWith(this.explainer.explainInitial(variable), variable);
      }
    }
  }

  // What it has come to.
  result() {
    return this.others.length === 0 ? this.first : new ResolvedStep(this.terms, this.first, this.others);
  }
}

// A step that says what to do after a conflict: of its terms, only one follows from the highest level that any follows
// from, so without that level's choice the others are true and this one must not be. Returns the step, the variable of
// that term, and that level. There is no variable if the conflict hangs on no choice at all, and then the step has no
// term but on root.
export function learn(conflict, trail, explainer, root) {
  const analysis = new Analysis(conflict, trail, explainer);
  for (;;) {
    const { last, count } = analysis.highest();
    if (last === null || last.variable === root) return { step: analysis.result(), variable: null };
    if (count === 1 && last.level > 0) return { step: analysis.result(), variable: last.variable, level: last.level };
    analysis.explain(last);
  }
}

// Resolves a conflict until it is about root and one variable more, at most. `leaf(variable)` may give a step to
// resolve a term of a variable with, whatever its reason was.
export function refute(conflict, trail, explainer, root, kept, leaf) {
  const analysis = new Analysis(conflict, trail, explainer);
  for (;;) {
    for (const variable of [...analysis.terms.keys()]) {
      const step = leaf(variable);
      if (step !== null) analysis.resolveWith(step, variable);
    }
    let latest = null;
    for (const [variable, entry] of analysis.since) {
      if (variable === root || variable === kept) continue;
      if (latest === null || entry.index > latest.index) latest = entry;
    }
    if (latest === null) return analysis.result();
    analysis.explain(latest);
  }
}
