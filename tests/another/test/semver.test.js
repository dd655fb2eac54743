// Versions and ranges, held against what the crate `semver` documents and does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparePre, parseVersion, sameTrack } from '../src/semver.js';
import { parseRange, rangeMatches, stretchOf } from '../src/range.js';

// Asserts which versions a range matches, and which it does not.
function range(text, { matches, not }) {
  const parsed = parseRange(text);
  for (const version of matches.split(' ')) {
    assert.ok(rangeMatches(parsed, parseVersion(version)), `${text} matches ${version}`);
  }
  for (const version of not.split(' ')) {
    assert.ok(!rangeMatches(parsed, parseVersion(version)), `${text} does not match ${version}`);
  }
}

test('versions are read', () => {
  assert.deepEqual(parseVersion('1.2.3-rc.1+build.5'), { major: 1, minor: 2, patch: 3, pre: 'rc.1' });
  assert.deepEqual(parseVersion('1.2.3+a-b'), { major: 1, minor: 2, patch: 3, pre: '' });
  assert.equal(parseVersion('18446744073709551615.0.0').major, 18446744073709551615n);
  assert.equal(parseVersion('9007199254740991.0.0').major, 9007199254740991);
  assert.throws(() => parseVersion('1.2'));
});

test('pre-releases are ordered', () => {
  const numbers = ['0', '2', '10', '99999999999999999999'];
  const ascending = [...numbers, 'A', 'alpha', 'alpha.1', 'alpha.1.x', 'alpha.2', 'alpha.a', 'beta', ''];
  ascending.forEach((a, i) => {
    ascending.forEach((b, j) => assert.equal(Math.sign(comparePre(a, b)), Math.sign(i - j), `${a} and ${b}`));
  });
});

test('tracks', () => {
  const tracks = [
    ['0.0.0'],
    ['0.0.3-alpha', '0.0.3'],
    ['0.0.4'],
    ['0.1.0-alpha', '0.1.0', '0.1.9'],
    ['0.2.0'],
    ['1.0.0-rc.1', '1.0.0', '1.9.2'],
    ['2.0.0-rc.1', '2.0.0'],
  ];
  for (const a of tracks) {
    for (const b of tracks) {
      for (const x of a) {
        for (const y of b) assert.equal(sameTrack(parseVersion(x), parseVersion(y)), a === b, `${x}, ${y}`);
      }
    }
  }
});

test('any', () => {
  range('*', { matches: '0.0.0 1.2.3 1.2.3+b', not: '1.0.0-rc' });
});

test('exact', () => {
  range('=1.2.3', { matches: '1.2.3 1.2.3+b', not: '1.2.4 1.2.3-rc 1.3.3 2.2.3' });
  range('=1.2', { matches: '1.2.0 1.2.9', not: '1.3.0 1.1.9 1.2.0-rc' });
  range('=1', { matches: '1.0.0 1.9.9', not: '2.0.0 0.9.0' });
  range('=1.2.3-rc.1', { matches: '1.2.3-rc.1', not: '1.2.3 1.2.3-rc.2' });
});

test('greater', () => {
  range('>1.2.3', { matches: '1.2.4 1.3.0 2.0.0', not: '1.2.3 1.2.3+b 1.2.2 1.2.4-rc' });
  range('>1.2', { matches: '1.3.0 2.0.0', not: '1.2.0 1.2.9' });
  range('>1', { matches: '2.0.0', not: '1.0.0 1.9.9' });
  range('>1.2.3-rc.1', { matches: '1.2.3-rc.2 1.2.3 1.2.4', not: '1.2.3-rc.1 1.2.3-a 1.2.4-rc.2' });
});

test('greater or equal', () => {
  range('>=1.2.3', { matches: '1.2.3 1.2.4 2.0.0', not: '1.2.2 1.2.3-rc 2.0.0-rc' });
  range('>=1.2', { matches: '1.2.0 1.3.0 2.0.0', not: '1.1.9' });
  range('>=1.2.3-rc.1', { matches: '1.2.3-rc.1 1.2.3-rc.2 1.2.3 2.0.0', not: '1.2.3-a 2.0.0-rc.1' });
});

test('less', () => {
  range('<1.2.3', { matches: '1.2.2 1.0.0 0.1.0', not: '1.2.3 1.2.3-rc' });
  range('<1.2', { matches: '1.1.9 0.9.0', not: '1.2.0 1.2.0-rc' });
  range('<1', { matches: '0.9.9', not: '1.0.0 1.0.0-rc' });
  range('<1.2.3-rc.2', { matches: '1.2.3-rc.1 1.2.2', not: '1.2.3-rc.2 1.2.3 1.2.2-rc.1' });
});

test('less or equal', () => {
  range('<=1.2.3', { matches: '1.2.3 1.2.3+b 1.0.0', not: '1.2.4 1.2.3-rc' });
  range('<=1.2', { matches: '1.2.9 1.1.0', not: '1.3.0' });
  range('<=1', { matches: '1.9.9 0.1.0', not: '2.0.0' });
});

test('tilde', () => {
  range('~1.2.3', { matches: '1.2.3 1.2.9', not: '1.2.2 1.3.0 1.2.4-rc' });
  range('~1.2', { matches: '1.2.0 1.2.9', not: '1.1.9 1.3.0' });
  range('~1', { matches: '1.0.0 1.9.0', not: '2.0.0 0.9.0' });
  range('~1.2.3-rc.1', { matches: '1.2.3-rc.1 1.2.3-rc.2 1.2.3 1.2.4', not: '1.2.3-a 1.2.4-rc.1' });
});

test('caret', () => {
  range('^1.2.3', { matches: '1.2.3 1.2.4 1.9.0', not: '1.2.2 2.0.0 0.9.0 1.3.0-rc' });
  range('^1.2', { matches: '1.2.0 1.9.0', not: '1.1.9 2.0.0' });
  range('^1', { matches: '1.0.0 1.9.9', not: '2.0.0 0.1.0' });
  range('^0.2.3', { matches: '0.2.3 0.2.9', not: '0.2.2 0.3.0' });
  range('^0.0.3', { matches: '0.0.3', not: '0.0.4 0.0.2 0.1.3' });
  range('^0.0', { matches: '0.0.0 0.0.9', not: '0.1.0' });
  range('^0.2', { matches: '0.2.0 0.2.9', not: '0.3.0 0.1.0' });
  range('^0', { matches: '0.0.0 0.9.9', not: '1.0.0' });
  range('^1.2.3-rc.1', { matches: '1.2.3-rc.1 1.2.3 1.3.0', not: '1.2.3-a 1.3.0-rc.1' });
  range('^0.0.3-rc.1', { matches: '0.0.3-rc.1 0.0.3', not: '0.0.3-a 0.0.4' });
  range('1.2', { matches: '1.2.0 1.9.0', not: '2.0.0' });
});

test('wildcards', () => {
  range('1.*', { matches: '1.0.0 1.9.9', not: '2.0.0 1.0.0-rc' });
  range('1.2.*', { matches: '1.2.0 1.2.9', not: '1.3.0' });
  range('0.*', { matches: '0.0.1 0.9.0', not: '1.0.0' });
});

test('several comparators', () => {
  range('>=1.2.3, <1.8', { matches: '1.2.3 1.7.9', not: '1.2.2 1.8.0 2.0.0' });
  range('>=1.0.0-rc.1, <2', { matches: '1.0.0-rc.1 1.0.0 1.9.0', not: '2.0.0-rc.1 1.5.0-rc.1' });
  range('>1.2, <=1.5.2, <1.5.9', { matches: '1.3.0 1.5.2', not: '1.2.9 1.5.3' });
});

test('huge numbers', () => {
  range('^9007199254740992', { matches: '9007199254740992.0.0', not: '9007199254740993.0.0 9007199254740991.0.0' });
  range('>9007199254740991', {
    matches: '9007199254740992.0.0 18446744073709551615.0.0',
    not: '9007199254740991.0.0 1.0.0',
  });
});

test('the stretch of a range is what it matches one by one', () => {
  const numbers = [0, 1, 2, 3];
  const releases = numbers
    .flatMap((major) => numbers.flatMap((minor) => numbers.map((patch) => `${major}.${minor}.${patch}`)))
    .flatMap((version) => [`${version}-rc.1`, version])
    .map((version) => ({ version: parseVersion(version) }));
  const prefixes = ['0', '1', '2', '0.0', '0.1', '1.0', '1.2', '2.3'];
  const full = ['0.0.0', '0.0.2', '0.1.0', '0.2.3', '1.0.0', '1.2.3', '1.2.3-rc', '0.0.2-a'];
  const parts = [...prefixes, ...full];
  const comparators = ['=', '>', '>=', '<', '<=', '~', '^'].flatMap((operator) => parts.map((part) => operator + part));
  const texts = ['*', '1.*', '0.*', '1.2.*', ...comparators];
  for (const one of comparators.slice(0, 60)) texts.push(`${one}, <2`, `>=0.1.2, ${one}`);
  for (const text of texts) {
    const parsed = parseRange(text);
    const { start, end } = stretchOf(parsed, releases);
    releases.forEach(({ version }, place) => {
      if (version.pre !== '') return;
      assert.equal(place >= start && place < end, rangeMatches(parsed, version), `${text} and place ${place}`);
    });
  }
});
