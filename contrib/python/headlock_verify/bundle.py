"""Bundles (docs/bundle.md): the files that verifying one lock reads, in one file.

    headlock bundle 1
    LENGTH NAME
    …
    (an empty line)
    the bytes of all files, one behind the other
"""

import hashlib
from pathlib import Path

from . import files
from .names import decimal
from .verdict import Malformed, No, Unchecked

MAX_LINE = 512
MAX_FILES = 2_097_152
MAX_TOTAL = 1_099_511_627_776

_FIRST_LINE = b"headlock bundle 1\n"


class Bundle:
    """Hands out files by name, and remembers which nobody has asked for."""

    def __init__(self, data: bytes, places: dict[str, tuple[int, int]]) -> None:
        self._data = data
        self._places = places
        self.unread = set(places)

    def find(self, name: str) -> bytes | None:
        place = self._places.get(name)
        if place is None:
            return None
        self.unread.discard(name)
        return self._data[place[0] : place[1]]

    def read(self, name: str) -> bytes:
        data = self.find(name)
        if data is None:
            raise Unchecked(f"the bundle has no {name}")
        return data

    def content(self, folder: str, digest: bytes) -> bytes:
        """A file of `index/`, `bin/` or `page/`, of whichever log."""
        text = digest.hex()
        return self.read(f"content/{folder}/{text[:2]}/{text}")

    def solver(self, digest: str) -> bytes | None:
        """The component of this sha256, if the bundle carries it: then it is checked, used or not."""
        name = f"solver/{digest}"
        component = self.find(name)
        if component is not None and hashlib.sha256(component).hexdigest() != digest:
            raise No(f"{name} in the bundle has another sha256")
        return component

    def check_all_read(self) -> None:
        if self.unread:
            raise No(f"the bundle has {min(self.unread)}, which nothing asked for")


def read_bundle(path: Path) -> Bundle:
    data = files.read(path, "the bundle", missing=Unchecked)
    if not data.startswith(_FIRST_LINE):
        raise Malformed("the bundle does not begin with its form")
    at = len(_FIRST_LINE)
    lengths: dict[str, int] = {}
    last = ""
    while True:
        end = data.find(b"\n", at, at + MAX_LINE)
        if end < 0:
            raise Malformed("the bundle's list has a line that does not end")
        line, at = data[at:end], end + 1
        if not line:
            break
        length, name = _parse_line(line)
        if name <= last:
            raise Malformed(f"{name} stands where it may not in the bundle's list")
        if len(lengths) == MAX_FILES:
            raise Malformed("the bundle has too many files")
        lengths[name] = length
        last = name

    places = {}
    for name, length in lengths.items():
        places[name] = (at, at + length)
        at += length
    if at != len(data):
        raise Malformed("the bundle has another length than its list says")
    return Bundle(data, places)


def _parse_line(line: bytes) -> tuple[int, str]:
    if not all(0x20 <= byte <= 0x7E for byte in line):
        raise Malformed("the bundle's list holds another character than it may")
    length, space, name = line.decode("ascii").partition(" ")
    number = decimal(length, MAX_TOTAL)
    if number is None or not name or " " in name:
        raise Malformed("the bundle's list has a line that is none")
    return number, name
