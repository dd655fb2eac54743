//! The component's exports: one instance is one solve.

use std::cell::RefCell;

use crate::contract::{Guest, Outcome, Packages, Problem};
use crate::solver::Solver;

/// One solve allocates much and is over soon.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Bytes of memory that a solve begins with. What is there at once can be had in huge pages, and what is never touched
/// costs nothing.
const ROOM: usize = 64 << 20;

/// Takes the room and gives it back to the allocator, which hands it out from then on. Where the language says that it
/// cannot be had, memory grows as it is needed; a host with a limit below it ends the solve.
fn make_room() {
    let mut room = Vec::<u8>::new();
    let _ = room.try_reserve_exact(ROOM);
    std::hint::black_box(room);
}

thread_local! {
    /// The solve of this instance, once it has begun.
    static SOLVE: RefCell<Option<Solver>> = const { RefCell::new(None) };
}

struct Component;

impl Guest for Component {
    fn start(problem: Problem) -> Outcome {
        SOLVE.with_borrow_mut(|solve| {
            assert!(solve.is_none(), "start: called once in an instance");
            make_room();
            let (solver, outcome) = Solver::start(problem);
            *solve = Some(solver);
            outcome
        })
    }

    fn supply(packages: Packages) -> Outcome {
        SOLVE.with_borrow_mut(|solve| match solve {
            Some(solver) => solver.supply(packages),
            None => panic!("supply: called before start"),
        })
    }
}

/// What the macro writes: the component's raw exports.
#[allow(unsafe_code, missing_docs, clippy::all, reason = "generated")]
mod exports {
    crate::contract::bindings::export!(Component with_types_in crate::contract::bindings);
    use super::Component;
}
