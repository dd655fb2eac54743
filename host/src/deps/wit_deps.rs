//! `deps.toml` of wit-deps: where folders below `wit/deps` come from. Which packages they are, they say themselves.

use std::path::Path;

use super::requirement::of_version;
use super::{Asks, checked, wit};
use crate::error::Result;
use crate::files;
use crate::mistake::Mistake;

/// Largest of these files read, in bytes.
const MAX: u64 = 4 << 20;

/// Reads a project's file, which stands beside the WIT folder or in it, and says whether there is one.
///
/// # Errors
/// Malformed: no TOML, a name that is none of a folder, WIT text that is none.
pub(super) fn read(project: &Path, folder: &Path, asks: &mut Asks) -> Result<bool> {
    let mut there = false;
    // A target may be one file of the folder.
    let is_file = project.join(folder).is_file();
    let folder = folder.parent().filter(|_| is_file).unwrap_or(folder);
    let mut places = vec![Path::new("deps.toml").to_owned(), folder.join("deps.toml")];
    places.dedup();
    for place in places {
        let path = project.join(&place);
        let Some(text) = files::read_text(&path, MAX)? else { continue };
        there = true;
        let document: toml::Table = files::from_toml(&path, &text)?;
        let place = place.display().to_string();
        for name in document.keys() {
            let is_name = !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
                && !name.starts_with('.');
            if !is_name {
                let what = format!("expected a name of letters, digits, `-`, `_` and `.`, found {name:?}");
                return Err(Mistake::new(what).named(name).in_file(&path, &text));
            }
            let deps = project.join(folder).join("deps");
            let package = match wit::package_of(&deps.join(name))? {
                Some(package) => Some(package),
                None => wit::package_of(&deps.join(format!("{name}.wit")))?,
            };
            let Some(package) = package else {
                asks.unsaid.push(format!(
                    "{place}: which package {name} is, no WIT text at {} says: `wit-deps` gets it",
                    folder.join("deps").join(name).display()
                ));
                continue;
            };
            let full = wit::full_name(&package);
            if package.version.is_none() {
                asks.unsaid.push(format!("{place}: {name}, which is {full}, has no version, so any is asked for"));
            }
            let full = checked(&full).map_err(|mistake| mistake.named(name).in_file(&path, &text))?;
            asks.ask(full, of_version(package.version.as_ref()), &place);
        }
    }
    Ok(there)
}
