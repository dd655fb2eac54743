// Text and identities, by number. Tables only grow: each call numbers its entries on from those of earlier calls.

import { parseRange } from './range.js';
import { parseVersion } from './semver.js';
import { KEY_SEPARATOR, byteKey } from './text.js';

export class Tables {
  #parsedVersions;

  constructor() {
    this.registries = []; // keys of origins
    this.names = []; // keys of names
    this.packages = []; // Package
    this.versions = []; // texts
    this.#parsedVersions = [];
    this.requirements = []; // Requirement
    this.features = []; // keys of names
    this.exclusives = []; // keys of names
  }

  // Adds the entries of the contract's `tables`. Entries may refer to others of the same call.
  add(tables) {
    for (const origin of tables.registries) this.registries.push(byteKey(origin));
    for (const name of tables.names) this.names.push(byteKey(name));
    for (const { registry, name } of tables.packages) {
      const key = this.registries[registry] + KEY_SEPARATOR + this.names[name];
      this.packages.push(new Package(this.packages.length, registry, key));
    }
    for (const version of tables.versions) this.versions.push(version);
    for (const { range, content } of tables.requirements) {
      this.requirements.push(new Requirement(this.requirements.length, range, content));
    }
    for (const name of tables.features) this.features.push(byteKey(name));
    for (const name of tables.exclusives) this.exclusives.push(byteKey(name));
  }

  // Many packages have the same versions, so each is parsed once.
  version(number) {
    return (this.#parsedVersions[number] ??= parseVersion(this.versions[number]));
  }
}

// A package, its releases once it is supplied, and what the consumer has said of it.
export class Package {
  constructor(number, registry, key) {
    this.number = number;
    this.registry = registry;
    this.key = key; // orders packages by registry and name
    this.supplied = false;
    this.releases = []; // Release, ascending; none if the package is absent
    this.tracks = []; // Track, ascending
    this.replacement = null; // the Package that an override puts in its place
    this.preferred = new Set(); // numbers of versions
  }
}

export class Requirement {
  constructor(number, range, content) {
    this.number = number;
    this.range = parseRange(range);
    this.content = content === undefined ? null : contentKey(content);
    // Orders requirements by range and content, none before any.
    this.key = byteKey(range) + KEY_SEPARATOR + (this.content ?? '');
  }
}

// A digest, four numbers of 64 bits, as 64 hexadecimal digits.
export function contentKey(digest) {
  return digest.map((number) => number.toString(16).padStart(16, '0')).join('');
}
