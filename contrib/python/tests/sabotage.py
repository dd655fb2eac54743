"""Ways to spoil what a verification reads: a lock, a bundle, a trust file, a policy.

A *case* is the four files and the options, with a name that says what was done to them.
"""

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from headlock_verify import notes

from .forge import importing_solver, make_key, read_bundle_files, seed_of, write_bundle_files


@dataclass(frozen=True)
class Case:
    name: str
    lock: bytes
    bundle: bytes
    trust: bytes
    policy: bytes
    solver: bytes | None = None
    accept: str | None = None


def lock_lines(case: Case) -> Iterator[Case]:
    """Each line left out, doubled, swapped with the next, or changed in one character."""
    lines = case.lock.decode().splitlines(keepends=True)

    def made(name: str, changed: list[str]) -> Case:
        return replace(case, name=f"lock: {name}", lock="".join(changed).encode())

    for i, line in enumerate(lines):
        shown = f"{i + 1} {line.strip()[:40]}"
        yield made(f"without line {shown}", lines[:i] + lines[i + 1 :])
        yield made(f"twice line {shown}", lines[:i] + [line] + lines[i:])
        if i + 1 < len(lines):
            yield made(f"swapped line {shown}", lines[:i] + [lines[i + 1], line] + lines[i + 2 :])
        yield made(f"space behind line {shown}", lines[:i] + [line[:-1] + " \n"] + lines[i + 1 :])
        for name, pattern, change in _LINE_CHANGES:
            changed = re.sub(pattern, change, line, count=1)
            if changed != line:
                yield made(f"{name} in line {shown}", lines[:i] + [changed] + lines[i + 1 :])


_LINE_CHANGES = [
    ("another first character", r'"(.)', lambda m: '"' + ("x" if m[1] != "x" else "y")),
    ("another last character", r'(.)"(?=,?\n)', lambda m: ("0" if m[1] != "0" else "1") + '"'),
    ("a higher number", r"= (\d+)$", lambda m: f"= {int(m[1]) + 1}"),
    ("a lower number", r"= (\d+)$", lambda m: f"= {int(m[1]) - 1}"),
    ("a huge number", r"= (\d+)$", lambda m: "= 9223372036854775808"),
    ("a number with an underscore", r"= (\d)(\d)", lambda m: f"= {m[1]}_{m[2]}"),
    ("no number", r"= (\d+)$", lambda m: "= true"),
    ("nothing", r'"[^"]*"', lambda m: '""'),
    ("a control character", r'"(.)', lambda m: '"\\u0001'),
    ("an escape", r'"(.)', lambda m: f'"\\u{ord(m[1]):04x}'),
    ("another sort of text", r'"([^"]*)"', lambda m: f"'{m[1]}'"),
    ("another version", r"(\d)\.(\d)\.(\d)", lambda m: f"{m[1]}.{m[2]}.{int(m[3]) + 1}"),
    ("another name", r"t:([a-z]+)", lambda m: f"t:{m[1]}x"),
    ("another origin", r"([a-z])\.example", lambda m: f"{m[1]}x.example"),
]


def lock_sections(case: Case) -> Iterator[Case]:
    """Each section left out, doubled, or moved behind the next."""
    head, *sections = re.split(r"(?m)(?=^\n\[)", case.lock.decode())
    for i, section in enumerate(sections):
        title = section.strip().splitlines()
        shown = " ".join(title[:3])
        for name, changed in (
            ("without", sections[:i] + sections[i + 1 :]),
            ("twice", sections[:i] + [section] + sections[i:]),
            ("swapped", sections[:i] + sections[i + 1 : i + 2] + [section] + sections[i + 2 :]),
        ):
            yield replace(case, name=f"lock: {name} section {shown}", lock=(head + "".join(changed)).encode())


_ANN = f'maintainers = [\n    "1 of 1",\n    "{make_key("ann", seed_of("ann")).vkey}",\n]\n'


def lock_texts(case: Case) -> Iterator[Case]:
    """The whole text in another form, and fields that are nowhere else."""
    text = case.lock.decode()
    variants = {
        "CRLF": text.replace("\n", "\r\n"),
        "a byte order mark": "\ufeff" + text,
        "nothing": "",
        "no end": text[:-1],
        "a line more": text + "\n",
        "a comment more": text + "# x\n",
        "format 2": text.replace("format = 1", "format = 2"),
        "marks of a merge": f"<<<<<<< ours\n{text}",
        "a record of another content in a local component's place": re.sub(
            r'(\[\[package\]\]\nregistry = .*\nname = .*\nversion = .*\nsha256 = ")[0-9a-f]{8}(.*"\n)(?!record)',
            r"\g<1>00000000\2record = 1\n",
            text,
        ),
        "format 2 and no TOML": text.replace("format = 1", "format = 2") + "x",
        "an unknown field": text.replace("[inputs]\n", "[inputs]\nx = 1\n"),
        "an unknown section": text + "\n[x]\ny = 1\n",
        "an empty list": text.replace("[inputs]\nbudget", "[inputs]\npreferences = []\nbudget"),
        "a preference": _with_preferences(text, "t:lib 1.0.0 a.example/log"),
        "a preference for nothing": _with_preferences(text, "t:none 1.0.0 a.example/log"),
        "a preference elsewhere": _with_preferences(text, "t:none 1.0.0 z.example/log"),
        "preferences in disorder": _with_preferences(
            text, "t:lib 1.0.0 a.example/log", "t:lib 0.1.0 a.example/log"
        ),
        "no budget": re.sub(r"budget = \d+", "budget = 0", text),
        "a small budget": re.sub(r"budget = \d+", "budget = 100", text),
        "the largest budget": re.sub(r"budget = \d+", f"budget = {2**63 - 1}", text),
        "a negative budget": re.sub(r"budget = \d+", "budget = -1", text),
        "a world that is none": re.sub(r'world = ".*"', 'world = "headlock:solver@0.2.0"', text),
        "a world without a version": re.sub(r'world = "(.*)@.*"', r'world = "\1"', text),
        "a world that is none, and another solver": re.sub(
            r'world = ".*"\nsha256 = ".*"', f'world = "headlock:solver@0.2.0"\nsha256 = "{"0" * 64}"', text
        ),
        "no name": re.sub(r'name = ".*"\nversion = ".*"\n(?=world)', "", text),
        "another stated version": re.sub(r'version = "(.*)"(?=\nworld)', r'version = "\1-a"', text),
        "another stated name": re.sub(r'name = ".*"(?=\nversion = ".*"\nworld)', 'name = "headlock:other"', text),
        "a stated name with a space": re.sub(
            r'name = ".*"(?=\nversion = ".*"\nworld)', 'name = "headlock solver"', text
        ),
        "other maintainers": re.sub(r'"(\d) of (\d)"', r'"1 of \2"', text),
        "more maintainers than keys": re.sub(r'"(\d) of (\d)"', r'"\1 of 9"', text),
        "a threshold beyond the keys": re.sub(r'"(\d) of (\d)"', r'"9 of \2"', text),
        "a threshold of 0": re.sub(r'"(\d) of (\d)"', r'"0 of \2"', text),
        "a threshold of 01": re.sub(r'"(\d) of (\d)"', r'"01 of \2"', text),
        "maintainers without a threshold": re.sub(r'    "(\d) of (\d)",\n', "", text),
        "a maintainer under another name": re.sub(r'"dan\+', '"don+', text),
        "a maintainer under an umlaut": re.sub(r'"dan\+', '"dän+', text),
        "maintainers left out": re.sub(r'maintainers = \[\n(    .*\n)*\]\n', "", text),
        "maintainers of a package without": re.sub(r'(name = "t:app"\n(?:(?!maint).+\n)*record = \d+\n)(?!maint)', lambda m: m[1] + _ANN, text),
        "maintainers of a local component": re.sub(r'(\[\[package\]\]\n.*\n.*\nversion = "1.2.9"\n.*\n)', lambda m: m[1] + _ANN, text),
        "maintainers behind features": re.sub(r'(maintainers = \[\n(?:    .*\n)*\]\n)(features = \[\n(?:    .*\n)*\]\n)', r"\2\1", text),
        "a witness as maintainer": text.replace(make_key("ann", seed_of("ann")).vkey, make_key("ann", seed_of("ann"), notes.COSIGNER).vkey),
        "a maintainer whose name is no origin": text.replace(make_key("ann", seed_of("ann")).vkey, make_key("a//nn", seed_of("ann")).vkey),
        "the key of a maintainer under another name": text.replace(make_key("ann", seed_of("ann")).vkey, make_key("bob", seed_of("ann")).vkey),
        "imports": re.sub(r'(\[solver\]\n(?:.*\n){4})', r'\1imports = [\n    "wasi:io/poll@0.2.0",\n]\n', text),
        "another solver": re.sub(r'sha256 = "\w+"', f'sha256 = "{"0" * 64}"', text, count=1),
        "upper case": re.sub(r'(?<=sha256 = ")\w+', lambda m: m[0].upper(), text, count=1),
        "a forbidden edge": text.replace(
            "\n[problem]", '\n[[inputs.forbidden]]\ndependency = "q.example/log"\n\n[problem]', 1
        ),
        "a forbidden edge of its own": text.replace(
            "\n[problem]",
            '\n[[inputs.forbidden]]\ndependent = "a.example/log"\ndependency = "b.example/log"\n\n[problem]',
            1,
        ),
        "a log twice derived": text.replace("\n[[package]]", 'derived = "z.example/log"\n\n[[package]]', 1),
        "a cosignature by nobody": text + '\n[[cosignature]]\norigin = "a.example/log"\nline = "— x.example AAAAAAA="\n',
        "a cosignature that is none": text + '\n[[cosignature]]\norigin = "a.example/log"\nline = "x"\n',
        "a cosignature of two lines": text
        + '\n[[cosignature]]\norigin = "a.example/log"\nline = "— x.example AAAAAAA=\\n— x.example AAAAAAA="\n',
        "a cosignature elsewhere": text
        + '\n[[cosignature]]\norigin = "q.example/log"\nline = "— x.example AAAAAAA="\n',
        "a cosignature of a derived head": text
        + '\n[[cosignature]]\norigin = "b.example/log"\nline = "— x.example AAAAAAA="\n',
        "no size": re.sub(r"size = \d+", "size = 0", text, count=1),
        "a size that is none": re.sub(r"size = \d+", "size = -1", text, count=1),
        "a signature that is none": re.sub(r'signature = ".*"', 'signature = "x"', text, count=1),
        "a signature of no bytes": re.sub(
            r'signature = "— (\S+) .*"', r'signature = "— \1 AAAAAA=="', text, count=1
        ),
        "an unknown signature": re.sub(
            r'signature = "— (\S+) .*"', r'signature = "— \1 AAAAAAA="', text, count=1
        ),
        "a signature under another name": re.sub(
            r'signature = "— (\S+) ', r'signature = "— z.example/log ', text, count=1
        ),
        "a short signature": re.sub(
            r'(signature = "— \S+ \S{8}).*"', r'\1"', text, count=1
        ),
        "a root of 31 bytes": re.sub(r'root = ".*"', f'root = "{"A" * 42}=="', text, count=1),
        "unused bits": re.sub(r'root = "(.*).="', r'root = "\1B="', text, count=1),
        "a record too far": re.sub(r"record = \d+", f"record = {2**63 - 1}", text, count=1),
        "a requirement in another form": text.replace('requirement = "^1"', 'requirement = "1"'),
        "a requirement that is none": text.replace('requirement = "^1"', 'requirement = "^01"'),
        "another requirement": text.replace('requirement = "^1"', 'requirement = "^2"'),
        "a requirement of the same": text.replace('requirement = "^1"', 'requirement = ">=1"'),
        "too many comparators": text.replace('requirement = "^1"', 'requirement = "' + ", ".join([">1"] * 33) + '"'),
        "many comparators": text.replace('requirement = "^1"', 'requirement = "' + ", ".join([">=1"] * 32) + '"'),
        "deep nesting": "format = " + "[" * 5000,
        "a huge number": "format = " + "1" * 5000,
        "not UTF-8": None,
    }
    for name, changed in variants.items():
        data = case.lock + b"\xff" if changed is None else changed.encode()
        if data != case.lock:
            yield replace(case, name=f"lock: {name}", lock=data)


def _with_preferences(text: str, *preferences: str) -> str:
    listed = "".join(f'    "{preference}",\n' for preference in preferences)
    return re.sub(r"(budget = \d+\n)", rf"\1preferences = [\n{listed}]\n", text, count=1)


def bundle_files(case: Case) -> Iterator[Case]:
    """Each file left out, cut, made longer, changed in a bit, put in another's place."""
    files = read_bundle_files(case.bundle)
    names = sorted(files)
    for i, name in enumerate(names):
        data = files[name]
        other = files[names[(i + 1) % len(names)]]
        changes = {
            "without": None,
            "empty": b"",
            "cut": data[:-1],
            "longer": data + b"\0",
            "first bit": bytes([data[0] ^ 1]) + data[1:],
            "middle bit": data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
            "last bit": data[:-1] + bytes([data[-1] ^ 0x80]),
            "another": other,
            "a hash more": data + bytes(32),
        }
        for change, changed in changes.items():
            left = {n: d for n, d in files.items() if n != name}
            if changed is not None:
                left[name] = changed
            yield replace(case, name=f"bundle: {change} {name}", bundle=write_bundle_files(left))
        kind, _, path = name.partition("/")
        if kind in ("content", "logs"):
            log = next(other.split("/")[1] for other in names if other.startswith("logs/"))
            elsewhere = f"logs/{log}/{path}" if kind == "content" else f"content/{path.partition('/')[2]}"
            moved = {n: d for n, d in files.items() if n != name} | {elsewhere: data}
            yield replace(case, name=f"bundle: elsewhere {name}", bundle=write_bundle_files(moved))
        if ".p/" in name:
            full = name.split(".p/")[0]
            renamed = {n: d for n, d in files.items() if n != name} | {full: data}
            yield replace(case, name=f"bundle: as full {name}", bundle=write_bundle_files(renamed))
            width = int(name.split(".p/")[1])
            more = data + bytes(32 * (256 - width)) if "entries" not in name else data + bytes(2 * (256 - width))
            longer = {n: d for n, d in files.items() if n != name} | {full: more}
            yield replace(case, name=f"bundle: full instead of {name}", bundle=write_bundle_files(longer))
            both = files | {full: more}
            yield replace(case, name=f"bundle: full beside {name}", bundle=write_bundle_files(both))


def bundle_forms(case: Case) -> Iterator[Case]:
    """The list in another form, and files that nobody asks for."""
    data = case.bundle
    files = read_bundle_files(data)
    listed, _, rest = data.partition(b"\n\n")
    first, *lines = listed.split(b"\n")
    zeros = "0" * 64
    for name in (
        "x",
        "content/x",
        f"content/page/00/{zeros}",
        f"content/page/01/{zeros}",
        f"content/page/{zeros}",
        f"content/blob/00/{zeros}",
        f"logs/{zeros}/tile/0/000",
        f"logs/{zeros}/checkpoint",
        f"logs/{'g' * 64}/tile/0/000",
        f"solver/{zeros}",
        "solver/x",
        "../x",
        "/x",
        "content/../x",
        "a" * 509,
    ):
        yield replace(case, name=f"bundle: with {name[:60]}", bundle=write_bundle_files(files | {name: b""}))
    forms = {
        "nothing": b"",
        "only its form": b"headlock bundle 1\n",
        "an empty list": b"headlock bundle 1\n\n",
        "bytes behind an empty list": b"headlock bundle 1\n\nx",
        "form 2": data.replace(b"bundle 1", b"bundle 2", 1),
        "a byte more": data + b"x",
        "a byte less": data[:-1],
        "no empty line": listed + b"\n" + rest,
        "CRLF": listed.replace(b"\n", b"\r\n") + b"\r\n\r\n" + rest,
        "a line twice": b"\n".join([first, lines[0], *lines]) + b"\n\n" + rest,
        "a file twice": b"\n".join([first, lines[0], *lines]) + b"\n\n" + files[min(files)] + rest,
        "lines swapped": b"\n".join([first, lines[1], lines[0], *lines[2:]]) + b"\n\n" + rest,
        "a leading zero": b"\n".join([first, b"0" + lines[0], *lines[1:]]) + b"\n\n" + rest,
        "a plus": b"\n".join([first, b"+" + lines[0], *lines[1:]]) + b"\n\n" + rest,
        "two spaces": b"\n".join([first, lines[0].replace(b" ", b"  "), *lines[1:]]) + b"\n\n" + rest,
        "a space behind": b"\n".join([first, lines[0] + b" ", *lines[1:]]) + b"\n\n" + rest,
        "no name": b"\n".join([first, b"0 ", *lines]) + b"\n\n" + rest,
        "no length": b"\n".join([first, b" a", *lines]) + b"\n\n" + rest,
        "a huge length": b"\n".join([first, b"1099511627777 a", *lines]) + b"\n\n" + rest,
        "the largest length": b"\n".join([first, b"1099511627776 a", *lines]) + b"\n\n" + rest,
        "a long name": b"\n".join([first, b"0 " + b"a" * 510, *lines]) + b"\n\n" + rest,
        "a longer name": b"\n".join([first, b"0 " + b"a" * 511, *lines]) + b"\n\n" + rest,
        "a name not in ASCII": b"\n".join([first, "0 ä".encode(), *lines]) + b"\n\n" + rest,
        "another length": b"\n".join([first, b"1" + lines[0], *lines[1:]]) + b"\n\n" + rest,
    }
    for name, changed in forms.items():
        yield replace(case, name=f"bundle: {name}", bundle=changed)


def random_bytes(case: Case, count: int, seed: int) -> Iterator[Case]:
    """A byte changed at random, in each of the files."""
    source = random.Random(seed)
    for i in range(count):
        for part in ("lock", "bundle", "trust", "policy"):
            data = bytearray(getattr(case, part))
            at = source.randrange(len(data))
            match source.randrange(3):
                case 0:
                    data[at] ^= 1 << source.randrange(8)
                case 1:
                    data[at] = source.randrange(32, 127)
                case 2:
                    del data[at : at + source.randrange(1, 4)]
            spoilt = bytes(data)
            if spoilt != getattr(case, part):
                fields = {part: spoilt}
                yield replace(case, name=f"{part}: random {seed}.{i} at {at}", **fields)


def all_of(case: Case, count: int, seed: int) -> Iterator[Case]:
    yield replace(case, name="untouched")
    for make in (lock_lines, lock_sections, lock_texts, bundle_files, bundle_forms, policies, trusts, solvers):
        yield from make(case)
    yield from random_bytes(case, count, seed)


def solvers(case: Case) -> Iterator[Case]:
    """The solver wrapped in one that imports something; the lock stating that, or something else."""
    files = read_bundle_files(case.bundle)
    name = next(name for name in files if name.startswith("solver/"))
    component = files.pop(name)
    two = ["wasi:cli/environment@0.2.3", "wasi:random/random@0.2.0"]
    for shown, imports, stated in (
        ("imports", two, two),
        ("imports that are not stated", two, []),
        ("one import stated of two", two, two[:1]),
        ("imports in disorder", two, two[::-1]),
        ("imports of another version", two, [two[0], "wasi:random/random@0.2.1"]),
        ("an import that no solver may have", ["wasi:http/types@0.2.0"], ["wasi:http/types@0.2.0"]),
        ("an import of a version that no solver may have", ["wasi:io/poll@0.3.0"], ["wasi:io/poll@0.3.0"]),
        ("an import of a pre-release", ["wasi:io/poll@0.2.0-rc"], ["wasi:io/poll@0.2.0-rc"]),
    ):
        made = importing_solver(component, imports)
        digest = hashlib.sha256(made).hexdigest()
        listed = "".join(f'    "{import_}",\n' for import_ in stated)
        fields = f'sha256 = "{digest}"\n' + (f"imports = [\n{listed}]\n" if listed else "")
        stated_solver = r"name = .*\nversion = .*\n(world = .*\n)sha256 = .*\n"
        text = re.sub(stated_solver, rf"\1{fields}", case.lock.decode(), count=1)
        bundle = write_bundle_files(files | {f"solver/{digest}": made})
        yield replace(case, name=f"solver: {shown}", lock=text.encode(), bundle=bundle, accept=digest)
    yield replace(case, name="solver: another, not accepted", accept="0" * 64, solver=made)


def policies(case: Case) -> Iterator[Case]:
    """The policy in other forms."""
    text = case.policy.decode()
    log = text.split("\n")[0]
    vkey = log.split(" ")[1]
    name, identity, material = vkey.split("+", 2)
    other = make_key("o.example/log", seed_of("o")).vkey
    second = make_key("a.example/log", seed_of("second")).vkey
    cosigner = make_key("v.example/v", seed_of("v"), notes.COSIGNER).vkey
    renamed = make_key("r.example/log", seed_of("a.example/log")).vkey
    as_witness = make_key("r.example/log", seed_of("a.example/log"), notes.COSIGNER).vkey
    small = _vkey("s.example/log", 1, (1).to_bytes(32, "little"))
    small_order_8 = _vkey(
        "s.example/log", 1, bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
    )
    no_point = _vkey("s.example/log", 1, (2).to_bytes(32, "little"))
    not_canonical = _vkey("s.example/log", 1, (2**255 - 19 + 3).to_bytes(32, "little"))
    variants = {
        "empty": "",
        "no end of line": text[:-1],
        "CRLF": text.replace("\n", "\r\n"),
        "tabs": text.replace(" ", "\t"),
        "spaces around": text.replace("log ", "  log \t ").replace("\n", "  \n"),
        "a comment": "# x\n  # y\n\n \t \n" + text,
        "a comment behind": text.replace("\n", " # x\n", 1),
        "a control character": "# \x01\n" + text,
        "a DEL": "# \x7f\n" + text,
        "a form feed": text + "\f\n",
        "a no-break space": text + "\u00a0\n",
        "umlauts": "# ä\n" + text,
        "a byte order mark": "\ufeff" + text,
        "an unknown line": text + "x y\n",
        "no quorum": re.sub(r"quorum .*\n", "", text),
        "two quorums": text + "quorum none\n",
        "a quorum of nobody": re.sub(r"quorum .*\n", "quorum x\n", text),
        "quorum none": re.sub(r"quorum .*\n", "quorum none\n", text),
        "a quorum with more": re.sub(r"quorum (.*)\n", r"quorum \1 x\n", text),
        "an early quorum": "quorum none\n" + re.sub(r"quorum .*\n", "", text),
        "no log": "\n".join(text.split("\n")[1:]),
        "the log last": "\n".join(text.split("\n")[1:]) + log + "\n",
        "the log twice": log + "\n" + text,
        "another log": f"log {other}\n" + text,
        "a second key": f"log {second} file:x\n" + text,
        "a second key behind": text + f"log {second} file:x\n",
        "only a second key": text.replace(log, f"log {second}"),
        "only another log": text.replace(log, f"log {other}"),
        "its key under another name": text + f"log {renamed}\n",
        "its key as a witness": text + f"witness x {as_witness}\n",
        "a log that is a witness": text + f"log {cosigner}\n",
        "a witness that is a log": text + f"witness x {other}\n",
        "another witness": f"witness x {cosigner}\n" + text,
        "another witness with a URL": f"witness x {cosigner} https://w.example\n" + text,
        "another witness wanted": re.sub(r"quorum .*\n", f"witness x {cosigner}\nquorum x\n", text),
        "a witness named none": f"witness none {cosigner}\n" + text,
        "a witness named all": f"witness all {cosigner}\n" + text,
        "a witness twice": f"witness x {cosigner}\nwitness y {cosigner}\n" + text,
        "a name twice": f"witness x {cosigner}\ngroup x any x\n" + text,
        "a group": f"witness x {cosigner}\ngroup g any x\n" + text,
        "a group of nobody": "group g any\n" + text,
        "a group of unknown": "group g any x\n" + text,
        "a group of none": "group g any none\n" + text,
        "a group of itself": "group g any g\n" + text,
        "a group of 0": f"witness x {cosigner}\ngroup g 0 x\n" + text,
        "a group of 01": f"witness x {cosigner}\ngroup g 01 x\n" + text,
        "a group of +1": f"witness x {cosigner}\ngroup g +1 x\n" + text,
        "a group of 2": f"witness x {cosigner}\ngroup g 2 x\n" + text,
        "a group of a word": f"witness x {cosigner}\ngroup g most x\n" + text,
        "a member twice": f"witness x {cosigner}\ngroup g any x x\n" + text,
        "a member of two groups": f"witness x {cosigner}\ngroup g any x\ngroup h any x\n" + text,
        "a quorum and a group of it": re.sub(
            r"quorum .*\n", f"witness x {cosigner}\ngroup g any x\nquorum x\n", text
        ),
        "any of two": text.replace("group both all", "group both any"),
        "1 of two": text.replace("group both all", "group both 1"),
        "2 of two": text.replace("group both all", "group both 2"),
        "3 of two": text.replace("group both all", "group both 3"),
        "one witness": re.sub(r"quorum both", "quorum w1", text),
        "a witness less": re.sub(r"witness w2 .*\n|group .*\n", "", text).replace("both", "w1"),
        "an id in upper case": text.replace(identity, identity.upper()),
        "another id": text.replace(identity, "00000000"),
        "a short id": text.replace(identity, identity[1:]),
        "no id": text.replace(f"+{identity}+", "+"),
        "another type": text.replace(f"+{material}", "+Ag" + material[2:]),
        "another name": text.replace(f"log {name}+", "log q.example/q+"),
        "no name": text.replace(f"log {name}+", "log +"),
        "a key of small order": text + f"log {small}\n",
        "a key of order 8": text + f"log {small_order_8}\n",
        "a key that is no point": text + f"log {no_point}\n",
        "a key in another form": text + f"log {not_canonical}\n",
        "a log that is no origin": text + f"log {make_key('x/../y', seed_of('x')).vkey}\n",
        "a log with a quote": text + f"log {make_key('x' + chr(34), seed_of('x')).vkey}\n",
        "a log with an umlaut": text + f"log {make_key('ä.example/x', seed_of('x')).vkey}\n",
        "a log with a long name": text + f"log {make_key('x' * 256, seed_of('x')).vkey}\n",
        "a log with the longest name": text + f"log {make_key('x' * 255, seed_of('x')).vkey}\n",
        "a witness with an umlaut": text + f"witness x {make_key('ä', seed_of('x'), 4).vkey}\n",
        "a witness with a wide space": text + f"witness x {make_key('a' + chr(0x2003) + 'b', seed_of('x'), 4).vkey}\n",
        "a witness with a line separator": text
        + f"witness x {make_key('a' + chr(0x2028) + 'b', seed_of('x'), 4).vkey}\n",
        "a witness with a next line": text + f"witness x {make_key('a' + chr(0x85) + 'b', seed_of('x'), 4).vkey}\n",
        "a log without a URL": text.replace(log, " ".join(log.split(" ")[:2])),
        "an odd URL": text.replace(log, " ".join(log.split(" ")[:2]) + " x"),
        "an ftp URL": text.replace(log, " ".join(log.split(" ")[:2]) + " ftp://x/y"),
        "an http URL": text.replace(log, " ".join(log.split(" ")[:2]) + " http://x.example/y"),
        "an https URL": text.replace(log, " ".join(log.split(" ")[:2]) + " https://x.example/y"),
        "an https URL without host": text.replace(log, " ".join(log.split(" ")[:2]) + " https://"),
        "an http URL to this host": text.replace(log, " ".join(log.split(" ")[:2]) + " http://127.0.0.1/y"),
        "a file URL": text.replace(log, " ".join(log.split(" ")[:2]) + " file:///x"),
        "a URL with a query": text.replace(log, " ".join(log.split(" ")[:2]) + " https://x.example/y?z"),
        "a URL with a user": text.replace(log, " ".join(log.split(" ")[:2]) + " https://u@x.example/y"),
        "two URLs": text.replace(log, log + " file:x"),
        "unused bits": text.replace(material, material[:-2] + "B="),
        "256 logs": "".join(f"log {make_key(f'l{i}.example/x', seed_of(f'l{i}')).vkey}\n" for i in range(255)) + text
        if name == "a.example/log" and text.count("log ") == 1
        else text,
        "257 logs": "".join(f"log {make_key(f'l{i}.example/x', seed_of(f'l{i}')).vkey}\n" for i in range(256)) + text
        if name == "a.example/log" and text.count("log ") == 1
        else text,
        "too long": "#" * 262_144 + "\n" + text,
    }
    for name, changed in variants.items():
        if changed != text:
            yield replace(case, name=f"policy: {name}", policy=changed.encode())
    yield replace(case, name="policy: not UTF-8", policy=b"# \xff\n" + case.policy)


def _vkey(name: str, kind: int, public: bytes) -> str:
    return notes.Key(name, notes.key_id(name, kind, public), kind, public).vkey


# Places of registries, and texts that are none.
URLS = [
    "https://a", "https://a/", "https://[::1]/", "https://[::1]:80/x", "http://a-b_c.d:65535/x/", "https://a/x;y", "https://a/%41",
    "file:../x", "file:./x", "file:x/", "file:x//y", "file:ü", "file:x\u2028y", "file:x%2fy", "file:x\ny", "file:x\\y", "file:\0",
    "https://a:0", "https://a:00001", "https://a:", "https://a:99999", "https://.", "https://a..b", "https://a.", "https://*",
    "https://a'b", "https://]", "https://[]", "https://[1.2.3.4]", "https://[fe80::1%25e]/", "https://[::1]x", "https://a%41",
    "https://a~b", "https://a/../b", "https://a/.", "https://a/..", "https://a/...", "https://a//b", "https://a/x//", "https://a/%",
    "https://a/%zz", "https://a/%00", "https://a/%5c", "https://a/|", "https://a/\\", "https://a/x/..;y", "https://a/%2e%2E",
    "https://a?x", "https://a#x", "https://a/\x7f", "https://ü", "HTTPS://a", "https:a", "https:/a", "https://",
    "https://a/" + "a" * 2038, "https://a/" + "a" * 2039, "file:////a", "file:///a/../b", "file:///a%2fb", "file:///a/", "file:///%20",
]  # fmt: skip


def _quoted(text: str) -> str:
    """As a basic string of TOML."""
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text) + '"'


def _rules() -> Iterator[tuple[str, str]]:
    """Rules on whom solvers are accepted from, in other forms."""
    fields = {"registry": "a.example/log", "package": "t:solver", "versions": "^1"}

    def rule(**changed: str) -> str:
        lines = "".join(f'{name} = "{value}"\n' for name, value in (fields | changed).items())
        return f"[[solvers.published]]\n{lines}"

    yield "a rule", rule()
    yield "a rule twice", rule() + rule()
    yield "a rule twice in two forms", rule() + rule(versions="1")
    yield "a rule twice in two forms of one meaning", rule() + rule(versions=">=1, <2")
    yield "two rules", rule() + rule(versions="^2")
    yield "a rule of a stranger", rule(registry="q.example/log")
    yield "a rule of no origin", rule(registry="a b")
    yield "a rule on no package", rule(package="solver")
    yield "a rule with more", rule(x="y")
    yield "a rule that is a table", rule().replace("[[", "[").replace("]]", "]")
    yield "a rule that is a list", 'solvers = { published = [["a.example/log", "t:solver", "^1"]] }\n'
    yield "a rule in a line", 'solvers = { published = [{ registry = "a.example/log", package = "t:x", versions = "1" }] }\n'
    yield "no rules", "[solvers]\npublished = []\n"
    yield "a rule beside hashes", f'[solvers]\naccept = ["{"0" * 64}"]\n{rule()}'
    for name in fields:
        yield f"a rule without {name}", re.sub(rf"{name} = .*\n", "", rule())
        yield f"a rule with a number as {name}", re.sub(rf"{name} = .*", f"{name} = 1", rule())


def _attesters() -> Iterator[tuple[str, str]]:
    """Whose attestations count: no verification asks, but there is no other form (docs/attestation.md)."""
    one, two, three = (f'"{make_key(name, seed_of(name)).vkey}"' for name in ("one", "two", "three"))
    renamed = f'"{make_key("uno", seed_of("one")).vkey}"'
    cosigner = f'"{make_key("one", seed_of("one"), notes.COSIGNER).vkey}"'
    many = [f'"{make_key(f"k{number}", seed_of(f"k{number}")).vkey}"' for number in range(65)]
    yield "attesters", f"[attesters]\nthreshold = 1\nkeys = [{one}, {two}]\n"
    yield "attesters in groups", f"[attesters]\nthreshold = 2\nkeys = [{one}]\ngroups = {{ a = [{two}, {three}] }}\n"
    yield "attesters only in groups", f"[attesters]\nthreshold = 1\n[attesters.groups]\na = [{two}, {three}]\n"
    yield "attesters in a group of none", f"[attesters]\nthreshold = 1\nkeys = [{one}]\ngroups = {{ a = [] }}\n"
    yield "attesters in no group", f"[attesters]\nthreshold = 1\nkeys = [{one}]\ngroups = {{}}\n"
    yield "no attesters", "[attesters]\nthreshold = 1\nkeys = []\n"
    yield "none of no attesters", "[attesters]\nthreshold = 0\nkeys = []\n"
    yield "nothing of attesters", "[attesters]\n"
    yield "attesters without a threshold", f"[attesters]\nkeys = [{one}]\n"
    yield "a threshold without attesters", "[attesters]\nthreshold = 1\n"
    yield "none of the attesters", f"[attesters]\nthreshold = 0\nkeys = [{one}]\n"
    yield "fewer than none of the attesters", f"[attesters]\nthreshold = -1\nkeys = [{one}]\n"
    yield "more than all attesters", f"[attesters]\nthreshold = 2\nkeys = [{one}]\n"
    yield "more than all groups", f"[attesters]\nthreshold = 2\ngroups = {{ a = [{two}, {three}] }}\n"
    yield "a word of attesters", f'[attesters]\nthreshold = "1"\nkeys = [{one}]\n'
    yield "an attester twice", f"[attesters]\nthreshold = 1\nkeys = [{one}, {one}]\n"
    yield "an attester under two names", f"[attesters]\nthreshold = 1\nkeys = [{one}, {renamed}]\n"
    yield "an attester in two groups", f"[attesters]\nthreshold = 1\ngroups = {{ a = [{one}], b = [{one}] }}\n"
    yield "an attester that is a witness", f"[attesters]\nthreshold = 1\nkeys = [{cosigner}]\n"
    yield "an attester that is none", '[attesters]\nthreshold = 1\nkeys = ["x"]\n'
    yield "an attester that is no list", f"[attesters]\nthreshold = 1\nkeys = {one}\n"
    yield "a group that is no list", f"[attesters]\nthreshold = 1\ngroups = {{ a = {one} }}\n"
    namesake = f'"{make_key("one", seed_of("two")).vkey}"'
    keyid = "+".join(make_key("one", seed_of("one")).vkey.split("+")[:2])
    yield "attesters of one name", f"[attesters]\nthreshold = 1\nkeys = [{one}, {namesake}]\n"
    yield "attesters of one name in a group", f"[attesters]\nthreshold = 1\ngroups = {{ a = [{one}, {namesake}] }}\n"
    yield "attesters of one name in two groups", (
        f"[attesters]\nthreshold = 1\ngroups = {{ a = [{one}], b = [{namesake}] }}\n"
    )
    yield "a group named like an attester", f"[attesters]\nthreshold = 1\nkeys = [{one}]\ngroups = {{ one = [{two}] }}\n"
    yield "a group named like its attester", f"[attesters]\nthreshold = 1\ngroups = {{ one = [{one}] }}\n"
    yield "a group named like a key", (
        f'[attesters]\nthreshold = 1\nkeys = [{one}]\ngroups = {{ "{keyid}" = [{two}] }}\n'
    )
    yield "a group of no name", f'[attesters]\nthreshold = 1\ngroups = {{ "" = [{one}] }}\n'
    yield "a group with an umlaut", f'[attesters]\nthreshold = 1\ngroups = {{ "ä b" = [{one}] }}\n'
    yield "64 attesters", f"[attesters]\nthreshold = 64\nkeys = [{', '.join(many[:64])}]\n"
    yield "65 attesters", f"[attesters]\nthreshold = 1\nkeys = [{', '.join(many)}]\n"
    yield "unknown of attesters", f"[attesters]\nthreshold = 1\nkeys = [{one}]\nx = 1\n"


def trusts(case: Case) -> Iterator[Case]:
    """The trust file in other forms."""
    text = case.trust.decode()
    vkey = case.policy.decode().split("\n")[0].split(" ")[1]
    other = make_key("o.example/log", seed_of("o")).vkey
    cosigner = make_key("v.example/v", seed_of("v"), notes.COSIGNER).vkey
    renamed = make_key("r.example/log", seed_of("a.example/log")).vkey
    zeros = "0" * 64
    more = {
        "an unknown field": "x = 1\n",
        "an unknown table": "[x]\n",
        "a field twice": 'logs = "logs.policy"\n',
        "vouching": 'vouching = ["a.example/log"]\n',
        "vouching twice": 'vouching = ["a.example/log", "a.example/log"]\n',
        "vouching by nobody": "vouching = []\n",
        "vouching by a stranger": 'vouching = ["q.example/log"]\n',
        "vouching by no origin": 'vouching = ["a b"]\n',
        "vouching of another sort": 'vouching = "a.example/log"\n',
        "retired": f'retired = ["{other}"]\n',
        "retired twice": f'retired = ["{other}", "{other}"]\n',
        "retired as in the policy": f'retired = ["{vkey}"]\n',
        "retired under another name": f'retired = ["{renamed}"]\n',
        "retired witness": f'retired = ["{cosigner}"]\n',
        "retired that is none": 'retired = ["x"]\n',
        "an age": 'max-age = "7d"\n',
        "an age of 0": 'max-age = "0s"\n',
        "an age of 01": 'max-age = "01s"\n',
        "an age in weeks": 'max-age = "1w"\n',
        "an age without unit": 'max-age = "7"\n',
        "an age with a space": 'max-age = "7 d"\n',
        "an age below 0": 'max-age = "-7d"\n',
        "an age as a number": "max-age = 7\n",
        "a huge age": f'max-age = "{10**30}d"\n',
        "a large age": 'max-age = "99999999999999d"\n',
        "mirrors": 'mirrors = ["https://m.example/x"]\n',
        "a mirror that is none": 'mirrors = ["x"]\n',
        "a mirror by http": 'mirrors = ["http://m.example/x"]\n',
        "a mirror in a folder": 'mirrors = ["file:x"]\n',
        "a mirror in a folder from the root": 'mirrors = ["file:///x"]\n',
        "a mirror in the root": 'mirrors = ["file:///"]\n',
        "a mirror in a folder of a host": 'mirrors = ["file://x/y"]\n',
        "a mirror in a folder behind one slash": 'mirrors = ["file:/x"]\n',
        "a mirror in no folder": 'mirrors = ["file:"]\n',
        "a mirror in a folder with a query": 'mirrors = ["file:x?y"]\n',
        "a mirror in a folder with a fragment": 'mirrors = ["file:x#y"]\n',
        "a mirror in a folder with a space": 'mirrors = ["file:x y"]\n',
        "a mirror at a port beyond": 'mirrors = ["https://m.example:65536/x"]\n',
        "a mirror of a user": 'mirrors = ["https://u@m.example/x"]\n',
        "a mirror without a host": 'mirrors = ["https:///x"]\n',
        "no mirrors": "mirrors = []\n",
        "an include": 'include = "x"\n',
    }
    behind = {
        "urls": '[urls]\n"a.example/log" = ["https://a.example/c"]\n',
        "urls of no origin": '[urls]\n"a b" = ["https://a.example/c"]\n',
        "urls of a stranger": '[urls]\n"q.example/log" = ["https://a.example/c"]\n',
        "urls that are none": '[urls]\n"a.example/log" = ["x"]\n',
        "a URL instead of a list": '[urls]\n"a.example/log" = "https://a.example/c"\n',
        "no urls of a log": '[urls]\n"a.example/log" = []\n',
        "solvers": f'[solvers]\naccept = ["{zeros}"]\n',
        "solvers that are none": '[solvers]\naccept = ["x"]\n',
        "solvers in upper case": f'[solvers]\naccept = ["{"A" * 64}"]\n',
        "solvers twice": f'[solvers]\naccept = ["{zeros}", "{zeros}"]\n',
        "no solvers": "[solvers]\n",
        "an empty list of solvers": "[solvers]\naccept = []\n",
        "unknown of solvers": f'[solvers]\naccept = ["{zeros}"]\nx = 1\n',
        "solvers of another sort": f'[solvers]\naccept = "{zeros}"\n',
    }
    more |= {f"a mirror at {url!r}": f"mirrors = [{_quoted(url)}]\n" for url in URLS}
    behind |= {name: rules for name, rules in _rules()} | {name: table for name, table in _attesters()}
    variants = {
        "empty": "",
        "no logs": text.replace('logs = "logs.policy"\n', ""),
        "no such policy": text.replace("logs.policy", "none.policy"),
        "a folder as policy": text.replace("logs.policy", "."),
        "a policy with a slash behind it": text.replace("logs.policy", "logs.policy/"),
        "a policy as a folder's own": text.replace("logs.policy", "logs.policy/."),
        "a device as policy": text.replace("logs.policy", "/dev/null"),
        "an absolute policy": text.replace("logs.policy", "/nowhere"),
        "no name of a policy": text.replace("logs.policy", ""),
        "a control character in the policy's name": text.replace("logs.policy", "logs\\u0000policy"),
        "logs of another sort": text.replace('"logs.policy"', "1"),
        "CRLF": text.replace("\n", "\r\n"),
        "a byte order mark": "\ufeff" + text,
        "no end of line": text[:-1],
        "a comment": "# ä\n" + text,
        "no TOML": text + "x\n",
        "deep nesting": text + "x = " + "[" * 5000 + "]" * 5000 + "\n",
        "too long": "#" * (1 << 20) + "\n" + text,
    }
    variants |= {name: line + text for name, line in more.items()}
    variants |= {name: text + line for name, line in behind.items() if "[urls]" not in line + text or "[urls]" not in text}
    for name, changed in variants.items():
        if changed != text:
            yield replace(case, name=f"trust: {name}", trust=changed.encode())
    yield replace(case, name="trust: not UTF-8", trust=case.trust + b"# \xff\n")
