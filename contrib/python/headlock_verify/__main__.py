"""The command: `python3 -m headlock_verify LOCK --bundle FILE --trust FILE`.

Prints one line, and ends with headlock's exit codes: 0 verified, 1 the answer is no, 2 malformed or
wrong usage, 4 could not check, 5 refused. With `--batch FILE`, each line of the file is a JSON object

    {"lock": PATH, "bundle": PATH, "trust": PATH, "solver"?: PATH, "accept"?: SHA256, "released"?: SHA256}

and a line {"exit": N, "reason": TEXT} is printed for each.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .names import is_digest
from .verdict import Malformed, Unchecked, Verdict
from .verify import Request, verify

_WORDS = {0: "verified", 1: "no", 2: "malformed", 4: "could not check", 5: "refused"}


def _judge(request: Request) -> tuple[int, str]:
    try:
        return 0, verify(request)
    except Verdict as verdict:
        return verdict.exit_code, str(verdict)
    except Exception as error:
        # A fault of this program, or too little memory, says nothing of the lock.
        return Unchecked.exit_code, f"this verifier failed: {type(error).__name__}: {error}"


def _printable(text: str) -> str:
    """One line, with nothing in it that hides or reorders."""
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)


def _request(fields: dict[str, Any]) -> Request:
    """The request that an object of the batch, or the command line, states."""
    if type(fields) is not dict or not all(isinstance(fields.get(name), str) for name in ("lock", "bundle", "trust")):
        raise Malformed("a lock, a bundle and a trust file are needed")
    accept, released = fields.get("accept"), fields.get("released")
    for text in (accept, released):
        if text is not None and not (isinstance(text, str) and is_digest(text)):
            raise Malformed("an accepted solver is no sha256")
    solver = fields.get("solver")
    if solver is not None and not isinstance(solver, str):
        raise Malformed("a solver is named by its path")
    return Request(
        Path(fields["lock"]),
        Path(fields["bundle"]),
        Path(fields["trust"]),
        None if solver is None else Path(solver),
        frozenset() if accept is None else frozenset({accept}),
        released,
    )


def _batch(path: Path) -> None:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                code, reason = _judge(_request(json.loads(line)))
            except (Malformed, json.JSONDecodeError) as error:
                code, reason = Malformed.exit_code, str(error)
            print(json.dumps({"exit": code, "reason": _printable(reason)}), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="headlock_verify", description="Derive a lock again and compare.")
    parser.add_argument("lock", nargs="?", help="the lock")
    parser.add_argument("--bundle", help="take all that is to be read from this bundle")
    parser.add_argument("--trust", help="whose logs and which solvers are believed")
    parser.add_argument("--solver", help="use this solver component instead of the bundle's")
    parser.add_argument("--accept-solver", dest="accept", metavar="SHA256", help="accept this solver")
    parser.add_argument("--released", metavar="SHA256", help="accept the solver that came with the host")
    parser.add_argument("--batch", type=Path, metavar="FILE", help="verify what each line of FILE names")
    arguments = vars(parser.parse_args())
    batch = arguments.pop("batch")
    sys.stdout.reconfigure(errors="backslashreplace")
    if batch is not None:
        _batch(batch)
        return 0
    try:
        request = _request(arguments)
    except Malformed as error:
        parser.error(str(error))
    code, reason = _judge(request)
    print(f"{_WORDS[code]}: {_printable(reason)}")
    return code


if __name__ == "__main__":
    sys.exit(main())
