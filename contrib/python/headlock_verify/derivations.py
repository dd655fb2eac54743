"""Checks proofs that there is no answer, or none with a release that ranks higher.

docs/resolution.md, *Derivations* and *Ceilings*. A derivation is steps; a step is terms that cannot all
be true, and each step is checked alone, given the earlier ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from . import contract
from .rules import Edge, Nonsense, Rules

TOP = 2**32 - 1
"""Stands for itself and all higher values."""

Ranges = tuple[tuple[int, int], ...]
Variable = tuple
"""A variable of the contract: its case's name, then its numbers."""

ROOT: Variable = ("root",)
WISH: Variable = ("wish",)


class Bound(NamedTuple):
    """A spanning dependency: of the releases on a track (or of the consumer, None), on a package."""

    dependent: int | None
    package: int
    requirement: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What a ceiling's problem has besides: the releases of the items before this one, each with its
    variable if its dependency spans; the candidates that rank above; this item's own variable."""

    earlier: list[tuple[int, Bound | None]]
    above: list[int]
    bound: Bound | None


# Sets of values. A term stands for a subset of all values and "none".


class Subset(NamedTuple):
    """Ascending ranges of values that do not touch, and whether "no value" is in it."""

    has_none: bool
    ranges: Ranges


EVERYTHING = Subset(True, ((0, TOP),))


def complement(ranges: Ranges) -> Ranges:
    result = []
    at = 0
    for first, last in ranges:
        if at < first:
            result.append((at, first - 1))
        at = last + 1
    if at <= TOP:
        result.append((at, TOP))
    return tuple(result)


def union(a: Subset, b: Subset) -> Subset:
    result: list[tuple[int, int]] = []
    for first, last in sorted(a.ranges + b.ranges):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return Subset(a.has_none or b.has_none, tuple(result))


def lies_within(a: Subset, b: Subset) -> bool:
    if a.has_none and not b.has_none:
        return False
    others = iter(b.ranges)
    other = next(others, None)
    for first, last in a.ranges:
        while other is not None and other[1] < first:
            other = next(others, None)
        if other is None or not other[0] <= first or not last <= other[1]:
            return False
    return True


def holds(ranges: Ranges, value: int) -> bool:
    return any(first <= value <= last for first, last in ranges)


class _World:
    """What each value of each variable requires, and which values are available."""

    def __init__(self, rules: Rules, wish: Wish | None) -> None:
        self.rules = rules
        self.wish = wish
        self._known: dict[tuple[Variable, int], dict[Variable, set[int]] | None] = {}

    def values(self, variable: Variable) -> Iterable[int]:
        """All values of the variable that can be available."""
        match variable:
            case ("root",):
                return (0,)
            case ("release", track) | ("feature", track, _):
                return self.rules.on_track[track]
            case ("bound", bound) | ("bound-feature", bound, _):
                return self.rules.tracks(self.rules.accepted_by(bound.package, bound.requirement))
            case ("exclusive", exclusive):
                return self.rules.naming.get(exclusive, ())
        assert self.wish is not None
        return self.rules.tracks(self.wish.above)

    def requires(self, variable: Variable, value: int) -> dict[Variable, set[int]] | None:
        """What the value requires of other variables; None if the value is not available."""
        key = (variable, value)
        if key not in self._known:
            self._known[key] = self._requires(variable, value)
        return self._known[key]

    def _requires(self, variable: Variable, value: int) -> dict[Variable, set[int]] | None:
        rules = self.rules
        required: dict[Variable, set[int]] = {}
        match variable:
            case ("root",):
                if self.wish is not None:
                    self._require_earlier(required, self.wish)
                edges = rules.root_edges().values()
                return required if self._require_edges(required, edges, None, 0) else None
            case ("release", track):
                release = rules.releases[value]
                if release.yanked:
                    return None
                for exclusive in release.exclusives:
                    _require(required, ("exclusive", exclusive), {value})
                edges = rules.edges(value, rules.always(value)).values()
                return required if self._require_edges(required, edges, track, value) else None
            case ("feature", track, feature):
                release = rules.releases[value]
                defined = release.features.get(feature)
                if release.yanked or defined is None:
                    return None
                if any(included not in release.features for included in defined.includes):
                    return None
                _require(required, ("release", track), {value})
                for included in defined.includes:
                    _require(required, ("feature", track, included), {value})
                edges = rules.edges(value, rules.added(value, feature)).values()
                return required if self._require_edges(required, edges, track, value) else None
            case ("bound", bound):
                _require(required, ("release", value), self._accepted_on(bound, value))
            case ("bound-feature", bound, feature):
                _require(required, ("bound", bound), {value})
                _require(required, ("feature", value, feature), self._accepted_on(bound, value))
            case ("wish",):
                assert self.wish is not None
                above = {release for release in self.wish.above if rules.track[release] == value}
                _require(required, ("release", value), above)
                if self.wish.bound is not None:
                    _require(required, ("bound", self.wish.bound), {value})
        return required

    def _accepted_on(self, bound: Bound, track: int) -> set[int]:
        accepted = self.rules.accepted_by(bound.package, bound.requirement)
        return {release for release in accepted if self.rules.track[release] == track}

    def _require_earlier(self, required: dict[Variable, set[int]], wish: Wish) -> None:
        for release, bound in wish.earlier:
            track = self.rules.track[release]
            _require(required, ("release", track), {release})
            if bound is not None:
                _require(required, ("bound", bound), {track})
        _require(required, WISH, self.rules.tracks(wish.above))

    def _require_edges(
        self, required: dict[Variable, set[int]], edges: Iterable[Edge], track: int | None, release: int
    ) -> bool:
        """Adds what the edges of a release on a track (or of the consumer) require. False if one of them
        cannot be met: it has no accepted release, or only such on this very track that are another."""
        for edge in edges:
            if edge.is_legal and not self.rules.is_supplied(edge.package):
                continue
            accepted = set(self.rules.accepted(edge))
            tracks = self.rules.tracks(accepted)
            if not accepted or tracks == {track} and release not in accepted:
                return False
            if len(tracks) == 1:
                only = next(iter(tracks))
                _require(required, ("release", only), accepted)
                for feature in edge.features:
                    _require(required, ("feature", only, feature), accepted)
            else:
                bound = Bound(track, *edge.key)
                _require(required, ("bound", bound), tracks)
                for feature in edge.features:
                    _require(required, ("bound-feature", bound, feature), tracks)
        return True


def _require(required: dict[Variable, set[int]], variable: Variable, values: set[int]) -> None:
    """Several requirements on one variable hold together."""
    required[variable] = required[variable] & values if variable in required else values


class _Reader:
    """Takes a derivation apart, checking its numbers and orders."""

    def __init__(self, derivation: contract.Derivation, rules: Rules, has_wish: bool) -> None:
        self.rules = rules
        self.has_wish = has_wish
        self.variables = [self._variable(*variable) for variable in derivation.variables]
        if len(set(self.variables)) != len(self.variables):
            raise Nonsense("a derivation has a variable twice")
        self.terms = iter(derivation.terms)
        self.ranges = iter(derivation.ranges)

    def _variable(self, case: str, payload: object) -> Variable:
        match case, payload:
            case "root", _:
                return ROOT
            case "release", int(track):
                return ("release", self._track(track))
            case "feature", contract.FeatureVariable(track, feature):
                return ("feature", self._track(track), self._feature(feature))
            case "bound", contract.BoundVariable() as bound:
                return ("bound", self._bound(bound))
            case "bound-feature", contract.BoundFeatureVariable(bound, feature):
                return ("bound-feature", self._bound(bound), self._feature(feature))
            case "exclusive", int(exclusive) if exclusive < len(self.rules.problem.exclusives.things):
                return ("exclusive", exclusive)
            case "wish", _ if self.has_wish:
                return WISH
        raise Nonsense("a derivation speaks of a variable that is none")

    def _track(self, track: int) -> int:
        if track not in self.rules.on_track:
            raise Nonsense("a derivation speaks of a track that is none")
        return track

    def _feature(self, feature: int) -> int:
        if feature >= len(self.rules.problem.features.things):
            raise Nonsense("a derivation speaks of a feature that is none")
        return feature

    def _bound(self, bound: contract.BoundVariable) -> Bound:
        problem = self.rules.problem
        if bound.dependent is not None:
            self._track(bound.dependent)
        if bound.package >= len(problem.packages.things):
            raise Nonsense("a derivation speaks of a package that is none")
        if bound.requirement >= len(problem.requirements.things):
            raise Nonsense("a derivation speaks of a requirement that is none")
        return Bound(*bound)

    def step(self, terms: int) -> list[tuple[Variable, bool, Ranges]]:
        """The next terms: variable, sign, ranges."""
        result = []
        last = -1
        taken = list(islice(self.terms, terms))
        if len(taken) != terms:
            raise Nonsense("a derivation has too few terms")
        for term in taken:
            if not last < term.variable < len(self.variables):
                raise Nonsense("a step's terms are not ascending")
            last = term.variable
            result.append((self.variables[term.variable], term.positive, self._take_ranges(term.ranges)))
        return result

    def _take_ranges(self, count: int) -> Ranges:
        ranges = tuple(islice(self.ranges, count))
        if len(ranges) != count:
            raise Nonsense("a derivation has too few ranges")
        for i, (first, end) in enumerate(ranges):
            if first > end or i and first <= ranges[i - 1][1] + 1:
                raise Nonsense("a term's ranges are not ascending, or touch")
        return ranges

    def end(self) -> None:
        if next(self.terms, None) is not None or next(self.ranges, None) is not None:
            raise Nonsense("a derivation has more terms or ranges than its steps")


def check(derivation: contract.Derivation, rules: Rules, wish: Wish | None) -> None:
    """`Nonsense` if this does not show that there is no answer (with a `wish`, none that grants it)."""
    reader = _Reader(derivation, rules, wish is not None)
    world = _World(rules, wish)
    steps: list[dict[Variable, Subset]] = []
    terms: list[tuple[Variable, bool, Ranges]] = []
    for step in derivation.steps:
        terms = reader.step(step.terms)
        subsets = {
            variable: Subset(False, ranges) if positive else Subset(True, complement(ranges))
            for variable, positive, ranges in terms
        }
        match step.cause:
            case "requires", _:
                is_right = _is_required(terms, world)
            case "nothing", _:
                is_right = _is_nothing(terms, world)
            case "both", (a, b) if a < len(steps) and b < len(steps):
                is_right = _follows(subsets, steps[a], steps[b])
            case _:
                is_right = False
        if not is_right:
            raise Nonsense(f"step {len(steps)} of a derivation does not hold")
        steps.append(subsets)
    reader.end()
    if not steps or not _is_end(terms):
        raise Nonsense("a derivation does not end where it should")


def _available(variable: Variable, ranges: Ranges, world: _World) -> Iterable[dict[Variable, set[int]]]:
    """What each available value of the variable in the ranges requires."""
    for value in world.values(variable):
        if holds(ranges, value):
            required = world.requires(variable, value)
            if required is not None:
                yield required


def _is_required(terms: list[tuple[Variable, bool, Ranges]], world: _World) -> bool:
    match sorted(terms, key=lambda term: not term[1]):
        case [(x, True, allowed), (y, False, within)]:
            return all(
                y in required and all(holds(within, value) for value in required[y])
                for required in _available(x, allowed, world)
            )
    return False


def _is_nothing(terms: list[tuple[Variable, bool, Ranges]], world: _World) -> bool:
    match terms:
        case [(x, True, allowed)]:
            return next(iter(_available(x, allowed, world)), None) is None
    return False


def _follows(step: dict[Variable, Subset], a: dict[Variable, Subset], b: dict[Variable, Subset]) -> bool:
    """Resolution: on one variable within the union, on every other within the intersection."""
    beyond = []
    for variable in step.keys() | a.keys() | b.keys():
        mine = step.get(variable, EVERYTHING)
        first, second = a.get(variable, EVERYTHING), b.get(variable, EVERYTHING)
        if not (lies_within(mine, first) and lies_within(mine, second)):
            beyond.append(lies_within(mine, union(first, second)))
    return not beyond or beyond == [True]


def _is_end(terms: list[tuple[Variable, bool, Ranges]]) -> bool:
    """No term, or one positive term on root that contains 0; what is always true does not count."""
    match [term for term in terms if term[1] or term[2]]:
        case []:
            return True
        case [(("root",), True, ranges)]:
            return holds(ranges, 0)
    return False
