// Plays the host: tells a solver of a scenario, round by round, and keeps what it told for the checks.
//
// `world` is what was told, by the contract's numbers:
//   tables       registries, names, packages { registry, name }, versions, requirements { range, content }, ...
//   roots        { package, requirement, features }
//   links        { dependent, dependency, packages }, overrides, preferences: as in the contract
//   supplied     by package number: its releases, none if it is absent
//   releases     by release number: { number, package, version, content, yanked, exclusives, dependencies
//                { package, requirement, features, optional }, features: Map by number of { includes, additions
//                { dependency, features } } }

const CONTENT_DIGITS = 64;

export class Host {
  #numbers = new Map(); // by table and key: a number
  #told = new Map(); // by table: how many entries earlier calls told
  #shuffle;

  // `shuffle(list)` may return the list in another order; no outcome may depend on it.
  constructor(scenario, shuffle = (list) => list) {
    this.scenario = scenario;
    this.#shuffle = shuffle;
    this.world = {
      tables: {
        registries: [],
        names: [],
        packages: [],
        versions: [],
        requirements: [],
        features: [],
        exclusives: [],
      },
      roots: [],
      links: [],
      overrides: [],
      preferences: [],
      supplied: new Map(),
      releases: [],
    };
  }

  // Runs a solve with a component's `solving`, and returns { outcome, rounds }.
  solve(solving) {
    let outcome = solving.start(this.#problem());
    let rounds = 1;
    while (outcome.tag === 'incomplete') {
      outcome = solving.supply(this.#packages(outcome.val));
      rounds += 1;
    }
    return { outcome, rounds };
  }

  // The name `REGISTRY/NAME` of a package.
  packageName(number) {
    const { tables } = this.world;
    const { registry, name } = tables.packages[number];
    return `${tables.registries[registry]}/${tables.names[name]}`;
  }

  #problem() {
    const { world, scenario } = this;
    const shuffle = this.#shuffle;
    world.roots = shuffle(scenario.roots).map((root) => this.#dependency(root));
    world.links = shuffle([...groupLinks(scenario.links)]).map(({ dependent, dependency, packages }) => ({
      dependent: this.#number('registries', dependent, dependent),
      dependency: this.#number('registries', dependency, dependency),
      packages: packages?.map((name) => this.#package(name)),
    }));
    world.overrides = shuffle(scenario.overrides).map(([replaced, replacement]) => ({
      package: this.#package(replaced),
      replacement: this.#package(replacement),
    }));
    world.preferences = shuffle(scenario.prefers).map((preferred) => ({
      package: this.#package(preferred.package),
      version: this.#number('versions', preferred.version, preferred.version),
    }));
    const { roots, links, overrides, preferences } = world;
    const budget = BigInt(scenario.budget);
    return { tables: this.#newTables(), roots, links, overrides, preferences, budget };
  }

  #packages(wanted) {
    const result = {
      supplied: [],
      releases: [],
      exclusives: [],
      dependencies: { packages: [], requirements: [], features: [], optional: [] },
      dependencyFeatures: [],
      features: { names: [], includes: [], additions: [] },
      included: [],
      additions: { dependencies: [], features: [] },
      additionFeatures: [],
    };
    for (const number of this.#shuffle([...wanted])) {
      const releases = this.scenario.packages.get(this.packageName(number));
      result.supplied.push({ package: number, releases: releases?.length });
      const told = (releases ?? []).map((release) => this.#release(number, release, result));
      this.world.supplied.set(number, told);
      for (const release of told) release.number = this.world.releases.push(release) - 1;
    }
    return { tables: this.#newTables(), ...result };
  }

  #release(owner, release, result) {
    const shuffle = this.#shuffle;
    const places = shuffle(release.dependencies.map((_, place) => place));
    const told = {
      package: owner,
      version: this.#number('versions', release.version, release.version),
      content: digest(release.content),
      yanked: release.yanked,
      exclusives: shuffle(release.exclusives).map((name) => this.#number('exclusives', name, name)),
      dependencies: places.map((place) => ({
        ...this.#dependency(release.dependencies[place]),
        optional: release.dependencies[place].optional,
      })),
      features: new Map(
        shuffle(release.features).map(({ name, includes, additions }) => [
          this.#feature(name),
          {
            includes: shuffle(includes).map((included) => this.#feature(included)),
            additions: shuffle(additions).map(({ dependency, features }) => ({
              dependency: places.indexOf(dependency),
              features: features.map((feature) => this.#feature(feature)),
            })),
          },
        ]),
      ),
    };
    layOut(told, result);
    return told;
  }

  #dependency({ package: name, range, content, features }) {
    const hash = content === null ? undefined : digest(content);
    return {
      package: this.#package(name),
      requirement: this.#number('requirements', `${range} ${content}`, { range, content: hash }),
      features: features.map((feature) => this.#feature(feature)),
    };
  }

  #package(name) {
    const slash = name.indexOf('/');
    const [registry, rest] = [name.slice(0, slash), name.slice(slash + 1)];
    return this.#number('packages', name, {
      registry: this.#number('registries', registry, registry),
      name: this.#number('names', rest, rest),
    });
  }

  #feature(name) {
    return this.#number('features', name, name);
  }

  #number(table, key, entry) {
    const entries = this.world.tables[table];
    const full = `${table} ${key}`;
    if (!this.#numbers.has(full)) this.#numbers.set(full, entries.push(entry) - 1);
    return this.#numbers.get(full);
  }

  // What was added to the tables since the last call.
  #newTables() {
    const result = {};
    for (const [table, entries] of Object.entries(this.world.tables)) {
      result[table] = entries.slice(this.#told.get(table) ?? 0);
      this.#told.set(table, entries.length);
    }
    return result;
  }
}

// Appends a release to the contract's lists and columns.
function layOut(told, result) {
  result.releases.push({
    version: told.version,
    content: told.content,
    yanked: told.yanked,
    exclusives: told.exclusives.length,
    dependencies: told.dependencies.length,
    features: told.features.size,
  });
  result.exclusives.push(...told.exclusives);
  for (const dependency of told.dependencies) {
    const place = result.dependencies.packages.push(dependency.package) - 1;
    result.dependencies.requirements.push(dependency.requirement);
    result.dependencies.features.push(dependency.features.length);
    if (dependency.optional) result.dependencies.optional.push(place);
    result.dependencyFeatures.push(...dependency.features);
  }
  for (const [name, { includes, additions }] of told.features) {
    result.features.names.push(name);
    result.features.includes.push(includes.length);
    result.features.additions.push(additions.length);
    result.included.push(...includes);
    for (const addition of additions) {
      result.additions.dependencies.push(addition.dependency);
      result.additions.features.push(addition.features.length);
      result.additionFeatures.push(...addition.features);
    }
  }
}

// One link for each pair of registries, with the packages of all lines; no list if one line is about all.
function groupLinks(links) {
  const groups = new Map();
  for (const { dependent, dependency, package: only } of links) {
    const key = `${dependent} ${dependency}`;
    if (!groups.has(key)) groups.set(key, { dependent, dependency, packages: [] });
    const group = groups.get(key);
    if (only === null) group.packages = undefined;
    else group.packages?.push(only);
  }
  return groups.values();
}

// The first digits of a sha256, the others being 0, as four numbers.
function digest(digits) {
  const hex = digits.padEnd(CONTENT_DIGITS, '0');
  return [0, 16, 32, 48].map((start) => BigInt(`0x${hex.slice(start, start + 16)}`));
}
