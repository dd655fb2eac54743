// Sets of values, as BigInts.
//
// The values of a variable are numbered 0, 1, 2, ...; bit i of a set is value i. "No value at all" has no bit of its
// own: it is in a set if the infinitely many high bits are on, that is, if the BigInt is negative. So a positive term
// X in S is S, a negative one is ~S, and `&`, `|` and `~` are intersection, union and complement of terms.

export const EVERYTHING = -1n;
export const NOTHING = 0n;

const bits = [];

// The set that holds value `index` only.
export function bit(index) {
  while (bits.length <= index) bits.push(1n << BigInt(bits.length));
  return bits[index];
}

// The values 0 to count - 1.
export function firstValues(count) {
  return bit(count) - 1n;
}

// Whether the set holds "no value".
export function allowsNone(set) {
  return set < 0n;
}

export function isSubset(set, other) {
  return (set & ~other) === NOTHING;
}

// Whether the set is one value: not none, not empty, and without its lowest bit empty.
export function isSingleton(set) {
  return set > NOTHING && (set & (set - 1n)) === NOTHING;
}

// The one value of a singleton.
export function onlyValue(set) {
  const digits = set.toString(16);
  return 4 * (digits.length - 1) + 31 - Math.clz32(parseInt(digits[0], 16));
}

// The values of a finite set, ascending.
export function values(set) {
  const result = [];
  const digits = set.toString(2);
  for (let i = digits.length - 1; i >= 0; i--) {
    if (digits[i] === '1') result.push(digits.length - 1 - i);
  }
  return result;
}
