// Precedence of versions with build metadata as the last tie-break, as the crate `semver` orders them. The solver does
// not need it, for it is told releases in this order.

const DIGITS = /^\d*$/;

export function compareVersions(a, b) {
  const left = split(a);
  const right = split(b);
  for (let i = 0; i < 3; i++) {
    if (left.numbers[i] !== right.numbers[i]) return left.numbers[i] < right.numbers[i] ? -1 : 1;
  }
  return comparePre(left.pre, right.pre) || compareIdentifiers(left.build, right.build);
}

function split(text) {
  const [version, build = ''] = text.split('+');
  const dash = version.indexOf('-');
  const numbers = (dash < 0 ? version : version.slice(0, dash)).split('.').map(BigInt);
  return { numbers, pre: dash < 0 ? '' : version.slice(dash + 1), build };
}

function comparePre(a, b) {
  if (a === '' || b === '') return (a === '' ? 1 : 0) - (b === '' ? 1 : 0);
  return compareIdentifiers(a, b);
}

// Numbers below words; numbers by value, then the one with fewer leading zeros first; of two that begin alike, the
// shorter first. No build metadata at all is like one empty number.
function compareIdentifiers(a, b) {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareIdentifier(left[i], right[i]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareIdentifier(a, b) {
  const aIsNumber = DIGITS.test(a);
  if (aIsNumber !== DIGITS.test(b)) return aIsNumber ? -1 : 1;
  if (!aIsNumber) return a < b ? -1 : a > b ? 1 : 0;
  const [aDigits, bDigits] = [a, b].map((text) => text.replace(/^0+/, ''));
  if (aDigits.length !== bDigits.length) return aDigits.length - bDigits.length;
  if (aDigits !== bDigits) return aDigits < bDigits ? -1 : 1;
  return a.length - b.length;
}
