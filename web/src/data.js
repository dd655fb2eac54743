// What the page carries with it: the verifier, and the samples as pieces of it and of one another.

async function unpack(id) {
  const packed = atob(document.getElementById(id).textContent);
  const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

let verifier;
let pieces;

/** The verifier's bytes. */
export function verifierBytes() {
  verifier ??= unpack('verifier');
  return verifier;
}

/** A sample's files, by their names. */
export async function sampleFiles(id) {
  pieces ??= unpack('pieces');
  const sources = await Promise.all([verifierBytes(), pieces]);
  const files = JSON.parse(document.getElementById('samples').textContent)[id];
  return Object.entries(files).map(([name, list]) => {
    const parts = list.map(([source, start, end]) => sources[source].subarray(start, end));
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let place = 0;
    for (const part of parts) {
      bytes.set(part, place);
      place += part.length;
    }
    return { name, bytes };
  });
}

/** What there is to look at. */
export const SAMPLES = [
  { id: 'good', title: 'A good lock', text: 'What the HTML sanitizer ammonia needs: 67 releases from a log imported from the crates.io index.' },
  { id: 'sabotaged', title: 'A sabotaged one', text: 'Somebody has put other content in the place of one release, in the bundle and in the lock.' },
  { id: 'other-solver', title: 'One by another solver', text: 'The same dependencies, solved by an older release of the solver, which this trust file does not accept. The bundle carries it.' },
  { id: 'two-registries', title: 'One of two registries', text: 'Packages of one registry that depend on those of its peer, whose head stands in the first one’s log.' },
];
