//! The module's face to the page.

use headlock::imported::Imported;
use headlock::solve::Solving;

use crate::given::{File, Given, Role};
use crate::verify::{Engine, verify};

/// One verification allocates much and is over soon.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// What the macro writes.
#[allow(unsafe_code, missing_docs, unreachable_pub, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        world: "verifier",
        generate_all,
    });
}

use bindings::headlock::page::{engine, files};

/// What the macro writes: the module's raw exports.
#[allow(unsafe_code, missing_docs, clippy::all, reason = "generated")]
mod exports {
    crate::page::bindings::export!(Page with_types_in crate::page::bindings);
    use super::Page;
}

struct Page;

impl bindings::Guest for Page {
    fn verify(files: Vec<files::File>, accept: Vec<String>) -> String {
        let files = files.into_iter().map(|file| File { role: role(file.role), name: file.name, bytes: file.bytes });
        verify(Given::new(files.collect()), &accept, &mut Browser).json()
    }
}

fn role(role: files::Role) -> Role {
    match role {
        files::Role::Lock => Role::Lock,
        files::Role::Bundle => Role::Bundle,
        files::Role::Trust => Role::Trust,
        files::Role::Policy => Role::Policy,
        files::Role::Solver => Role::Solver,
    }
}

/// The browser that the page is open in.
struct Browser;

impl Engine for Browser {
    fn describe(&self) -> &'static str {
        "this browser's WebAssembly"
    }

    fn begin(&mut self, module: &[u8]) -> Result<Box<dyn Solving>, String> {
        engine::begin(module)?;
        Ok(Box::new(Imported::default()))
    }
}
