//! Changing the text of a trust file: what is added is added, and all else stays as it was written, comments too.

use headlock_log::digest::Digest;
use toml_edit::{
    Array, ArrayOfTables, DocumentMut, InlineTable, Item, RawString, Table, TableLike, TomlError, Value, value,
};

use crate::trust::SolverRule;

/// Adds a component to those that are accepted by their sha256.
///
/// # Errors
/// What is no TOML, or no list where one belongs.
pub(super) fn add_hash(text: &str, sha256: &Digest) -> Result<String, String> {
    edit(text, |solvers| {
        let accept = solvers.entry("accept").or_insert(value(Array::new()));
        let list = accept.as_array_mut().ok_or("expected solvers.accept as a list, found otherwise")?;
        push(list, sha256.to_string().into());
        Ok(())
    })
}

/// Adds a rule.
///
/// # Errors
/// As [`add_hash`].
pub(super) fn add_rule(text: &str, rule: &SolverRule) -> Result<String, String> {
    let versions = rule.versions.to_string();
    let fields = [("registry", rule.registry.as_str()), ("package", &rule.package), ("versions", &versions)];
    edit(text, |solvers| {
        let rules = solvers.entry("published").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        if let Some(tables) = rules.as_array_of_tables_mut() {
            let mut table = Table::new();
            for (key, text) in fields {
                table.insert(key, value(text));
            }
            tables.push(table);
            return Ok(());
        }
        let list = rules.as_array_mut().ok_or("expected solvers.published as tables, found otherwise")?;
        let mut table = InlineTable::new();
        for (key, text) in fields {
            table.insert(key, text.into());
        }
        list.push(table);
        Ok(())
    })
}

/// Adds an entry to the end of a list: on a line of its own, if the list has several, and behind what comments stand there.
fn push(list: &mut Array, mut entry: Value) {
    let text = |raw: Option<&RawString>| raw.and_then(RawString::as_str).unwrap_or_default().to_owned();
    let mut behind = text(Some(list.trailing()));
    let indent = list.iter().last().map(|last| text(last.decor().prefix()));
    if !list.trailing_comma()
        && let Some(last) = list.iter_mut().last()
    {
        behind.insert_str(0, &text(last.decor().suffix()));
        last.decor_mut().set_suffix("");
    }
    let indent = match &indent {
        Some(before) => before.rsplit_once('\n').map(|(_, indent)| indent.to_owned()),
        None => None,
    };
    if indent.is_some() || behind.contains('\n') {
        let indent = indent.unwrap_or_else(|| "    ".to_owned());
        entry.decor_mut().set_prefix(format!("{}\n{indent}", behind.trim_end()));
        list.set_trailing("\n");
        list.set_trailing_comma(true);
    } else if !list.is_empty() {
        entry.decor_mut().set_prefix(" ");
    }
    list.push_formatted(entry);
}

/// Changes the section `[solvers]`, which is made if it is not there.
fn edit(text: &str, change: impl FnOnce(&mut dyn TableLike) -> Result<(), &'static str>) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: TomlError| error.message().to_owned())?;
    let mut section = Table::new();
    // Its header is written if a field stands right below it.
    section.set_implicit(true);
    let solvers = document.entry("solvers").or_insert(Item::Table(section));
    change(solvers.as_table_like_mut().ok_or("expected solvers as a table, found otherwise")?)?;
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use semver::VersionReq;

    use super::*;

    fn rule() -> SolverRule {
        let (registry, package) = ("solvers.example/log".to_owned(), "headlock:solver".to_owned());
        SolverRule { registry, package, versions: VersionReq::parse("^0.1").unwrap() }
    }

    const RULE: &str = "[[solvers.published]]\nregistry = \"solvers.example/log\"\npackage = \"headlock:solver\"\nversions = \"^0.1\"\n";

    #[test]
    fn what_was_written_stays() {
        let hash = Digest([7; 32]);
        let text = "# Mine.\nlogs = \"logs.policy\" # whose\n\n[urls]\n\"a.example\" = [\"file:a\"]\n";
        assert_eq!(add_hash(text, &hash).unwrap(), format!("{text}\n[solvers]\naccept = [\"{hash}\"]\n"));
        assert_eq!(add_rule(text, &rule()).unwrap(), format!("{text}\n{RULE}"));
        let lists = [
            ("[]", "[\"HASH\"]"),
            ("[\"00\"]", "[\"00\", \"HASH\"]"),
            ("[\n  \"00\", # of old\n]", "[\n  \"00\", # of old\n  \"HASH\",\n]"),
            ("[\n\t\"00\" # of old\n]", "[\n\t\"00\", # of old\n\t\"HASH\",\n]"),
            ("[\n    # none yet\n]", "[\n    # none yet\n    \"HASH\",\n]"),
        ];
        for (before, after) in lists {
            let text = |list: &str| format!("[solvers] # whom\n# One.\naccept = {list}\n# Then.\n");
            let expected = text(after).replace("HASH", &hash.to_string());
            assert_eq!(add_hash(&text(before), &hash), Ok(expected));
        }
        let twice = add_rule(&add_rule(text, &rule()).unwrap(), &rule()).unwrap();
        assert_eq!(twice, format!("{text}\n{RULE}\n{RULE}"));
    }

    #[test]
    fn what_has_another_form_is_refused() {
        for text in ["solvers = 1\n", "[solvers]\naccept = 1\n", "[[solvers]]\n", "x\n"] {
            assert!(add_hash(text, &Digest([7; 32])).is_err(), "{text}");
        }
        assert!(add_rule("[solvers]\npublished = 1\n", &rule()).is_err());
    }
}
