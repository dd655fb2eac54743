"""A policy: whose logs are believed, and which witnesses must have seen a head.

Sources: C2SP tlog-policy; docs/log.md, *Formats of others*; docs/manifest.md, *logs.policy*. A line each:

    log VKEY [URL]
    witness NAME VKEY [URL]
    group NAME all|any|NUMBER MEMBER…
    quorum NAME|none
"""

from dataclasses import dataclass, field

from . import notes
from .names import decimal, is_origin
from .notes import Key
from .verdict import Malformed

MAX_BYTES = 262_144
MAX_EACH = 256
"""Of logs, of witnesses, of groups."""


@dataclass(slots=True)
class Policy:
    """`quorum` is the name of a witness or a group; None asks for no cosignature."""

    logs: list[Key] = field(default_factory=list)
    witnesses: dict[str, Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str | None = None

    def keys_of(self, origin: str) -> list[Key]:
        return [key for key in self.logs if key.name == origin]

    def reaches_quorum(self, cosigners: set[Key]) -> bool:
        return self.quorum is None or self._has_seen(self.quorum, cosigners)

    def _has_seen(self, name: str, cosigners: set[Key]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name] in cosigners
        threshold, members = self.groups[name]
        return sum(self._has_seen(member, cosigners) for member in members) >= threshold


class _Reader:
    """Takes a policy line by line; names are known only behind their definition."""

    def __init__(self) -> None:
        self.policy = Policy()
        self.publics: set[bytes] = set()
        self.members: set[str] = set()
        self.has_quorum = False

    def line(self, words: list[str]) -> bool:
        """Whether the line is one that may stand here."""
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                return self._log(vkey)
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                return self._witness(name, vkey)
            case ["group", name, threshold, *members]:
                return self._group(name, threshold, members)
            case ["quorum", name] if not self.has_quorum:
                self.has_quorum = True
                self.policy.quorum = None if name == "none" else name
                return name == "none" or self._is_defined(name)
        return False

    def _key(self, vkey: str, kind: int) -> Key | None:
        key = notes.parse_vkey(vkey)
        if key is None or key.kind != kind or key.public in self.publics:
            return None
        self.publics.add(key.public)
        return key

    def _log(self, vkey: str) -> bool:
        key = self._key(vkey, notes.LOG)
        if key is None or not is_origin(key.name) or len(self.policy.logs) == MAX_EACH:
            return False
        self.policy.logs.append(key)
        return True

    def _witness(self, name: str, vkey: str) -> bool:
        key = self._key(vkey, notes.COSIGNER)
        if key is None or not self._is_free(name) or len(self.policy.witnesses) == MAX_EACH:
            return False
        self.policy.witnesses[name] = key
        return True

    def _group(self, name: str, threshold: str, members: list[str]) -> bool:
        words: dict[str, int | None] = {"all": len(members), "any": 1}
        number = words.get(threshold, decimal(threshold, MAX_BYTES))
        if number is None or not 1 <= number <= len(members):
            return False
        if not self._is_free(name) or len(self.policy.groups) == MAX_EACH:
            return False
        for member in members:
            if not self._is_defined(member) or member in self.members:
                return False
            self.members.add(member)
        self.policy.groups[name] = (number, members)
        return True

    def _is_defined(self, name: str) -> bool:
        return name in self.policy.witnesses or name in self.policy.groups

    def _is_free(self, name: str) -> bool:
        return name != "none" and not self._is_defined(name)


def parse_policy(data: bytes) -> Policy:
    if len(data) > MAX_BYTES:
        raise Malformed("the policy is too long")
    if any(byte < 0x20 and byte not in b"\t\n" or byte == 0x7F for byte in data):
        raise Malformed("the policy holds a control character")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Malformed("the policy is not UTF-8") from error
    if text and not text.endswith("\n"):
        raise Malformed("the policy's last line does not end")
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if words and not words[0].startswith("#") and not reader.line(words):
            raise Malformed(f"line {number} of the policy is none that may stand there")
    if not reader.has_quorum:
        raise Malformed("the policy has no quorum line")
    return reader.policy
