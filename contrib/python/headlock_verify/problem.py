"""A problem as it grows: what the solver is given, and what its outcome is checked against.

Everything has a number, by the contract (wit/solver.wit): tables grow, and releases are numbered in the
order of supply. `Problem` keeps the numbers and the things; `begin` and `supply` make the values that
the solver is called with.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from . import contract
from .contract import PackageRef
from .lock import Inputs, Local, Need
from .pages import PublishedRelease
from .versions import Requirement, Version, parse_requirement

T = TypeVar("T", bound=Hashable)


class Numbers(Generic[T]):
    """Numbers things from 0 in the order in which they are met."""

    def __init__(self) -> None:
        self.things: list[T] = []
        self._numbers: dict[T, int] = {}
        self._handed_over = 0

    def of(self, thing: T) -> int:
        number = self._numbers.get(thing)
        if number is None:
            number = self._numbers[thing] = len(self.things)
            self.things.append(thing)
        return number

    def find(self, thing: T) -> int | None:
        return self._numbers.get(thing)

    def added(self) -> list[T]:
        """What is new since this was last asked."""
        new = self.things[self._handed_over :]
        self._handed_over = len(self.things)
        return new


@dataclass(frozen=True, slots=True)
class Declaration:
    """A dependency as a release or the consumer declares it. `package` is the declared one."""

    package: int
    requirement: int
    features: tuple[int, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Feature:
    """What a feature turns on: further features, and the release's dependencies at these places."""

    includes: tuple[int, ...]
    additions: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Release:
    """`place` is where its record is in the log; a local component has none."""

    package: int
    version: Version
    content: str
    place: int | None
    yanked: bool
    exclusives: tuple[int, ...]
    dependencies: tuple[Declaration, ...]
    features: dict[int, Feature]


@dataclass(slots=True)
class Problem:
    """`links` lead from a registry to another, to some packages of it or to all (None)."""

    inputs: Inputs
    registries: Numbers[str] = field(default_factory=Numbers)
    names: Numbers[str] = field(default_factory=Numbers)
    packages: Numbers[PackageRef] = field(default_factory=Numbers)
    versions: Numbers[str] = field(default_factory=Numbers)
    requirements: Numbers[tuple[str, str | None]] = field(default_factory=Numbers)
    features: Numbers[str] = field(default_factory=Numbers)
    exclusives: Numbers[str] = field(default_factory=Numbers)
    roots: list[Declaration] = field(default_factory=list)
    links: dict[tuple[int, int], set[int] | None] = field(default_factory=dict)
    replacements: dict[int, int] = field(default_factory=dict)
    preferred: set[tuple[int, str]] = field(default_factory=set)
    releases: list[Release] = field(default_factory=list)
    supplied: dict[int, range | None] = field(default_factory=dict)

    # Numbers and back.

    def package(self, registry: str, name: str) -> int:
        return self.packages.of(PackageRef(self.registries.of(registry), self.names.of(name)))

    def package_name(self, package: int) -> tuple[str, str]:
        registry, name = self.packages.things[package]
        return self.registries.things[registry], self.names.things[name]

    def range_of(self, requirement: int) -> Requirement:
        parsed = parse_requirement(self.requirements.things[requirement][0])
        assert parsed is not None
        return parsed

    def content_of(self, requirement: int) -> str | None:
        return self.requirements.things[requirement][1]

    def dependency_order(self, package: int, requirement: int) -> tuple[str, str, str, str]:
        """Dependencies ascend by registry, name, range's text and content, none before any."""
        text, content = self.requirements.things[requirement]
        return (*self.package_name(package), text, content or "")

    def _features(self, names: Iterable[str]) -> tuple[int, ...]:
        return tuple(self.features.of(name) for name in names)

    def _need(self, need: Need) -> Declaration:
        return Declaration(
            self.package(need.registry, need.name),
            self.requirements.of((need.requirement, need.content)),
            self._features(need.features),
        )

    # What the solver is called with.

    def begin(self, links: dict[tuple[str, str], tuple[str, ...] | None]) -> contract.ProblemValue:
        """The inputs, with the links between registries that there are."""
        self.roots = [self._need(need) for need in self.inputs.dependencies]
        for (dependent, dependency), names in sorted(links.items()):
            edge = (self.registries.of(dependent), self.registries.of(dependency))
            only = None if names is None else {self.package(dependency, name) for name in names}
            self.links[edge] = only
        for override in self.inputs.overrides:
            if not isinstance(override.by, Local):
                replaced = self.package(override.registry, override.name)
                self.replacements[replaced] = self.package(*override.by)
        preferences = []
        for preference in self.inputs.preferences:
            package = self.package(preference.registry, preference.name)
            self.preferred.add((package, preference.version.text))
            preferences.append(
                contract.PreferenceRef(package, self.versions.of(preference.version.text))
            )
        return contract.ProblemValue(
            tables=self._added(),
            roots=[contract.RootRef(r.package, r.requirement, list(r.features)) for r in self.roots],
            links=[
                contract.LinkRef(dependent, dependency, None if only is None else sorted(only))
                for (dependent, dependency), only in self.links.items()
            ],
            overrides=[contract.OverrideRef(*pair) for pair in self.replacements.items()],
            preferences=preferences,
            budget=self.inputs.budget,
        )

    def add_absent(self, package: int) -> None:
        self.supplied[package] = None

    def add_published(self, package: int, published: list[PublishedRelease]) -> None:
        """A package with what its page says, ascending by precedence."""
        registry = self.package_name(package)[0]
        first = len(self.releases)
        for release in published:
            record = release.record
            self.releases.append(
                Release(
                    package,
                    record.version,
                    record.content,
                    release.place,
                    release.yanked,
                    tuple(self.exclusives.of(name) for name in record.exclusives),
                    tuple(
                        Declaration(
                            self.package(dependency.registry or registry, dependency.package),
                            self.requirements.of((dependency.requirement.text, dependency.content)),
                            self._features(dependency.features),
                            dependency.optional,
                        )
                        for dependency in record.dependencies
                    ),
                    {
                        self.features.of(feature.name): Feature(
                            self._features(feature.includes),
                            tuple((place, self._features(names)) for place, names in feature.additions),
                        )
                        for feature in record.features
                    },
                )
            )
            self.versions.of(record.version.text)
        self.supplied[package] = range(first, len(self.releases))

    def add_local(self, package: int, local: Local) -> None:
        """A local component: the only release of what it replaces."""
        first = len(self.releases)
        features = {feature: Feature((), ()) for feature in self._features(local.features)}
        needs = tuple(self._need(need) for need in local.needs)
        self.releases.append(
            Release(package, local.version, local.content, None, False, (), needs, features)
        )
        self.versions.of(local.version.text)
        self.supplied[package] = range(first, first + 1)

    def supply(self, packages: list[int]) -> contract.PackagesValue:
        """The value that hands over these packages, which were added in this order."""
        value = contract.PackagesValue(
            tables=self._added(),
            supplied=[],
            releases=[],
            exclusives=[],
            dependencies=contract.Dependencies([], [], [], []),
            dependency_features=[],
            features=contract.Features([], [], []),
            included=[],
            additions=contract.Additions([], []),
            addition_features=[],
        )
        for package in packages:
            numbers = self.supplied[package]
            value.supplied.append(contract.Supplied(package, None if numbers is None else len(numbers)))
            for number in numbers or ():
                self._supply_release(value, self.releases[number])
        return value

    def _supply_release(self, value: contract.PackagesValue, release: Release) -> None:
        version = self.versions.of(release.version.text)
        counts = (len(release.exclusives), len(release.dependencies), len(release.features))
        value.releases.append(
            contract.ReleaseRef(version, _digest(release.content), release.yanked, *counts)
        )
        value.exclusives.extend(release.exclusives)
        columns = value.dependencies
        for dependency in release.dependencies:
            if dependency.optional:
                columns.optional.append(len(columns.packages))
            columns.packages.append(dependency.package)
            columns.requirements.append(dependency.requirement)
            columns.features.append(len(dependency.features))
            value.dependency_features.extend(dependency.features)
        for name, feature in release.features.items():
            value.features.names.append(name)
            value.features.includes.append(len(feature.includes))
            value.features.additions.append(len(feature.additions))
            value.included.extend(feature.includes)
            for place, further in feature.additions:
                value.additions.dependencies.append(place)
                value.additions.features.append(len(further))
                value.addition_features.extend(further)

    def _added(self) -> contract.Tables:
        return contract.Tables(
            self.registries.added(),
            self.names.added(),
            self.packages.added(),
            self.versions.added(),
            [
                contract.RequirementRef(text, None if content is None else _digest(content))
                for text, content in self.requirements.added()
            ],
            self.features.added(),
            self.exclusives.added(),
        )


def _digest(text: str) -> contract.Digest:
    """A sha256 as four numbers, first bytes first."""
    a, b, c, d = (int(text[i : i + 16], 16) for i in range(0, 64, 16))
    return (a, b, c, d)
