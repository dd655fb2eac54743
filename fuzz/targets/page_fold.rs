#![no_main]
#![allow(missing_docs, reason = "see headlock_fuzz::record::page_fold")]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headlock_fuzz::record::page_fold(data));
