// Checks an attestation with @sigstore/bundle and @sigstore/verify.
//
//     bundle.mjs BUNDLE KEYID PUBLIC_KEY_PEM SUBJECT_FILE, with the folder of their node_modules in HEADLOCK_ATTESTATION_TOOLS
//
// Prints `accepted` and ends with 0, or `refused: WHY` and ends with 1. Nothing here is headlock's.
import { strict as assert } from 'node:assert';
import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const require = createRequire(join(resolve(process.env.HEADLOCK_ATTESTATION_TOOLS), 'index.js'));
const { assertBundleLatest, bundleFromJSON } = require('@sigstore/bundle');
const { Verifier, toSignedEntity } = require('@sigstore/verify');

function check(bundleFile, keyid, keyFile, subjectFile) {
  const bundle = bundleFromJSON(JSON.parse(readFileSync(bundleFile, 'utf8')));
  assertBundleLatest(bundle);
  const known = createPublicKey(readFileSync(keyFile, 'utf8'));
  const publicKey = (hint) => {
    assert.equal(hint, keyid, 'a key that is not known');
    return { publicKey: known, validFor: () => true };
  };
  const trust = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [], publicKey };
  // A signature under a key that the reader has chosen: no log, no certificate and no time has to speak for it.
  const none = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0, tsaThreshold: 0 };
  new Verifier(trust, none).verify(toSignedEntity(bundle));

  const { payload, payloadType } = bundle.content.dsseEnvelope;
  assert.equal(payloadType, 'application/vnd.in-toto+json');
  const statement = JSON.parse(payload.toString('utf8'));
  const sha256 = createHash('sha256').update(readFileSync(subjectFile)).digest('hex');
  assert.deepEqual(statement.subject.map((subject) => subject.digest.sha256), [sha256], 'a statement about another file');
  assert.equal(statement.predicateType, 'urn:headlock:verification:v1');
  return statement.predicate.result;
}

try {
  console.log('accepted:', check(...process.argv.slice(2)));
} catch (error) {
  console.log(`refused: ${error.name}: ${error.message}`);
  process.exitCode = 1;
}
