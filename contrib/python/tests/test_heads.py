"""Keys of one name and one id: 32 bits, which whoever makes keys can hit. Both stand in the policy, and either may sign."""

import unittest

from headlock_verify import heads, notes
from headlock_verify.lock import LockedLog
from headlock_verify.names import encode_base64
from headlock_verify.notes import Head
from headlock_verify.policy import parse_policy
from headlock_verify.trust import Trust
from headlock_verify.verdict import Unchecked

from . import forge

LOG, WITNESS = "c.example/log", "v.example/v"
# Seeds whose public keys have one id under these names.
LOGS = [
    bytes.fromhex("8d5abd4a05e663fb56ebefa94704366b1eef4679cadd3cd8596ff825c793faaa"),
    bytes.fromhex("c9f685170094377219923c795e8d413d8debbc8a409233f83b8ac863b0730be6"),
]
WITNESSES = [
    bytes.fromhex("d1d6d2d91068b7c57822f92defde1caf0d7b105540804ff9d2048f27eb58e03a"),
    bytes.fromhex("5e3eb1de807a905996ab5e1f91da3774ffc0b22fc657bfae4b112b265ef3c833"),
]
HEAD = Head(LOG, 1, bytes(32))


class Lock:
    """What is looked at of a lock."""

    def __init__(self, cosignature: str) -> None:
        self.cosignatures = [(LOG, cosignature)]


def accept(signer: bytes, cosigner: bytes, retired: list[bytes] | None = None) -> tuple[Head, notes.Key]:
    known = [forge.make_key(LOG, seed) for seed in LOGS if seed not in (retired or [])]
    witnesses = [forge.make_key(WITNESS, seed, notes.COSIGNER) for seed in WITNESSES]
    lines = [f"log {key.vkey}" for key in known]
    lines += [f"witness {name} {key.vkey}" for name, key in zip("ab", witnesses, strict=True)]
    policy = parse_policy("\n".join([*lines, "group any 1 a b", "quorum any", ""]).encode())
    trust = Trust(policy, set(), [forge.make_key(LOG, seed) for seed in retired or []], set(), [])
    locked = LockedLog(LOG, 1, encode_base64(HEAD.root), forge.sign(HEAD, LOG, signer), None)
    return heads.accept(locked, Lock(forge.cosign(HEAD, WITNESS, cosigner, 1)), known, trust)


class SameId(unittest.TestCase):
    def test_ids(self) -> None:
        for name, kind, seeds in [(LOG, notes.LOG, LOGS), (WITNESS, notes.COSIGNER, WITNESSES)]:
            one, other = (forge.make_key(name, seed, kind) for seed in seeds)
            self.assertEqual(one.id, other.id)
            self.assertNotEqual(one.public, other.public)

    def test_either_may_sign(self) -> None:
        for signer in LOGS:
            for cosigner in WITNESSES:
                head, key = accept(signer, cosigner)
                self.assertEqual((head, key), (HEAD, forge.make_key(LOG, signer)))

    def test_a_retired_one_that_has_signed(self) -> None:
        with self.assertRaises(Unchecked):
            accept(LOGS[1], WITNESSES[0], retired=LOGS)


if __name__ == "__main__":
    unittest.main()
