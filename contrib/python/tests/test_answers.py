"""The checker, against an answer made by hand, and against what a lying solver could make of it.

`t:app` has the releases 1.0.0 (number 0) and 1.1.0 (number 1); the newer one needs `t:gone`, which does
not exist. The consumer needs `t:app ^1`, so the answer is the older one, with a ceiling.
"""

import unittest
from collections.abc import Iterator
from typing import Any

from headlock_verify import answers, derivations
from headlock_verify.contract import Answer, Binding, Ceiling, Chosen, Derivation, Step, Term
from headlock_verify.derivations import Subset, complement, lies_within, union
from headlock_verify.lock import Inputs, Need
from headlock_verify.problem import Declaration, Problem, Release
from headlock_verify.rules import Nonsense, Rules
from headlock_verify.versions import Version, parse_version

ORIGIN = "a.example/log"


def _version(text: str) -> Version:
    version = parse_version(text)
    assert version is not None
    return version


def make_rules() -> Rules:
    inputs = Inputs(1000, (), (Need(ORIGIN, "t:app", "^1", None, ()),), (), ())
    problem = Problem(inputs)
    problem.begin({})
    app, gone = problem.package(ORIGIN, "t:app"), problem.package(ORIGIN, "t:gone")
    need = Declaration(gone, problem.requirements.of(("*", None)), ())
    problem.releases += [
        Release(app, _version("1.0.0"), "0" * 64, 1, False, (), (), {}),
        Release(app, _version("1.1.0"), "1" * 64, 2, False, (), (need,), {}),
    ]
    problem.supplied = {app: range(2), gone: None}
    return Rules(problem)


CEILING = Derivation(
    variables=[("root", None), ("release", 0), ("wish", None)],
    steps=[
        Step(1, ("nothing", None)),
        Step(2, ("requires", None)),
        Step(1, ("both", (0, 1))),
        Step(2, ("requires", None)),
        Step(1, ("both", (2, 3))),
    ],
    terms=[
        Term(1, True, 1),
        Term(1, False, 1),
        Term(2, True, 1),
        Term(2, True, 1),
        Term(0, True, 1),
        Term(2, False, 1),
        Term(0, True, 1),
    ],
    ranges=[(1, 1), (1, 1), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)],
)
ANSWER = Answer([Binding(0, 0, 0)], [Chosen(0, [], [])], [Ceiling(0, CEILING)])


def changed(value: Any) -> Iterator[Any]:
    """The value with one number changed, or one entry of a list left out or doubled."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        if value:
            yield value - 1
    elif isinstance(value, (list, tuple)):
        make = value._make if hasattr(value, "_make") else type(value)  # type: ignore[union-attr]
        for i, inner in enumerate(value):
            for other in changed(inner):
                yield make([*value[:i], other, *value[i + 1 :]])
            if isinstance(value, list):
                yield value[:i] + value[i + 1 :]
                yield [*value[:i], inner, *value[i:]]


class Answers(unittest.TestCase):
    def test_right(self) -> None:
        answers.check(ANSWER, make_rules())

    def test_changed(self) -> None:
        """No number can be another, with two exceptions that are as good: the proof that the newer release
        is not available may cover values that no release has, and root's term values that it has not."""
        passed = []
        for answer in changed(ANSWER):
            try:
                answers.check(answer, make_rules())
                passed.append(answer)
            except Nonsense:
                pass
        for answer in passed:
            self.assertEqual((answer.roots, answer.releases), (ANSWER.roots, ANSWER.releases))
            derivation = answer.ceilings[0].derivation
            self.assertEqual(derivation.steps, CEILING.steps)
            self.assertEqual(derivation.variables, CEILING.variables)
        self.assertLess(len(passed), 6)

    def test_newest(self) -> None:
        """The release that cannot be had, without a word on what it needs."""
        with self.assertRaises(Nonsense):
            answers.check(Answer([Binding(0, 0, 1)], [Chosen(1, [], [])], []), make_rules())

    def test_no_ceiling(self) -> None:
        with self.assertRaises(Nonsense):
            answers.check(ANSWER._replace(ceilings=[]), make_rules())

    def test_unreached(self) -> None:
        with self.assertRaises(Nonsense):
            answers.check(ANSWER._replace(releases=[Chosen(0, [], []), Chosen(1, [], [])]), make_rules())

    def test_wish_outside_of_a_ceiling(self) -> None:
        with self.assertRaises(Nonsense):
            derivations.check(CEILING, make_rules(), None)


class Subsets(unittest.TestCase):
    def test_complement(self) -> None:
        self.assertEqual(complement(()), ((0, derivations.TOP),))
        self.assertEqual(complement(((0, 1), (5, 5))), ((2, 4), (6, derivations.TOP)))
        self.assertEqual(complement(((0, derivations.TOP),)), ())

    def test_union(self) -> None:
        joined = union(Subset(False, ((0, 1), (7, 9))), Subset(True, ((2, 3), (8, 11))))
        self.assertEqual(joined, Subset(True, ((0, 3), (7, 11))))

    def test_lies_within(self) -> None:
        self.assertTrue(lies_within(Subset(False, ((1, 2), (4, 4))), Subset(True, ((0, 2), (4, 9)))))
        self.assertFalse(lies_within(Subset(False, ((1, 3),)), Subset(True, ((0, 2), (4, 9)))))
        self.assertFalse(lies_within(Subset(True, ()), Subset(False, ((0, 9),))))


if __name__ == "__main__":
    unittest.main()
