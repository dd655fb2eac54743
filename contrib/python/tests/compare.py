"""Compares verdicts with the headlock command, of many spoilt locks, bundles, trust files and policies.

    python3 -m tests.compare HEADLOCK [--random N] [--seed N] [--world NAME] [--only TEXT]
    python3 -m tests.compare HEADLOCK [--graphs N | --lies | --solvers | --orders]

Each case is verified by both, in a folder of its own; where the exit codes differ, both reasons are
printed. Ends with 1 if any differ. Without the command's path it is skipped. `--graphs` compares as many
random graphs of registries instead, each under thirteen trust files, `--lies` logs that say what is false,
`--solvers` solvers that were published or import something, `--orders` two things that are wrong at once.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from headlock_verify.verdict import Verdict
from headlock_verify.verify import Request, verify

from . import graphs, lies, orders, sabotage, solvers
from .forge import ForgedLog, read_bundle_files
from .sabotage import Case
from .worlds import SOLVER_WORLDS, WORLDS, Solver, published_derived, world

DIFFERS = "something else than follows"
NOT_RUN = "this verifier runs none that imports"


class Command:
    """The headlock command, with a memory of no heads and a cache of compiled code."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path.resolve()
        self.state = folder / "state"
        self.environment = os.environ | {
            "HEADLOCK_CACHE": str(folder / "cache"),
            "HEADLOCK_STATE": str(self.state),
        }

    def run(self, *arguments: str | Path) -> tuple[int, str]:
        """The exit code, and the first line that says why."""
        done = subprocess.run(
            [self.path, *map(str, arguments)], env=self.environment, capture_output=True, text=True, check=False
        )
        # Not all of it: there is the key, too, without which nothing in the cache is believed.
        for heads in ("heads", "solvers"):
            shutil.rmtree(self.state / heads, ignore_errors=True)
        lines = (done.stderr + done.stdout).strip().splitlines()
        errors = [line for line in lines if line.startswith("error")]
        return done.returncode, (errors or lines or [""])[0]

    def must(self, *arguments: str | Path) -> str:
        code, reason = self.run(*arguments)
        if code != 0:
            raise SystemExit(f"headlock {' '.join(map(str, arguments))} ended in {code}: {reason}")
        return reason

    def released(self) -> Solver:
        """The solver that came with the command."""
        done = subprocess.run([self.path, "solver", "show"], capture_output=True, text=True, check=True)
        shown = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
        return Solver(shown["name"], shown["version"], shown["sha256"])


def ours(folder: Path, case: Case, released: str, path: Path) -> tuple[int, str]:
    """The command has a solver of its own for bundles without one; here it is named, the one at the path."""
    solver = folder / "solver.wasm" if case.solver is not None else None
    bundled, named = f"solver/{released}\n".encode(), f'sha256 = "{released}"'.encode()
    if solver is None and bundled not in case.bundle and named in case.lock:
        solver = path
    request = Request(
        folder / "headlock.lock",
        folder / "bundle",
        folder / "trust.toml",
        solver,
        frozenset({case.accept} if case.accept else ()),
        released,
    )
    try:
        return 0, verify(request)
    except Verdict as verdict:
        return verdict.exit_code, str(verdict)


def theirs(command: Command, folder: Path, case: Case) -> tuple[int, str]:
    options: list[str | Path] = []
    if case.solver is not None:
        options += ["--solver", folder / "solver.wasm"]
    if case.accept is not None:
        options += ["--accept-solver", case.accept]
    return command.run("-C", folder, "verify", "--bundle", "bundle", "--trust", "trust.toml", *options)


def write(folder: Path, case: Case) -> None:
    (folder / "headlock.lock").write_bytes(case.lock)
    (folder / "bundle").write_bytes(case.bundle)
    (folder / "trust.toml").write_bytes(case.trust)
    (folder / "logs.policy").write_bytes(case.policy)
    if case.solver is not None:
        (folder / "solver.wasm").write_bytes(case.solver)


class Comparison:
    """Verifies cases by both, and counts."""

    def __init__(self, command: Command, scratch: Path) -> None:
        self.command = command
        self.scratch = scratch
        self.released = command.released()
        self.component = scratch / "released.wasm"
        self.verdicts: Counter[int] = Counter()
        self.different = 0
        self.base = self.must_make("single")
        files = read_bundle_files(self.base.bundle)
        self.component.write_bytes(files[f"solver/{self.released.sha256}"])

    def make(self, name: str, write_world: Callable[[Path], None]) -> Case | None:
        """A world's lock and bundle, as headlock makes them; None if it makes none of it."""
        home = self.scratch / name
        home.mkdir()
        write_world(home)
        if self.command.run("-C", home, "lock", "--yes")[0] != 0:
            return None
        self.command.must("-C", home, "bundle", "-o", home / "bundle", "--with-solver")
        parts = ("headlock.lock", "bundle", "trust.toml", "logs.policy")
        return Case(name, *((home / part).read_bytes() for part in parts))

    def must_make(self, name: str) -> Case:
        base = self.make(name, world(name, self.released))
        if base is None:
            raise SystemExit(f"headlock makes no lock of the world {name}")
        return base

    def compare(self, where: str, case: Case) -> tuple[int, str]:
        """Both verdicts; ours is handed back."""
        folder = self.scratch / "case"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        write(folder, case)
        mine = ours(folder, case, self.released.sha256, self.component)
        their = theirs(self.command, folder, case)
        self.verdicts[their[0]] += 1
        if mine[0] != their[0] and not (their[0] == 0 and NOT_RUN in mine[1]):
            self.report(f"{where}: {case.name}\n  here  {mine[0]}: {mine[1]}\n  there {their[0]}: {their[1]}")
        return mine

    def report(self, text: str) -> None:
        self.different += 1
        print(text, flush=True)

    def worlds(self, names: list[str], count: int, seed: int, only: str) -> None:
        for name in names:
            base = self.base if name == self.base.name else self.must_make(name)
            for case in sabotage.all_of(base, count, seed):
                if only in case.name:
                    self.compare(name, case)

    def graphs(self, count: int, seed: int) -> None:
        for number in range(seed, seed + count):
            source = random.Random(number)
            base = self.make(f"graph-{number}", lambda home, source=source: graphs.make_graph(home, source))
            for case in graphs.views(base, source) if base else ():
                self.compare(f"graph {number}", case)

    def solvers(self, only: str) -> None:
        cases = [*solvers.all_of(self.base)]
        other, _ = solvers.Maker(self.base).other()
        for name, records in solvers.HELD.items():
            more = records(other)
            base = self.make(f"held-{name}", lambda home, more=more: published_derived(home, other, *more))
            assert base is not None
            cases += solvers.derived(base, name, *more)
        for case in cases:
            if only in case.name:
                self.compare("solvers", case)

    def orders(self, only: str) -> None:
        """The one that is expected to decide must decide here, too."""
        for case, expected in orders.pairs(self.base):
            if only in case.name:
                code, reason = self.compare("orders", case)
                if code != expected:
                    self.report(f"orders: {case.name}\n  here  {code}: {reason}\n  expected {expected}")

    def lies(self, only: str) -> None:
        """What headlock makes a lock of must verify; of what it refuses, an honest log's lock with the
        false log's head must be refused here for the log's sake, not for the lock's."""
        honest = self.make("honest", lambda home: lies.write_project_of(home, lies.make_log(lies.honest, True)))
        assert honest is not None
        for number, (name, lie, is_ended) in enumerate(lies.all_lies()):
            if only not in name:
                continue
            log: ForgedLog = lies.make_log(lie, is_ended)
            base = self.make(f"lie-{number}", lambda home, log=log: lies.write_project_of(home, log))
            if base is not None:
                self.compare("lie", replace(base, name=name))
                continue
            case = lies.spoil(replace(honest, name=name), log, self.component.read_bytes())
            code, reason = self.compare("lie", case)
            if code == 0 or DIFFERS in reason:
                self.report(f"lie: {name}\n  here  {code}: {reason}\n  there no lock")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("headlock", nargs="?", type=Path)
    parser.add_argument("--random", type=int, default=50, help="how many random changes of each file")
    parser.add_argument("--seed", type=int, default=1)
    names = sorted(WORLDS | SOLVER_WORLDS)
    parser.add_argument("--world", choices=names)
    parser.add_argument("--only", default="", help="only cases whose name holds this")
    parser.add_argument("--graphs", type=int, default=0, help="random graphs of registries instead")
    parser.add_argument("--lies", action="store_true", help="false logs instead")
    parser.add_argument("--solvers", action="store_true", help="solvers that were published, or import, instead")
    parser.add_argument("--orders", action="store_true", help="two things that are wrong at once instead")
    arguments = parser.parse_args()
    if arguments.headlock is None:
        print("skipped: compare.py needs the path of a headlock command")
        return 0
    with tempfile.TemporaryDirectory() as name:
        comparison = Comparison(Command(arguments.headlock, Path(name)), Path(name))
        if arguments.graphs:
            comparison.graphs(arguments.graphs, arguments.seed)
        elif arguments.lies:
            comparison.lies(arguments.only)
        elif arguments.solvers:
            comparison.solvers(arguments.only)
        elif arguments.orders:
            comparison.orders(arguments.only)
        else:
            worlds = [arguments.world] if arguments.world else names
            comparison.worlds(worlds, arguments.random, arguments.seed, arguments.only)
    verdicts = comparison.verdicts
    print(f"{verdicts.total()} cases, {comparison.different} differ; headlock's: {dict(sorted(verdicts.items()))}")
    return 1 if comparison.different else 0


if __name__ == "__main__":
    sys.exit(main())
