//! What comes from elsewhere, and what becomes of it: rows of an index, URLs, redirects, locks of other tools.

use std::path::Path;

use headlock::registry::import::{record_of_row, rows_of_file};
use headlock::solvers::Release;
use headlock::sources::{OciPlace, OciReference, check_redirect, check_url};
use headlock::trust::absolute_url;
use headlock::wkg::{Entry, Locked, Package, finding};
use headlock_log::name::check_package_name;
use headlock_log::record::Record;

/// A row's record is one, about the row's own crate and version, whatever the order of what the row lists.
pub fn row(data: &[u8]) {
    let Ok(encoded) = record_of_row(data) else { return };
    let record =
        Record::parse(&encoded).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&encoded)));
    // Fields that are passed over are not looked at for what JSON forbids within a text, as cargo's are not.
    let Ok(mut row) = serde_json::from_slice::<serde_json::Value>(data) else { return };
    assert_eq!(record.package(), row["name"].as_str().map(|name| format!("crates:{name}")).as_deref());
    assert_eq!(record.version(), row["vers"].as_str());
    if let Some(dependencies) = row["deps"].as_array_mut() {
        dependencies.reverse();
    }
    for field in ["features", "features2"] {
        for values in row[field].as_object_mut().into_iter().flat_map(|features| features.values_mut()) {
            if let Some(values) = values.as_array_mut() {
                values.reverse();
            }
        }
        if row[field].is_null() {
            row.as_object_mut().expect("a row is an object").remove(field);
        }
    }
    let again = serde_json::to_vec(&row).expect("it was JSON");
    // White space decides whether a long row's record is looked at for its length.
    if data.len() < 8_000 {
        assert_eq!(record_of_row(&again).as_ref(), Ok(&encoded), "order matters");
    }
}

/// Rows lie one behind the other in their file.
pub fn rows(data: &[u8]) {
    let Ok(rows) = rows_of_file(data) else { return };
    let mut end = data.as_ptr() as usize;
    for row in rows {
        let start = row.as_ptr() as usize;
        assert!(start >= end, "rows overlap");
        end = start + row.len();
        assert!(end <= data.as_ptr() as usize + data.len());
        self::row(row);
    }
}

/// A URL that is accepted is absolute, of a known scheme, and has nothing in it that leads elsewhere.
pub fn url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if check_url(text).is_ok() {
        check_plain(text);
        assert!(!text.contains(['?', '#']), "{text}");
        assert!(check_url(&format!("{}/more", text.trim_end_matches('/'))).is_ok());
    }
    if let Ok(absolute) = absolute_url(Path::new("/pro ject/x"), text) {
        assert!(check_url(&absolute).is_ok(), "{absolute}");
        assert_eq!(absolute_url(Path::new("/elsewhere"), &absolute).ok(), Some(absolute));
    }
}

fn check_plain(url: &str) {
    let (scheme, rest) = url.split_once("://").expect("a scheme");
    assert!(["file", "http", "https"].contains(&scheme), "{url}");
    assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    assert!(!authority.contains('@') && authority.is_empty() == (scheme == "file"), "{url}");
    let path = path.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    assert!(path.split('/').all(|segment| segment != "." && segment != ".."), "{url}");
    assert!(!path.contains("%2f") && !path.contains("%5c") && !path.contains("%00"), "{url}");
}

/// A redirect leads from https to https, from http to the same place, and never from a file.
pub fn redirect(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for base in ["https://registry.example/a", "http://127.0.0.1:8000/a", "http://[::1]/a"] {
        let Ok(target) = check_redirect(base, "tile/0/000", text) else { continue };
        check_plain(&target);
        if base.starts_with("https") {
            assert!(target.starts_with("https://"), "{base}: {text} leads to {target}");
        } else {
            let place = |url: &str| {
                let (_, rest) = url.split_once("://").expect("a scheme");
                let authority = rest.split(['/', '?']).next().unwrap_or_default().to_ascii_lowercase();
                authority.strip_suffix(":80").map(str::to_owned).unwrap_or(authority)
            };
            assert_eq!(place(&target), place(base), "{base}: {text} leads to {target}");
        }
    }
    assert!(check_redirect("file:///a", "tile/0/000", text).is_err(), "a file redirects");
}

/// A lock of wkg's is what is read of it: written again, in cargo-component's spelling, it is the same. Where a log holds what it
/// says, each entry agrees, and where the log holds anything else, none does.
pub fn wkg_lock(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = Path::new("wkg.lock");
    let Ok(locked) = Locked::parse(path, text) else { return };
    assert!(locked.entries() > 0, "a lock of nothing");
    assert!(
        locked.packages.is_sorted_by(|a, b| (&a.name, &a.registry) < (&b.name, &b.registry)),
        "a package stands twice"
    );
    let mut again = "version = 1\n".to_owned();
    for Package { name, registry, entries } in &locked.packages {
        check_package_name(name).expect("the name of a package");
        let registry =
            registry.as_ref().map(|registry| format!("registry = {}\n", toml::Value::from(registry.as_str())));
        again.push_str(&format!("[[package]]\nname = \"{name}\"\n{}", registry.unwrap_or_default()));
        for entry in entries {
            let Entry { requirement, version, sha256 } = entry;
            again.push_str(&format!(
                "[[package.version]]\nrequirement = \"{requirement}\"\nversion = \"{version}\"\ndigest = \"sha256:{sha256}\"\n"
            ));
            let mut release = Release { version: version.clone(), record: 1, content: *sha256, yanked: None };
            let is_meant = requirement.matches(version);
            assert_eq!(finding(entry, Some(std::slice::from_ref(&release))).agrees(), is_meant);
            release.content.0[0] ^= 1;
            assert!(!finding(entry, Some(&[release])).agrees() && !finding(entry, Some(&[])).agrees());
            assert!(!finding(entry, None).agrees());
        }
    }
    assert_eq!(Locked::parse(path, &again).expect("it was read"), locked);
}

/// A content of an OCI registry is said as it was read, and is no place; a place is no content. What is refused shows no more of
/// what stands before an `@` than a digest's.
pub fn oci(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (reference, place) = (text.parse::<OciReference>(), text.parse::<OciPlace>());
    assert!(reference.is_err() || place.is_err(), "both a content and a place");
    if let Ok(reference) = reference {
        assert!(OciReference::is_meant(text), "a content of something else");
        let said = reference.to_string();
        assert!(said == text || said.eq_ignore_ascii_case(text), "{said} was read of {text}");
        assert_eq!(said.parse::<OciReference>().expect("it was said"), reference);
    }
    if place.is_ok() {
        assert!(!text.contains('@'), "a place with a user");
    }
}
