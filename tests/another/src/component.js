// What the component exports: the interface `solving` of wit/solver.wit.

import { Solver } from './solver.js';

let solver = null;

export const solving = {
  start(problem) {
    if (solver !== null) throw new Error('a solve has begun already');
    solver = new Solver(problem);
    return solver.outcome();
  },

  supply(packages) {
    solver.supply(packages);
    return solver.outcome();
  },
};
