// What is known of the variables, and in which order and on which choices it became known.
//
// A variable's domain is the set of what it may be. It only shrinks, each time by an entry at the end of the trail;
// going back undoes entries. Of an entry it is known
//   placed   how many choices had been made when it was made: going back beyond the last of them undoes it
//   level    how many of them, the first ones, it follows from. Often that is less, for something may be learned of
//            earlier choices only after later ones.

import { isSubset } from './sets.js';

export class Trail {
  constructor() {
    this.entries = [];
    this.level = 0; // how many choices have been made
  }

  // Entries: { variable, before, reason, placed, level, index, previous }. `before` is the domain that the entry
  // shrank, `previous` the entry before it about the same variable. `level` is the reason's; what is known of the
  // variable then follows from the reasons of its earlier entries, too.
  push(variable, domain, reason, level) {
    const { entries } = this;
    const previous = variable.last;
    const entry = {
      variable,
      before: variable.domain,
      reason,
      placed: this.level,
      level: previous === null ? level : Math.max(level, previous.level),
      index: entries.length,
      previous,
    };
    entries.push(entry);
    variable.domain = domain;
    variable.last = entry;
  }

  // Undoes all that was made after the first `level` choices.
  backTo(level) {
    const { entries } = this;
    while (entries.length > 0 && entries[entries.length - 1].placed > level) {
      const { variable, before, previous } = entries.pop();
      variable.domain = before;
      variable.last = previous;
    }
    this.level = level;
  }

  // Undoes everything.
  clear() {
    this.backTo(-1);
    this.level = 0;
  }

  // A variable's domain before the entry with this index was made.
  domainAt(variable, index) {
    let { domain, last } = variable;
    while (last !== null && last.index >= index) {
      domain = last.before;
      last = last.previous;
    }
    return domain;
  }

  // The entry since which the variable's domain lies within the set, as it does now; null if it did from the beginning.
  satisfier(variable, set) {
    let entry = variable.last;
    while (entry !== null && isSubset(entry.before, set)) entry = entry.previous;
    return entry;
  }
}
