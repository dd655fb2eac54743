// The canonical ABI of the component model, for the types that headlock's contracts use: what lies in one module's memory
// is written into another's. Whatever is read is checked first, for a solver may have left anything there.
//
// A type is a word ("u8", "u32", "u64", "bool", "string") or one of
//   { list: type }  { option: type }  { tuple: [type…] }  { record: { name: type… } }  { variant: { name: type or null… } }

/** What a module has left in its memory is no value of the type. */
export class Nonsense extends Error {}

const WORDS = {
  u8: { size: 1, align: 1, plain: true },
  u32: { size: 4, align: 4, plain: true },
  u64: { size: 8, align: 8, plain: true },
  bool: { size: 1, align: 1, plain: false },
  string: { size: 8, align: 4, plain: false },
};

const up = (place, align) => Math.ceil(place / align) * align;
const known = new Map();

/** How a type lies in memory. Plain is what is copied byte by byte: every pattern of bits is a value, and no pointer is in it. */
export function layout(type) {
  if (typeof type === 'string') return WORDS[type];
  let found = known.get(type);
  if (!found) known.set(type, (found = measure(type)));
  return found;
}

function measure(type) {
  if (type.list) return { size: 8, align: 4, plain: false, element: type.list };
  if (type.option) return measure({ variant: { none: null, some: type.option } });
  if (type.variant) {
    const cases = Object.values(type.variant);
    const inner = cases.filter((each) => each !== null).map(layout);
    const align = Math.max(1, ...inner.map((each) => each.align));
    const start = align;
    const size = up(start + Math.max(0, ...inner.map((each) => each.size)), align);
    return { size, align, plain: false, cases, start };
  }
  const types = type.tuple ?? Object.values(type.record);
  const align = Math.max(1, ...types.map((each) => layout(each).align));
  let size = 0;
  const fields = types.map((each) => {
    const { size: length, align: own } = layout(each);
    const start = up(size, own);
    size = start + length;
    return { type: each, start };
  });
  size = up(size, align);
  // Bytes between fields are nobody's, and are not carried over.
  const dense = types.reduce((sum, each) => sum + layout(each).size, 0) === size;
  return { size, align, plain: dense && types.every((each) => layout(each).plain), fields };
}

/** An instance's memory, and its own way of making room in it. */
export class Space {
  constructor({ memory, cabi_realloc: realloc }) {
    this.memory = memory;
    this.realloc = realloc;
  }

  // Memory that grows leaves earlier views behind.
  get view() {
    if (this.seen?.buffer !== this.memory.buffer) this.seen = new DataView(this.memory.buffer);
    return this.seen;
  }

  /** Bytes that are there, at a place that such a value may have. */
  bytes(place, length, align) {
    if (place % align !== 0) throw new Nonsense(`a value at ${place}, which is no multiple of ${align}`);
    if (place + length > this.memory.buffer.byteLength) {
      throw new Nonsense(`${length} bytes at ${place}, and there are ${this.memory.buffer.byteLength} in all`);
    }
    return new Uint8Array(this.memory.buffer, place, length);
  }

  /** Room for a value. */
  make(length, align) {
    const place = this.realloc(0, 0, align, length) >>> 0;
    this.bytes(place, length, align);
    return place;
  }

  u32(place) {
    return this.view.getUint32(place, true);
  }

  put32(place, number) {
    this.view.setUint32(place, number, true);
  }
}

/**
 * Writes the value of a type that lies at `at` in `from` to `there` in `to`, where there is room for it. At most as many
 * bytes as `most.left` says go over; lists may lie over one another, so a small memory can hold a large value.
 */
export function transfer(type, from, at, to, there, most) {
  const { size, align, plain, fields, cases, start, element } = layout(type);
  const bytes = from.bytes(at, size, align);
  most.left -= size;
  if (most.left < 0) throw new Nonsense('more than a value may have');
  if (plain) {
    to.bytes(there, size, align).set(bytes);
  } else if (type === 'bool') {
    to.view.setUint8(there, bytes[0] === 0 ? 0 : 1);
  } else if (type === 'string') {
    copy('u8', from, at, to, there, most);
  } else if (element) {
    copy(element, from, at, to, there, most);
  } else if (cases) {
    const which = bytes[0];
    if (which >= cases.length) throw new Nonsense(`case ${which} of ${cases.length}`);
    to.view.setUint8(there, which);
    if (cases[which] !== null) transfer(cases[which], from, at + start, to, there + start, most);
  } else {
    for (const field of fields) transfer(field.type, from, at + field.start, to, there + field.start, most);
  }
}

/** The elements of a list or a string, and where they are. */
function copy(element, from, at, to, there, most) {
  const place = from.u32(at);
  const count = from.u32(at + 4);
  const { size, align, plain } = layout(element);
  const bytes = from.bytes(place, count * size, align);
  if (plain) most.left -= count * size;
  if (most.left < 0) throw new Nonsense('more than a value may have');
  const room = count * size === 0 ? align : to.make(count * size, align);
  if (plain) {
    to.bytes(room, count * size, align).set(bytes);
  } else {
    for (let number = 0; number < count; number++) {
      transfer(element, from, place + number * size, to, room + number * size, most);
    }
  }
  to.put32(there, room);
  to.put32(there + 4, count);
}

const text = { encode: new TextEncoder(), decode: new TextDecoder('utf-8', { fatal: true }) };

/** Writes a text or bytes into a memory: where they are, and how many. */
export function write(to, value) {
  const bytes = typeof value === 'string' ? text.encode.encode(value) : value;
  const place = bytes.length === 0 ? 1 : to.make(bytes.length, 1);
  to.bytes(place, bytes.length, 1).set(bytes);
  return [place, bytes.length];
}

/** Writes a list of values of `size` bytes each by a function that is given each place. */
export function writeList(to, values, size, align, put) {
  const place = values.length === 0 ? align : to.make(values.length * size, align);
  values.forEach((value, number) => put(value, place + number * size));
  return [place, values.length];
}

/** Reads a text out of a memory. */
export function readText(from, place, length) {
  return text.decode.decode(from.bytes(place, length, 1));
}
