// Sets for the checks: sorted, disjoint inclusive intervals of the numbers 0 to 2^32 - 1, and -1 for "no value".
// Written apart from the solver's own sets, so that an error in those does not hide itself.

const NONE = -1;
const HIGHEST = 2 ** 32 - 1;

export const everything = [[NONE, HIGHEST]];

// What a term of the contract stands for.
export function termSet(positive, ranges) {
  return positive ? ranges : complement(ranges);
}

export function fromNumbers(numbers) {
  return [...new Set(numbers)].sort((a, b) => a - b).map((number) => [number, number]);
}

export function complement(set) {
  const result = [];
  let next = NONE;
  for (const [first, last] of set) {
    if (first > next) result.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= HIGHEST) result.push([next, HIGHEST]);
  return result;
}

export function intersection(a, b) {
  const result = [];
  for (const [first, last] of a) {
    for (const [otherFirst, otherLast] of b) {
      const [low, high] = [Math.max(first, otherFirst), Math.min(last, otherLast)];
      if (low <= high) result.push([low, high]);
    }
  }
  return result.sort(([x], [y]) => x - y);
}

export function union(a, b) {
  return complement(intersection(complement(a), complement(b)));
}

export function isWithin(set, other) {
  return intersection(set, complement(other)).length === 0;
}

export function holds(set, number) {
  return set.some(([first, last]) => first <= number && number <= last);
}
