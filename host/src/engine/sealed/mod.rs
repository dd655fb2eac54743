//! WASI with nothing behind it, for solvers whose language's runtime imports it: no files, no network, no environment, no
//! arguments, no input; clocks that stand still; randomness that is the same in every run; output that is kept for messages.
//!
//! What a component may import is [`crate::component::SEALED`]. Only that is linked, so whatever else it asks for it does
//! not get; and whatever it gets is a function of what it has asked before. docs/sealed.md says what each import gives.

mod clock;
mod random;
#[cfg(test)]
mod tests;

use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random as entropy, sync};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::limits::Guard;
use random::Stream;

/// How many bytes of what a solver prints are kept. Its streams close when they are full.
const MAX_PRINTED: usize = 64 << 10;
/// How many streams, pollables and the like it may have at a time.
const MAX_RESOURCES: usize = 1 << 16;

/// What one solve's WASI knows.
pub(super) struct Sealed {
    wasi: WasiCtx,
    table: ResourceTable,
    random: Stream,
    insecure: Stream,
    printed: MemoryOutputPipe,
}

impl Sealed {
    pub(super) fn new() -> Sealed {
        let printed = MemoryOutputPipe::new(MAX_PRINTED);
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_RESOURCES);
        Sealed {
            // Its defaults: nothing to read, no folder, variable or argument. Clocks and randomness are linked below.
            wasi: WasiCtxBuilder::new().stdout(printed.clone()).stderr(printed.clone()).build(),
            table,
            random: Stream::new("random"),
            insecure: Stream::new("insecure"),
            printed,
        }
    }

    /// What the solver has printed, on both streams.
    pub(super) fn printed(&self) -> String {
        String::from_utf8_lossy(&self.printed.contents()).into_owned()
    }
}

impl WasiView for Guard {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let Sealed { wasi, table, .. } = self.sealed();
        WasiCtxView { ctx: wasi, table }
    }
}

/// Streams, and what is waited for.
struct Io;

impl HasData for Io {
    type Data<'a> = &'a mut ResourceTable;
}

/// Clocks that stand still.
struct Still;

impl HasData for Still {
    type Data<'a> = clock::Clock<'a>;
}

/// A stream of bytes that is the same in every solve.
struct Seeded;

impl HasData for Seeded {
    type Data<'a> = &'a mut Stream;
}

/// Links what a component may import: [`crate::component::SEALED`], each interface by itself.
pub(super) fn link(linker: &mut Linker<Guard>) -> wasmtime::Result<()> {
    fn clock(guard: &mut Guard) -> clock::Clock<'_> {
        clock::Clock(&mut guard.sealed().table)
    }
    cli::environment::add_to_linker::<Guard, WasiCli>(linker, Guard::cli)?;
    cli::exit::add_to_linker::<Guard, WasiCli>(linker, Guard::cli)?;
    cli::stdin::add_to_linker::<Guard, WasiCli>(linker, Guard::cli)?;
    cli::stdout::add_to_linker::<Guard, WasiCli>(linker, Guard::cli)?;
    cli::stderr::add_to_linker::<Guard, WasiCli>(linker, Guard::cli)?;
    cli::terminal_input::add_to_linker::<Guard, WasiCli>(linker, Guard::cli)?;
    cli::terminal_output::add_to_linker::<Guard, WasiCli>(linker, Guard::cli)?;
    cli::terminal_stdin::add_to_linker::<Guard, WasiCli>(linker, Guard::cli)?;
    cli::terminal_stdout::add_to_linker::<Guard, WasiCli>(linker, Guard::cli)?;
    cli::terminal_stderr::add_to_linker::<Guard, WasiCli>(linker, Guard::cli)?;
    clocks::monotonic_clock::add_to_linker::<Guard, Still>(linker, clock)?;
    clocks::wall_clock::add_to_linker::<Guard, Still>(linker, clock)?;
    filesystem::preopens::add_to_linker::<Guard, WasiFilesystem>(linker, Guard::filesystem)?;
    sync::filesystem::types::add_to_linker::<Guard, WasiFilesystem>(linker, Guard::filesystem)?;
    wasmtime_wasi_io::bindings::wasi::io::error::add_to_linker::<Guard, Io>(linker, |guard| &mut guard.sealed().table)?;
    sync::io::poll::add_to_linker::<Guard, Io>(linker, |guard| &mut guard.sealed().table)?;
    sync::io::streams::add_to_linker::<Guard, Io>(linker, |guard| &mut guard.sealed().table)?;
    entropy::random::add_to_linker::<Guard, Seeded>(linker, |guard| &mut guard.sealed().random)?;
    entropy::insecure::add_to_linker::<Guard, Seeded>(linker, |guard| &mut guard.sealed().insecure)?;
    entropy::insecure_seed::add_to_linker::<Guard, Seeded>(linker, |guard| &mut guard.sealed().insecure)
}
