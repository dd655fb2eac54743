// A solve, from its first call to its last.

import { answer } from './answer.js';
import { Ceilings } from './ceilings.js';
import { derivation } from './derivation.js';
import { Effort } from './effort.js';
import { Explainer } from './reasons.js';
import { Problem } from './problem.js';
import { Propagation } from './propagation.js';
import { Queue } from './queue.js';
import { Rules } from './rules.js';
import { COMPLETE, EXHAUSTED, Search } from './search.js';
import { Trail } from './trail.js';
import { Variables } from './variables.js';

export class Solver {
  // `problem` is the contract's.
  constructor(problem) {
    this.problem = new Problem(problem);
    this.effort = new Effort(problem.budget);
    this.trail = new Trail();
    this.rules = new Rules(this.problem, new Variables());
    this.explainer = new Explainer(this.rules, this.trail, this.effort);
    this.propagation = new Propagation(this.rules, this.trail, this.explainer, this.effort);
    this.queue = new Queue(this.problem);
    this.search = new Search(this);
  }

  // `packages` is the contract's. What was learned without them stays true.
  supply(packages) {
    this.problem.supply(packages);
    this.rules.forgetOpen();
  }

  // The contract's outcome of what is known now.
  outcome() {
    const end = this.search.run();
    if (end === EXHAUSTED) return { tag: 'exhausted' };
    if (end !== COMPLETE) return { tag: 'unsolvable', val: derivation(end.step) };
    const missing = this.queue.missing();
    if (missing.length > 0) return { tag: 'incomplete', val: missing };
    const ceilings = new Ceilings(this).list();
    if (this.effort.isExhausted()) return { tag: 'exhausted' };
    return { tag: 'solved', val: answer(this.problem, this.queue, ceilings) };
  }
}
