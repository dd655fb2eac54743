//! Time, for patience with servers.

#[cfg(not(target_family = "wasm"))]
pub(super) use std::time::Instant;

/// Where there is no clock, time stands still; there are no servers to be patient with, either.
#[cfg(target_family = "wasm")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant;

#[cfg(target_family = "wasm")]
impl Instant {
    pub(super) fn now() -> Instant {
        Instant
    }

    pub(super) fn elapsed(self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
}
