//! What changes no meaning, and so may end well: each for a reason of its own, found by reading the changed bytes anew.

use std::collections::BTreeSet;

/// The exceptions: whatever ends with exit code 0 does so for one of these reasons, and each of them occurs.
pub(crate) const EXCEPTIONS: [&str; 15] = [
    POLICY_COMMENT,
    POLICY_SPACE,
    TOML_COMMENT,
    TOML_SPACE,
    PACKAGE,
    REQUIREMENT,
    RANGE,
    PLACE,
    UNKNOWN_KEY,
    OLDER_HEAD,
    OLDER_LOCK,
    BEYOND,
    UNREAD,
    FORGOTTEN,
    CACHE,
];

pub(crate) const POLICY_COMMENT: &str = "a policy's comments (C2SP tlog-policy ignores them)";
pub(crate) const POLICY_SPACE: &str = "a policy's spaces, tabs and empty lines (C2SP tlog-policy ignores them)";
pub(crate) const TOML_COMMENT: &str = "comments of a manifest or trust file";
pub(crate) const TOML_SPACE: &str = "white space of a manifest or trust file: it reads the same";
pub(crate) const PACKAGE: &str = "the manifest's [package], which is for people";
pub(crate) const REQUIREMENT: &str = "another spelling of a requirement in a manifest";
pub(crate) const RANGE: &str = "another range of a rule for solvers, which the solver's version is in, too";
pub(crate) const PLACE: &str =
    "a manifest's path of a local component where there is none: a lock has its content, no path";
pub(crate) const UNKNOWN_KEY: &str =
    "a checkpoint's signature lines under keys that no policy names (C2SP signed-note)";
pub(crate) const OLDER_HEAD: &str = "an older checkpoint of the log in place of the newest: a lock may pin any head";
pub(crate) const OLDER_LOCK: &str = "a true lock of the same manifest, at an older head";
pub(crate) const BEYOND: &str = "what a full tile or bundle, taken for a partial one, holds beyond the head";
pub(crate) const UNREAD: &str = "a file of a registry that the verification of this lock does not need";
pub(crate) const FORGOTTEN: &str = "a remembered head that is gone or older, and true: less is remembered";
pub(crate) const CACHE: &str = "a file of the cache, which is had again and mended";

/// Why a changed policy says the same, if it does.
pub(crate) fn policy(good: &[u8], bad: &[u8]) -> Option<&'static str> {
    let (good, bad) = (std::str::from_utf8(good).ok()?, std::str::from_utf8(bad).ok()?);
    let control = |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') || byte == 0x7f;
    if bad.bytes().any(control) || !bad.ends_with('\n') {
        return None;
    }
    let words = |text: &'_ str| -> Vec<Vec<String>> {
        let line = |line: &str| line.split([' ', '\t']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        text.lines().map(line).filter(|words: &Vec<String>| !words.is_empty()).collect()
    };
    let is_comment = |words: &Vec<String>| words[0].starts_with('#');
    let statements = |text| words(text).into_iter().filter(|words| !is_comment(words)).collect::<Vec<_>>();
    if statements(good) != statements(bad) {
        return None;
    }
    Some(if words(good) == words(bad) { POLICY_SPACE } else { POLICY_COMMENT })
}

/// Why a changed TOML file says the same, if it does.
pub(crate) fn toml(good: &[u8], bad: &[u8]) -> Option<&'static str> {
    let (good, bad) = (std::str::from_utf8(good).ok()?, std::str::from_utf8(bad).ok()?);
    if table(good)? != table(bad)? {
        return None;
    }
    // No string of these files holds a `#`.
    let comments = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.split_once('#')).map(|(_, comment)| comment.trim().to_owned()).collect()
    };
    Some(if comments(good) == comments(bad) { TOML_SPACE } else { TOML_COMMENT })
}

/// Why a changed trust file accepts the solver, too, if it does.
pub(crate) fn trust(good: &[u8], bad: &[u8]) -> Option<&'static str> {
    if let Some(why) = toml(good, bad) {
        return Some(why);
    }
    let (mut good, mut bad) = (table(std::str::from_utf8(good).ok()?)?, table(std::str::from_utf8(bad).ok()?)?);
    let versions = |table: &mut toml::Table| {
        let rules = table.get_mut("solvers")?.as_table_mut()?.get_mut("published")?.as_array_mut()?;
        let versions = rules.get_mut(0)?.as_table_mut()?.get_mut("versions")?;
        Some(std::mem::replace(versions, "".into()).as_str()?.to_owned())
    };
    versions(&mut good)?;
    let range = semver::VersionReq::parse(&versions(&mut bad)?).ok()?;
    let solver = headlock::released::solver().unwrap().inspection().name.clone().unwrap();
    (good == bad && range.matches(&solver.1.parse().unwrap())).then_some(RANGE)
}

/// Why a changed manifest asks for the same, if it does.
pub(crate) fn manifest(good: &[u8], bad: &[u8]) -> Option<&'static str> {
    if let Some(why) = toml(good, bad) {
        return Some(why);
    }
    let (mut good, mut bad) = (table(std::str::from_utf8(good).ok()?)?, table(std::str::from_utf8(bad).ok()?)?);
    let about = |table: &toml::Table| table["package"].as_table()?.get("name")?.as_str().map(str::to_owned);
    if bad.contains_key("package") && about(&bad).is_some() && about(&good) != about(&bad) {
        bad["package"] = good["package"].clone();
        return (good == bad).then_some(PACKAGE);
    }
    let place = |table: &mut toml::Table| {
        let local = table.get_mut("overrides")?.as_table_mut()?.get_mut("tool:own")?.as_table_mut()?;
        Some(std::mem::replace(local.get_mut("path")?, "".into()).as_str()?.to_owned())
    };
    let (good_place, bad_place) = (place(&mut good)?, place(&mut bad)?);
    if good == bad {
        return (good_place != bad_place).then_some(PLACE);
    }
    for table in [&mut good, &mut bad] {
        let local = table.get_mut("overrides")?.as_table_mut()?.get_mut("tool:own")?;
        let needed = local.as_table_mut()?.get_mut("dependencies")?.as_table_mut()?.get_mut("tool:cli")?;
        *needed = semver::VersionReq::parse(needed.as_str()?).ok()?.to_string().into();
        for (_, wanted) in table.get_mut("dependencies")?.as_table_mut()? {
            let requirement = match wanted.as_table_mut() {
                Some(wanted) => wanted.get_mut("version")?,
                None => wanted,
            };
            *requirement = semver::VersionReq::parse(requirement.as_str()?).ok()?.to_string().into();
        }
    }
    (good == bad).then_some(REQUIREMENT)
}

fn table(text: &str) -> Option<toml::Table> {
    text.parse().ok()
}

/// Why a changed checkpoint says the same to whoever knows the keys of `known`, if it does: the text and the lines under
/// these keys are as they were, and the others are still signature lines.
pub(crate) fn checkpoint(good: &[u8], bad: &[u8], known: &[&str]) -> Option<&'static str> {
    let (good, bad) = (std::str::from_utf8(good).ok()?, std::str::from_utf8(bad).ok()?);
    if bad.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return None;
    }
    let (text, lines) = bad.rsplit_once("\n\n")?;
    let (good_text, good_lines) = good.rsplit_once("\n\n")?;
    let is_known = |line: &&str| known.iter().any(|name| line.starts_with(&format!("— {name} ")));
    let under = |lines: &'_ str| lines.lines().filter(is_known).map(str::to_owned).collect::<BTreeSet<String>>();
    // Of this form the crate's own tests know more.
    let is_signature = |line: &str| line.parse::<headlock_log::note::Signature>().is_ok();
    let form = lines.ends_with('\n') && lines.split_terminator('\n').all(is_signature);
    (form && text == good_text && under(lines) == under(good_lines)).then_some(UNKNOWN_KEY)
}

/// The section of a lock that a place is in: the header of its table, or "" before the first.
pub(crate) fn section(lock: &[u8], at: usize) -> String {
    let text = std::str::from_utf8(lock).unwrap();
    let mut section = "";
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if start > at {
            break;
        }
        if line.starts_with('[') {
            section = line.trim_end();
        }
        start += line.len();
    }
    section.to_owned()
}
