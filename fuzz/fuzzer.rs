//! The fuzzer of every target: which one it runs, `HEADLOCK_FUZZ_TARGET` says. One program is built a great deal sooner than
//! one for each target is.
#![no_main]

use std::sync::LazyLock;

use headlock_fuzz::{TARGETS, Target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let asked = std::env::var("HEADLOCK_FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|(name, _)| *name == asked);
    *found.unwrap_or_else(|| panic!("HEADLOCK_FUZZ_TARGET: expected a target's name, found {asked:?}"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET.1(data));
