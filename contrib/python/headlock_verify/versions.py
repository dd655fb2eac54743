"""Semantic versions, and requirements as the Rust crate `semver` (1.0) reads and writes them.

Sources: https://semver.org (2.0.0), https://docs.rs/semver/1.0.28/semver/ (operators of `Op`, the
pre-release rule of `VersionReq::matches`, the order of `BuildMetadata`), docs/log.md (*Requirement*).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_NUMBER = r"(?:0|[1-9][0-9]*)"
_PRE = r"(?:(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)"
_BUILD = r"(?:[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)"
_VERSION = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PRE}))?(?:\+({_BUILD}))?", re.ASCII)
_COMPARATOR = re.compile(
    rf"(=|>=|>|<=|<|~|\^)({_NUMBER})(?:\.({_NUMBER})(?:\.({_NUMBER})(?:-({_PRE}))?)?)?"
    rf"|({_NUMBER})(?:\.({_NUMBER}))?\.\*",
    re.ASCII,
)
_READ = re.compile(
    rf"(=|>=|>|<=|<|~|\^)? *(?:({_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PRE})?)(?:\+{_BUILD})?"
    rf"|({_NUMBER}(?:\.{_NUMBER})?)((?:\.[*xX])*))",
    re.ASCII,
)
_HIGHEST = 2**64 - 1
_DIGITS = len(str(_HIGHEST))

MAX_COMPARATORS = 32


def _number(text: str) -> int | None:
    """A number of a version, if it fits 64 bits."""
    return int(text) if len(text) <= _DIGITS and int(text) <= _HIGHEST else None


def _pre_key(pre: str) -> tuple:
    """Orders pre-releases; none is the highest. Numbers are below words, and have any length."""
    if not pre:
        return (1,)
    return (0, tuple((0, len(part), part) if part.isdigit() else (1, 0, part) for part in pre.split(".")))


def _build_key(build: str) -> tuple:
    """Orders build metadata: part by part, numbers below words, by value, then by leading zeros."""
    key = []
    for part in build.split("."):
        if part.isdigit() or not part:
            value = part.lstrip("0")
            key.append((0, len(value), value, len(part)))
        else:
            key.append((1, 0, part, 0))
    return tuple(key)


@dataclass(frozen=True, slots=True)
class Version:
    """A semantic version. `key` orders versions by precedence, build metadata last."""

    text: str
    numbers: tuple[int, int, int]
    pre: str
    pre_key: tuple
    key: tuple

    @property
    def track(self) -> tuple[int, ...]:
        """Which of a package's tracks it is on (docs/resolution.md, *Track*)."""
        major, minor, patch = self.numbers
        if major:
            return (major,)
        return (0, minor) if minor else (0, 0, patch)


@lru_cache(maxsize=1 << 18)
def parse_version(text: str) -> Version | None:
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    major, minor, patch = (_number(part) for part in match.group(1, 2, 3))
    if major is None or minor is None or patch is None:
        return None
    pre, build = match.group(4) or "", match.group(5) or ""
    pre_key = _pre_key(pre)
    numbers = (major, minor, patch)
    return Version(text, numbers, pre, pre_key, (*numbers, pre_key, _build_key(build)))


@dataclass(frozen=True, slots=True)
class Comparator:
    """One comparison. `operator` is `*` for `N.*` and `N.N.*`; parts that are not stated are None."""

    operator: str
    major: int
    minor: int | None
    patch: int | None
    pre: str
    pre_key: tuple

    def matches(self, version: Version) -> bool:
        """Whether it holds, the pre-release rule aside."""
        match self.operator:
            case "=" | "*":
                return self._equal(version)
            case ">":
                return self._beyond(version) > 0
            case ">=":
                return self._equal(version) or self._beyond(version) > 0
            case "<":
                return self._beyond(version) < 0
            case "<=":
                return self._equal(version) or self._beyond(version) < 0
            case "~":
                return self._tilde(version)
            case _:
                return self._caret(version)

    def _equal(self, version: Version) -> bool:
        stated = zip((self.major, self.minor, self.patch), version.numbers)
        return all(mine is None or mine == its for mine, its in stated) and version.pre == self.pre

    def _beyond(self, version: Version) -> int:
        """Whether the version is above (1) or below (-1) what is stated, or neither (0)."""
        for mine, its in zip((self.major, self.minor, self.patch), version.numbers):
            if mine is None:
                return 0
            if its != mine:
                return 1 if its > mine else -1
        return (version.pre_key > self.pre_key) - (version.pre_key < self.pre_key)

    def _tilde(self, version: Version) -> bool:
        major, minor, patch = version.numbers
        if major != self.major or (self.minor is not None and minor != self.minor):
            return False
        if self.patch is not None and patch != self.patch:
            return patch > self.patch
        return version.pre_key >= self.pre_key

    def _caret(self, version: Version) -> bool:
        major, minor, patch = version.numbers
        if major != self.major:
            return False
        if self.minor is None:
            return True
        if self.patch is None:
            return minor >= self.minor if self.major else minor == self.minor
        if self.major:
            if minor != self.minor:
                return minor > self.minor
            if patch != self.patch:
                return patch > self.patch
        elif self.minor:
            if minor != self.minor:
                return False
            if patch != self.patch:
                return patch > self.patch
        elif minor != self.minor or patch != self.patch:
            return False
        return version.pre_key >= self.pre_key

    def admits_pre_releases_of(self, version: Version) -> bool:
        return bool(self.pre) and (self.major, self.minor, self.patch) == version.numbers


@dataclass(frozen=True, slots=True)
class Requirement:
    """A range of versions, in its one form. No comparators is `*`."""

    text: str
    comparators: tuple[Comparator, ...]

    def matches(self, version: Version) -> bool:
        """A pre-release only where a comparator states one of the very same version."""
        if not all(comparator.matches(version) for comparator in self.comparators):
            return False
        return not version.pre or any(c.admits_pre_releases_of(version) for c in self.comparators)


def _parse_comparator(text: str) -> Comparator | None:
    match = _COMPARATOR.fullmatch(text)
    if match is None:
        return None
    operator, *stated, pre, wild_major, wild_minor = match.groups()
    if operator is None:
        operator, stated = "*", [wild_major, wild_minor, None]
    numbers = [None if part is None else _number(part) for part in stated]
    if any(part is not None and number is None for part, number in zip(stated, numbers)):
        return None
    major, minor, patch = numbers
    assert major is not None
    return Comparator(operator, major, minor, patch, pre or "", _pre_key(pre or ""))


@lru_cache(maxsize=1 << 16)
def parse_requirement(text: str) -> Requirement | None:
    """The requirement, if it is written as the crate would write it."""
    if text == "*":
        return Requirement(text, ())
    parts = text.split(", ")
    if len(parts) > MAX_COMPARATORS:
        return None
    comparators = [_parse_comparator(part) for part in parts]
    if any(comparator is None for comparator in comparators):
        return None
    return Requirement(text, tuple(c for c in comparators if c is not None))


def _in_its_form(text: str) -> str | None:
    """A comparator that cargo reads, as the crate writes it."""
    match = _READ.fullmatch(text.strip(" "))
    if match is None:
        return None
    operator, whole, begun, wild = match.groups()
    if whole is not None:
        return (operator or "^") + whole
    if (begun + wild).count(".") > 2:
        return None
    return f"{begun}.*" if wild and operator is None else (operator or "^") + begun


def parse_range(text: str) -> Requirement | None:
    """The requirement that cargo reads, in whatever form: `1`, `= 1.2`, `1.x`, `>=1,<2`."""
    if text.strip(" ") in ("*", "x", "X"):
        return parse_requirement("*")
    parts = [_in_its_form(part) for part in text.split(",")]
    return None if None in parts else parse_requirement(", ".join(part for part in parts if part))
