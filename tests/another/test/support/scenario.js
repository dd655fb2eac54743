// Scenarios as SCENARIOS.md describes them, read into plain objects.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { compareVersions } from './precedence.js';

// All scenarios of a folder, by file name: { file, ...scenario }.
export function readScenarios(folder) {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.toml'))
    .sort()
    .map((file) => ({ file, ...readScenario(readFileSync(join(folder, file), 'utf8')) }));
}

export function readScenario(text) {
  const toml = parse(text);
  return {
    roots: toml.roots.map(readDependency),
    links: (toml.links ?? []).map(readLink),
    overrides: (toml.overrides ?? []).map((line) => line.split(' => ').map(readPackage)),
    prefers: (toml.prefers ?? []).map((line) => {
      const [name, version] = line.split(' ');
      return { package: readPackage(name), version };
    }),
    budget: toml.budget ?? 100_000_000,
    // By package: its releases, ascending. What stands nowhere is absent.
    packages: new Map(
      Object.entries(toml.packages ?? {}).map(([name, releases]) => [readPackage(name), readReleases(releases)]),
    ),
    outcome: toml.outcome.trim(),
    explainedBy: (toml.explained_by ?? []).map(readPackage),
  };
}

// `NAME` or `REGISTRY/NAME` as the latter.
function readPackage(text) {
  return text.includes('/') ? text : `main/${text}`;
}

// `DEPENDENT -> DEPENDENCY` or `DEPENDENT -> DEPENDENCY/NAME`.
function readLink(line) {
  const [dependent, dependency] = line.split(' -> ');
  const [registry] = dependency.split('/');
  return { dependent, dependency: registry, package: dependency.includes('/') ? dependency : null };
}

// `PACKAGE RANGE [#CONTENT] [+FEATURE]... [?]`, where the range may hold spaces.
function readDependency(text) {
  const words = text.split(' ');
  const name = words.shift();
  const optional = words.at(-1) === '?';
  if (optional) words.pop();
  const features = [];
  while (words.at(-1).startsWith('+')) features.unshift(words.pop().slice(1));
  const content = words.at(-1).startsWith('#') ? words.pop().slice(1) : null;
  return { package: readPackage(name), range: words.join(' '), content, features, optional };
}

function readReleases(releases) {
  return Object.entries(releases)
    .map(([version, release]) => readRelease(version, Array.isArray(release) ? { depends: release } : release))
    .sort((a, b) => compareVersions(a.version, b.version));
}

function readRelease(version, { depends = [], features = {}, exclusive = [], content = '', yanked = false }) {
  const dependencies = depends.map(readDependency);
  return {
    version,
    content,
    yanked,
    exclusives: exclusive,
    dependencies,
    features: Object.entries(features).map(([name, entries]) => readFeature(name, entries, depends, dependencies)),
  };
}

// An entry is the name of an included feature, or one of the dependencies that are declared, without the features that
// stand there, with those that it adds.
function readFeature(name, entries, depends, dependencies) {
  const feature = { name, includes: [], additions: [] };
  for (const entry of entries) {
    if (!entry.includes(' ')) {
      feature.includes.push(entry);
      continue;
    }
    const added = readDependency(entry);
    feature.additions.push({ dependency: placeOf(added, dependencies), features: added.features });
  }
  return feature;
}

function placeOf(added, dependencies) {
  const place = dependencies.findIndex(
    (declared) =>
      declared.package === added.package &&
      declared.range === added.range &&
      declared.content === added.content &&
      declared.optional === added.optional,
  );
  if (place < 0) throw new Error(`a feature adds what is not declared: ${added.package} ${added.range}`);
  return place;
}
