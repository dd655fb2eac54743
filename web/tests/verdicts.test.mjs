// Each case is files; the page in Chromium and the command must end alike, with the same text but for what runs the solver.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import test, { after, before } from 'node:test';

import { PAGE, bundle, command, edit, launch, released, sample, sha256, unbundle, verify } from './common.mjs';
import { component } from './solvers.mjs';

const good = () => sample('good');
const changed = (name, change) => ({ ...good(), [name]: change(good()[name]) });
const rebundled = (change) => changed('headlock.bundle', (bytes) => bundle(change(unbundle(bytes))));
const first = (files, beginning) => files.find(({ name }) => name.startsWith(beginning));
const flipped = (bytes, place) => {
  const copy = Buffer.from(bytes);
  copy[place] ^= 1;
  return copy;
};
const replaced = (files, old, bytes) => files.map((file) => (file === old ? { ...file, bytes } : file));
const content = (lock, name) => new RegExp(`name = "${name}"\nversion = ".*"\nsha256 = "(.*)"`).exec(lock.toString())[1];

/** The lock of an older solver, which the bundle does not carry: tests/frozen. */
function frozen() {
  const names = { 'headlock.lock': 'headlock.lock', 'headlock.bundle': 'lock.bundle', 'trust.toml': 'trust.toml', 'logs.policy': 'logs.policy', 'solver.wasm': 'headlock-solver-0.1.0.wasm' };
  const read = (name) => fs.readFileSync(new URL(`../../tests/frozen/${name}`, import.meta.url));
  return Object.fromEntries(Object.entries(names).map(([given, name]) => [given, read(name)]));
}

/** A lock by a solver that traps, and so on, which its bundle carries. */
function bySolver(bytes) {
  const lock = edit(good()['headlock.lock'], sha256(released()), sha256(bytes));
  const files = [...unbundle(good()['headlock.bundle']), { name: `solver/${sha256(bytes)}`, bytes }];
  const trust = Buffer.concat([good()['trust.toml'], Buffer.from(`\n[solvers]\naccept = ["${sha256(bytes)}"]\n`)]);
  return { ...good(), 'headlock.lock': lock, 'headlock.bundle': bundle(files), 'trust.toml': trust };
}

const CASES = [
  { name: 'the good sample', files: good, exit: 0, title: 'Verified' },
  { name: 'the sabotaged sample', files: () => sample('sabotaged'), exit: 1, title: 'It does not hold' },
  { name: 'the sample of two registries', files: () => sample('two-registries'), exit: 0, title: 'Verified' },
  {
    name: 'two registries, and nobody vouches for the second',
    files: () => {
      const files = sample('two-registries');
      return { ...files, 'trust.toml': edit(files['trust.toml'], /^vouching.*$/m.exec(files['trust.toml'].toString())[0], '') };
    },
    exit: 5,
  },
  {
    name: 'two registries, and another head of the second',
    files: () => {
      const files = sample('two-registries');
      const lock = files['headlock.lock'].toString();
      const [own, root] = ['apps', 'base'].map((name) => new RegExp(`origin = "${name}.*\nsize = .*\nroot = "(.*)"`).exec(lock)[1]);
      return { ...files, 'headlock.lock': edit(files['headlock.lock'], root, own) };
    },
    exit: 1,
  },
  { name: 'the sample by another solver', files: () => sample('other-solver'), exit: 5, title: 'Refused' },
  {
    name: 'a solver that the trust file accepts',
    files: () => {
      const files = sample('other-solver');
      const solver = unbundle(files['headlock.bundle']).find(({ name }) => name.startsWith('solver/'));
      const line = `\n[solvers]\naccept = ["${sha256(solver.bytes)}"]\n`;
      return { ...files, 'trust.toml': Buffer.concat([files['trust.toml'], Buffer.from(line)]) };
    },
    exit: 0,
  },
  { name: 'a lock of an older solver, by a rule', files: () => frozen(), exit: 0, rests: 'a rule of your trust file accepts what that registry has published' },
  { name: 'a lock of an older solver, and no rule', files: () => ({ ...frozen(), 'trust.toml': Buffer.from('logs = "logs.policy"\n') }), exit: 5 },
  {
    name: 'a flipped bit in a page',
    files: () => rebundled((files) => replaced(files, first(files, 'content/page/'), flipped(first(files, 'content/page/').bytes, 40))),
    exit: 1,
  },
  {
    name: 'a flipped bit in a tile',
    files: () => rebundled((files) => replaced(files, first(files, 'logs/'), flipped(first(files, 'logs/').bytes, 0))),
    exit: 1,
  },
  { name: 'a file that is missing', files: () => rebundled((files) => files.filter((file) => file !== first(files, 'content/page/'))), exit: 4 },
  { name: 'a file too many', files: () => rebundled((files) => [...files, { name: 'content/zzz', bytes: Buffer.from('rides along') }]), exit: 1 },
  { name: 'a bundle that is cut off', files: () => changed('headlock.bundle', (bytes) => bytes.subarray(0, 500_000)), exit: 2 },
  { name: 'a bundle that is cut off in its list', files: () => changed('headlock.bundle', (bytes) => bytes.subarray(0, 5_000)), exit: 2 },
  {
    name: 'a lock with another content hash',
    files: () => changed('headlock.lock', (lock) => edit(lock, content(lock, 'crates:url'), sha256('other'))),
    exit: 1,
  },
  { name: 'a lock with another version', files: () => changed('headlock.lock', (lock) => edit(lock, 'version = "2.13.2"', 'version = "2.13.1"')), exit: 1 },
  { name: 'a lock that asks for something else', files: () => changed('headlock.lock', (lock) => edit(lock, 'budget = 100000000', 'budget = 100000001')), exit: 1 },
  { name: 'a lock whose solver runs out of its budget', files: () => changed('headlock.lock', (lock) => edit(lock, 'budget = 100000000', 'budget = 10')), exit: 4 },
  { name: 'a lock written otherwise', files: () => changed('headlock.lock', (lock) => edit(lock, 'format = 1', 'format  = 1')), exit: 2 },
  { name: 'a lock of another size of the log', files: () => changed('headlock.lock', (lock) => edit(lock, 'size = 860', 'size = 859')), exit: 5 },
  { name: 'a lock with marks that hide text', files: () => changed('headlock.lock', (lock) => edit(lock, 'name = "crates:url"', 'name = "crates:\u202elru\u200b<b>"')), exit: 1 },
  { name: 'a policy that names another log', files: () => changed('logs.policy', (text) => edit(text, /^log .*$/m.exec(text.toString())[0], '')), exit: 5 },
  { name: 'a policy of another name', files: () => changed('trust.toml', (text) => edit(text, 'logs.policy', 'other.policy')), exit: 2 },
  { name: 'a trust file with a word too many', files: () => changed('trust.toml', (text) => Buffer.concat([text, Buffer.from('believe = true\n')])), exit: 2 },
  { name: 'mirrors beside the trust file', files: () => changed('trust.toml', (text) => Buffer.concat([text, Buffer.from('mirrors = ["file:mirrors"]\n')])), exit: 0 },
  { name: 'another solver at hand', files: () => ({ ...good(), 'solver.wasm': Buffer.concat([released(), Buffer.from('\0\x05\x04note', 'latin1')]) }), exit: 4 },
  {
    name: 'a solver that is not what the bundle calls it',
    files: () => {
      const files = sample('other-solver');
      const entries = unbundle(files['headlock.bundle']);
      const solver = first(entries, 'solver/');
      const accept = `\n[solvers]\naccept = ["${solver.name.slice(7)}"]\n`;
      return {
        ...files,
        'headlock.bundle': bundle(replaced(entries, solver, flipped(solver.bytes, 5000))),
        'trust.toml': Buffer.concat([files['trust.toml'], Buffer.from(accept)]),
      };
    },
    exit: 1,
  },
  { name: 'a solver that traps', files: () => bySolver(component('trap')), exit: 4, own: /the solver trapped: / },
  { name: 'a solver that points beyond its memory', files: () => bySolver(component('beyond')), exit: 4, own: /the solver answered nonsense: / },
  { name: 'a solver that names a case that there is not', files: () => bySolver(component('case')), exit: 4, own: /case 9 of 4/ },
  { name: 'a solver that asks for what it was not told of', files: () => bySolver(component('unknown')), exit: 4, own: /the solver answered nonsense: it names the package/ },
  { name: 'a solver that says that its budget ran out', files: () => bySolver(component('exhausted')), exit: 4 },
  { name: 'a solver of another shape', files: () => bySolver(component('exhausted', { second: true })), exit: 4, own: /holds one core module|hold one core module/ },
];

let browser;
let page;
before(async () => {
  browser = await launch();
  page = await browser.newPage();
  await page.goto(PAGE.href);
});
after(() => browser.close());

for (const { name, files, exit, title, own, rests } of CASES) {
  test(name, async () => {
    const given = files();
    const [theirs, ours] = await Promise.all([command(given), verify(page, given)]);
    assert.equal(ours.exit, exit, ours.text);
    assert.equal(theirs.exit, exit, theirs.text);
    if (title) assert.equal(ours.title, title);
    const shown = await page.locator('#result').textContent();
    assert.ok(!shown.includes('undefined') && (!rests || shown.includes(rests)), shown);
    if (own) return assert.match(ours.text, own);
    assert.equal(ours.text, theirs.text.replace(/^ {2}engine: .*$/m, '  engine: this browser’s WebAssembly'.replace('’', "'")));
  });
}
