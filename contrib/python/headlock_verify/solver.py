"""Solver components: what they say of themselves, and running them.

A solver is a component that exports `headlock:solver/solving@0.1.0` (wit/solver.wit) and imports nothing,
or no more than what a host gives sealed (docs/sealed.md); of the latter sort none is run here.
It runs with NaNs canonical, relaxed SIMD deterministic, no threads, 1 GiB of memory and 300 s for one
solve (docs/lock.md, *What follows from what*; docs/threat-model.md, *Which guarantee rests on what*).
"""

import re
import threading
from collections.abc import Iterator
from typing import Any

from wasmtime import Config, Engine, Store, WasmtimeError
from wasmtime.component import Component, ComponentInstanceType, Func, FuncType, Linker

from . import component_values, contract
from .contract import INTERFACE, OUTCOME, PACKAGES, PROBLEM
from .names import is_package
from .verdict import Refused, Unchecked
from .versions import parse_version

MAX_COMPONENT = 64 << 20
MAX_MEMORY = 1 << 30
MAX_SECONDS = 300

PREAMBLE = b"\0asm\x0d\0\x01\0"
SECTION = b"headlock-solver"
_SEALED = re.compile(
    r"wasi:(cli/(environment|exit|stdin|stdout|stderr|terminal-(input|output|stdin|stdout|stderr))"
    r"|clocks/(monotonic|wall)-clock|filesystem/(preopens|types)|io/(error|poll|streams)"
    r"|random/(random|insecure|insecure-seed))@0\.2\.(0|[1-9][0-9]{0,2})",
    re.ASCII,
)
"""Interfaces of WASI that a solver may import."""


def _leb(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number of 32 bits, and where it ends."""
    value = 0
    for i in range(5):
        if at + i >= len(data):
            break
        value |= (data[at + i] & 0x7F) << (7 * i)
        if not data[at + i] & 0x80:
            return value, at + i + 1
    raise Refused("the solver is no component: a length in it does not end")


def sections(component: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """The component's outermost sections: id, length, and for a custom section (id 0) its name; each with
    what it states if it is `headlock-solver`."""
    if not component.startswith(PREAMBLE):
        raise Refused("the solver is no component")
    at = len(PREAMBLE)
    while at < len(component):
        begin, kind = at, component[at]
        length, start = _leb(component, at + 1)
        at = start + length
        if at > len(component):
            raise Refused("the solver is no component: a section of it does not end")
        stated = None
        if kind == 0:
            name_length, name_start = _leb(component, start)
            if component[name_start : name_start + name_length] == SECTION:
                stated = component[name_start + name_length : at]
        yield component[begin:at], stated


def stated_name(component: bytes) -> tuple[str, str] | None:
    """What the component's custom section `headlock-solver` states: `NAMESPACE:NAME VERSION`."""
    found = [stated for _, stated in sections(component) if stated is not None]
    if not found:
        return None
    name, _, version = found[0].decode("ascii", "replace").partition(" ")
    if len(found) > 1 or not is_package(name) or parse_version(version) is None:
        raise Refused("the solver states its name in no form that a solver may")
    return name, version


class Solver:
    """A compiled component. `solve` begins anew each time."""

    def __init__(self, component: bytes) -> None:
        if len(component) > MAX_COMPONENT:
            raise Unchecked("the solver is too long")
        self.stated = stated_name(component)
        self._engine = Engine(_config())
        try:
            self._component = Component(self._engine, component)
        except WasmtimeError as error:
            raise Refused(f"the solver cannot be compiled: {error}") from error
        with self._component.type as type_:
            imports, exports = type_.imports(self._engine), type_.exports(self._engine)
        for name, extern in imports.items():
            if _SEALED.fullmatch(name) is None or not isinstance(extern.ty, ComponentInstanceType):
                raise Refused(f"the solver imports {name}, which no solver is given")
        interface = exports[INTERFACE].ty if INTERFACE in exports else None
        if not isinstance(interface, ComponentInstanceType):
            raise Refused(f"the solver does not export {INTERFACE}")
        functions = interface.exports(self._engine)
        _check_function(functions, "start", PROBLEM)
        _check_function(functions, "supply", PACKAGES)
        self.imports = tuple(sorted(imports))

    def check_can_run(self) -> None:
        if self.imports:
            raise Unchecked(f"the solver imports {self.imports[0]}; this verifier runs none that imports")

    def begin(self) -> "Solve":
        self.check_can_run()
        return Solve(self._engine, self._component)


def _check_function(functions: dict[str, Any], name: str, argument: component_values.Shape) -> None:
    """It must be there, take this one argument, and give an outcome."""
    type_ = functions[name].ty if name in functions else None
    if not isinstance(type_, FuncType):
        raise Refused(f"the solver does not export `{name}` in {INTERFACE}")
    parameters, result = type_.params, type_.result
    if len(parameters) != 1 or not argument.matches(parameters[0][1]):
        raise Refused(f"the solver's `{name}` takes something else than it should")
    if result is None or not OUTCOME.matches(result):
        raise Refused(f"the solver's `{name}` gives something else than it should")


def _config() -> Config:
    config = Config()
    config.cranelift_nan_canonicalization = True
    config.wasm_relaxed_simd_deterministic = True
    config.wasm_threads = False
    config.epoch_interruption = True
    return config


class Solve:
    """One instance of a solver: `start` once, then `supply`, within the time for all of it."""

    def __init__(self, engine: Engine, component: Component) -> None:
        self._store = Store(engine)
        self._store.set_limits(memory_size=MAX_MEMORY)
        self._store.set_epoch_deadline(1)
        self._timer = threading.Timer(MAX_SECONDS, engine.increment_epoch)
        self._timer.daemon = True
        try:
            self._instance = Linker(engine).instantiate(self._store, component)
        except WasmtimeError as error:
            raise Unchecked(f"the solver cannot be instantiated: {error}") from error
        self._start = self._function("start")
        self._supply = self._function("supply")

    def __enter__(self) -> "Solve":
        self._timer.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._timer.cancel()

    def _function(self, name: str) -> Func:
        interface = self._instance.get_export_index(self._store, INTERFACE)
        index = interface and self._instance.get_export_index(self._store, name, interface)
        function = index and self._instance.get_func(self._store, index)
        assert function, "the component's type has it"
        return function

    def start(self, problem: contract.ProblemValue) -> tuple[str, Any]:
        return self._call(self._start, PROBLEM, problem)

    def supply(self, packages: contract.PackagesValue) -> tuple[str, Any]:
        return self._call(self._supply, PACKAGES, packages)

    def _call(self, function: Func, shape: component_values.Shape, value: Any) -> tuple[str, Any]:
        try:
            return component_values.call(function, self._store, shape, OUTCOME, value)
        except WasmtimeError as error:
            raise Unchecked(f"the solver failed: {error}") from error
