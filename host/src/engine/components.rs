//! Components to test with: a few lines of WebAssembly text each, made into components of the contract's world.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{PackageId, Resolve};

/// As [`solver_with`], with [`REALLOC`].
pub(super) fn solver(memory: &str, fields: &str, start: &str, supply: &str) -> Vec<u8> {
    solver_with(REALLOC, memory, fields, start, supply)
}

/// A body of `cabi_realloc` that hands out memory from address 1024 on, and never takes any back.
pub(super) const REALLOC: &str = "(local $at i32)
                (local.set $at (i32.and
                    (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
                    (i32.sub (i32.const 0) (local.get $align))))
                (global.set $free (i32.add (local.get $at) (local.get $size)))
                (if (i32.gt_u (global.get $free) (i32.mul (memory.size) (i32.const 65536)))
                    (then (drop (memory.grow (i32.add (i32.const 1)
                        (i32.div_u (i32.sub (global.get $free) (i32.mul (memory.size) (i32.const 65536)))
                            (i32.const 65536)))))))
                (local.get $at)";

/// A module with a memory, a `cabi_realloc` of this body, and the two functions of the contract. `start` and `supply` get
/// a pointer to what they are given and return a pointer to an outcome: its case in the first byte, what belongs to it
/// from byte 4.
pub(super) fn solver_with(realloc: &str, memory: &str, fields: &str, start: &str, supply: &str) -> Vec<u8> {
    component(&format!(
        r#"(module
            (memory (export "memory") {memory})
            (global $free (mut i32) (i32.const 1024))
            (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32) {realloc})
            {fields}
            (func (export "headlock:solver/solving@0.1.0#start") (param $given i32) (result i32) {start})
            (func (export "headlock:solver/solving@0.1.0#supply") (param $given i32) (result i32) {supply}))"#
    ))
}

/// The case `exhausted`, at address 0.
pub(super) const EXHAUSTED: &str = "(i32.store8 (i32.const 0) (i32.const 3)) (i32.const 0)";

/// The case `incomplete` with the one number that stands at address 16.
pub(super) const INCOMPLETE: &str = "(i32.store8 (i32.const 0) (i32.const 1))
    (i32.store (i32.const 4) (i32.const 16)) (i32.store (i32.const 8) (i32.const 1)) (i32.const 0)";

/// Always out of budget.
pub(super) fn exhausted() -> Vec<u8> {
    solver("1", "", EXHAUSTED, EXHAUSTED)
}

/// Traps when it is called.
pub(super) fn unreachable() -> Vec<u8> {
    solver("1", "", "unreachable", "unreachable")
}

/// Where the contract lies.
const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit");

/// A core module of the contract's world as a component.
pub(super) fn component(module: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(CONTRACT).expect("the contract");
    encode(module, &resolve, package)
}

/// A core module of a package's world `solver` as a component.
fn encode(module: &str, resolve: &Resolve, package: PackageId) -> Vec<u8> {
    let mut module = wat::parse_str(module).expect("WebAssembly text");
    let world = resolve.select_world(&[package], Some("solver")).expect("its world");
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8, false).expect("metadata");
    let mut encoder = ComponentEncoder::default();
    encoder.validate(false).module(&module).expect("a module").encode().expect("a component")
}

/// WASI's interfaces that [`sealed`] components import, as far as tests call them.
const WASI: &str = "
    package wasi:io@0.2.0 {
        interface error { resource error; }
        interface poll {
            resource pollable;
            poll: func(in: list<borrow<pollable>>) -> list<u32>;
        }
        interface streams {
            use error.{error};
            variant stream-error { last-operation-failed(error), closed }
            resource output-stream {
                blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
            }
        }
    }
    package wasi:cli@0.2.0 {
        interface environment {
            get-environment: func() -> list<tuple<string, string>>;
            get-arguments: func() -> list<string>;
            initial-cwd: func() -> option<string>;
        }
        interface exit { exit: func(status: result); }
        interface stderr {
            use wasi:io/streams@0.2.0.{output-stream};
            get-stderr: func() -> output-stream;
        }
    }
    package wasi:clocks@0.2.0 {
        interface monotonic-clock {
            use wasi:io/poll@0.2.0.{pollable};
            now: func() -> u64;
            subscribe-duration: func(when: u64) -> pollable;
        }
    }
    package wasi:filesystem@0.2.0 {
        interface types { resource descriptor; }
        interface preopens {
            use types.{descriptor};
            get-directories: func() -> list<tuple<descriptor, string>>;
        }
    }
    package wasi:random@0.2.0 {
        interface random {
            get-random-bytes: func(len: u64) -> list<u8>;
            get-random-u64: func() -> u64;
        }
    }
    package wasi:sockets@0.2.0 {
        interface network { resource network; }
        interface instance-network {
            use network.{network};
            instance-network: func() -> network;
        }
    }
    world solver {
        include headlock:solver/solver@0.1.0;
        import wasi:cli/environment@0.2.0;
        import wasi:cli/exit@0.2.0;
        import wasi:cli/stderr@0.2.0;
        import wasi:clocks/monotonic-clock@0.2.0;
        import wasi:filesystem/preopens@0.2.0;
        import wasi:io/poll@0.2.0;
        import wasi:io/streams@0.2.0;
        import wasi:random/random@0.2.0;
        import wasi:sockets/instance-network@0.2.0;
    }";

/// A solver that imports these functions of WASI's, as lines of WebAssembly text, and whose `start` is this. It answers that it is out
/// of budget if nothing traps before.
pub(super) fn sealed(imports: &str, start: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {imports}
            (memory (export "memory") 1)
            (data (i32.const 64) "out of luck")
            (global $free (mut i32) (i32.const 1024))
            (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32) {REALLOC})
            (func (export "headlock:solver/solving@0.1.0#start") (param $given i32) (result i32) {start} {EXHAUSTED})
            (func (export "headlock:solver/solving@0.1.0#supply") (param $given i32) (result i32) {EXHAUSTED}))"#
    );
    let mut resolve = Resolve::default();
    resolve.push_path(CONTRACT).expect("the contract");
    let package = resolve.push_str("sealed.wit", &format!("package headlock:sealed;\n{WASI}")).expect("WASI");
    encode(&text, &resolve, package)
}
