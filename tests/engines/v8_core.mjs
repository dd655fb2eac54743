// Replays recorded solves in V8, on the component's core module alone: what goes in and comes out is written into and read
// from its memory here, as docs/engines.md says, with nothing but what node brings.
//
//     node v8_core.mjs COMPONENT SHA256 RECORDINGS [AGAIN]
//
// RECORDINGS is a folder of JSON files, as recording.rs writes them.

import { SOLVING, main } from './replay.mjs';

/** The memory of an instance, and where to get some of it. */
class Memory {
  constructor({ memory, cabi_realloc }) {
    this.memory = memory;
    this.realloc = cabi_realloc;
    this.look();
  }

  /** What grows is another buffer. */
  look() {
    if (this.view?.buffer !== this.memory.buffer) this.view = new DataView(this.memory.buffer);
  }

  get(size, align) {
    const at = this.realloc(0, 0, align, size) >>> 0;
    this.look();
    return at;
  }

  bytes(at, size) {
    return new Uint8Array(this.memory.buffer, at, size);
  }
}

// The contract's types: how large a value is, how it is aligned, how it is stored and loaded.

const align = (at, to) => Math.ceil(at / to) * to;

const plain = (size, store, load) => ({ size, align: size, store, load });
const bool = plain(
  1,
  (memory, at, value) => memory.view.setUint8(at, value ? 1 : 0),
  (memory, at) => memory.view.getUint8(at) !== 0,
);
const u32 = plain(
  4,
  (memory, at, value) => memory.view.setUint32(at, value, true),
  (memory, at) => memory.view.getUint32(at, true),
);
const u64 = plain(
  8,
  (memory, at, value) => memory.view.setBigUint64(at, BigInt(value), true),
  (memory, at) => memory.view.getBigUint64(at, true).toString(),
);

/** What lies outside of the value, which has its place and how much it is. */
const outside = (store, load) => ({
  size: 8,
  align: 4,
  store: (memory, at, value) => {
    const [place, count] = store(memory, value);
    memory.view.setUint32(at, place, true);
    memory.view.setUint32(at + 4, count, true);
  },
  load: (memory, at) => load(memory, memory.view.getUint32(at, true), memory.view.getUint32(at + 4, true)),
});

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });
const string = outside(
  (memory, text) => {
    const bytes = encoder.encode(text);
    const place = memory.get(bytes.length, 1);
    memory.bytes(place, bytes.length).set(bytes);
    return [place, bytes.length];
  },
  (memory, place, count) => decoder.decode(memory.bytes(place, count)),
);

const list = (one) =>
  outside(
    (memory, values) => {
      const place = memory.get(one.size * values.length, one.align);
      values.forEach((value, index) => one.store(memory, place + index * one.size, value));
      return [place, values.length];
    },
    (memory, place, count) => Array.from({ length: count }, (_, index) => one.load(memory, place + index * one.size)),
  );

/** Fields one after another, each aligned. `own` makes of the fields' values the value, and back. */
function fields(types, own) {
  let end = 0;
  const most = Math.max(...types.map((type) => type.align));
  const places = types.map((type) => {
    const place = align(end, type.align);
    end = place + type.size;
    return place;
  });
  return {
    size: align(end, most),
    align: most,
    store: (memory, at, value) => own.apart(value).forEach((field, index) => types[index].store(memory, at + places[index], field)),
    load: (memory, at) => own.together(types.map((type, index) => type.load(memory, at + places[index]))),
  };
}

const tuple = (...types) => fields(types, { apart: (values) => values, together: (values) => values });

function record(types) {
  const names = Object.keys(types);
  return fields(Object.values(types), {
    apart: (value) => names.map((name) => value[name]),
    together: (values) => Object.fromEntries(names.map((name, index) => [name, values[index]])),
  });
}

/** A byte that says which case it is, and the case's value, aligned for the one that needs most. */
function cases(types, own) {
  const held = types.filter((type) => type !== null);
  const most = Math.max(1, ...held.map((type) => type.align));
  const place = align(1, most);
  return {
    size: align(place + Math.max(0, ...held.map((type) => type.size)), most),
    align: most,
    store: (memory, at, value) => {
      const [index, held] = own.apart(value);
      memory.view.setUint8(at, index);
      types[index]?.store(memory, at + place, held);
    },
    load: (memory, at) => {
      const index = memory.view.getUint8(at);
      return own.together(index, types[index]?.load(memory, at + place));
    },
  };
}

const option = (some) =>
  cases([null, some], {
    apart: (value) => (value === null ? [0] : [1, value]),
    together: (index, value) => (index === 0 ? null : value),
  });

function variant(types) {
  const names = Object.keys(types);
  return cases(Object.values(types), {
    apart: ({ tag, val }) => [names.indexOf(tag), val],
    together: (index, val) => (val === undefined ? { tag: names[index] } : { tag: names[index], val }),
  });
}

// wit/solver.wit.

const u32s = list(u32);
const digest = tuple(u64, u64, u64, u64);
const tables = record({
  registries: list(string),
  names: list(string),
  packages: list(record({ registry: u32, name: u32 })),
  versions: list(string),
  requirements: list(record({ range: string, content: option(digest) })),
  features: list(string),
  exclusives: list(string),
});
const problem = record({
  tables,
  roots: list(record({ package: u32, requirement: u32, features: u32s })),
  links: list(record({ dependent: u32, dependency: u32, packages: option(u32s) })),
  overrides: list(record({ package: u32, replacement: u32 })),
  preferences: list(record({ package: u32, version: u32 })),
  budget: u64,
});
const packages = record({
  tables,
  supplied: list(record({ package: u32, releases: option(u32) })),
  releases: list(record({ version: u32, content: digest, yanked: bool, exclusives: u32, dependencies: u32, features: u32 })),
  exclusives: u32s,
  dependencies: record({ packages: u32s, requirements: u32s, features: u32s, optional: u32s }),
  'dependency-features': u32s,
  features: record({ names: u32s, includes: u32s, additions: u32s }),
  included: u32s,
  additions: record({ dependencies: u32s, features: u32s }),
  'addition-features': u32s,
});
const bindings = list(record({ package: u32, requirement: u32, to: u32 }));
const bound = record({ dependent: option(u32), package: u32, requirement: u32 });
const variable = variant({
  root: null,
  release: u32,
  feature: record({ track: u32, feature: u32 }),
  bound,
  'bound-feature': record({ bound, feature: u32 }),
  exclusive: u32,
  wish: null,
});
const derivation = record({
  variables: list(variable),
  steps: list(record({ terms: u32, cause: variant({ requires: null, nothing: null, both: tuple(u32, u32) }) })),
  terms: list(record({ variable: u32, positive: bool, ranges: u32 })),
  ranges: list(tuple(u32, u32)),
});
const answer = record({
  roots: bindings,
  releases: list(record({ release: u32, features: u32s, bindings })),
  ceilings: list(record({ item: u32, derivation })),
});
const outcome = variant({ solved: answer, incomplete: u32s, unsolvable: derivation, exhausted: null });

function instantiate(module) {
  const { exports } = new WebAssembly.Instance(module);
  const memory = new Memory(exports);
  const call = (name, type) => (value) => {
    const place = memory.get(type.size, type.align);
    type.store(memory, place, value);
    const result = exports[`${SOLVING}#${name}`](place) >>> 0;
    memory.look();
    const loaded = outcome.load(memory, result);
    exports[`cabi_post_${SOLVING}#${name}`](result);
    return loaded;
  };
  return { start: call('start', problem), supply: call('supply', packages) };
}

const same = (value) => value;
const prepare = ({ module }) => ({
  name: 'by hand',
  instantiate: () => instantiate(module),
  given: { start: same, supply: same },
  returned: same,
});

await main('node v8_core.mjs', 0, prepare);
