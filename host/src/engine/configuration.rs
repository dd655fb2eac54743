//! The one configuration of wasmtime, chosen so that every run of a component gives the same bytes.

use std::fmt;

use wasmtime::{Config, OptLevel, Strategy, WasmBacktraceDetails, WasmFeatures};

/// How far calls may nest inside a component, in bytes of stack. Running out is a trap.
const MAX_WASM_STACK: usize = 1 << 20;

/// What turns a component's code into something that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// Machine code for this machine.
    Cranelift,
    /// Portable bytecode, interpreted: about 20 times slower, and another way to the same bytes.
    Pulley,
}

impl Backend {
    /// All of them.
    pub const ALL: [Backend; 2] = [Backend::Cranelift, Backend::Pulley];

    /// Its name, as on the command line: `cranelift`, `pulley`.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Cranelift => "cranelift",
            Backend::Pulley => "pulley",
        }
    }

    /// Wasmtime's name of its target; nothing for this machine's own.
    fn target(self) -> Option<&'static str> {
        match self {
            Backend::Cranelift => None,
            Backend::Pulley if cfg!(target_endian = "big") => Some("pulley64be"),
            Backend::Pulley => Some("pulley64"),
        }
    }

    /// An engine with our configuration. What is interruptible asks at every turn of a loop whether its time is over.
    pub(super) fn engine(self, is_interruptible: bool) -> wasmtime::Result<wasmtime::Engine> {
        let mut config = Config::new();
        if let Some(target) = self.target() {
            config.target(target)?;
        }
        // Nothing that may differ from run to run or from machine to machine.
        config.cranelift_nan_canonicalization(true);
        config.wasm_relaxed_simd(false);
        config.wasm_features(WasmFeatures::THREADS | WasmFeatures::SHARED_EVERYTHING_THREADS, false);
        config.shared_memory(false);
        config.concurrency_support(false);
        // Limits: the stack by size, time by epochs, memory by the store's limiter. No fuel: it differs between engines.
        config.max_wasm_stack(MAX_WASM_STACK);
        config.epoch_interruption(is_interruptible);
        // Memory of ours, which wasmtime cannot map a component's data into: it is copied.
        #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
        config.with_host_memory(std::sync::Arc::new(super::memory::HugePages)).memory_init_cow(false);
        // Neither the environment nor a component decides what a trap looks like.
        config.wasm_backtrace_max_frames(None);
        config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
        config.generate_address_map(false);
        config.strategy(Strategy::Cranelift);
        config.cranelift_opt_level(OptLevel::Speed);
        wasmtime::Engine::new(&config)
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
