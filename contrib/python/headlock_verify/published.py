"""Where a lock's solver was published, and who accepts it (docs/solvers.md).

With a bundle nothing is looked at but the head that the lock pins: a yank behind it is not seen, and a
lock that says nothing of where its solver was published is accepted by no rule.
"""

from dataclasses import dataclass

from . import heads, pages
from .bundle import Bundle
from .lock import Lock
from .log import Log
from .pages import PublishedRelease, Subject
from .registries import Registries
from .trust import Rule, Trust
from .verdict import No, Refused
from .versions import parse_version


def find_release(lock: Lock, registries: Registries, bundle: Bundle, trust: Trust) -> PublishedRelease | None:
    """The release that the lock says its solver is, which must be in the log as it says; None if it says
    nothing of it."""
    solver = lock.solver
    if solver.published is None:
        return None
    assert solver.name is not None, "the lock's reader has seen to it"
    log = _log(lock, registries, bundle, trust)
    page = log.page(Subject("package", solver.name))
    releases = [] if page is None else pages.releases(page[1])
    for release in releases:
        if release.record.version.text == solver.version:
            if (release.place, release.record.content) != (solver.published.record, solver.sha256):
                raise No(f"{solver.name} {solver.version} is another record of {log.head} than the lock says")
            return release
    raise No(f"{log.head} has no release {solver.version} of {solver.name}")


def _log(lock: Lock, registries: Registries, bundle: Bundle, trust: Trust) -> Log:
    """The log that the solver was published in: one of the lock's own, or at a head that is accepted as a
    pinned one is."""
    assert lock.solver.published is not None
    stated = lock.solver.published.head
    own = next((log for log in lock.logs if log.origin == stated.origin), None)
    if own is None:
        head, _ = heads.accept(stated, lock, trust.policy.keys_of(stated.origin), trust)
        return Log(head, bundle)
    member = registries.members.get(stated.origin)
    if (own.text, own.signature) != (stated.text, stated.signature) or member is None or member.locked != own:
        raise No(f"the lock has two heads of {stated.origin}: its own, and that of its solver")
    return member.log


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who accepts a lock's solver: `hashes` are those that the user accepts, `released` is the one that came
    with the host."""

    lock: Lock
    trust: Trust
    hashes: frozenset[str]
    released: str | None

    def check_possible(self) -> None:
        """A solver that nothing can make acceptable is refused before anything is read."""
        of_package = any(rule.package == self.lock.solver.name for rule in self.trust.rules)
        if not (self._is_meant() or self._is_released() or of_package):
            raise self._refused("not accepted")

    def check(self, release: PublishedRelease | None) -> bool:
        """Whether a yank of it is seen, which only a word on these very bytes overrules."""
        rules = self._rules()
        is_yanked = release is not None and release.yanked and bool(rules)
        if self._is_meant():
            return is_yanked
        if is_yanked:
            raise self._refused("yanked")
        if not self._is_released() and not (self._is_head_accepted() and self._is_in_range(rules)):
            raise self._refused("not accepted")
        return False

    def _rules(self) -> list[Rule]:
        """Those on the solver's package in the registry that the lock says it was published in."""
        solver = self.lock.solver
        origin = None if solver.published is None else solver.published.head.origin
        return [rule for rule in self.trust.rules if (rule.registry, rule.package) == (origin, solver.name)]

    def _is_head_accepted(self) -> bool:
        """A derived head is not the word of the witnesses whom the policy asks for."""
        published = self.lock.solver.published
        derived = {log.origin for log in self.lock.logs if log.derived is not None}
        return self.trust.policy.quorum is None or published is None or published.head.origin not in derived

    def _is_in_range(self, rules: list[Rule]) -> bool:
        version = parse_version(self.lock.solver.version or "")
        return version is not None and any(rule.versions.matches(version) for rule in rules)

    def _is_meant(self) -> bool:
        return self.lock.solver.sha256 in self.trust.solvers | self.hashes

    def _is_released(self) -> bool:
        return self.lock.solver.sha256 == self.released

    def _refused(self, why: str) -> Refused:
        return Refused(f"the solver {self.lock.solver.sha256} is {why}")
