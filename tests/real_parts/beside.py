"""Beside each `headlock verify` of a transcript: keeps what it was given, and what `verify --bundle` says of it.

Called with the exit code and the arguments of a command that has ended. The bundle is the one that the command names, or
that of its lock if it verified, or else the last one that verified in the same folder of transcripts: what is spoilt is
then the lock, or whom the verifier believes. Each case is a folder below `CASES`, with a file `case.json`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def given(arguments: list[str], name: str) -> str | None:
    """The value of an option."""
    for place, argument in enumerate(arguments):
        if argument == name:
            return arguments[place + 1]
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return None


def stated(path: Path, field: str, otherwise: str) -> str:
    """What a TOML file says of a field of its first table."""
    found = re.search(rf'^{field} = "(.*)"$', path.read_text() if path.exists() else "", re.MULTILINE)
    return found[1] if found else otherwise


def main() -> None:
    code, arguments = int(sys.argv[1]), sys.argv[2:]
    cases, real = Path(os.environ["CASES"]), os.environ["REAL"]
    folder = Path(given(arguments, "-C") or ".")
    named = given(arguments, "--trust")
    trust = folder / (named or stated(folder / "headlock.toml", "trust", "trust.toml"))
    policy = trust.parent / stated(trust, "logs", "logs.policy")
    lock = folder / "headlock.lock"
    if not all(path.is_file() for path in (trust, policy, lock)):
        return
    choice = [part for name in ("--solver", "--accept-solver") if (value := given(arguments, name)) for part in (name, value)]
    last = cases / "last"
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "HEADLOCK_STATE": state}
        bundle = given(arguments, "--bundle")
        if bundle is not None:
            shutil.copy(folder / bundle, last)
        elif code == 0:
            command = [real, "-C", str(folder), "bundle", "--with-solver", "-o", str(last), *choice]
            done = subprocess.run(command + (["--trust", named] if named else []), env=environment, capture_output=True)
            # There is none of a lock under a retired key.
            if done.returncode not in (0, 5):
                raise RuntimeError(done.stderr)
        if not last.exists():
            return
        case = Path(tempfile.mkdtemp(dir=cases))
        for path, name in ((lock, "headlock.lock"), (trust, "trust.toml"), (last, "bundle")):
            shutil.copy(path, case / name)
        (case / stated(trust, "logs", "logs.policy")).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(policy, case / stated(trust, "logs", "logs.policy"))
        solver = given(arguments, "--solver")
        if solver is not None:
            shutil.copy(folder / solver, case / "solver.wasm")
            choice[choice.index("--solver") + 1] = "solver.wasm"
        command = [real, "-C", str(case), "verify", "--trust", "trust.toml", "--bundle", "bundle", *choice]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        kept = {"exit": done.returncode, "said": done.stdout + done.stderr, "solver": solver is not None}
        (case / "case.json").write_text(json.dumps({**kept, "accept": given(arguments, "--accept-solver")}))


main()
