// What follows from what is known, without choosing.
//
// Only what is cheap is looked for: what the only value that is left of a variable requires; that features follow the
// release they are on, and it them; and learned clauses. Which of several values are possible is found out when one is
// about to be chosen, by `probe`.

import { EVERYTHING, NOTHING, bit, isSingleton, onlyValue, values } from './sets.js';
import { Clause } from './clauses.js';
import { GIVEN, UNAVAILABLE, followsFrom, isPresent, neededBy } from './reasons.js';
import { termsOf } from './steps.js';

export class Propagation {
  #pending = [];
  #units = []; // clauses with one term
  #standing = []; // see `learn`, ascending by `placed`: { clause, variable, set, placed }
  #conflict = null; // a step, all of whose terms are true

  constructor(rules, trail, explainer, effort) {
    this.rules = rules;
    this.trail = trail;
    this.explainer = explainer;
    this.effort = effort;
  }

  // The step that the last failure was about. What was still to be followed up is forgotten: going back undoes it.
  takeConflict() {
    const conflict = this.#conflict;
    this.#conflict = null;
    this.#dropPending();
    return conflict;
  }

  // Forgets all but what was learned, and begins with the consumer. False if that is a conflict already.
  restart() {
    this.trail.clear();
    this.#standing = [];
    const { root } = this.rules.variables;
    if (!this.narrow(root, bit(0), GIVEN)) return false;
    for (const { variables, sets, reason } of this.#units) {
      if (!this.narrow(variables[0], ~sets[0], reason)) return false;
    }
    return this.run();
  }

  // Learns a step. All its terms are true now, or all but that of `variable`. What it says of the variable may follow
  // from choices that were made long before. Then it still holds when later choices are undone; but nothing would make
  // the step be looked at, for nothing happens to the variables that it watches. That is why it is remembered.
  learn(step, variable) {
    const terms = termsOf(step);
    if (step.clause === null) {
      const others = [...terms.keys()].filter((other) => other !== variable);
      // The term that became true last is watched: it is the first to become untrue again.
      const since = new Map(others.map((other) => [other, this.trail.satisfier(other, terms.get(other)).index]));
      others.sort((a, b) => since.get(b) - since.get(a));
      const clause = new Clause(step, [variable, ...others]);
      if (others.length === 0) this.#units.push(clause);
    }
    this.effort.add(terms.size);
    this.#addStanding(step.clause, variable, terms.get(variable));
  }

  #addStanding(clause, variable, set) {
    this.#standing.push({ clause, variable, set, placed: this.trail.level });
  }

  // Undoes all that was made after the first `level` choices, but for what follows without the others. False, and a
  // conflict, if that is one.
  backTo(level) {
    this.trail.backTo(level);
    const undone = [];
    while (this.#standing.length > 0 && this.#standing.at(-1).placed > level) undone.push(this.#standing.pop());
    let fine = true;
    for (const { clause, variable, set } of undone.reverse()) {
      if (!clause.othersAreTrue(variable)) continue;
      this.#addStanding(clause, variable, set);
      fine &&= this.narrow(variable, ~set, clause.reason);
    }
    return fine && this.run();
  }

  // Shrinks a domain to what is also in `allowed`. False, and a conflict, if nothing is.
  narrow(variable, allowed, reason) {
    const domain = variable.domain & allowed;
    if (domain === variable.domain) return true;
    this.effort.add(1);
    if (domain === NOTHING) {
      const change = { variable, reason, before: variable.domain, index: this.trail.entries.length };
      this.#conflict = this.explainer.explain(change, NOTHING);
      return false;
    }
    this.trail.push(variable, domain, reason, this.#levelOf(variable, reason));
    if (!variable.pending) {
      variable.pending = true;
      this.#pending.push(variable);
    }
    return true;
  }

  // The level that a reason follows from.
  #levelOf(variable, reason) {
    switch (reason.kind) {
      case 'choice':
        return this.trail.level;
      case 'needed':
        return reason.by.last.level;
      case 'follows':
        return this.#levelOfParent(reason.by);
      case 'learned':
        return reason.clause.levelOfOthers(variable, this.trail);
      default:
        return 0;
    }
  }

  // A variable may be spoken of for the first time long after its parent was shrunk. If the search goes back to in
  // between, nothing will make it follow again. So this counts as something that follows from the last choice.
  #levelOfParent({ last }) {
    if (last === null) return 0;
    return last.placed === this.trail.level ? last.level : this.trail.level;
  }

  // Follows everything up. False, and a conflict, if it comes to one.
  run() {
    for (let i = 0; i < this.#pending.length; i++) {
      const variable = this.#pending[i];
      variable.pending = false;
      if (!this.#follow(variable)) return false;
    }
    this.#pending = [];
    return true;
  }

  #dropPending() {
    for (const variable of this.#pending) variable.pending = false;
    this.#pending = [];
  }

  #follow(variable) {
    return (
      this.#followClauses(variable) &&
      this.#followParent(variable) &&
      this.#followChildren(variable) &&
      (!isSingleton(variable.domain) || this.#followValue(variable, onlyValue(variable.domain)))
    );
  }

  #followClauses(variable) {
    const { watchers } = variable;
    if (watchers.length === 0) return true;
    const kept = [];
    let fine = true;
    const exclude = (other, set, reason) => {
      fine = this.narrow(other, ~set, reason);
    };
    for (const clause of watchers) {
      this.effort.add(1);
      if (!fine || clause.update(variable, exclude)) kept.push(clause);
    }
    variable.watchers = kept;
    return fine;
  }

  #followParent(variable) {
    const { parent } = variable;
    if (parent === null) return true;
    return (
      this.#shrinkToParent(variable) &&
      (!isPresent(variable) || this.narrow(parent, variable.domain, neededBy(variable)))
    );
  }

  #followChildren(variable) {
    return variable.children.every((child) => this.#shrinkToParent(child));
  }

  #shrinkToParent(child) {
    return this.narrow(child, child.parent.domain | child.beyond, followsFrom(child.parent));
  }

  #followValue(variable, value) {
    const { available, sets } = this.rules.needs(variable, value);
    if (!available) return this.narrow(variable, ~this.rules.unavailable(variable), UNAVAILABLE);
    for (const [other, set] of sets) {
      if (!this.narrow(other, set, neededBy(variable))) return false;
    }
    return true;
  }

  // Looks whether a value of a variable that is present could be had: whether it is available, and each variable can
  // have what the value requires; the same for those that are present and follow it. If not, the value leaves the
  // domain, and so do others that fail like it. False, and a conflict, if no value is left.
  probe(variable, value) {
    for (const affected of [variable, ...variable.children]) {
      if (!isPresent(affected)) continue;
      if (!this.#probeOne(affected, value)) return false;
      if ((variable.domain & bit(value)) === NOTHING) return true;
    }
    return true;
  }

  #probeOne(variable, value) {
    const { available, sets } = this.rules.needs(variable, value);
    this.effort.add(1 + sets.size);
    if (!available) return this.#exclude(this.explainer.unavailable(variable), variable);
    for (const [other, set] of sets) {
      if ((other.domain & set) === NOTHING) {
        const failing = this.#failingBy(variable, other);
        return this.#exclude(this.explainer.unsupported(variable, other, failing), variable);
      }
    }
    return true;
  }

  // Learns a step about what a probe has come to.
  #exclude(step, variable) {
    this.learn(step, variable);
    return this.narrow(variable, ~step.terms.get(variable), step.clause.reason) && this.run();
  }

  // The values in the variable's domain that require of `other` what it cannot have.
  #failingBy(variable, other) {
    let failing = NOTHING;
    for (const value of values(variable.domain)) {
      this.effort.add(1);
      const set = this.rules.needs(variable, value).available
        ? this.rules.need(variable, value, other)
        : undefined;
      if ((other.domain & (set ?? EVERYTHING)) === NOTHING) failing |= bit(value);
    }
    return failing;
  }

  // Probes all values of a variable that is present.
  probeAll(variable) {
    for (const value of values(variable.domain)) {
      if ((variable.domain & bit(value)) !== NOTHING && !this.probe(variable, value)) return false;
    }
    return true;
  }
}
