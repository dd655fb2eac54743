// Releases as they were supplied, and the tracks that they stand on.

import { bit } from './sets.js';

// The columns of one call, which its releases look their lists up in. The contract gives the lengths of lists that
// stand end to end; `...At` says where each begins, one entry more than there are lists.
export class Columns {
  constructor(packages) {
    this.exclusives = numbers(packages.exclusives);
    this.packages = numbers(packages.dependencies.packages);
    this.requirements = numbers(packages.dependencies.requirements);
    this.optional = numbers(packages.dependencies.optional);
    this.dependencyFeatures = numbers(packages.dependencyFeatures);
    this.dependencyFeaturesAt = starts(packages.dependencies.features);
    this.featureNames = numbers(packages.features.names);
    this.included = numbers(packages.included);
    this.includedAt = starts(packages.features.includes);
    this.additionsAt = starts(packages.features.additions);
    this.added = numbers(packages.additions.dependencies);
    this.additionFeatures = numbers(packages.additionFeatures);
    this.additionFeaturesAt = starts(packages.additions.features);
  }

  // Whether the dependency at this place in the columns is optional: a binary search in the ascending list.
  isOptional(place) {
    let low = 0;
    let high = this.optional.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.optional[middle] < place) low = middle + 1;
      else high = middle;
    }
    return this.optional[low] === place;
  }
}

function numbers(list) {
  return list instanceof Uint32Array ? list : Uint32Array.from(list);
}

function starts(lengths) {
  const result = new Uint32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) result[i + 1] = result[i] + lengths[i];
  return result;
}

// There are many releases, most of which nothing is ever asked of. So their lists stay in the columns.
export class Release {
  // `record` is the contract's; `at` says where its exclusives, dependencies and features begin in `columns`.
  constructor(number, owner, record, version, columns, at) {
    this.number = number;
    this.package = owner;
    this.versionNumber = record.version;
    this.version = version;
    this.digest = record.content;
    this.usable = !record.yanked;
    this.columns = columns;
    this.exclusivesAt = at.exclusives;
    this.exclusiveCount = record.exclusives;
    this.dependenciesAt = at.dependencies;
    this.dependencyCount = record.dependencies;
    this.featuresAt = at.features;
    this.featureCount = record.features;
    this.track = null;
    this.index = -1; // its place on the track
    this.bit = 0n; // the set that holds it alone, among the releases of its track
    this.ownEdges = null; // kept by Problem, as they are asked for again and again
    this.addedEdges = null; // by feature
  }

  get preferred() {
    return this.package.preferred.has(this.versionNumber);
  }

  // Numbers of the exclusive resources that it names.
  exclusives() {
    return this.columns.exclusives.subarray(this.exclusivesAt, this.exclusivesAt + this.exclusiveCount);
  }

  // Dependency `i` of its own list, as declared: numbers of a package, a requirement and features.
  dependency(i) {
    const { columns } = this;
    const place = this.dependenciesAt + i;
    return {
      package: columns.packages[place],
      requirement: columns.requirements[place],
      features: slice(columns.dependencyFeatures, columns.dependencyFeaturesAt, place),
      optional: columns.isOptional(place),
    };
  }

  definesFeature(feature) {
    return (this.track.definers(feature) & this.bit) !== 0n;
  }

  // Numbers of the features that a feature which it defines includes.
  includes(feature) {
    const { columns } = this;
    return slice(columns.included, columns.includedAt, this.#featurePlace(feature));
  }

  // What a feature that it defines adds: places in its own list of dependencies, and the further features.
  additions(feature) {
    const { columns } = this;
    const place = this.#featurePlace(feature);
    const result = [];
    for (let i = columns.additionsAt[place]; i < columns.additionsAt[place + 1]; i++) {
      result.push({
        dependency: columns.added[i],
        features: slice(columns.additionFeatures, columns.additionFeaturesAt, i),
      });
    }
    return result;
  }

  // The place in the columns of a feature that it defines.
  #featurePlace(feature) {
    return this.columns.featureNames.indexOf(feature, this.featuresAt);
  }
}

function slice(column, columnStarts, place) {
  return column.subarray(columnStarts[place], columnStarts[place + 1]);
}

// A track: a stretch of a package's releases.
export class Track {
  #definers = null; // by feature: the set of the releases that define it

  constructor(owner, start) {
    this.package = owner;
    this.start = start; // the place of its first release among the package's
    this.releases = [];
    this.usable = 0n; // the set of those that are not yanked
    this.preReleases = 0n; // the set of those that are pre-releases
  }

  // The track's name in the contract: the number of its lowest release.
  get number() {
    return this.releases[0].number;
  }

  add(release) {
    release.track = this;
    release.index = this.releases.length;
    release.bit = bit(release.index);
    this.releases.push(release);
    if (release.usable) this.usable |= release.bit;
    if (release.version.pre !== '') this.preReleases |= release.bit;
  }

  // The set of the releases that define a feature.
  definers(feature) {
    this.#definers ??= this.#readDefiners();
    return this.#definers.get(feature) ?? 0n;
  }

  #readDefiners() {
    const definers = new Map();
    for (const { columns, featuresAt, featureCount, bit: own } of this.releases) {
      for (let place = featuresAt; place < featuresAt + featureCount; place++) {
        const feature = columns.featureNames[place];
        definers.set(feature, (definers.get(feature) ?? 0n) | own);
      }
    }
    return definers;
  }
}
