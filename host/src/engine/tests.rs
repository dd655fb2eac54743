//! What solvers may do to their host, and what the host says then.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::components::{EXHAUSTED, INCOMPLETE, exhausted, solver, unreachable};
use headlock_log::digest::Digest;

use super::*;
use crate::error::{ErrorKind, Result};
use crate::problem::{Catalog, Outcome};
use crate::solve::Solving;
use crate::world::WORLD;

/// A consumer with one dependency, number 0.
fn catalog() -> Catalog {
    let mut catalog = Catalog::new(1000);
    catalog.add_root("registry.example/a", "ns:name", "^1", None, &[]).expect("a root");
    catalog
}

fn load(bytes: Vec<u8>, backend: Backend, limits: Limits) -> Result<LoadedSolver> {
    Engine::new(limits).load(&Solver::new(bytes).expect("a solver"), backend, None)
}

fn start(bytes: Vec<u8>, backend: Backend, limits: Limits) -> Result<Outcome> {
    load(bytes, backend, limits)?.begin()?.start(&catalog())
}

/// Both backends stop the solver with these words.
fn could_not_check(bytes: &[u8], limits: Limits, expected: &str) {
    for backend in Backend::ALL {
        let error = start(bytes.to_vec(), backend, limits).expect_err("a failure");
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::CouldNotCheck, expected), "{backend}");
    }
}

fn refused(bytes: Vec<u8>, expected: &str) {
    let name = Digest::of(&bytes).to_string();
    for backend in Backend::ALL {
        let error = Solver::new(bytes.clone())
            .and_then(|solver| Engine::new(Limits::default()).load(&solver, backend, None))
            .and_then(|loaded| loaded.begin())
            .expect_err("a refusal");
        let text = error.to_string().replace(&name, "SHA256");
        assert_eq!((error.kind(), text.as_str()), (ErrorKind::Refused, expected), "{backend}");
    }
}

/// For what is not about time: a machine may be busy.
const PATIENT: Limits = Limits { time: Duration::from_secs(60), ..SHORT };

const SHORT: Limits = Limits { memory: 16 << 20, time: Duration::from_millis(200), outcome: 1 << 20 };

#[test]
fn outcomes_arrive() {
    for backend in Backend::ALL {
        assert_eq!(start(exhausted(), backend, SHORT).expect("an outcome"), Outcome::Exhausted, "{backend}");
        let asking = solver("1", "", INCOMPLETE, EXHAUSTED);
        let loaded = load(asking, backend, SHORT).expect("a solver");
        let mut session = loaded.begin().expect("an instance");
        let mut catalog = catalog();
        assert_eq!(session.start(&catalog).expect("an outcome"), Outcome::Incomplete(vec![0]), "{backend}");
        catalog.supply_absent(0);
        assert_eq!(session.supply(&catalog).expect("an outcome"), Outcome::Exhausted, "{backend}");
    }
}

#[test]
fn every_solve_has_an_instance_of_its_own() {
    // Asks for a package at its first call, and is exhausted at any other.
    let counting = solver(
        "1",
        "(global $calls (mut i32) (i32.const 0))",
        &format!(
            "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
             (if (result i32) (i32.eq (global.get $calls) (i32.const 1)) (then {INCOMPLETE}) (else {EXHAUSTED}))"
        ),
        EXHAUSTED,
    );
    for backend in Backend::ALL {
        let loaded = load(counting.clone(), backend, SHORT).expect("a solver");
        for _ in 0..3 {
            let outcome = loaded.begin().and_then(|mut session| session.start(&catalog())).expect("an outcome");
            assert_eq!(outcome, Outcome::Incomplete(vec![0]), "{backend}");
        }
    }
}

#[test]
fn compiled_code_is_kept_and_replaced_where_it_was_changed() {
    let root = tempfile::tempdir().expect("a folder");
    let (folder, state) = (root.path().join("cache"), root.path().join("state"));
    let cache = CompiledCache::open(&folder, &state).expect("a cache");
    let solver = Solver::new(exhausted()).expect("a solver");
    let solve = || {
        let loaded = Engine::new(SHORT).load(&solver, Backend::Cranelift, Some(&cache)).expect("a solver");
        loaded.begin().and_then(|mut session| session.start(&catalog())).expect("an outcome")
    };
    assert_eq!(solve(), Outcome::Exhausted);
    let kept: Vec<_> = std::fs::read_dir(folder.join("compiled"))
        .expect("a folder")
        .map(|file| file.expect("a file").path())
        .collect();
    assert_eq!(kept.len(), 1);
    let before = std::fs::metadata(&kept[0]).expect("a file").modified().expect("a time");
    assert_eq!(solve(), Outcome::Exhausted);
    let after = std::fs::metadata(&kept[0]).expect("a file").modified().expect("a time");
    assert_eq!(before, after, "taken from there, not made again");
    let mut bytes = std::fs::read(&kept[0]).expect("code");
    let length = bytes.len();
    bytes[length / 2] ^= 1;
    std::fs::write(&kept[0], &bytes).expect("written");
    assert_eq!(solve(), Outcome::Exhausted);
    assert_ne!(std::fs::read(&kept[0]).expect("code"), bytes);
}

#[test]
fn a_trap_is_no_verdict() {
    could_not_check(&unreachable(), SHORT, "the solver trapped: wasm `unreachable` instruction executed");
    let out_of_bounds = solver("1", "", "(i32.load (i32.const -4))", EXHAUSTED);
    could_not_check(&out_of_bounds, SHORT, "the solver trapped: out of bounds memory access");
    let division = solver("1", "", "(i32.div_u (i32.const 1) (i32.const 0))", EXHAUSTED);
    could_not_check(&division, SHORT, "the solver trapped: integer divide by zero");
}

#[test]
fn a_solver_that_failed_cannot_go_on() {
    for backend in Backend::ALL {
        let loaded = load(solver("1", "", "unreachable", EXHAUSTED), backend, SHORT).expect("a solver");
        let mut session = loaded.begin().expect("an instance");
        session.start(&catalog()).expect_err("a trap");
        let error = session.supply(&catalog()).expect_err("no second life");
        assert_eq!(error.to_string(), "the solver trapped: cannot enter component instance", "{backend}");
    }
}

#[test]
fn time_is_bounded() {
    let stopped = "the solver was stopped after 0.2 s";
    could_not_check(&solver("1", "", "(loop $forever (br $forever)) unreachable", EXHAUSTED), SHORT, stopped);
    let before_the_first_call = "(func $begin (loop $forever (br $forever))) (start $begin)";
    could_not_check(&solver("1", before_the_first_call, EXHAUSTED, EXHAUSTED), SHORT, stopped);
}

#[test]
fn time_counts_inside_the_solver_only_and_over_all_its_calls() {
    let limits = Limits { time: Duration::from_millis(150), ..SHORT };
    for backend in Backend::ALL {
        let asking = solver("1", "", INCOMPLETE, "(loop $forever (br $forever)) unreachable");
        let mut session = load(asking, backend, limits).and_then(|loaded| loaded.begin()).expect("an instance");
        let mut catalog = catalog();
        session.start(&catalog).expect("an outcome");
        catalog.supply_absent(0);
        std::thread::sleep(Duration::from_millis(200));
        let began = Instant::now();
        let error = session.supply(&catalog).expect_err("stopped");
        assert_eq!(error.to_string(), "the solver was stopped after 0.15 s", "{backend}");
        assert!(began.elapsed() >= Duration::from_millis(100), "{backend}: {:?}", began.elapsed());
    }
}

#[test]
fn whoever_runs_a_solver_uninterrupted_is_told_once_when_its_time_is_over() {
    let counting = format!(
        "(local $n i32) (local.set $n (i32.const 1000000000))
         (loop $more (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if $more (local.get $n)))
         {EXHAUSTED}"
    );
    let own = Solver::new(solver("1", "", &counting, EXHAUSTED)).expect("a solver");
    let limits = Limits { time: Duration::from_millis(20), ..SHORT };
    let told = Arc::new(Mutex::new(Vec::new()));
    let engine = Engine::new(limits).uninterrupted(own.sha256(), {
        let told = Arc::clone(&told);
        move |error| told.lock().expect("no panic").push(error.to_string())
    });
    let start = |solver: &Solver, backend| {
        let error = engine.load(solver, backend, None).and_then(|loaded| loaded.begin()?.start(&catalog()));
        error.expect_err("stopped").to_string()
    };
    let stopped = "the solver was stopped after 0.02 s";
    assert_eq!(start(&own, Backend::Cranelift), stopped);
    assert_eq!(*told.lock().expect("no panic"), [stopped]);
    // Nothing but this solver in this backend runs so.
    let endless = solver("1", "", "(loop $forever (br $forever)) unreachable", EXHAUSTED);
    let endless = Solver::new(endless).expect("a solver");
    for (solver, backend) in [(&own, Backend::Pulley), (&endless, Backend::Cranelift), (&endless, Backend::Pulley)] {
        assert_eq!(start(solver, backend), stopped, "{backend}");
    }
    assert_eq!(told.lock().expect("no panic").len(), 1);
}

#[test]
fn memory_is_bounded_and_no_growth_fails_in_silence() {
    let growing = solver("1", "", "(loop $more (drop (memory.grow (i32.const 16))) (br $more)) unreachable", EXHAUSTED);
    could_not_check(&growing, PATIENT, "the solver needs more than its 16 MiB of memory");
    let large = solver("1000", "", EXHAUSTED, EXHAUSTED);
    could_not_check(&large, PATIENT, "the solver needs more than its 16 MiB of memory");
    // All memories count together.
    let several = solver("128", "(memory 128) (memory 1)", EXHAUSTED, EXHAUSTED);
    could_not_check(&several, PATIENT, "the solver needs more than its 16 MiB of memory");
    let many = "(memory 0) ".repeat(64);
    could_not_check(
        &solver("1", &many, EXHAUSTED, EXHAUSTED),
        PATIENT,
        "the solver could not be started: resource limit exceeded: memory count too high at 65",
    );
    // A component's own maximum is part of what it computes.
    let own = format!("(if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable)) {EXHAUSTED}");
    for backend in Backend::ALL {
        let outcome = start(solver("1 1", "", &own, EXHAUSTED), backend, PATIENT).expect("an outcome");
        assert_eq!(outcome, Outcome::Exhausted, "{backend}");
    }
}

#[test]
fn tables_and_stacks_are_bounded() {
    let table = "(table $t 1 funcref)";
    let growing = "(loop $more (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $more)) unreachable";
    could_not_check(
        &solver("1", table, growing, EXHAUSTED),
        PATIENT,
        "the solver needs larger tables than any solver should",
    );
    let nested = "(func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))";
    could_not_check(
        &solver("1", nested, "(call $deep (i32.const 0))", EXHAUSTED),
        PATIENT,
        "the solver ran out of stack: its calls nest too deep",
    );
}

#[test]
fn nonsense_is_no_verdict() {
    let first_byte =
        |case: u32| solver("1", "", &format!("(i32.store8 (i32.const 0) (i32.const {case})) (i32.const 0)"), EXHAUSTED);
    could_not_check(&first_byte(9), SHORT, "the solver answered nonsense: unexpected discriminant: 9");
    could_not_check(
        &first_byte(1),
        SHORT,
        "the solver answered nonsense: it is incomplete and names no missing package",
    );
    let elsewhere = solver("1", "", "(i32.const 0x7ffffffc)", EXHAUSTED);
    could_not_check(&elsewhere, SHORT, "the solver answered nonsense: pointer out of bounds of memory");
    let unknown = format!("(i32.store (i32.const 16) (i32.const 7)) {INCOMPLETE}");
    could_not_check(
        &solver("1", "", &unknown, EXHAUSTED),
        SHORT,
        "the solver answered nonsense: it names the package 7, of which it was told 1",
    );
}

#[test]
fn an_outcome_larger_than_memory_is_stopped() {
    // 200,000 chosen releases in 4 MB, each with the same list of a million features: 800 GB for whoever copies.
    let bomb = solver(
        "128",
        "",
        "(local $at i32) (local.set $at (i32.const 65536))
         (loop $more
            (i32.store offset=4 (local.get $at) (i32.const 65536))
            (i32.store offset=8 (local.get $at) (i32.const 1000000))
            (local.set $at (i32.add (local.get $at) (i32.const 20)))
            (br_if $more (i32.lt_u (local.get $at) (i32.const 4065536))))
         (i32.store offset=12 (i32.const 0) (i32.const 65536))
         (i32.store offset=16 (i32.const 0) (i32.const 200000))
         (i32.const 0)",
        EXHAUSTED,
    );
    could_not_check(&bomb, PATIENT, "the solver's outcome is larger than 1 MiB");
}

#[test]
fn floating_point_gives_the_same_bytes_everywhere() {
    // A NaN's sign and payload are open in the language and differ between processors; the configuration fixes them.
    let nan = format!(
        "(f32.store (i32.const 16) (f32.div (f32.load (i32.const 32)) (f32.load (i32.const 32)))) {INCOMPLETE}"
    );
    could_not_check(
        &solver("1", "", &nan, EXHAUSTED),
        SHORT,
        "the solver answered nonsense: it names the package 2143289344, of which it was told 1",
    );
}

#[test]
fn components_that_are_no_solvers_are_refused() {
    refused(b"hello".to_vec(), "expected a WebAssembly component, found something else");
    refused(Vec::new(), "expected a WebAssembly component, found something else");
    refused(vec![0; MAX_COMPONENT as usize + 1], "expected a component of at most 67108864 bytes, found more");
    let module = wat::parse_str("(module)").expect("a module");
    refused(module, "expected a WebAssembly component, found a core WebAssembly module");
    let text = |text: &str| wat::parse_str(text).expect("a component");
    refused(
        text("(component)"),
        "the component SHA256 is no solver: a solver exports \"headlock:solver/solving@0.1.0\", and it exports nothing",
    );
    refused(
        text(r#"(component (import "wasi:http/types@0.2.0" (instance)) (import "b" (func)))"#),
        "the component SHA256 is no solver: a solver imports nothing but what can be sealed, and it imports \"wasi:http/types@0.2.0\", \"b\"",
    );
}

#[test]
fn a_component_that_is_cut_short_is_malformed() {
    let whole = exhausted();
    for length in (8..whole.len()).step_by(97) {
        // Some prefixes are components with less inside; none is a solver.
        let error = Solver::new(whole[..length].to_vec()).expect_err("no solver");
        assert_eq!(error.kind(), ErrorKind::Refused, "{length}");
    }
    let error = Solver::new(whole[..whole.len() - 1].to_vec()).expect_err("no solver");
    let text = error.to_string();
    assert!(text.starts_with("the component is malformed: unexpected end-of-file (at offset 0x"), "{text}");
}

#[test]
fn code_that_may_differ_between_machines_is_refused() {
    let relaxed = "(func (drop (i32x4.relaxed_trunc_f32x4_s (v128.const i32x4 0 0 0 0))))";
    let shared = "(memory 1 1 shared)";
    let cases =
        [(relaxed, "relaxed SIMD support is not enabled"), (shared, "threads must be enabled for shared memories")];
    for (fields, why) in cases {
        for backend in Backend::ALL {
            let error = load(solver("1", fields, EXHAUSTED, EXHAUSTED), backend, SHORT).expect_err("a refusal");
            let text = error.to_string();
            assert_eq!(error.kind(), ErrorKind::Refused, "{text}");
            assert!(text.contains(" cannot be compiled: ") && text.contains(why), "{text}");
        }
    }
}

#[test]
fn other_functions_than_the_contract_s_are_refused() {
    let text = r#"(component
        (core module $m (func (export "f")))
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))
        (component $c (import "f" (func $f)) (export "start" (func $f)) (export "supply" (func $f)))
        (instance $solving (instantiate $c (with "f" (func $f))))
        (export "headlock:solver/solving@0.1.0" (instance $solving)))"#;
    refused(
        wat::parse_str(text).expect("a component"),
        "the solver SHA256 breaks the contract headlock:solver/solving@0.1.0: expected 1-tuple, found 0-tuple",
    );
    let empty = r#"(component (instance $none) (export "headlock:solver/solving@0.1.0" (instance $none)))"#;
    refused(
        wat::parse_str(empty).expect("a component"),
        "the solver SHA256 breaks the contract headlock:solver/solving@0.1.0: \
         instance export `headlock:solver/solving@0.1.0` does not have export `start`",
    );
}

#[test]
fn components_that_unfold_without_end_are_refused_before_they_are_compiled() {
    // Each instantiates the one before twice: 2^16 instances of the first are as many as may be, one level more is not.
    let doubled = |levels: usize| {
        let twice = "(instance (instantiate $c)) (instance (instantiate $c))";
        let each = |n| format!("(component $c{n} (alias outer 1 $c{} (component $c)) {twice})", n - 1);
        let components: String = (1..=levels).map(each).collect();
        wat::parse_str(format!("(component (component $c0) {components} (instance (instantiate $c{levels})))"))
    };
    inspect(&doubled(16).expect("a component")).expect("few enough");
    let error = inspect(&doubled(17).expect("a component")).expect_err("too many");
    let text = "the component is malformed: it leads to more than 65536 instances of components";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Refused, text));
}

#[test]
fn a_component_is_whole_wherever_it_is_cut() {
    // All of it lies in one another, so that only its header is a component, too.
    let text = r#"(component (component (core module (memory 1) (@custom "a" "1234"))))"#;
    let bytes = wat::parse_str(text).expect("a component");
    inspect(&bytes).expect("all of it");
    for end in 9..bytes.len() {
        let error = inspect(&bytes[..end]).expect_err(&format!("{end} bytes"));
        assert!(error.to_string().starts_with("the component is malformed: "), "{error}");
        crate::artifact::read(&bytes[..end]).expect_err(&format!("{end} bytes"));
    }
    // Without the module's last section, where the parser alone would take it for whole.
    let without = &bytes[..bytes.len() - b"\0\x06\x01a1234".len()];
    let error = inspect(without).expect_err("a section less");
    let text = "the component is malformed: expected 31 bytes of what begins at byte 10, found 23";
    assert_eq!(error.to_string(), text);
}

#[test]
fn an_inspection_tells_what_is_inside() {
    let text = r#"(component
        (import "a:b/c@1.0.0" (instance))
        (core module (memory 1))
        (component (core module))
        (@custom "headlock-solver" "ns:name 1.2.3")
        (core module))"#;
    let bytes = wat::parse_str(text).expect("a component");
    let inspection = inspect(&bytes).expect("a component");
    assert_eq!(
        inspection.lines().join("\n"),
        format!(
            "sha256: {}\nbytes: {}\nname: ns:name 1.2.3\nworld: none that this host knows\ncore module: 13 bytes\n\
             core module: 8 bytes\ncore module: 8 bytes\nimport: instance a:b/c@1.0.0 (refused)",
            Digest::of(&bytes),
            bytes.len()
        )
    );
    let solver = inspect(&exhausted()).expect("a component");
    assert_eq!((solver.refusal(), solver.world, solver.core_modules.len()), (None, Some(WORLD), 1));
    assert_eq!(solver.exports, [Export { name: SOLVING.to_owned(), kind: "instance" }]);
}
