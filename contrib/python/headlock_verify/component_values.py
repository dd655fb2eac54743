"""Values of the component model, to and from wasmtime's C API.

wasmtime's own conversion asks for the types of a record's fields anew at each record, which takes
minutes for a real solve. Here a *shape* says once what a type is, is compared with the function's type
(`matches`), and converts values by itself: lists of numbers are written in one piece. The C structures
are those of `wasmtime/component/val.h`, through the package's ctypes bindings.

Python's side: numbers, texts and booleans as they are, lists as lists, tuples as tuples, `option` as the
value or None, records as named tuples (`-` in a field's name becomes `_`), variants as (case, payload).
"""

import ctypes
from array import array
from collections.abc import Callable
from typing import Any, NamedTuple

from wasmtime import WasmtimeError, component
from wasmtime import _ffi as ffi

Value = ffi.wasmtime_component_val_t
_SIZE = ctypes.sizeof(Value)
_PAYLOAD = Value.of.offset


class Shape:
    """What a type is."""

    def matches(self, type_: component.ValType) -> bool:
        raise NotImplementedError

    def lower(self, value: Any, out: Any) -> None:
        """Writes the value into the C value `out`, which then owns what it points to."""
        raise NotImplementedError

    def lift(self, value: Any) -> Any:
        """Reads the C value, which goes on owning what it points to."""
        raise NotImplementedError

    def lower_all(self, values: list[Any], data: Any) -> None:
        """Writes the values into the array of C values at the pointer `data`."""
        for i, value in enumerate(values):
            self.lower(value, data[i])


class _Number(Shape):
    def __init__(self, type_: type, kind: Any, member: str, code: str) -> None:
        self.type = type_
        self.kind = kind
        self.member = member
        self.code = code
        template = Value()
        template.kind = kind
        self.template = bytes(template)

    def matches(self, type_: component.ValType) -> bool:
        return isinstance(type_, self.type)

    def lower(self, value: int, out: Any) -> None:
        out.kind = self.kind
        setattr(out.of, self.member, value)

    def lift(self, value: Any) -> int:
        return getattr(value.of, self.member)

    def lower_all(self, values: list[int], data: Any) -> None:
        """The same as one by one: every value begins alike, and has its number at the same place."""
        whole = array(self.code, self.template * len(values))
        whole[_PAYLOAD // whole.itemsize :: _SIZE // whole.itemsize] = array(self.code, values)
        ctypes.memmove(data, whole.buffer_info()[0], _SIZE * len(values))


U32 = _Number(component.U32, ffi.WASMTIME_COMPONENT_U32, "u32", "I")
U64 = _Number(component.U64, ffi.WASMTIME_COMPONENT_U64, "u64", "Q")


class _Bool(Shape):
    def matches(self, type_: component.ValType) -> bool:
        return isinstance(type_, component.Bool)

    def lower(self, value: bool, out: Any) -> None:
        out.kind = ffi.WASMTIME_COMPONENT_BOOL
        out.of.boolean = value

    def lift(self, value: Any) -> bool:
        return bool(value.of.boolean)


class _String(Shape):
    """Only ever handed over: no outcome holds text."""

    def matches(self, type_: component.ValType) -> bool:
        return isinstance(type_, component.String)

    def lower(self, value: str, out: Any) -> None:
        out.kind = ffi.WASMTIME_COMPONENT_STRING
        out.of.string = ffi.str_to_capi(value)


BOOL = _Bool()
STRING = _String()


class ListOf(Shape):
    def __init__(self, element: Shape) -> None:
        self.element = element

    def matches(self, type_: component.ValType) -> bool:
        return isinstance(type_, component.ListType) and self.element.matches(type_.element)

    def lower(self, value: list[Any], out: Any) -> None:
        raw = ffi.wasmtime_component_vallist_t()
        ffi.wasmtime_component_vallist_new_uninit(raw, len(value))
        self.element.lower_all(value, raw.data)
        out.kind = ffi.WASMTIME_COMPONENT_LIST
        out.of.list = raw

    def lift(self, value: Any) -> list[Any]:
        raw = value.of.list
        data, lift = raw.data, self.element.lift
        return [lift(data[i]) for i in range(raw.size)]


class TupleOf(Shape):
    """A tuple whose parts are all of one shape."""

    def __init__(self, element: Shape, length: int) -> None:
        self.element = element
        self.length = length

    def matches(self, type_: component.ValType) -> bool:
        if not isinstance(type_, component.TupleType):
            return False
        elements = type_.elements
        return len(elements) == self.length and all(self.element.matches(inner) for inner in elements)

    def lower(self, value: tuple, out: Any) -> None:
        raw = ffi.wasmtime_component_valtuple_t()
        ffi.wasmtime_component_valtuple_new_uninit(raw, self.length)
        self.element.lower_all(list(value), raw.data)
        out.kind = ffi.WASMTIME_COMPONENT_TUPLE
        out.of.tuple = raw

    def lift(self, value: Any) -> tuple:
        data = value.of.tuple.data
        return tuple(self.element.lift(data[i]) for i in range(self.length))


class OptionOf(Shape):
    def __init__(self, element: Shape) -> None:
        self.element = element

    def matches(self, type_: component.ValType) -> bool:
        return isinstance(type_, component.OptionType) and self.element.matches(type_.payload)

    def lower(self, value: Any, out: Any) -> None:
        out.kind = ffi.WASMTIME_COMPONENT_OPTION
        out.of.option = None if value is None else _owned(self.element, value)

    def lift(self, value: Any) -> Any:
        inner = value.of.option
        return self.element.lift(inner.contents) if inner else None


class RecordOf(Shape):
    """A record as the named tuple that `make` makes of its fields."""

    def __init__(self, make: Callable[..., NamedTuple], **fields: Shape) -> None:
        self.make = make
        self.names = [name.replace("_", "-") for name in fields]
        self.shapes = list(fields.values())

    def matches(self, type_: component.ValType) -> bool:
        if not isinstance(type_, component.RecordType):
            return False
        fields = type_.fields
        return [name for name, _ in fields] == self.names and all(
            shape.matches(inner) for shape, (_, inner) in zip(self.shapes, fields)
        )

    def lower(self, value: tuple, out: Any) -> None:
        raw = ffi.wasmtime_component_valrecord_t()
        ffi.wasmtime_component_valrecord_new_uninit(raw, len(self.shapes))
        data = raw.data
        for i, (name, shape) in enumerate(zip(self.names, self.shapes)):
            entry = data[i]
            entry.name = ffi.str_to_capi(name)
            shape.lower(value[i], entry.val)
        out.kind = ffi.WASMTIME_COMPONENT_RECORD
        out.of.record = raw

    def lift(self, value: Any) -> NamedTuple:
        data = value.of.record.data
        return self.make(*[shape.lift(data[i].val) for i, shape in enumerate(self.shapes)])


class VariantOf(Shape):
    """Only ever handed back: no problem holds a variant."""

    def __init__(self, **cases: Shape | None) -> None:
        self.cases = {name.replace("_", "-"): shape for name, shape in cases.items()}

    def matches(self, type_: component.ValType) -> bool:
        if not isinstance(type_, component.VariantType):
            return False
        cases = type_.cases
        return [name for name, _ in cases] == list(self.cases) and all(
            inner is None if shape is None else inner is not None and shape.matches(inner)
            for shape, (_, inner) in zip(self.cases.values(), cases)
        )

    def lift(self, value: Any) -> tuple[str, Any]:
        variant = value.of.variant
        name = ffi.to_str(variant.discriminant)
        shape = self.cases[name]
        return name, None if shape is None else shape.lift(variant.val.contents)


def _owned(shape: Shape, value: Any) -> Any:
    """A pointer to a C value of its own."""
    raw = Value()
    shape.lower(value, raw)
    return ffi.wasmtime_component_val_new(ctypes.byref(raw))


def call(function: component.Func, store: Any, argument: Shape, result: Shape, value: Any) -> Any:
    """Calls a function of one argument. A trap is a `WasmtimeError`."""
    given, taken = Value(), Value()
    argument.lower(value, given)
    try:
        error = ffi.wasmtime_component_func_call(
            ctypes.byref(function._func), store._context(), ctypes.byref(given), 1, ctypes.byref(taken), 1
        )
    finally:
        ffi.wasmtime_component_val_delete(ctypes.byref(given))
    if error:
        raise WasmtimeError._from_ptr(error)
    try:
        return result.lift(taken)
    finally:
        ffi.wasmtime_component_val_delete(ctypes.byref(taken))
