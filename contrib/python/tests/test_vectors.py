"""The test vectors of docs/log.md, copied from there."""

import hashlib
import json
import re
import unittest

from headlock_verify import ed25519, lock, merkle, notes, pages, policy, records
from headlock_verify.log import Log, full_subtrees, tile_path
from headlock_verify.names import decode_base64
from headlock_verify.notes import Head
from headlock_verify.pages import Subject

from . import forge

SEED = bytes(range(32))
WITNESS_SEED = bytes(range(32, 64))
ORIGIN = "registry.example/components"
VKEY = "registry.example/components+421de559+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
PRIVATE = "PRIVATE+KEY+registry.example/components+421de559+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
WITNESS_VKEY = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"

ENTRIES = [
    b'{"epoch":{"index":"d83389ac9a207fb7dbdc492fbb56b9482f19170699e224be64694cc885a3a2a2"}}',
    b'{"release":{"package":"acme:http","version":"1.0.0","content":"51be9e9377786cda03cb2253bd65c03dca7606b3f7609dcd070b9d9b2790f8eb","features":[{"name":"tls"}]}}',
    b'{"release":{"package":"acme:app","version":"0.1.0-rc.1","content":"457a0733aaa6c83d917d8b4d43acd9399f45e8c541ae194e9cac9f7c1e14b4f2","exclusives":["port.8080"],"dependencies":[{"package":"acme:http","requirement":"^1.0","features":["tls"]},{"package":"acme:log","requirement":">=0.4, <2","optional":true}],"features":[{"name":"default","includes":["log"]},{"name":"log","additions":[{"dependency":1,"features":["json"]}]}]}}',
    b'{"yank":{"package":"acme:http","version":"1.0.0","prev":"b83bbaa61dbafba050a14e0dd43f1b8f629062af724aada90e8a89ba1970fc40"}}',
    b'{"epoch":{"index":"9b99348437c89b7c8e3a85408811698dc18222b3584ee7c569345a9a9f79f277"}}',
    b'{"unyank":{"package":"acme:http","version":"1.0.0","prev":"01f12002bd93fbc8eb902995cf18db69eb49d56d7deb59b5f86766ffe5b7fc8e"}}',
    b'{"epoch":{"index":"551d4c8009bab5514bed64cbdc3e58e4d48d0ca5702f27566a5e468dd80f5941"}}',
]

LEAVES = """
7c090fd20997b09739e4da2c5ccbc07e29d2dfeadd2fb0ff597e04248e5bc061
5e677fb77a03c0d392866d93f0d47044e8e7da6e998ef98703298e9709577587
c992cb95335b188534f68053f0e0feb40a7ebadae34b373e22b40852826e0a4c
1ee56e4de872000ae3abd1c0b9caf130f8b0bec0484f5228c9e690b9c59436e0
1a38174635f9d689bc1d4cf320b63b4abe27e55322c8afde96cfb725ad640bb4
b2098ed385901032682ddb39164dc1ab78482cf456d43c90ce714fa6262c00ff
6ffc1dc6522cd6d4c7a7e190c02261b1904af3302a9459e5415b5de7a89d77d3
""".split()

ROOTS = {
    1: "7c090fd20997b09739e4da2c5ccbc07e29d2dfeadd2fb0ff597e04248e5bc061",
    5: "a7d1e9dcc385c6312a9f8f65ab05693494c2fe0db6db1c65835d4adb6d2e565c",
    7: "d972d4b4523b119993d778db37f31ec6495334c6bd255399076bf8639cbe2931",
}

CHECKPOINT = """registry.example/components
7
2XLUtFI7EZmT13jbN/MexklTNMa9JVOZB2v4Y5y+KTE=

— registry.example/components Qh3lWbrA1EpQCZUCgkD9QcZ+DN5HKqMtbUKsetbNuhBFqFf89jxRddeAXx2fIAkHN2MgNV/W8VuId9V9yuJv3kYH5ws=
— witness.example/w1 IDJKvgAAAABoTuGAlH2nhqmuMkhx7WjF+ztH/NTTxpWDGBk8JZnuNOm7WRVAOEe7FzVO6AdMOVrG7TeiFmnJb5JcCMZe2Bw3rXcvDA==
""".encode()

POLICY = f"""log {VKEY} https://registry.example/components
witness w1 {WITNESS_VKEY}
quorum w1
""".encode()

OTHER_RECORDS = [
    b'{"peer":{"peer":"registry.example/components","keys":["registry.example/components+421de559+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"],"url":"https://registry.example/components","packages":["acme:http"],"depth":0}}',
    b'{"unpeer":{"peer":"registry.example/components","prev":"01f12002bd93fbc8eb902995cf18db69eb49d56d7deb59b5f86766ffe5b7fc8e"}}',
    b'{"sync":{"peer":"registry.example/components","size":7,"root":"d972d4b4523b119993d778db37f31ec6495334c6bd255399076bf8639cbe2931","signature":"Qh3lWbrA1EpQCZUCgkD9QcZ+DN5HKqMtbUKsetbNuhBFqFf89jxRddeAXx2fIAkHN2MgNV/W8VuId9V9yuJv3kYH5ws="}}',
    b'{"release":{"package":"acme:cli","version":"1.0.0+build.7","content":"0000000000000000000000000000000000000000000000000000000000000000","dependencies":[{"package":"acme:http","requirement":"^1.0"},{"package":"acme:http","requirement":"^1.0","content":"1111111111111111111111111111111111111111111111111111111111111111"},{"registry":"other.example/log","package":"acme:http","requirement":"1.*","content":"1111111111111111111111111111111111111111111111111111111111111111","optional":true,"features":["a","b"]}],"features":[{"name":"x","includes":["y","z"],"additions":[{"dependency":0},{"dependency":2,"features":["c"]}]}],"prev":"2222222222222222222222222222222222222222222222222222222222222222"}}',
]


MAINTAINERS = {
    "ann": "ann+6fb9240c+ASVDuS/xCVURR2rcg2nbbdyTNmWhGXjdoUBO4QZsqVWd",
    "ben": "ben+2b503693+ARdFU7RW3d/GkI7KscEB/mqyHiuqBhd5W31DpjSCmT/V",
    "cleo": "cleo+a1013ba3+Ac0Us3+VbpUxlP9/tzs9gdzFYdYadTgJS3w+GmQ+5fOq",
}
MAINTAINED_PAGE = b"""\
1 {"release":{"package":"acme:kit","version":"1.0.0","content":"23de7ac94dbdf198d1860209dc2beeca6598c8805492552ef8e69cb24f1a868f","maintainers":{"threshold":2,"keys":["ann+6fb9240c+ASVDuS/xCVURR2rcg2nbbdyTNmWhGXjdoUBO4QZsqVWd","ben+2b503693+ARdFU7RW3d/GkI7KscEB/mqyHiuqBhd5W31DpjSCmT/V","cleo+a1013ba3+Ac0Us3+VbpUxlP9/tzs9gdzFYdYadTgJS3w+GmQ+5fOq"]},"signatures":["b7kkDIqAY8Kz6xqqIYkacI9vJdAmUMbzprj/8s7+Npa5s5/uUoSEQ8NB+uL3YtxzmGtL19d4MwaYxDP7hb95E31y6w8=","oQE7oxt7XWnj55WmG4deJ19XqsN3qnFKjpYvJjnKu6IT3KarARWub1VGK1j3Y9/iwNgfeneMFSgsqmnysE+kPVzRDwA="]}}
3 {"release":{"package":"acme:kit","version":"1.1.0","content":"4d11dd1fe949d520b84893e0460394848954429fb861150d8c66ce158f5ad68b","dependencies":[{"package":"acme:http","requirement":"^1.0"}],"prev":"77d6a60e8283eff538321ba7907644c49439d5f8702bd61cf785e79fd889523a","signatures":["K1A2kxVsoEfR1gFPvpWznBbTu2m3RMmAb8uvEM2vFf9jhkIByTh7z7HfrmIYt8oGvSPdaptCq8+9XFd80EIItrFDhQc=","b7kkDHw0FZyscXmnfQJRrG+G8KBDLs+CqQtaf+kjUZHAdRcqVB7zalcYkjRwmy76ZVHNMnAjRXTyPGlA2yw7peeBAwU="]}}
5 {"maintainers":{"package":"acme:kit","maintainers":{"threshold":1,"keys":["ben+2b503693+ARdFU7RW3d/GkI7KscEB/mqyHiuqBhd5W31DpjSCmT/V","cleo+a1013ba3+Ac0Us3+VbpUxlP9/tzs9gdzFYdYadTgJS3w+GmQ+5fOq"]},"prev":"111e218b62d790ebb95042770c829d572a15d219f745a7d59b8953a8ff4ca7db","signatures":["K1A2k75xCrdptrh51kgx+VF5OWLKA60j/vvbJe56C2GqJy2bMdELmjhIdrakjySXlCMXc7dYGvQHYhiYyvrZ36ta0wU=","b7kkDF+EDrekV8ipWvlAszbC06dMffgUSCKJSgw7Mq+se7od3k0aZguCXhDTnysffs8yxDKb0pNu1AcZQqMCRDJSnQs="]}}
"""

STATEMENT = b"""\
headlock maintainers 1
registry.example/components
{"release":{"package":"acme:kit","version":"1.1.0","content":"4d11dd1fe949d520b84893e0460394848954429fb861150d8c66ce158f5ad68b","dependencies":[{"package":"acme:http","requirement":"^1.0"}],"prev":"77d6a60e8283eff538321ba7907644c49439d5f8702bd61cf785e79fd889523a"}}
"""


def _page(*places: int) -> bytes:
    return b"".join(b"%d %b\n" % (place, ENTRIES[place]) for place in places)


def _log() -> forge.ForgedLog:
    """The vectors' log, written anew."""
    log = forge.ForgedLog(ORIGIN, SEED)
    log.add_bytes(ENTRIES[1], Subject("package", "acme:http"))
    log.add_bytes(ENTRIES[2], Subject("package", "acme:app"))
    log.add_bytes(ENTRIES[3], Subject("package", "acme:http"))
    log.end_epoch()
    log.add_bytes(ENTRIES[5], Subject("package", "acme:http"))
    log.end_epoch()
    return log


class Keys(unittest.TestCase):
    def test_log(self) -> None:
        key = notes.parse_vkey(VKEY)
        assert key is not None
        self.assertEqual(key, forge.make_key(ORIGIN, SEED))
        self.assertEqual(key.vkey, VKEY)
        self.assertEqual(forge.private_key(ORIGIN, SEED), PRIVATE + "\n")

    def test_witness(self) -> None:
        self.assertEqual(forge.make_key("witness.example/w1", WITNESS_SEED, notes.COSIGNER).vkey, WITNESS_VKEY)


class Trees(unittest.TestCase):
    def test_leaves(self) -> None:
        self.assertEqual([merkle.leaf_hash(entry).hex() for entry in ENTRIES], LEAVES)

    def test_roots(self) -> None:
        log = _log()
        self.assertEqual(log.entries, ENTRIES)
        for size, root in ROOTS.items():
            self.assertEqual(log.root(size).hex(), root)

    def test_tiles(self) -> None:
        files = _log().tree_files()
        self.assertEqual(
            hashlib.sha256(files["tile/0/000.p/7"]).hexdigest(),
            "203694efc7bccead7a278c40af06567bfe24d4cde82f3f27aada92355e2cfa3a",
        )
        self.assertEqual(
            hashlib.sha256(files["tile/entries/000.p/7"]).hexdigest(),
            "66e54b80afed5b2a1279785a0771a85ef08e625176ce0ab4d983b2047052e608",
        )

    def test_paths(self) -> None:
        self.assertEqual(tile_path("0", 1_234_067, 256), "tile/0/x001/x234/067")
        self.assertEqual(tile_path("0", 273, 112), "tile/0/273.p/112")

    def test_full_subtrees(self) -> None:
        self.assertEqual(full_subtrees(7), [(2, 0), (1, 4), (0, 6)])
        self.assertEqual(full_subtrees(256), [(8, 0)])


class Pages(unittest.TestCase):
    HTTP = {
        (1,): "b83bbaa61dbafba050a14e0dd43f1b8f629062af724aada90e8a89ba1970fc40",
        (1, 3): "01f12002bd93fbc8eb902995cf18db69eb49d56d7deb59b5f86766ffe5b7fc8e",
        (1, 3, 5): "81aa001d4189e1196ca2004cc0fc5a960e0401adbd7fea04ed4b6ce9ee618593",
    }

    def test_http(self) -> None:
        for places, digest in self.HTTP.items():
            page = _page(*places)
            self.assertEqual(hashlib.sha256(page).hexdigest(), digest)
            published = pages.releases(pages.parse_page(page, Subject("package", "acme:http"), ORIGIN))
            self.assertEqual([release.yanked for release in published], [places == (1, 3)])

    def test_keys(self) -> None:
        for subject, key in {
            Subject("package", "acme:http"): "14e2a23b99646a074524d299aa9209a11be94bac4c635408c321cc1a1a841e17",
            Subject("package", "acme:log"): "b3fcedd4612e0554fba4c91b68f847653773e952641bee639f695f4eb7f6fb61",
            Subject("peers"): "febefea654280b4124a8ee5309cb5a0cb10262557bd65f56ca72d3062fc8b0b4",
            Subject("peer", ORIGIN): "78756d8a0559d7216ee6d257f688b4cd9c7f19e4f8289366828d8bdd116f4de9",
        }.items():
            self.assertEqual(subject.key.hex(), key)


class Records(unittest.TestCase):
    def test_each(self) -> None:
        for text in ENTRIES + OTHER_RECORDS:
            records.parse_record(text)


class Maintainers(unittest.TestCase):
    SUBJECT = Subject("package", "acme:kit")
    SEEDS = {"ann": bytes(range(0x40, 0x60)), "ben": bytes(range(0x60, 0x80)), "cleo": bytes(range(0x80, 0xA0))}

    def test_keys(self) -> None:
        for name, vkey in MAINTAINERS.items():
            self.assertEqual(forge.make_key(name, self.SEEDS[name]).vkey, vkey)

    def test_page(self) -> None:
        lines = pages.parse_page(MAINTAINED_PAGE, self.SUBJECT, ORIGIN)
        self.assertEqual(records.signed_text(ORIGIN, lines[1].data), STATEMENT)
        self.assertEqual([release.yanked for release in pages.releases(lines)], [False, False])
        stated = lock.maintainers_texts(pages.maintainers(lines))
        self.assertEqual(stated, ("1 of 2", MAINTAINERS["ben"], MAINTAINERS["cleo"]))
        self.assertEqual(lock.maintainers_texts(pages.maintainers(lines[:2]))[0], "2 of 3")

    def test_made_anew(self) -> None:
        log = forge.ForgedLog(ORIGIN, SEED)
        for line in pages.parse_page(MAINTAINED_PAGE, self.SUBJECT, ORIGIN):
            record = json.loads(line.data)
            value = next(iter(record.values()))
            signers = {notes.parse_vkey(vkey).id: name for name, vkey in MAINTAINERS.items()}  # type: ignore
            names = [signers[decode_base64(text)[:4]] for text in value.pop("signatures")]  # type: ignore
            value.pop("prev", None)
            while len(log.entries) < line.place:
                log.end_epoch()
            log.add(record, signers=[(name, self.SEEDS[name]) for name in names])
        self.assertEqual(log.pages[self.SUBJECT], MAINTAINED_PAGE)

    def test_of_another_log(self) -> None:
        with self.assertRaises(pages.NoPage):
            pages.parse_page(MAINTAINED_PAGE, self.SUBJECT, ORIGIN + "2")

    def test_spoilt(self) -> None:
        first, second, third = MAINTAINED_PAGE.splitlines(keepends=True)
        for page in (
            first.replace(b"1.0.0", b"1.0.1"),
            first.replace(b"b7kkDIqA", b"b7kkDIqB"),
            first.replace(b'"threshold":2', b'"threshold":3'),
            first[: first.index(b',"signatures"')] + b"}}\n",
            re.sub(rb',"signatures":\["[^"]*",', b',"signatures":[', first),
            first + second.replace(b"1.1.0", b"1.1.1"),
            third.replace(b"5 ", b"1 "),
        ):
            self.assertNotEqual(page, first)
            with self.assertRaises(pages.NoPage):
                pages.parse_page(page, self.SUBJECT, ORIGIN)


class Checkpoints(unittest.TestCase):
    def test_signatures(self) -> None:
        note = notes.parse_note(CHECKPOINT)
        assert note is not None
        text, signatures = note
        for vkey, signature in zip((VKEY, WITNESS_VKEY), signatures):
            key = notes.parse_vkey(vkey)
            assert key is not None
            self.assertTrue(signature.is_by(key))
            self.assertTrue(key.holds(text, signature.body))
            self.assertFalse(key.holds(text + b"x", signature.body))
        head = notes.parse_head(text)
        self.assertEqual(head, Head(ORIGIN, 7, bytes.fromhex(ROOTS[7])))

    def test_made_anew(self) -> None:
        head = Head(ORIGIN, 7, bytes.fromhex(ROOTS[7]))
        lines = [
            forge.sign(head, ORIGIN, SEED),
            forge.cosign(head, "witness.example/w1", WITNESS_SEED, 1_750_000_000),
        ]
        self.assertEqual(head.text + b"\n" + "".join(line + "\n" for line in lines).encode(), CHECKPOINT)

    def test_policy(self) -> None:
        believed = policy.parse_policy(POLICY)
        witness = notes.parse_vkey(WITNESS_VKEY)
        assert witness is not None
        self.assertEqual(len(believed.keys_of(ORIGIN)), 1)
        self.assertTrue(believed.reaches_quorum({witness}))
        self.assertFalse(believed.reaches_quorum(set()))


class Proofs(unittest.TestCase):
    """Reading the log out of a bundle of all its files."""

    def _open(self, head: Head) -> Log:
        return Log(head, forge.open_files(_log().bundle_files()))

    def test_presence(self) -> None:
        log = self._open(Head(ORIGIN, 7, bytes.fromhex(ROOTS[7])))
        page = log.page(Subject("package", "acme:http"))
        assert page is not None
        self.assertEqual(page[0].hex(), Pages.HTTP[1, 3, 5])

    def test_absence(self) -> None:
        log = self._open(Head(ORIGIN, 7, bytes.fromhex(ROOTS[7])))
        self.assertIsNone(log.page(Subject("package", "acme:log")))
        self.assertIsNone(log.page(Subject("peers")))

    def test_beginning(self) -> None:
        log = self._open(Head(ORIGIN, 7, bytes.fromhex(ROOTS[7])))
        for size, root in ROOTS.items():
            self.assertTrue(log.begins_with(Head(ORIGIN, size, bytes.fromhex(root))))
        self.assertFalse(log.begins_with(Head(ORIGIN, 4, bytes.fromhex(ROOTS[5]))))


class Base64(unittest.TestCase):
    def test_one_form(self) -> None:
        self.assertEqual(decode_base64("AAA="), b"\0\0")
        for text in ("AAB=", "AAA", "AA A=", "AAA=\n", "AA-_", "ä"):
            self.assertIsNone(decode_base64(text))


class Signatures(unittest.TestCase):
    """RFC 8032, section 7.1, and what a strict verifier refuses."""

    def test_rfc_8032(self) -> None:
        seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
        key = ed25519.public_key(seed)
        self.assertEqual(key.hex(), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
        signature = ed25519.sign(seed, b"\x72")
        self.assertEqual(
            signature.hex(),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        )
        self.assertTrue(ed25519.verify(key, b"\x72", signature))
        for i in range(64):
            spoilt = signature[:i] + bytes([signature[i] ^ 1]) + signature[i + 1 :]
            self.assertFalse(ed25519.verify(key, b"\x72", spoilt))

    def test_s_is_canonical(self) -> None:
        seed = bytes(32)
        key, signature = ed25519.public_key(seed), ed25519.sign(seed, b"x")
        larger = int.from_bytes(signature[32:], "little") + ed25519.L
        self.assertFalse(ed25519.verify(key, b"x", signature[:32] + larger.to_bytes(32, "little")))

    def test_small_order(self) -> None:
        identity = (1).to_bytes(32, "little")
        self.assertFalse(ed25519.is_key(identity))
        self.assertFalse(ed25519.verify(identity, b"x", identity + bytes(32)))

    def test_encodings(self) -> None:
        p = 2**255 - 19
        self.assertIsNone(ed25519.decode((p + 1).to_bytes(32, "little")), "y beyond the field")
        self.assertIsNone(ed25519.decode((1 | 1 << 255).to_bytes(32, "little")), "x is 0, and negative")
        self.assertIsNone(ed25519.decode((2).to_bytes(32, "little")), "no point")


if __name__ == "__main__":
    unittest.main()
