#![no_main]
#![allow(missing_docs, reason = "see headlock_fuzz::outside::wkg_lock")]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headlock_fuzz::outside::wkg_lock(data));
