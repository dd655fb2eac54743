// Verifies one bundle wherever it can be verified, and prints how long that takes: a line for each, with the time of the first
// verification and the median of those after it, in ms. The command is HEADLOCK, else target/debug/headlock; a verifier whose
// tools are not installed is left out, and said so.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

import { verify as verifyInNode } from '../src/verification.js';
import { PAGE, command, launch, sample, sha256, verify } from './common.mjs';

const RUNS = 7;
const root = fileURLToPath(new URL('../..', import.meta.url));
const component = path.join(root, 'solver/released/headlock-solver.wasm');
const files = sample('good');
const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];

/** How long something takes at first, and then. A verdict that is not good is no time. */
async function print(name, work, runs = RUNS) {
  const taken = [];
  for (let run = 0; run <= runs; run++) {
    const begun = performance.now();
    const { exit, text } = await work();
    taken.push(performance.now() - begun);
    if (exit !== 0) throw new Error(`${name}: exit ${exit}: ${text}`);
  }
  console.log([name, taken[0].toFixed(0), median(taken.slice(1)).toFixed(0)].join('\t'));
}

/** By the command in an engine, with a cache of its own, which is empty at first. */
async function byCommand(name, engine) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'headlock-measure-'));
  await print(name, () => command(files, ['--engine', engine], home));
  fs.rmSync(home, { recursive: true });
}

/** The verifier's module, from the page. */
function verifierModule() {
  const [, packed] = /<script[^>]* id="verifier"[^>]*>([^<]*)</.exec(fs.readFileSync(PAGE, 'utf8'));
  return zlib.gunzipSync(Buffer.from(packed, 'base64'));
}

/** In V8 without a browser: the page's code in node, compiling everything each time, as the page does. */
function byNode(module) {
  const roles = { 'headlock.lock': 'lock', 'headlock.bundle': 'bundle', 'trust.toml': 'trust', 'logs.policy': 'policy' };
  const given = Object.entries(files)
    .filter(([name]) => name in roles)
    .map(([name, bytes]) => ({ role: roles[name], name, bytes }));
  const report = verifyInNode(new WebAssembly.Module(module), given, []);
  return { exit: report.exit, text: report.lines.join('\n') };
}

/** By the verifier in Python, in PyPI's wasmtime. */
function byPython(python, folder) {
  const solver = ['--solver', component, '--released', sha256(fs.readFileSync(component))];
  execFileSync(python, ['-m', 'headlock_verify', 'headlock.lock', '--bundle', 'headlock.bundle', '--trust', 'trust.toml', ...solver], {
    cwd: folder,
    env: { ...process.env, PYTHONPATH: path.join(root, 'contrib/python') },
  });
  return { exit: 0, text: '' };
}

await byCommand('the command, Cranelift', 'cranelift');
await byCommand('the command, Pulley', 'pulley');
await byCommand('the command, both', 'all');
const module = verifierModule();
await print('the page’s verifier, V8 in node', () => byNode(module));
const browser = await launch();
const page = await browser.newPage();
await page.goto(PAGE.href);
await print('the page, Chromium', () => verify(page, files));
await browser.close();
const python = path.join(process.env.HEADLOCK_ENGINES ?? path.join(root, 'target/engines'), 'python/bin/python3');
if (fs.existsSync(python)) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'headlock-measure-'));
  for (const [name, bytes] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), bytes);
  await print('the verifier in Python, wasmtime of PyPI', () => byPython(python, folder), 1);
  fs.rmSync(folder, { recursive: true });
} else {
  console.error(`left out: ${python} is not there`);
}
