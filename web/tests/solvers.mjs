// Components in the released one's shape, around modules that misbehave in one way each.

import { released } from './common.mjs';

const leb = (number) => {
  const bytes = [];
  do {
    bytes.push((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
    number >>>= 7;
  } while (number > 0);
  return bytes;
};
const signed = (number) => {
  const bytes = [];
  for (;;) {
    const byte = number & 0x7f;
    number >>= 7;
    if ((number === 0 && !(byte & 0x40)) || (number === -1 && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
};
const list = (items) => [...leb(items.length), ...items.flat()];
const section = (id, content) => [id, ...leb(content.length), ...content];
const text = (word) => list([...Buffer.from(word)]);
const code = (...instructions) => {
  const body = [0, ...instructions.flat(), 0x0b];
  return [...leb(body.length), ...body];
};
const constant = (number) => [0x41, ...signed(number)];
const store = (place, number) => [...constant(place), ...constant(number), 0x36, 2, 0];

/** Where outcomes are written. */
const OUTCOME = 1024;

const STARTS = {
  trap: [[0x00]],
  endless: [[0x03, 0x40, 0x0c, 0, 0x0b], constant(0)],
  beyond: [store(OUTCOME, 1), store(OUTCOME + 4, -8), store(OUTCOME + 8, 100), constant(OUTCOME)],
  case: [store(OUTCOME, 9), constant(OUTCOME)],
  unknown: [store(OUTCOME, 1), store(OUTCOME + 4, 2048), store(OUTCOME + 8, 1), store(2048, 4711), constant(OUTCOME)],
  exhausted: [store(OUTCOME, 3), constant(OUTCOME)],
};

/** A module with what the released one exports, whose `start` does this. */
function module(start) {
  const one = [0x60, ...list([[0x7f]]), ...list([[0x7f]])];
  const none = [0x60, ...list([[0x7f]]), ...list([])];
  const four = [0x60, ...list([[0x7f], [0x7f], [0x7f], [0x7f]]), ...list([[0x7f]])];
  const solving = 'headlock:solver/solving@0.1.0';
  const exported = (name, kind, number) => [...text(name), kind, number];
  // Room is handed out from a global on, in a memory that is large enough for what is told.
  const realloc = [[0x23, 0], [0x20, 2], [0x6a], constant(1), [0x6b], [0x20, 2], constant(1), [0x6b], constant(-1), [0x73], [0x71], [0x22, 0], [0x20, 3], [0x6a], [0x24, 0], [0x20, 0]];
  return Buffer.from([
    ...Buffer.from('\0asm'), 1, 0, 0, 0,
    ...section(1, list([one, none, four])),
    ...section(3, list([[0], [0], [1], [2]])),
    ...section(5, list([[0, 16]])),
    ...section(6, list([[0x7f, 1, ...constant(65_536), 0x0b]])),
    ...section(7, list([
      exported('memory', 2, 0),
      exported(`${solving}#start`, 0, 0),
      exported(`${solving}#supply`, 0, 1),
      exported(`cabi_post_${solving}#start`, 0, 2),
      exported(`cabi_post_${solving}#supply`, 0, 2),
      exported('cabi_realloc', 0, 3),
    ])),
    ...section(10, list([code(...STARTS[start]), code([0x00]), code(), code(...realloc)])),
  ]);
}

/** A component whose one module misbehaves; with `second`, beside a module that does nothing. */
export function component(start, { second = false } = {}) {
  const bytes = released();
  const parts = [bytes.subarray(0, 8)];
  let place = 8;
  while (place < bytes.length) {
    const from = place;
    const id = bytes[place++];
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[place++];
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    place += length;
    parts.push(id === 1 ? Buffer.from(section(1, [...module(start)])) : bytes.subarray(from, place));
  }
  if (second) parts.push(Buffer.from(section(1, [...Buffer.from('\0asm'), 1, 0, 0, 0])));
  return Buffer.concat(parts);
}
