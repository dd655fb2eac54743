// The contract of wit/solver.wit as types of abi.js, in the order of that file. A test holds the two together.

const list = (type) => ({ list: type });
const option = (type) => ({ option: type });
const tuple = (...types) => ({ tuple: types });
const record = (fields) => ({ record: fields });
const variant = (cases) => ({ variant: cases });

const digest = tuple('u64', 'u64', 'u64', 'u64');
const packageKey = record({ registry: 'u32', name: 'u32' });
const requirement = record({ range: 'string', content: option(digest) });
const tables = record({
  registries: list('string'),
  names: list('string'),
  packages: list(packageKey),
  versions: list('string'),
  requirements: list(requirement),
  features: list('string'),
  exclusives: list('string'),
});
const root = record({ package: 'u32', requirement: 'u32', features: list('u32') });
const link = record({ dependent: 'u32', dependency: 'u32', packages: option(list('u32')) });
const override = record({ package: 'u32', replacement: 'u32' });
const preference = record({ package: 'u32', version: 'u32' });
const problem = record({
  tables,
  roots: list(root),
  links: list(link),
  overrides: list(override),
  preferences: list(preference),
  budget: 'u64',
});
const supplied = record({ package: 'u32', releases: option('u32') });
const release = record({
  version: 'u32',
  content: digest,
  yanked: 'bool',
  exclusives: 'u32',
  dependencies: 'u32',
  features: 'u32',
});
const dependencies = record({
  packages: list('u32'),
  requirements: list('u32'),
  features: list('u32'),
  optional: list('u32'),
});
const features = record({ names: list('u32'), includes: list('u32'), additions: list('u32') });
const additions = record({ dependencies: list('u32'), features: list('u32') });
const packages = record({
  tables,
  supplied: list(supplied),
  releases: list(release),
  exclusives: list('u32'),
  dependencies,
  'dependency-features': list('u32'),
  features,
  included: list('u32'),
  additions,
  'addition-features': list('u32'),
});
const binding = record({ package: 'u32', requirement: 'u32', to: 'u32' });
const chosen = record({ release: 'u32', features: list('u32'), bindings: list(binding) });
const featureVariable = record({ track: 'u32', feature: 'u32' });
const boundVariable = record({ dependent: option('u32'), package: 'u32', requirement: 'u32' });
const boundFeatureVariable = record({ bound: boundVariable, feature: 'u32' });
const variable = variant({
  root: null,
  release: 'u32',
  feature: featureVariable,
  bound: boundVariable,
  'bound-feature': boundFeatureVariable,
  exclusive: 'u32',
  wish: null,
});
const term = record({ variable: 'u32', positive: 'bool', ranges: 'u32' });
const cause = variant({ requires: null, nothing: null, both: tuple('u32', 'u32') });
const step = record({ terms: 'u32', cause });
const derivation = record({
  variables: list(variable),
  steps: list(step),
  terms: list(term),
  ranges: list(tuple('u32', 'u32')),
});
const ceiling = record({ item: 'u32', derivation });
const answer = record({ roots: list(binding), releases: list(chosen), ceilings: list(ceiling) });
const outcome = variant({ solved: answer, incomplete: list('u32'), unsolvable: derivation, exhausted: null });

/** The name of the interface, which its functions' names begin with. */
export const SOLVING = 'headlock:solver/solving@0.1.0';

/** What each function takes and returns. */
export const FUNCTIONS = {
  start: { takes: problem, returns: outcome },
  supply: { takes: packages, returns: outcome },
};
