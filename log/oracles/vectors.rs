//! Keys and signatures found in the text of a document or of a program, and whether they are what they should be.

use std::collections::BTreeSet;

use headlock_log::note::{KeyError, Signature, SignedNote, SigningKey, VerifierKey};

/// What was found and right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// Vkeys of types 01 and 04 that are written the same again.
    pub(crate) vkeys: usize,
    /// Vkeys of other types, refused for that.
    pub(crate) other_types: usize,
    /// Private keys whose public half is among the vkeys, written the same again.
    pub(crate) private_keys: usize,
    /// Whole notes that are written the same again.
    pub(crate) notes: usize,
    /// Signatures that hold under a vkey and for a text found in the same place, and for no other text.
    pub(crate) signatures: usize,
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn from_hex(hex: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}

/// Checks whatever there is.
pub(crate) fn check(document: &str) -> Checked {
    let literals = literals(document);
    let mut checked = Checked::default();
    let mut keys: Vec<VerifierKey> = Vec::new();
    for word in words(&literals) {
        match VerifierKey::parse(word) {
            Ok(key) => {
                assert_eq!(key.to_string(), word);
                keys.push(key);
            }
            Err(KeyError::Kind(_)) => checked.other_types += 1,
            Err(_) => {}
        }
    }
    checked.vkeys = keys.len();
    for word in words(&literals) {
        if let Ok(key) = SigningKey::parse(word) {
            assert_eq!(key.format(), word);
            checked.private_keys += usize::from(keys.contains(&key.verifier()));
        }
    }
    let (mut texts, mut notes) = (BTreeSet::new(), BTreeSet::new());
    let mut signatures: BTreeSet<String> = BTreeSet::new();
    for literal in &literals {
        // A program may leave the last line end to a function.
        let note = format!("{}\n", literal.trim_matches('\n'));
        if let Ok(parsed) = SignedNote::parse(note.as_bytes()) {
            assert_eq!(parsed.format(), note.as_bytes());
            notes.insert(note.clone());
            texts.insert(parsed.text().to_owned());
        }
        texts.insert(note);
        signatures.extend(literal.lines().filter(|line| line.starts_with('\u{2014}')).map(str::to_owned));
    }
    checked.notes = notes.len();
    for signature in signatures.iter().filter_map(|line| line.parse::<Signature>().ok()) {
        let holds = |text: &String| {
            let note = SignedNote::new(text, vec![signature.clone()]);
            note.is_ok_and(|note| note.verify(&keys).is_ok())
        };
        let signed: Vec<&String> = texts.iter().filter(|text| holds(text)).collect();
        assert!(signed.len() <= 1, "one signature of two texts: {signed:?}");
        checked.signatures += signed.len();
        if let Some(text) = signed.first() {
            assert!(!holds(&format!("!{text}")) && !holds(&format!("{text}\n")), "{text}");
        }
    }
    checked
}

fn words(literals: &[String]) -> BTreeSet<&str> {
    literals.iter().flat_map(|literal| literal.split_whitespace()).collect()
}

/// The texts of a document: blocks between fences or indented, and texts between quotes, line ends in them undone.
fn literals(document: &str) -> Vec<String> {
    let mut literals = Vec::new();
    for fence in ["```", "\"\"\"", "`", "\"", "'"] {
        for (number, piece) in document.split(fence).enumerate() {
            if number % 2 == 1 {
                literals.push(piece.replace("\\n", "\n"));
            }
        }
    }
    literals.extend(indented(document));
    literals
}

/// Blocks of lines that are indented by four spaces, blank lines between them included.
pub(crate) fn indented(document: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in document.lines() {
        let last = blocks.len() - 1;
        match line.strip_prefix("    ") {
            Some(line) => blocks[last].push_str(&format!("{line}\n")),
            None if line.is_empty() && !blocks[last].is_empty() => blocks[last].push('\n'),
            None if !blocks[last].is_empty() => blocks.push(String::new()),
            None => {}
        }
    }
    blocks.iter().map(|block| format!("{}\n", block.trim_matches('\n'))).filter(|block| block != "\n").collect()
}

#[test]
fn what_is_found_is_counted_and_what_is_wrong_is_not() {
    let key = SigningKey::generate_from_seed("log.example", [1; 32]).unwrap();
    let note = SignedNote::new("text\n", vec![key.sign("text\n").unwrap()]).unwrap().format();
    let note = String::from_utf8(note).unwrap();
    let document = format!("One:\n\n    {}\n\nand\n```\n{note}```\nand '{}'.\n", key.verifier(), key.format());
    let all = Checked { vkeys: 1, other_types: 0, private_keys: 1, notes: 1, signatures: 1 };
    assert_eq!(check(&document), all);
    assert_eq!(check(&document.replace("text", "test")).signatures, 0);
    assert_eq!(check(&document.replace("log.example+", "log.example+0")), Checked { notes: 1, ..Checked::default() });
}
