import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowsNone, bit, firstValues, isSingleton, isSubset, onlyValue, values } from '../src/sets.js';

test('singletons', () => {
  for (const value of [0, 1, 3, 4, 31, 32, 63, 64, 200]) {
    assert.ok(isSingleton(bit(value)));
    assert.equal(onlyValue(bit(value)), value);
    assert.deepEqual(values(bit(value)), [value]);
    assert.ok(!isSingleton(~bit(value)), 'a set with none in it is no singleton');
  }
  assert.ok(!isSingleton(0n));
  assert.ok(!isSingleton(6n));
});

test('values', () => {
  assert.deepEqual(values(0n), []);
  assert.deepEqual(values(bit(2) | bit(70)), [2, 70]);
  assert.deepEqual(values(firstValues(3)), [0, 1, 2]);
});

test('no value', () => {
  assert.ok(allowsNone(~bit(5)));
  assert.ok(!allowsNone(bit(5)));
  assert.ok(isSubset(bit(5), ~bit(6)));
  assert.ok(!isSubset(~bit(5), bit(6)));
});
