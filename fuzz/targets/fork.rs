#![no_main]
#![allow(missing_docs, reason = "see headlock_fuzz::evidence::fork")]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headlock_fuzz::evidence::fork(data));
