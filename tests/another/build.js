// Builds two components of the same sources, each with its name and version in a custom section (docs/lock.md):
// dist/solver.wasm imports nothing, dist/solver-wasi.wasm what the language's runtime likes to have, which hosts
// give it sealed (docs/sealed.md).
//
// `componentize` imports @bytecodealliance/preview2-shim without declaring it; that is why package.json does.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { componentize } from '@bytecodealliance/componentize-js';
import { findAbove } from './test/support/folders.js';

const NAME_AND_VERSION = 'another:solver 0.1.0';

const folder = dirname(fileURLToPath(import.meta.url));

const COMPONENTS = {
  // Without any of them nothing is imported, and nothing but the problem can be looked at.
  'solver.wasm': ['stdio', 'random', 'clocks', 'http', 'fetch-event'],
  'solver-wasi.wasm': ['http', 'fetch-event'],
};

// A custom section: 0, its length, the length of its name, its name, its content.
function customSection(name, content) {
  const nameBytes = Buffer.from(name);
  const body = Buffer.concat([leb128(nameBytes.length), nameBytes, Buffer.from(content)]);
  return Buffer.concat([Buffer.from([0]), leb128(body.length), body]);
}

function leb128(number) {
  const bytes = [];
  for (; number >= 0x80; number >>>= 7) bytes.push((number & 0x7f) | 0x80);
  return Buffer.from([...bytes, number]);
}

mkdirSync(join(folder, 'dist'), { recursive: true });
for (const [name, disableFeatures] of Object.entries(COMPONENTS)) {
  const { component } = await componentize({
    sourcePath: join(folder, 'src', 'component.js'),
    witPath: findAbove('wit/solver.wit'),
    worldName: 'solver',
    disableFeatures,
  });
  const named = Buffer.concat([component, customSection('headlock-solver', NAME_AND_VERSION)]);
  writeFileSync(join(folder, 'dist', name), named);
}
