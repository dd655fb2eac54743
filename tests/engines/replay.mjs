// What the V8 scripts share: cutting the core module out of a component, replaying recordings, comparing outcomes.
//
// Exit 0: every outcome is the recorded one. 1: one is another. 2: nothing can be said.

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const SOLVING = 'headlock:solver/solving@0.1.0';
const CORE_PREAMBLE = '0061736d01000000';
const COMPONENT_PREAMBLE = '0061736d0d000100';
const CORE_MODULE = 1;
const COMPONENT = 4;

class CannotTell extends Error {}

export function demand(holds, text) {
  if (!holds) throw new CannotTell(text);
}

/** An unsigned number in LEB128 at `at`, and where it ends. */
function leb128(bytes, at) {
  let [value, factor] = [0, 1];
  for (;;) {
    demand(at < bytes.length && factor < 2 ** 35, `expected a number at ${at}`);
    const byte = bytes[at++];
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at];
    factor *= 128;
  }
}

/** Where the core modules of a component lie, at any depth: `[from, to]` each. */
function coreModules(bytes, from = 0, to = bytes.length) {
  const preamble = bytes.subarray(from, from + 8).toString('hex');
  demand(preamble === COMPONENT_PREAMBLE, `expected a component at ${from}, found ${preamble}`);
  const found = [];
  for (let at = from + 8; at < to; ) {
    const id = bytes[at];
    const [size, begin] = leb128(bytes, at + 1);
    const end = begin + size;
    demand(end <= to, `the section at ${at} goes on behind its component's end`);
    if (id === CORE_MODULE) found.push([begin, end]);
    if (id === COMPONENT) found.push(...coreModules(bytes, begin, end));
    at = end;
  }
  return found;
}

/** The one core module of the component of this sha256, compiled as it stands. */
export function compile(path, sha256) {
  const component = readFileSync(path);
  const found = createHash('sha256').update(component).digest('hex');
  demand(found === sha256, `expected the component ${sha256} at ${path}, found ${found}`);
  const cut = coreModules(component);
  demand(cut.length === 1, `expected one core module in the component, found ${cut.length}`);
  const [begin, end] = cut[0];
  const core = component.subarray(begin, end);
  demand(core.subarray(0, 8).toString('hex') === CORE_PREAMBLE, `expected a core module at ${begin}`);
  const began = performance.now();
  const module = new WebAssembly.Module(core);
  const compiled = performance.now() - began;
  demand(WebAssembly.Module.imports(module).length === 0, 'expected a core module that imports nothing');
  return { component, core, begin, module, compiled };
}

/** Where two values in the recordings' form first differ, and how; nothing if they do not. */
function difference(recorded, found, path) {
  const isObject = (value) => typeof value === 'object' && value !== null;
  if (!isObject(recorded) || !isObject(found) || Array.isArray(recorded) !== Array.isArray(found)) {
    if (recorded === found) return undefined;
    const text = (value) => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80));
    return `${path}: recorded ${text(recorded)}, found ${text(found)}`;
  }
  if (Array.isArray(recorded) && recorded.length !== found.length) {
    return `${path}: recorded ${recorded.length} entries, found ${found.length}`;
  }
  for (const name of new Set([...Object.keys(recorded), ...Object.keys(found)])) {
    const step = Array.isArray(recorded) ? `[${name}]` : `.${name}`;
    const differs = difference(recorded[name], found[name], path + step);
    if (differs !== undefined) return differs;
  }
  return undefined;
}

/** Replays one recording in a fresh instance: the milliseconds of the instance and its calls, and what differs. */
function solve({ calls }, { instantiate, given, returned }) {
  let began = performance.now();
  const solver = instantiate();
  let time = performance.now() - began;
  for (const [place, { function: name, given: recorded, outcome }] of calls.entries()) {
    const what = given[name](recorded);
    let result;
    began = performance.now();
    try {
      result = solver[name](what);
    } catch (error) {
      return { time, differs: `call ${place}, ${name}: ${error}` };
    }
    time += performance.now() - began;
    const differs = difference(outcome, returned(result), `call ${place}, ${name}: outcome`);
    if (differs !== undefined) return { time, differs };
  }
  return { time };
}

const median = (values) => values.toSorted((one, other) => one - other)[(values.length - 1) >> 1];
const milliseconds = (time) => `${time.toFixed(3)} ms`;

/**
 * Replays every recording of a folder, each `again` more times, and prints what comes of it. `engine` is what runs them:
 * `instantiate()` gives an instance with the contract's functions, `given` makes of what was recorded what each takes,
 * `returned` the recordings' form of what it gives.
 */
function replay(folder, again, engine) {
  const times = [];
  let [calls, different] = [0, 0];
  for (const file of readdirSync(folder).sort()) {
    const recording = JSON.parse(readFileSync(join(folder, file)));
    demand(recording.calls.length > 0, `${file} holds no call`);
    let { time, differs } = solve(recording, engine);
    const later = Array.from({ length: again }, () => solve(recording, engine));
    differs ??= later.find((solved) => solved.differs !== undefined)?.differs;
    times.push(time);
    calls += recording.calls.length;
    different += differs === undefined ? 0 : 1;
    const repeated = again === 0 ? '' : `, again ${milliseconds(median(later.map((solved) => solved.time)))}`;
    const said = differs === undefined ? `same ${recording.name}: ${milliseconds(time)}${repeated}` : `different ${recording.name}: ${differs}`;
    console.log(said);
  }
  demand(times.length > 0, `expected recordings in ${folder}, found none`);
  console.log(`replayed: ${times.length} solves, ${calls} calls, ${different} different`);
  console.log(`a solve: ${milliseconds(median(times))} in the middle, ${milliseconds(Math.max(...times))} at most`);
  return different === 0 ? 0 : 1;
}

/** Runs a script: `prepare` makes an engine of a compiled component. */
export async function main(usage, count, prepare) {
  try {
    const words = process.argv.slice(2);
    demand(words.length === count + 3 || words.length === count + 4, `usage: ${usage} COMPONENT SHA256 RECORDINGS [AGAIN]`);
    const [path, sha256, folder, again = '0'] = words.slice(count);
    const compiled = compile(path, sha256);
    const { name, ...engine } = await prepare(compiled, ...words.slice(0, count));
    console.log(`engine: V8 ${process.versions.v8} in node ${process.version}, ${name}`);
    console.log(`component: ${sha256}, its core module ${compiled.core.length} bytes from ${compiled.begin} on, compiled as it stands`);
    console.log(`compiled: ${milliseconds(compiled.compiled)}`);
    process.exitCode = replay(folder, Number(again), engine);
  } catch (error) {
    console.error(error instanceof CannotTell ? error.message : error);
    process.exitCode = 2;
  }
}
