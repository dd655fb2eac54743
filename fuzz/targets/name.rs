#![no_main]
#![allow(missing_docs, reason = "see headlock_fuzz::record::name")]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headlock_fuzz::record::name(data));
