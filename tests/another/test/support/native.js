// The solver without the component around it.

import { Solver } from '../../src/solver.js';

// A fresh instance of the contract's interface, and how many steps it has taken.
export function nativeSolver() {
  let solver = null;
  return {
    solving: {
      start(problem) {
        solver = new Solver(problem);
        return solver.outcome();
      },
      supply(packages) {
        solver.supply(packages);
        return solver.outcome();
      },
    },
    steps: () => solver.effort.steps,
  };
}
