//! A solver's one core module, and whether a browser may run it in the component's place.
//!
//! Browsers run core modules, not components. The released component is one core module and, around it, types and lifts by
//! which its exports are the contract's functions. A component whose surroundings are the very same bytes means the same
//! by its module; nothing else is run here, for what it means would have to be found out.

use std::ops::Range;

use headlock::component::Solver;
use headlock::error::{Error, Result};
use headlock::released;
use wasmparser::{Validator, WasmFeatures};

/// Bytes before the first section.
const PREAMBLE: usize = 8;
/// Section ids of components.
const CUSTOM: u8 = 0;
const CORE_MODULE: u8 = 1;

/// What a component may use: what every browser runs in the one way. No threads, and no relaxed SIMD.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2 | WasmFeatures::TAIL_CALL | WasmFeatures::EXTENDED_CONST | WasmFeatures::COMPONENT_MODEL
}

/// The core module of a solver, if running it means running the solver.
///
/// # Errors
/// Could not check: the component has another shape than the released one, or its code uses what may differ between engines.
pub fn core_module(solver: &Solver) -> Result<&[u8]> {
    let released = released::solver()?;
    let not_here = |what: String| {
        Error::could_not_check(format!("the solver {} cannot be run in a page: {what}", solver.sha256()))
            .hint("`headlock verify` runs it")
    };
    let (module, around) = split(solver.bytes()).map_err(&not_here)?;
    let (_, expected) = split(released.bytes()).map_err(&not_here)?;
    if around != expected {
        let what = "a page runs solvers whose component is one core module, wrapped as the released solver's is";
        return Err(not_here(what.to_owned()));
    }
    Validator::new_with_features(features())
        .validate_all(solver.bytes())
        .map_err(|error| not_here(format!("its code is not valid here: {}", error.message())))?;
    Ok(module)
}

/// The one core module of a component, and all other sections that mean something, in their order.
#[expect(clippy::type_complexity, reason = "a module, and sections by id")]
fn split(bytes: &[u8]) -> Result<(&[u8], Vec<(u8, &[u8])>), String> {
    let mut modules = Vec::new();
    let mut around = Vec::new();
    let mut place = PREAMBLE;
    while let Some(&id) = bytes.get(place) {
        let section = section(bytes, place + 1).ok_or("it is cut short")?;
        place = section.end;
        let content = &bytes[section];
        match id {
            CUSTOM => {}
            CORE_MODULE => {
                modules.push(content);
                around.push((id, &[][..]));
            }
            _ => around.push((id, content)),
        }
    }
    match modules[..] {
        [module] => Ok((module, around)),
        _ => Err(format!("a page runs solvers that hold one core module, and it holds {}", modules.len())),
    }
}

/// Where a section's content lies whose length begins at `place`.
fn section(bytes: &[u8], place: usize) -> Option<Range<usize>> {
    let mut length = 0_usize;
    for (count, &byte) in bytes.get(place..)?.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f).checked_shl(7 * count as u32)?;
        if byte & 0x80 == 0 {
            let start = place + count + 1;
            let end = start.checked_add(length).filter(|end| *end <= bytes.len())?;
            return Some(start..end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released() -> Vec<u8> {
        released::solver().expect("the released solver").bytes().to_vec()
    }

    fn refusal(bytes: Vec<u8>) -> String {
        let solver = Solver::new(bytes).expect("a solver");
        let error = core_module(&solver).expect_err("refused");
        error.to_string().split_once(": ").expect("a sentence").1.to_owned()
    }

    #[test]
    fn the_released_solver_is_run_by_its_module() {
        let solver = released::solver().expect("the released solver");
        let module = core_module(&solver).expect("its module");
        assert_eq!(module.len() as u64, solver.inspection().core_modules[0]);
        assert_eq!(&module[..8], b"\0asm\x01\0\0\0");
    }

    #[test]
    fn custom_sections_change_nothing() {
        let bytes = [released(), b"\0\x05\x04note".to_vec()].concat();
        let solver = Solver::new(bytes).expect("a solver");
        assert_eq!(
            core_module(&solver).expect("its module"),
            core_module(&released::solver().expect("the released solver")).expect("its module")
        );
    }

    #[test]
    fn a_second_module_is_refused() {
        let second = [&[1, 8][..], b"\0asm\x01\0\0\0"].concat();
        let what = "a page runs solvers that hold one core module, and it holds 2";
        assert_eq!(refusal([released(), second].concat()), what);
    }

    #[test]
    fn other_surroundings_are_refused() {
        // An empty section of types.
        let what = "a page runs solvers whose component is one core module, wrapped as the released solver's is";
        assert_eq!(refusal([released(), vec![7, 1, 0]].concat()), what);
    }

    #[test]
    fn code_that_is_not_valid_is_refused() {
        let mut bytes = released();
        let solver = Solver::new(bytes.clone()).expect("a solver");
        let module = core_module(&solver).expect("its module");
        let start = module.as_ptr() as usize - solver.bytes().as_ptr() as usize;
        // The code section's last byte ends a function.
        let end = start + module.len();
        let last = (start..end).rev().find(|&place| bytes[place] == 0x0b).expect("an end");
        bytes[last] = 0x01;
        assert!(refusal(bytes).starts_with("its code is not valid here: "));
    }
}
