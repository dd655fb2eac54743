#![no_main]
#![allow(missing_docs, reason = "see headlock_fuzz::evidence::evidence")]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headlock_fuzz::evidence::evidence(data));
