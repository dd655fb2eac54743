//! What a released component must look like, read from its bytes.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use wasmparser::{Encoding, Parser, Payload};

/// The one interface that a solver exports.
const INTERFACE: &str = "headlock:solver/solving@0.1.0";

/// Checks that `bytes` are one component that imports nothing, exports the solver's interface alone, and holds exactly
/// one core module, which imports nothing either: so engines without the component model can run that module as it is.
pub(super) fn check(bytes: &[u8]) -> Result<()> {
    let mut nesting: Vec<Encoding> = Vec::new();
    let mut modules = 0;
    let mut exports = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.context("the component cannot be read")? {
            Payload::Version { encoding, .. } => {
                ensure!(!nesting.is_empty() || encoding == Encoding::Component, "expected a component, found a module");
                modules += usize::from(encoding == Encoding::Module);
                nesting.push(encoding);
            }
            Payload::End(_) => {
                nesting.pop();
            }
            Payload::ComponentImportSection(section) if nesting.len() == 1 => {
                let names =
                    section.into_iter().map(|import| Ok(import?.name.name.to_owned())).collect::<Result<Vec<_>>>()?;
                bail!("expected a component without imports, found {}", names.join(", "));
            }
            Payload::ImportSection(section) => {
                bail!("expected a core module without imports, found {} of them", section.count());
            }
            Payload::ComponentExportSection(section) if nesting.len() == 1 => {
                for export in section {
                    exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    ensure!(exports == [INTERFACE], "expected the one export {INTERFACE}, found {}", exports.join(", "));
    ensure!(modules == 1, "expected one core module, found {modules}");
    Ok(())
}

/// Checks that `bytes` hold no path under `folders` or under the home folder, and nothing of a registry's folder or host.
pub(super) fn check_strings(bytes: &[u8], folders: &[&Path]) -> Result<()> {
    let mut forbidden = vec![b"registry/src".to_vec(), b".io-".to_vec(), [&b"index."[..], b"crates"].concat()];
    let home = std::env::home_dir();
    for folder in folders.iter().copied().chain(home.as_deref()) {
        forbidden.push(folder.as_os_str().as_encoded_bytes().to_vec());
        forbidden.extend(folder.canonicalize().ok().map(|real| real.as_os_str().as_encoded_bytes().to_vec()));
    }
    for word in forbidden.iter().filter(|word| word.len() > 1) {
        if let Some(at) = bytes.windows(word.len()).position(|window| window == word) {
            let from = at.saturating_sub(40);
            let text = String::from_utf8_lossy(&bytes[from..bytes.len().min(at + 80)]);
            bail!("the component holds {:?} at byte {at}, around {:?}", String::from_utf8_lossy(word), text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use anyhow::Result;

    use super::{check, check_strings};

    /// What a component and a core module begin with.
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    const MODULE: &[u8] = b"\0asm\x01\0\0\0";

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id, content.len() as u8], content].concat()
    }

    fn refusal(bytes: &[u8]) -> String {
        check(bytes).expect_err("refused").to_string()
    }

    #[test]
    fn the_released_component_imports_nothing_and_holds_one_module() -> Result<()> {
        let released = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(crate::component::RELEASED);
        let bytes = fs_err::read(released)?;
        check(&bytes)?;
        check_strings(&bytes, &[Path::new(env!("CARGO_MANIFEST_DIR"))])
    }

    #[test]
    fn other_shapes_are_refused() {
        let import = section(10, b"\x01\0\x01x\x03\x01"); // an abstract type `x`
        let importing = [MODULE, &section(2, b"\x01\x01a\x01b\x03\x7f\0")].concat(); // a global `a.b`
        assert_eq!(refusal(MODULE), "expected a component, found a module");
        assert_eq!(refusal(&[COMPONENT, &import].concat()), "expected a component without imports, found x");
        assert_eq!(
            refusal(&[COMPONENT, &section(1, &importing)].concat()),
            "expected a core module without imports, found 1 of them"
        );
        assert_eq!(refusal(COMPONENT), "expected the one export headlock:solver/solving@0.1.0, found ");
        assert_eq!(refusal(b"\0asm"), "the component cannot be read");
    }

    #[test]
    fn a_component_with_two_modules_is_refused() -> Result<()> {
        let released = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(crate::component::RELEASED);
        let two = [fs_err::read(released)?, section(1, MODULE)].concat();
        assert_eq!(refusal(&two), "expected one core module, found 2");
        Ok(())
    }

    #[test]
    fn paths_and_hosts_are_refused() {
        let refusal =
            |bytes: &[u8]| check_strings(bytes, &[Path::new("/some/where")]).expect_err("refused").to_string();
        assert_eq!(
            refusal(b"at /some/where/lib.rs"),
            "the component holds \"/some/where\" at byte 3, around \"at /some/where/lib.rs\""
        );
        assert_eq!(refusal(b"a.io-1"), "the component holds \".io-\" at byte 1, around \"a.io-1\"");
    }
}
