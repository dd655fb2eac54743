// A problem: what the consumer asks for, and all that was supplied so far.

import { Tables, contentKey } from './tables.js';
import { Columns, Release, Track } from './releases.js';
import { KEY_SEPARATOR, compareKeys } from './text.js';
import { rangeMatches, stretchOf } from './range.js';
import { NOTHING, firstValues, values } from './sets.js';
import { sameTrack } from './semver.js';

export class Problem {
  #targets = new Map(); // by package and requirement
  #links = new Map(); // by dependent registry, then dependency registry: a set of package numbers, or null for all

  constructor(problem) {
    this.tables = new Tables();
    this.tables.add(problem.tables);
    this.releases = []; // by release number
    this.budget = problem.budget;
    const { packages } = this.tables;
    for (const { package: replaced, replacement } of problem.overrides) {
      packages[replaced].replacement = packages[replacement];
    }
    for (const { package: preferred, version } of problem.preferences) packages[preferred].preferred.add(version);
    for (const { dependent, dependency, packages: only } of problem.links) {
      if (!this.#links.has(dependent)) this.#links.set(dependent, new Map());
      this.#links.get(dependent).set(dependency, only === undefined ? null : new Set(only));
    }
    // The consumer may depend on any package.
    this.roots = this.#edges(problem.roots.map((root) => this.#edge(null, root, root.features)));
  }

  // Adds the contract's `packages`.
  supply(packages) {
    this.tables.add(packages.tables);
    const columns = new Columns(packages);
    const at = { release: 0, exclusives: 0, dependencies: 0, features: 0 };
    for (const { package: number, releases } of packages.supplied) {
      const supplied = this.tables.packages[number];
      supplied.supplied = true;
      for (let i = 0; i < (releases ?? 0); i++) {
        const record = packages.releases[at.release];
        const version = this.tables.version(record.version);
        const release = new Release(this.releases.length, supplied, record, version, columns, at);
        this.releases.push(release);
        supplied.releases.push(release);
        at.release += 1;
        at.exclusives += record.exclusives;
        at.dependencies += record.dependencies;
        at.features += record.features;
      }
      this.#divideIntoTracks(supplied);
    }
  }

  #divideIntoTracks(supplied) {
    let track = null;
    supplied.releases.forEach((release, place) => {
      if (track === null || !sameTrack(track.releases[0].version, release.version)) {
        track = new Track(supplied, place);
        supplied.tracks.push(track);
      }
      track.add(release);
    });
  }

  // The edges of the dependencies of a release that are not optional.
  ownEdges(release) {
    return (release.ownEdges ??= this.#readOwnEdges(release));
  }

  #readOwnEdges(release) {
    const edges = [];
    for (let i = 0; i < release.dependencyCount; i++) {
      const declared = release.dependency(i);
      if (!declared.optional) edges.push(this.#edge(release, declared, declared.features));
    }
    return this.#edges(edges);
  }

  // The edges of the dependencies that a feature which the release defines adds.
  addedEdges(release, feature) {
    release.addedEdges ??= new Map();
    let edges = release.addedEdges.get(feature);
    if (edges === undefined) {
      edges = this.#readAddedEdges(release, feature);
      release.addedEdges.set(feature, edges);
    }
    return edges;
  }

  #readAddedEdges(release, feature) {
    const edges = release.additions(feature).map((addition) => {
      const declared = release.dependency(addition.dependency);
      return this.#edge(release, declared, [...declared.features, ...addition.features]);
    });
    return this.#edges(edges);
  }

  // The edges of several lists, each of which is from `ownEdges` or `addedEdges`, as one.
  mergeEdges(lists) {
    const full = lists.filter((list) => list.length > 0);
    return full.length === 1 ? full[0] : this.#edges(full.flat());
  }

  // Edges that lead to one target are one, their features united. It is legal if all of them are.
  #edges(edges) {
    const merged = new Map();
    for (const edge of edges) {
      const other = merged.get(edge.target);
      merged.set(edge.target, other === undefined ? edge : new Edge(
        edge.target,
        edge.legal && other.legal,
        this.sortedFeatures([...other.features, ...edge.features]),
      ));
    }
    const result = [...merged.values()].sort((a, b) => compareKeys(a.target.key, b.target.key));
    return result;
  }

  // Each feature once, ascending by name.
  sortedFeatures(features) {
    if (features.length === 0) return NO_FEATURES;
    const keys = this.tables.features;
    return [...new Set(features)].sort((a, b) => compareKeys(keys[a], keys[b]));
  }

  // The edge of one declaration by `dependent`, a release, or null for the consumer.
  #edge(dependent, declared, features) {
    const declaredPackage = this.tables.packages[declared.package];
    const legal = dependent === null || this.#isLegal(dependent.package.registry, declaredPackage);
    const requirement = this.tables.requirements[declared.requirement];
    const target = this.#target(declaredPackage.replacement ?? declaredPackage, requirement);
    return new Edge(target, legal, this.sortedFeatures(features));
  }

  // What is legal is judged by what was declared, whatever stands in its place.
  #isLegal(registry, declaredPackage) {
    if (registry === declaredPackage.registry) return true;
    const only = this.#links.get(registry)?.get(declaredPackage.registry);
    return only !== undefined && (only === null || only.has(declaredPackage.number));
  }

  #target(wanted, requirement) {
    const key = wanted.number * 2 ** 26 + requirement.number;
    let target = this.#targets.get(key);
    if (target === undefined) {
      target = new Target(wanted, requirement);
      this.#targets.set(key, target);
    }
    return target;
  }
}

const NO_FEATURES = [];

// What one dependent needs of one target. An edge that is not legal has no accepted release.
export class Edge {
  constructor(target, legal, features) {
    this.target = target;
    this.legal = legal;
    this.features = features; // numbers, ascending by name
  }
}

// A package and a requirement of it, shared by all who declare them, with what the requirement accepts.
export class Target {
  #tracks = null;
  #ranked = null;

  constructor(wanted, requirement) {
    this.package = wanted;
    this.requirement = requirement;
    // Orders targets by registry, name, range and content.
    this.key = wanted.key + KEY_SEPARATOR + requirement.key;
  }

  // Not supplied yet: then nothing is known of what it accepts.
  get open() {
    return !this.package.supplied;
  }

  // The tracks with accepted releases, ascending, each with the set of these: { track, accepted }.
  get tracks() {
    if (this.#tracks === null) this.#accept();
    return this.#tracks;
  }

  get spans() {
    return this.tracks.length > 1;
  }

  // The accepted releases, the first by rank first.
  get ranked() {
    if (this.#ranked === null) {
      const ascending = this.tracks.flatMap(({ track, accepted }) =>
        track.releases.filter((release) => (release.bit & accepted) !== 0n));
      const descending = ascending.reverse();
      this.#ranked = [
        ...descending.filter((release) => release.preferred),
        ...descending.filter((release) => !release.preferred),
      ];
    }
    return this.#ranked;
  }

  // The accepted releases on a track.
  acceptedOn(track) {
    return this.tracks.find((entry) => entry.track === track).accepted;
  }

  // The place of a track among those with accepted releases.
  placeOf(track) {
    return this.tracks.findIndex((entry) => entry.track === track);
  }

  #accept() {
    this.#tracks = [];
    const { start, end } = stretchOf(this.requirement.range, this.package.releases);
    for (const track of this.package.tracks) {
      const first = Math.max(0, start - track.start);
      const beyond = Math.min(track.releases.length, end - track.start);
      const stretch = first < beyond ? firstValues(beyond) & ~firstValues(first) & ~track.preReleases : NOTHING;
      const accepted = this.#withContent(track, track.usable & (stretch | this.#acceptedPreReleases(track)));
      if (accepted !== NOTHING) this.#tracks.push({ track, accepted });
    }
  }

  #acceptedPreReleases(track) {
    const { range } = this.requirement;
    let accepted = NOTHING;
    if (track.preReleases === NOTHING || !range.some(({ pre }) => pre !== '')) return accepted;
    for (const place of values(track.preReleases)) {
      const release = track.releases[place];
      if (rangeMatches(range, release.version)) accepted |= release.bit;
    }
    return accepted;
  }

  // Those of a set of releases that have the stated content, where one is stated.
  #withContent(track, set) {
    const { content } = this.requirement;
    if (content === null) return set;
    let accepted = NOTHING;
    for (const place of values(set)) {
      const release = track.releases[place];
      if (contentKey(release.digest) === content) accepted |= release.bit;
    }
    return accepted;
  }
}
