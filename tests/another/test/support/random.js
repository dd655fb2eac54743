// Random scenarios, the same for the same seed.

import { compareVersions } from './precedence.js';

// Numbers from 0 up to, and without, 1 (the generator "mulberry32").
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function shuffled(list, random) {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

const VERSIONS = [
  ...['0.0.1', '0.1.0', '0.1.1', '0.2.0', '1.0.0', '1.1.0'],
  ...['1.2.0-rc.1', '1.2.0', '2.0.0-a', '2.0.0', '2.1.0'],
];
// Some stand twice, to be likelier.
const RANGES = [
  ...['*', '*', '^1', '^1', '^2', '>=0', '>=1', '^1.1'],
  ...['=1.0.0', '<1.1.0', '^0.1', '<=0.1.0', '=1.2.0-rc.1', '>=2.0.0-a', '~1', '<2'],
];
const FEATURES = ['f', 'g', 'h'];
const EXCLUSIVES = ['gl', 'tls'];
const CONTENTS = ['a1', 'b2'];

export function randomScenario(seed) {
  return new Generator(randomNumbers(seed)).scenario();
}

class Generator {
  constructor(random) {
    this.random = random;
    this.names = ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, 3 + this.#upTo(4)).map((name) => `main/n:${name}`);
    if (this.#chance(0.4)) this.names.push('other/n:a', 'other/n:z');
  }

  scenario() {
    const packages = new Map();
    for (const name of this.names) {
      if (this.#chance(0.97)) packages.set(name, this.#releases());
    }
    return {
      roots: this.#some(1 + this.#upTo(3), () => ({ ...this.#dependency(), optional: false })),
      links: this.#chance(0.7) ? [{ dependent: 'main', dependency: 'other', package: this.#linked() }] : [],
      overrides: this.#chance(0.2) ? [this.names.slice(0, 2)] : [],
      prefers: this.#preferences(),
      budget: 10_000_000,
      packages,
    };
  }

  #upTo(limit) {
    return Math.floor(this.random() * limit);
  }

  #chance(probability) {
    return this.random() < probability;
  }

  #pick(list) {
    return list[this.#upTo(list.length)];
  }

  #some(count, make) {
    return Array.from({ length: count }, make);
  }

  #subset(list, probability) {
    return list.filter(() => this.#chance(probability));
  }

  #linked() {
    return this.#chance(0.5) ? null : 'other/n:a';
  }

  #preferences() {
    const all = this.#some(this.#upTo(4), () => ({ package: this.#pick(this.names), version: this.#pick(VERSIONS) }));
    return [...new Map(all.map((one) => [`${one.package} ${one.version}`, one])).values()];
  }

  #releases() {
    return shuffled(VERSIONS, this.random)
      .slice(0, 3 + this.#upTo(6))
      .sort(compareVersions)
      .map((version) => this.#release(version));
  }

  #release(version) {
    const dependencies = this.#some(this.#upTo(3), () => this.#dependency());
    const features = this.#subset(FEATURES, 0.85).map((name) => ({
      name,
      includes: this.#subset(FEATURES, 0.15).filter((other) => other !== name),
      additions: this.#subset(dependencies.map((_, place) => place), 0.4).map((dependency) => ({
        dependency,
        features: this.#subset(FEATURES, 0.2),
      })),
    }));
    return {
      version,
      content: this.#pick(CONTENTS),
      yanked: this.#chance(0.08),
      exclusives: this.#subset(EXCLUSIVES, 0.06),
      dependencies,
      features,
    };
  }

  #dependency() {
    return {
      package: this.#pick(this.names),
      range: this.#pick(RANGES),
      content: this.#chance(0.05) ? this.#pick(CONTENTS) : null,
      features: this.#subset(FEATURES, 0.12),
      optional: this.#chance(0.35),
    };
  }
}
