"""Which components are solvers, by what they import and export."""

import unittest

from wasmtime import wat2wasm

from headlock_verify.contract import INTERFACE
from headlock_verify.solver import Solver
from headlock_verify.verdict import Refused

_EMPTY = f'(instance $i) (export "{INTERFACE}" (instance $i))'


class Solvers(unittest.TestCase):
    def _reason(self, text: str) -> str:
        with self.assertRaises(Refused) as caught:
            Solver(bytes(wat2wasm(f"(component {text})")))
        return str(caught.exception)

    def test_no_exports(self) -> None:
        self.assertIn("does not export headlock:", self._reason(""))
        self.assertIn("does not export `start`", self._reason(_EMPTY))

    def test_sealed_imports(self) -> None:
        for name in ("cli/environment@0.2.3", "random/insecure-seed@0.2.0", "io/streams@0.2.10"):
            self.assertIn("`start`", self._reason(f'(import "wasi:{name}" (instance)) {_EMPTY}'))

    def test_other_imports(self) -> None:
        for text in (
            '"wasi:cli/environment@0.3.0" (instance)',
            '"wasi:cli/run@0.2.0" (instance)',
            '"wasi:io/poll" (instance)',
            '"wasi:cli/exit@0.2.0" (func)',
        ):
            self.assertIn("no solver is given", self._reason(f"(import {text}) {_EMPTY}"))
        self._reason(f'(import "x" (component)) {_EMPTY}')

    def test_other_functions(self) -> None:
        start = (
            '(core module $m (func (export "f"))) (core instance $c (instantiate $m))'
            ' (func $f (canon lift (core func $c "f")))'
            f' (instance $i (export "start" (func $f))) (export "{INTERFACE}" (instance $i))'
        )
        self.assertIn("takes something else", self._reason(start))


if __name__ == "__main__":
    unittest.main()
