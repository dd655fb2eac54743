// Checks derivations by the rules of docs/resolution.md, step by step.

import assert from 'node:assert/strict';
import { everything, fromNumbers, holds, intersection, isWithin, termSet, union } from './intervals.js';

// `extra` is null for an unsolvable problem; for a ceiling it is { fixed: [{ variable, number }], wishes: Map from
// tracks to wished-for releases, bound: the dependency's variable if it spans, else null }.
export function checkDerivation(derivation, records, extra = null) {
  const rules = new ValueRules(records, extra);
  const variables = derivation.variables.map(keyOf);
  assert.equal(new Set(variables).size, variables.length, 'a variable stands twice');
  const steps = readSteps(derivation);
  steps.forEach((step, number) => {
    const { cause } = step;
    if (cause.tag === 'both') checkResolution(step, ...cause.val.map((other) => earlier(steps, other, number)));
    else if (cause.tag === 'nothing') checkNothing(step, derivation.variables, rules);
    else checkRequires(step, derivation.variables, rules);
  });
  checkLast(steps.at(-1), derivation.variables);
}

// A text for each variable, the same for the same.
export function keyOf(variable) {
  return JSON.stringify(variable, (key, value) => (value === undefined ? 'none' : value));
}

// Steps as { cause, terms: Map from numbers of variables to { positive, ranges, set } }.
function readSteps({ steps, terms, ranges }) {
  let nextTerm = 0;
  let nextRange = 0;
  const result = steps.map((step) => {
    const read = new Map();
    let previous = -1;
    for (const term of terms.slice(nextTerm, (nextTerm += step.terms))) {
      assert.ok(term.variable > previous, 'terms ascend by variable');
      previous = term.variable;
      const own = ranges.slice(nextRange, (nextRange += term.ranges));
      own.forEach(([first, last], i) => {
        assert.ok(first <= last, 'a range ascends');
        assert.ok(i === 0 || own[i - 1][1] + 1 < first, 'ranges ascend and do not touch');
      });
      read.set(term.variable, { positive: term.positive, ranges: own, set: termSet(term.positive, own) });
    }
    return { cause: step.cause, terms: read };
  });
  assert.equal(nextTerm, terms.length);
  assert.equal(nextRange, ranges.length);
  return result;
}

function earlier(steps, other, number) {
  assert.ok(other < number, 'a step refers to earlier ones');
  return steps[other];
}

function checkResolution(step, a, b) {
  const setOf = ({ terms }, variable) => terms.get(variable)?.set ?? everything;
  const variables = new Set([...step.terms.keys(), ...a.terms.keys(), ...b.terms.keys()]);
  const pivots = [...variables].filter(
    (variable) => !isWithin(setOf(step, variable), intersection(setOf(a, variable), setOf(b, variable))),
  );
  assert.ok(pivots.length <= 1, 'there is one pivot');
  for (const pivot of pivots) {
    assert.ok(isWithin(setOf(step, pivot), union(setOf(a, pivot), setOf(b, pivot))), 'the pivot is within the union');
  }
}

function checkNothing(step, variables, rules) {
  assert.equal(step.terms.size, 1);
  const [[variable, term]] = step.terms;
  assert.ok(term.positive);
  for (const value of rules.values(variables[variable])) {
    assert.ok(!holds(term.set, value) || !rules.isAvailable(variables[variable], value), 'no value is available');
  }
}

function checkRequires(step, variables, rules) {
  assert.equal(step.terms.size, 2);
  const entries = [...step.terms];
  const [variable, subset] = entries.find(([, { positive }]) => positive);
  const [other, excluded] = entries.find(([, { positive }]) => !positive);
  for (const value of rules.values(variables[variable])) {
    if (!holds(subset.set, value) || !rules.isAvailable(variables[variable], value)) continue;
    const required = rules.requirement(variables[variable], value, variables[other]);
    assert.notEqual(required, null, 'each value requires something');
    assert.ok(isWithin(required, excluded.ranges), 'what each value requires is within the term');
  }
}

function checkLast(step, variables) {
  const terms = [...step.terms].filter(([, { positive, ranges }]) => positive || ranges.length > 0);
  assert.ok(terms.length <= 1, 'the last step is about root at most');
  for (const [variable, { positive, set }] of terms) {
    assert.equal(variables[variable].tag, 'root');
    assert.ok(positive && holds(set, 0));
  }
}

// What values require, and which are available.
class ValueRules {
  constructor(records, extra) {
    this.records = records;
    this.extra = extra;
  }

  // All values that may be available.
  values({ tag, val }) {
    const { records, extra } = this;
    switch (tag) {
      case 'root':
        return [0];
      case 'release':
        return records.onTrack(this.#track(val));
      case 'feature':
        return records.onTrack(this.#track(val.track));
      case 'bound':
        return this.#boundTracks(val);
      case 'bound-feature':
        return this.#boundTracks(val.bound);
      case 'exclusive':
        return records.world.releases.filter(({ exclusives }) => exclusives.includes(val)).map(({ number }) => number);
      default:
        return [...extra.wishes.keys()];
    }
  }

  #track(number) {
    assert.equal(this.records.trackOf(number), number, 'a track is its lowest release');
    return number;
  }

  #boundTracks({ package: target, requirement }) {
    const tracks = this.records.tracksOf(this.records.accepted(target, requirement));
    assert.ok(tracks.length > 1, 'only spanning dependencies have such variables');
    return tracks;
  }

  isAvailable({ tag, val }, value) {
    const { records } = this;
    if (tag === 'root') return this.#haveWays(records.rootEdges(), null);
    if (tag !== 'release' && tag !== 'feature') return true;
    const release = records.release(value);
    if (release.yanked) return false;
    if (tag === 'release') return this.#haveWays(records.ownEdges(value), value);
    const feature = release.features.get(val.feature);
    if (feature === undefined || !feature.includes.every((included) => release.features.has(included))) return false;
    return this.#haveWays(records.addedEdges(value, val.feature), value);
  }

  // Each edge has an accepted release or is open; one that stays on the dependent's track accepts the dependent.
  #haveWays(edges, dependent) {
    const { records } = this;
    return edges.every(({ open, accepted }) => {
      if (open) return true;
      const tracks = records.tracksOf(accepted);
      const isOwn = dependent !== null && tracks.length === 1 && tracks[0] === records.trackOf(dependent);
      return tracks.length > 0 && (!isOwn || accepted.includes(dependent));
    });
  }

  // What a value requires of another variable: a set; null if nothing.
  requirement(variable, value, other) {
    const key = keyOf(other);
    let required = null;
    for (const one of this.#requirements(variable, value)) {
      if (keyOf(one.variable) !== key) continue;
      const set = fromNumbers(one.numbers);
      required = required === null ? set : intersection(required, set);
    }
    return required;
  }

  #requirements({ tag, val }, value) {
    const { records, extra } = this;
    switch (tag) {
      case 'root':
        return [...records.rootEdges().flatMap((edge) => this.#edge(edge)), ...this.#extraRequirements()];
      case 'release':
        return [
          ...records.ownEdges(value).flatMap((edge) => this.#edge(edge)),
          ...records.release(value).exclusives.map((exclusive) => ({
            variable: { tag: 'exclusive', val: exclusive },
            numbers: [value],
          })),
        ];
      case 'feature':
        return [
          { variable: { tag: 'release', val: val.track }, numbers: [value] },
          ...records.release(value).features.get(val.feature).includes.map((feature) => ({
            variable: { tag: 'feature', val: { track: val.track, feature } },
            numbers: [value],
          })),
          ...records.addedEdges(value, val.feature).flatMap((edge) => this.#edge(edge)),
        ];
      case 'bound':
        return [{ variable: { tag: 'release', val: value }, numbers: this.#acceptedOn(val, value) }];
      case 'bound-feature':
        return [
          { variable: { tag: 'bound', val: val.bound }, numbers: [value] },
          {
            variable: { tag: 'feature', val: { track: value, feature: val.feature } },
            numbers: this.#acceptedOn(val.bound, value),
          },
        ];
      case 'wish': {
        const release = { variable: { tag: 'release', val: value }, numbers: extra.wishes.get(value) };
        return extra.bound === null ? [release] : [release, { variable: extra.bound, numbers: [value] }];
      }
      default:
        return [];
    }
  }

  #extraRequirements() {
    if (this.extra === null) return [];
    return [
      ...this.extra.fixed.map(({ variable, number }) => ({ variable, numbers: [number] })),
      { variable: { tag: 'wish' }, numbers: [...this.extra.wishes.keys()] },
    ];
  }

  #acceptedOn({ package: target, requirement }, track) {
    return this.records.accepted(target, requirement).filter((number) => this.records.trackOf(number) === track);
  }

  #edge({ package: target, requirement, features, dependent, open, accepted }) {
    if (open) return [];
    const tracks = this.records.tracksOf(accepted);
    if (tracks.length === 1) {
      const [track] = tracks;
      return [
        { variable: { tag: 'release', val: track }, numbers: accepted },
        ...features.map((feature) => ({
          variable: { tag: 'feature', val: { track, feature } },
          numbers: accepted,
        })),
      ];
    }
    const bound = { dependent, package: target, requirement };
    return [
      { variable: { tag: 'bound', val: bound }, numbers: tracks },
      ...features.map((feature) => ({ variable: { tag: 'bound-feature', val: { bound, feature } }, numbers: tracks })),
    ];
  }
}
