"""Solvers that were published: the logs and the rules of `solvers`, without a command to compare with."""

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from headlock_verify import lock, published, trust
from headlock_verify.lock import Inputs, Lock, LockedLog, Need, Published
from headlock_verify.names import encode_base64
from headlock_verify.registries import Registries
from headlock_verify.trust import Trust
from headlock_verify.verdict import Malformed, No, Refused, Verdict

from .forge import make_key, open_files, seed_of
from .solvers import LOGS, Statement, state
from .worlds import A, S, Solver, log_line, rule

SOLVER = Solver("t:solver", "1.2.0", "5" * 64)
OF_LOGS = {
    "published": False,
    "published among others": False,
    "yanked": True,
    "yanked and taken back": False,
    "yanked again": True,
    "yanked before": False,
    "published, then another": False,
    "published by maintainers": False,
}
"""Which of the logs have published it, and whether it is yanked there."""


def locked(statement: Statement | None) -> Lock:
    """A lock that says this of its solver."""
    solver = lock.Solver(SOLVER.name, SOLVER.version, lock.WORLD, SOLVER.sha256)
    if statement is not None:
        root = encode_base64(statement.head.root)
        head = LockedLog(statement.head.origin, statement.head.size, root, statement.signature, None)
        solver = replace(solver, published=Published(head, statement.record))
    inputs = Inputs(1, (), (Need(A, "t:app", "^1", None, ()),), (), ())
    logs = (LockedLog(A, 1, "x", "x", None),)
    return Lock(solver, inputs, "0" * 64, "0" * 64, (), logs, (), (), ())


def believed(more: str = "") -> Trust:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "logs.policy").write_text(log_line(A, "a") + log_line(S, "s") + "quorum none\n")
        (folder / "trust.toml").write_text(f'logs = "logs.policy"\n{more}')
        return trust.read_trust(folder / "trust.toml")


class Locks(unittest.TestCase):
    STATEMENT = state(LOGS["published"](SOLVER), SOLVER)

    def test_one_form(self) -> None:
        for statement in (None, self.STATEMENT):
            self.assertEqual(lock.parse_lock(locked(statement).format().encode()), locked(statement))

    def test_cosignatures(self) -> None:
        """Of the head that the solver was published at, but not of one that is the lock's own, and derived."""
        said = replace(locked(self.STATEMENT), cosignatures=((S, "x"),))
        self.assertEqual(lock.parse_lock(said.format().encode()), said)
        derived = replace(said, logs=(*said.logs, LockedLog(S, 1, "x", "x", A)))
        for other in (derived, replace(said, solver=locked(None).solver)):
            with self.assertRaises(Malformed):
                lock.parse_lock(other.format().encode())

    def test_malformed(self) -> None:
        text = locked(self.STATEMENT).format()
        record = f"record = {self.STATEMENT.record}\n"
        for old, new in (
            (f'name = "{SOLVER.name}"\n', ""),
            (f'version = "{SOLVER.version}"\n', ""),
            ("[solver.published]", "[[solver.published]]"),
            (record, f"record = {2**64}\n"),
            (record, ""),
            (record, f'derived = "{A}"\n{record}'),
        ):
            self.assertIn(old, text)
            with self.assertRaises(Malformed):
                lock.parse_lock(text.replace(old, new, 1).encode())


class Releases(unittest.TestCase):
    def _find(self, statement: Statement, files: dict[str, bytes]) -> bool:
        """Whether it is yanked where it was published."""
        release = published.find_release(locked(statement), Registries(), open_files(files), believed())
        assert release is not None
        return release.yanked

    def test_each_log(self) -> None:
        for name, write in LOGS.items():
            with self.subTest(name):
                statement = state(write(SOLVER), SOLVER)
                if name in OF_LOGS:
                    self.assertEqual(self._find(statement, statement.files), OF_LOGS[name])
                else:
                    with self.assertRaises(No):
                        self._find(statement, statement.files)

    def test_another_record(self) -> None:
        statement = state(LOGS["published"](SOLVER), SOLVER)
        with self.assertRaises(No):
            self._find(replace(statement, record=statement.record + 1), statement.files)

    def test_another_key(self) -> None:
        statement = state(LOGS["published"](SOLVER), SOLVER, seed_of("another"))
        with self.assertRaises(Refused):
            self._find(statement, statement.files)

    def test_nothing_said(self) -> None:
        self.assertIsNone(published.find_release(locked(None), Registries(), open_files({}), believed()))


class Acceptance(unittest.TestCase):
    def _is_yanked(self, log: str, more: str, accepted: str | None = None, released: str | None = None) -> bool:
        statement = None if log == "" else state(LOGS[log](SOLVER), SOLVER)
        claimed, known = locked(statement), believed(more)
        evidence = open_files(statement.files if statement else {})
        release = published.find_release(claimed, Registries(), evidence, known)
        options = frozenset({accepted} if accepted else ())
        return published.Acceptance(claimed, known, options, released).check(release)

    def test_rules(self) -> None:
        for versions in ("*", "1", "=1.2.0", ">=1.1, <2"):
            self.assertFalse(self._is_yanked("published", rule(S, SOLVER, versions)))
        for more in (
            "",
            rule(S, SOLVER, "^2"),
            rule(S, SOLVER, ">=1.2.0-a, <1.2.0"),
            rule(A, SOLVER),
            rule(S, replace(SOLVER, name="t:other")),
        ):
            with self.assertRaises(Refused):
                self._is_yanked("published", more)
        self.assertFalse(self._is_yanked("published", rule(S, SOLVER, "^2") + rule(S, SOLVER)))
        with self.assertRaises(Refused):
            self._is_yanked("", rule(S, SOLVER))

    def test_yanks(self) -> None:
        """One that a rule tells of counts, whatever its range, but for who accepts the very bytes."""
        accept = f'[solvers]\naccept = ["{SOLVER.sha256}"]\n'
        for versions in ("*", "^2"):
            said = rule(S, SOLVER, versions)
            with self.assertRaises(Refused):
                self._is_yanked("yanked", said)
            with self.assertRaises(Refused):
                self._is_yanked("yanked", said, released=SOLVER.sha256)
            self.assertTrue(self._is_yanked("yanked", said, accepted=SOLVER.sha256))
            self.assertTrue(self._is_yanked("yanked", accept + said))
        for more in ("", rule(A, SOLVER), rule(S, replace(SOLVER, name="t:other"))):
            self.assertFalse(self._is_yanked("yanked", more, released=SOLVER.sha256))

    def test_derived(self) -> None:
        """A head that another log holds makes nothing acceptable where the policy asks for witnesses."""
        statement = state(LOGS["published"](SOLVER), SOLVER)
        claimed = locked(statement)
        assert claimed.solver.published is not None
        derived = replace(claimed, logs=(*claimed.logs, replace(claimed.solver.published.head, derived=A)))
        release = published.find_release(claimed, Registries(), open_files(statement.files), believed())
        known = believed(rule(S, SOLVER))
        wanting = replace(known, policy=replace(known.policy, quorum="w1"))
        self.assertFalse(published.Acceptance(derived, known, frozenset(), None).check(release))
        self.assertFalse(published.Acceptance(claimed, wanting, frozenset(), None).check(release))
        self.assertFalse(published.Acceptance(derived, wanting, frozenset(), SOLVER.sha256).check(release))
        with self.assertRaises(Refused):
            published.Acceptance(derived, wanting, frozenset(), None).check(release)


class TrustFiles(unittest.TestCase):
    def test_rules(self) -> None:
        known = believed(rule(S, SOLVER, "1.2") + rule(A, SOLVER))
        self.assertEqual([(r.registry, r.versions.text) for r in known.rules], [(S, "^1.2"), (A, "*")])

    def test_malformed(self) -> None:
        key = f'"{make_key("ann", seed_of("ann")).vkey}"'
        for more in (
            rule(S, SOLVER) + rule(S, SOLVER),
            rule("q.example/log", SOLVER),
            rule(S, SOLVER, ""),
            rule(S, replace(SOLVER, name="solver")),
            rule(S, SOLVER) + "x = 1\n",
            f'[[solvers.published]]\nregistry = "{S}"\npackage = "t:solver"\n',
            f"[attesters]\nthreshold = 2\nkeys = [{key}]\n",
            f"[attesters]\nthreshold = 1\nkeys = [{key}, {key}]\n",
        ):
            with self.subTest(more), self.assertRaises(Verdict) as caught:
                believed(more)
            self.assertEqual(caught.exception.exit_code, 2)
        believed(f"[attesters]\nthreshold = 1\nkeys = [{key}]\n")


if __name__ == "__main__":
    unittest.main()
