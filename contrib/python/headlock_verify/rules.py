"""The rules of resolution that both the answer and the derivations are checked by.

docs/resolution.md, *Terms*. Written from there alone; shares nothing with a solver.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .problem import Declaration, Problem, Release


class Nonsense(Exception):
    """What the solver returned does not hold, for the stated reason."""


@dataclass(slots=True)
class Edge:
    """Declarations of one dependent that make one dependency. `package` is the replacement, if there is one."""

    package: int
    requirement: int
    features: set[int] = field(default_factory=set)
    is_legal: bool = True

    @property
    def key(self) -> tuple[int, int]:
        return (self.package, self.requirement)


class Rules:
    """Answers questions about a problem all of whose packages have been supplied by now."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.releases = problem.releases
        self.track: list[int] = []
        self.on_track: dict[int, list[int]] = {}
        self.naming: dict[int, list[int]] = {}
        self._accepted: dict[tuple[int, int], list[int]] = {}
        for number, release in enumerate(self.releases):
            self._number(number, release)

    def _number(self, number: int, release: Release) -> None:
        """A track is its lowest release; a package's tracks are stretches of its releases."""
        before = self.releases[number - 1] if number else None
        goes_on = (
            before is not None
            and before.package == release.package
            and before.version.track == release.version.track
        )
        track = self.track[-1] if goes_on else number
        self.track.append(track)
        self.on_track.setdefault(track, []).append(number)
        for exclusive in release.exclusives:
            self.naming.setdefault(exclusive, []).append(number)

    def is_supplied(self, package: int) -> bool:
        return package in self.problem.supplied

    def is_legal(self, dependent: int | None, declared: int) -> bool:
        """Whether the release (or the consumer) may depend on the declared package."""
        if dependent is None:
            return True
        own = self.problem.packages.things[self.releases[dependent].package].registry
        other = self.problem.packages.things[declared].registry
        if own == other:
            return True
        if (own, other) not in self.problem.links:
            return False
        only = self.problem.links[own, other]
        return only is None or declared in only

    def edges(
        self, dependent: int | None, declared: Iterable[tuple[Declaration, tuple[int, ...]]]
    ) -> dict[tuple[int, int], Edge]:
        """Declarations, each with further features, merged into dependencies."""
        edges: dict[tuple[int, int], Edge] = {}
        for declaration, further in declared:
            package = self.problem.replacements.get(declaration.package, declaration.package)
            edge = edges.setdefault((package, declaration.requirement), Edge(package, declaration.requirement))
            edge.features.update(declaration.features, further)
            edge.is_legal = edge.is_legal and self.is_legal(dependent, declaration.package)
        return edges

    def root_edges(self) -> dict[tuple[int, int], Edge]:
        return self.edges(None, ((root, ()) for root in self.problem.roots))

    def always(self, release: int) -> list[tuple[Declaration, tuple[int, ...]]]:
        """What a release declares whatever its features."""
        return [(d, ()) for d in self.releases[release].dependencies if not d.optional]

    def added(self, release: int, feature: int) -> list[tuple[Declaration, tuple[int, ...]]]:
        """What a feature that the release defines adds."""
        of = self.releases[release]
        return [(of.dependencies[place], further) for place, further in of.features[feature].additions]

    def accepted_by(self, package: int, requirement: int) -> list[int]:
        """The usable releases that the requirement accepts, ascending."""
        key = (package, requirement)
        accepted = self._accepted.get(key)
        if accepted is None:
            range_, content = self.problem.range_of(requirement), self.problem.content_of(requirement)
            accepted = self._accepted[key] = [
                number
                for number in self.problem.supplied.get(package) or ()
                if not self.releases[number].yanked
                and (content is None or self.releases[number].content == content)
                and range_.matches(self.releases[number].version)
            ]
        return accepted

    def accepted(self, edge: Edge) -> list[int]:
        return self.accepted_by(*edge.key) if edge.is_legal else []

    def tracks(self, releases: Iterable[int]) -> set[int]:
        return {self.track[release] for release in releases}

    def spans(self, edge: Edge) -> bool:
        return len(self.tracks(self.accepted(edge))) > 1

    def candidates(self, edge: Edge) -> list[int]:
        """The accepted releases that define every asked-for feature, first by rank first."""
        return sorted(
            (r for r in self.accepted(edge) if edge.features <= self.releases[r].features.keys()),
            key=lambda r: (self._is_preferred(r), self.releases[r].version.key),
            reverse=True,
        )

    def _is_preferred(self, release: int) -> bool:
        of = self.releases[release]
        return (of.package, of.version.text) in self.problem.preferred

    def closure(self, release: int, features: Iterable[int]) -> set[int]:
        """The features and all that they include, each of which the release must define."""
        defined = self.releases[release].features
        on: set[int] = set()
        waiting = list(features)
        while waiting:
            feature = waiting.pop()
            if feature in on:
                continue
            if feature not in defined:
                raise Nonsense("a feature is on that its release does not define")
            on.add(feature)
            waiting.extend(defined[feature].includes)
        return on
