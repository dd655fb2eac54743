// Replays recorded solves in V8, by the JavaScript that jco makes of the component.
//
//     node v8_jco.mjs MODULES COMPONENT SHA256 RECORDINGS [AGAIN]
//
// MODULES is a folder with `node_modules`, which has jco; RECORDINGS a folder of JSON files, as recording.rs writes them. V8
// has no component model: jco takes the core module out of the component, and writes JavaScript that lowers and lifts what goes
// in and comes out. The module must be the very bytes that the walk through the component's sections finds.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { SOLVING, demand, main } from './replay.mjs';

// What is given, as jco's JavaScript takes it: names in camel case, `u64` as BigInt, a list of `u32` as a typed array.

const u32s = (numbers) => Uint32Array.from(numbers);
const option = (value, some = (value) => value) => (value === null ? undefined : some(value));
const digest = (words) => words.map(BigInt);

function tables(tables) {
  const requirement = ({ range, content }) => ({ range, content: option(content, digest) });
  return { ...tables, requirements: tables.requirements.map(requirement) };
}

const given = {
  start: (problem) => ({
    ...problem,
    tables: tables(problem.tables),
    roots: problem.roots.map((root) => ({ ...root, features: u32s(root.features) })),
    links: problem.links.map((link) => ({ ...link, packages: option(link.packages, u32s) })),
    budget: BigInt(problem.budget),
  }),
  supply: (packages) => {
    const columns = (columns) => Object.fromEntries(Object.entries(columns).map(([name, all]) => [name, u32s(all)]));
    return {
      tables: tables(packages.tables),
      supplied: packages.supplied.map((supplied) => ({ ...supplied, releases: option(supplied.releases) })),
      releases: packages.releases.map((release) => ({ ...release, content: digest(release.content) })),
      exclusives: u32s(packages.exclusives),
      dependencies: columns(packages.dependencies),
      dependencyFeatures: u32s(packages['dependency-features']),
      features: columns(packages.features),
      included: u32s(packages.included),
      additions: columns(packages.additions),
      additionFeatures: u32s(packages['addition-features']),
    };
  },
};

/** What came back in the recordings' form. An outcome's field names are single words, and its numbers have 32 bits. */
function returned(value) {
  if (value === undefined) return null;
  if (value instanceof Uint32Array || Array.isArray(value)) return Array.from(value, returned);
  if (typeof value !== 'object') return value;
  const fields = Object.entries(value).filter(([name, field]) => !(name === 'val' && field === undefined));
  return Object.fromEntries(fields.map(([name, field]) => [name, returned(field)]));
}

async function prepare({ component, core, module }, modules) {
  const require = createRequire(join(resolve(modules), 'here.js'));
  const jco = require.resolve('@bytecodealliance/jco-transpile');
  const { version } = JSON.parse(readFileSync(join(modules, 'node_modules/@bytecodealliance/jco-transpile/package.json')));
  const { transpileBytes } = await import(pathToFileURL(jco));
  const options = { name: 'solver', instantiation: 'sync', nodejsCompat: false, emitTypescriptDeclarations: false };
  const { files, imports } = await transpileBytes(component, options);
  demand(imports.length === 0, `expected a component that imports nothing, found ${imports.join(', ')}`);
  const cores = Object.keys(files).filter((name) => name.endsWith('.wasm'));
  demand(cores.length === 1, `expected jco to take one core module out, found ${cores.length}`);
  demand(core.equals(files[cores[0]]), "expected jco's core module to be the component's, byte for byte");
  const script = Buffer.from(files['solver.js']).toString('base64');
  const solver = await import(`data:text/javascript;base64,${script}`);
  const getCoreModule = (name) => {
    demand(name === cores[0], `expected jco to ask for ${cores[0]}, found ${name}`);
    return module;
  };
  return {
    name: `by the JavaScript of jco-transpile ${version}`,
    instantiate: () => solver.instantiate(getCoreModule, {})[SOLVING],
    given,
    returned,
  };
}

await main('node v8_jco.mjs MODULES', 1, prepare);
