// The checks themselves refuse what does not hold.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Host } from './support/host.js';
import { Records } from './support/records.js';
import { checkAnswer } from './support/check-answer.js';
import { nativeSolver } from './support/native.js';
import { readScenario } from './support/scenario.js';

const TEXT = `
roots = ["a:x ^1", "b:pin ^1"]
outcome = ""
[packages."a:x"]
"1.0.0" = []
"1.1.0" = ["c:base =1.1.0"]
"1.2.0" = ["c:base =1.2.0"]
[packages."b:pin"]
"1.0.0" = ["c:base =1.0.0"]
[packages."c:base"]
"1.0.0" = []
"1.1.0" = []
"1.2.0" = []
`;

// Checks the scenario's answer after `tamper` has changed it.
function check(tamper) {
  const host = new Host(readScenario(TEXT));
  const { outcome } = host.solve(nativeSolver().solving);
  tamper(outcome.val);
  checkAnswer(outcome.val, host, new Records(host.world));
}

// Checks it with each step of the ceiling's derivation changed in turn. Returns how many of these were refused.
function refusals(tamper) {
  let count = 0;
  let refused = 0;
  check(({ ceilings }) => {
    count = ceilings[0].derivation.steps.length;
  });
  for (let step = 0; step < count; step++) {
    try {
      check(({ ceilings }) => tamper(ceilings[0].derivation, step));
    } catch (error) {
      assert.equal(error.code, 'ERR_ASSERTION');
      refused += 1;
    }
  }
  return { count, refused };
}

test('what the solver says holds', () => check(() => {}));

test('a missing ceiling is refused', () => {
  assert.throws(() => check((answer) => answer.ceilings.pop()));
});

test('a lower release is refused', () => {
  assert.throws(() => check(({ roots }) => (roots[0].to += 1)));
});

test('a derivation that does not end is refused', () => {
  assert.throws(() => check(({ ceilings }) => {
    const { derivation } = ceilings[0];
    const { terms } = derivation.steps.pop();
    const gone = derivation.terms.splice(-terms);
    derivation.ranges.splice(-gone.reduce((sum, { ranges }) => sum + ranges, 0));
  }));
});

test('no step can be a leaf of another kind', () => {
  const { count, refused } = refusals((derivation, step) => {
    const { tag } = derivation.steps[step].cause;
    derivation.steps[step].cause = { tag: tag === 'nothing' ? 'requires' : 'nothing' };
  });
  assert.equal(refused, count);
});

test('no step can be resolved from something else', () => {
  const { count, refused } = refusals((derivation, step) => {
    derivation.steps[step].cause = { tag: 'both', val: [0, 0] };
  });
  // The first refers to itself, and all others say something else than the first.
  assert.equal(refused, count);
});
