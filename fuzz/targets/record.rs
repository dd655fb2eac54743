#![no_main]
#![allow(missing_docs, reason = "see headlock_fuzz::record::record")]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headlock_fuzz::record::record(data));
