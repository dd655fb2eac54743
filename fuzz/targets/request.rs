#![no_main]
#![allow(missing_docs, reason = "see headlock_fuzz::signing::request")]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headlock_fuzz::signing::request(data));
