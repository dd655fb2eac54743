// Ranges of versions, as the crate `semver` 1.0 (cargo's) reads them.
//
// A range is a list of comparators { operator, major, minor, patch, pre }, of which all must match; `*` has none.
// `minor` and `patch` are undefined where the comparator leaves them out; the operator of `1.*` is '*'.

import { comparePre, parseNumber } from './semver.js';

// An operator, major, and then minor, patch, pre-release, as far as they stand. Wildcards stand for the rest.
const COMPARATOR =
  /^(=|>=|>|<=|<|~|\^|)\s*(\d+)(?:\.(\d+|[*xX]))?(?:\.(\d+|[*xX]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;
const WILDCARD = /^[*xX]$/;

export function parseRange(text) {
  const trimmed = text.trim();
  if (WILDCARD.test(trimmed)) return [];
  return trimmed.split(',').map((part) => parseComparator(part.trim()));
}

function parseComparator(text) {
  const parts = COMPARATOR.exec(text);
  if (parts === null) throw new Error(`not a comparator: ${text}`);
  const [, operator, major, minor, patch, pre] = parts;
  const wildcard = [minor, patch].some((part) => part !== undefined && WILDCARD.test(part));
  return {
    // Without an operator, `1` means `^1`, and `1.*` is an operator of its own.
    operator: operator !== '' ? operator : wildcard ? '*' : '^',
    major: parseNumber(major),
    minor: parsePart(minor),
    patch: parsePart(patch),
    pre: pre ?? '',
  };
}

function parsePart(text) {
  return text === undefined || WILDCARD.test(text) ? undefined : parseNumber(text);
}

// Of releases in ascending order: the places of the first that the range could match, and the first beyond, going by
// the three numbers alone. The releases in between that are no pre-releases are those that the range matches;
// pre-releases have to be asked about one by one.
export function stretchOf(range, releases) {
  let start = 0;
  let end = releases.length;
  for (const comparator of range) {
    const { lower, upper } = boundsOf(comparator);
    if (lower !== null) start = Math.max(start, firstNotBelow(releases, lower));
    if (upper !== null) end = Math.min(end, firstNotBelow(releases, upper));
  }
  return { start, end: Math.max(start, end) };
}

// The lowest [major, minor, patch] that a comparator matches, and the lowest above that it does not; null if none.
// This is about versions that are no pre-releases, and for these, `1.2.3-rc` is just below `1.2.3`.
function boundsOf({ operator, major, minor, patch, pre }) {
  const lowest = [major, minor ?? 0, patch ?? 0];
  const above = minor === undefined ? [next(major), 0, 0]
    : patch === undefined ? [major, next(minor), 0]
    : pre === '' ? [major, minor, next(patch)]
    : lowest;
  switch (operator) {
    case '=':
    case '*':
      return { lower: lowest, upper: above };
    case '>':
      return { lower: above, upper: null };
    case '>=':
      return { lower: lowest, upper: null };
    case '<':
      return { lower: null, upper: lowest };
    case '<=':
      return { lower: null, upper: above };
    case '~':
      return { lower: lowest, upper: minor === undefined ? [next(major), 0, 0] : [major, next(minor), 0] };
    default:
      return { lower: lowest, upper: upperOfCaret(major, minor, patch) };
  }
}

function upperOfCaret(major, minor, patch) {
  if (major !== 0 || minor === undefined) return [next(major), 0, 0];
  if (minor !== 0 || patch === undefined) return [major, next(minor), 0];
  return [major, minor, next(patch)];
}

function next(number) {
  return typeof number === 'bigint' ? number + 1n : number + 1;
}

function firstNotBelow(releases, [major, minor, patch]) {
  let low = 0;
  let high = releases.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { version } = releases[middle];
    const isBelow = version.major !== major ? version.major < major
      : version.minor !== minor ? version.minor < minor
      : version.patch < patch;
    if (isBelow) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function rangeMatches(range, version) {
  for (const comparator of range) {
    if (!comparatorMatches(comparator, version)) return false;
  }
  // A pre-release is matched only where a comparator names a pre-release of the very same three numbers.
  return version.pre === '' || range.some((comparator) => namesPreReleaseOf(comparator, version));
}

function namesPreReleaseOf(comparator, version) {
  return (
    comparator.pre !== '' &&
    comparator.major === version.major &&
    comparator.minor === version.minor &&
    comparator.patch === version.patch
  );
}

function comparatorMatches(comparator, version) {
  switch (comparator.operator) {
    case '=':
    case '*':
      return isWithin(comparator, version);
    case '>':
      return isAbove(comparator, version);
    case '>=':
      return isAbove(comparator, version) || isWithin(comparator, version);
    case '<':
      return isBelow(comparator, version);
    case '<=':
      return isBelow(comparator, version) || isWithin(comparator, version);
    case '~':
      return matchesTilde(comparator, version);
    default:
      return matchesCaret(comparator, version);
  }
}

// The parts that stand are equal. Where some are left out there is no pre-release either, so pre-releases differ.
function isWithin(comparator, version) {
  return (
    version.major === comparator.major &&
    (comparator.minor === undefined || version.minor === comparator.minor) &&
    (comparator.patch === undefined || version.patch === comparator.patch) &&
    version.pre === comparator.pre
  );
}

// Higher than everything that the comparator's parts could be completed to: 1.3.0 is above `1.2`, 1.2.9 is not.
function isAbove(comparator, version) {
  if (version.major !== comparator.major) return version.major > comparator.major;
  if (comparator.minor === undefined) return false;
  if (version.minor !== comparator.minor) return version.minor > comparator.minor;
  if (comparator.patch === undefined) return false;
  if (version.patch !== comparator.patch) return version.patch > comparator.patch;
  return comparePre(version.pre, comparator.pre) > 0;
}

function isBelow(comparator, version) {
  if (version.major !== comparator.major) return version.major < comparator.major;
  if (comparator.minor === undefined) return false;
  if (version.minor !== comparator.minor) return version.minor < comparator.minor;
  if (comparator.patch === undefined) return false;
  if (version.patch !== comparator.patch) return version.patch < comparator.patch;
  return comparePre(version.pre, comparator.pre) < 0;
}

// `~1.2.3`: the patch may grow. `~1.2` and `~1` leave open what they leave out.
function matchesTilde(comparator, version) {
  if (version.major !== comparator.major) return false;
  if (comparator.minor !== undefined && version.minor !== comparator.minor) return false;
  if (comparator.patch !== undefined && version.patch !== comparator.patch) return version.patch > comparator.patch;
  return comparePre(version.pre, comparator.pre) >= 0;
}

// `^1.2.3`: everything right of the first part that is not zero may grow.
function matchesCaret(comparator, version) {
  if (version.major !== comparator.major) return false;
  if (comparator.minor === undefined) return true;
  if (comparator.patch === undefined) {
    return comparator.major !== 0 ? version.minor >= comparator.minor : version.minor === comparator.minor;
  }
  if (version.minor !== comparator.minor) return comparator.major !== 0 && version.minor > comparator.minor;
  if (version.patch !== comparator.patch) {
    return (comparator.major !== 0 || comparator.minor !== 0) && version.patch > comparator.patch;
  }
  return comparePre(version.pre, comparator.pre) >= 0;
}
