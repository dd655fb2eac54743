//! Programs that sign, and programs that do not.

use std::time::Duration;

use headlock_log::note::SigningKey;

use super::*;
use crate::error::ErrorKind;

const TEXT: &str = "registry.example/test\n3\nAAAA\n";

fn key() -> SigningKey {
    SigningKey::generate_from_seed("registry.example/test", [7; 32]).expect("a key")
}

/// What a script answers that is run with two arguments.
fn says(script: &str, time: u64) -> Result<Signature> {
    let arguments = ["-c", script, "sh", "one two", "$(three)"].map(OsString::from).to_vec();
    let program = Program { path: PathBuf::from("/bin/sh"), arguments, time: Duration::from_millis(time) };
    program.sign(&key().verifier(), TEXT)
}

/// A shell's word for bytes.
fn octal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:03o}")).collect()
}

#[test]
fn a_signature_is_taken_as_bytes_or_as_base64() {
    let signed = key().sign(TEXT).expect("signed");
    let (raw, base64) = (octal(&signed.bytes), STANDARD.encode(&signed.bytes));
    for script in [
        format!("printf '{raw}'"),
        format!("printf '{base64}'"),
        format!("cat > /dev/null; echo {base64}"),
        format!("printf '{base64}\\r\\n'"),
        // It gets the bytes and its arguments as they are.
        format!("test \"$(cat; echo x)\" = '{TEXT}x' && test \"$1-$2\" = 'one two-$(three)' && echo {base64}"),
    ] {
        assert_eq!(says(&script, 20_000).expect(&script), signed);
    }
}

#[test]
fn what_is_no_signature_is_refused() {
    let other = STANDARD.encode(key().sign("other\n").expect("signed").bytes);
    let stranger = SigningKey::generate_from_seed("registry.example/test", [8; 32]).expect("a key");
    let strange = STANDARD.encode(stranger.sign(TEXT).expect("signed").bytes);
    let right = STANDARD.encode(key().sign(TEXT).expect("signed").bytes);
    let form = |length: usize| format!("expected a signature of 64 bytes, or that in base64, found {length} bytes");
    for (script, kind, expected) in [
        (format!("echo {other}"), ErrorKind::Refused, "/bin/sh: expected a signature by ".to_owned()),
        (format!("echo {strange}"), ErrorKind::Refused, "/bin/sh: expected a signature by ".to_owned()),
        ("printf '%064d' 0".to_owned(), ErrorKind::Refused, "/bin/sh: expected a signature by ".to_owned()),
        (":".to_owned(), ErrorKind::CouldNotCheck, form(0)),
        ("echo no".to_owned(), ErrorKind::CouldNotCheck, form(3)),
        (format!("echo {right}; echo"), ErrorKind::CouldNotCheck, form(90)),
        ("yes".to_owned(), ErrorKind::CouldNotCheck, "expected at most 90 bytes, found more".to_owned()),
        (format!("echo {right}; exit 3"), ErrorKind::CouldNotCheck, "it failed: exit status: 3".to_owned()),
    ] {
        let error = says(&script, 20_000).expect_err(&script);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(&expected), "{error}");
    }
    for (script, expected) in [
        ("exec sleep 20".to_owned(), "no answer within 0.2 s"),
        // Somebody else holds its output open.
        ("sleep 20 & exit 0".to_owned(), "no answer within 0.2 s"),
        (format!("echo {right}; exec sleep 20 >&-"), "it does not end within 0.2 s"),
    ] {
        let began = Instant::now();
        let error = says(&script, 200).expect_err(&script);
        assert!(error.to_string().contains(expected), "{error}");
        assert!(began.elapsed() < Duration::from_secs(15), "{script}");
    }
    let missing =
        Program { path: PathBuf::from("/nonexistent/signer"), arguments: vec![], time: Duration::from_secs(1) };
    let error = missing.sign(&key().verifier(), TEXT).expect_err("no program");
    assert!(error.to_string().starts_with("the signer /nonexistent/signer: "), "{error}");
    assert_eq!(error.kind(), ErrorKind::CouldNotCheck);
}

#[test]
fn the_last_head_is_kept_and_one_process_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key.signed");
    let memory = LastSigned::open(&path).expect("a file");
    assert_eq!(memory.last().expect("nothing"), None);
    let head =
        Head { origin: "registry.example/test".to_owned(), size: 3, root: headlock_log::digest::Digest([1; 32]) };
    memory.remember(&head).expect("written");
    assert_eq!(memory.last().expect("a head"), Some(head));
    let error = LastSigned::open(&path).expect_err("it is open");
    assert_eq!(error.to_string(), format!("{} is used by another process", path.display()));
    for spoilt in ["", "headlock signed 1\n", "headlock signed 1\na\n3\n", "registry.example/test\n3\nAAAA\n"] {
        std::fs::write(&path, spoilt).expect("written");
        assert_eq!(memory.last().expect_err(spoilt).kind(), ErrorKind::CouldNotCheck);
    }
    drop(memory);
    LastSigned::open(&path).expect("it is free again");
    assert!(folder.path().join("key.signed.lock").exists(), "something was signed");
}

#[test]
fn where_nothing_was_signed_nothing_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key.signed");
    let lock = folder.path().join("key.signed.lock");
    let memory = LastSigned::open(&path).expect("a file");
    assert!(lock.exists());
    assert!(LastSigned::open(&path).is_err(), "it is open");
    assert!(lock.exists(), "who was refused takes nothing away");
    drop(memory);
    assert!(!lock.exists());
    LastSigned::open(&path).expect("it is free again");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
