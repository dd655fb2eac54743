// What a value of a variable requires, and which values are available: the tables of docs/resolution.md.

import { bit, firstValues, values } from './sets.js';

// What a value requires: of each variable in `sets` that it has a value in the set. `available` is false for a value
// that cannot be had. `open` says that a package was missing; once it is there, the value may require more, and be no
// longer available, but never less.
class Needs {
  constructor() {
    this.available = true;
    this.open = false;
    this.sets = new Map();
  }

  require(variable, set) {
    const other = this.sets.get(variable);
    this.sets.set(variable, other === undefined ? set : other & set);
  }

  withdraw() {
    this.available = false;
    this.sets.clear();
    return this;
  }
}

export class Rules {
  constructor(problem, variables) {
    this.problem = problem;
    this.variables = variables;
  }

  // What the value of the variable requires. Kept, as long as no missing package can add to it.
  needs(variable, value) {
    return (variable.needs[value] ??= this.#work(variable, value));
  }

  // After packages were supplied: what depended on missing ones is to be worked out again.
  forgetOpen() {
    for (const variable of this.variables.all) {
      variable.needs.forEach((needs, value) => {
        if (needs?.open && needs.available) variable.needs[value] = undefined;
      });
    }
  }

  // The set that the value of `variable` requires of `other`; undefined if it requires nothing of it.
  need(variable, value, other) {
    // This is all that a value requires of its parent, and need not be worked out.
    if (other === variable.parent) return bit(value);
    return this.needs(variable, value).sets.get(other);
  }

  // The set of the variable's values that are not available.
  unavailable(variable) {
    let result = variable.universe & ~variable.initial;
    for (const value of values(variable.universe & variable.initial)) {
      if (!this.needs(variable, value).available) result |= bit(value);
    }
    return result;
  }

  #work(variable, value) {
    switch (variable.kind) {
      case 'root':
        return this.#edges(new Needs(), variable, null, this.problem.roots);
      case 'release':
        return this.#release(variable, variable.track.releases[value]);
      case 'feature':
        return this.#feature(variable, variable.track.releases[value]);
      case 'bound': {
        const needs = new Needs();
        const { track, accepted } = variable.target.tracks[value];
        needs.require(this.variables.release(track), accepted);
        return needs;
      }
      case 'bound-feature': {
        const needs = new Needs();
        const { track, accepted } = variable.parent.target.tracks[value];
        needs.require(variable.parent, bit(value));
        needs.require(this.variables.feature(track, variable.feature), accepted);
        return needs;
      }
      case 'wish': {
        const needs = new Needs();
        const { track, releases } = variable.wishes[value];
        needs.require(this.variables.release(track), releases);
        if (variable.bound !== null) needs.require(variable.bound, bit(variable.bound.target.placeOf(track)));
        return needs;
      }
      default:
        return new Needs(); // exclusive: nothing
    }
  }

  #release(variable, release) {
    const needs = new Needs();
    if (!release.usable) return needs.withdraw();
    this.#edges(needs, variable, release, this.problem.ownEdges(release));
    if (!needs.available) return needs;
    const keys = this.problem.tables.exclusives;
    for (const exclusive of [...release.exclusives()].sort((a, b) => (keys[a] < keys[b] ? -1 : 1))) {
      const other = this.variables.exclusive(exclusive);
      needs.require(other, other.setOf(release));
    }
    return needs;
  }

  #feature(variable, release) {
    const needs = new Needs();
    const { feature } = variable;
    if (!release.usable || !release.definesFeature(feature)) return needs.withdraw();
    needs.require(variable.parent, release.bit);
    for (const included of this.problem.sortedFeatures(release.includes(feature))) {
      if (!release.definesFeature(included)) return needs.withdraw();
      if (included !== feature) needs.require(this.variables.feature(variable.track, included), release.bit);
    }
    return this.#edges(needs, variable, release, this.problem.addedEdges(release, feature));
  }

  // `variable` is the one whose value requires the edges, `release` the dependent, or null for the consumer.
  #edges(needs, variable, release, edges) {
    for (const edge of edges) {
      if (edge.legal && edge.target.open) {
        needs.open = true;
      } else if (!edge.legal || edge.target.tracks.length === 0) {
        return needs.withdraw();
      } else if (edge.target.spans) {
        this.#spanningEdge(needs, release, edge);
      } else if (!this.#plainEdge(needs, variable, release, edge)) {
        return needs.withdraw();
      }
    }
    return needs;
  }

  #spanningEdge(needs, release, { target, features }) {
    const bound = this.variables.bound(release === null ? null : release.track, target);
    const tracks = firstValues(target.tracks.length);
    needs.require(bound, tracks);
    for (const feature of features) needs.require(this.variables.boundFeature(bound, feature), tracks);
  }

  // An edge whose accepted releases are on one track. False if that is the dependent's own, and it is not among them.
  #plainEdge(needs, variable, release, { target, features }) {
    const { track, accepted } = target.tracks[0];
    const isOwn = release !== null && release.track === track;
    if (isOwn && (accepted & release.bit) === 0n) return false;
    const other = this.variables.release(track);
    if (other !== variable) needs.require(other, accepted);
    for (const feature of features) {
      const asked = this.variables.feature(track, feature);
      // What a value requires of its own variable it has: `release` is accepted.
      if (asked !== variable) needs.require(asked, accepted);
    }
    return true;
  }
}
