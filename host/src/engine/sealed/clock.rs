//! Clocks that stand still, at 0.

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::{self, Duration, Instant};
use wasmtime_wasi::p2::bindings::clocks::wall_clock::{self, Datetime};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

use crate::engine::limits::Stopped;

/// The time that every clock shows, in nanoseconds.
const NOW: Instant = 0;

/// The clocks of a solve, with the table of what it waits for.
pub(super) struct Clock<'a>(pub(super) &'a mut ResourceTable);

impl Clock<'_> {
    /// Something to wait for that has come already; what is to come never does.
    fn wait_until(&mut self, when: Instant) -> wasmtime::Result<Resource<DynPollable>> {
        if when > NOW {
            return Err(Stopped::Waiting.into());
        }
        let past = self.0.push(Past)?;
        subscribe(self.0, past)
    }
}

impl monotonic_clock::Host for Clock<'_> {
    fn now(&mut self) -> wasmtime::Result<Instant> {
        Ok(NOW)
    }

    fn resolution(&mut self) -> wasmtime::Result<Duration> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: Instant) -> wasmtime::Result<Resource<DynPollable>> {
        self.wait_until(when)
    }

    fn subscribe_duration(&mut self, duration: Duration) -> wasmtime::Result<Resource<DynPollable>> {
        self.wait_until(NOW.saturating_add(duration))
    }
}

impl wall_clock::Host for Clock<'_> {
    fn now(&mut self) -> wasmtime::Result<Datetime> {
        Ok(Datetime { seconds: NOW, nanoseconds: 0 })
    }

    fn resolution(&mut self) -> wasmtime::Result<Datetime> {
        Ok(Datetime { seconds: 0, nanoseconds: 1 })
    }
}

/// A time that has come.
struct Past;

#[async_trait]
impl Pollable for Past {
    async fn ready(&mut self) {}
}
