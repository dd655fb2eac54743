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
      const found = files.map((file) => `${file.name}, ${bytesOf(file)}`).join('; ');
      const state = files.length > 0 ? 'there' : needed ? 'missing' : 'optional';
      const mark = { there: '✓', missing: '○', optional: '·' }[state];
      return make(
        'li',
        { class: state },
        make('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
        make('span', {}, make('strong', {}, title), ' ', make('span', { class: 'small' }, files.length > 0 ? found : `${state}: ${text}`)),
      );
    }),
  );
  const missing = ROLES.filter(({ role, needed }) => needed && !held.has(role)).map(({ title }) => title.toLowerCase());
  const others = unknown.map((name) => `“${name}” is none of these, and is not used.`);
  byId('missing').textContent = [held.size > 0 && missing.length > 0 ? `Still missing: ${missing.join(', ')}.` : '', ...others].join(' ').trim();
  byId('verify').disabled = missing.length > 0;
  byId('clear').disabled = held.size === 0 && unknown.length === 0;
}

const isComplete = () => ROLES.every(({ role, needed }) => !needed || held.has(role));

/** Takes files; each replaces what was there of its kind, but for further policies. */
function take(files) {
  if (sample) held = new Map();
  [sample, accepted, unknown] = [undefined, [], []];
  const fresh = new Map();
  for (const file of files) {
    const role = roleOf(file.name, file.bytes);
    if (role) fresh.set(role, [...(fresh.get(role) ?? []), file]);
    else unknown.push(file.name);
  }
  fresh.forEach((own, role) => held.set(role, own));
  list();
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
  running?.stop();
  running = undefined;
  [held, sample, accepted, unknown] = [new Map(), undefined, [], []];
  byId('result').hidden = true;
  byId('working').hidden = true;
  byId('files').open = true;
  byId('files-now').textContent = '';
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
      take(await sampleFiles(id));
      sample = id;
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
