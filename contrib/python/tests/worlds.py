"""Small worlds of registries to lock against: what compare.py sabotages.

Each function writes forged logs, a trust file and a manifest into a folder, from which the headlock
command makes the lock and its bundle. Some worlds publish the solver that it is made by.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from headlock_verify import ed25519, notes
from headlock_verify.names import encode_base64

from .forge import ForgedLog, cosign, make_key, seed_of

A, B, C, D, E, S = (f"{letter}.example/log" for letter in "abcdes")
WITNESS = "w.example/one"
SECOND_WITNESS = "w.example/two"


@dataclass(frozen=True)
class Solver:
    """A solver, as its component states it."""

    name: str
    version: str
    sha256: str


def solver_release(solver: Solver) -> dict:
    return {"release": {"package": solver.name, "version": solver.version, "content": solver.sha256}}


def rule(registry: str, solver: Solver, versions: str = "*") -> str:
    return f'[[solvers.published]]\nregistry = "{registry}"\npackage = "{solver.name}"\nversions = "{versions}"\n'


def content_of(package: str, version: str) -> str:
    return hashlib.sha256(f"{package} {version}".encode()).hexdigest()


def release(package: str, version: str, **fields: list | dict) -> dict:
    """A release; its other fields in any order."""
    value: dict = {"package": package, "version": version, "content": content_of(package, version)}
    for name in ("exclusives", "dependencies", "features", "maintainers"):
        if name in fields:
            value[name] = fields[name]
    return {"release": value}


def needs(package: str, requirement: str, **fields: object) -> dict:
    """A dependency; its other fields in any order."""
    value = {"registry": fields.get("registry"), "package": package, "requirement": requirement}
    value |= {name: fields.get(name) for name in ("content", "optional", "features")}
    return {name: given for name, given in value.items() if given is not None}


def signer(name: str) -> tuple[str, bytes]:
    """A maintainer's key: its name and seed."""
    return name, seed_of(name)


def maintained_by(threshold: int, *names: str) -> dict:
    """Maintainers, in their order."""
    return {"threshold": threshold, "keys": sorted(make_key(*signer(name)).vkey for name in names)}


def handover(package: str, maintainers: dict) -> dict:
    return {"maintainers": {"package": package, "maintainers": maintainers}}


def yank(package: str, version: str) -> dict:
    return {"yank": {"package": package, "version": version}}


def peer(origin: str, **fields: object) -> dict:
    seeds = fields.pop("seeds", [seed_of(origin)])
    assert isinstance(seeds, list)
    keys = sorted(make_key(origin, seed).vkey for seed in seeds)
    return {"peer": {"peer": origin, "keys": keys, "url": f"file:///nowhere/{origin}"} | fields}


def sync(head: notes.Head, seed: bytes) -> dict:
    signature = make_key(head.origin, seed).id + ed25519.sign(seed, head.text)
    return {
        "sync": {
            "peer": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "signature": encode_base64(signature),
        }
    }


def new_log(origin: str) -> ForgedLog:
    return ForgedLog(origin, seed_of(origin))


def _library(log: ForgedLog) -> None:
    """Packages on several tracks, with features, exclusive resources and yanks."""
    for version in ("0.1.0", "0.1.1", "0.2.0", "1.0.0-rc.1", "1.0.0", "1.1.0", "1.2.0+b.1", "2.0.0"):
        log.add(release("t:lib", version, features=[{"name": "std"}]))
    log.add(yank("t:lib", "1.2.0+b.1"))
    log.end_epoch()
    log.add(
        release(
            "t:util",
            "0.3.0",
            dependencies=[needs("t:lib", ">=0.1, <2", features=["std"]), needs("t:opt", "^1", optional=True)],
            features=[
                {"name": "default", "includes": ["more"]},
                {"name": "more", "additions": [{"dependency": 1, "features": ["x"]}]},
            ],
        )
    )
    log.add(release("t:opt", "1.0.0", features=[{"name": "x"}], exclusives=["port.1"]))
    log.add(release("t:opt", "1.1.0", exclusives=["port.1"]))
    log.add(
        release("t:app", "1.0.0", dependencies=[needs("t:lib", "^1"), needs("t:util", "*", features=["default"])])
    )
    log.add(release("t:app", "1.1.0", dependencies=[needs("t:gone", "*")]))
    log.add(release("t:app", "1.2.0", dependencies=[needs("t:lib", "^3")]))
    log.end_epoch()


def write_project(folder: Path, manifest: str, policy: str, trust: str = "") -> None:
    (folder / "headlock.toml").write_text(f'trust = "trust.toml"\n{manifest}')
    (folder / "logs.policy").write_text(policy)
    (folder / "trust.toml").write_text(f'logs = "logs.policy"\n{trust}')


def log_line(origin: str, folder: str) -> str:
    return f"log {make_key(origin, seed_of(origin)).vkey} file:{folder}\n"


def single(folder: Path) -> None:
    """One log, whose newest releases of the application cannot be had: there are ceilings."""
    log = new_log(A)
    _library(log)
    log.write(folder / "a")
    manifest = f'[registries]\ndefault = "{A}"\n[dependencies]\n"t:app" = "1"\n"t:lib" = {{ version = "0.1", features = ["std"] }}\n'
    write_project(folder, manifest, log_line(A, "a") + "quorum none\n")


def overridden(folder: Path) -> None:
    """A fork of one package, a local component in the place of another, a stated content."""
    log = new_log(A)
    _library(log)
    log.add(release("t:fork", "1.5.0", features=[{"name": "std"}]))
    log.end_epoch()
    log.write(folder / "a")
    other = new_log(B)
    other.add(release("t:io", "1.0.0"))
    other.end_epoch()
    other.write(folder / "b")
    (folder / "zip.wasm").write_bytes(b"local")
    content = content_of("t:app", "1.0.0")
    manifest = f"""[registries]
default = "{A}"
b = "{B}"
[dependencies]
"t:app" = {{ version = "1", sha256 = "{content}" }}
[overrides]
"t:lib" = {{ by = "t:fork" }}
"t:opt" = {{ path = "zip.wasm", version = "1.2.9", features = ["x"], dependencies = {{ "t:fork" = "^1" }} }}
"""
    write_project(folder, manifest, log_line(A, "a") + log_line(B, "b") + "quorum none\n")


_QUORUM = (
    f"witness w1 {make_key(WITNESS, seed_of(WITNESS), notes.COSIGNER).vkey}\n"
    f"witness w2 {make_key(SECOND_WITNESS, seed_of(SECOND_WITNESS), notes.COSIGNER).vkey}\n"
    "group both all w1 w2\nquorum both\n"
)


def _write_cosigned(log: ForgedLog, folder: Path) -> None:
    one = cosign(log.head(), WITNESS, seed_of(WITNESS), 1_750_000_000)
    two = cosign(log.head(), SECOND_WITNESS, seed_of(SECOND_WITNESS), 1_750_000_001)
    log.write(folder, one, two)


def witnessed(folder: Path) -> None:
    """A head that two witnesses have cosigned, a group of whom is the quorum."""
    log = new_log(A)
    _library(log)
    _write_cosigned(log, folder / "a")
    manifest = f'[registries]\ndefault = "{A}"\n[dependencies]\n"t:app" = "1"\n'
    write_project(folder, manifest, log_line(A, "a") + _QUORUM)


def large(folder: Path) -> None:
    """A log of 512 entries, whose right edge is one tile of level 1; a page that holds no release; a peer
    with a head of a larger size than the one that is pinned, and with features across registries."""
    other = new_log(B)
    for number in range(300):
        other.add(release("t:far", f"1.{number}.0", features=[{"name": "x"}]))
    other.end_epoch()
    other.write(folder / "b")
    log = new_log(A)
    log.add(yank("t:void", "1.0.0"))
    log.add(peer(B, packages=["t:far"]))
    log.add(sync(other.head(), seed_of(B)))
    far = needs("t:far", ">=1.5, <1.9", registry=B, features=["x"], optional=True)
    log.add(
        release(
            "t:app", "1.0.0", dependencies=[far], features=[{"name": "net", "additions": [{"dependency": 0}]}]
        )
    )
    log.add(release("t:app", "1.1.0", dependencies=[needs("t:void", "*")], features=[{"name": "net"}]))
    while len(log.entries) < 511:
        log.add(release("t:filler", f"0.{len(log.entries)}.0"))
    log.end_epoch()
    log.write(folder / "a")
    manifest = f'''[registries]
default = "{A}"
[dependencies]
"t:app" = {{ version = "1", features = ["net"] }}
"t:filler" = "<0.300"
'''
    write_project(folder, manifest, log_line(A, "a") + log_line(B, "b") + "quorum none\n")


def graph(folder: Path) -> None:
    """A has B (mirrored) and C (passed through); B has D, of which some packages; C has A, and E, forbidden."""
    d = new_log(D)
    d.add(release("t:deep", "1.0.0"))
    d.add(release("t:deeper", "1.0.0"))
    d.end_epoch()
    d.write(folder / "d")
    e = new_log(E)
    e.write(folder / "e")
    b = new_log(B)
    b.add(peer(D, packages=["t:deep"]))
    b.add(release("t:mid", "1.0.0", dependencies=[needs("t:deep", "^1", registry=D)]))
    b.add(release("t:mid", "1.1.0", dependencies=[needs("t:deeper", "^1", registry=D)]))
    b.end_epoch()
    old = b.head()
    b.add(release("t:mid", "1.2.0", dependencies=[needs("t:deeper", "^1", registry=D)]))
    b.end_epoch()
    newer = b.head()
    b.write(folder / "b")
    c = new_log(C)
    c.add(peer(E))
    c.add(peer(B, depth=0))
    c.add(sync(old, seed_of(B)))
    c.add(release("t:side", "1.0.0"))
    c.end_epoch()
    c.write(folder / "c")
    a = new_log(A)
    a.add(peer(B))
    a.add(peer(C))
    a.add(sync(old, seed_of(B)))
    a.add(sync(newer, seed_of(B)))
    a.add(release("t:top", "1.0.0", dependencies=[needs("t:mid", "^1", registry=B), needs("t:side", "*", registry=C)]))
    a.end_epoch()
    a.write(folder / "a")
    policy = log_line(A, "a") + "quorum none\n"
    trust = f'vouching = ["{A}"]\n[urls]\n' + "".join(f'"{x}.example/log" = ["file:{x}"]\n' for x in "bcde")
    manifest = f"""[registries]
default = "{A}"
c = "{C}"
e = "{E}"
[[forbid]]
dependent = "c"
dependency = "e"
[dependencies]
"t:top" = "*"
"""
    write_project(folder, manifest, policy, trust)


def maintained(folder: Path) -> None:
    """A package with maintainers from its first release on, handed over twice; one that got some later, and
    one of another registry; an application without, and a local component in the place of a package with."""
    ann, ben, cleo, dan = map(signer, ("ann", "ben", "cleo/x", "dan"))
    log = new_log(A)
    log.add(release("t:lib", "1.0.0", maintainers=maintained_by(2, "ann", "ben", "cleo/x")), signers=[ann, cleo])
    log.add(release("t:opt", "1.0.0", maintainers=maintained_by(1, "dan")), signers=[dan])
    log.end_epoch()
    log.add(yank("t:lib", "1.0.0"))
    log.add(release("t:lib", "1.1.0", features=[{"name": "std"}]), signers=[ben, cleo])
    log.add(handover("t:lib", maintained_by(1, "ben", "dan")), signers=[ann, ben, dan])
    log.add(release("t:lib", "1.2.0"), signers=[ben])
    log.add(handover("t:lib", maintained_by(2, "ben", "dan")), signers=[ben, dan])
    log.add(release("t:late", "1.0.0"))
    log.add(handover("t:late", maintained_by(1, "ann")), signers=[ann])
    log.add(release("t:late", "1.0.1", dependencies=[needs("t:opt", "^1")]), signers=[ann])
    log.add(release("t:app", "1.0.0", dependencies=[needs("t:late", "*"), needs("t:lib", "^1", features=["std"])]))
    log.end_epoch()
    log.write(folder / "a")
    other = new_log(B)
    other.add(release("t:io", "1.0.0", maintainers=maintained_by(1, "ann")), signers=[ann])
    other.end_epoch()
    other.write(folder / "b")
    (folder / "zip.wasm").write_bytes(b"local")
    manifest = f"""[registries]
default = "{A}"
b = "{B}"
[dependencies]
"t:app" = "1"
"t:io" = {{ version = "1", registry = "b" }}
[overrides]
"t:opt" = {{ path = "zip.wasm", version = "1.2.9" }}
"""
    write_project(folder, manifest, log_line(A, "a") + log_line(B, "b") + "quorum none\n")


def _publish(log: ForgedLog, solver: Solver) -> None:
    """The solver, yanked for a while, and others of its package."""
    log.add(release(solver.name, "0.0.1"))
    log.add(solver_release(solver))
    log.add(yank(solver.name, "0.0.1"))
    log.add(yank(solver.name, solver.version))
    log.end_epoch()
    log.add({"unyank": {"package": solver.name, "version": solver.version}})
    log.add(release(solver.name, "999.0.0"))
    log.add(release("t:tool", "1.0.0"))
    log.end_epoch()


def published(folder: Path, solver: Solver) -> None:
    """A solver that was published in a log of its own, whose head witnesses have cosigned like the other."""
    log, other = new_log(A), new_log(S)
    _library(log)
    _publish(other, solver)
    _write_cosigned(log, folder / "a")
    _write_cosigned(other, folder / "s")
    manifest = f'[registries]\ndefault = "{A}"\n[dependencies]\n"t:app" = "1"\n'
    write_project(folder, manifest, log_line(A, "a") + log_line(S, "s") + _QUORUM, rule(S, solver))


def published_here(folder: Path, solver: Solver) -> None:
    """A solver that was published in the lock's own log, under the second rule."""
    log = new_log(A)
    _library(log)
    _publish(log, solver)
    _write_cosigned(log, folder / "a")
    _write_cosigned(new_log(S), folder / "s")
    manifest = f'[registries]\ndefault = "{A}"\n[dependencies]\n"t:app" = "1"\n'
    rules = rule(S, solver) + rule(A, solver, f">=0.0.1, <={solver.version}")
    write_project(folder, manifest, log_line(A, "a") + log_line(S, "s") + _QUORUM, rules)


def held_log(solver: Solver, *more: dict) -> ForgedLog:
    """A log that has published the solver, at a head that another log holds."""
    log = new_log(S)
    _publish(log, solver)
    for record in more:
        log.add(record)
    log.end_epoch()
    return log


def published_derived(folder: Path, solver: Solver, *more: dict) -> None:
    """A solver that was published in a log whose head another log holds, and that has a newer one."""
    other = held_log(solver, *more)
    log = new_log(A)
    log.add(peer(S))
    log.add(sync(other.head(), seed_of(S)))
    log.add(release("t:app", "1.0.0", dependencies=[needs("t:tool", "^1", registry=S)]))
    log.end_epoch()
    log.write(folder / "a")
    other.add(release("t:tool", "1.1.0"))
    other.end_epoch()
    other.write(folder / "s")
    manifest = f'[registries]\ndefault = "{A}"\n[dependencies]\n"t:app" = "1"\n'
    write_project(folder, manifest, log_line(A, "a") + log_line(S, "s") + "quorum none\n", rule(S, solver))


WORLDS: dict[str, Callable[[Path], None]] = {
    "single": single,
    "overridden": overridden,
    "witnessed": witnessed,
    "large": large,
    "graph": graph,
    "maintained": maintained,
}

SOLVER_WORLDS: dict[str, Callable[[Path, Solver], None]] = {
    "published": published,
    "published-here": published_here,
    "published-derived": published_derived,
}


def world(name: str, solver: Solver) -> Callable[[Path], None]:
    """What writes the world of this name, which may publish the solver."""
    return WORLDS[name] if name in WORLDS else lambda folder: SOLVER_WORLDS[name](folder, solver)
