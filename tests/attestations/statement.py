"""Checks an attestation with securesystemslib (the envelope) and in-toto-attestation (the statement).

    statement.py ENVELOPE KEYID PUBLIC_KEY_HEX SUBJECT_FILE

Prints `accepted` and ends with 0, or `refused: WHY` and ends with 1. Nothing here is headlock's.
"""

import hashlib
import json
import sys

from google.protobuf.json_format import ParseDict
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey


def check(envelope_file, keyid, public_key, subject_file):
    with open(envelope_file, encoding="utf-8") as file:
        envelope = Envelope.from_dict(json.load(file))
    key = SSlibKey(keyid, "ed25519", "ed25519", {"public": public_key})
    accepted = envelope.verify([key], 1)
    assert list(accepted) == [keyid], accepted
    assert envelope.payload_type == "application/vnd.in-toto+json", envelope.payload_type

    statement = Statement.copy_from_pb(ParseDict(json.loads(envelope.payload), statement_pb2.Statement()))
    statement.validate()
    with open(subject_file, "rb") as file:
        sha256 = hashlib.sha256(file.read()).hexdigest()
    stated = [subject.digest["sha256"] for subject in statement.pb.subject]
    assert stated == [sha256], f"a statement about {stated}"
    assert statement.pb.predicate_type == "urn:headlock:verification:v1", statement.pb.predicate_type
    return statement.pb.predicate["result"]


try:
    print("accepted:", check(*sys.argv[1:]))
except Exception as error:  # whatever they raise is how they refuse
    print(f"refused: {type(error).__name__}: {error}")
    sys.exit(1)
