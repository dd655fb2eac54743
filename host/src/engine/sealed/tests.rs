//! What solvers that import WASI get, and what they do not.

use crate::component::{Import, Solver, inspect};
use crate::engine::components::sealed;
use crate::engine::{Backend, Engine, Limits};
use crate::error::{Error, ErrorKind, Result};
use crate::problem::{Catalog, Outcome};
use crate::solve::Solving;

use super::random::Stream;

/// What both backends say of a solver with these imports, whose `start` is this.
fn start(imports: &str, start: &str) -> Result<Outcome> {
    let solver = Solver::new(sealed(imports, start))?;
    let [first, second] = Backend::ALL
        .map(|backend| Engine::new(Limits::default()).load(&solver, backend, None)?.begin()?.start(&Catalog::new(1)));
    let told = |result: &Result<Outcome>| match result {
        Ok(outcome) => format!("{outcome:?}"),
        Err(error) => text(error),
    };
    assert_eq!(told(&first), told(&second));
    first
}

fn text(error: &Error) -> String {
    format!("{error} / {}", error.hint_text().unwrap_or_default())
}

/// Traps unless this holds.
fn must(condition: &str) -> String {
    format!("(if (i32.eqz {condition}) (then unreachable))")
}

fn holds(imports: &str, condition: &str) {
    let outcome = start(imports, &must(condition));
    assert_eq!(outcome.map_err(|error| text(&error)), Ok(Outcome::Exhausted), "{condition}");
}

const NOW: &str = r#"(import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))"#;
const WAIT: &str = r#"
    (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $wait (param i64) (result i32)))
    (import "wasi:io/poll@0.2.0" "poll" (func $poll (param i32 i32 i32)))"#;
const RANDOM: &str = r#"(import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))"#;
const BYTES: &str = r#"(import "wasi:random/random@0.2.0" "get-random-bytes" (func $bytes (param i64 i32)))"#;
const ENVIRONMENT: &str = r#"
    (import "wasi:cli/environment@0.2.0" "get-environment" (func $environment (param i32)))
    (import "wasi:cli/environment@0.2.0" "get-arguments" (func $arguments (param i32)))
    (import "wasi:cli/environment@0.2.0" "initial-cwd" (func $folder (param i32)))
    (import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $folders (param i32)))"#;
const EXIT: &str = r#"(import "wasi:cli/exit@0.2.0" "exit" (func $exit (param i32)))"#;
const PRINT: &str = r#"
    (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $stderr (result i32)))
    (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
        (func $write (param i32 i32 i32 i32)))"#;

#[test]
fn clocks_stand_still() {
    holds(NOW, "(i64.eqz (call $now))");
    holds(NOW, "(i64.eq (call $now) (call $now))");
}

#[test]
fn what_has_come_need_not_be_waited_for_and_what_is_to_come_never_does() {
    // A list of one pollable at address 0; the list of those that are ready has its length at address 12.
    let wait = |time: &str| {
        format!(
            "(i32.store (i32.const 0) (call $wait (i64.const {time})))
             (call $poll (i32.const 0) (i32.const 1) (i32.const 8))"
        )
    };
    let ready = format!("{} {}", wait("0"), must("(i32.eq (i32.load (i32.const 12)) (i32.const 1))"));
    assert_eq!(start(WAIT, &ready).map_err(|error| text(&error)), Ok(Outcome::Exhausted));
    for time in ["1", "1000000000", "-1"] {
        let error = start(WAIT, &wait(time)).expect_err("a failure");
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::CouldNotCheck, "the solver waits for a time to come, and its clocks stand still"),
            "{time}"
        );
    }
}

#[test]
fn randomness_is_the_same_in_every_solve() {
    let expected = Stream::new("random").number() as i64;
    for _ in 0..2 {
        holds(RANDOM, &format!("(i64.eq (call $random) (i64.const {expected}))"));
    }
    holds(RANDOM, "(i64.ne (call $random) (call $random))");
}

#[test]
fn randomness_has_a_limit() {
    let error = start(BYTES, "(call $bytes (i64.const -1) (i32.const 0))").expect_err("a failure");
    let expected =
        "the solver answered nonsense: it asked for 18446744073709551615 random bytes, 1048576 at most are given";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::CouldNotCheck, expected));
}

#[test]
fn there_is_no_environment_argument_or_folder() {
    for function in ["$environment", "$arguments", "$folders"] {
        // A list at address 16: where it is, and its length.
        let empty = "(i32.eqz (i32.load (i32.const 20)))";
        let call = format!("(i32.store (i32.const 20) (i32.const 7)) (call {function} (i32.const 16)) {}", must(empty));
        assert_eq!(start(ENVIRONMENT, &call).map_err(|error| text(&error)), Ok(Outcome::Exhausted), "{function}");
    }
    let none = "(i32.eqz (i32.load8_u (i32.const 16)))";
    let call = format!("(i32.store (i32.const 16) (i32.const 7)) (call $folder (i32.const 16)) {}", must(none));
    assert_eq!(start(ENVIRONMENT, &call).map_err(|error| text(&error)), Ok(Outcome::Exhausted));
}

#[test]
fn whoever_ends_itself_has_not_answered() {
    for (status, code) in [(0, 0), (1, 1)] {
        let error = start(EXIT, &format!("(call $exit (i32.const {status}))")).expect_err("a failure");
        let expected = format!("the solver ended itself, with exit code {code}");
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::CouldNotCheck, expected));
    }
}

#[test]
fn what_is_printed_is_told_when_it_fails() {
    let print = "(call $write (call $stderr) (i32.const 64) (i32.const 11) (i32.const 16))";
    let error = start(PRINT, &format!("{print} unreachable")).expect_err("a failure");
    assert_eq!(error.kind(), ErrorKind::CouldNotCheck);
    assert_eq!(error.hint_text(), Some("it printed \"out of luck\""));
    assert_eq!(start(PRINT, print).map_err(|error| text(&error)), Ok(Outcome::Exhausted));
}

#[test]
fn printing_without_end_fills_no_memory() {
    // The stream closes when it is full: the result at address 16 is an error from then on.
    let print = "(loop $again
        (call $write (call $stderr) (i32.const 1024) (i32.const 4096) (i32.const 16))
        (br_if $again (i32.eqz (i32.load8_u (i32.const 16)))))";
    assert_eq!(start(PRINT, print).map_err(|error| text(&error)), Ok(Outcome::Exhausted));
}

#[test]
fn handles_without_end_fill_no_memory() {
    let take = "(loop $again (drop (call $stderr)) (br $again))";
    let error = start(PRINT, take).expect_err("a failure");
    let expected = "the solver answered nonsense: resource table has no free keys";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::CouldNotCheck, expected));
}

#[test]
fn what_cannot_be_sealed_is_refused() {
    let network = r#"(import "wasi:sockets/instance-network@0.2.0" "instance-network" (func $network (result i32)))"#;
    let error = start(network, "").expect_err("a refusal");
    assert_eq!(error.kind(), ErrorKind::Refused);
    let expected = "is no solver: a solver imports nothing but what can be sealed, and it imports \
                    \"wasi:sockets/network@0.2.0\", \"wasi:sockets/instance-network@0.2.0\"";
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn an_import_is_sealed_by_its_whole_name() {
    let is_sealed = |name: &str, kind| Import { name: name.to_owned(), kind }.is_sealed();
    for version in ["0.2.0", "0.2.3", "0.2.12", "0.2.999"] {
        assert!(is_sealed(&format!("wasi:cli/stdin@{version}"), "instance"), "{version}");
    }
    for version in
        ["0.2", "0.3.0", "0.2.", "0.2.01", "0.2.1000", "0.2.0-rc", "0.2.0+x", "0.2.0@0.2.0", "1.0.0", "0.2.x"]
    {
        assert!(!is_sealed(&format!("wasi:cli/stdin@{version}"), "instance"), "{version}");
    }
    for name in ["wasi:cli/stdin", "wasi:cli/run@0.2.0", "wasi:http/types@0.2.0", "WASI:cli/stdin@0.2.0", ""] {
        assert!(!is_sealed(name, "instance"), "{name}");
    }
    assert!(!is_sealed("wasi:cli/stdin@0.2.0", "func"));
}

#[test]
fn imports_are_told() {
    let lines = inspect(&sealed(NOW, "")).expect("a component").lines();
    assert!(lines.contains(&"import: instance wasi:clocks/monotonic-clock@0.2.0 (sealed)".to_owned()), "{lines:#?}");
}
