//! The one place where bytes are taken for compiled code.

use wasmtime::component::Component;

use super::compiled::Opened;

/// Turns code that this machine has compiled and sealed itself back into a component.
///
/// # Errors
/// When wasmtime finds it to be of another version, target or configuration.
#[allow(unsafe_code, reason = "wasmtime cannot know where compiled code comes from; the seal does")]
pub(super) fn deserialize(engine: &wasmtime::Engine, code: &Opened) -> wasmtime::Result<Component> {
    // SAFETY: `Component::deserialize` demands bytes that `Component::serialize` has made, unmodified. An `Opened` is
    // made only by `CompiledCache`, which has checked these very bytes, in memory, against a MAC of the user's secret
    // key over them and over engine, target, configuration and component; with that key only the output of
    // `Component::serialize` is ever sealed. The bytes are owned, so nothing can change them after the check.
    unsafe { Component::deserialize(engine, code.bytes()) }
}
