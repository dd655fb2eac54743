"""Who accepts a solver that was published, and what a lock may say of it (docs/solvers.md).

Each case is an honest lock of the world `single`, whose log says nothing of solvers, with a section
`[solver.published]` that states the head of another log: an honest one, or one that says something else.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from headlock_verify import notes
from headlock_verify.names import decode_base64, encode_base64
from headlock_verify.pages import Subject
from headlock_verify.solver import stated_name

from .forge import (
    ForgedLog,
    cosign,
    importing_solver,
    make_key,
    read_bundle_files,
    restated,
    seed_of,
    sign,
    write_bundle_files,
)
from .sabotage import Case
from .worlds import (
    WITNESS,
    A,
    S,
    Solver,
    handover,
    held_log,
    log_line,
    maintained_by,
    new_log,
    release,
    rule,
    signer,
    solver_release,
    yank,
)

Q = "q.example/log"
_OLD = seed_of("the key that the log had before")
_ZEROS = "0" * 64


@dataclass(frozen=True)
class Statement:
    """What a lock says of its solver, with the files that prove it."""

    head: notes.Head
    signature: str
    record: int
    files: dict[str, bytes]
    cosignatures: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        root = encode_base64(self.head.root)
        return (
            f'\n[solver.published]\norigin = "{self.head.origin}"\nsize = {self.head.size}\nroot = "{root}"\n'
            f'signature = "{self.signature}"\nrecord = {self.record}\n'
        )


def state(log: ForgedLog, solver: Solver, seed: bytes | None = None) -> Statement:
    """That the solver was published where the log has its first release of that version, if it has one."""
    stated = [f'"package":"{solver.name}","version":"{solver.version}"'.encode() in entry for entry in log.entries]
    released = [entry.startswith(b'{"release"') for entry in log.entries]
    record = next((i for i in range(len(log.entries)) if stated[i] and released[i]), 1)
    files = log.files_of(Subject("package", solver.name))
    return Statement(log.head(), sign(log.head(), log.origin, seed or log.seed), record, files)


class Maker:
    """Makes cases of an honest lock that says nothing of where its solver was published."""

    def __init__(self, base: Case) -> None:
        self.base = base
        self.files = read_bundle_files(base.bundle)
        self.component = self.files.pop(next(name for name in self.files if name.startswith("solver/")))

    def solver(self) -> tuple[Solver, bytes]:
        """The one that came with the command."""
        stated = stated_name(self.component)
        assert stated is not None
        return Solver(*stated, hashlib.sha256(self.component).hexdigest()), self.component

    def other(self) -> tuple[Solver, bytes]:
        """One that did not, of the same code."""
        component = restated(self.component, "t:solver 1.2.3")
        return Solver("t:solver", "1.2.3", hashlib.sha256(component).hexdigest()), component

    def make(
        self,
        name: str,
        solver: tuple[Solver, bytes],
        statement: Statement | None,
        rules: str = "",
        policy: str = log_line(S, "s") + "quorum none\n",
        accepted: tuple[str, ...] = (),
        option: str | None = None,
        imports: str = "",
    ) -> Case:
        stated, component = solver
        named, hashed = f'name = "{stated.name}"\nversion = "{stated.version}"\n', f'sha256 = "{stated.sha256}"\n'
        behind = imports + (statement.section if statement else "")
        old = r"name = .*\nversion = .*\n(world = .*\n)sha256 = .*\n"
        lock = re.sub(old, lambda match: named + match[1] + hashed + behind, self.base.lock.decode(), count=1)
        for line in sorted(statement.cosignatures if statement else ()):
            assert statement is not None
            lock += f'\n[[cosignature]]\norigin = "{statement.head.origin}"\nline = "{line}"\n'
        files = self.files | {f"solver/{stated.sha256}": component} | (statement.files if statement else {})
        accept = f"[solvers]\naccept = {list(accepted)}\n".replace("'", '"') if accepted else ""
        return replace(
            self.base,
            name=f"solver: {name}",
            lock=lock.encode(),
            bundle=write_bundle_files(files),
            trust=self.base.trust + (accept + rules).encode(),
            policy=self.base.policy.replace(b"quorum none\n", policy.encode()),
            accept=option,
        )


def _log(*records: dict, is_ended: bool = True) -> ForgedLog:
    log = new_log(S)
    log.add(release("t:tool", "1.0.0"))
    for record in records:
        log.add(record)
    if is_ended:
        log.end_epoch()
    return log


def _signed(maintainers: dict, *names: str) -> Callable[[Solver], ForgedLog]:
    def make(solver: Solver) -> ForgedLog:
        log = new_log(S)
        log.add(solver_release(solver))
        log.add(handover(solver.name, maintainers), signers=map(signer, names))
        log.end_epoch()
        return log

    return make


def _another(solver: Solver) -> dict:
    return solver_release(replace(solver, sha256=_ZEROS))


def _yank(solver: Solver) -> dict:
    return yank(solver.name, solver.version)


def _unyank(solver: Solver) -> dict:
    return {"unyank": {"package": solver.name, "version": solver.version}}


LOGS: dict[str, Callable[[Solver], ForgedLog]] = {
    "published": lambda s: _log(solver_release(s)),
    "published among others": lambda s: _log(
        release(s.name, "0.0.1"), yank(s.name, "0.0.1"), solver_release(s), release(s.name, "999.0.0")
    ),
    "yanked": lambda s: _log(solver_release(s), _yank(s)),
    "yanked and taken back": lambda s: _log(solver_release(s), _yank(s), _yank(s), _unyank(s)),
    "yanked again": lambda s: _log(solver_release(s), _yank(s), _unyank(s), _yank(s)),
    "yanked before": lambda s: _log(_yank(s), solver_release(s)),
    "published, then another": lambda s: _log(solver_release(s), _another(s)),
    "published behind another": lambda s: _log(_another(s), solver_release(s)),
    "another published": lambda s: _log(_another(s)),
    "another published and yanked": lambda s: _log(_another(s), _yank(s)),
    "published in another version": lambda s: _log(solver_release(replace(s, version=f"{s.version}+b"))),
    "published as another package": lambda s: _log(solver_release(replace(s, name="t:another"))),
    "only yanked": lambda s: _log(_yank(s)),
    "not published": lambda s: _log(),
    "published behind the last epoch": lambda s: _log(solver_release(s), is_ended=False),
    "published by maintainers": _signed(maintained_by(1, "ann"), "ann"),
    "published by maintainers who have not signed": _signed(maintained_by(1, "ann")),
}


def _rules(solver: Solver) -> dict[str, str]:
    """Rules on whom the trust file accepts solvers from."""
    version = solver.version
    return {
        "no rule": "",
        "a rule for any": rule(S, solver),
        "a rule for it": rule(S, solver, f"= {version}"),
        "a rule for others": rule(S, solver, f">{version}"),
        "a rule for pre-releases": rule(S, solver, f">={version}-a, <{version}"),
        "a rule for another package": rule(S, replace(solver, name="t:another")),
        "a rule for another registry": rule(A, solver),
        "a rule for another registry first": rule(A, solver) + rule(S, solver),
        "a rule for others first": rule(S, solver, f">{version}") + rule(S, solver, f"<={version}"),
    }


def under_rules(base: Case) -> Iterator[Case]:
    """Each log under each rule: of the solver that came with the command, of another one, of one that is
    accepted by its hash, and of one that the user accepts."""
    maker = Maker(base)
    for solver, shown in ((maker.solver(), "the released one"), (maker.other(), "another one")):
        sha256 = solver[0].sha256
        for log, write in LOGS.items():
            statement = state(write(solver[0]), solver[0])
            for name, rules in _rules(solver[0]).items():
                yield maker.make(f"{shown}, {log}, {name}", solver, statement, rules)
            for name in ("no rule", "a rule for any", "a rule for others"):
                rules = _rules(solver[0])[name]
                yield maker.make(f"{shown} by its hash, {log}, {name}", solver, statement, rules, accepted=(sha256,))
                yield maker.make(f"{shown} by option, {log}, {name}", solver, statement, rules, option=sha256)
                yield maker.make(
                    f"{shown}, others by hash and option, {log}, {name}",
                    solver,
                    statement,
                    rules,
                    accepted=("1" * 64,),
                    option=_ZEROS,
                )
        for name, rules in _rules(solver[0]).items():
            yield maker.make(f"{shown}, nothing said, {name}", solver, None, rules)


def stated(base: Case) -> Iterator[Case]:
    """Other statements than the true one."""
    maker = Maker(base)
    solver = maker.other()
    log = LOGS["published among others"](solver[0])
    right = state(log, solver[0])
    older, newer, larger = _log(), LOGS["published"](solver[0]), LOGS["yanked"](solver[0])
    own_head = _own_head(base)
    own = Statement(own_head, sign(own_head, A, seed_of(A)), 1, {})
    third = ForgedLog(Q, seed_of(Q))
    third.add(solver_release(solver[0]))
    third.end_epoch()
    nobodys = sign(right.head, S, seed_of("nobody"))
    witness = cosign(right.head, WITNESS, seed_of(WITNESS), 1)
    variants = {
        "the right one": right,
        "another record": replace(right, record=right.record + 1),
        "record 0": replace(right, record=0),
        "the largest record": replace(right, record=2**64 - 1),
        "a record beyond": replace(right, record=2**64),
        "a head before": replace(state(older, solver[0]), record=right.record),
        "a head that is another's": state(newer, solver[0]),
        "a head with the root of another": replace(right, head=replace(right.head, root=newer.head().root)),
        "a head with the size of another": replace(right, head=replace(right.head, size=larger.head().size)),
        "a size of 0": replace(right, head=replace(right.head, size=0)),
        "signed by nobody": replace(right, signature=nobodys),
        "signed by another log": replace(right, signature=sign(right.head, A, seed_of(A))),
        "no signature": replace(right, signature=""),
        "two signatures": replace(right, signature=f"{right.signature}\\n{right.signature}"),
        "the lock's own log": own,
        "the lock's own log under another signature": replace(own, signature=nobodys),
        "the lock's own log at another head": replace(own, head=replace(right.head, origin=A)),
        "a log that nobody knows": state(third, solver[0]),
        "no origin": replace(right, head=replace(right.head, origin="")),
        "an origin that is none": replace(right, head=replace(right.head, origin="s.example log")),
        "no files": replace(right, files={}),
        "files of another head": replace(right, files=state(newer, solver[0]).files),
        "a cosignature by nobody": replace(right, cosignatures=("— x.example AAAAAAA=",)),
        "a cosignature that is none": replace(right, cosignatures=("x",)),
        "a cosignature by a witness": replace(right, cosignatures=(witness,)),
        "a cosignature of the log's own": replace(right, cosignatures=(right.signature,)),
    }
    known = {
        "": log_line(S, "s") + "quorum none\n",
        ", a witness known": f"{log_line(S, 's')}{_WITNESS_LINE}quorum none\n",
    }
    for name, statement in variants.items():
        for shown, policy in known.items():
            yield maker.make(f"stated: {name}{shown}", solver, statement, rule(S, solver[0]), policy)
    for name, changed in _texts(maker.make("", solver, right, rule(S, solver[0])).lock.decode()).items():
        case = maker.make(f"stated: {name}", solver, right, rule(S, solver[0]))
        yield replace(case, lock=changed.encode())


def _own_head(base: Case) -> notes.Head:
    match = re.search(r'origin = "(.*)"\nsize = (\d+)\nroot = "(.*)"', base.lock.decode())
    assert match is not None
    root = decode_base64(match[3])
    assert root is not None
    return notes.Head(match[1], int(match[2]), root)


_IMPORTS = 'imports = [\n    "wasi:io/poll@0.2.0",\n]\n'


def _texts(lock: str) -> dict[str, str]:
    """What stands around the section."""
    return {
        "no name": lock.replace('name = "t:solver"\n', ""),
        "no version": lock.replace('version = "1.2.3"\nworld', "world"),
        "neither name nor version": lock.replace('name = "t:solver"\nversion = "1.2.3"\n', ""),
        "another name": lock.replace('name = "t:solver"', 'name = "t:tool"'),
        "another version": lock.replace('version = "1.2.3"\nworld', 'version = "0.0.1"\nworld'),
        "a version that was not published": lock.replace('version = "1.2.3"\nworld', 'version = "1.2.4"\nworld'),
        "a name that is none": lock.replace('name = "t:solver"', 'name = "solver"'),
        "a version that is none": lock.replace('version = "1.2.3"\nworld', 'version = "1.2"\nworld'),
        "imports that it has not": lock.replace("\n[solver.published]", f"{_IMPORTS}\n[solver.published]"),
        "a derived head": lock.replace("\nrecord = ", f'\nderived = "{A}"\nrecord = ', 1),
        "an unknown field": lock.replace("\n[inputs]", "x = 1\n\n[inputs]"),
        "behind the inputs": re.sub(r"(\n\[solver.published\]\n(?:.+\n)+)(\n\[inputs\]\n(?:.+\n)+)", r"\2\1", lock),
        "a list of it": lock.replace("[solver.published]", "[[solver.published]]"),
        "twice": re.sub(r"(\n\[solver.published\]\n(?:.+\n)+)", r"\1\1", lock),
    }


_WITNESS_LINE = f"witness w1 {make_key(WITNESS, seed_of(WITNESS), notes.COSIGNER).vkey}\n"


def known(base: Case) -> Iterator[Case]:
    """The true statement, under policies and trust files that know other keys."""
    maker = Maker(base)
    solver = maker.other()
    log, rules = LOGS["published"](solver[0]), rule(S, solver[0])
    right = state(log, solver[0])
    old = state(log, solver[0], _OLD)
    both = replace(right, cosignatures=(old.signature,))
    cosigned = replace(right, cosignatures=(cosign(right.head, WITNESS, seed_of(WITNESS), 1),))
    new_line, old_line = log_line(S, "s"), f"log {make_key(S, _OLD).vkey} file:s\n"
    lines = {
        "the key": new_line,
        "no key": "",
        "another key": old_line,
        "the key and another": new_line + old_line,
        "another key and the key": old_line + new_line,
    }
    statements = {"signed": right, "signed before": old, "signed by both": both, "cosigned": cosigned}
    for name, known_lines in lines.items():
        for shown, statement in statements.items():
            for wanted, quorum in (("", "quorum none\n"), (", a witness known", f"{_WITNESS_LINE}quorum none\n")):
                policy = known_lines + quorum
                by_rule = maker.make(f"known: {name}, {shown}{wanted}", solver, statement, rules, policy)
                yield by_rule
                if name == "the key":
                    yield retired(by_rule, "another", make_key(S, _OLD))
            accepted = (solver[0].sha256,)
            policy = known_lines + "quorum none\n"
            by_hash = maker.make(f"known: {name}, {shown}, by hash", solver, statement, "", policy, accepted)
            yield by_hash
            yield retired(by_hash, "the key", make_key(S, seed_of(S)))
            yield retired(by_hash, "another", make_key(S, _OLD))
    wanted_policy = f"{new_line}{_WITNESS_LINE}quorum w1\n"
    own_head = _own_head(base)
    line = cosign(own_head, WITNESS, seed_of(WITNESS), 1)
    for shown, statement in (("neither cosigned", right), ("its head cosigned", cosigned)):
        case = maker.make(f"quorum: {shown}", solver, statement, rules, wanted_policy)
        yield case
        table = f'\n[[cosignature]]\norigin = "{A}"\nline = "{line}"\n'
        before, mark, behind = case.lock.decode().partition("\n[[cosignature]]")
        text = before + table + mark + behind
        yield replace(case, name=f"{case.name}, the lock's cosigned", lock=text.encode())


def derived(base: Case, name: str, *more: dict) -> Iterator[Case]:
    """The statement of a head that the lock's own log holds: `base` is a lock of `held_log` with these records."""
    maker = Maker(replace(base, trust=b'logs = "logs.policy"\n'))
    solver = maker.other()
    right = state(held_log(solver[0], *more), solver[0])
    own_head = _own_head(base)
    line = cosign(own_head, WITNESS, seed_of(WITNESS), 1)
    cosigned = f'\n[[cosignature]]\norigin = "{A}"\nline = "{line}"\n'.encode()
    policies = {"": "quorum none\n", ", a quorum": f"{_WITNESS_LINE}quorum w1\n"}
    for shown, rules in _rules(solver[0]).items():
        for wanted, policy in policies.items():
            for accepted in ((), (solver[0].sha256,)):
                by = " by its hash" if accepted else ""
                case = maker.make(f"derived: {name}, {shown}{wanted}{by}", solver, right, rules, policy, accepted)
                yield replace(case, lock=case.lock + cosigned) if wanted else case
    own = replace(right, cosignatures=(cosign(right.head, WITNESS, seed_of(WITNESS), 1),))
    yield maker.make(f"derived: {name}, cosigned", solver, own, rule(S, solver[0]), _WITNESS_LINE + "quorum none\n")


def retired(case: Case, name: str, key: notes.Key) -> Case:
    """The case, with a key that the log had before."""
    trust = f'retired = ["{key.vkey}"]\n'.encode() + case.trust
    return replace(case, name=f"{case.name}, {name} retired", trust=trust)


RANGES = """
1 1.2 1.2.3 1.2.4 1.3 0 2 1.2.3-a 1.2.3+b 1.2.3-a+b 1.* 1.x 1.X 1.2.* 1.1.* 1.*.* 1.x.X 1.*.3 1.2.3.* 1.2.3.4 =1.* =2.x >1.* >=1.*
^1.x ~1.2.* ~1.1 * x X 01 1.02 1. .1 ^ = 1.2-a 1.2.*-a 1.2.3- 1.2.3+ 1.2.3-01 1.2.3-0a 1.2.3+01 v1 ==1 =>1 !=1 >1<2 1,2 1,1.2
1,,2 ,1 1, *,1 1,* 18446744073709551615 18446744073709551616 1.2.3-ä
""".split() + ["", " ", " 1 ", "^ 1", ">=  1 ,  <2", ">=1 <2", "1 . 2", "> =1", "1.2.3 -a", " * ", "* , 1", "\\t1", "1\\n"] + [
    ",".join([">1"] * count) for count in (32, 33)
]  # fmt: skip
"""Ranges as cargo reads them, and others."""


def ranges(base: Case) -> Iterator[Case]:
    """A rule for each range."""
    maker = Maker(base)
    solver = maker.other()
    right = state(LOGS["published"](solver[0]), solver[0])
    for text in RANGES:
        name = f"a rule for {text[:20]!r} of {len(text)} characters"
        yield maker.make(name, solver, right, rule(S, solver[0], text))


_SEALED = """
cli/environment cli/exit cli/stdin cli/stdout cli/stderr cli/terminal-input cli/terminal-output cli/terminal-stdin
cli/terminal-stdout cli/terminal-stderr clocks/monotonic-clock clocks/wall-clock filesystem/preopens
filesystem/types io/error io/poll io/streams random/random random/insecure random/insecure-seed
""".split()
_IMPORTED = [f"wasi:{name}@0.2.{version}" for name, version in zip(_SEALED, range(20))] + """
wasi:cli/run@0.2.0 wasi:cli/terminal@0.2.0 wasi:clocks/timezone@0.2.0 wasi:sockets/network@0.2.0 wasi:http/types@0.2.0
wasi:random/seed@0.2.0 wasi:io/streams@0.2.999 wasi:io/streams@0.2.1000 wasi:io/streams@0.2.01 wasi:io/streams@0.3.0
wasi:io/streams@0.20.0 wasi:io/streams@1.2.0 wasi:io/streams@0.2.0-rc wasi:io/streams@0.2.0+b wasi:io/streams
other:io/streams@0.2.0 headlock:solver/solving@0.1.0
""".split()  # fmt: skip
"""Interfaces that solvers are given sealed (docs/sealed.md), and others."""


def imports(base: Case) -> Iterator[Case]:
    """A solver that imports an interface, of which it asks nothing."""
    maker = Maker(base)
    stated, component = maker.other()
    for name in _IMPORTED:
        importing = restated(importing_solver(component, [name]), f"{stated.name} {stated.version}")
        sha256 = hashlib.sha256(importing).hexdigest()
        for shown, said in (("", f'imports = [\n    "{name}",\n]\n'), (" unsaid", "")):
            solver = replace(stated, sha256=sha256), importing
            yield maker.make(f"imports: {name}{shown}", solver, None, option=sha256, imports=said)


HELD: dict[str, Callable[[Solver], list[dict]]] = {"published": lambda s: [], "yanked": lambda s: [_yank(s)]}
"""What is added to a log behind the solver, before another log takes its head."""


def all_of(base: Case) -> Iterator[Case]:
    yield from under_rules(base)
    yield from stated(base)
    yield from known(base)
    yield from ranges(base)
    yield from imports(base)
