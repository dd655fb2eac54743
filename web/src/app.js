// The page: files in, a verdict out.

import { MOST_BYTES, ROLES, roleOf } from './files.js';
import { SAMPLES, sampleFiles } from './data.js';
import { begin } from './runner.js';
import { make, show, spoken } from './view.js';

const byId = (id) => document.getElementById(id);

/** What is there: files by what they are, whether they are a sample's, and which solvers were accepted for them. */
let held = new Map();
let sample;
let accepted = [];
let unknown = [];
let running;

const bytesOf = ({ bytes }) => `${bytes.length.toLocaleString('en')} bytes`;

function list() {
  byId('needed').replaceChildren(
    ...ROLES.map(({ role, title, text, needed }) => {
      const files = held.get(role) ?? [];
      const found = files.flatMap((file, at) => [`${at > 0 ? '; ' : ''}${file.name}, ${bytesOf(file)} `, remove(role, file)]);
      const state = files.length > 0 ? 'there' : needed ? 'missing' : 'optional';
      const mark = { there: '✓', missing: '○', optional: '·' }[state];
      return make(
        'li',
        { class: state },
        make('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
        make('span', {}, make('strong', {}, title), ' ', make('span', { class: 'small' }, ...(files.length > 0 ? found : [`${state}: ${text}`]))),
      );
    }),
  );
  const missing = ROLES.filter(({ role, needed }) => needed && !held.has(role)).map(({ title }) => title.toLowerCase());
  const others = unknown.map((name) => `“${name}” is none of these, and is not used.`);
  byId('missing').textContent = [held.size > 0 && missing.length > 0 ? `Still missing: ${missing.join(', ')}.` : '', ...others].join(' ').trim();
  byId('verify').disabled = missing.length > 0;
  byId('clear').disabled = held.size === 0 && unknown.length === 0;
}

/** A button that takes a file away; a sample is one whole. */
function remove(role, file) {
  if (sample) return '';
  const button = make('button', { type: 'button', class: 'link' }, 'Remove', make('span', { class: 'unseen' }, ` ${file.name}`));
  button.addEventListener('click', () => drop(role, file));
  return button;
}

const isComplete = () => ROLES.every(({ role, needed }) => !needed || held.has(role));

/** Ends a verification, and takes its verdict away: it was about other files. */
function forget() {
  running?.stop();
  running = undefined;
  byId('working').hidden = true;
  byId('result').hidden = true;
  byId('files-now').textContent = '';
}

/** What says whom somebody believes is never replaced by what comes along with a lock. */
const ADDED = ['trust', 'policy'];

/** Takes files. Each replaces what was there of its kind; a trust file and policies stay beside others until they are taken away. */
function take(files) {
  forget();
  if (sample) held = new Map();
  [sample, accepted, unknown] = [undefined, [], []];
  const fresh = new Map();
  for (const file of files) {
    const role = roleOf(file.name, file.bytes);
    if (role) fresh.set(role, [...(fresh.get(role) ?? []), file]);
    else unknown.push(file.name);
  }
  fresh.forEach((own, role) => {
    const before = ADDED.includes(role) ? (held.get(role) ?? []) : [];
    held.set(role, [...before, ...own.filter((file, at) => ![...before, ...own.slice(0, at)].some((other) => isSame(file, other)))]);
  });
  list();
}

const isSame = (one, other) =>
  one.name === other.name && one.bytes.length === other.bytes.length && one.bytes.every((byte, at) => byte === other.bytes[at]);

/** Takes a file away. */
function drop(role, file) {
  forget();
  accepted = [];
  const left = held.get(role).filter((other) => other !== file);
  if (left.length > 0) held.set(role, left);
  else held.delete(role);
  list();
  byId('pick').focus();
}

async function read(files) {
  const large = files.filter((file) => file.size > MOST_BYTES);
  if (large.length > 0) {
    byId('missing').textContent = `“${large[0].name}” has more than ${MOST_BYTES >> 20} MiB, which is more than a page takes; headlock verify takes it.`;
    return false;
  }
  take(await Promise.all(files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }))));
  return true;
}

async function run() {
  running?.stop();
  const files = [...held].flatMap(([role, own]) => own.map(({ name, bytes }) => ({ role, name, bytes })));
  const own = begin(files, accepted, (calls) => (byId('progress').textContent = `The solver has been called ${calls === 1 ? 'once' : `${calls} times`}.`));
  running = own;
  byId('result').hidden = true;
  byId('progress').textContent = 'Reading the files.';
  byId('working').hidden = false;
  byId('announce').textContent = '';
  byId('working-title').focus();
  const report = await own.report;
  if (running !== own) return;
  running = undefined;
  byId('working').hidden = true;
  // What it is about in one line, so that the verdict stands near the top.
  byId('files').open = false;
  byId('files-now').textContent = sample ? `the sample “${SAMPLES.find(({ id }) => id === sample).title}”` : files.map(({ name }) => name).join(', ');
  show(byId('result'), report, { sample, accept: (sha256) => ((accepted = [...accepted, sha256]), run()) });
  byId('announce').textContent = spoken(report);
  byId('verdict-title').focus();
  scrollTo(0, 0);
}

byId('pick').addEventListener('change', async ({ target }) => {
  if (await read([...target.files])) target.value = '';
});
byId('verify').addEventListener('click', run);
byId('cancel').addEventListener('click', () => running?.stop());
byId('clear').addEventListener('click', () => {
  forget();
  [held, sample, accepted, unknown] = [new Map(), undefined, [], []];
  byId('files').open = true;
  list();
  byId('pick').focus();
});

let over = 0;
addEventListener('dragenter', (event) => {
  event.preventDefault();
  over += 1;
  byId('files').open = true;
  byId('drop').classList.add('over');
});
addEventListener('dragleave', () => {
  over -= 1;
  if (over <= 0) byId('drop').classList.remove('over');
});
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', async (event) => {
  event.preventDefault();
  over = 0;
  byId('drop').classList.remove('over');
  const files = [...event.dataTransfer.files];
  if (files.length > 0 && (await read(files)) && isComplete()) run();
});

byId('samples-list').replaceChildren(
  ...SAMPLES.map(({ id, title, text }) => {
    const look = make('button', { type: 'button', id: `sample-${id}`, 'aria-describedby': `sample-${id}-text` }, title);
    look.addEventListener('click', async () => {
      const files = await sampleFiles(id);
      held = new Map();
      take(files);
      sample = id;
      list();
      run();
    });
    const save = make('button', { type: 'button', class: 'link' }, 'Save its files', make('span', { class: 'unseen' }, ` (${title})`));
    save.addEventListener('click', async () => {
      for (const { name, bytes } of await sampleFiles(id)) {
        const url = URL.createObjectURL(new Blob([bytes]));
        make('a', { href: url, download: name }).click();
        setTimeout(() => URL.revokeObjectURL(url), 60_000);
      }
    });
    return make('li', {}, look, make('p', { id: `sample-${id}-text` }, text), save);
  }),
);
list();
