"""The solver's contract, `headlock:solver@0.1.0` (wit/solver.wit), as Python's values and their shapes.

Everything is referred to by number; a list that belongs to a record of a list stands in a list beside
it, and the record says how long it is. wit/solver.wit says what each field means.
"""

from typing import NamedTuple

from .component_values import BOOL, STRING, U32, U64, ListOf, OptionOf, RecordOf, TupleOf, VariantOf

INTERFACE = "headlock:solver/solving@0.1.0"

Digest = tuple[int, int, int, int]


class PackageRef(NamedTuple):
    registry: int
    name: int


class RequirementRef(NamedTuple):
    range: str
    content: Digest | None


class Tables(NamedTuple):
    registries: list[str]
    names: list[str]
    packages: list[PackageRef]
    versions: list[str]
    requirements: list[RequirementRef]
    features: list[str]
    exclusives: list[str]


class RootRef(NamedTuple):
    package: int
    requirement: int
    features: list[int]


class LinkRef(NamedTuple):
    dependent: int
    dependency: int
    packages: list[int] | None


class OverrideRef(NamedTuple):
    package: int
    replacement: int


class PreferenceRef(NamedTuple):
    package: int
    version: int


class ProblemValue(NamedTuple):
    tables: Tables
    roots: list[RootRef]
    links: list[LinkRef]
    overrides: list[OverrideRef]
    preferences: list[PreferenceRef]
    budget: int


class Supplied(NamedTuple):
    package: int
    releases: int | None


class ReleaseRef(NamedTuple):
    version: int
    content: Digest
    yanked: bool
    exclusives: int
    dependencies: int
    features: int


class Dependencies(NamedTuple):
    packages: list[int]
    requirements: list[int]
    features: list[int]
    optional: list[int]


class Features(NamedTuple):
    names: list[int]
    includes: list[int]
    additions: list[int]


class Additions(NamedTuple):
    dependencies: list[int]
    features: list[int]


class PackagesValue(NamedTuple):
    tables: Tables
    supplied: list[Supplied]
    releases: list[ReleaseRef]
    exclusives: list[int]
    dependencies: Dependencies
    dependency_features: list[int]
    features: Features
    included: list[int]
    additions: Additions
    addition_features: list[int]


class Binding(NamedTuple):
    package: int
    requirement: int
    to: int


class Chosen(NamedTuple):
    release: int
    features: list[int]
    bindings: list[Binding]


class BoundVariable(NamedTuple):
    dependent: int | None
    package: int
    requirement: int


class FeatureVariable(NamedTuple):
    track: int
    feature: int


class BoundFeatureVariable(NamedTuple):
    bound: BoundVariable
    feature: int


class Term(NamedTuple):
    variable: int
    positive: bool
    ranges: int


class Step(NamedTuple):
    terms: int
    cause: tuple[str, tuple[int, int] | None]


class Derivation(NamedTuple):
    variables: list[tuple]
    steps: list[Step]
    terms: list[Term]
    ranges: list[tuple[int, int]]


class Ceiling(NamedTuple):
    item: int
    derivation: Derivation


class Answer(NamedTuple):
    roots: list[Binding]
    releases: list[Chosen]
    ceilings: list[Ceiling]


_NUMBERS = ListOf(U32)
_TEXTS = ListOf(STRING)
_DIGEST = TupleOf(U64, 4)

_TABLES = RecordOf(
    Tables,
    registries=_TEXTS,
    names=_TEXTS,
    packages=ListOf(RecordOf(PackageRef, registry=U32, name=U32)),
    versions=_TEXTS,
    requirements=ListOf(RecordOf(RequirementRef, range=STRING, content=OptionOf(_DIGEST))),
    features=_TEXTS,
    exclusives=_TEXTS,
)

PROBLEM = RecordOf(
    ProblemValue,
    tables=_TABLES,
    roots=ListOf(RecordOf(RootRef, package=U32, requirement=U32, features=_NUMBERS)),
    links=ListOf(RecordOf(LinkRef, dependent=U32, dependency=U32, packages=OptionOf(_NUMBERS))),
    overrides=ListOf(RecordOf(OverrideRef, package=U32, replacement=U32)),
    preferences=ListOf(RecordOf(PreferenceRef, package=U32, version=U32)),
    budget=U64,
)

PACKAGES = RecordOf(
    PackagesValue,
    tables=_TABLES,
    supplied=ListOf(RecordOf(Supplied, package=U32, releases=OptionOf(U32))),
    releases=ListOf(
        RecordOf(
            ReleaseRef,
            version=U32,
            content=_DIGEST,
            yanked=BOOL,
            exclusives=U32,
            dependencies=U32,
            features=U32,
        )
    ),
    exclusives=_NUMBERS,
    dependencies=RecordOf(
        Dependencies, packages=_NUMBERS, requirements=_NUMBERS, features=_NUMBERS, optional=_NUMBERS
    ),
    dependency_features=_NUMBERS,
    features=RecordOf(Features, names=_NUMBERS, includes=_NUMBERS, additions=_NUMBERS),
    included=_NUMBERS,
    additions=RecordOf(Additions, dependencies=_NUMBERS, features=_NUMBERS),
    addition_features=_NUMBERS,
)

_BINDINGS = ListOf(RecordOf(Binding, package=U32, requirement=U32, to=U32))
_BOUND = RecordOf(BoundVariable, dependent=OptionOf(U32), package=U32, requirement=U32)

_DERIVATION = RecordOf(
    Derivation,
    variables=ListOf(
        VariantOf(
            root=None,
            release=U32,
            feature=RecordOf(FeatureVariable, track=U32, feature=U32),
            bound=_BOUND,
            bound_feature=RecordOf(BoundFeatureVariable, bound=_BOUND, feature=U32),
            exclusive=U32,
            wish=None,
        )
    ),
    steps=ListOf(
        RecordOf(Step, terms=U32, cause=VariantOf(requires=None, nothing=None, both=TupleOf(U32, 2)))
    ),
    terms=ListOf(RecordOf(Term, variable=U32, positive=BOOL, ranges=U32)),
    ranges=ListOf(TupleOf(U32, 2)),
)

OUTCOME = VariantOf(
    solved=RecordOf(
        Answer,
        roots=_BINDINGS,
        releases=ListOf(RecordOf(Chosen, release=U32, features=_NUMBERS, bindings=_BINDINGS)),
        ceilings=ListOf(RecordOf(Ceiling, item=U32, derivation=_DERIVATION)),
    ),
    incomplete=_NUMBERS,
    unsolvable=_DERIVATION,
    exhausted=None,
)
