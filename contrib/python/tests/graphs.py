"""Random graphs of registries, and trust files that see them in other ways.

docs/registries.md is about what follows from pinned heads and from who knows which keys; so each graph's
lock and bundle are looked at under many trust files.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from headlock_verify import notes

from .forge import ForgedLog, make_key, seed_of, sign
from .sabotage import Case
from .worlds import needs, peer, release, sync

LETTERS = "abcdef"


def _origin(letter: str) -> str:
    return f"{letter}.example/log"


def _seeds(letter: str) -> list[bytes]:
    """Each log has two keys; with the first it signs."""
    return [seed_of(_origin(letter)), seed_of(_origin(letter) + " second")]


def make_graph(folder: Path, source: random.Random) -> None:
    """Logs that name each other as peers, with heads of each other or without."""
    logs = {letter: ForgedLog(_origin(letter), _seeds(letter)[0]) for letter in LETTERS}
    heads: dict[str, list[tuple[notes.Head, bytes]]] = {letter: [] for letter in LETTERS}
    held: dict[tuple[str, str], int] = {}
    for letter, log in logs.items():
        log.add(release(f"t:{letter}", "1.0.0"))
    for _ in range(3):
        for letter in source.sample(LETTERS, len(LETTERS)):
            log = logs[letter]
            _say(log, letter, heads, held, source)
            log.end_epoch()
            heads[letter].append((log.head(), source.choice(_seeds(letter)[:1] * 4 + _seeds(letter))))
    for letter, log in logs.items():
        head = log.head()
        second = sign(head, log.origin, _seeds(letter)[1])
        log.write(folder / letter, *([second] if source.random() < 0.2 else []))
    lines = [make_key(_origin("a"), _seeds("a")[0]).vkey + " file:a"]
    for letter in LETTERS[1:]:
        if source.random() < 0.4:
            lines.append(make_key(_origin(letter), _seeds(letter)[0]).vkey + f" file:{letter}")
    vouching = [_origin("a")] if source.random() < 0.9 else []
    urls = "".join(f'"{_origin(letter)}" = ["file:{letter}"]\n' for letter in LETTERS)
    (folder / "logs.policy").write_text("".join(f"log {line}\n" for line in lines) + "quorum none\n")
    (folder / "trust.toml").write_text(f'logs = "logs.policy"\nvouching = {vouching}\n[urls]\n{urls}'.replace("'", '"'))
    names = "".join(f'{letter} = "{_origin(letter)}"\n' for letter in LETTERS)
    forbidden = ""
    for _ in range(source.choice([0, 0, 1, 2])):
        dependent = f'dependent = "{source.choice(LETTERS)}"\n' if source.random() < 0.7 else ""
        edge = f'[[forbid]]\n{dependent}dependency = "{source.choice(LETTERS[1:])}"\n'
        forbidden += "" if edge in forbidden else edge
    (folder / "headlock.toml").write_text(
        f'trust = "trust.toml"\n[registries]\n{names}{forbidden}[dependencies]\n'
        '"t:a" = { version = "1", registry = "a" }\n'
    )


def _say(
    log: ForgedLog,
    letter: str,
    heads: dict[str, list[tuple[notes.Head, bytes]]],
    held: dict[tuple[str, str], int],
    source: random.Random,
) -> None:
    """One epoch's statements of one log about others."""
    for other in source.sample([x for x in LETTERS if x != letter], 2):
        fields: dict = {"seeds": source.choice([_seeds(other)[:1]] * 5 + [_seeds(other), _seeds(other)[1:]])}
        if source.random() < 0.2:
            fields["packages"] = [f"t:{other}"] if source.random() < 0.7 else ["t:none"]
        if source.random() < 0.4:
            fields["depth"] = source.randrange(3)
        match source.randrange(8):
            case 0:
                log.add({"unpeer": {"peer": _origin(other)}})
            case 1 | 2:
                pass
            case _:
                log.add(peer(_origin(other), **fields))
                dependency = needs(f"t:{other}", "*", registry=_origin(other))
                version = f"1.{len(log.entries)}.0"
                log.add(release(f"t:{letter}", version, dependencies=[dependency]))
        if heads[other] and source.random() < 0.5:
            at = source.randrange(held.get((letter, other), 0), len(heads[other]))
            held[letter, other] = at
            head, seed = heads[other][at]
            log.add(sync(head, seed))


def views(case: Case, source: random.Random) -> Iterator[Case]:
    """The same lock and bundle, under trust files that know other keys."""
    yield replace(case, name="as made")
    for number in range(12):
        lines, retired = [], []
        for letter in LETTERS:
            for seed in _seeds(letter):
                chance = source.random()
                key = make_key(_origin(letter), seed)
                if chance < (0.9 if letter == "a" and seed == _seeds("a")[0] else 0.35):
                    lines.append(f"log {key.vkey} file:{letter}\n")
                elif chance > 0.93:
                    retired.append(key.vkey)
        known = [letter for letter in LETTERS if any(f" {_origin(letter)}+" in line for line in lines)]
        vouching = [_origin(letter) for letter in known if source.random() < (0.9 if letter == "a" else 0.3)]
        trust = f'logs = "logs.policy"\nvouching = {vouching}\nretired = {retired}\n'.replace("'", '"')
        policy = "".join(lines) + "quorum none\n"
        yield replace(case, name=f"view {number}", policy=policy.encode(), trust=trust.encode())
