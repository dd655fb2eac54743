//! URLs as a policy and a trust file have them.

use std::path::{Component, Path, PathBuf};

use headlock_log::digest::Digest;

use crate::error::{Error, Result};
use crate::report::shown;
use crate::sources;

/// Where a mirror that serves logs under this prefix has the log of an origin (C2SP tlog-mirror).
pub fn mirror_url(prefix: &str, origin: &str) -> String {
    format!("{}/{}", prefix.trim_end_matches('/'), Digest::of(origin.as_bytes()))
}

/// The absolute form of a registry's URL. `file:FOLDER`, without slashes, starts from the folder of the file that it
/// stands in, so that a registry can be handed on together with what trusts it.
///
/// # Errors
/// Malformed: no URL of a registry.
pub fn absolute_url(folder: &Path, url: &str) -> Result<String> {
    let Some(relative) = url.strip_prefix("file:").filter(|rest| !rest.starts_with('/')) else {
        sources::check_url(url).map_err(|error| match url.split_once(':') {
            Some(("file", path)) if !path.starts_with("//") => {
                let what = format!("the URL {:?} names no registry: an absolute folder has three slashes", shown(url));
                Error::malformed(what).hint(format!("file://{path}"))
            }
            Some((scheme, _)) if scheme != "file" => error,
            // A folder's name, as it seems.
            _ => error.hint("a folder is file:FOLDER, from the file that names it, or file:///FOLDER"),
        })?;
        return Ok(url.to_owned());
    };
    folder_url(&folder.join(relative))
}

/// The URL of a registry that is a folder here.
///
/// # Errors
/// Malformed: the folder has no absolute path.
pub fn folder_url(folder: &Path) -> Result<String> {
    let path = absolute(folder)
        .map_err(|error| Error::malformed(format!("{} names no registry: {error}", folder.display())))?;
    let mut absolute = String::from("file://");
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::ParentDir => drop(parts.pop()),
            _ => {}
        }
    }
    for part in parts {
        absolute.push('/');
        for &byte in part.as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => absolute.push(byte.into()),
                other => absolute.push_str(&format!("%{other:02X}")),
            }
        }
    }
    sources::check_url(&absolute)?;
    Ok(absolute)
}

#[cfg(not(target_family = "wasm"))]
fn absolute(folder: &Path) -> std::io::Result<PathBuf> {
    std::path::absolute(folder)
}

/// WebAssembly knows no current folder, and asks no registry: where one lies only has to be a path.
#[cfg(target_family = "wasm")]
fn absolute(folder: &Path) -> std::io::Result<PathBuf> {
    Ok(Path::new("/").join(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_urls_start_from_the_policy() {
        let at = |url| absolute_url(Path::new("/a b/project"), url).map_err(|error| error.to_string());
        assert_eq!(at("file:registry"), Ok("file:///a%20b/project/registry".to_owned()));
        assert_eq!(at("file:../reg/./x"), Ok("file:///a%20b/reg/x".to_owned()));
        assert_eq!(at("https://registry.example/x"), Ok("https://registry.example/x".to_owned()));
        let error =
            "the URL \"ftp://registry.example\" names no registry: it begins with none of file://, https://, http://";
        assert_eq!(at("ftp://registry.example"), Err(error.to_owned()));
    }
}
