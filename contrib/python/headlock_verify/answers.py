"""Checks that an answer is the answer (docs/resolution.md, *A complete answer* and *The answer*).

The queue of the procedure is walked with the answer's own bindings: each item must be bound to one of
its candidates, and where that is not the first by rank, the solver's ceiling must show that none above
it was possible. What the walk reaches must be all that the answer holds.
"""

from collections import deque
from dataclasses import dataclass

from . import contract, derivations
from .derivations import Bound, Wish
from .rules import Edge, Nonsense, Rules


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the queue: a dependency of a release (or of the consumer, None) with asked-for features."""

    dependent: int | None
    edge: Edge

    @property
    def key(self) -> tuple[int | None, int, int]:
        return (self.dependent, *self.edge.key)


class _Stated:
    """An answer as the solver states it, its numbers and orders checked."""

    def __init__(self, answer: contract.Answer, rules: Rules) -> None:
        self.rules = rules
        self.bindings: dict[tuple[int | None, int, int], int] = {}
        self.features: dict[int, set[int]] = {}
        self._add_bindings(None, answer.roots)
        last: tuple = ()
        for chosen in answer.releases:
            if chosen.release >= len(rules.releases):
                raise Nonsense("the answer holds a release that is none")
            release = rules.releases[chosen.release]
            order = (*rules.problem.package_name(release.package), release.version.key)
            if order <= last:
                raise Nonsense("the answer's releases are not ascending")
            last = order
            names = [self._feature(feature) for feature in chosen.features]
            if names != sorted(set(names)):
                raise Nonsense("a release's features are not ascending")
            self.features[chosen.release] = set(chosen.features)
            self._add_bindings(chosen.release, chosen.bindings)

    def _feature(self, feature: int) -> str:
        if feature >= len(self.rules.problem.features.things):
            raise Nonsense("the answer holds a feature that is none")
        return self.rules.problem.features.things[feature]

    def _add_bindings(self, dependent: int | None, bindings: list[contract.Binding]) -> None:
        problem = self.rules.problem
        last: tuple = ()
        for binding in bindings:
            if (
                binding.package >= len(problem.packages.things)
                or binding.requirement >= len(problem.requirements.things)
                or binding.to >= len(problem.releases)
            ):
                raise Nonsense("a binding speaks of what is not there")
            order = problem.dependency_order(binding.package, binding.requirement)
            if order <= last:
                raise Nonsense("bindings are not ascending")
            last = order
            self.bindings[dependent, binding.package, binding.requirement] = binding.to


class _Walk:
    """The procedure, as far as it has come."""

    def __init__(self, stated: _Stated, ceilings: list[contract.Ceiling], rules: Rules) -> None:
        self.rules = rules
        self.stated = stated
        self.ceilings = deque(ceilings)
        self.bound: dict[tuple[int | None, int, int], int] = {}
        self.features: dict[int, set[int]] = {}
        self.queue: deque[Item] = deque()
        self.earlier: list[tuple[int, Bound | None]] = []

    def run(self) -> None:
        self._enter(None, self.rules.root_edges())
        while self.queue:
            self._take(self.queue.popleft())
        if self.ceilings:
            raise Nonsense("there is a ceiling of an item that needs none")

    def _enter(self, dependent: int | None, edges: dict[tuple[int, int], Edge]) -> None:
        """A batch at the queue's end, in its order."""
        order = self.rules.problem.dependency_order
        for edge in sorted(edges.values(), key=lambda edge: order(*edge.key)):
            self.queue.append(Item(dependent, edge))

    def _take(self, item: Item) -> None:
        release = self.bound.get(item.key)
        candidates = self.rules.candidates(item.edge)
        is_forced = release is not None
        if release is None:
            release = self.stated.bindings.get(item.key)
            if release is None:
                raise Nonsense("a dependency is not bound")
        if release not in candidates:
            raise Nonsense("a dependency is bound to a release that is no candidate of it")
        bound = self._bound_variable(item)
        if not is_forced:
            self.bound[item.key] = release
            above = candidates[: candidates.index(release)]
            if above:
                self._check_ceiling(above, bound)
        self.earlier.append((release, bound))
        self._turn_on(release, item.edge.features)

    def _bound_variable(self, item: Item) -> Bound | None:
        """The variable for the track that a spanning dependency is bound to."""
        if not self.rules.spans(item.edge):
            return None
        dependent = None if item.dependent is None else self.rules.track[item.dependent]
        return Bound(dependent, *item.edge.key)

    def _check_ceiling(self, above: list[int], bound: Bound | None) -> None:
        item = len(self.earlier)
        if not self.ceilings or self.ceilings[0].item != item:
            raise Nonsense("a release that ranks higher is passed over without a reason")
        ceiling = self.ceilings.popleft()
        wish = Wish(list(self.earlier), above, bound)
        derivations.check(ceiling.derivation, self.rules, wish)

    def _turn_on(self, release: int, features: set[int]) -> None:
        is_new = release not in self.features
        on = self.features.setdefault(release, set())
        new = self.rules.closure(release, features) - on
        on |= new
        declared = self.rules.always(release) if is_new else []
        for feature in new:
            declared += self.rules.added(release, feature)
        if declared:
            self._enter(release, self.rules.edges(release, declared))


def check(answer: contract.Answer, rules: Rules) -> None:
    """`Nonsense` if this is not the answer."""
    stated = _Stated(answer, rules)
    walk = _Walk(stated, answer.ceilings, rules)
    walk.run()
    if walk.bound != stated.bindings or walk.features != stated.features:
        raise Nonsense("the answer holds something that nothing leads to, or a feature that nothing asks for")
    tracks: set[int] = set()
    exclusives: set[int] = set()
    for release in stated.features:
        if rules.track[release] in tracks:
            raise Nonsense("two releases are on one track")
        tracks.add(rules.track[release])
        for exclusive in rules.releases[release].exclusives:
            if exclusive in exclusives:
                raise Nonsense("two releases name one exclusive resource")
            exclusives.add(exclusive)
