"""Which logs a lock is about, at which heads, and which may depend on which (docs/registries.md).

`find_registries` starts from the origins that the inputs name and follows what the logs at their heads
say of their peers. Pinned heads come from the lock; derived ones from the logs that hold them.
"""

from dataclasses import dataclass, field

from . import ed25519, heads, notes, pages
from .bundle import Bundle
from .lock import Lock, LockedLog
from .log import Log
from .names import encode_base64
from .notes import Head, Key
from .pages import Subject
from .trust import Trust
from .verdict import No, Refused, Unchecked

MAX_LOGS = 256
MAX_PEERS = 1_024


@dataclass(frozen=True, slots=True)
class HeldHead:
    """A head of a peer that a log holds, and the key of the peer's, named by the log, that has signed it."""

    head: Head
    key: Key
    line: str


@dataclass(frozen=True, slots=True)
class Mention:
    """What one log says of a peer at its head. `packages` and `depth` are None for no limit."""

    by: str
    peer: str
    keys: tuple[Key, ...]
    packages: tuple[str, ...] | None
    depth: int | None
    held: HeldHead | None


@dataclass(slots=True)
class Member:
    """A log with its head. `reach` is how far its mentions lead, None being as far as they go."""

    log: Log
    key: Key
    locked: LockedLog
    known: list[Key]
    vouches: bool
    reach: int | None

    @property
    def is_followed(self) -> bool:
        return self.reach is None or self.reach > 0


@dataclass(slots=True)
class Registries:
    """All logs by origin, those that are out of reach, and the links: to some packages, or to all (None)."""

    members: dict[str, Member] = field(default_factory=dict)
    disputed: set[str] = field(default_factory=set)
    links: dict[tuple[str, str], tuple[str, ...] | None] = field(default_factory=dict)


def find_registries(lock: Lock, bundle: Bundle, trust: Trust) -> Registries:
    finder = _Finder(lock, bundle, trust)
    finder.begin()
    while finder.step():
        pass
    finder.check_held()
    finder.check_pinned()
    return finder.found


class _Finder:
    def __init__(self, lock: Lock, bundle: Bundle, trust: Trust) -> None:
        self.lock = lock
        self.bundle = bundle
        self.trust = trust
        self.retired = {key.public for key in trust.retired}
        self.pinned = {log.origin: log for log in lock.logs if log.derived is None}
        self.forbidden = {(edge.dependent, edge.dependency) for edge in lock.inputs.forbidden}
        self.found = Registries()
        self.distance: list[str] = []
        self.mentions: list[Mention] = []

    def begin(self) -> None:
        """Distance 0: the registries of the inputs' dependencies and of what replaces others."""
        self._check_known()
        origins = sorted(self.lock.inputs.registries)
        for origin in origins:
            known = self.trust.policy.keys_of(origin)
            self._pin(origin, known, origin in self.trust.vouching, None)
        self.distance = origins

    def _check_known(self) -> None:
        """All pinned heads of logs that the trust file or the inputs name, whether or not anything leads
        to them."""
        named = self.lock.inputs.registries
        retired = {key.name for key in self.trust.retired}
        for origin in sorted(named):
            if not self.trust.policy.keys_of(origin) and origin not in retired:
                raise Refused(f"the trust file names no log {origin}")
        for origin in sorted(self.pinned):
            known = self.trust.policy.keys_of(origin)
            if known or origin in named:
                heads.accept(self.pinned[origin], self.lock, known, self.trust)

    def step(self) -> bool:
        """From the logs at one distance to those at the next; False if there are none."""
        followed = [
            origin
            for origin in self.distance
            if origin in self.found.members and self.found.members[origin].is_followed
        ]
        read = [mention for origin in followed for mention in self._read_mentions(origin)]
        self.mentions += read
        new: dict[str, list[Mention]] = {}
        for mention in read:
            if mention.peer not in self.found.members and mention.peer not in self.found.disputed:
                new.setdefault(mention.peer, []).append(mention)
        known = {origin: self._known_keys(origin, new[origin]) for origin in sorted(new)}
        for origin, keys in known.items():
            self._reach(origin, keys, new[origin])
        for mention in read:
            self._link(mention)
        self.distance = sorted(new)
        return bool(new)

    # What logs say.

    def _read_mentions(self, origin: str) -> list[Mention]:
        log = self.found.members[origin].log
        page = log.page(Subject("peers"))
        if page is None:
            return []
        named = pages.peers(page[1], origin)
        if len(named) > MAX_PEERS:
            raise Unchecked(f"{origin} has more than {MAX_PEERS} peers")
        mentions = []
        for peer in sorted(named):
            if (origin, peer) in self.forbidden or (None, peer) in self.forbidden:
                continue
            record = named[peer]
            held = self._held(log, peer, record.keys)
            mentions.append(Mention(origin, peer, record.keys, record.packages, record.depth, held))
        return mentions

    def _held(self, log: Log, peer: str, keys: tuple[Key, ...]) -> HeldHead | None:
        page = log.page(Subject("peer", peer))
        sync = None if page is None else pages.newest_head(page[1], keys)
        if sync is None:
            return None
        for key in keys:
            if key.id == sync.signature[:4] and ed25519.verify(
                key.public, sync.head.text, sync.signature[4:]
            ):
                return HeldHead(sync.head, key, notes.signature_line(peer, sync.signature))
        raise No(f"{log.head} holds a head of {peer} that its key has not signed")

    # New logs.

    def _known_keys(self, origin: str, mentions: list[Mention]) -> list[Key] | None:
        """The keys of a log that these mentions reach; None if it is disputed."""
        known = self.trust.policy.keys_of(origin)
        if known:
            return known
        vouched = [mention for mention in mentions if self.found.members[mention.by].vouches]
        if not vouched:
            raise Refused(f"no key of {origin} is known, and nobody vouches for one ({mentions[0].by} names it)")
        common = [key for key in vouched[0].keys if all(key in mention.keys for mention in vouched)]
        if not common:
            return None
        valid = [key for key in common if key.public not in self.retired]
        if not valid:
            raise Refused(f"all keys of {origin} that are vouched for are retired")
        return valid

    def _reach(self, origin: str, known: list[Key] | None, mentions: list[Mention]) -> None:
        """Gives the log that these mentions reach its head, derived or pinned."""
        if len(self.found.members) == MAX_LOGS:
            raise Unchecked(f"there are more than {MAX_LOGS} logs")
        if known is None:
            self.found.disputed.add(origin)
            return
        newest = self._newest_held(origin, known, mentions)
        if newest is not None:
            by, held = newest
            if held.key in self.trust.retired:
                raise Unchecked(f"{held.head} is under a retired key, and a bundle has no newer one")
            root = encode_base64(held.head.root)
            locked = LockedLog(origin, held.head.size, root, held.line, by)
            member = Member(Log(held.head, self.bundle), held.key, locked, known, False, 0)
            self.found.members[origin] = member
        else:
            if origin not in self.pinned and any(mention.held is not None for mention in mentions):
                raise Refused(f"the lock has a head of {origin} under a key that is not known")
            member = self._pin(origin, known, False, 0)
        counting = [mention for mention in mentions if member.key in mention.keys]
        member.vouches = origin in self.trust.vouching or any(
            self.found.members[mention.by].vouches for mention in counting
        )
        leads = [self._leads(mention) for mention in counting]
        member.reach = None if None in leads else max((lead for lead in leads if lead is not None), default=0)

    def _newest_held(
        self, origin: str, known: list[Key], mentions: list[Mention]
    ) -> tuple[str, HeldHead] | None:
        """The largest head that these mentions hold under a known key, by the first log that holds it.
        A lock that has derived the log's head may have done so from one under a key that is retired now."""
        keys = list(known)
        if any(log.origin == origin and log.derived is not None for log in self.lock.logs):
            keys += self.trust.retired
        held = [(m.by, m.held) for m in mentions if m.held is not None and m.held.key in keys]
        return min(held, key=lambda pair: (-pair[1].head.size, pair[0]), default=None)

    def _leads(self, mention: Mention) -> int | None:
        reach = self.found.members[mention.by].reach
        limits = [limit for limit in (mention.depth, None if reach is None else reach - 1) if limit is not None]
        return min(limits, default=None)

    def _pin(self, origin: str, known: list[Key], vouches: bool, reach: int | None) -> Member:
        """Takes the head that the lock pins, if the trust file accepts it."""
        locked = self.pinned.get(origin)
        if locked is None:
            raise No(f"the lock has no head of {origin}")
        head, key = heads.accept(locked, self.lock, known, self.trust)
        member = Member(Log(head, self.bundle), key, locked, known, vouches, reach)
        self.found.members[origin] = member
        return member

    # What follows once heads are there.

    def _counts(self, mention: Mention) -> bool:
        member = self.found.members.get(mention.peer)
        return member is not None and member.key in mention.keys

    def _link(self, mention: Mention) -> None:
        if self._counts(mention):
            self.found.links[mention.by, mention.peer] = mention.packages

    def check_held(self) -> None:
        """Each head that is held of a log must be of the history of the one that the log has."""
        for mention in self.mentions:
            if mention.held is None or not self._counts(mention):
                continue
            member = self.found.members[mention.peer]
            if mention.held.key in member.known and not self._is_consistent(member.log, mention.held.head):
                raise No(f"{mention.peer} has forked: {mention.by} holds a head that is none of its history")

    def _is_consistent(self, log: Log, held: Head) -> bool:
        if held.size == log.head.size:
            return held.root == log.head.root
        if held.size < log.head.size:
            return log.begins_with(held)
        return Log(held, self.bundle).begins_with(log.head)

    def check_pinned(self) -> None:
        for origin in self.pinned:
            member = self.found.members.get(origin)
            if member is None or member.locked.derived is not None:
                raise No(f"the lock pins a head of {origin}, which it should not")
