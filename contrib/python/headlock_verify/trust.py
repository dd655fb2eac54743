"""The trust file (docs/manifest.md, *trust.toml*): whose word counts, and which solvers are accepted."""

import re
from dataclasses import dataclass
from pathlib import Path

from . import files, notes, policy, tables
from .names import is_digest, is_origin, is_package
from .notes import Key
from .policy import Policy
from .urls import is_place
from .verdict import Malformed, Unchecked
from .versions import Requirement, parse_range

MAX_BYTES = 1 << 20
MAX_ATTESTERS = 64

_AGE = re.compile(r"([0-9]+)([smhd])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """Solvers are accepted that this registry has published as this package, in a version of the range."""

    registry: str
    package: str
    versions: Requirement


@dataclass(slots=True)
class Trust:
    """Where logs are served and how old a head may be when it is pinned are not for a bundle to ask, nor
    whose attestations count."""

    policy: Policy
    vouching: set[str]
    retired: list[Key]
    solvers: set[str]
    rules: list[Rule]


def read_trust(path: Path) -> Trust:
    """The trust file and the policy that it names, from its folder."""
    table = tables.parse(files.read(path, "the trust file", MAX_BYTES), "the trust file")
    logs = table.take("logs", str)
    vouching = table.take_texts("vouching")
    retired = [_retired(text) for text in table.take_texts("retired")]
    _check_age(table.take_optional("max-age", str))
    _check_urls(table.take_texts("mirrors"), path.parent)
    _check_places(table.take_table("urls"), path.parent)
    solvers, rules = _accepted(table.take_table("solvers"))
    _check_attesters(table.take_table("attesters"))
    table.end()

    if logs.endswith(("/", "/.")):
        raise Unchecked(f"the policy has a path of a folder: {logs}")
    believed = policy.parse_policy(files.read(path.parent / logs, "the policy", policy.MAX_BYTES))
    for origin in vouching:
        if not believed.keys_of(origin):
            raise Malformed(f"{origin} may vouch, and is not in the policy")
    for key in retired:
        if key in believed.logs:
            raise Malformed(f"{key.vkey} is retired, and in the policy")
    for rule in rules:
        if not believed.keys_of(rule.registry):
            raise Malformed(f"solvers are accepted from {rule.registry}, which is not in the policy")
    return Trust(believed, set(vouching), retired, solvers, rules)


def _retired(text: str) -> Key:
    key = notes.parse_vkey(text)
    if key is None or key.kind != notes.LOG:
        raise Malformed("a retired key is no key of a log")
    return key


def _check_age(age: str | None) -> None:
    match = None if age is None else _AGE.fullmatch(age)
    if age is not None and (match is None or _seconds(match[1], match[2]) >= 2**64):
        raise Malformed("`max-age` is no age")


def _seconds(number: str, unit: str) -> int:
    digits = number.lstrip("0") or "0"
    return 2**64 if len(digits) > 20 else int(digits) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[unit]


def _check_places(places: tables.Table | None, folder: Path) -> None:
    """[urls]: where a log is served is no matter of trust, but must be a place."""
    if places is None:
        return
    for origin in list(places.fields):
        urls = places.take_texts(origin)
        if not is_origin(origin) or not urls:
            raise Malformed("[urls] names what is no origin, or no place for one")
        _check_urls(urls, folder)


def _check_urls(urls: list[str], folder: Path) -> None:
    for url in urls:
        if not is_place(url, folder):
            raise Malformed("the trust file has a URL that names no registry")


def _accepted(solvers: tables.Table | None) -> tuple[set[str], list[Rule]]:
    """Those accepted by their sha256, and the rules."""
    if solvers is None:
        return set(), []
    accepted = solvers.take_texts("accept")
    rules = [_rule(table) for table in solvers.take_tables("published")]
    solvers.end()
    if not all(is_digest(text) for text in accepted):
        raise Malformed("an accepted solver is no sha256")
    if len(set(rules)) != len(rules):
        raise Malformed("a rule on solvers stands twice")
    return set(accepted), rules


def _rule(table: tables.Table) -> Rule:
    registry, package = table.take("registry", str), table.take("package", str)
    versions = parse_range(table.take("versions", str))
    table.end()
    if not is_origin(registry) or not is_package(package) or versions is None:
        raise Malformed(f"{table.what} is no rule")
    return Rule(registry, package, versions)


def _check_attesters(attesters: tables.Table | None) -> None:
    """[attesters] (docs/attestation.md): each key is an attester, and so is each group of keys."""
    if attesters is None:
        return
    threshold, alone = attesters.take("threshold", int), _attesters(attesters, "keys")
    groups = attesters.take_table("groups") or tables.Table({}, "no groups")
    attesters.end()
    members = {name: _attesters(groups, name) for name in list(groups.fields)}
    if not all(name and keys for name, keys in members.items()):
        raise Malformed("a group of attesters has no name or no keys")
    keys = alone + [key for group in members.values() for key in group]
    if (
        len(keys) > MAX_ATTESTERS
        or len({key.public for key in keys}) != len(keys)
        or len({key.hint for key in keys}) != len(keys)
        or any(key.hint in members for key in alone)
    ):
        raise Malformed("there are too many attesters' keys, or two that are the same")
    if not 1 <= threshold <= len(alone) + len(members):
        raise Malformed("so many attesters there cannot be")


def _attesters(table: tables.Table, name: str) -> list[Key]:
    keys = [notes.parse_vkey(text) for text in table.take_texts(name)]
    known = [key for key in keys if key is not None and key.kind == notes.LOG]
    if len(known) != len(keys):
        raise Malformed("an attester's key is none")
    return known
