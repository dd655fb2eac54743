"""Two things that are wrong at once, of which the first decides.

`FAULTS` are in the order in which a verification comes to them: what is malformed, the world, the solver
where nothing can accept it, the lock's heads, the graph, where the solver was published, who accepts it, its
component, what that says of itself, the solve, the comparison, what nobody has read.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from .forge import read_bundle_files, write_bundle_files
from .sabotage import Case
from .solvers import LOGS, Maker, state
from .worlds import A, S, rule

Fault = Callable[[Case], Case]


def _lock(pattern: str, new: str) -> Fault:
    """A change of the lock, where the pattern is first found."""
    return lambda case: replace(case, lock=re.sub(pattern, new, case.lock.decode(), count=1).encode())


def _without(prefix: str) -> Fault:
    """The first such file left out of the bundle."""

    def change(case: Case) -> Case:
        files = read_bundle_files(case.bundle)
        del files[min(name for name in files if name.startswith(prefix))]
        return replace(case, bundle=write_bundle_files(files))

    return change


def _spoilt(prefix: str) -> Fault:
    """The first such file of the bundle with a bit changed."""

    def change(case: Case) -> Case:
        files = read_bundle_files(case.bundle)
        name = min(name for name in files if name.startswith(prefix))
        files[name] = bytes([files[name][0] ^ 1]) + files[name][1:]
        return replace(case, bundle=write_bundle_files(files))

    return change


def _with_file(case: Case) -> Case:
    return replace(case, bundle=write_bundle_files(read_bundle_files(case.bundle) | {"x": b""}))


def _tiles(origin: str) -> str:
    return f"logs/{hashlib.sha256(origin.encode()).hexdigest()}/tile/0/"


_STRANGER = '[[solvers.published]]\nregistry = "q.example/log"\npackage = "t:solver"\nversions = "*"\n'
_NOBODY = '\n[[cosignature]]\norigin = "{}"\nline = "— x.example AAAAAAA="\n'
_IMPORTS = r'\1imports = [\n    "wasi:io/poll@0.2.0",\n]\n'

FAULTS: dict[str, tuple[int, Fault]] = {
    "a trust file with more": (2, lambda case: replace(case, trust=b"x = 1\n" + case.trust)),
    "a rule of a stranger": (2, lambda case: replace(case, trust=case.trust + _STRANGER.encode())),
    "a policy that is none": (2, lambda case: replace(case, policy=case.policy + b"x\n")),
    "a lock in another form": (2, _lock("budget = ", "budget  = ")),
    "a cosignature elsewhere": (
        2,
        lambda case: replace(case, lock=case.lock + _NOBODY.format("q.example/log").encode()),
    ),
    "a solver published as nothing": (2, _lock(r'name = ".*"\nversion = ".*"\n(?=world)', "")),
    "a longer bundle": (2, lambda case: replace(case, bundle=case.bundle + b"x")),
    "another world": (5, _lock('world = ".*"', 'world = "x"')),
    "a solver on which there is no rule": (5, lambda case: replace(case, trust=b'logs = "logs.policy"\n')),
    "an unknown log": (5, lambda case: replace(case, policy=case.policy.split(b"\n", 1)[1])),
    "a head signed by nobody": (5, _lock(r'(\[\[log\]\]\n(?:.+\n)+signature = ")', r"\1x")),
    "a head cosigned by nobody": (5, lambda case: replace(case, lock=case.lock + _NOBODY.format(A).encode())),
    "no tile": (4, _without(_tiles(A))),
    "a spoilt tile": (1, _spoilt(_tiles(A))),
    "a solver's head signed by nobody": (5, _lock(r'signature = "', 'signature = "x')),
    "no tile of the solver's log": (4, _without(_tiles(S))),
    "a spoilt tile of the solver's log": (1, _spoilt(_tiles(S))),
    "another record of the solver": (1, _lock("record = .*", "record = 77")),
    "a rule on other versions": (5, lambda case: replace(case, trust=case.trust.replace(b'"*"', b'"^7"'))),
    "a spoilt component": (1, _spoilt("solver/")),
    "no component": (4, _without("solver/")),
    "another component": (4, lambda case: replace(case, solver=b"x")),
    "imports that it has not": (1, _lock(r"(\[solver\]\n(?:.+\n)+)", _IMPORTS)),
    "no budget": (4, _lock(r"budget = \d+", "budget = 0")),
    "no answer": (1, _lock(r'requirement = "\^1"', 'requirement = "^7"')),
    "another outcome": (1, _lock(r'(\[outcome\]\nsha256 = ").{64}', r"\g<1>" + "0" * 64)),
    "a file more": (1, _with_file),
}
"""Each with the exit code that it leads to."""


def pairs(base: Case) -> Iterator[tuple[Case, int]]:
    """Each fault alone, and each two that lead to different exit codes, with the one that decides."""
    maker = Maker(base)
    solver = maker.other()
    right = state(LOGS["published"](solver[0]), solver[0])
    honest = maker.make("right", solver, right, rule(S, solver[0]))
    faults = list(FAULTS.items())
    for i, (first, (code, spoil)) in enumerate(faults):
        yield replace(spoil(honest), name=f"order: {first}"), code
        for second, (other, spoil_more) in faults[i + 1 :]:
            if other != code and {first, second} != {"a spoilt component", "no component"}:
                yield replace(spoil(spoil_more(honest)), name=f"order: {first}, {second}"), code
