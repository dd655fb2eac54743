// Every scenario, solved natively: the outcome is the stated one, and all that it claims holds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Host } from './support/host.js';
import { Records } from './support/records.js';
import { checkAnswer } from './support/check-answer.js';
import { checkDerivation } from './support/check-derivation.js';
import { findAbove } from './support/folders.js';
import { nativeSolver } from './support/native.js';
import { outcomeText } from './support/text.js';
import { readScenarios } from './support/scenario.js';

for (const scenario of readScenarios(findAbove('scenarios', 'tests/scenarios'))) {
  test(scenario.file, () => {
    const host = new Host(scenario);
    const { outcome } = host.solve(nativeSolver().solving);
    assert.equal(outcomeText(outcome, host), scenario.outcome);
    const records = new Records(host.world);
    if (outcome.tag === 'solved') checkAnswer(outcome.val, host, records);
    if (outcome.tag === 'unsolvable') {
      checkDerivation(outcome.val, records);
      const spokenOf = packagesOf(outcome.val, host);
      for (const name of scenario.explainedBy) assert.ok(spokenOf.has(name), `the derivation speaks of ${name}`);
    }
  });
}

// The names of the packages that the variables of a derivation are about.
function packagesOf(derivation, host) {
  const names = new Set();
  const release = (number) => names.add(host.packageName(host.world.releases[number].package));
  for (const { tag, val } of derivation.variables) {
    if (tag === 'release') release(val);
    if (tag === 'feature') release(val.track);
    const bound = tag === 'bound' ? val : tag === 'bound-feature' ? val.bound : null;
    if (bound !== null) {
      names.add(host.packageName(bound.package));
      if (bound.dependent !== undefined) release(bound.dependent);
    }
  }
  return names;
}
