"""Writes logs, locks' signatures and bundles for tests: honest ones, and such as no honest writer makes.

A log is written by the same rules that the verifier reads by (docs/log.md), but each thing that it
commits to can be replaced on the way.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from headlock_verify import ed25519, merkle, notes, solver
from headlock_verify.bundle import Bundle
from headlock_verify.contract import INTERFACE
from headlock_verify.log import Log, full_subtrees, tile_path
from headlock_verify.names import encode_base64
from headlock_verify.pages import Subject
from headlock_verify.records import signed_text
from headlock_verify.verdict import Verdict

_COMPACT = (",", ":")
_EMPTY_BINS = merkle.leaf_hash(b"") * 256
_EMPTY_LOWER = merkle.row_root(merkle.split(_EMPTY_BINS))


def seed_of(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def make_key(name: str, seed: bytes, kind: int = notes.LOG) -> notes.Key:
    public = ed25519.public_key(seed)
    return notes.Key(name, notes.key_id(name, kind, public), kind, public)


def private_key(name: str, seed: bytes) -> str:
    """As Go's `note` writes it (docs/log.md, *Witnesses*)."""
    identity = make_key(name, seed).id.hex()
    return f"PRIVATE+KEY+{name}+{identity}+{encode_base64(bytes([notes.LOG]) + seed)}\n"


def sign(head: notes.Head, name: str, seed: bytes) -> str:
    """The log's signature line of a head."""
    return notes.signature_line(name, make_key(name, seed).id + ed25519.sign(seed, head.text))


def cosign(head: notes.Head, name: str, seed: bytes, time: int) -> str:
    """A witness's signature line of a head."""
    message = f"cosignature/v1\ntime {time}\n".encode() + head.text
    data = make_key(name, seed, notes.COSIGNER).id + time.to_bytes(8, "big") + ed25519.sign(seed, message)
    return notes.signature_line(name, data)


def subject_of(record: dict) -> Subject | None:
    kind, value = next(iter(record.items()))
    match kind:
        case "release" | "yank" | "unyank" | "maintainers":
            return Subject("package", value["package"])
        case "peer" | "unpeer":
            return Subject("peers")
        case "sync":
            return Subject("peer", value["peer"])
    return None


def _written(record: dict, value: dict) -> bytes:
    """The record, with another value of its kind."""
    return json.dumps({next(iter(record)): value}, separators=_COMPACT).encode()


class ForgedLog:
    """A log that is written into a folder. `change_page` sees each page before it is committed to."""

    def __init__(self, origin: str, seed: bytes) -> None:
        self.origin = origin
        self.seed = seed
        self.entries: list[bytes] = []
        self.pages: dict[Subject, bytes] = {}
        self.files: dict[str, bytes] = {}
        self.older_tiles: dict[str, bytes] = {}
        self.change_page: Callable[[Subject, bytes], bytes | None] = lambda subject, page: page
        self.end_epoch()

    def add(
        self,
        record: dict,
        prev: str | None = "right",
        signers: Iterable[tuple[str, bytes]] = (),
        origin: str | None = None,
    ) -> None:
        """Adds a record, with the `prev` that is right, unless another is given, and with the signatures of
        maintainers, given by their keys' names and seeds, as of the log of `origin`, its own without."""
        subject = subject_of(record)
        if subject is not None and prev == "right":
            page = self.pages.get(subject)
            prev = None if page is None else hashlib.sha256(page).hexdigest()
        value = next(iter(record.values()))
        if prev is not None:
            value = value | {"prev": prev}
        text = signed_text(origin or self.origin, _written(record, value))
        signatures = [make_key(name, seed).id + ed25519.sign(seed, text) for name, seed in signers]
        if signatures:
            value = value | {"signatures": sorted(map(encode_base64, signatures))}
        self.add_bytes(_written(record, value), subject)

    def add_bytes(self, entry: bytes, subject: Subject | None = None) -> None:
        if subject is not None:
            line = b"%d %b\n" % (len(self.entries), entry)
            self.pages[subject] = self.pages.get(subject, b"") + line
        self.entries.append(entry)

    def end_epoch(self) -> None:
        self.add_bytes(b'{"epoch":{"index":"%b"}}' % self._write_index().hex().encode())
        self.older_tiles |= self.tree_files()

    def _put(self, folder: str, digest: bytes, data: bytes) -> bytes:
        self.files[f"{folder}/{digest.hex()[:2]}/{digest.hex()}"] = data
        return digest

    def _write_index(self) -> bytes:
        bins: dict[int, dict[bytes, bytes]] = {}
        for subject, page in self.pages.items():
            changed = self.change_page(subject, page)
            if changed is not None:
                digest = self._put("page", hashlib.sha256(changed).digest(), changed)
                bins.setdefault(int.from_bytes(subject.key[:2], "big"), {})[subject.key] = digest
        lowers = []
        occupied = {number >> 8 for number in bins}
        for high in range(256):
            if high not in occupied:
                lowers.append(self._put("index", _EMPTY_LOWER, _EMPTY_BINS))
                continue
            row = []
            for low in range(256):
                entries = bins.get(high * 256 + low, {})
                data = b"".join(key + entries[key] for key in sorted(entries))
                digest = merkle.leaf_hash(data)
                row.append(self._put("bin", digest, data) if data else digest)
            lowers.append(self._put("index", merkle.row_root(row), b"".join(row)))
        return self._put("index", merkle.row_root(lowers), b"".join(lowers))

    def root(self, size: int) -> bytes:
        leaves = [merkle.leaf_hash(entry) for entry in self.entries[:size]]
        roots = [merkle.row_root(leaves[at : at + (1 << bit)]) for bit, at in full_subtrees(size)]
        return merkle.join_from_right(roots)

    def head(self) -> notes.Head:
        return notes.Head(self.origin, len(self.entries), self.root(len(self.entries)))

    def tree_files(self) -> dict[str, bytes]:
        """Tiles and bundles of entries at the newest head."""
        files = {}
        row = [merkle.leaf_hash(entry) for entry in self.entries]
        packed = [len(entry).to_bytes(2, "big") + entry for entry in self.entries]
        for at in range(0, len(packed), 256):
            part = packed[at : at + 256]
            files[tile_path("entries", at // 256, len(part))] = b"".join(part)
        level = 0
        while row:
            for at in range(0, len(row), 256):
                part = row[at : at + 256]
                files[tile_path(str(level), at // 256, len(part))] = b"".join(part)
            full = len(row) // 256 * 256
            row = [merkle.row_root(row[at : at + 256]) for at in range(0, full, 256)]
            level += 1
        return files

    def write(self, folder: Path, *cosignatures: str) -> None:
        """The registry as it is served."""
        head = self.head()
        lines = [sign(head, self.origin, self.seed), *cosignatures]
        files = self.files | self.older_tiles | self.tree_files()
        files["checkpoint"] = head.text + b"\n" + "".join(line + "\n" for line in lines).encode()
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)

    def bundle_files(self) -> dict[str, bytes]:
        """All its files, as a bundle names them."""
        own = f"logs/{hashlib.sha256(self.origin.encode()).hexdigest()}/"
        files = {f"content/{path}": data for path, data in self.files.items()}
        return files | {own + path: data for path, data in self.tree_files().items()}

    def files_of(self, subject: Subject) -> dict[str, bytes]:
        """Those files that reading a page takes; all, if it cannot be read."""
        files = self.bundle_files()
        bundle = open_files(files)
        try:
            Log(self.head(), bundle).page(subject)
        except Verdict:
            return files
        return {name: data for name, data in files.items() if name not in bundle.unread}


def open_files(files: dict[str, bytes]) -> Bundle:
    data, places = b"", {}
    for name, file in files.items():
        places[name] = (len(data), len(data) + len(file))
        data += file
    return Bundle(data, places)


def read_bundle_files(data: bytes) -> dict[str, bytes]:
    """The files of a well-formed bundle, by name."""
    listed, gap, _ = data.partition(b"\n\n")
    at = len(listed) + len(gap)
    files = {}
    for line in listed.decode().split("\n")[1:]:
        length, name = line.split(" ")
        files[name] = data[at : at + int(length)]
        at += int(length)
    return files


def write_bundle_files(files: dict[str, bytes]) -> bytes:
    names = sorted(files)
    listed = "".join(f"{len(files[name])} {name}\n" for name in names)
    return f"headlock bundle 1\n{listed}\n".encode() + b"".join(files[name] for name in names)


def _leb(number: int) -> bytes:
    data = b""
    while number >= 0x80:
        data += bytes([number & 0x7F | 0x80])
        number >>= 7
    return data + bytes([number])


def _section(kind: int, data: bytes) -> bytes:
    return bytes([kind]) + _leb(len(data)) + data


def _string(text: str) -> bytes:
    return _leb(len(text)) + text.encode()


def importing_solver(component: bytes, imports: list[str]) -> bytes:
    """A component that is the given one, and imports instances of these names, of which it asks nothing."""
    inner = len(imports)
    named = b"".join(b"\0" + _string(name) + b"\x05\0" for name in imports)
    return (
        b"\0asm\x0d\0\x01\0"
        + _section(7, b"\x01\x42\0")
        + _section(10, _leb(len(imports)) + named)
        + _section(4, component)
        + _section(5, b"\x01\0\0\0")
        + _section(6, b"\x01\x05\0" + _leb(inner) + _string(INTERFACE))
        + _section(11, b"\x01\0" + _string(INTERFACE) + b"\x05" + _leb(inner + 1) + b"\0")
    )


def restated(component: bytes, text: str) -> bytes:
    """The component, saying this of itself."""
    others = [section for section, stated in solver.sections(component) if stated is None]
    section = _section(0, _string(solver.SECTION.decode()) + text.encode())
    return solver.PREAMBLE + b"".join(others) + section
