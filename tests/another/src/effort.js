// The steps taken so far, over all calls, and how many there may be. A step is a change of a domain, a look at a
// learned clause, a value whose needs are looked at, or an item of the queue: all of them small, and none dependent on
// the order in which the problem was told.
export class Effort {
  constructor(budget) {
    this.budget = budget; // a BigInt
    this.steps = 0;
  }

  add(steps) {
    this.steps += steps;
  }

  isExhausted() {
    return this.steps > this.budget;
  }
}
