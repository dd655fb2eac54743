"""TOML tables of which every field is known: reading them without trusting their shape."""

import tomllib
from typing import Any, TypeVar

from .verdict import Malformed

T = TypeVar("T")


def parse(data: bytes, what: str) -> "Table":
    """The whole file as a table. A byte order mark is no TOML of ours, and doubled keys are none."""
    try:
        text = data.decode()
        if text.startswith("\ufeff"):
            raise Malformed(f"{what} begins with a byte order mark")
        return Table(tomllib.loads(text), what)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{what} is no TOML: {error}") from error


class Table:
    """A table out of which fields are taken one by one; `end` refuses those that nobody took."""

    def __init__(self, fields: dict[str, Any], what: str) -> None:
        self.fields = dict(fields)
        self.what = what

    def take(self, name: str, kind: type[T]) -> T:
        value = self.take_optional(name, kind)
        if value is None:
            raise Malformed(f"{self.what} has no `{name}`")
        return value

    def take_optional(self, name: str, kind: type[T]) -> T | None:
        value = self.fields.pop(name, None)
        if value is not None and type(value) is not kind:
            raise Malformed(f"`{name}` in {self.what} is no {kind.__name__}")
        return value

    def take_table(self, name: str) -> "Table | None":
        value = self.take_optional(name, dict)
        return None if value is None else Table(value, f"[{name}] in {self.what}")

    def take_tables(self, name: str) -> "list[Table]":
        values = self.take_optional(name, list) or []
        if any(type(value) is not dict for value in values):
            raise Malformed(f"`{name}` in {self.what} is no list of tables")
        return [Table(value, f"[[{name}]] in {self.what}") for value in values]

    def take_texts(self, name: str) -> list[str]:
        values = self.take_optional(name, list) or []
        if any(type(value) is not str for value in values):
            raise Malformed(f"`{name}` in {self.what} is no list of texts")
        return values

    def end(self) -> None:
        for name in self.fields:
            raise Malformed(f"{self.what} has an unknown field `{name}`")
