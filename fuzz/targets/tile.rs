#![no_main]
#![allow(missing_docs, reason = "see headlock_fuzz::proof::tile")]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headlock_fuzz::proof::tile(data));
