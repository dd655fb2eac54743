"""Records of a log, in their one encoding (docs/log.md, *Records*).

A text is a record if writing again what was read gives the same bytes. That is checked in two halves:
the JSON is spelt in the one way (`_load`), and each member stands where its table has it, with a value
in its order and range (`_Object` and the functions that use it).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import notes
from .names import MAX_NUMBER, decode_base64, is_digest, is_feature, is_origin, is_package
from .versions import Requirement, Version, parse_requirement, parse_version

MAX_BYTES = 65_535
MAX_URL = 2_048
MAX_KEYS = 8
MAX_MAINTAINERS = 16
MAX_SIGNATURES = 32
_MAX_32 = 2**32 - 1


class NoRecord(Exception):
    """The text is no record, for the stated reason."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """`registry` is None for the release's own; `content` is None where any is accepted."""

    registry: str | None
    package: str
    requirement: Requirement
    content: str | None
    optional: bool
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feature:
    """`additions` are places among the release's dependencies, each with further features."""

    name: str
    includes: tuple[str, ...]
    additions: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Maintainers:
    """Keys, and how many of them must sign."""

    threshold: int
    keys: tuple[notes.Key, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """`maintainers` is None where it names none. Each of `signatures` is 4 bytes of key id and 64 of Ed25519."""

    package: str
    version: Version
    content: str
    exclusives: tuple[str, ...]
    dependencies: tuple[Dependency, ...]
    features: tuple[Feature, ...]
    maintainers: Maintainers | None
    prev: str | None
    signatures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A yank, or the taking back of one."""

    package: str
    version: Version
    yanks: bool
    prev: str | None


@dataclass(frozen=True, slots=True)
class Handover:
    """The package has these maintainers from now on."""

    package: str
    maintainers: Maintainers
    prev: str | None
    signatures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Peer:
    """`packages` is None where all may be depended on, `depth` where there is no limit."""

    peer: str
    keys: tuple[notes.Key, ...]
    url: str
    packages: tuple[str, ...] | None
    depth: int | None
    prev: str | None


@dataclass(frozen=True, slots=True)
class Unpeer:
    peer: str
    prev: str | None


@dataclass(frozen=True, slots=True)
class Sync:
    """`signature` is 4 bytes of key id and 64 of Ed25519."""

    peer: str
    head: notes.Head
    signature: bytes
    prev: str | None


@dataclass(frozen=True, slots=True)
class Epoch:
    index: bytes


Record = Release | Mention | Handover | Peer | Unpeer | Sync | Epoch


class _Object:
    """A JSON object whose members are taken in the one order in which they may stand."""

    def __init__(self, value: Any) -> None:
        if type(value) is not dict:
            raise NoRecord("something is no object")
        self.members = list(value.items())
        self.at = 0

    def take(self, name: str) -> Any:
        """The next member, which has this name."""
        value = self.take_optional(name)
        if value is None:
            raise NoRecord(f"`{name}` is not where it should be")
        return value

    def take_optional(self, name: str) -> Any:
        """The next member if it has this name; None cannot be written, for there is no `null`."""
        if self.at < len(self.members) and self.members[self.at][0] == name:
            self.at += 1
            value = self.members[self.at - 1][1]
            if value is None:
                raise NoRecord(f"`{name}` is null")
            return value
        return None

    def text(self, name: str, is_one: Any) -> str:
        value = self.take(name)
        if type(value) is not str or not is_one(value):
            raise NoRecord(f"`{name}` is none")
        return value

    def optional_text(self, name: str, is_one: Any) -> str | None:
        value = self.take_optional(name)
        if value is not None and (type(value) is not str or not is_one(value)):
            raise NoRecord(f"`{name}` is none")
        return value

    def texts(self, name: str, is_one: Any) -> tuple[str, ...]:
        """A list of texts, ascending, left out if empty."""
        value = self.take_optional(name)
        if value is None:
            return ()
        if type(value) is not list or not value:
            raise NoRecord(f"`{name}` is no list, or an empty one")
        last = ""
        for text in value:
            if type(text) is not str or not is_one(text) or text <= last:
                raise NoRecord(f"`{name}` has an entry that may not stand there")
            last = text
        return tuple(value)

    def objects(self, name: str) -> list[Any]:
        """A list, left out if empty."""
        value = self.take_optional(name)
        if value is None:
            return []
        if type(value) is not list or not value:
            raise NoRecord(f"`{name}` is no list, or an empty one")
        return value

    def prev(self) -> str | None:
        return self.optional_text("prev", is_digest)

    def version(self) -> Version:
        value = self.take("version")
        version = parse_version(value) if type(value) is str else None
        if version is None:
            raise NoRecord("`version` is none")
        return version

    def end(self) -> None:
        if self.at != len(self.members):
            raise NoRecord(f"`{self.members[self.at][0]}` is not where it should be")


def _number(value: Any, highest: int) -> int:
    if type(value) is not int or not 0 <= value <= highest:
        raise NoRecord("a number is none, or too large")
    return value


def _dependency(value: Any) -> Dependency:
    members = _Object(value)
    registry = members.optional_text("registry", is_origin)
    package = members.text("package", is_package)
    text = members.take("requirement")
    requirement = parse_requirement(text) if type(text) is str else None
    if requirement is None:
        raise NoRecord("`requirement` is none")
    content = members.optional_text("content", is_digest)
    optional = members.take_optional("optional")
    if optional is not None and optional is not True:
        raise NoRecord("`optional` is not true")
    features = members.texts("features", is_feature)
    members.end()
    return Dependency(registry, package, requirement, content, optional is True, features)


def _dependency_order(dependency: Dependency) -> tuple:
    """Absent before present: an empty text is no origin and no digest."""
    return (
        dependency.registry or "",
        dependency.package,
        dependency.requirement.text,
        dependency.content or "",
        dependency.optional,
        dependency.features,
    )


def _dependencies(values: list[Any]) -> tuple[Dependency, ...]:
    dependencies = tuple(_dependency(value) for value in values)
    if len(dependencies) > 1:
        keys = [_dependency_order(dependency) for dependency in dependencies]
        if any(keys[i] >= keys[i + 1] for i in range(len(keys) - 1)):
            raise NoRecord("dependencies are not ascending")
    return dependencies


def _feature(value: Any, dependencies: int) -> Feature:
    members = _Object(value)
    name = members.text("name", is_feature)
    includes = members.texts("includes", is_feature)
    additions = []
    last = -1
    for addition in members.objects("additions"):
        inner = _Object(addition)
        place = _number(inner.take("dependency"), _MAX_32)
        if not last < place < dependencies:
            raise NoRecord("an addition's dependency may not stand there")
        additions.append((place, inner.texts("features", is_feature)))
        inner.end()
        last = place
    members.end()
    return Feature(name, includes, tuple(additions))


def _features(values: list[Any], dependencies: int) -> tuple[Feature, ...]:
    features = tuple(_feature(value, dependencies) for value in values)
    if any(features[i].name >= features[i + 1].name for i in range(len(features) - 1)):
        raise NoRecord("features are not ascending")
    return features


def _release(members: _Object) -> Release:
    package = members.text("package", is_package)
    version = members.version()
    content = members.text("content", is_digest)
    exclusives = members.texts("exclusives", is_feature)
    dependencies = _dependencies(members.objects("dependencies"))
    features = _features(members.objects("features"), len(dependencies))
    named = members.take_optional("maintainers")
    maintainers = None if named is None else _maintainers(named)
    prev, signatures = members.prev(), _signatures(members)
    return Release(
        package, version, content, exclusives, dependencies, features, maintainers, prev, signatures
    )


def parse_maintainers(threshold: int, texts: Sequence[str]) -> Maintainers | None:
    """The maintainers that these vkeys are, if they are in order and may stand together."""
    keys = [notes.parse_vkey(text) for text in texts]
    known = tuple(key for key in keys if key is not None and key.kind == notes.LOG and is_origin(key.name))
    if (
        not 1 <= threshold <= len(keys) <= MAX_MAINTAINERS
        or len(known) != len(keys)
        or any(texts[i] >= texts[i + 1] for i in range(len(texts) - 1))
        or len({key.public for key in known}) != len(known)
        or len({key.id for key in known}) != len(known)
    ):
        return None
    return Maintainers(threshold, known)


def _maintainers(value: Any) -> Maintainers:
    members = _Object(value)
    threshold = _number(members.take("threshold"), _MAX_32)
    maintainers = parse_maintainers(threshold, members.texts("keys", lambda text: True))
    if maintainers is None:
        raise NoRecord("`maintainers` are none")
    members.end()
    return maintainers


def _signatures(members: _Object) -> tuple[bytes, ...]:
    texts = members.texts("signatures", lambda text: True)
    if len(texts) > MAX_SIGNATURES:
        raise NoRecord("there are too many signatures")
    return tuple(_signature(text) for text in texts)


def _signature(text: Any) -> bytes:
    """4 bytes of key id and 64 of Ed25519."""
    signature = decode_base64(text) if type(text) is str else None
    if signature is None or len(signature) != 68:
        raise NoRecord("a signature is none")
    return signature


def _handover(members: _Object) -> Handover:
    package = members.text("package", is_package)
    maintainers = _maintainers(members.take("maintainers"))
    return Handover(package, maintainers, members.prev(), _signatures(members))


def signed_text(origin: str, data: bytes) -> bytes:
    """What maintainers sign of a record of the log of `origin`: `signatures`, its last member, is not in it.
    No text in a record holds a quotation mark, so only the member itself looks like it."""
    start = data.rfind(b',"signatures":[')
    record = data if start < 0 else data[:start] + b"}}"
    return b"headlock maintainers 1\n%b\n%b\n" % (origin.encode(), record)


def _mention(members: _Object, yanks: bool) -> Mention:
    return Mention(members.text("package", is_package), members.version(), yanks, members.prev())


def _is_url(text: str) -> bool:
    return 1 <= len(text) <= MAX_URL and " " not in text


def _peer(members: _Object) -> Peer:
    origin = members.text("peer", is_origin)
    texts = members.texts("keys", lambda text: True)
    keys = [notes.parse_vkey(text) for text in texts]
    if not 1 <= len(keys) <= MAX_KEYS:
        raise NoRecord("a peer has too few or too many keys")
    known = tuple(key for key in keys if key is not None and key.kind == notes.LOG and key.name == origin)
    if len(known) != len(keys):
        raise NoRecord("a peer's key is none of its own")
    url = members.text("url", _is_url)
    packages = members.texts("packages", is_package)
    depth = members.take_optional("depth")
    if depth is not None:
        depth = _number(depth, _MAX_32)
    return Peer(origin, known, url, packages or None, depth, members.prev())


def _sync(members: _Object) -> Sync:
    origin = members.text("peer", is_origin)
    size = _number(members.take("size"), MAX_NUMBER)
    if size == 0:
        raise NoRecord("a head has no size")
    root = bytes.fromhex(members.text("root", is_digest))
    signature = _signature(members.take("signature"))
    return Sync(origin, notes.Head(origin, size, root), signature, members.prev())


def _load(data: bytes) -> Any:
    """JSON spelt in the one way: no white space, no escapes, numbers as they are written again."""
    if len(data) > MAX_BYTES:
        raise NoRecord("it is too long")
    if not data.isascii() or b"\\" in data:
        raise NoRecord("it holds a character that may not stand there")
    text = data.decode("ascii")
    try:
        value = json.loads(text)
        again = json.dumps(value, separators=(",", ":"))
    except (ValueError, RecursionError) as error:
        raise NoRecord("it is no JSON") from error
    if again != text or "\x7f" in text:
        raise NoRecord("it is not in its one encoding")
    return value


def parse_record(data: bytes) -> Record:
    """The record that these bytes are; `NoRecord` if they are none."""
    outer = _Object(_load(data))
    if len(outer.members) != 1:
        raise NoRecord("it has not one member")
    kind, value = outer.members[0]
    members = _Object(value)
    record: Record
    match kind:
        case "release":
            record = _release(members)
        case "yank" | "unyank":
            record = _mention(members, kind == "yank")
        case "maintainers":
            record = _handover(members)
        case "peer":
            record = _peer(members)
        case "unpeer":
            record = Unpeer(members.text("peer", is_origin), members.prev())
        case "sync":
            record = _sync(members)
        case "epoch":
            record = Epoch(bytes.fromhex(members.text("index", is_digest)))
        case _:
            raise NoRecord("it is of no known kind")
    members.end()
    return record
