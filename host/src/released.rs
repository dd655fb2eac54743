//! The solver that this host was released with.

use headlock_log::digest::Digest;

use crate::component::Solver;
use crate::error::{Error, Result};

const COMPONENT: &[u8] = include_bytes!("../released/headlock-solver.wasm");

/// `SHA256  NAME`, as `sha256sum` writes it.
const SHA256: &str = include_str!("../released/headlock-solver.wasm.sha256");

/// The sha256 that the released component is known by.
///
/// # Errors
/// Could not check: this build of the host is damaged.
pub fn digest() -> Result<Digest> {
    let text = SHA256.split(' ').next().unwrap_or_default();
    text.parse().map_err(|_| Error::could_not_check("this build of headlock holds no sha256 of its solver"))
}

/// The released component.
///
/// # Errors
/// Could not check: this build of the host is damaged.
pub fn solver() -> Result<Solver> {
    let solver = Solver::new(COMPONENT.to_vec())?;
    if solver.sha256() != digest()? {
        return Err(Error::could_not_check(
            "the solver within this build of headlock is not the one it was released with",
        ));
    }
    Ok(solver)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read from the file's bytes by a parser, not asked of an engine.
    #[test]
    fn the_released_component_imports_nothing() -> Result<()> {
        let solver = solver()?;
        let inspection = solver.inspection();
        assert_eq!(inspection.imports, [], "imports");
        assert_eq!(inspection.exports.len(), 1, "exports");
        assert_eq!(inspection.exports[0].name, crate::component::SOLVING);
        assert_eq!(inspection.core_modules.len(), 1, "core modules");
        let (name, version) = inspection.name.clone().unwrap_or_default();
        assert_eq!(name, "headlock:solver");
        assert!(include_str!("../../solver/Cargo.toml").contains(&format!("\nversion = \"{version}\"")), "{version}");
        assert_eq!(solver.sha256(), digest()?);
        Ok(())
    }
}
