// A report, shown. All text goes in as text, never as markup; what the verifier reports is escaped already.

import { draw, levels } from './graph.js';

/** An element with children; `text` and numbers become text. */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => {
    if (value === true) made.setAttribute(key, '');
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(key, value);
  });
  made.append(...children.flat().filter((child) => child !== null && child !== undefined).map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

const number = (value) => value.toLocaleString('en');
const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;
const hash = (text) => make('code', { class: 'hash' }, text);

/** What each class of verdict is called, and what it means. */
const VERDICTS = {
  verified: { mark: '✓', title: 'Verified', text: 'Solved again here, this lock came out byte for byte.' },
  no: { mark: '✗', title: 'It does not hold', text: 'Something here is not what it is said to be.' },
  malformed: { mark: '✗', title: 'Malformed', text: 'A file is not written as such a file is.' },
  'not-current': { mark: '–', title: 'Not current', text: 'The lock is missing, or another is asked for.' },
  'could-not-check': { mark: '?', title: 'Could not check', text: 'This says nothing about the lock, neither good nor bad.' },
  refused: { mark: '!', title: 'Refused', text: 'It rests on something that nobody here has accepted.' },
};

/** Whether text ends as a sentence does. */
const sentence = (text) => (/[.?!…]$/.test(text) ? text : `${text}.`);

/** The verdict, and what to do about it. */
function verdict(report, context) {
  const { mark, title, text } = VERDICTS[report.class];
  const parts = [
    make(
      'div',
      { class: 'head' },
      make('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
      make('h2', { id: 'verdict-title', tabindex: '-1' }, title),
      make('span', { class: 'exit' }, `exit ${report.exit}`),
    ),
  ];
  if (report.verified) {
    const what = count(report.lock.packages.length, 'release');
    parts.push(make('p', {}, `${text} ${what}, by the heads of ${count(report.verified.logs.length, 'log')}.`));
    parts.push(make('p', { class: 'basis' }, trusted(context)));
  } else {
    parts.push(make('p', {}, text));
    const { message, listed, hint } = report.failure;
    parts.push(make('p', { class: 'wrong' }, sentence(message)));
    if (listed.length > 0) parts.push(make('ul', { class: 'wrong' }, listed.map((line) => make('li', {}, line.trim()))));
    if (hint) parts.push(make('p', { class: 'hint' }, make('strong', {}, 'What to do: '), sentence(hint)));
    if (report.unaccepted) parts.push(offer(report, context));
  }
  return make('div', { class: `verdict ${report.class}` }, parts);
}

/** Whose word the verdict rests on. */
function trusted({ sample }) {
  return sample
    ? 'It rests on the sample’s own trust file: whoever made the sample wrote it. For a lock of yours, bring a trust file of yours.'
    : 'It rests on the trust file that you gave. If it came with the lock, whoever wrote the lock may have written it, too.';
}

/** A solver that nobody accepts may be accepted by whoever looks at this. */
function offer({ unaccepted }, { accept }) {
  const button = make('button', { type: 'button', id: 'accept', 'aria-describedby': 'accept-why' }, 'I accept this solver, verify again');
  button.addEventListener('click', () => accept(unaccepted));
  return make(
    'div',
    { class: 'offer' },
    make('p', {}, 'The solver decides what the answer is. This one’s sha256 is'),
    make('p', {}, hash(unaccepted)),
    make(
      'p',
      { id: 'accept-why' },
      'Accept it only if you know it, by building it or by the word of somebody whom you believe. It counts for these files, until this page is left; a line in your trust file makes it last.',
    ),
    button,
  );
}

/** One line of what a verdict rests on. */
const row = (term, ...description) => [make('dt', {}, term), make('dd', {}, ...description)];

const ACCEPTED = {
  released: 'it came with headlock, and with this page',
  trust: 'your trust file names it',
  here: 'you accepted it here',
  rule: 'a rule of your trust file accepts what that registry has published',
};

function facts(report, context) {
  const { lock, trust, solver, executed, verified, bundle } = report;
  const rows = [];
  if (trust) {
    const whose = context.sample ? 'the sample’s own' : 'given by you';
    rows.push(row('Trust file', make('strong', {}, trust.name), `, ${whose}. It names ${trust.quorum}`, trust.vouching.length ? `; vouching: ${trust.vouching.join(', ')}` : '', '.'));
  }
  if (lock) {
    const accepted = solver ? `, ${count(solver.bytes, 'byte')}; ${ACCEPTED[solver.accepted]}` : '';
    rows.push(row('Solver', `${lock.solver.describe}${accepted}.`, make('br'), hash(lock.solver.sha256)));
    const asked = lock.inputs.map((input) => {
      const features = input.features.length > 0 ? ` with ${input.features.join(', ')}` : '';
      return make('li', {}, `${input.name} ${input.requirement}${features}, of ${input.registry}`);
    });
    rows.push(row('Asked for', make('ul', { class: 'plain' }, asked)));
    if (lock.overrides.length > 0) rows.push(row('Overrides', make('ul', { class: 'plain' }, lock.overrides.map((text) => make('li', {}, text)))));
    if (lock.preferences > 0) rows.push(row('Preferences', `${count(lock.preferences, 'release')} that the lock states above others, which may be newer.`));
  }
  if (executed) {
    rows.push(
      row(
        'Re-executed',
        `${count(executed.calls, 'call')} of the solver in this browser, within its budget of ${count(lock.budget, 'step')}; ${count(executed.packages, 'package')} with ${count(executed.releases, 'release')} proven to it, ${executed.absent === 0 ? 'none' : number(executed.absent)} proven absent. Its outcome was checked by code that shares nothing with it.`,
        make('br'),
        'Outcome ',
        hash(lock.outcome),
      ),
    );
  }
  if (bundle) {
    const read = verified ? ', each read, and each checked against its hash or its log' : '';
    rows.push(row('Bundle', `${count(bundle.files, 'file')}, ${count(bundle.bytes, 'byte')}${read}.`));
  }
  if (verified?.without.length > 0) rows.push(row('Without', make('ul', { class: 'plain' }, verified.without.map((text) => make('li', {}, text)))));
  return make('dl', { class: 'facts' }, rows.flat());
}

/** The heads, as verified or as stated. */
function heads({ lock, verified }) {
  const stated = lock.logs.map((log) => ({ ...log, basis: log.derived ? `stated, derived from ${log.derived}` : 'stated by the lock', cosigners: [] }));
  const rows = (verified?.logs ?? stated).map((log) => {
    const more = [
      log.cosigners.length > 0 ? `cosigned by ${log.cosigners.join(', ')}` : null,
      log.vouched_by ? `its keys by the word of ${log.vouched_by}` : null,
      log.retired ? 'under a retired key' : null,
    ];
    const basis = [log.basis, ...more.filter(Boolean)].join('; ');
    return make('tr', {}, make('th', { scope: 'row' }, log.origin), make('td', { class: 'number' }, number(log.size)), make('td', {}, hash(log.root)), make('td', {}, basis));
  });
  const titles = ['Log', 'Records', 'Root', 'Where the head is from'];
  return scrolling(
    'Heads of logs',
    make(
      'table',
      {},
      make('caption', {}, verified ? 'The heads that all was proven against' : 'Heads as the lock states them'),
      make('thead', {}, make('tr', {}, titles.map((title) => make('th', { scope: 'col' }, title)))),
      make('tbody', {}, rows),
    ),
  );
}

/** What may be wider than the page scrolls by itself, and by keyboard. */
const scrolling = (label, ...children) => make('div', { class: 'scroll', role: 'region', 'aria-label': label, tabindex: '0' }, children);

/** How many boxes a picture begins with at most; more are shown on demand. */
const MANY = 90;

/** The packages that a failure speaks of. */
function named({ lock, failure }) {
  const words = new Set(failure ? [failure.message, ...failure.listed].join(' ').split(/[^a-zA-Z0-9:_.-]+/).map((word) => word.replace(/[.:]+$/, '')) : []);
  return lock.packages.map((each) => words.has(each.name));
}

function packages(report) {
  const { lock, verified } = report;
  const isNamed = named(report);
  const registries = [...new Set(lock.packages.map((each) => each.registry))].sort();
  const letter = (registry) => String.fromCharCode(65 + (registries.indexOf(registry) % 26));
  const several = registries.length > 1;
  const neededBy = lock.packages.map(() => []);
  lock.packages.forEach((each, from) => each.dependencies.forEach((to) => neededBy[to].push(from)));
  const nodes = lock.packages.map((each, place) => ({
    label: each.name.includes(':') ? each.name.slice(each.name.indexOf(':') + 1) : each.name,
    detail: several ? `${letter(each.registry)} ${each.version}` : each.version,
    group: registries.indexOf(each.registry),
    needs: each.dependencies,
    named: isNamed[place],
    spoken: `${isNamed[place] ? 'Named by the failure: ' : ''}${each.name} ${several ? `${letter(each.registry)} ${each.version}, of ${each.registry}` : each.version}, needs ${each.dependencies.length}, needed by ${neededBy[place].length}`,
  }));
  const level = levels(nodes, lock.roots);
  const deepest = Math.max(0, ...level);
  const within = (most) => level.filter((depth) => depth <= most).length;
  let most = deepest;
  while (most > 1 && within(most) > MANY) most -= 1;
  const about = isNamed.indexOf(true);
  if (about !== -1 && within(level[about]) <= 3 * MANY) most = Math.max(most, level[about]);

  const picture = make('div', { class: 'picture' });
  const detail = make('div', { class: 'detail', id: 'package-detail', tabindex: '-1' });
  const status = make('p', { class: 'small', role: 'status' });
  let drawn;
  let current;
  const choose = (place, focus) => {
    current = place;
    drawn?.show(place, focus);
    detail.replaceChildren(...describe(place));
  };
  const names = (list) =>
    list.length === 0
      ? 'nothing'
      : make('ul', { class: 'chips' }, list.map((place) => {
          const button = make('button', { type: 'button' }, `${lock.packages[place].name} ${lock.packages[place].version}`);
          button.addEventListener('click', () => choose(place));
          return make('li', {}, button);
        }));
  const describe = (place) => {
    const each = lock.packages[place];
    const record = each.record === null ? 'a local component, which is in no log' : `record ${number(each.record)} of ${each.registry}`;
    return [
      make('h4', {}, `${each.name} ${each.version}`),
      make(
        'dl',
        { class: 'facts' },
        row('Release', record, make('br'), hash(each.sha256)),
        row('Features on', each.features.length > 0 ? each.features.join(', ') : 'none'),
        row('Needs', names(each.dependencies)),
        row('Needed by', lock.roots.includes(place) ? make('p', {}, 'what was asked for') : null, neededBy[place].length > 0 ? names(neededBy[place]) : lock.roots.includes(place) ? null : 'nothing'),
      ),
    ];
  };
  const show = () => {
    const width = Math.max(280, picture.clientWidth - 2);
    drawn = draw({
      id: 'packages',
      title: 'Who needs whom',
      description: `From what was asked for, at the top, to what that needs, downwards. The table below says the same. One box is reached by Tab, the others by the arrow keys.`,
      nodes,
      level,
      most,
      width,
      chosen: (place) => choose(place, true),
    });
    picture.replaceChildren(drawn.svg);
    drawn.show(current);
    const rest = nodes.length - drawn.drawn;
    status.textContent = rest > 0 ? `${count(drawn.drawn, 'release')} shown, ${number(rest)} lie deeper.` : '';
  };
  let seen = 0;
  new ResizeObserver(() => {
    if (picture.clientWidth !== seen) {
      seen = picture.clientWidth;
      show();
    }
  }).observe(picture);

  const depth = make('input', { type: 'range', id: 'depth', min: '0', max: String(deepest), value: String(most) });
  const output = make('output', { for: 'depth' }, `${most} of ${deepest}`);
  depth.addEventListener('input', () => {
    most = Number(depth.value);
    output.textContent = `${most} of ${deepest}`;
    show();
  });
  const legend = several
    ? make('ul', { class: 'legend' }, registries.map((registry, group) => make('li', { class: `group-${group % 6}` }, make('span', { class: 'swatch', 'aria-hidden': 'true' }), `${letter(registry)}: ${registry}`)))
    : null;
  if (about !== -1) choose(about);
  return [
    make('h3', { id: 'packages-title' }, verified ? 'Packages' : 'Packages, as the lock states them: not verified'),
    deepest > 0 ? make('p', { class: 'range' }, make('label', { for: 'depth' }, 'Levels below what was asked for: '), depth, output) : null,
    status,
    legend,
    picture,
    detail,
    table(lock, level, neededBy, several, (place) => {
      choose(place);
      detail.scrollIntoView({ block: 'nearest' });
      detail.focus({ preventScroll: true });
    }),
  ];
}

/** The same as a table, which can be sorted, and narrowed by name. */
function table(lock, level, neededBy, several, chosen) {
  const text = new Intl.Collator('en', { numeric: true });
  const columns = [
    { title: 'Package', of: (place) => lock.packages[place].name, text: true },
    { title: 'Version', of: (place) => lock.packages[place].version, text: true },
    ...(several ? [{ title: 'Registry', of: (place) => lock.packages[place].registry, text: true }] : []),
    { title: 'Level', of: (place) => level[place] },
    { title: 'Needs', of: (place) => lock.packages[place].dependencies.length },
    { title: 'Needed by', of: (place) => neededBy[place].length },
    { title: 'Record', of: (place) => lock.packages[place].record ?? -1 },
    { title: 'sha256', of: (place) => lock.packages[place].sha256, text: true, is: 'hash' },
  ];
  const sorted = { column: 0, down: false };
  const body = make('tbody', {});
  const filter = make('input', { type: 'search', id: 'filter', autocomplete: 'off', spellcheck: 'false' });
  const status = make('p', { class: 'small', role: 'status' });
  const heads = columns.map(({ title }, place) => {
    const button = make('button', { type: 'button' }, title, make('span', { class: 'order', 'aria-hidden': 'true' }));
    button.addEventListener('click', () => {
      sorted.down = sorted.column === place && !sorted.down;
      sorted.column = place;
      fill();
    });
    return make('th', { scope: 'col' }, button);
  });
  const rows = lock.packages.map((each, place) => {
    const button = make('button', { type: 'button', class: 'link' }, each.name);
    button.addEventListener('click', () => chosen(place));
    const cells = columns.slice(1).map(({ of, is, text: isText }) => {
      const value = of(place);
      return make('td', { class: isText ? null : 'number' }, is === 'hash' ? hash(value) : value === -1 ? 'none' : isText ? value : number(value));
    });
    return make('tr', {}, make('th', { scope: 'row' }, button), cells);
  });
  const fill = () => {
    const wanted = filter.value.trim().toLowerCase();
    const { of, text: isText } = columns[sorted.column];
    const places = lock.packages.map((_, place) => place).filter((place) => lock.packages[place].name.toLowerCase().includes(wanted));
    const by = isText ? (a, b) => text.compare(of(a), of(b)) : (a, b) => of(a) - of(b);
    places.sort((a, b) => (sorted.down ? by(b, a) : by(a, b)) || a - b);
    body.replaceChildren(...places.map((place) => rows[place]));
    heads.forEach((head, place) => {
      if (place === sorted.column) head.setAttribute('aria-sort', sorted.down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    status.textContent = wanted ? `${count(places.length, 'release')} of ${number(lock.packages.length)}.` : '';
  };
  filter.addEventListener('input', fill);
  fill();
  return make(
    'div',
    {},
    make('p', { class: 'filter' }, make('label', { for: 'filter' }, 'Show packages whose names hold '), filter),
    status,
    scrolling('Table of packages', make('table', { class: 'packages' }, make('caption', {}, 'All releases in the lock'), make('thead', {}, make('tr', {}, heads)), body)),
  );
}

/** Registries and which may depend on which. */
function registries({ lock, verified }) {
  const logs = verified.logs;
  const asked = new Set(lock.inputs.map((input) => input.registry));
  const at = new Map(logs.map((log, place) => [log.origin, place]));
  const releases = (origin) => lock.packages.filter((each) => each.registry === origin).length;
  const nodes = logs.map((log, place) => ({
    label: log.origin,
    detail: `${count(releases(log.origin), 'release')}, ${count(log.size, 'record')}`,
    spoken: `${log.origin} ${count(releases(log.origin), 'release')}, ${count(log.size, 'record')}`,
    group: place,
    needs: verified.links.filter((link) => link.dependent === log.origin).map((link) => at.get(link.dependency)).filter((to) => to !== undefined),
  }));
  const roots = logs.map((_, place) => place).filter((place) => asked.has(logs[place].origin));
  const level = levels(nodes, roots);
  const picture = make('div', { class: 'picture' });
  let drawn;
  new ResizeObserver(() => {
    const width = Math.max(280, Math.floor(picture.clientWidth));
    if (drawn?.width === width) return;
    drawn = draw({ id: 'registries', title: 'Which registry may use which', description: 'The registries that were asked for at the top, and their peers below. The list below says the same.', nodes, level, most: Infinity, width, chosen: (place) => drawn.show(place, true) });
    drawn.width = width;
    picture.replaceChildren(drawn.svg);
  }).observe(picture);
  const links = verified.links.map((link) =>
    make('li', {}, `${link.dependent} may use ${link.packages === null ? 'all packages' : count(link.packages, 'package')} of ${link.dependency}`),
  );
  return [make('h3', {}, 'Registries'), picture, make('ul', { class: 'plain' }, links)];
}

/** Shows a report in its section. */
export function show(section, report, context) {
  const said = make('pre', { tabindex: '0', 'aria-label': 'The verdict as the command says it' }, report.lines.join('\n'));
  const parts = [verdict(report, context)];
  if (report.lock) {
    parts.push(make('h3', {}, report.verified ? 'What it rests on' : 'What is known so far'), facts(report, context), heads(report));
    if (report.verified?.links.length > 0) parts.push(...registries(report));
    parts.push(...packages(report));
  }
  parts.push(make('details', { class: 'said' }, make('summary', {}, 'The same in the command’s words'), said));
  section.replaceChildren(...parts.filter(Boolean));
  section.hidden = false;
}

/** A verdict in one sentence, for who hears the page. */
export function spoken(report) {
  const { title } = VERDICTS[report.class];
  return report.failure ? `${title}: ${report.failure.message}` : `${title}: ${count(report.lock.packages.length, 'release')}.`;
}
