"""Pages: all records of one subject, each naming the page before it (docs/log.md, *Pages*).

    PLACE RECORD LF
    …
"""

import hashlib
from dataclasses import dataclass

from . import ed25519, records
from .names import MAX_NUMBER, decimal
from .notes import Key
from .records import Handover, Maintainers, Mention, Peer, Record, Release, Sync, Unpeer
from .versions import Version

MAX_BYTES = 16_777_216


class NoPage(Exception):
    """The bytes are no page of the subject, for the stated reason."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a page is about: `kind` is `package`, `peers` or `peer`, `name` a package's name or an origin."""

    kind: str
    name: str = ""

    @property
    def key(self) -> bytes:
        """Where the index has it."""
        return hashlib.sha256(f"{self.kind}\n{self.name}".encode()).digest()

    def has(self, record: Record) -> bool:
        match record:
            case Release() | Mention() | Handover():
                return self.kind == "package" and record.package == self.name
            case Peer() | Unpeer():
                return self.kind == "peers"
            case Sync():
                return self.kind == "peer" and record.peer == self.name
        return False

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class Line:
    place: int
    record: Record
    data: bytes


def parse_page(data: bytes, subject: Subject, origin: str) -> list[Line]:
    """The page's lines, of the log of `origin`; `NoPage` if it fails one of the checks of whoever reads a page."""
    if not 1 <= len(data) <= MAX_BYTES:
        raise NoPage("it is empty or too long")
    if not data.isascii() or not data.endswith(b"\n"):
        raise NoPage("it is not ASCII, or does not end in LF")
    before = hashlib.sha256()
    lines: list[Line] = []
    for whole in data[:-1].split(b"\n"):
        text, space, record_bytes = whole.partition(b" ")
        place = decimal(text.decode("ascii"), MAX_NUMBER - 1)
        if place is None or not space or (lines and place <= lines[-1].place):
            raise NoPage("a line's place is none, or not beyond the one before")
        try:
            record = records.parse_record(record_bytes)
        except records.NoRecord as reason:
            raise NoPage(f"the line at place {place} is no record: {reason}") from reason
        if not subject.has(record):
            raise NoPage(f"the record at place {place} is of another subject")
        assert not isinstance(record, records.Epoch)
        if record.prev != (before.hexdigest() if lines else None):
            raise NoPage(f"the record at place {place} follows another page")
        before.update(whole + b"\n")
        lines.append(Line(place, record, record_bytes))
    _check_signed(lines, origin)
    return lines


def _check_signed(lines: list[Line], origin: str) -> None:
    """Each release and change of maintainers, void or not, is signed by those whom the package has before it,
    and by those whom it names (docs/log.md, *Maintainers*)."""
    current: Maintainers | None = None
    is_released = False
    for line in lines:
        record = line.record
        if not isinstance(record, Release | Handover):
            continue
        if isinstance(record, Release):
            if is_released and record.maintainers is not None:
                raise NoPage(f"the release at place {line.place} names maintainers, and is not the first")
            is_released = True
        elif not is_released:
            raise NoPage(f"the record at place {line.place} names maintainers of what was never released")
        asked = [those for those in (current, record.maintainers) if those is not None]
        signers = _signers(line, record.signatures, asked, origin)
        for those in asked:
            signed = sum(key.public in signers for key in those.keys)
            if signed < those.threshold:
                raise NoPage(
                    f"the record at place {line.place} is signed by {signed} of its package's maintainers,"
                    f" and {those.threshold} must"
                )
        current = record.maintainers or current


def _signers(
    line: Line, signatures: tuple[bytes, ...], asked: list[Maintainers], origin: str
) -> set[bytes]:
    """The public keys that have signed a record, each of which must be one of those that are asked."""
    keys = {key for those in asked for key in those.keys}
    text = records.signed_text(origin, line.data)
    signers: set[bytes] = set()
    for signature in signatures:
        candidates = {key.public for key in keys if key.id == signature[:4]}
        held = {public for public in candidates if ed25519.verify(public, text, signature[4:])}
        if not held or held & signers:
            raise NoPage(f"the record at place {line.place} has a signature that may not stand there")
        signers |= held
    return signers


@dataclass(slots=True)
class PublishedRelease:
    """A release as its page has it at the end: its record's place, and whether it is yanked."""

    place: int
    record: Release
    yanked: bool = False


def releases(lines: list[Line]) -> list[PublishedRelease]:
    """What a package's page says: its releases, ascending by precedence. Void records change nothing."""
    published: dict[Version, PublishedRelease] = {}
    for line in lines:
        match line.record:
            case Release() as release:
                published.setdefault(release.version, PublishedRelease(line.place, release))
            case Mention() as mention if mention.version in published:
                published[mention.version].yanked = mention.yanks
    return sorted(published.values(), key=lambda release: release.record.version.key)


def maintainers(lines: list[Line]) -> Maintainers | None:
    """Those whom a package has at the end of its page, if it has any."""
    for line in reversed(lines):
        if isinstance(line.record, Release | Handover) and line.record.maintainers is not None:
            return line.record.maintainers
    return None


def peers(lines: list[Line], origin: str) -> dict[str, Peer]:
    """What the page about the peers of the log of `origin` says: the last word on each other log."""
    named: dict[str, Peer] = {}
    for line in lines:
        match line.record:
            case Peer() as peer if peer.peer != origin:
                named[peer.peer] = peer
            case Unpeer() as unpeer:
                named.pop(unpeer.peer, None)
    return named


def newest_head(lines: list[Line], keys: tuple[Key, ...]) -> Sync | None:
    """The last head under the id of one of the peer's keys, its signature not checked."""
    ids = {key.id for key in keys}
    for line in reversed(lines):
        if isinstance(line.record, Sync) and line.record.signature[:4] in ids:
            return line.record
    return None
