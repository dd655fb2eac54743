"""Deriving a lock again (docs/lock.md, *What follows from what*), and comparing the bytes."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import answers, bundle, contract, derivations, files, lock, pages, published, trust
from .bundle import Bundle
from .lock import Local, Lock, Package, ReleaseName
from .pages import Subject
from .problem import Problem
from .published import Acceptance
from .records import Maintainers
from .registries import Registries, find_registries
from .rules import Nonsense, Rules
from .solver import Solver
from .verdict import No, Refused, Unchecked

MAX_PACKAGES = 200_000
MAX_ROUNDS = 10_000
MAX_PAGE_BYTES = 1 << 30

_compiled: dict[str, Solver] = {}
"""Solvers by their sha256: compiling takes longer than most solves."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to verify. `accepted` are solvers that the user accepts, `released` is the one that came with the
    host; `solver` is a component that the user names."""

    lock: Path
    bundle: Path
    trust: Path
    solver: Path | None = None
    accepted: frozenset[str] = frozenset()
    released: str | None = None


def verify(request: Request) -> str:
    """What was verified, in words. Every other end is a `Verdict`."""
    believed = trust.read_trust(request.trust)
    data = files.read(request.lock, "the lock", lock.MAX_BYTES)
    claimed = lock.parse_lock(data)
    evidence = bundle.read_bundle(request.bundle)
    if claimed.solver.world != lock.WORLD:
        raise Refused(f"the lock is of another world than {lock.WORLD}: {claimed.solver.world}")
    acceptance = Acceptance(claimed, believed, request.accepted, request.released)
    acceptance.check_possible()
    registries = find_registries(claimed, evidence, believed)
    yanked = acceptance.check(published.find_release(claimed, registries, evidence, believed))
    solver = _choose_solver(request, claimed.solver.sha256, evidence)
    _check_stated(solver, claimed.solver)
    derived = _Derivation(claimed, registries, solver).run()
    _compare(derived, claimed)
    evidence.check_all_read()
    return _praise(derived, registries, yanked)


def _choose_solver(request: Request, digest: str, evidence: Bundle) -> Solver:
    """The component of this sha256, if it is there."""
    component = evidence.solver(digest)
    if request.solver is not None:
        component = files.read(request.solver, "the solver")
        if hashlib.sha256(component).hexdigest() != digest:
            raise Unchecked(f"{request.solver} is not the solver {digest}")
    if component is None:
        raise Unchecked(f"the solver {digest} is not here")
    if digest not in _compiled:
        _compiled[digest] = Solver(component)
    return _compiled[digest]


def _check_stated(solver: Solver, stated: lock.Solver) -> None:
    """The component says of itself what the lock says of it."""
    if (solver.stated or (None, None)) != (stated.name, stated.version):
        raise No("the lock says that its solver is another than the component says")
    if solver.imports != stated.imports:
        raise No("the lock says that its solver imports something else than it does")


class _Derivation:
    """One solve, from the inputs to the lock that follows from them."""

    def __init__(self, claimed: Lock, registries: Registries, solver: Solver) -> None:
        self.claimed = claimed
        self.registries = registries
        self.solver = solver
        self.problem = Problem(claimed.inputs)
        self.locals = {
            (override.registry, override.name): override.by
            for override in claimed.inputs.overrides
            if isinstance(override.by, Local)
        }
        self.pages: dict[tuple[str, str], str] = {}
        self.maintainers: dict[int, Maintainers | None] = {}
        self.asked: set[int] = set()
        self.page_bytes = 0

    def run(self) -> Lock:
        answer = self._solve()
        rules = Rules(self.problem)
        try:
            answers.check(answer, rules)
        except Nonsense as reason:
            raise Unchecked(f"the solver's answer does not hold: {reason}") from reason
        self._check_overrides(answer)
        return self._write(answer)

    # The rounds.

    def _solve(self) -> contract.Answer:
        with self.solver.begin() as solve:
            kind, value = solve.start(self.problem.begin(self.registries.links))
            rounds = 0
            while kind == "incomplete":
                rounds += 1
                if rounds > MAX_ROUNDS:
                    raise Unchecked(f"the solver has asked for packages {MAX_ROUNDS} times")
                kind, value = solve.supply(self._read(value))
        match kind:
            case "solved":
                return value
            case "unsolvable":
                self._check_unsolvable(value)
                raise No("the inputs have no answer")
            case _:
                raise Unchecked("the solver's budget ran out")

    def _check_unsolvable(self, derivation: contract.Derivation) -> None:
        try:
            derivations.check(derivation, Rules(self.problem), None)
        except Nonsense as reason:
            raise Unchecked(f"the solver's reason does not hold: {reason}") from reason

    def _read(self, asked: list[int]) -> contract.PackagesValue:
        """The packages that the solver asks for, proven."""
        ascending = all(asked[i] < asked[i + 1] for i in range(len(asked) - 1))
        if not asked or not ascending or asked[-1] >= len(self.problem.packages.things):
            raise Unchecked("the solver asks for packages in no form that it may")
        for package in asked:
            if package in self.asked:
                raise Unchecked("the solver asks for a package that it has")
            self.asked.add(package)
            if len(self.asked) > MAX_PACKAGES:
                raise Unchecked(f"the solver has asked for more than {MAX_PACKAGES} packages")
            self._read_package(package)
        return self.problem.supply(asked)

    def _read_package(self, package: int) -> None:
        registry, name = self.problem.package_name(package)
        member = self.registries.members.get(registry)
        if member is None:
            raise Unchecked(f"the solver asks for {name} of {registry}, which has no head")
        local = self.locals.get((registry, name))
        if local is not None:
            self.problem.add_local(package, local)
            return
        page = member.log.page(Subject("package", name))
        if page is None:
            self.pages[registry, name] = "absent"
            self.problem.add_absent(package)
            return
        digest, lines, length = page
        self.page_bytes += length
        if self.page_bytes > MAX_PAGE_BYTES:
            raise Unchecked("the pages have more than 1 GiB")
        self.pages[registry, name] = digest.hex()
        self.maintainers[package] = pages.maintainers(lines)
        self.problem.add_published(package, pages.releases(lines))

    # What is written down.

    def _check_overrides(self, answer: contract.Answer) -> None:
        """An override that is not used is false."""
        problem = self.problem
        chosen = {problem.releases[c.release].package for c in answer.releases}
        declared = {root.package for root in problem.roots}
        for c in answer.releases:
            release = problem.releases[c.release]
            declared.update(d.package for d in release.dependencies if not d.optional)
            for feature in c.features:
                places = release.features[feature].additions
                declared.update(release.dependencies[place].package for place, _ in places)
        for override in self.claimed.inputs.overrides:
            package = problem.package(override.registry, override.name)
            used = chosen if isinstance(override.by, Local) else declared
            if package not in used:
                raise No(f"the override of {override.name} of {override.registry} is not used")

    def _name(self, release: int) -> ReleaseName:
        of = self.problem.releases[release]
        registry, name = self.problem.package_name(of.package)
        return ReleaseName(registry, name, of.version)

    def _bound(self, bindings: list[contract.Binding], own: str | None = None) -> tuple[str, ...]:
        """The releases that are bound to, each once; the registry is left out where it is `own`."""
        releases = {self._name(binding.to) for binding in bindings}
        return tuple(
            f"{release.name} {release.version.text}" if release.registry == own else str(release)
            for release in sorted(releases, key=lambda release: release.key)
        )

    def _write(self, answer: contract.Answer) -> Lock:
        packages = []
        for chosen in answer.releases:
            release = self.problem.releases[chosen.release]
            registry, name = self.problem.package_name(release.package)
            packages.append(
                Package(
                    registry,
                    name,
                    release.version.text,
                    release.content,
                    release.place,
                    lock.maintainers_texts(self.maintainers.get(release.package)),
                    tuple(self.problem.features.things[feature] for feature in chosen.features),
                    self._bound(chosen.bindings, registry),
                )
            )
        held = {(package.registry, package.name) for package in packages}
        consulted: dict[str, list[str]] = {}
        for package in self.asked:
            registry, name = self.problem.package_name(package)
            if (registry, name) not in held:
                consulted.setdefault(registry, []).append(name)
        members = self.registries.members
        return Lock(
            solver=self.claimed.solver,
            inputs=self.claimed.inputs,
            problem=_sha256(self._problem_lines()),
            outcome=_sha256(self._answer_lines(answer)),
            dependencies=self._bound(answer.roots),
            logs=tuple(members[origin].locked for origin in sorted(members)),
            consulted=tuple((registry, tuple(sorted(consulted[registry]))) for registry in sorted(consulted)),
            packages=tuple(packages),
            cosignatures=self.claimed.cosignatures,
        )

    # Canonical bytes.

    def _problem_lines(self) -> Iterable[str]:
        inputs = self.claimed.inputs
        yield "headlock problem 1"
        yield _line("world", lock.WORLD)
        yield _line("budget", inputs.budget)
        for origin in sorted(self.registries.members):
            head = self.registries.members[origin].log.head
            yield _line("head", origin, head.size, head.root.hex())
        for (dependent, dependency), only in sorted(self.registries.links.items()):
            yield _line("link", dependent, dependency, "*" if only is None else ",".join(only))
        for override in inputs.overrides:
            replaced = (override.registry, override.name)
            if isinstance(override.by, Local):
                local = override.by
                features = ",".join(local.features)
                yield _line("local", *replaced, local.version.text, local.content, features)
                yield from (_need_line("needs", need) for need in local.needs)
            else:
                yield _line("override", *replaced, *override.by)
        for preference in inputs.preferences:
            yield _line("prefer", preference.registry, preference.name, preference.version.text)
        yield from (_need_line("root", need) for need in inputs.dependencies)
        for (registry, name), page in sorted(self.pages.items()):
            yield _line("page", registry, name, page)

    def _answer_lines(self, answer: contract.Answer) -> Iterable[str]:
        yield "headlock answer 1"
        yield from (self._binding_line(binding) for binding in answer.roots)
        for chosen in answer.releases:
            release = self.problem.releases[chosen.release]
            registry, name = self.problem.package_name(release.package)
            features = ",".join(self.problem.features.things[feature] for feature in chosen.features)
            yield _line("release", registry, name, release.version.text, release.content, features)
            yield from (self._binding_line(binding) for binding in chosen.bindings)

    def _binding_line(self, binding: contract.Binding) -> str:
        registry, name = self.problem.package_name(binding.package)
        text, content = self.problem.requirements.things[binding.requirement]
        version = self.problem.releases[binding.to].version.text
        return _line("binding", registry, name, text, content or "-", version)


def _line(*fields: Any) -> str:
    return "\t".join(map(str, fields))


def _need_line(kind: str, need: lock.Need) -> str:
    features = ",".join(need.features)
    return _line(kind, need.registry, need.name, need.requirement, need.content or "-", features)


def _sha256(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def _compare(derived: Lock, claimed: Lock) -> None:
    """Both are in their one encoding, so they are the same if all their sections are."""
    right, stated = list(derived.sections()), list(claimed.sections())
    for i, section in enumerate(stated):
        if i >= len(right) or section != right[i]:
            raise No(f"the lock says something else than follows from it: {_entry(section)}")
    if len(right) > len(stated):
        raise No(f"the lock lacks what follows from it: {_entry(right[len(stated)])}")


def _entry(section: str) -> str:
    """A section in a line: its title and its first fields."""
    return " ".join(line.strip() for line in section.strip().splitlines()[:4])


def _praise(derived: Lock, registries: Registries, yanked: bool) -> str:
    parts = [f"{len(derived.packages)} releases", f"{len(registries.members)} logs"]
    if derived.inputs.overrides:
        parts.append(f"{len(derived.inputs.overrides)} overrides")
    if derived.inputs.preferences:
        parts.append(f"{len(derived.inputs.preferences)} preferences")
    if registries.disputed:
        parts.append("disputed: " + " ".join(sorted(registries.disputed)))
    if yanked:
        parts.append("the solver is yanked, and accepted all the same")
    return ", ".join(parts)
