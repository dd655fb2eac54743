// Checks answers: that they are complete, that there is nothing else in them, and that each binding which is not to the
// first candidate has a ceiling that holds. So an answer that passes is *the* answer.

import assert from 'node:assert/strict';
import { checkDerivation } from './check-derivation.js';

export function checkAnswer(answer, host, records) {
  const chosen = new Map(answer.releases.map((release) => [release.release, release]));
  const ceilings = new Map(answer.ceilings.map(({ item, derivation }) => [item, derivation]));
  const walk = new Walk(answer, chosen, records);
  const fixed = [];
  for (let number = 0; walk.next(); number++) {
    const { item, to, forced } = walk;
    const bound = boundVariable(item, records);
    if (!forced) {
      const candidates = records.candidates(item.package, item.requirement, item.features);
      assert.ok(candidates.includes(to), 'bound to a candidate');
      const above = candidates.slice(0, candidates.indexOf(to));
      assert.equal(ceilings.has(number), above.length > 0, 'a ceiling where one is due');
      if (above.length > 0) {
        const wishes = new Map();
        for (const release of above) {
          const track = records.trackOf(release);
          wishes.set(track, [...(wishes.get(track) ?? []), release]);
        }
        checkDerivation(ceilings.get(number), records, { fixed, wishes, bound });
        ceilings.delete(number);
      }
    }
    const track = records.trackOf(to);
    fixed.push({ variable: { tag: 'release', val: track }, number: to });
    if (bound !== null) fixed.push({ variable: bound, number: track });
  }
  assert.equal(ceilings.size, 0, 'no ceiling but where one is due');
  checkNothingElse(walk, answer, chosen);
  checkTogether([...chosen.keys()], records);
  checkOrder(answer, host, records);
}

function boundVariable({ dependent, package: target, requirement }, records) {
  if (records.tracksOf(records.accepted(target, requirement)).length < 2) return null;
  const track = dependent === null ? undefined : records.trackOf(dependent);
  return { tag: 'bound', val: { dependent: track, package: target, requirement } };
}

// Goes through the queue of docs/resolution.md with the bindings of an answer.
class Walk {
  #queue;

  constructor(answer, chosen, records) {
    this.chosen = chosen;
    this.records = records;
    this.on = new Map(); // by release: its features that are on
    this.used = new Set(); // dependencies that were bound: `DEPENDENT PACKAGE REQUIREMENT`
    this.roots = answer.roots;
    this.#queue = this.#batch(null, records.rootEdges());
  }

  next() {
    if (this.#queue.length === 0) return false;
    this.item = this.#queue.shift();
    const { dependent, package: target, requirement, features } = this.item;
    const bindings = dependent === null ? this.roots : this.chosen.get(dependent).bindings;
    const binding = bindings.find((one) => one.package === target && one.requirement === requirement);
    assert.ok(binding !== undefined, 'each dependency is bound');
    assert.ok(this.chosen.has(binding.to), 'to a release of the answer');
    const key = `${dependent} ${target} ${requirement}`;
    this.to = binding.to;
    this.forced = this.used.has(key);
    this.used.add(key);
    this.#turnOn(binding.to, features);
    return true;
  }

  #turnOn(release, features) {
    const { records } = this;
    const edges = this.on.has(release) ? [] : records.ownEdges(release);
    if (!this.on.has(release)) this.on.set(release, new Set());
    const on = this.on.get(release);
    for (const waiting = [...features]; waiting.length > 0; ) {
      const feature = waiting.pop();
      if (on.has(feature)) continue;
      assert.ok(records.defines(release, feature), 'a feature that is on is defined');
      on.add(feature);
      waiting.push(...records.release(release).features.get(feature).includes);
      edges.push(...records.addedEdges(release, feature));
    }
    this.#queue.push(...this.#batch(release, edges));
  }

  #batch(dependent, edges) {
    const { tables } = this.records.world;
    const items = new Map();
    for (const { package: target, requirement, features } of edges) {
      const { registry, name } = tables.packages[target];
      const { range, content } = tables.requirements[requirement];
      const digits = content === undefined ? '' : content.map((part) => part.toString(16).padStart(16, '0')).join('');
      const order = [tables.registries[registry], tables.names[name], range, digits];
      const key = `${target} ${requirement}`;
      const others = items.get(key)?.features ?? [];
      const united = [...new Set([...others, ...features])];
      items.set(key, { dependent, package: target, requirement, features: united, order });
    }
    return [...items.values()].sort((a, b) => compareOrders(a.order, b.order));
  }
}

function compareOrders(a, b) {
  for (let i = 0; i < a.length; i++) {
    const order = Buffer.compare(Buffer.from(a[i]), Buffer.from(b[i]));
    if (order !== 0) return order;
  }
  return 0;
}

function checkNothingElse(walk, answer, chosen) {
  assert.deepEqual([...walk.on.keys()].sort(), [...chosen.keys()].sort(), 'each release is reached');
  const count = answer.releases.reduce((sum, { bindings }) => sum + bindings.length, answer.roots.length);
  assert.equal(walk.used.size, count, 'each binding is one of the queue');
  for (const [release, features] of walk.on) {
    const stated = chosen.get(release).features;
    assert.deepEqual([...stated].sort(), [...features].sort(), 'the features that are on');
  }
}

function checkTogether(releases, records) {
  const tracks = releases.map((release) => records.trackOf(release));
  assert.equal(new Set(tracks).size, tracks.length, 'one release on a track');
  const exclusives = releases.flatMap((release) => [...new Set(records.release(release).exclusives)]);
  assert.equal(new Set(exclusives).size, exclusives.length, 'one release for an exclusive resource');
}

function checkOrder(answer, host, records) {
  const { tables } = host.world;
  const packageOrder = (number) => {
    const { registry, name } = tables.packages[number];
    return [tables.registries[registry], tables.names[name]];
  };
  const ascending = (list, order) =>
    list.every((entry, i) => i === 0 || compareOrders(order(list[i - 1]), order(entry)) < 0);
  const releaseOrder = ({ release }) => [
    ...packageOrder(records.release(release).package),
    String(release).padStart(10, '0'),
  ];
  assert.ok(ascending(answer.releases, releaseOrder), 'releases ascend');
  for (const { features } of answer.releases) {
    assert.ok(ascending(features, (feature) => [tables.features[feature]]), 'features ascend');
  }
}
