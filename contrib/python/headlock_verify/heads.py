"""Heads that a lock pins: whether the trust file accepts them (docs/log.md, *Accepting a head*)."""

from . import notes
from .lock import Lock, LockedLog
from .notes import Head, Key, Signature
from .trust import Trust
from .verdict import Malformed, Refused, Unchecked


def accept(locked: LockedLog, lock: Lock, known: list[Key], trust: Trust) -> tuple[Head, Key]:
    """The head, and the one of the log's known keys that has signed it."""
    origin = locked.origin
    lines = [locked.signature] + [line for o, line in lock.cosignatures if o == origin]
    note = notes.parse_note(f"{locked.text}\n{''.join(line + chr(10) for line in lines)}".encode())
    if note is None:
        raise Refused(f"the head of {origin} with its signatures is no signed note")
    text, (signature, *cosignatures) = note
    # Two keys may have one name and one id: of those, the one that has signed counts.
    own = next((key for key in known if signature.is_by(key) and key.holds(text, signature.body)), None)
    if own is None and any(signature.is_by(key) for key in known):
        raise Refused(f"the signature of the head of {origin} does not hold")
    if own is None and any(signature.is_by(key) and key.holds(text, signature.body) for key in trust.retired):
        raise Unchecked(f"the head of {origin} is under a retired key, and a bundle has no newer one")
    for other in known if own is None else known[: known.index(own)]:
        if any(c.is_by(other) and other.holds(text, c.body) for c in cosignatures):
            raise Malformed(f"the head of {origin} is not under the first of the log's keys that signed it")
    if own is None:
        raise Refused(f"the head of {origin} is signed by no known key of the log")
    cosigners = {_cosigner(origin, text, cosignature, trust) for cosignature in cosignatures}
    head = notes.parse_head(text)
    if head is None or head.origin != origin:
        raise Refused(f"the head of {origin} is no checkpoint of it")
    if not trust.policy.reaches_quorum(cosigners):
        raise Refused(f"{head} is not cosigned by the policy's quorum")
    return head, own


def _cosigner(origin: str, text: bytes, cosignature: Signature, trust: Trust) -> Key:
    """The witness who has cosigned; a cosignature that nobody asked for is refused."""
    named = [key for key in trust.policy.witnesses.values() if cosignature.is_by(key)]
    for key in named:
        if key.holds(text, cosignature.body):
            return key
    if named:
        raise Refused(f"the cosignature of the head of {origin} by {cosignature.name} does not hold")
    raise Refused(f"the head of {origin} is cosigned by {cosignature.name}, whom the policy does not name")
