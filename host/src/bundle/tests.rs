use std::io::Cursor;

use super::form::{self, FormError, List};
use super::*;
use crate::error::ErrorKind;

fn list(text: &str) -> std::result::Result<List, FormError> {
    form::read(&mut Cursor::new(text.as_bytes())).unwrap()
}

fn fault(text: &str) -> String {
    list(text).unwrap_err().to_string()
}

#[test]
fn a_list_has_one_form() {
    let text = "headlock bundle 1\n3 a\n0 a/b\n70 b\n\n";
    let List { entries, end } = list(text).unwrap();
    let places: Vec<(&str, u64, u64)> =
        entries.iter().map(|entry| (entry.name.as_str(), entry.start, entry.length)).collect();
    let start = text.len() as u64;
    assert_eq!(places, [("a", start, 3), ("a/b", start + 3, 0), ("b", start + 3, 70)]);
    assert_eq!(end, start + 73);
    assert_eq!(list("headlock bundle 1\n\n").unwrap().end, 19);

    let first = "expected `headlock bundle 1` as the first line: this is no bundle, or one of a newer headlock";
    for text in ["", "headlock bundle 1", "headlock bundle 1\r\n\n", "headlock bundle 2\n\n", "\nheadlock bundle 1\n\n"]
    {
        assert_eq!(fault(text), first, "{text:?}");
    }
    let line = "expected `LENGTH NAME`, LENGTH in decimal without leading zeros, or an empty line behind the last";
    let wrong = [
        "",
        "3 a",
        "3",
        "3 \n",
        " a\n",
        "03 a\n",
        "00 a\n",
        "+3 a\n",
        "3  a\n",
        "3 a b\n",
        "3 a\r\n",
        "3 ä\n",
        "3 \u{1b}\n",
        "1099511627777 a\n",
        "18446744073709551616 a\n",
        "-1 a\n",
    ];
    for wrong in wrong {
        assert_eq!(
            fault(&format!("headlock bundle 1\n1 A\n{wrong}\n")[..18 + 4 + wrong.len()]),
            format!("line 3: {line}"),
            "{wrong:?}"
        );
    }
    let long = format!("headlock bundle 1\n1 {}\n\n", "a".repeat(510));
    assert_eq!(fault(&long), format!("line 2: {line}"));
    assert!(list(&format!("headlock bundle 1\n1 {}\n\n", "a".repeat(509))).is_ok());
}

#[test]
fn names_ascend_and_lengths_add_up_to_a_limit() {
    let order =
        |before: &str, found: &str| format!("line 3: expected a name that comes after \"{before}\", found \"{found}\"");
    assert_eq!(fault("headlock bundle 1\n1 b\n1 a\n\n"), order("b", "a"));
    assert_eq!(fault("headlock bundle 1\n1 a\n1 a\n\n"), order("a", "a"));
    assert!(list("headlock bundle 1\n1099511627700 a\n\n").is_ok());
    let long = "expected at most 1099511627776 bytes, by what the list says, found more";
    assert_eq!(fault("headlock bundle 1\n1099511627776 a\n\n"), long);
    assert_eq!(fault("headlock bundle 1\n1099511627776 a\n1099511627776 b\n\n"), long);
}

fn opened(bytes: &[u8]) -> Result<Bundle> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Bundle::open(file.path())
}

#[test]
fn files_are_had_by_name_and_counted_as_read() {
    let bundle = opened(b"headlock bundle 1\n2 a\n0 b\n3 c\n\nxyabc").unwrap();
    assert_eq!(bundle.files(), 3);
    assert_eq!(bundle.read("a", 2).unwrap().unwrap(), b"xy");
    assert!(matches!(bundle.read("a", 1), Some(Err(ReadError::TooLong))));
    assert!(bundle.read("d", 9).is_none());
    let error = bundle.check_all_read().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::No);
    assert!(
        error.to_string().ends_with(": holds a file that the lock's verification does not read: b and 1 more")
            || error.to_string().contains("does not read: b and 1 more")
    );
    assert_eq!(bundle.read("b", 0).unwrap().unwrap(), b"");
    assert_eq!(bundle.read("c", 9).unwrap().unwrap(), b"abc");
    bundle.check_all_read().unwrap();
}

#[test]
fn bytes_in_memory_are_read_like_a_file() {
    let bundle = Bundle::of_bytes(Path::new("b"), b"headlock bundle 1\n2 a\n0 b\n\nxy".to_vec()).unwrap();
    assert_eq!(bundle.read("a", 2).unwrap().unwrap(), b"xy");
    assert_eq!(
        bundle.check_all_read().unwrap_err().to_string(),
        "b holds a file that the lock's verification does not read: b"
    );
}

#[test]
fn a_bundle_has_as_many_bytes_as_its_list_says() {
    for bytes in [&b"headlock bundle 1\n2 a\n\nx"[..], b"headlock bundle 1\n2 a\n\nxyz"] {
        let error = opened(bytes).unwrap_err();
        assert_eq!(Bundle::of_bytes(Path::new("b"), bytes.to_vec()).unwrap_err().kind(), ErrorKind::Malformed);
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.to_string().contains("expected 25 bytes, by what its list says, found "), "{error}");
    }
    assert_eq!(opened(b"").unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (file, bundle) = (folder.path().join("file"), folder.path().join("bundle"));
    std::fs::write(&file, "four").unwrap();
    let parts = || vec![Part::component(b"component"), Part::file("content/x".to_owned(), 4, file.clone())];
    let written = write(parts(), &bundle).unwrap();
    let bytes = std::fs::read(&bundle).unwrap();
    assert_eq!(written, Written { files: 2, bytes: bytes.len() as u64 });
    let opened = Bundle::open(&bundle).unwrap();
    assert_eq!(opened.read("content/x", 4).unwrap().unwrap(), b"four");
    let sha256 = Digest::of(b"component");
    assert_eq!(opened.component(&sha256, 9).unwrap().unwrap(), b"component");
    opened.check_all_read().unwrap();
    std::fs::write(&file, "other").unwrap();
    assert_eq!(write(parts(), &bundle).unwrap_err().kind(), ErrorKind::CouldNotCheck);
    assert_eq!(std::fs::read(&bundle).unwrap(), bytes);
}
