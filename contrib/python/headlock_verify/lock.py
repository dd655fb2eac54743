"""The lock (docs/lock.md): its parts, and its one encoding.

`parse_lock` reads TOML, `Lock.format` writes it; a text that is not what is written of it is no lock.
Versions are kept as text, lists as tuples in their order.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from . import tables
from .names import MAX_NUMBER, decimal, is_digest, is_feature, is_origin, is_package
from .records import MAX_MAINTAINERS, Maintainers, parse_maintainers
from .tables import Table
from .verdict import Malformed
from .versions import Version, parse_requirement, parse_version

MAX_BYTES = 64 << 20
MAX_OVERRIDES = 4_096
MAX_PREFERENCES = 200_000
WORLD = "headlock:solver@0.1.0"

_HEADING = """\
# Written by headlock, and verified by deriving it again: `headlock verify`.
# Editing it by hand makes it a false statement.
format = 1
"""


@dataclass(frozen=True, slots=True)
class Need:
    """A dependency of the consumer, or of a local component. `content` is the one that is accepted."""

    registry: str
    name: str
    requirement: str
    content: str | None
    features: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.registry, self.name, self.requirement, self.content or "")


@dataclass(frozen=True, slots=True)
class Forbidden:
    """An edge between registries; from any, where `dependent` is None."""

    dependent: str | None
    dependency: str

    @property
    def key(self) -> tuple[str, str]:
        return (self.dependent or "", self.dependency)


@dataclass(frozen=True, slots=True)
class Local:
    """A component of the consumer's own, the only release of what it replaces."""

    version: Version
    content: str
    features: tuple[str, ...]
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """What stands in the place of a package: another (registry and name), or a local component."""

    registry: str
    name: str
    by: tuple[str, str] | Local


@dataclass(frozen=True, slots=True)
class ReleaseName:
    """A release: registry, package and version."""

    registry: str
    name: str
    version: Version

    @property
    def key(self) -> tuple:
        return (self.registry, self.name, self.version.key)

    def __str__(self) -> str:
        return f"{self.name} {self.version.text} {self.registry}"


@dataclass(frozen=True, slots=True)
class Inputs:
    budget: int
    preferences: tuple[ReleaseName, ...]
    dependencies: tuple[Need, ...]
    forbidden: tuple[Forbidden, ...]
    overrides: tuple[Override, ...]

    @property
    def registries(self) -> set[str]:
        """Those of the dependencies, and of the packages that are put in the place of others."""
        replacing = {override.by[0] for override in self.overrides if isinstance(override.by, tuple)}
        return {need.registry for need in self.dependencies} | replacing


@dataclass(frozen=True, slots=True)
class LockedLog:
    """A head, the log's own signature line of it, and the log that it is derived from, if it is.

    The head is text as it is written, for it is to be judged as a checkpoint (docs/log.md).
    """

    origin: str
    size: int
    root: str
    signature: str
    derived: str | None

    @property
    def text(self) -> str:
        """The three lines of the checkpoint."""
        return f"{self.origin}\n{self.size}\n{self.root}\n"


@dataclass(frozen=True, slots=True)
class Published:
    """Where a solver was published: a pinned head, and the place of the release's record."""

    head: LockedLog
    record: int


@dataclass(frozen=True, slots=True)
class Solver:
    """`name` and `version` are what the component says of itself, if it does. `imports` are what it
    imports, for solvers that are given something (sealed) by the host."""

    name: str | None
    version: str | None
    world: str
    sha256: str
    imports: tuple[str, ...] = ()
    published: Published | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A release of the answer, as it is written. `record` is None for a local component's; `maintainers` are
    how many of how many must sign, and the keys, or nothing where the package has none."""

    registry: str
    name: str
    version: str
    content: str
    record: int | None
    maintainers: tuple[str, ...]
    features: tuple[str, ...]
    dependencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lock:
    """`solver`, `inputs` and the logs that are not derived are the claim. All else follows from it, and is
    text to be compared; only cosignatures are neither."""

    solver: Solver
    inputs: Inputs
    problem: str
    outcome: str
    dependencies: tuple[str, ...]
    logs: tuple[LockedLog, ...]
    consulted: tuple[tuple[str, tuple[str, ...]], ...]
    packages: tuple[Package, ...]
    cosignatures: tuple[tuple[str, str], ...]

    def format(self) -> str:
        return "".join(self.sections())

    def sections(self) -> Iterable[str]:
        """The lock's text, in its sections: the heading, and each table with the empty line before it."""
        yield _HEADING
        solver, inputs = self.solver, self.inputs
        yield _section(
            "[solver]",
            _text("name", solver.name),
            _text("version", solver.version),
            _text("world", solver.world),
            _text("sha256", solver.sha256),
            _list("imports", solver.imports),
        )
        if solver.published is not None:
            record = f"record = {solver.published.record}\n"
            yield _section("[solver.published]", *_head(solver.published.head), record)
        yield _section(
            "[inputs]", f"budget = {inputs.budget}\n", _list("preferences", map(str, inputs.preferences))
        )
        for need in inputs.dependencies:
            yield _section("[[inputs.dependency]]", *_need(need))
        for edge in inputs.forbidden:
            yield _section(
                "[[inputs.forbidden]]", _text("dependent", edge.dependent), _text("dependency", edge.dependency)
            )
        for override in inputs.overrides:
            yield from _override(override)
        yield _section("[problem]", _text("sha256", self.problem))
        yield _section(
            "[outcome]", _text("sha256", self.outcome), _list("dependencies", self.dependencies)
        )
        for log in self.logs:
            yield _section("[[log]]", *_head(log), _text("derived", log.derived))
        for registry, names in self.consulted:
            yield _section("[[consulted]]", _text("registry", registry), _list("names", names))
        for package in self.packages:
            yield _package(package)
        for origin, line in self.cosignatures:
            yield _section("[[cosignature]]", _text("origin", origin), _text("line", line))


def _section(title: str, *fields: str) -> str:
    return f"\n{title}\n" + "".join(fields)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(name: str, value: str | None) -> str:
    return "" if value is None else f"{name} = {_quote(value)}\n"


def _list(name: str, values: Iterable[str]) -> str:
    lines = "".join(f"    {_quote(value)},\n" for value in values)
    return f"{name} = [\n{lines}]\n" if lines else ""


def _need(need: Need) -> tuple[str, ...]:
    return (
        _text("registry", need.registry),
        _text("name", need.name),
        _text("requirement", need.requirement),
        _text("sha256", need.content),
        _list("features", need.features),
    )


def _head(log: LockedLog) -> tuple[str, ...]:
    return (
        _text("origin", log.origin),
        f"size = {log.size}\n",
        _text("root", log.root),
        _text("signature", log.signature),
    )


def _override(override: Override) -> Iterable[str]:
    replaced = (_text("registry", override.registry), _text("name", override.name))
    if not isinstance(override.by, Local):
        registry, name = override.by
        by = (_text("by-registry", registry), _text("by-name", name))
        yield _section("[[inputs.override]]", *replaced, *by)
        return
    local = override.by
    yield _section(
        "[[inputs.override]]",
        *replaced,
        _text("version", local.version.text),
        _text("sha256", local.content),
        _list("features", local.features),
    )
    for need in local.needs:
        yield _section("[[inputs.override.dependency]]", *_need(need))


def maintainers_texts(maintainers: Maintainers | None) -> tuple[str, ...]:
    """How a lock states them."""
    if maintainers is None:
        return ()
    keys = maintainers.keys
    return (f"{maintainers.threshold} of {len(keys)}", *(key.vkey for key in keys))


def _package(package: Package) -> str:
    return _section(
        "[[package]]",
        _text("registry", package.registry),
        _text("name", package.name),
        _text("version", package.version),
        _text("sha256", package.content),
        "" if package.record is None else f"record = {package.record}\n",
        _list("maintainers", package.maintainers),
        _list("features", package.features),
        _list("dependencies", package.dependencies),
    )


# Reading.


def parse_lock(data: bytes) -> Lock:
    table = tables.parse(data, "the lock")
    if table.take("format", int) != 1:
        raise Malformed("the lock is of another format than 1")
    inputs = _parse_inputs(_sub(table, "inputs"))
    problem = _sub(table, "problem")
    outcome = _sub(table, "outcome")
    lock = Lock(
        solver=_parse_solver(_sub(table, "solver")),
        inputs=inputs,
        problem=_checked(problem, "sha256", is_digest),
        outcome=_checked(outcome, "sha256", is_digest),
        dependencies=tuple(outcome.take_texts("dependencies")),
        logs=tuple(_parse_log(log) for log in table.take_tables("log")),
        consulted=tuple(_parse_consulted(registry) for registry in table.take_tables("consulted")),
        packages=_parse_packages(table, inputs),
        cosignatures=tuple(_parse_cosignature(line) for line in table.take_tables("cosignature")),
    )
    table.end()
    problem.end()
    outcome.end()
    _check_logs(lock)
    if lock.format().encode() != data:
        raise Malformed("the lock is not in its one encoding")
    return lock


def _sub(table: Table, name: str) -> Table:
    inner = table.take_table(name)
    if inner is None:
        raise Malformed(f"{table.what} has no [{name}]")
    return inner


def _checked(table: Table, name: str, is_one: Callable[[str], bool]) -> str:
    text = table.take(name, str)
    if not is_one(text):
        raise Malformed(f"`{name}` in {table.what} is none")
    return text


def _checked_optional(table: Table, name: str, is_one: Callable[[str], bool]) -> str | None:
    return _checked(table, name, is_one) if name in table.fields else None


def _number(table: Table, name: str) -> int:
    """A number of 64 bits; what it may be besides is for whoever uses it."""
    number = table.take(name, int)
    if not 0 <= number < 2**64:
        raise Malformed(f"`{name}` in {table.what} is none")
    return number


def _features(table: Table) -> tuple[str, ...]:
    features = table.take_texts("features")
    if not all(is_feature(feature) for feature in features):
        raise Malformed(f"{table.what} names what is no feature")
    _check_ascending(features, table.what)
    return tuple(features)


def _version(text: str, what: str) -> Version:
    version = parse_version(text)
    if version is None:
        raise Malformed(f"{what} has a version that is none")
    return version


def _preferences(table: Table) -> tuple[ReleaseName, ...]:
    """Each `NAME VERSION ORIGIN`."""
    preferences = []
    for text in table.take_texts("preferences"):
        parts = text.split(" ")
        if len(parts) != 3 or not is_package(parts[0]) or not is_origin(parts[2]):
            raise Malformed("the lock prefers what is no release")
        preferences.append(ReleaseName(parts[2], parts[0], _version(parts[1], table.what)))
    _check_ascending([preference.key for preference in preferences], "preferences")
    return tuple(preferences)


def _parse_solver(table: Table) -> Solver:
    published = table.take_table("published")
    solver = Solver(
        table.take_optional("name", str),
        table.take_optional("version", str),
        table.take("world", str),
        _checked(table, "sha256", is_digest),
        tuple(table.take_texts("imports")),
        None if published is None else _parse_published(published),
    )
    table.end()
    if solver.published is not None and (solver.name is None or solver.version is None):
        raise Malformed("the lock says that its solver was published, and not as what")
    return solver


def _parse_published(table: Table) -> Published:
    published = Published(_parse_head(table), _number(table, "record"))
    table.end()
    return published


def _parse_need(table: Table) -> Need:
    need = Need(
        _checked(table, "registry", is_origin),
        _checked(table, "name", is_package),
        _checked(table, "requirement", lambda text: parse_requirement(text) is not None),
        _checked_optional(table, "sha256", is_digest),
        _features(table),
    )
    table.end()
    return need


def _parse_needs(table: Table) -> tuple[Need, ...]:
    needs = tuple(_parse_need(need) for need in table.take_tables("dependency"))
    _check_ascending([need.key for need in needs], f"dependencies of {table.what}")
    return needs


def _parse_override(table: Table) -> Override:
    registry, name = _checked(table, "registry", is_origin), _checked(table, "name", is_package)
    by: tuple[str, str] | Local
    if "by-registry" in table.fields:
        by = (_checked(table, "by-registry", is_origin), _checked(table, "by-name", is_package))
    else:
        version = _version(table.take("version", str), table.what)
        content = _checked(table, "sha256", is_digest)
        by = Local(version, content, _features(table), _parse_needs(table))
    table.end()
    return Override(registry, name, by)


def _parse_forbidden(table: Table) -> Forbidden:
    edge = Forbidden(
        _checked_optional(table, "dependent", is_origin), _checked(table, "dependency", is_origin)
    )
    table.end()
    return edge


def _parse_inputs(table: Table) -> Inputs:
    budget = table.take("budget", int)
    if not 0 <= budget <= MAX_NUMBER:
        raise Malformed("the lock's budget is none")
    inputs = Inputs(
        budget,
        _preferences(table),
        _parse_needs(table),
        tuple(_parse_forbidden(edge) for edge in table.take_tables("forbidden")),
        tuple(_parse_override(override) for override in table.take_tables("override")),
    )
    table.end()
    if not inputs.dependencies:
        raise Malformed("the lock has no dependencies: it says nothing")
    if len(inputs.overrides) > MAX_OVERRIDES or len(inputs.preferences) > MAX_PREFERENCES:
        raise Malformed("the lock has too many overrides or preferences")
    _check_ascending([edge.key for edge in inputs.forbidden], "forbidden edges")
    replaced = [(override.registry, override.name) for override in inputs.overrides]
    _check_ascending(replaced, "overrides")
    if any(override.by in replaced for override in inputs.overrides):
        raise Malformed("a replacement is itself replaced")
    return inputs


def _parse_head(table: Table, derived: str | None = None) -> LockedLog:
    return LockedLog(
        table.take("origin", str),
        _number(table, "size"),
        table.take("root", str),
        table.take("signature", str),
        derived,
    )


def _parse_log(table: Table) -> LockedLog:
    log = _parse_head(table, table.take_optional("derived", str))
    table.end()
    return log


def _parse_consulted(table: Table) -> tuple[str, tuple[str, ...]]:
    consulted = table.take("registry", str), tuple(table.take_texts("names"))
    table.end()
    return consulted


def _stated_maintainers(table: Table) -> tuple[str, ...]:
    """Of their form, whosever they are."""
    texts = tuple(table.take_texts("maintainers"))
    if texts:
        threshold = decimal(texts[0].partition(" of ")[0], MAX_MAINTAINERS)
        maintainers = None if threshold is None else parse_maintainers(threshold, texts[1:])
        if maintainers is None or maintainers_texts(maintainers) != texts:
            raise Malformed(f"{table.what} has maintainers that are none")
    return texts


def _parse_package(table: Table) -> Package:
    package = Package(
        table.take("registry", str),
        table.take("name", str),
        table.take("version", str),
        _checked(table, "sha256", is_digest),
        _number(table, "record") if "record" in table.fields else None,
        _stated_maintainers(table),
        tuple(table.take_texts("features")),
        tuple(table.take_texts("dependencies")),
    )
    table.end()
    return package


def _parse_packages(table: Table, inputs: Inputs) -> tuple[Package, ...]:
    packages = tuple(_parse_package(package) for package in table.take_tables("package"))
    components = {
        (override.registry, override.name): (override.by.version.text, override.by.content)
        for override in inputs.overrides
        if isinstance(override.by, Local)
    }
    for package in packages:
        component = components.get((package.registry, package.name))
        if (component is None) == (package.record is None):
            raise Malformed(f"{package.name} has to have a record or be a local component, and not both")
        if component is not None and component != (package.version, package.content):
            raise Malformed(f"{package.name} is in the place of a local component, and has another version or content")
        if component is not None and package.maintainers:
            raise Malformed(f"{package.name} is a local component, and has no maintainers")
    return packages


def _parse_cosignature(table: Table) -> tuple[str, str]:
    cosignature = table.take("origin", str), table.take("line", str)
    table.end()
    return cosignature


def _check_logs(lock: Lock) -> None:
    _check_ascending([log.origin for log in lock.logs], "logs")
    _check_ascending(list(lock.cosignatures), "cosignatures")
    pinned = {log.origin for log in lock.logs if log.derived is None}
    for origin in lock.inputs.registries:
        if origin not in pinned:
            raise Malformed(f"the lock pins no head of {origin}, which its inputs name")
    published = lock.solver.published
    if published is not None and all(log.origin != published.head.origin for log in lock.logs):
        pinned.add(published.head.origin)
    for origin, _ in lock.cosignatures:
        if origin not in pinned:
            raise Malformed(f"the lock has a cosignature for {origin}, which it pins no head of")


def _check_ascending(keys: list, what: str) -> None:
    if any(keys[i] >= keys[i + 1] for i in range(len(keys) - 1)):
        raise Malformed(f"{what} are not ascending")
