// Versions, as the crate `semver` 1.0 reads them.
//
// A version is { major, minor, patch, pre }. Build metadata has no part in anything the solver decides: releases come
// in order of precedence, and ranges ignore it.

// major.minor.patch, then perhaps a pre-release and build metadata.
const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;
const DIGITS = /^\d+$/;

export function parseVersion(text) {
  const parts = VERSION.exec(text);
  if (parts === null) throw new Error(`not a version: ${text}`);
  return {
    major: parseNumber(parts[1]),
    minor: parseNumber(parts[2]),
    patch: parseNumber(parts[3]),
    pre: parts[4] ?? '',
  };
}

// Numbers go up to 2^64 - 1. Those that a double holds exactly become numbers, all others BigInts, so that equal ones
// are `===`, and `<` is right between any two.
export function parseNumber(text) {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

// Order of pre-releases, negative, 0 or positive. None at all is the highest; identifiers that are numbers are below
// words; of two that begin alike, the longer is higher.
export function comparePre(a, b) {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  const left = a.split('.');
  const right = b.split('.');
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const order = compareIdentifiers(left[i], right[i]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareIdentifiers(a, b) {
  const aIsNumber = DIGITS.test(a);
  const bIsNumber = DIGITS.test(b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  // Numbers have no leading zeros here, so the longer is the greater, however long they are.
  if (aIsNumber && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

// Whether two versions stand on one track: 1.x.y, 2.x.y, ...; 0.1.x, 0.2.x, ...; 0.0.1, 0.0.2, ...
// A pre-release stands on the track of the version that it comes before, which has the same three numbers.
export function sameTrack(a, b) {
  if (a.major !== b.major) return false;
  if (a.major !== 0) return true;
  if (a.minor !== b.minor) return false;
  if (a.minor !== 0) return true;
  return a.patch === b.patch;
}
