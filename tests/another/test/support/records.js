// What the records say, for the checks: a second reading of docs/resolution.md, on what a test's host told (host.js).

import { parseRange, rangeMatches } from '../../src/range.js';
import { parseVersion, sameTrack } from '../../src/semver.js';

export class Records {
  #accepted = new Map(); // by package and requirement
  #trackOf = new Map(); // by release number: the number of the track's lowest release
  #version = new Map(); // by release number

  constructor(world) {
    this.world = world;
    for (const releases of world.supplied.values()) {
      let track = null;
      for (const release of releases) {
        const version = parseVersion(world.tables.versions[release.version]);
        this.#version.set(release.number, version);
        if (track === null || !sameTrack(this.#version.get(track), version)) track = release.number;
        this.#trackOf.set(release.number, track);
      }
    }
  }

  release(number) {
    return this.world.releases[number];
  }

  trackOf(number) {
    return this.#trackOf.get(number);
  }

  // The numbers of all releases on a track.
  onTrack(track) {
    const first = this.release(track);
    return this.world.supplied
      .get(first.package)
      .map(({ number }) => number)
      .filter((number) => this.trackOf(number) === track);
  }

  // The numbers of the usable releases of the package that the requirement accepts.
  accepted(target, requirement) {
    const key = `${target} ${requirement}`;
    if (!this.#accepted.has(key)) this.#accepted.set(key, this.#work(target, requirement));
    return this.#accepted.get(key);
  }

  #work(target, requirement) {
    const { range, content } = this.world.tables.requirements[requirement];
    const parsed = parseRange(range);
    return (this.world.supplied.get(target) ?? [])
      .filter((release) => !release.yanked)
      .filter((release) => rangeMatches(parsed, this.#version.get(release.number)))
      .filter((release) => content === undefined || content.every((part, i) => part === release.content[i]))
      .map(({ number }) => number);
  }

  tracksOf(numbers) {
    return [...new Set(numbers.map((number) => this.trackOf(number)))];
  }

  defines(number, feature) {
    return this.release(number).features.has(feature);
  }

  // The edge of a declaration: { package, requirement, features, dependent (a track, or undefined for the consumer),
  // legal, open, accepted }.
  edge(dependent, { package: declared, requirement, features }) {
    const { overrides, supplied } = this.world;
    const legal = dependent === null || this.#isLegal(dependent, declared);
    const target = overrides.find((override) => override.package === declared)?.replacement ?? declared;
    return {
      package: target,
      requirement,
      features,
      dependent: dependent === null ? undefined : this.trackOf(dependent),
      legal,
      open: legal && !supplied.has(target),
      accepted: legal ? this.accepted(target, requirement) : [],
    };
  }

  #isLegal(dependent, declared) {
    const { tables, links } = this.world;
    const from = tables.packages[this.release(dependent).package].registry;
    const to = tables.packages[declared].registry;
    if (from === to) return true;
    return links.some(
      (link) =>
        link.dependent === from &&
        link.dependency === to &&
        (link.packages === undefined || link.packages.includes(declared)),
    );
  }

  rootEdges() {
    return this.world.roots.map((root) => this.edge(null, root));
  }

  ownEdges(number) {
    return this.release(number)
      .dependencies.filter(({ optional }) => !optional)
      .map((declared) => this.edge(number, declared));
  }

  addedEdges(number, feature) {
    const { dependencies, features } = this.release(number);
    return features.get(feature).additions.map((addition) => {
      const declared = dependencies[addition.dependency];
      return this.edge(number, { ...declared, features: [...declared.features, ...addition.features] });
    });
  }

  // Accepted releases of a package and a requirement that define the features, the first by rank first.
  candidates(target, requirement, features) {
    const { preferences } = this.world;
    const isPreferred = (number) =>
      preferences.some((one) => one.package === target && one.version === this.release(number).version);
    const descending = this.accepted(target, requirement)
      .filter((number) => features.every((feature) => this.defines(number, feature)))
      .sort((a, b) => b - a);
    return [...descending.filter(isPreferred), ...descending.filter((number) => !isPreferred(number))];
  }
}
