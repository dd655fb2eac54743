// Order of texts.

// The UTF-8 bytes of a text, as a text of one code unit per byte. Such keys compare by `<` as bytes do, which texts
// themselves do not: beyond the basic plane, UTF-16 is ordered otherwise.
export function byteKey(text) {
  return unescape(encodeURIComponent(text));
}

// -1, 0 or 1, for sorting by keys.
export function compareKeys(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// Stands between the parts of a joined key. No part holds it, and it sorts before whatever a part may hold, so joined
// keys compare part by part.
export const KEY_SEPARATOR = '\u0000';
