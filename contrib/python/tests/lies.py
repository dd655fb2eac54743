"""Logs that no honest writer makes: odd records, and statements that are false.

Each lie is a function that changes a log before it is written. The package `t:odd` is what will be
asked for; where a lie is one that a client notices (docs/log.md, *Who notices*), asking for it ends in
no, else a lock can be made of it.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from headlock_verify import ed25519, notes
from headlock_verify.pages import Subject

from .forge import ForgedLog, encode_base64, make_key, seed_of, sign, write_bundle_files
from .sabotage import Case
from .worlds import (
    A,
    content_of,
    handover,
    log_line,
    maintained_by,
    new_log,
    release,
    signer,
    write_project,
    yank,
)

ODD = Subject("package", "t:odd")
CONTENT = content_of("t:odd", "1.0.0")
Lie = Callable[[ForgedLog], None]


def _text(members: str, start: str | None = None) -> Lie:
    """A release of `t:odd` as this text."""
    begin = f'"package":"t:odd","version":"1.0.0","content":"{CONTENT}"' if start is None else start
    return lambda log: log.add_bytes(f'{{"release":{{{begin}{members}}}}}'.encode(), ODD)


def _raw(entry: bytes) -> Lie:
    return lambda log: log.add_bytes(entry, ODD)


def _dependency(members: str) -> Lie:
    """An optional dependency that nothing adds, so only its form matters."""
    return _text(f',"dependencies":[{{{members}}}]')


def _requirement(text: str) -> Lie:
    return _dependency(f'"package":"t:lib","requirement":"{text}","optional":true')


def _version(text: str) -> Lie:
    return _text("", f'"package":"t:odd","version":"{text}","content":"{CONTENT}"')


def _feature(members: str) -> Lie:
    return _text(
        ',"dependencies":[{"package":"t:lib","requirement":"*","optional":true},'
        f'{{"package":"t:lib","requirement":"^1","optional":true}}],"features":[{members}]'
    )


def records() -> Iterator[tuple[str, Lie]]:
    """Records in forms that are just right, or just not."""
    big = 2**64
    yield "a plain one", _text("")
    yield "a space", _raw(f'{{"release": {{"package":"t:odd","version":"1.0.0","content":"{CONTENT}"}}}}'.encode())
    yield "a space behind", _raw(f'{{"release":{{"package":"t:odd","version":"1.0.0","content":"{CONTENT}"}}}} '.encode())
    yield "an escape", _text("", f'"package":"t:od\\u0064","version":"1.0.0","content":"{CONTENT}"')
    yield "null", _text(',"features":null')
    yield "an empty list", _text(',"features":[]')
    yield "a member twice", _text(f',"content":"{CONTENT}"')
    yield "an unknown member", _text(',"x":1')
    yield "members in disorder", _text("", f'"version":"1.0.0","package":"t:odd","content":"{CONTENT}"')
    yield "exclusives behind dependencies", _text(
        ',"dependencies":[{"package":"t:lib","requirement":"*","optional":true}],"exclusives":["x"]'
    )
    yield "no content", _text("", '"package":"t:odd","version":"1.0.0"')
    yield "content in upper case", _text("", f'"package":"t:odd","version":"1.0.0","content":"{CONTENT.upper()}"')
    yield "a short content", _text("", f'"package":"t:odd","version":"1.0.0","content":"{CONTENT[:-1]}"')
    yield "a number as version", _text("", f'"package":"t:odd","version":1,"content":"{CONTENT}"')
    yield "two kinds", _raw(
        f'{{"release":{{"package":"t:odd","version":"1.0.0","content":"{CONTENT}"}},"epoch":{{}}}}'.encode()
    )
    yield "no kind", _raw(b"{}")
    yield "an unknown kind", _raw(b'{"x":{"package":"t:odd"}}')
    yield "a list", _raw(b"[]")
    yield "no JSON", _raw(b"x")
    yield "nothing", _raw(b"")
    yield "deep nesting", _raw(b"[" * 60_000)
    yield "a huge number", _raw(b"1" * 60_000)
    yield "an umlaut", _text(',"exclusives":["ä"]')
    yield "a DEL", _text(',"exclusives":["\x7f"]')
    yield "a foreign package", _text("", f'"package":"t:other","version":"1.0.0","content":"{CONTENT}"')
    yield "the same package's name", _text("", f'"package":"t:Odd","version":"1.0.0","content":"{CONTENT}"')
    yield "an epoch in the page", _raw(b'{"epoch":{"index":"%b"}}' % (b"0" * 64))
    yield "only a yank", lambda log: log.add({"yank": {"package": "t:odd", "version": "1.0.0"}})
    yield "only an unyank", lambda log: log.add({"unyank": {"package": "t:odd", "version": "1.0.0"}})
    yield "a first prev", lambda log: log.add(release("t:odd", "1.0.0"), prev="0" * 64)
    yield "a prev that is none", lambda log: log.add(release("t:odd", "1.0.0"), prev="x")

    for text in ("1.0.0", "0.0.0", "1.0.0-a", "1.0.0-0", "1.0.0-a.b-c.1", "1.0.0+b", "1.0.0+01", "1.0.0-a+b.c",
                 "1.0.0--", "1.0.0+-", f"{big - 1}.0.0", f"0.0.{big - 1}", f"{big}.0.0", "01.0.0", "1.00.0", "1.0",
                 "1", "1.0.0.0", "1.0.0-", "1.0.0+", "1.0.0-01", "1.0.0-a..b", "1.0.0-a.", "1.0.0+a..b", "1.0.0-ä",
                 "v1.0.0", "1.0.0 ", " 1.0.0", "1.0.0-" + "9" * 40, "1.0.0+a+b", "1.0.0-a_b", "-1.0.0", "1.0.0-a+",
                 "1.0.0-00a", "1.0.0-" + "a" * 3000, "*", ""):  # fmt: skip
        yield f"version {text[:40]}", _version(text)

    for text in ("*", "^1", "^1.2", "^1.2.3", "^1.2.3-a", "=1", "=1.2", "=1.2.3-a.1", ">1", ">=1.2", "<1", "<=1.2.3",
                 "~1", "~1.2", "~1.2.3-a", "1.*", "1.2.*", ">=1, <2", "^1, ^1", "^0", "^0.0", "^0.0.0", "1.*, >1",
                 f"^{big - 1}", f"^{big}", "1", "1.2", "1.2.3", "^1.*", "=1.*", "1.*.*", "1.2.3.*", "*.1", "*, ^1",
                 "^1,^1", "^1,  ^1", "^1, ", ", ^1", " ^1", "^1 ", "^ 1", "^1.2-a", "^1-a", "^1.2.3+b", "^1.2.3-01",
                 "^01", "^1.02", "", "==1", "=>1", "!=1", "^x", "^1.x", "1.x", "1.X", "^1.2.3-", "> 1", "^1||^2",
                 "^1.2.3-a..b", "^1.2.3-9999999999999999999999", ", ".join(["^1"] * 32), ", ".join(["^1"] * 33)):  # fmt: skip
        yield f"requirement {text[:40]}", _requirement(text)

    for name, members in {
        "optional false": '"package":"t:lib","requirement":"*","optional":false',
        "optional 1": '"package":"t:lib","requirement":"*","optional":1',
        "features": '"package":"t:lib","requirement":"*","optional":true,"features":["a","b"]',
        "features in disorder": '"package":"t:lib","requirement":"*","optional":true,"features":["b","a"]',
        "a feature twice": '"package":"t:lib","requirement":"*","optional":true,"features":["a","a"]',
        "no features": '"package":"t:lib","requirement":"*","optional":true,"features":[]',
        "a registry": '"registry":"q.example/log","package":"t:lib","requirement":"*","optional":true',
        "its own registry": f'"registry":"{A}","package":"t:lib","requirement":"*","optional":true',
        "a registry that is none": '"registry":"q//x","package":"t:lib","requirement":"*","optional":true',
        "a registry with a dot": '"registry":"q/./x","package":"t:lib","requirement":"*","optional":true',
        "a registry with two dots": '"registry":"q/...","package":"t:lib","requirement":"*","optional":true',
        "a registry with a slash behind": '"registry":"q/","package":"t:lib","requirement":"*","optional":true',
        "a long registry": f'"registry":"{"q" * 255}","package":"t:lib","requirement":"*","optional":true',
        "a longer registry": f'"registry":"{"q" * 256}","package":"t:lib","requirement":"*","optional":true',
        "a registry with a plus": '"registry":"q+x","package":"t:lib","requirement":"*","optional":true',
        "a registry behind": '"package":"t:lib","registry":"q.example/log","requirement":"*","optional":true',
        "a content": f'"package":"t:lib","requirement":"*","content":"{CONTENT}","optional":true',
        "a content before": f'"package":"t:lib","content":"{CONTENT}","requirement":"*","optional":true',
        "no package": '"requirement":"*","optional":true',
        "a package without namespace": '"package":"lib","requirement":"*","optional":true',
        "a package with a digit first": '"package":"t:1","requirement":"*","optional":true',
        "a package with an underscore first": '"package":"_t:x","requirement":"*","optional":true',
        "a package with a dot": '"package":"t:x.y","requirement":"*","optional":true',
        "a package with two colons": '"package":"t:x:y","requirement":"*","optional":true',
        "a package of 128": f'"package":"t:{"x" * 126}","requirement":"*","optional":true',
        "a package of 129": f'"package":"t:{"x" * 127}","requirement":"*","optional":true',
        "an unknown member": '"package":"t:lib","requirement":"*","optional":true,"x":1',
    }.items():
        yield f"a dependency with {name}", _dependency(members)

    one = '{"package":"t:lib","requirement":"*","optional":true}'
    for name, members in {
        "twice": f"{one},{one}",
        "optional and not": '{"package":"t:lib","requirement":"*"},' + one,
        "not behind optional": one + ',{"package":"t:lib","requirement":"*"}',
        "by package": '{"package":"t:lib","requirement":"*"},{"package":"t:opt","requirement":"*","optional":true}',
        "in disorder": '{"package":"t:opt","requirement":"*","optional":true},{"package":"t:lib","requirement":"*"}',
        "registry behind none": '{"package":"t:opt","requirement":"*","optional":true},'
        '{"registry":"q.example/x","package":"t:lib","requirement":"*","optional":true}',
        "registry before none": '{"registry":"q.example/x","package":"t:lib","requirement":"*","optional":true},'
        '{"package":"t:opt","requirement":"*","optional":true}',
        "content behind none": f'{one},{{"package":"t:lib","requirement":"*","content":"{CONTENT}","optional":true}}',
        "features behind none": one + ',{"package":"t:lib","requirement":"*","optional":true,"features":["a"]}',
        "longer features": '{"package":"t:lib","requirement":"*","optional":true,"features":["a"]},'
        '{"package":"t:lib","requirement":"*","optional":true,"features":["a","b"]}',
        "other features": '{"package":"t:lib","requirement":"*","optional":true,"features":["a","b"]},'
        '{"package":"t:lib","requirement":"*","optional":true,"features":["b"]}',
        "shorter features": '{"package":"t:lib","requirement":"*","optional":true,"features":["a","b"]},'
        '{"package":"t:lib","requirement":"*","optional":true,"features":["a"]}',
    }.items():
        yield f"dependencies {name}", _text(f',"dependencies":[{members}]')

    for name, members in {
        "plain": '{"name":"a"}',
        "two": '{"name":"a"},{"name":"b"}',
        "in disorder": '{"name":"b"},{"name":"a"}',
        "twice": '{"name":"a"},{"name":"a"}',
        "includes": '{"name":"a","includes":["b","c"]}',
        "includes itself": '{"name":"a","includes":["a"]}',
        "includes in disorder": '{"name":"a","includes":["c","b"]}',
        "no includes": '{"name":"a","includes":[]}',
        "additions": '{"name":"a","additions":[{"dependency":0},{"dependency":1,"features":["x"]}]}',
        "additions in disorder": '{"name":"a","additions":[{"dependency":1},{"dependency":0}]}',
        "an addition twice": '{"name":"a","additions":[{"dependency":0},{"dependency":0,"features":["x"]}]}',
        "an addition of nothing": '{"name":"a","additions":[{"dependency":2}]}',
        "an addition below 0": '{"name":"a","additions":[{"dependency":-1}]}',
        "an addition of -0": '{"name":"a","additions":[{"dependency":-0}]}',
        "an addition of 1.0": '{"name":"a","additions":[{"dependency":1.0}]}',
        "an addition of 1e0": '{"name":"a","additions":[{"dependency":1e0}]}',
        "an addition of true": '{"name":"a","additions":[{"dependency":true}]}',
        "an addition of text": '{"name":"a","additions":[{"dependency":"1"}]}',
        "an empty addition": '{"name":"a","additions":[{}]}',
        "no additions": '{"name":"a","additions":[]}',
        "additions before includes": '{"name":"a","additions":[{"dependency":0}],"includes":["b"]}',
        "a dot": '{"name":"a.b+c-d_e"}',
        "a digit first": '{"name":"1"}',
        "a dash first": '{"name":"-a"}',
        "a slash": '{"name":"a/b"}',
        "an empty name": '{"name":""}',
        "255": f'{{"name":"{"a" * 255}"}}',
        "256": f'{{"name":"{"a" * 256}"}}',
    }.items():
        yield f"features: {name}", _feature(members)

    for name, members in {
        "plain": '["a"]',
        "in disorder": '["b","a"]',
        "twice": '["a","a"]',
        "a dot": '["port.80"]',
        "a space": '["a b"]',
    }.items():
        yield f"exclusives: {name}", _text(f',"exclusives":{members}')

    def long(extra: int) -> Lie:
        start = f'{{"release":{{"package":"t:odd","version":"1.0.0-{{}}","content":"{CONTENT}"}}}}'
        room = 65_535 - len(start) + 2 + extra
        return _raw(start.replace("{}", "a" * room, 1).encode())

    yield "65,535 bytes", long(0)


def _pages(change: Callable[[bytes], bytes | None]) -> Lie:
    """Three records, and a page that is changed before the index is made."""

    def lie(log: ForgedLog) -> None:
        log.add(release("t:odd", "1.0.0"))
        log.add(release("t:odd", "1.1.0"))
        log.add({"yank": {"package": "t:odd", "version": "1.1.0"}})
        log.change_page = lambda subject, page: change(page) if subject == ODD else page

    return lie


def _lines(change: Callable[[list[bytes]], list[bytes]]) -> Lie:
    return _pages(lambda page: b"".join(change(page.splitlines(keepends=True))))


def pages() -> Iterator[tuple[str, Lie]]:
    """An index that leads to something else than the package's page."""
    yield "an honest page", _pages(lambda page: page)
    yield "no page", _pages(lambda page: None)
    yield "an empty page", _pages(lambda page: b"")
    yield "the last record left out", _lines(lambda lines: lines[:-1])
    yield "the first record left out", _lines(lambda lines: lines[1:])
    yield "a record left out of the middle", _lines(lambda lines: lines[:1] + lines[2:])
    yield "a record doubled", _lines(lambda lines: lines[:1] + lines)
    yield "the last record doubled", _lines(lambda lines: [*lines, lines[-1]])
    yield "records swapped", _lines(lambda lines: [lines[1], lines[0], lines[2]])
    yield "no LF", _pages(lambda page: page[:-1])
    yield "two LF", _pages(lambda page: page + b"\n")
    yield "CRLF", _pages(lambda page: page.replace(b"\n", b"\r\n"))
    yield "a leading zero", _pages(lambda page: b"0" + page)
    yield "a plus", _pages(lambda page: b"+" + page)
    yield "two spaces", _pages(lambda page: page.replace(b" ", b"  ", 1))
    yield "no place", _pages(lambda page: page.split(b" ", 1)[1])
    yield "another last place", _lines(lambda lines: [*lines[:-1], b"1" + lines[-1]])
    yield "another first place", _lines(lambda lines: [b"1" + lines[0], *lines[1:]])
    yield "a last place of 2^63 - 1", _lines(lambda lines: [*lines[:-1], b"9223372036854775807 " + lines[-1].split(b" ", 1)[1]])
    yield "another content", _pages(lambda page: page.replace(CONTENT.encode(), b"0" * 64))
    yield "a first line more", _pages(
        lambda page: b'0 {"release":{"package":"t:odd","version":"0.1.0","content":"%b"}}\n' % CONTENT.encode() + page
    )
    yield "not ASCII", _pages(lambda page: page + "ä\n".encode())
    yield "a page of another package", _pages(lambda page: b'1 {"yank":{"package":"t:x","version":"1.0.0"}}\n')


_NAMES = [f"k{number}" for number in range(16)]
_MORE = [f"l{number}" for number in range(16)]
_TWO = maintained_by(2, "ann", "ben", "cleo")
_OTHERS = maintained_by(1, "dan", "eve")


def _signed(*steps: tuple[dict, str] | tuple[dict, str, dict]) -> Lie:
    """Records, each with who signs it, and perhaps options of `ForgedLog.add`."""

    def lie(log: ForgedLog) -> None:
        for record, names, *options in steps:
            log.add(record, signers=map(signer, names.split()), **(options[0] if options else {}))

    return lie


def _odd(version: str, **fields: list | dict) -> dict:
    return release("t:odd", version, **fields)


def _spoilt(change: Callable[[bytes], bytes]) -> Lie:
    """A release whose maintainers have signed it, and another, which is changed before it is added."""

    def lie(log: ForgedLog) -> None:
        log.add(_odd("1.0.0", maintainers=_TWO), signers=map(signer, ("ann", "ben")))
        kept = log.pages[ODD]
        log.add(_odd("1.1.0"), signers=map(signer, ("ann", "ben")))
        log.pages[ODD] = kept
        log.add_bytes(change(log.entries.pop()), ODD)

    return lie


def _named(maintainers: dict, names: str) -> Lie:
    return _signed((_odd("1.0.0", maintainers=maintainers), names))


def _signatures_of(entry: bytes, change: Callable[[list[str]], list[str]]) -> bytes:
    record = json.loads(entry)
    record["release"]["signatures"] = change(record["release"]["signatures"])
    return json.dumps(record, separators=(",", ":")).encode()


def _with_signatures(change: Callable[[list[str]], list[str]]) -> Lie:
    return _spoilt(lambda entry: _signatures_of(entry, change))


def _larger(text: str) -> str:
    """The signature with the order of the group added to its number."""
    data = base64.b64decode(text)
    number = int.from_bytes(data[36:], "little") + ed25519.L
    return encode_base64(data[:36] + number.to_bytes(32, "little"))


def _small(text: str) -> str:
    return encode_base64(base64.b64decode(text)[:4] + (1).to_bytes(32, "little") + bytes(32))


def maintainers() -> Iterator[tuple[str, Lie, bool]]:
    """Pages with maintainers, each with whether it is one (docs/log.md, *Maintainers*)."""
    first = (_odd("1.0.0", maintainers=_TWO), "ann ben")
    plain = (_odd("1.0.0"), "")
    key = {name: make_key(*signer(name)).vkey for name in ("ann", "ben", "cleo", "dan")}
    renamed = make_key("bob", seed_of("ann")).vkey
    cosigner = make_key("ann", seed_of("ann"), notes.COSIGNER).vkey

    yield "signed by two of three", _signed(first), True
    yield "signed by three of three", _named(_TWO, "ann ben cleo"), True
    yield "signed by one of two", _named(_TWO, "ann"), False
    yield "signed by nobody", _named(_TWO, ""), False
    yield "signed by a stranger, too", _named(_TWO, "ann ben dan"), False
    yield "a second release", _signed(first, (_odd("1.1.0"), "ben cleo")), True
    yield "a second release by one", _signed(first, (_odd("1.1.0"), "ben")), False
    yield "a second release by nobody", _signed(first, (_odd("1.1.0"), "")), False
    yield "a second release by others", _signed(first, (_odd("1.1.0"), "dan eve")), False
    yield "a second release that names them again", _signed(first, (_odd("1.1.0", maintainers=_TWO), "ann ben")), False
    yield "a second release that names others", _signed(
        first, (_odd("1.1.0", maintainers=_OTHERS), "ann ben dan")
    ), False
    yield "a second release that is the first to name any", _signed(
        plain, (_odd("1.1.0", maintainers=_OTHERS), "dan")
    ), False
    yield "a first release behind a yank", _signed((yank("t:odd", "1.0.0"), ""), first), True
    yield "signed where none has to", _signed((_odd("1.0.0"), "ann")), False
    yield "signed for another log", _signed((*first, {"origin": "b.example/log"})), False
    yield "a void release", _signed(first, (_odd("1.0.0"), "ann cleo")), True
    yield "a void release by nobody", _signed(first, (_odd("1.0.0"), "")), False
    yield "a void release that names them", _signed(first, (_odd("1.0.0", maintainers=_TWO), "ann ben")), False
    yield "a yank", _signed(first, (_odd("1.1.0"), "ann ben"), (yank("t:odd", "1.1.0"), "")), True
    yield "a signed yank", _signed(first, (yank("t:odd", "1.0.0"), "ann ben")), False

    yield "a handover by old and new", _signed(first, (handover("t:odd", _OTHERS), "ann ben dan")), True
    yield "a handover by all", _signed(first, (handover("t:odd", _OTHERS), "ann ben cleo dan eve")), True
    yield "a handover by the old", _signed(first, (handover("t:odd", _OTHERS), "ann ben")), False
    yield "a handover by the new", _signed(first, (handover("t:odd", _OTHERS), "dan eve")), False
    yield "a handover by too few of the old", _signed(first, (handover("t:odd", _OTHERS), "ann dan eve")), False
    yield "a handover by nobody", _signed(first, (handover("t:odd", _OTHERS), "")), False
    yield "a handover to the same", _signed(first, (handover("t:odd", _TWO), "ann cleo")), True
    yield "a handover first", _signed((handover("t:odd", _OTHERS), "dan"), plain), False
    yield "a handover behind a yank", _signed((yank("t:odd", "1.0.0"), ""), (handover("t:odd", _OTHERS), "dan")), False
    yield "a handover of what had none", _signed(plain, (handover("t:odd", _OTHERS), "dan")), True
    yield "a handover of what had none by nobody", _signed(plain, (handover("t:odd", _OTHERS), "")), False
    yield "a release behind a handover", _signed(
        plain, (handover("t:odd", _OTHERS), "dan"), (_odd("1.1.0"), "eve")
    ), True
    yield "a release by the old behind a handover", _signed(
        first, (handover("t:odd", _OTHERS), "ann ben dan"), (_odd("1.1.0"), "ann ben")
    ), False
    bobs = {"threshold": 1, "keys": sorted((renamed, key["dan"]))}

    def by_names(*keys: tuple[str, str]) -> Lie:
        """A handover to `bob`, who has the key of `ann`, and `dan`, signed by these names and seeds."""

        def lie(log: ForgedLog) -> None:
            log.add(_odd("1.0.0", maintainers=maintained_by(1, "ann", "ben")), signers=[signer("ann")])
            log.add(handover("t:odd", bobs), signers=[(name, seed_of(seed)) for name, seed in keys])

        return lie

    yield "a key under its old name", by_names(("ann", "ann")), True
    yield "a key under its new name", by_names(("bob", "ann")), True
    yield "a key under both names", by_names(("ann", "ann"), ("bob", "ann")), False
    yield "a key under another name", by_names(("eve", "ann")), False

    old, new = ("ann179317", seed_of("ann")), ("dan6228", seed_of("dan"))
    assert make_key(*old).id == make_key(*new).id

    def by_one_id(*keys: tuple[str, bytes]) -> Lie:
        """A handover from a key to one that has the same id, signed by these."""
        before, behind = ({"threshold": 1, "keys": [make_key(*key).vkey]} for key in (old, new))

        def lie(log: ForgedLog) -> None:
            log.add(_odd("1.0.0", maintainers=before), signers=[old])
            log.add(handover("t:odd", behind), signers=keys)
            log.add(_odd("1.1.0"), signers=[new])

        return lie

    yield "two keys of one id", by_one_id(old, new), True
    yield "one of two keys of one id", by_one_id(new), False
    yield "the other of two keys of one id", by_one_id(old), False
    yield "one of two keys of one id twice", by_one_id(old, old), False

    yield "another signature", _with_signatures(lambda s: [s[0], s[1][:20] + "A" + s[1][21:]]), False
    yield "the signatures as they were", _with_signatures(lambda s: s), True
    yield "a signature with a larger s", _with_signatures(lambda s: [s[0], _larger(s[1])]), False
    yield "a signature with R of small order", _with_signatures(lambda s: [s[0], _small(s[1])]), False
    yield "signatures in disorder", _with_signatures(lambda s: s[::-1]), False
    yield "a signature twice", _with_signatures(lambda s: [s[0], s[0], s[1]]), False
    yield "a short signature", _with_signatures(lambda s: [s[0], s[1][:-4]]), False
    yield "an empty list of signatures", _with_signatures(lambda s: []), False
    yield "a number as signature", _spoilt(lambda entry: entry.replace(b'"signatures":["', b'"signatures":[1,"')), False
    yield "another version signed", _spoilt(lambda entry: entry.replace(b"1.1.0", b"1.1.1")), False
    yield "signatures before prev", _spoilt(
        lambda entry: re.sub(rb'("prev":"\w+"),("signatures":\[.*\])', rb"\2,\1", entry)
    ), False

    def replayed(log: ForgedLog) -> None:
        log.add(_odd("1.0.0", maintainers=_TWO), signers=map(signer, ("ann", "ben")))
        kept = log.pages[ODD]
        log.add(_odd("1.1.0"), signers=map(signer, ("ann", "ben")))
        stolen = json.loads(log.entries.pop())["release"]["signatures"]
        log.pages[ODD] = kept
        log.add({"yank": {"package": "t:odd", "version": "1.0.0"}})
        log.add(_odd("1.1.0"))
        entry = json.loads(log.entries.pop())
        entry["release"]["signatures"] = stolen
        log.pages[ODD] = b"".join(log.pages[ODD].splitlines(keepends=True)[:-1])
        log.add_bytes(json.dumps(entry, separators=(",", ":")).encode(), ODD)

    yield "a signature of the page before", replayed, False

    yield "sixteen of sixteen", _named(maintained_by(16, *_NAMES), " ".join(_NAMES)), True
    yield "seventeen keys", _named(maintained_by(1, *_NAMES, "ann"), "ann"), False
    yield "32 signatures", _signed(
        (_odd("1.0.0", maintainers=maintained_by(16, *_NAMES)), " ".join(_NAMES)),
        (handover("t:odd", maintained_by(16, *_MORE)), " ".join(_NAMES + _MORE)),
    ), True
    yield "no keys", _named({"threshold": 0, "keys": []}, ""), False
    yield "a threshold of 0", _named({"threshold": 0, "keys": [key["ann"]]}, "ann"), False
    yield "a threshold beyond the keys", _named({"threshold": 2, "keys": [key["ann"]]}, "ann"), False
    yield "a threshold that is true", _named({"threshold": True, "keys": [key["ann"]]}, "ann"), False
    yield "no threshold", _named({"keys": [key["ann"]]}, "ann"), False
    yield "keys before the threshold", _named({"keys": [key["ann"]], "threshold": 1}, "ann"), False
    yield "keys in disorder", _named({"threshold": 1, "keys": [key["ben"], key["ann"]]}, "ann"), False
    yield "a maintainer twice", _named({"threshold": 1, "keys": [key["ann"], key["ann"]]}, "ann"), False
    yield "one key under two names", _named({"threshold": 1, "keys": [key["ann"], renamed]}, "ann"), False
    yield "a witness as maintainer", _named({"threshold": 1, "keys": [cosigner]}, "ann"), False
    yield "a maintainer of no name", _named({"threshold": 1, "keys": [make_key("", seed_of("")).vkey]}, ""), False
    yield "a name that is an origin", _named(maintained_by(1, "a.example/x/y"), "a.example/x/y"), True
    yield "a name that is no origin", _named(maintained_by(1, "a//b"), "a//b"), False
    yield "a name of 255 bytes", _named(maintained_by(1, "n" * 255), "n" * 255), True
    yield "a name of 256 bytes", _named(maintained_by(1, "n" * 256), "n" * 256), False
    yield "a member more of maintainers", _named(maintained_by(1, "ann") | {"x": 1}, "ann"), False
    yield "null as maintainers", _spoilt(lambda entry: entry.replace(b',"prev"', b',"maintainers":null,"prev"')), False
    yield "a handover to nobody", _signed(
        first, ({"maintainers": {"package": "t:odd"}}, "ann ben")
    ), False
    yield "a handover of a version", _signed(
        first, ({"maintainers": {"package": "t:odd", "version": "1.0.0", "maintainers": _TWO}}, "ann ben")
    ), False
    yield "a handover of another package", _raw(
        b'{"maintainers":{"package":"t:x","maintainers":{"threshold":1,"keys":["%b"]}}}' % key["ann"].encode()
    ), False


def _entry(record: dict | None) -> Lie:
    """What stands last in the log, behind the epoch."""

    def lie(log: ForgedLog) -> None:
        log.add(release("t:odd", "1.0.0"))
        log.end_epoch()
        if record is not None:
            log.add_bytes(json.dumps(record, separators=(",", ":")).encode())

    return lie


def others() -> Iterator[tuple[str, Lie]]:
    """Void records, chains that are no page's, and more."""

    def voids(log: ForgedLog) -> None:
        log.add(release("t:odd", "1.0.0"))
        log.add({"unyank": {"package": "t:odd", "version": "1.0.0"}})
        log.add({"yank": {"package": "t:odd", "version": "9.0.0"}})
        log.add(release("t:odd", "1.1.0"))
        log.add({"yank": {"package": "t:odd", "version": "1.1.0"}})
        log.add({"yank": {"package": "t:odd", "version": "1.1.0"}})
        again = release("t:odd", "1.0.0")
        again["release"]["content"] = "0" * 64
        log.add(again)
        log.add({"unyank": {"package": "t:odd", "version": "1.1.0+b"}})
        log.add({"unyank": {"package": "t:odd", "version": "1.1.0"}})
        log.add({"yank": {"package": "t:odd", "version": "1.1.0"}})

    def second_chain(log: ForgedLog) -> None:
        log.add(release("t:odd", "2.0.0"))
        log.pages.pop(ODD)
        log.add(release("t:odd", "1.0.0"))

    def passed_over(log: ForgedLog) -> None:
        log.add(release("t:odd", "1.0.0"))
        kept = log.pages[ODD]
        log.add(release("t:odd", "1.1.0"))
        log.pages[ODD] = kept
        log.add(release("t:odd", "1.2.0"))

    def unknown_prev(log: ForgedLog) -> None:
        log.add(release("t:odd", "1.0.0"))
        log.add(release("t:odd", "1.1.0"), prev="0" * 64)

    def no_prev(log: ForgedLog) -> None:
        log.add(release("t:odd", "1.0.0"))
        log.add(release("t:odd", "1.1.0"), prev=None)

    def precedence(log: ForgedLog) -> None:
        for version in ("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-1", "1.0.0-rc.9", "1.0.0-rc.10", "1.0.0+b", "1.0.0",
                        "1.0.0+1", "1.0.0+01", "1.0.0+a.b", "1.0.0+a", "0.0.1", "0.0.2", "0.1.0-pre", "2.0.0-rc"):  # fmt: skip
            log.add(release("t:odd", version))

    def same_names(log: ForgedLog) -> None:
        log.add(release("t:odd", "1.0.0"))
        log.add(release("T:ODD", "1.0.0"))

    yield "void records", voids
    yield "a second chain", second_chain
    yield "a record passed over", passed_over
    yield "a prev that is no page", unknown_prev
    yield "a second record without prev", no_prev
    yield "many precedences", precedence
    yield "two names that are the same", same_names


def ends() -> Iterator[tuple[str, Lie]]:
    """Heads whose last entry is something else than it should be; these logs are not ended again."""
    yield "an honest end", _entry(None)
    yield "an end in no epoch", _entry(release("t:x", "1.0.0"))
    yield "an end in an epoch of nothing", _entry({"epoch": {"index": "0" * 64}})
    yield "an end in an epoch that is none", _entry({"epoch": {"index": "x"}})
    yield "an end in no record", _entry({"x": 1})


def all_lies() -> Iterator[tuple[str, Lie, bool]]:
    """Each with whether the log is ended by an epoch behind it."""
    signed = ((f"maintainers: {name}", lie) for name, lie, _ in maintainers())
    for lies, is_ended in ((records(), True), (pages(), True), (signed, True), (others(), True), (ends(), False)):
        for name, lie in lies:
            yield name, lie, is_ended


def honest(log: ForgedLog) -> None:
    log.add(release("t:odd", "1.0.0"))


def make_log(lie: Lie, is_ended: bool) -> ForgedLog:
    """A log of some honest packages, and the lie."""
    log = new_log(A)
    for version in ("0.1.0", "1.0.0", "1.2.3", "1.2.3-a", "2.0.0"):
        log.add(release("t:lib", version, features=[{"name": name} for name in "abx"]))
    log.add(release("t:opt", "1.0.0"))
    lie(log)
    if is_ended:
        log.end_epoch()
    return log


def write_project_of(folder: Path, log: ForgedLog) -> None:
    """A project whose only log this is."""
    log.write(folder / "a")
    manifest = f'[registries]\ndefault = "{A}"\n[dependencies]\n"t:odd" = ">=0.0.0-0"\n'
    write_project(folder, manifest, log_line(A, "a") + "quorum none\n")


def spoil(case: Case, log: ForgedLog, solver: bytes) -> Case:
    """An honest lock with a false log's head, and all files of that log."""
    head = log.head()
    signature = sign(head, A, seed_of(A))
    lines = f'size = {head.size}\nroot = "{encode_base64(head.root)}"\nsignature = "{signature}"'
    text = re.sub(r'size = .*\nroot = .*\nsignature = .*', lambda match: lines, case.lock.decode())
    files = log.bundle_files() | {f"solver/{hashlib.sha256(solver).hexdigest()}": solver}
    return replace(case, lock=text.encode(), bundle=write_bundle_files(files))
