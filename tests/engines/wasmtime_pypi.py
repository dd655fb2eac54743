#!/usr/bin/env python3
"""Replays recorded solves in another version of wasmtime, the one of PyPI, and compares every outcome.

    wasmtime_pypi.py COMPONENT SHA256 RECORDINGS [AGAIN]

RECORDINGS is a folder of JSON files, as recording.rs writes them. The component is run as it stands, by the component
model; what it takes and returns is converted by the types that it states itself.

Exit 0: every outcome is the recorded one. 1: one is another. 2: nothing can be said.
"""
import hashlib
import importlib.metadata
import json
import pathlib
import statistics
import sys
import time

from wasmtime import Config, Engine, Store, Trap, WasmtimeError
from wasmtime import component as model

SOLVING = "headlock:solver/solving@0.1.0"


class CannotTell(Exception):
    pass


def demand(holds, text):
    if not holds:
        raise CannotTell(text)


def read_types_once():
    """wasmtime asks the engine for a type's parts again for every value of it."""
    parts = {
        model.RecordType: "fields",
        model.TupleType: "elements",
        model.ListType: "element",
        model.OptionType: "payload",
        model.VariantType: "cases",
    }
    for kind, name in parts.items():
        read = getattr(kind, name).fget

        def once(self, read=read, name=name):
            known = self.__dict__.get("read once")
            if known is None:
                known = self.__dict__["read once"] = read(self)
            return known

        setattr(kind, name, property(once))


def given(kind, value):
    """A recorded value as wasmtime takes it."""
    if isinstance(kind, model.RecordType):
        record = model.Record()
        for name, field in kind.fields:
            setattr(record, name, given(field, value[name]))
        demand(len(kind.fields) == len(value), f"expected the fields of a record, found {sorted(value)}")
        return record
    if isinstance(kind, model.ListType):
        return [given(kind.element, entry) for entry in value]
    if isinstance(kind, model.TupleType):
        return tuple(given(element, entry) for element, entry in zip(kind.elements, value, strict=True))
    if isinstance(kind, model.OptionType):
        return None if value is None else given(kind.payload, value)
    if isinstance(kind, model.U64):
        return int(value)
    return value


def returned(value):
    """What came back in the recordings' form. No number of an outcome has more than 32 bits."""
    if isinstance(value, model.Record):
        return {name: returned(field) for name, field in vars(value).items()}
    if isinstance(value, (list, tuple)):
        return [returned(entry) for entry in value]
    if isinstance(value, model.Variant):
        payload = {} if value.payload is None else {"val": returned(value.payload)}
        return {"tag": value.tag, **payload}
    return value


def difference(recorded, found, path):
    """Where two values in the recordings' form first differ, and how; nothing if they do not."""
    if type(recorded) is not type(found):
        return f"{path}: recorded {str(recorded)[:80]}, found {str(found)[:80]}"
    if isinstance(recorded, dict):
        for name in recorded | found:
            differs = difference(recorded.get(name), found.get(name), f"{path}.{name}")
            if differs is None and (name in recorded) != (name in found):
                differs = f"{path}.{name}: only one has it"
            if differs is not None:
                return differs
        return None
    if isinstance(recorded, list):
        if len(recorded) != len(found):
            return f"{path}: recorded {len(recorded)} entries, found {len(found)}"
        for place, (one, other) in enumerate(zip(recorded, found)):
            differs = difference(one, other, f"{path}[{place}]")
            if differs is not None:
                return differs
        return None
    return None if recorded == found else f"{path}: recorded {recorded}, found {found}"


def engine():
    """A configuration like the host's: nothing that may differ from machine to machine."""
    config = Config()
    config.cranelift_nan_canonicalization = True
    config.wasm_relaxed_simd = False
    config.wasm_threads = False
    config.shared_memory = False
    config.max_wasm_stack = 1 << 20
    return Engine(config)


def solve(runs, compiled, linker, recording):
    """Tells a fresh instance what was recorded: the milliseconds of instance and calls, and what differs."""
    began = time.perf_counter()
    store = Store(runs)
    instance = linker.instantiate(store, compiled)
    seconds = time.perf_counter() - began
    solving = instance.get_export_index(store, SOLVING)
    demand(solving is not None, f"expected a component that exports {SOLVING}")
    for place, call in enumerate(recording["calls"]):
        name = call["function"]
        function = instance.get_func(store, instance.get_export_index(store, name, solving))
        [(_, kind)] = function.type(store).params
        what = given(kind, call["given"])
        began = time.perf_counter()
        try:
            result = function(store, what)
            function.post_return(store)
        except (Trap, WasmtimeError) as error:
            return 1000 * seconds, f"call {place}, {name}: {error}"
        seconds += time.perf_counter() - began
        differs = difference(call["outcome"], returned(result), f"call {place}, {name}: outcome")
        if differs is not None:
            return 1000 * seconds, differs
    return 1000 * seconds, None


def run(path, sha256, folder, again="0"):
    component = pathlib.Path(path).read_bytes()
    found = hashlib.sha256(component).hexdigest()
    demand(found == sha256, f"expected the component {sha256} at {path}, found {found}")
    read_types_once()
    runs = engine()
    began = time.perf_counter()
    compiled = model.Component(runs, component)
    seconds = time.perf_counter() - began
    print(f"engine: wasmtime {importlib.metadata.version('wasmtime')} of PyPI, Python {sys.version.split()[0]}")
    print(f"component: {sha256}, run as it stands")
    print(f"compiled: {1000 * seconds:.3f} ms")
    # An empty linker: whatever a component asks for, it does not get.
    linker = model.Linker(runs)
    times, calls, different = [], 0, 0
    for file in sorted(pathlib.Path(folder).iterdir()):
        recording = json.loads(file.read_text(encoding="utf-8"))
        demand(recording["calls"], f"{file.name} holds no call")
        first, *later = [solve(runs, compiled, linker, recording) for _ in range(1 + int(again))]
        differs = next((differs for _, differs in [first, *later] if differs is not None), None)
        times.append(first[0])
        calls += len(recording["calls"])
        different += differs is not None
        repeated = f", again {statistics.median_low(time for time, _ in later):.3f} ms" if later else ""
        name = recording["name"]
        print(f"same {name}: {first[0]:.3f} ms{repeated}" if differs is None else f"different {name}: {differs}")
    demand(times, f"expected recordings in {folder}, found none")
    print(f"replayed: {len(times)} solves, {calls} calls, {different} different")
    print(f"a solve: {statistics.median_low(times):.3f} ms in the middle, {max(times):.3f} ms at most")
    return 0 if different == 0 else 1


if __name__ == "__main__":
    try:
        demand(len(sys.argv) in (4, 5), "usage: wasmtime_pypi.py COMPONENT SHA256 RECORDINGS [AGAIN]")
        sys.exit(run(*sys.argv[1:]))
    except CannotTell as error:
        print(error, file=sys.stderr)
        sys.exit(2)
