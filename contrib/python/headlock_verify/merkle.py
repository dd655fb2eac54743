"""RFC 6962's Merkle tree (section 2.1) over sha256."""

import hashlib


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def row_root(hashes: list[bytes]) -> bytes:
    """The root of the full subtree that stands on these hashes, a power of two of them."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def split(data: bytes) -> list[bytes]:
    """Hashes that stand end to end."""
    return [data[i : i + 32] for i in range(0, len(data), 32)]


def join_from_right(roots: list[bytes]) -> bytes:
    """The root of a tree out of those of its full subtrees, largest first."""
    result = roots[-1]
    for root in reversed(roots[:-1]):
        result = node_hash(root, result)
    return result
