// Random problems: the solver's answer is the one that plain backtracking finds, whatever order it is told the problem
// in, and all that it claims holds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Host } from './support/host.js';
import { Records } from './support/records.js';
import { backtrack } from './support/oracle.js';
import { checkAnswer } from './support/check-answer.js';
import { checkDerivation } from './support/check-derivation.js';
import { nativeSolver } from './support/native.js';
import { outcomeText } from './support/text.js';
import { randomNumbers, randomScenario, shuffled } from './support/random.js';

const FIRST_SEED = Number(process.env.FIRST_SEED ?? 1);
const COUNT = Number(process.env.COUNT ?? 1500);
const LIMIT = 20_000; // bindings that plain backtracking may try

test('random problems', () => {
  const counts = { solved: 0, unsolvable: 0, ceilings: 0, tooHard: 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
    try {
      checkSeed(seed, counts);
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
  console.log(JSON.stringify(counts));
  assert.ok(counts.tooHard < COUNT / 10);
});

function checkSeed(seed, counts) {
  const scenario = randomScenario(seed);
  const { host, outcome, steps } = solve(scenario, (list) => list);
  const records = new Records(host.world);
  if (outcome.tag === 'solved') {
    checkAnswer(outcome.val, host, records);
    counts.ceilings += outcome.val.ceilings.length;
  } else {
    checkDerivation(outcome.val, records);
  }
  counts[outcome.tag] += 1;

  const expected = backtrack(records, LIMIT);
  if (expected === undefined) counts.tooHard += 1;
  else assert.deepEqual(bindingsOf(outcome), expected && new Map([...expected.bindings].sort()));

  const random = randomNumbers(seed);
  const other = solve(scenario, (list) => shuffled(list, random));
  assert.equal(outcomeText(other.outcome, other.host), outcomeText(outcome, host));
  assert.equal(other.steps, steps, 'the order of the parts costs no steps');
}

function solve(scenario, shuffle) {
  const host = new Host(scenario, shuffle);
  const native = nativeSolver();
  const { outcome } = host.solve(native.solving);
  return { host, outcome, steps: native.steps() };
}

// As the oracle gives them; null for an unsolvable problem.
function bindingsOf({ tag, val }) {
  if (tag === 'unsolvable') return null;
  const nodes = [{ release: null, bindings: val.roots }, ...val.releases];
  const entries = nodes.flatMap(({ release, bindings }) =>
    bindings.map((binding) => [`${release} ${binding.package} ${binding.requirement}`, binding.to]));
  return new Map(entries.sort());
}
