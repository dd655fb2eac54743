// What a derivation speaks of. Each variable has at most one value; its values are numbered from 0 as in sets.js, and
// `numberOf` says which number of the contract a value is.
//
//   variable        values
//   root            0 alone
//   release         the places of releases on the track
//   feature         the same: the release that has the feature on
//   bound           the places of tracks among those with accepted releases of the target
//   bound-feature   the same: the track, the feature being asked for
//   exclusive       the releases that name the resource, in the order in which they were met
//   wish            the places of tracks among those of the wished-for releases
//
// A feature has a value only where the release has the same one; so with bound-feature and bound. The latter is called
// the *parent* of the former, which follows it: see propagation.js.

import { EVERYTHING, bit, firstValues } from './sets.js';

class Variable {
  constructor(kind, parent, size) {
    this.kind = kind;
    this.parent = parent;
    this.children = [];
    this.universe = firstValues(size); // all its values
    this.beyond = ~this.universe; // all else: "no value", and numbers that are none of its values
    this.initial = EVERYTHING; // the domain to begin with: what follows from its own values alone
    this.domain = EVERYTHING; // what it may be now, see trail.js
    this.last = null; // the last entry of the trail about it
    this.pending = false; // whether it waits to be propagated
    this.watchers = []; // the learned clauses that watch it
    this.forward = null; // reasons of what follows from it, see reasons.js
    this.backward = null;
    this.needs = []; // by value, see rules.js
    if (parent !== null) parent.children.push(this);
  }
}

class ReleaseVariable extends Variable {
  constructor(track) {
    super('release', null, track.releases.length);
    this.track = track;
  }
  numberOf(value) {
    return this.track.number + value;
  }
  toContract() {
    return { tag: 'release', val: this.track.number };
  }
}

class FeatureVariable extends Variable {
  constructor(parent, feature) {
    super('feature', parent, parent.track.releases.length);
    this.track = parent.track;
    this.feature = feature;
    this.initial = ~(this.track.usable & ~this.track.definers(feature));
    this.domain = this.initial;
  }
  numberOf(value) {
    return this.track.number + value;
  }
  toContract() {
    return { tag: 'feature', val: { track: this.track.number, feature: this.feature } };
  }
}

class BoundVariable extends Variable {
  constructor(dependent, target) {
    super('bound', null, target.tracks.length);
    this.dependent = dependent; // the track of the release that depends; null for the consumer
    this.target = target;
  }
  numberOf(value) {
    return this.target.tracks[value].track.number;
  }
  toContract() {
    return { tag: 'bound', val: this.describe() };
  }
  describe() {
    return {
      dependent: this.dependent?.number,
      package: this.target.package.number,
      requirement: this.target.requirement.number,
    };
  }
}

class BoundFeatureVariable extends Variable {
  constructor(parent, feature) {
    super('bound-feature', parent, parent.target.tracks.length);
    this.feature = feature;
  }
  numberOf(value) {
    return this.parent.numberOf(value);
  }
  toContract() {
    return { tag: 'bound-feature', val: { bound: this.parent.describe(), feature: this.feature } };
  }
}

class ExclusiveVariable extends Variable {
  constructor(exclusive) {
    super('exclusive', null, 0);
    this.exclusive = exclusive;
    this.holders = []; // releases
  }
  // The set that holds this release alone.
  setOf(release) {
    let place = this.holders.indexOf(release);
    if (place < 0) {
      place = this.holders.length;
      this.holders.push(release);
      this.universe |= bit(place);
      this.beyond = ~this.universe;
    }
    return bit(place);
  }
  numberOf(value) {
    return this.holders[value].number;
  }
  toContract() {
    return { tag: 'exclusive', val: this.exclusive };
  }
}

class RootVariable extends Variable {
  constructor() {
    super('root', null, 1);
  }
  numberOf() {
    return 0;
  }
  toContract() {
    return { tag: 'root' };
  }
}

// `wishes` lists a track and the set of wished-for releases on it, for each track of them: { track, releases }. `bound`
// is the variable of the dependency if it spans, else null.
export class WishVariable extends Variable {
  constructor(wishes, bound) {
    super('wish', null, wishes.length);
    this.wishes = wishes;
    this.bound = bound;
  }
  numberOf(value) {
    return this.wishes[value].track.number;
  }
  toContract() {
    return { tag: 'wish' };
  }
}

// All variables but wishes, each made when it is first spoken of.
export class Variables {
  #releases = new Map(); // by track
  #features = new Map(); // by release variable, then feature
  #bounds = new Map(); // by track of the dependent, or null; then target
  #boundFeatures = new Map(); // by bound variable, then feature
  #exclusives = new Map(); // by exclusive resource

  constructor() {
    this.all = [];
    this.root = this.#add(new RootVariable());
  }

  release(track) {
    return getOrMake(this.#releases, track, () => this.#add(new ReleaseVariable(track)));
  }

  feature(track, feature) {
    const parent = this.release(track);
    const features = getOrMake(this.#features, parent, () => new Map());
    return getOrMake(features, feature, () => this.#add(new FeatureVariable(parent, feature)));
  }

  bound(dependent, target) {
    const bounds = getOrMake(this.#bounds, dependent, () => new Map());
    return getOrMake(bounds, target, () => this.#add(new BoundVariable(dependent, target)));
  }

  boundFeature(bound, feature) {
    const features = getOrMake(this.#boundFeatures, bound, () => new Map());
    return getOrMake(features, feature, () => this.#add(new BoundFeatureVariable(bound, feature)));
  }

  exclusive(exclusive) {
    return getOrMake(this.#exclusives, exclusive, () => this.#add(new ExclusiveVariable(exclusive)));
  }

  #add(variable) {
    this.all.push(variable);
    return variable;
  }
}

function getOrMake(map, key, make) {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
