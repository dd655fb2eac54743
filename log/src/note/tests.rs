use super::*;

/// The example of signed-note.md.
const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE: &str = "This is an example message.\n\n\
    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::generate_from_seed(name, [seed; 32]).unwrap()
}

fn parse(note: &str) -> Result<SignedNote, NoteError> {
    SignedNote::parse(note.as_bytes())
}

/// A note under a key and a cosignature key.
fn signed() -> (Vec<u8>, [VerifierKey; 2]) {
    let text = "one\n\ntwo\n";
    let (signer, cosigner) = (key("signer.example", 1), key("cosigner.example", 2));
    let signatures = vec![signer.sign(text).unwrap(), cosigner.cosign(1_700_000_000, text).unwrap()];
    (SignedNote::new(text, signatures).unwrap().format(), [signer.verifier(), cosigner.cosigner()])
}

#[test]
fn c2sps_example_verifies() {
    let key = VerifierKey::parse(VKEY).unwrap();
    assert_eq!((key.name(), key.id(), key.kind()), ("example.com/foo", [0x53, 0x0d, 0x90, 0x3a], KeyKind::Ed25519));
    assert_eq!(key.to_string(), VKEY);
    let note = parse(NOTE).unwrap();
    assert_eq!(note.format(), NOTE.as_bytes());
    let verified = note.verify(std::slice::from_ref(&key)).unwrap();
    assert_eq!(verified.text(), "This is an example message.\n");
    assert_eq!(verified.signatures().len(), 1);
    assert_eq!(verified.signatures()[0].key, key);
    assert_eq!(verified.signatures()[0].time, None);
}

#[test]
fn every_changed_byte_of_a_note_takes_a_signature_away() {
    let (bytes, keys) = signed();
    let both_hold = |bytes: &[u8]| {
        SignedNote::parse(bytes).and_then(|note| note.verify(&keys)).is_ok_and(|note| note.signatures().len() == 2)
    };
    assert!(both_hold(&bytes));
    for at in 0..bytes.len() {
        for value in (0..=255).filter(|value| *value != bytes[at]) {
            let mut changed = bytes.clone();
            changed[at] = value;
            assert!(!both_hold(&changed), "byte {at} changed to {value:#04x}");
        }
        let mut shorter = bytes.clone();
        shorter.remove(at);
        assert!(!both_hold(&shorter), "without byte {at}");
    }
}

#[test]
fn a_note_is_split_at_its_last_blank_line() {
    let signer = key("signer.example", 1);
    for text in ["\n", "\n\n", "one\n", "one\n\n", "one\n\n\n", "one\n\n— two AAAAAAAA\n\nthree\n"] {
        let note = SignedNote::new(text, vec![signer.sign(text).unwrap()]).unwrap();
        let again = SignedNote::parse(&note.format()).unwrap();
        assert_eq!(again.text(), text);
        assert_eq!(again, note);
        assert_eq!(again.verify(&[signer.verifier()]).unwrap().text(), text);
    }
}

#[test]
fn what_is_no_note_is_refused() {
    let refused = |note: &str| parse(note).unwrap_err().to_string();
    let form = "expected a signed note: text, a blank line, and signature lines, each line ending in a newline";
    for note in ["", "\n", "one\n", "one", NOTE.trim_end(), &NOTE.replace("\n\n", "\n")] {
        assert_eq!(refused(note), form, "{note:?}");
    }
    // Nothing but the blank line.
    assert_eq!(refused("one\n\n"), form);
    assert_eq!(refused("one\n\n\n"), form);
    assert_eq!(
        refused(&NOTE.replace("message.\n", "message.\r\n")),
        "expected a signed note without control characters, found 0x0d at byte 27"
    );
    assert_eq!(
        refused(&NOTE.replace("This", "\u{1b}his")),
        "expected a signed note without control characters, found 0x1b at byte 0"
    );
    assert_eq!(
        SignedNote::parse(b"one\xff\n\n").unwrap_err().to_string(),
        "expected a signed note in UTF-8, found something else at byte 3"
    );
    assert_eq!(SignedNote::new("one", vec![]).unwrap_err().to_string(), "expected a text that ends in a newline");
    assert_eq!(SignedNote::new("one\n", vec![]), Err(NoteError::Form));
}

#[test]
fn what_is_no_signature_line_is_refused() {
    for line in [
        "",
        "one",
        "— ",
        "— a",
        "— a ",
        "—  AAAAAAA=",
        "- a AAAAAAA=",
        "-- a AAAAAAA=",
        "—a AAAAAAA=",
        " — a AAAAAAA=",
        "— a AAAAAAA= ",
        "— a  AAAAAAA=",
        "— a b AAAAAAA=",
        "— a+b AAAAAAA=",
        "— a\u{a0}b AAAAAAA=",
        "— a\u{3000} AAAAAAA=",
        "— a\u{2028}b AAAAAAA=",
        // Four bytes are an id without a signature.
        "— a AAAAAA==",
        // Not padded, wrongly padded, bits left over, of the alphabet for URLs.
        "— a AAAAAAA",
        "— a AAAAAAA==",
        "— a AAAAAAB=",
        "— a AAAAAA_=",
    ] {
        let refused = parse(&format!("one\n\n{line}\n— b AAAAAAA=\n"));
        // A blank line there ends the text.
        if line.is_empty() {
            assert_eq!(refused.unwrap().text(), "one\n\n");
            continue;
        }
        assert_eq!(refused, Err(NoteError::Signature(line.to_owned())));
    }
    assert_eq!(
        parse("one\n\n— a AAAAAA_=\n").unwrap_err().to_string(),
        "expected a signature line `— NAME BASE64`, found \"— a AAAAAA_=\""
    );
    let lines = "— a AAAAAAA=\n— \u{e9}\u{202e} AAAAAAA=\n";
    let note = parse(&format!("one\n\n{lines}")).unwrap();
    assert_eq!(note.signatures().iter().map(|line| format!("{line}\n")).collect::<String>(), lines);
}

#[test]
fn limits() {
    let line = "— a AAAAAAA=\n";
    let most = format!("one\n\n{}", line.repeat(100));
    assert_eq!(parse(&most).unwrap().signatures().len(), 100);
    assert_eq!(parse(&format!("{most}{line}")).unwrap_err().to_string(), "expected at most 100 signatures, found more");
    let fill = |length: usize| format!("{}\n\n{line}", "x".repeat(length - 2 - line.len()));
    assert!(parse(&fill(65_536)).is_ok());
    assert_eq!(
        parse(&fill(65_537)).unwrap_err().to_string(),
        "expected a signed note of at most 65536 bytes, found 65537 bytes"
    );
}

#[test]
fn unknown_keys_are_ignored_and_known_ones_must_hold() {
    let text = "one\n";
    let (known, other) = (key("known.example", 1), key("other.example", 2));
    let keys = [known.verifier()];
    let good = known.sign(text).unwrap();
    let mut bad = good.clone();
    bad.bytes[5] ^= 1;
    let verify = |signatures: Vec<Signature>| SignedNote::new(text, signatures).unwrap().verify(&keys);

    assert_eq!(verify(vec![other.sign(text).unwrap(), good.clone()]).unwrap().signatures().len(), 1);
    // A key may sign twice; each signature must hold.
    assert_eq!(verify(vec![good.clone(), good.clone()]).unwrap().signatures().len(), 2);
    for signatures in [vec![bad.clone()], vec![good.clone(), bad.clone()], vec![bad.clone(), good.clone()]] {
        assert_eq!(
            verify(signatures).unwrap_err().to_string(),
            "the signature by \"known.example\" does not hold: the note or the signature was changed"
        );
    }
    assert_eq!(
        verify(vec![other.sign(text).unwrap()]).unwrap_err().to_string(),
        format!("no signature is by a known key; the note is signed by {:?}", other.verifier().keyid())
    );
    // Name and id decide together: a bad signature with only one of them is somebody else's.
    let renamed = Signature { name: "another.example".to_owned(), ..bad.clone() };
    let renumbered = Signature { id: [0; 4], ..bad };
    assert_eq!(verify(vec![renamed.clone(), renumbered.clone(), good.clone()]).unwrap().signatures().len(), 1);
    assert!(matches!(verify(vec![renamed]), Err(NoteError::Unknown(_))));
    assert!(matches!(verify(vec![renumbered]), Err(NoteError::Unknown(_))));
    // A cosignature key of the same bytes has another id.
    let note = SignedNote::new(text, vec![good]).unwrap();
    assert!(matches!(note.verify(&[known.cosigner()]), Err(NoteError::Unknown(_))));
    assert!(matches!(note.verify(&[]), Err(NoteError::Unknown(_))));
    // A key that is given twice is one key.
    assert_eq!(note.verify(&[known.verifier(), known.verifier()]).unwrap().signatures().len(), 1);
}

#[test]
fn signatures_of_another_length_do_not_hold() {
    let (text, signer) = ("one\n", key("a", 1));
    for (made, verifier) in
        [(signer.sign(text).unwrap(), signer.verifier()), (signer.cosign(7, text).unwrap(), signer.cosigner())]
    {
        for length in (1..made.bytes.len()).chain([made.bytes.len() + 1]) {
            let mut bytes = made.bytes.clone();
            bytes.resize(length, 0);
            let note = SignedNote::new(text, vec![Signature { bytes, ..made.clone() }]).unwrap();
            assert_eq!(note.verify(std::slice::from_ref(&verifier)), Err(NoteError::Bad("a".to_owned())));
        }
    }
}

#[test]
fn a_cosignature_covers_time_and_text() {
    let text = "origin.example\n7\nAAAA\n";
    assert_eq!(cosignature_message(1679315147, text), b"cosignature/v1\ntime 1679315147\norigin.example\n7\nAAAA\n");
    let cosigner = key("cosigner.example", 2);
    let keys = [cosigner.cosigner()];
    for time in [0, 1, 1_700_000_000, i64::MAX as u64] {
        let signature = cosigner.cosign(time, text).unwrap();
        assert_eq!(signature.bytes.len(), 72);
        assert_eq!(signature.bytes[..8], time.to_be_bytes());
        let verified = SignedNote::new(text, vec![signature.clone()]).unwrap().verify(&keys).unwrap();
        assert_eq!(verified.signatures()[0].time, Some(time));
        let mut moved = signature;
        moved.bytes[7] ^= 1;
        assert!(matches!(SignedNote::new(text, vec![moved]).unwrap().verify(&keys), Err(NoteError::Bad(_))));
    }
    assert_eq!(
        cosigner.cosign(1 << 63, text).unwrap_err().to_string(),
        "expected a time of at most 2^63 - 1 seconds, found 9223372036854775808"
    );
    // Made elsewhere with such a time, it does not hold either.
    let mut later = cosigner.sign("ignored\n").unwrap();
    let time = 1_u64 << 63;
    let message = String::from_utf8(cosignature_message(time, text)).unwrap();
    later.id = cosigner.cosigner().id();
    later.bytes = [&time.to_be_bytes()[..], &cosigner.sign(&message).unwrap().bytes].concat();
    assert!(matches!(SignedNote::new(text, vec![later]).unwrap().verify(&keys), Err(NoteError::Bad(_))));
    assert_eq!(cosigner.cosign(0, "no newline"), Err(NoteError::Text));
    assert_eq!(cosigner.sign("no newline"), Err(NoteError::Text));
}

#[test]
fn keys_of_other_implementations() {
    // The example of Go's package note.
    let private = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let key = SigningKey::parse(private).unwrap();
    assert_eq!(key.verifier().to_string(), "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    assert_eq!(key.format(), private);
    assert_eq!(key.name(), "PeterNeumann");
}

#[test]
fn keys_have_one_text() {
    let signer = key("signer.example/log", 7);
    let again = SigningKey::parse(&signer.format()).unwrap();
    assert_eq!(again.format(), signer.format());
    for verifier in [signer.verifier(), signer.cosigner()] {
        assert_eq!(verifier.to_string().parse(), Ok(verifier.clone()));
        assert_eq!(VerifierKey::new(verifier.name(), verifier.kind(), &verifier.public_key()), Ok(verifier));
    }
    assert_ne!(signer.verifier().id(), signer.cosigner().id());
    // The private key is shown to nobody who does not ask for it.
    assert_eq!(format!("{signer:?}"), format!("SigningKey({})", signer.verifier()));
}

#[test]
fn every_changed_byte_of_a_vkey_is_refused() {
    let (signer, cosigner) = (key("signer.example", 7).verifier(), key("cosigner.example", 7).cosigner());
    for vkey in [signer.to_string(), cosigner.to_string()] {
        for at in 0..vkey.len() {
            for value in (0..128_u8).filter(|value| *value != vkey.as_bytes()[at]) {
                let mut changed = vkey.clone().into_bytes();
                changed[at] = value;
                let changed = String::from_utf8(changed).unwrap();
                assert!(VerifierKey::parse(&changed).is_err(), "{changed:?}");
            }
        }
    }
}

#[test]
fn what_is_no_vkey_is_refused() {
    let refused = |vkey: &str| VerifierKey::parse(vkey).unwrap_err().to_string();
    let (name, rest) = VKEY.split_once('+').unwrap();
    let base64 = rest.split_once('+').unwrap().1;
    for vkey in [
        "",
        "a",
        "a+b",
        "+",
        "++",
        &format!("{name}+530d903a"),
        &format!("{VKEY}\n"),
        &format!("{VKEY} "),
        &VKEY[..VKEY.len() - 4],
    ] {
        assert_eq!(refused(vkey), format!("expected a vkey NAME+ID+BASE64, found {}", quoted(vkey)));
    }
    assert_eq!(
        refused(&format!("{name}+530d903b+{base64}")),
        "expected the id 530d903a, found \"530d903b\": the name or the key was changed"
    );
    assert_eq!(
        refused(&format!("{name}+530D903A+{base64}")),
        "expected the id 530d903a, found \"530D903A\": the name or the key was changed"
    );
    let name_error = |name: &str| {
        format!(
            "expected a key's name of 1 to 255 bytes without spaces, control characters and `+`, found {}",
            quoted(name)
        )
    };
    for name in ["", "a b", "a\u{a0}", "a\tb", "a\u{7f}", &"x".repeat(256)] {
        assert_eq!(refused(&format!("{name}+530d903a+{base64}")), name_error(name));
        assert_eq!(SigningKey::generate_from_seed(name, [1; 32]).unwrap_err().to_string(), name_error(name));
    }
    assert_eq!(SigningKey::generate_from_seed("a+b", [1; 32]).unwrap_err().to_string(), name_error("a+b"));
    let of_type = |kind: u8| format!("a+00000000+{}", STANDARD.encode([&[kind][..], &[9; 32]].concat()));
    for kind in [0, 2, 3, 5, 6, 0xff] {
        assert_eq!(
            refused(&of_type(kind)),
            format!("expected an Ed25519 key (type 01) or an Ed25519 cosignature key (type 04), found type {kind:02x}")
        );
    }
    assert!(VerifierKey::parse(&"x".repeat(1000)).is_err());
}

#[test]
fn keys_under_which_anybody_can_sign_are_refused() {
    // The neutral element, and other points of small order.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    for bytes in [neutral, [0; 32], {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xec;
        bytes[31] = 0x7f;
        bytes
    }] {
        for kind in [KeyKind::Ed25519, KeyKind::Cosignature] {
            assert_eq!(
                VerifierKey::new("a", kind, &bytes).unwrap_err().to_string(),
                "the key's bytes are not a usable Ed25519 public key"
            );
        }
    }
    // Not a point at all.
    let mut bytes = [0; 32];
    bytes[0] = 2;
    assert_eq!(VerifierKey::new("a", KeyKind::Ed25519, &bytes), Err(KeyError::Bytes));
}

#[test]
fn a_key_has_one_encoding() {
    // From 2^255 - 19 on, y is read as if that were taken away: y = 3, 4, ... are points, and not of small order.
    let mut points = 0;
    for y in 0..19u8 {
        for sign in [0, 0x80] {
            let mut reduced = [0; 32];
            (reduced[0], reduced[31]) = (y, sign);
            let mut beyond = [0xff; 32];
            (beyond[0], beyond[31]) = (0xed + y, 0x7f | sign);
            points += usize::from(VerifierKey::new("a", KeyKind::Ed25519, &reduced).is_ok());
            assert_eq!(VerifierKey::new("a", KeyKind::Ed25519, &beyond), Err(KeyError::Bytes), "y = p + {y}");
        }
    }
    assert!(points >= 10, "{points}");
}

#[test]
fn what_is_no_private_key_is_refused() {
    let private = key("signer.example", 7).format();
    let refused = |text: &str| SigningKey::parse(text).unwrap_err();
    for text in [
        "",
        "PRIVATE+KEY+",
        VKEY,
        &private[1..],
        &private[..private.len() - 4],
        &format!("{private}\n"),
        &"x".repeat(1000),
    ] {
        assert_eq!(refused(text).to_string(), "expected a private key PRIVATE+KEY+NAME+ID+BASE64", "{text}");
    }
    let base64 = private.rsplit('+').next().unwrap();
    let other = private.replace("signer.example", "other.example");
    assert!(matches!(refused(&other), KeyError::Id { .. }));
    assert!(!refused(&other).to_string().contains(base64));
    let cosigner = format!("PRIVATE+KEY+a+00000000+{}", STANDARD.encode([&[4][..], &[9; 32]].concat()));
    assert_eq!(refused(&cosigner).to_string(), "expected a private key of type 01, found type 04");
}

#[test]
fn keys_have_a_length() {
    // What is too long is not taken apart; what is not, is, and has too long a name.
    let sized = |begin: &str, length: usize| {
        let end = "+00000000+".to_owned() + &STANDARD.encode([&[1][..], &[9; 32]].concat());
        format!("{begin}{}{end}", "a".repeat(length - begin.len() - end.len()))
    };
    assert!(matches!(VerifierKey::parse(&sized("", 512)), Err(KeyError::Name(_))));
    assert!(matches!(VerifierKey::parse(&sized("", 513)), Err(KeyError::Form(_))));
    assert!(matches!(SigningKey::parse(&sized("PRIVATE+KEY+", 512)), Err(KeyError::Name(_))));
    assert!(matches!(SigningKey::parse(&sized("PRIVATE+KEY+", 513)), Err(KeyError::PrivateForm)));
}

#[test]
fn keys_are_shown_by_their_public_half() {
    let key = key("signer.example", 7);
    let public = key.verifier().to_string();
    assert_eq!(format!("{:?}", key.verifier()), format!("VerifierKey({public})"));
    assert_eq!(format!("{key:?}"), format!("SigningKey({public})"));
}
