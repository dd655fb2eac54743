#![no_main]
#![allow(missing_docs, reason = "see headlock_fuzz::outside::oci")]

libfuzzer_sys::fuzz_target!(|data: &[u8]| headlock_fuzz::outside::oci(data));
