// The page itself: what it may do and does, for whom it works, what it looks like.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test, { after, before } from 'node:test';

import { AXE, PAGE, bundle, edit, launch, released, said, sample, sha256, unbundle } from './common.mjs';
import { component } from './solvers.mjs';

const SAMPLES = fs.readdirSync(new URL('../dist/samples/', import.meta.url));

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** The page, opened; what it asked for, and what went wrong. */
async function open({ width = 1280, scheme = 'light', address = PAGE.href } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const asked = [];
  const wrong = [];
  context.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => wrong.push(message.text()));
  page.on('pageerror', (error) => wrong.push(error.message));
  // Chromium tells of what the policy stops before it is sent, too.
  const stopped = [];
  context.on('requestfailed', (request) => request.failure()?.errorText === 'csp' && stopped.push(request.url()));
  await page.goto(address);
  return { page, asked, stopped, wrong, close: () => context.close() };
}

async function look(page, id) {
  await page.evaluate(() => (document.getElementById('files').open = true));
  await page.locator(`#sample-${id}`).click();
  return said(page);
}

/** Gives files, by name, as somebody who chooses them. */
const give = (page, files) => page.locator('#pick').setInputFiles(Object.entries(files).map(([name, buffer]) => ({ name, mimeType: '', buffer })));

/** What axe-core finds wrong. */
async function violations(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`);
}

async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

test('it asks nobody for anything, and says nothing wrong', async () => {
  const { page, asked, wrong, close } = await open();
  for (const id of SAMPLES) await look(page, id);
  assert.deepEqual(asked.filter((url) => !url.startsWith('blob:')), [PAGE.href]);
  assert.deepEqual(wrong, []);
  await close();
});

test('its policy stands', async () => {
  const { page, asked, stopped, close } = await open();
  await page.evaluate(() => {
    window.refused = [];
    document.addEventListener('securitypolicyviolation', (event) => window.refused.push(event.effectiveDirective));
  });
  const tried = await page.evaluate(async () => {
    const told = (promise) => promise.then(() => 'done', () => 'refused');
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    const image = document.createElement('img');
    image.src = 'https://elsewhere.example/pixel.png';
    document.body.append(image);
    const style = document.createElement('style');
    style.textContent = 'body { background: url(https://elsewhere.example/b.png) }';
    document.body.append(style);
    const frame = document.createElement('iframe');
    frame.src = 'https://elsewhere.example/';
    document.body.append(frame);
    const results = [await told(fetch('https://elsewhere.example/')), navigator.sendBeacon('https://elsewhere.example/'), window.ran === undefined];
    const socket = await told(new Promise((resolve, reject) => {
      try {
        const opened = new WebSocket('wss://elsewhere.example/');
        opened.onopen = resolve;
        opened.onerror = reject;
      } catch (error) {
        reject(error);
      }
    }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { results, socket, refused: [...new Set(window.refused)].sort() };
  });
  assert.equal(tried.results[0], 'refused');
  assert.equal(tried.results[2], true, 'no script that was added runs');
  assert.equal(tried.socket, 'refused');
  assert.deepEqual(tried.refused, ['connect-src', 'frame-src', 'img-src', 'script-src-elem', 'style-src-elem']);
  // What is refused by the policy is never sent.
  assert.deepEqual(asked.filter((url) => /^(https?|wss?):/.test(url) && !stopped.includes(url)), []);
  await close();
});

test('a worker may not connect either', async () => {
  const { page, close } = await open();
  const told = await page.evaluate(() => new Promise((resolve) => {
    const code = "fetch('https://elsewhere.example/').then(() => postMessage('done'), () => postMessage('refused'))";
    const worker = new Worker(URL.createObjectURL(new Blob([code])));
    worker.onmessage = ({ data }) => resolve(data);
  }));
  assert.equal(told, 'refused');
  await close();
});

test('it works from a web server', async () => {
  const server = http.createServer((request, response) => {
    response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/html' });
    response.end(request.url === '/' ? fs.readFileSync(PAGE) : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { page, asked, close } = await open({ address: `http://127.0.0.1:${server.address().port}/` });
  assert.equal((await look(page, 'good')).exit, 0);
  const others = asked.filter((url) => !url.startsWith('blob:') && !url.endsWith('/favicon.ico'));
  assert.deepEqual(others, [`http://127.0.0.1:${server.address().port}/`]);
  await close();
  server.close();
});

test('without workers it verifies in the page', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => delete window.Worker);
  await page.goto(PAGE.href);
  assert.equal((await look(page, 'good')).exit, 0);
  await context.close();
});

test('a solver that nobody accepts can be accepted, and verifies then', async () => {
  const { page, close } = await open();
  const refused = await look(page, 'other-solver');
  assert.equal(refused.title, 'Refused');
  const solver = unbundle(sample('other-solver')['headlock.bundle']).find(({ name }) => name.startsWith('solver/'));
  assert.equal(await page.locator('.offer .hash').textContent(), sha256(solver.bytes));
  await page.getByRole('button', { name: 'I accept this solver, verify again' }).click();
  await page.getByRole('heading', { name: 'Verified', exact: true }).waitFor({ timeout: 120_000 });
  assert.match(await page.locator('.said pre').textContent(), /accepted by --accept-solver/);
  assert.match(await page.locator('#result').textContent(), /you accepted it here/);
  // It counts for these files only.
  assert.equal((await look(page, 'other-solver')).title, 'Refused');
  await close();
});

test('registries are drawn, and listed', async () => {
  const { page, close } = await open();
  assert.equal((await look(page, 'two-registries')).title, 'Verified');
  const [apps, base] = ['apps.example/components', 'base.example/components'];
  const boxes = page.locator('svg[aria-labelledby^="registries-title"] .box');
  assert.deepEqual(await boxes.evaluateAll((all) => all.map((box) => box.getAttribute('aria-label'))), [`${apps} 3 releases, 13 records`, `${base} 2 releases, 7 records`]);
  await page.getByText(`${apps} may use all packages of ${base}`, { exact: true }).waitFor();
  await page.getByText(`A: ${apps}`).waitFor();
  assert.match(await page.locator('#result').textContent(), /derived/);
  assert.deepEqual(await violations(page), []);
  await close();
});

test('a solver that does not end can be cancelled, and the page goes on', async () => {
  const { page, close } = await open();
  const bytes = component('endless');
  const good = sample('good');
  const files = {
    ...good,
    'headlock.lock': edit(good['headlock.lock'], sha256(released()), sha256(bytes)),
    'headlock.bundle': bundle([...unbundle(good['headlock.bundle']), { name: `solver/${sha256(bytes)}`, bytes }]),
    'trust.toml': Buffer.concat([good['trust.toml'], Buffer.from(`\n[solvers]\naccept = ["${sha256(bytes)}"]\n`)]),
  };
  await give(page, files);
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  await page.getByText('The solver has been called once.').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  const ended = await said(page);
  assert.deepEqual([ended.title, ended.exit], ['Could not check', 4]);
  assert.equal((await look(page, 'good')).exit, 0);
  await close();
});

test('files are told by what is in them, and what is missing is said', async () => {
  const { page, close } = await open();
  const good = sample('good');
  const give = (names) => page.locator('#pick').setInputFiles(names.map(([name, from]) => ({ name, mimeType: '', buffer: good[from] ?? Buffer.from(from) })));
  assert.equal(await page.getByRole('button', { name: 'Verify', exact: true }).isDisabled(), true);
  await give([['a', 'headlock.lock'], ['b', 'headlock.bundle'], ['holiday.txt', 'hello']]);
  await page.getByText('Still missing: trust file, policy. “holiday.txt” is none of these, and is not used.').waitFor();
  await give([['c.toml', 'trust.toml'], ['logs.policy', 'logs.policy']]);
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  assert.equal((await said(page)).exit, 0);
  await close();
});

test('what says whom somebody believes is not replaced by what comes later, and can be taken away', async () => {
  const { page, close } = await open();
  const good = sample('good');
  const policy = edit(good['logs.policy'], 'log crates.example', 'log  crates.example');
  await give(page, { 'trust.toml': good['trust.toml'], 'logs.policy': good['logs.policy'] });
  await page.getByRole('button', { name: 'Remove logs.policy', exact: true }).waitFor();
  await picture(page, 'given');
  assert.deepEqual(await violations(page), []);
  await give(page, { 'headlock.lock': good['headlock.lock'], 'headlock.bundle': good['headlock.bundle'], 'logs.policy': policy });
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  const doubled = await said(page);
  assert.equal(doubled.exit, 2);
  assert.match(doubled.text, /expected one policy "logs.policy", found several/);
  await page.evaluate(() => (document.getElementById('files').open = true));
  await page.getByRole('button', { name: 'Remove logs.policy', exact: true }).nth(1).click();
  await page.locator('#result').waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  assert.equal((await said(page)).exit, 0);
  // A second trust file.
  await page.evaluate(() => (document.getElementById('files').open = true));
  await give(page, { 'trust.toml': Buffer.concat([good['trust.toml'], Buffer.from('# another\n')]) });
  // A verdict goes with the files that it was about.
  await page.locator('#result').waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  const two = await said(page);
  assert.equal(two.exit, 2);
  assert.match(two.text, /expected one file of a kind, found "trust.toml" and "trust.toml"/);
  // The same again is no other.
  await page.evaluate(() => (document.getElementById('files').open = true));
  await page.getByRole('button', { name: 'Remove trust.toml', exact: true }).nth(1).click();
  await give(page, { 'trust.toml': good['trust.toml'], 'logs.policy': good['logs.policy'] });
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  assert.equal((await said(page)).exit, 0);
  await close();
});

test('a verification ends when other files come', async () => {
  const { page, close } = await open();
  const bytes = component('endless');
  const good = sample('good');
  const lock = edit(good['headlock.lock'], sha256(released()), sha256(bytes));
  const trust = Buffer.concat([good['trust.toml'], Buffer.from(`\n[solvers]\naccept = ["${sha256(bytes)}"]\n`)]);
  await give(page, { ...good, 'headlock.lock': lock, 'trust.toml': trust, 'solver.wasm': bytes });
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  await page.locator('#working').waitFor();
  await give(page, { 'headlock.lock': good['headlock.lock'] });
  await page.locator('#working').waitFor({ state: 'hidden' });
  assert.equal(await page.locator('#result').isVisible(), false);
  await close();
});

test('dropped files are verified at once', async () => {
  const { page, close } = await open();
  const files = Object.entries(sample('good')).map(([name, bytes]) => [name, bytes.toString('base64')]);
  await page.evaluate((given) => {
    const transfer = new DataTransfer();
    for (const [name, text] of given) {
      transfer.items.add(new File([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))], name));
    }
    document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }, files);
  assert.equal((await said(page)).title, 'Verified');
  await close();
});

test('what a failure is about is shown where it is', async () => {
  const { page, close } = await open();
  await look(page, 'sabotaged');
  assert.equal(await page.locator('.box.named .label').textContent(), 'url');
  assert.match(await page.locator('#package-detail').textContent(), /^crates:url 2\.5\.8/);
  await page.getByRole('heading', { name: 'Packages, as the lock states them: not verified' }).waitFor();
  assert.equal(await page.locator('.facts').first().textContent().then((text) => text.includes('Re-executed')), false);
  await close();
});

test('the keyboard is enough, and focus and announcements go where they should', async () => {
  const { page, close } = await open();
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  const tabTo = async (wanted) => {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      if ((await focused()) === wanted) return;
    }
    assert.fail(`no Tab leads to ${wanted}`);
  };
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Skip to the files');
  await page.keyboard.press('Enter');
  await tabTo('sample-good');
  await page.keyboard.press('Enter');
  await said(page);
  assert.equal(await focused(), 'verdict-title');
  assert.equal(await page.locator('#announce').textContent(), 'Verified: 67 releases.');
  // The picture is one stop; arrows lead on, Enter chooses.
  await tabTo('depth');
  await page.keyboard.press('Tab');
  const spoken = () => page.evaluate(() => document.activeElement.getAttribute('aria-label'));
  assert.match(await spoken(), /^crates:ammonia 4\.2\.4, needs 4, needed by 0/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  assert.match(await page.locator('#package-detail').textContent(), /^crates:cssparser/);
  assert.match(await spoken(), /^crates:cssparser/);
  await tabTo('filter');
  await page.keyboard.type('icu');
  const rows = page.locator('.packages tbody tr');
  assert.equal(await rows.count(), await rows.filter({ hasText: 'icu' }).count());
  assert.ok((await rows.count()) > 3);
  await page.locator('#filter').fill('');
  await page.getByRole('button', { name: 'Needed by', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  assert.equal(await page.getByRole('columnheader', { name: 'Needed by' }).getAttribute('aria-sort'), 'descending');
  const counts = await page.locator('.packages tbody tr td:nth-child(5)').allTextContents();
  assert.deepEqual(counts, [...counts].sort((a, b) => b - a));
  await close();
});

test('the table says what the picture says', async () => {
  const { page, close } = await open();
  await look(page, 'good');
  assert.equal(await page.locator('.packages tbody tr').count(), 67);
  assert.equal(await page.locator('.graph .box').count(), 67);
  assert.equal(await page.locator('.graph .lines path').count(), (await page.locator('.packages tbody tr td:nth-child(4)').allTextContents()).reduce((sum, text) => sum + Number(text), 0));
  await page.locator('#depth').fill('1');
  assert.ok((await page.locator('.graph .box').count()) < 10);
  await page.getByText(/releases shown, \d+ lie deeper/).waitFor();
  await close();
});

for (const scheme of ['light', 'dark']) {
  for (const width of [360, 1280]) {
    test(`${scheme}, ${width} px wide: nothing that axe finds, nothing wider than the page`, async () => {
      const { page, close } = await open({ width, scheme });
      const check = async (name) => {
        await page.waitForTimeout(100);
        await picture(page, `${name}-${scheme}-${width}`);
        assert.deepEqual(await violations(page), [], name);
        const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(inner <= outer, `${name}: ${inner} px in ${outer}`);
      };
      await check('start');
      for (const id of SAMPLES) {
        await look(page, id);
        if (id === 'good') await page.locator('.graph .box').nth(3).click();
        await check(id);
      }
      await close();
    });
  }

  test(`${scheme}: the picture's colours can be told from what is behind them`, async () => {
    const { page, close } = await open({ scheme });
    const colours = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const names = ['paper', 'sheet', 'node', 'ink', 'soft', 'edge', 'focus', 'bad', 'g0', 'g1', 'g2', 'g3', 'g4', 'g5'];
      return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    });
    const luminance = (colour) => {
      const parts = [1, 3, 5].map((place) => parseInt(colour.slice(place, place + 2), 16) / 255);
      const [r, g, b] = parts.map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
      const [low, high] = [luminance(colours[one]), luminance(colours[other])].sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    };
    for (const text of ['ink', 'soft', 'bad']) {
      for (const behind of ['node', 'sheet', 'paper']) assert.ok(contrast(text, behind) >= 4.5, `${text} on ${behind}: ${contrast(text, behind)}`);
    }
    for (const line of ['edge', 'focus', 'g0', 'g1', 'g2', 'g3', 'g4', 'g5']) {
      for (const behind of ['paper', 'node']) assert.ok(contrast(line, behind) >= 3, `${line} on ${behind}: ${contrast(line, behind)}`);
    }
    await close();
  });
}

test('a large lock stays useful: a picture of as much as can be looked at, a table of all', async () => {
  const { page, close } = await open();
  const good = sample('good');
  const count = 600;
  const name = (number) => `crates:p${String(number).padStart(4, '0')}`;
  const entry = (own, version, needs) =>
    ['[[package]]', 'registry = "crates.example/ammonia"', `name = "${own}"`, `version = "${version}"`, `sha256 = "${sha256(own)}"`, 'record = 1']
      .concat(needs.length > 0 ? ['dependencies = [', ...needs.map((to) => `    "${to} 1.0.0",`), ']'] : [])
      .join('\n');
  const needs = (number) => [1, 2, 3].map((step) => 3 * number + step).filter((to) => to < count).map(name);
  const entries = Array.from({ length: count }, (_, number) => entry(name(number), '1.0.0', needs(number)));
  const head = good['headlock.lock'].toString().split('[[package]]')[0];
  const lock = `${head}${[entry('crates:ammonia', '4.2.4', [name(0)]), ...entries].join('\n\n')}\n`;
  const files = { ...good, 'headlock.lock': Buffer.from(lock) };
  await give(page, files);
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  const ended = await said(page);
  assert.equal(ended.exit, 1, ended.text);
  assert.equal(await page.locator('.packages tbody tr').count(), count + 1);
  const boxes = await page.locator('.graph .box').count();
  assert.ok(boxes > 10 && boxes <= 270, `${boxes} boxes`);
  await page.getByText(`releases shown, ${count + 1 - boxes} lie deeper`).waitFor();
  await page.locator('#depth').press('End');
  assert.equal(await page.locator('.graph .box').count(), count + 1);
  await page.locator('#filter').fill('p0599');
  assert.equal(await page.locator('.packages tbody tr').count(), 1);
  await page.locator('.packages tbody button').click();
  assert.match(await page.locator('#package-detail').textContent(), /^crates:p0599/);
  await picture(page, 'large');
  await close();
});

test('text from a lock is text', async () => {
  const { page, close } = await open();
  const good = sample('good');
  const lock = edit(good['headlock.lock'], 'name = "crates:url"', 'name = "<img src=x onerror=alert(1)>\u202e"');
  await give(page, { ...good, 'headlock.lock': lock });
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  assert.equal((await said(page)).exit, 1);
  assert.equal(await page.locator('#result img').count(), 0);
  assert.match(await page.locator('.packages').textContent(), /<img src=x onerror=alert\(1\)>\\u\{202e\}/);
  await close();
});
