// What the tests share: the page in a browser, the command, files that are good, and tools to make them bad.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(path.join(root, 'target/page/package.json'));
const { chromium } = require('playwright-core');

/** axe-core, to be run in a page. */
export const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** The page, as whoever opens it from a folder does. */
export const PAGE = new URL('../dist/index.html', import.meta.url);

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** A browser for all tests of a file. */
export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

/** A sample's files, by name. */
export function sample(id) {
  const folder = new URL(`../dist/samples/${id}/`, import.meta.url);
  return Object.fromEntries(fs.readdirSync(folder).map((name) => [name, fs.readFileSync(new URL(name, folder))]));
}

/** The released component. */
export const released = () => fs.readFileSync(path.join(root, 'solver/released/headlock-solver.wasm'));

/** The solver's compiled code, for all cases of a file: its compiler is slower than all the rest. */
const cache = fs.mkdtempSync(path.join(os.tmpdir(), 'headlock-page-cache-'));
process.on('exit', () => fs.rmSync(cache, { recursive: true }));

/** What the command says of files, and how it ends; `home` is where it keeps things. */
export function command(files, more = [], home = cache) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'headlock-page-'));
  for (const [name, bytes] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), bytes);
  const program = process.env.HEADLOCK ?? path.join(root, 'target/debug/headlock');
  const env = { ...process.env, HEADLOCK_STATE: path.join(home, 'state'), HEADLOCK_CACHE: path.join(home, 'cache') };
  const solver = 'solver.wasm' in files ? ['--solver', 'solver.wasm'] : [];
  const words = ['verify', '--trust', 'trust.toml', '--bundle', 'headlock.bundle', ...solver, ...more];
  return new Promise((resolve) => {
    execFile(program, words, { cwd: folder, env }, (error, stdout, stderr) => {
      fs.rmSync(folder, { recursive: true });
      resolve({ exit: error ? error.code : 0, text: (stdout || stderr).trimEnd() });
    });
  });
}

/** A bundle's files. */
export function unbundle(bytes) {
  const end = bytes.indexOf('\n\n') + 2;
  let place = end;
  return bytes.subarray(0, end).toString().split('\n').slice(1, -2).map((line) => {
    const [length, name] = line.split(' ');
    place += Number(length);
    return { name, bytes: bytes.subarray(place - Number(length), place) };
  });
}

/** A bundle of files. */
export function bundle(files) {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const list = sorted.map(({ name, bytes }) => `${bytes.length} ${name}\n`).join('');
  return Buffer.concat([Buffer.from(`headlock bundle 1\n${list}\n`), ...sorted.map(({ bytes }) => bytes)]);
}

/** Replaces a text that is there, once. */
export function edit(bytes, from, to) {
  const text = bytes.toString();
  if (!text.includes(from)) throw new Error(`expected ${JSON.stringify(from)} in the file`);
  return Buffer.from(text.replace(from, to));
}

/** Gives files to an open page, has them verified, and reads what it says. */
export async function verify(page, files) {
  await page.evaluate(() => (document.getElementById('files').open = true));
  const clear = page.getByRole('button', { name: 'Remove all' });
  if (await clear.isEnabled()) await clear.click();
  const given = Object.entries(files).map(([name, buffer]) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(buffer) }));
  await page.locator('#pick').setInputFiles(given);
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  return said(page);
}

/** What the page says. */
export async function said(page) {
  await page.locator('#verdict-title').waitFor({ timeout: 120_000 });
  return {
    title: await page.locator('#verdict-title').textContent(),
    exit: Number((await page.locator('.verdict .exit').textContent()).replace('exit ', '')),
    text: await page.locator('.said pre').textContent(),
  };
}
