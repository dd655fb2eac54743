import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';

import { Nonsense, Space, layout, transfer } from '../src/abi.js';
import { FUNCTIONS } from '../src/contract.js';

/** A memory whose room is handed out from 64 on. */
function space(pages = 1) {
  const memory = new WebAssembly.Memory({ initial: pages });
  let next = 64;
  const realloc = (_, __, align, length) => {
    const place = Math.ceil(next / align) * align;
    next = place + length;
    while (next > memory.buffer.byteLength) memory.grow(1);
    return place;
  };
  return new Space({ memory, cabi_realloc: realloc });
}

const most = () => ({ left: 1 << 20 });
const hex = (own, place, length) => Buffer.from(own.memory.buffer, place, length).toString('hex');

test('values lie as the canonical ABI says', () => {
  const of = (type) => [layout(type).size, layout(type).align, layout(type).plain];
  assert.deepEqual(of({ record: { a: 'u8', b: 'u32' } }), [8, 4, false]);
  assert.deepEqual(of({ tuple: ['u64', 'u64', 'u64', 'u64'] }), [32, 8, true]);
  assert.deepEqual(of({ option: 'u32' }), [8, 4, false]);
  assert.deepEqual(of({ option: { tuple: ['u64'] } }), [16, 8, false]);
  assert.deepEqual(of({ variant: { a: null, b: null } }), [1, 1, false]);
  assert.deepEqual(of({ variant: { a: null, b: { tuple: ['u32', 'u32'] } } }), [12, 4, false]);
  assert.deepEqual(of({ list: 'u8' }), [8, 4, false]);
});

test('lists of lists go over', () => {
  const [from, to] = [space(), space()];
  const type = { list: { record: { name: 'string', numbers: { list: 'u32' }, flag: 'bool', more: { option: 'u32' } } } };
  from.put32(0, 200);
  from.put32(4, 1);
  // name "ab" at 300, numbers [7, 8] at 304, a flag of 5, some 9.
  [300, 2, 304, 2, 5, 1, 9].forEach((number, place) => from.put32(200 + 4 * place, number));
  Buffer.from(from.memory.buffer).write('ab', 300);
  from.put32(304, 7);
  from.put32(308, 8);
  transfer(type, from, 0, to, 0, most());
  const entry = to.u32(0);
  assert.equal(to.u32(4), 1);
  assert.equal(hex(to, to.u32(entry), to.u32(entry + 4)), '6162');
  assert.equal(hex(to, to.u32(entry + 8), 8), '0700000008000000');
  assert.equal(hex(to, entry + 16, 1), '01', 'any number but 0 is true, and true is 1');
  assert.deepEqual([to.u32(entry + 20) & 0xff, to.u32(entry + 24)], [1, 9]);
});

test('a memory may grow while it is written to', () => {
  const [from, to] = [space(4), space(1)];
  from.put32(0, 64);
  from.put32(4, 50_000);
  from.put32(64 + 49_999 * 4, 42);
  transfer({ list: 'u32' }, from, 0, to, 0, most());
  assert.equal(to.u32(to.u32(0) + 49_999 * 4), 42);
});

test('nonsense is told', () => {
  const refused = (type, numbers, what, limit = most()) => {
    const from = space();
    numbers.forEach((number, place) => from.put32(4 * place, number));
    const told = (error) => error instanceof Nonsense && what.test(error.message);
    assert.throws(() => transfer(type, from, 0, space(), 0, limit), told);
  };
  refused({ list: 'u32' }, [65_532, 2], /8 bytes at 65532, and there are 65536 in all/);
  refused({ list: 'u64' }, [0xfffffff8, 0xffffffff], /in all/);
  refused({ list: 'u32' }, [66, 1], /a value at 66, which is no multiple of 4/);
  refused({ option: 'u32' }, [2], /case 2 of 2/);
  refused({ variant: { a: null } }, [255], /case 255 of 1/);
  refused({ list: 'u8' }, [0, 60_000], /more than a value may have/, { left: 1000 });
  // Lists within one another that all lie in the same place.
  refused({ list: { list: { list: 'u32' } } }, Array.from({ length: 16_000 }, (_, place) => (place % 2) * 8000), /more than a value may have/);
});

/** The types of wit/solver.wit, read from its text. */
function contractOfWit() {
  const text = fs.readFileSync(new URL('../../wit/solver.wit', import.meta.url), 'utf8').replace(/\/\/.*$/gm, '').replace(/%/g, '');
  const types = new Map();
  const read = (source) => {
    const [, head, , inner] = /^\s*([\w-]+)\s*(<([^]*)>)?\s*$/.exec(source);
    if (inner === undefined) return types.get(head) ?? head;
    if (head === 'tuple') return { tuple: split(inner).map(read) };
    return { [head]: read(inner) };
  };
  const split = (source) => {
    const parts = [''];
    let depth = 0;
    for (const character of source) {
      depth += { '<': 1, '(': 1, '>': -1, ')': -1 }[character] ?? 0;
      if (character === ',' && depth === 0) parts.push('');
      else parts[parts.length - 1] += character;
    }
    return parts.filter((part) => part.trim() !== '');
  };
  const declared = /(type|record|variant)\s+([\w-]+)\s*(?:=\s*([^;]+);|\{([^}]*)\})|([\w-]+): func\(\w+: ([\w-]+)\) -> ([\w-]+);/g;
  const later = [];
  for (const [, kind, name, alias, body, func, takes, returns] of text.matchAll(declared)) {
    if (func) later.push([func, takes, returns]);
    else if (kind === 'type') types.set(name, read(alias));
    else if (kind === 'record') types.set(name, { record: Object.fromEntries(split(body).map((field) => field.split(/:([^]*)/)).map(([key, type]) => [key.trim(), () => read(type)])) });
    else types.set(name, { variant: Object.fromEntries(split(body).map((each) => /^\s*([\w-]+)(?:\(([^]*)\))?\s*$/.exec(each)).map(([, key, type]) => [key, () => (type === undefined ? null : read(type))])) });
  }
  // Records may be used before they are declared.
  const settle = (type) => {
    if (typeof type === 'function') return settle(type());
    if (typeof type === 'string') return types.has(type) ? settle(types.get(type)) : type;
    if (type === null) return null;
    if (type.tuple) return { tuple: type.tuple.map(settle) };
    const [key] = Object.keys(type);
    if (key === 'list' || key === 'option') return { [key]: settle(type[key]) };
    return { [key]: Object.fromEntries(Object.entries(type[key]).map(([name, inner]) => [name, settle(inner)])) };
  };
  return Object.fromEntries(later.map(([func, takes, returns]) => [func, { takes: settle(takes), returns: settle(returns) }]));
}

test('the contract is that of wit/solver.wit, in its order', () => {
  const ours = JSON.stringify(FUNCTIONS, null, 1);
  assert.equal(ours, JSON.stringify(contractOfWit(), null, 1));
  assert.ok(ours.includes('dependency-features') && ours.length > 1000);
});
