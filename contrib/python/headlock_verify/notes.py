"""Signed notes, the keys that sign them, and checkpoints.

Sources: C2SP signed-note, tlog-checkpoint and tlog-cosignature; docs/log.md, *Formats of others*, which
is stricter. A note:

    TEXT, one or more lines
    (an empty line)
    — KEY NAME BASE64(4 bytes of key id, then the signature)
    …
"""

import hashlib
import unicodedata
from dataclasses import dataclass

from . import ed25519
from .names import MAX_NUMBER, decimal, decode_base64, encode_base64, is_origin

MAX_NOTE = 65_536
MAX_SIGNATURES = 100
MAX_NAME = 255
MAX_VKEY = 512

LOG = 1
"""Signature type of a log's own Ed25519 key."""

COSIGNER = 4
"""Signature type of a timestamped Ed25519 cosignature."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key with its name, of type `LOG` or `COSIGNER`."""

    name: str
    id: bytes
    kind: int
    public: bytes

    @property
    def hint(self) -> str:
        """The beginning of the vkey, name and id."""
        return f"{self.name}+{self.id.hex()}"

    @property
    def vkey(self) -> str:
        return f"{self.hint}+{encode_base64(bytes([self.kind]) + self.public)}"

    def holds(self, text: bytes, signature: bytes) -> bool:
        """Whether `signature`, without the key id, is this key's of the note text."""
        if self.kind == LOG:
            return ed25519.verify(self.public, text, signature)
        if len(signature) != 72:
            return False
        time = int.from_bytes(signature[:8], "big")
        message = b"cosignature/v1\ntime %d\n%b" % (time, text)
        return time <= MAX_NUMBER and ed25519.verify(self.public, message, signature[8:])


def is_key_name(text: str) -> bool:
    return (
        0 < len(text.encode()) <= MAX_NAME
        and "+" not in text
        and not any(c.isspace() or unicodedata.category(c) == "Cc" for c in text)
    )


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def parse_vkey(text: str) -> Key | None:
    """NAME+ID+BASE64, the id being 8 hexadecimal digits."""
    if len(text.encode()) > MAX_VKEY:
        return None
    parts = text.split("+", 2)
    if len(parts) != 3 or not is_key_name(parts[0]):
        return None
    data = decode_base64(parts[2])
    if data is None or len(data) != 33 or data[0] not in (LOG, COSIGNER):
        return None
    name, kind, public = parts[0], data[0], data[1:]
    identity = key_id(name, kind, public)
    if parts[1] != identity.hex() or not ed25519.is_key(public):
        return None
    return Key(name, identity, kind, public)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line: who signed, by name and key id, and the signature itself (at least one byte)."""

    name: str
    id: bytes
    body: bytes

    def is_by(self, key: Key) -> bool:
        return (self.name, self.id) == (key.name, key.id)


def parse_signature(line: str) -> Signature | None:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not is_key_name(parts[1]):
        return None
    data = decode_base64(parts[2])
    if data is None or len(data) < 5:
        return None
    return Signature(parts[1], data[:4], data[4:])


def signature_line(name: str, data: bytes) -> str:
    """The line of a signature whose key id and body are `data`."""
    return f"— {name} {encode_base64(data)}"


@dataclass(frozen=True, slots=True)
class Head:
    """What a log was at one size: the three lines of a checkpoint."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n".encode()

    def __str__(self) -> str:
        return f"{self.origin} at size {self.size}"


def parse_note(note: bytes) -> tuple[bytes, list[Signature]] | None:
    """The note's text, its last LF included, and its signatures, none of them checked."""
    if len(note) > MAX_NOTE or any(byte < 0x20 and byte != 0x0A for byte in note):
        return None
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        return None
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not text or not lines.endswith("\n"):
        return None
    signatures = [parse_signature(line) for line in lines[:-1].split("\n")]
    if len(signatures) > MAX_SIGNATURES or any(signature is None for signature in signatures):
        return None
    return (text + "\n").encode(), [signature for signature in signatures if signature is not None]


def parse_head(text: bytes) -> Head | None:
    """A checkpoint's text: exactly three lines."""
    lines = text.decode().split("\n")
    if len(lines) != 4 or lines[3] or not is_origin(lines[0]):
        return None
    size, root = decimal(lines[1], MAX_NUMBER), decode_base64(lines[2])
    if size is None or root is None or len(root) != 32:
        return None
    return Head(lines[0], size, root)
