"""One log at one head: everything read from it is proven to be what the head commits to.

docs/log.md, *Proofs*. Files come from the bundle; none is believed.
"""

import hashlib

from . import merkle, pages, records
from .bundle import Bundle
from .notes import Head
from .pages import Line, Subject
from .verdict import No

TILE = 256
_HASH = 32
_NODE_BYTES = TILE * _HASH
_BIN_ENTRY = 64
_MAX_BIN_ENTRIES = 4_096
_EMPTY_BIN = merkle.leaf_hash(b"")


def tile_path(level: str, number: int, width: int) -> str:
    """`level` is a number or `entries`; a tile that is not full is named with its width."""
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.append(f"x{number % 1000:03}")
    path = f"tile/{level}/" + "/".join(reversed(groups))
    return path if width == TILE else f"{path}.p/{width}"


def full_subtrees(size: int) -> list[tuple[int, int]]:
    """The full subtrees that a tree of this size is made of, largest first: (height, first leaf)."""
    return [
        (bit, size >> (bit + 1) << (bit + 1))
        for bit in range(size.bit_length() - 1, -1, -1)
        if size >> bit & 1
    ]


class Log:
    """Opened when it is first asked for something: that proves the right edge, out of which all else is
    proven as it is read. Of a log that nobody asks for anything, nothing is read."""

    def __init__(self, head: Head, bundle: Bundle) -> None:
        self.head = head
        self._bundle = bundle
        self._folder = f"logs/{hashlib.sha256(head.origin.encode()).hexdigest()}/"
        self._tiles: dict[tuple[int, int], list[bytes]] = {}
        self._nodes: dict[bytes, list[bytes]] = {}
        self._bins: dict[tuple[bytes, bytes], dict[bytes, bytes]] = {}
        self._index: bytes | None = None
        self._is_open = False

    def _no(self, what: str) -> No:
        return No(f"{self.head}: {what}")

    # The tree.

    def _width(self, level: int, number: int) -> int:
        return min(TILE, (self.head.size >> 8 * level) - TILE * number)

    def _read(self, level: str, number: int, width: int) -> tuple[str, bytes]:
        """A tile or a bundle of entries, with its path: a bundle has no more of it than the head knows."""
        path = tile_path(level, number, width)
        return path, self._bundle.read(self._folder + path)

    def _read_tile(self, level: int, number: int) -> list[bytes]:
        """A tile as the bundle has it."""
        width = self._width(level, number)
        path, data = self._read(str(level), number, width)
        if len(data) != width * _HASH:
            raise self._no(f"{path} has another length than it should")
        return merkle.split(data)

    def _open(self) -> None:
        """The right edge: all its partial tiles together make the root, each hash of theirs goes into it."""
        if self._is_open:
            return
        self._is_open = True
        size = self.head.size
        if size == 0:
            raise self._no("a log of no entries has no epoch")
        level = 0
        while size >> 8 * level:
            count = size >> 8 * level
            if count % TILE:
                self._tiles[level, count // TILE] = self._read_tile(level, count // TILE)
            level += 1
        if self._root_at(size) != self.head.root:
            raise self._no("the tiles of the right edge do not make its root")

    def _root_at(self, size: int) -> bytes:
        """The root that the log had at a size up to the head's."""
        roots = []
        for height, first in full_subtrees(size):
            level, count = height // 8, 1 << height % 8
            place = first >> 8 * level
            tile = self._tile(level, place // TILE)
            roots.append(merkle.row_root(tile[place % TILE : place % TILE + count]))
        return merkle.join_from_right(roots)

    def _tile(self, level: int, number: int) -> list[bytes]:
        """A proven tile: one of the edge, or a full one that is what the tile above it says."""
        tile = self._tiles.get((level, number))
        if tile is None:
            above = self._tile(level + 1, number // TILE)[number % TILE]
            tile = self._read_tile(level, number)
            if merkle.row_root(tile) != above:
                raise self._no(f"{tile_path(str(level), number, TILE)} is not what the tile above it says")
            self._tiles[level, number] = tile
        return tile

    def begins_with(self, older: Head) -> bool:
        """Whether this head goes on from one that is not larger."""
        self._open()
        return self._root_at(older.size) == older.root

    def _leaf(self, place: int) -> bytes:
        return self._tile(0, place // TILE)[place % TILE]

    def _entry(self, place: int) -> bytes:
        """The entry at a place, out of the bundle that holds it, all of which must be the log's."""
        number = place // TILE
        width = self._width(0, number)
        path, data = self._read("entries", number, width)
        entries = _unpack(data, width)
        if entries is None:
            raise self._no(f"{path} has not exactly as many entries as it should")
        leaves = self._tile(0, number)
        for i in range(width):
            if merkle.leaf_hash(entries[i]) != leaves[i]:
                raise self._no(f"{path} has another entry at {number * TILE + i} than it should")
        return entries[place % TILE]

    # The index.

    def _index_root(self) -> bytes:
        """The index of the epoch that the head ends in."""
        if self._index is None:
            self._open()
            try:
                record = records.parse_record(self._entry(self.head.size - 1))
            except records.NoRecord as reason:
                raise self._no(f"the last entry is no record: {reason}") from reason
            if not isinstance(record, records.Epoch):
                raise self._no("the last entry is no epoch")
            self._index = record.index
        return self._index

    def _node(self, digest: bytes) -> list[bytes]:
        node = self._nodes.get(digest)
        if node is None:
            data = self._bundle.content("index", digest)
            node = merkle.split(data)
            if len(data) != _NODE_BYTES or merkle.row_root(node) != digest:
                raise self._no(f"the node {digest.hex()} of the index is something else")
            self._nodes[digest] = node
        return node

    def _bin(self, digest: bytes, number: bytes) -> dict[bytes, bytes]:
        """A bin's pages by their subjects' keys, all of which begin with its number."""
        if digest == _EMPTY_BIN:
            return {}
        entries = self._bins.get((digest, number))
        if entries is None:
            data = self._bundle.content("bin", digest)
            if len(data) > _MAX_BIN_ENTRIES * _BIN_ENTRY or merkle.leaf_hash(data) != digest:
                raise self._no(f"the bin {digest.hex()} is something else")
            entries = {}
            last = b""
            for at in range(0, len(data), _BIN_ENTRY):
                key, page = data[at : at + 32], data[at + 32 : at + 64]
                if len(page) != 32 or key <= last or not key.startswith(number):
                    raise self._no(f"it has committed to the bin {digest.hex()}, which is none")
                entries[key] = page
                last = key
            self._bins[digest, number] = entries
        return entries

    def page(self, subject: Subject) -> tuple[bytes, list[Line], int] | None:
        """The subject's page at the head: its sha256, its lines, its length. None if it is proven absent."""
        key = subject.key
        lower = self._node(self._node(self._index_root())[key[0]])
        digest = self._bin(lower[key[1]], key[:2]).get(key)
        if digest is None:
            return None
        data = self._bundle.content("page", digest)
        if hashlib.sha256(data).digest() != digest:
            raise self._no(f"the page of {subject} has another sha256 than the index says")
        try:
            lines = pages.parse_page(data, subject, self.head.origin)
        except pages.NoPage as reason:
            raise self._no(f"it has committed to a page of {subject} that is none: {reason}") from reason
        last = lines[-1]
        if last.place >= self.head.size or self._leaf(last.place) != merkle.leaf_hash(last.data):
            raise self._no(f"it has committed to a page of {subject} whose last record is not in the log")
        return digest, lines, len(data)


def _unpack(data: bytes, count: int) -> list[bytes] | None:
    """A bundle's entries, each behind two bytes of length, if it has exactly so many."""
    entries, at = [], 0
    for _ in range(count):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            return None
        entries.append(data[start:at])
    return entries if at == len(data) else None
