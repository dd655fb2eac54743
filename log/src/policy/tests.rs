use super::*;
use crate::digest::Digest;
use crate::note::{KeyKind, SigningKey};

const ORIGIN: &str = "log.example/index";

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::generate_from_seed(name, [seed; 32]).unwrap()
}

/// `log.example/index` has seed 1; the witness of number n has seed 10 + n.
fn log() -> SigningKey {
    key(ORIGIN, 1)
}

fn witness(number: u8) -> SigningKey {
    key(&format!("witness.example/{number}"), 10 + number)
}

/// The lines of the log and of `count` witnesses W1, W2, …, then others.
fn policy_text(count: u8, rest: &str) -> String {
    let witnesses: String = (1..=count).map(|n| format!("witness W{n} {}\n", witness(n).cosigner())).collect();
    format!("log {}\n{witnesses}{rest}", log().verifier())
}

fn policy(count: u8, rest: &str) -> Policy {
    Policy::parse(&policy_text(count, rest)).unwrap()
}

fn head() -> Head {
    Head { origin: ORIGIN.to_owned(), size: 7, root: Digest::of(b"root") }
}

/// A checkpoint that the log has signed, and the witnesses of these numbers have cosigned.
fn checkpoint(witnesses: &[u8]) -> Vec<u8> {
    let text = head().text();
    let mut signatures = vec![log().sign(&text).unwrap()];
    signatures.extend(witnesses.iter().map(|n| witness(*n).cosign(1000 + u64::from(*n), &text).unwrap()));
    SignedNote::new(&text, signatures).unwrap().format()
}

fn refused(text: &str) -> String {
    Policy::parse(text).unwrap_err().to_string()
}

#[test]
fn a_policy_without_quorum_asks_for_the_log_alone() {
    let policy = policy(0, "quorum none\n");
    let accepted = policy.accept(ORIGIN, &checkpoint(&[])).unwrap();
    assert_eq!(accepted.head(), &head());
    assert_eq!(accepted.log_signature().name, ORIGIN);
    assert_eq!(accepted.cosignatures(), []);
    assert_eq!(accepted.checkpoint().note().format(), checkpoint(&[]));
    assert_eq!(policy.quorum(), None);
    assert_eq!(policy.describe_quorum(), "1 log key, quorum none");
    assert_eq!(
        policy.accept("other.example", &checkpoint(&[])).unwrap_err().to_string(),
        "the policy names no log \"other.example\""
    );
}

#[test]
fn c2sps_example_of_two_levels() {
    let policy = policy(
        6,
        "group X-witnesses 2 W1 W2 W3\n\
         group Y-witnesses any W4 W5 W6\n\
         group X-and-Y all X-witnesses Y-witnesses\n\
         quorum X-and-Y\n",
    );
    assert_eq!(policy.quorum(), Some("X-and-Y"));
    assert_eq!(policy.describe_quorum(), "1 log key, 6 witnesses, quorum \"X-and-Y\"");
    // Every set of witnesses.
    for set in 0..64_u8 {
        let witnesses: Vec<u8> = (1..=6).filter(|n| set >> (n - 1) & 1 == 1).collect();
        let expected = (set & 7).count_ones() >= 2 && (set >> 3).count_ones() >= 1;
        let accepted = policy.accept(ORIGIN, &checkpoint(&witnesses));
        assert_eq!(accepted.is_ok(), expected, "{witnesses:?}");
        if let Ok(accepted) = accepted {
            let found: Vec<(String, u64)> =
                accepted.cosignatures().iter().map(|found| (found.witness.clone(), found.time)).collect();
            let cosigned: Vec<(String, u64)> =
                witnesses.iter().map(|n| (format!("W{n}"), 1000 + u64::from(*n))).collect();
            assert_eq!(found, cosigned);
        }
    }
    assert_eq!(
        policy.accept(ORIGIN, &checkpoint(&[1, 6])).unwrap_err().to_string(),
        "expected cosignatures that reach the quorum \"X-and-Y\", found \"W1\", \"W6\""
    );
    assert_eq!(
        policy.accept(ORIGIN, &checkpoint(&[])).unwrap_err().to_string(),
        "expected cosignatures that reach the quorum \"X-and-Y\", found none"
    );
}

#[test]
fn a_single_witness_may_be_the_quorum() {
    let policy = policy(2, "quorum W2\n");
    assert!(policy.accept(ORIGIN, &checkpoint(&[2])).is_ok());
    assert!(policy.accept(ORIGIN, &checkpoint(&[1, 2])).is_ok());
    assert!(matches!(policy.accept(ORIGIN, &checkpoint(&[1])), Err(PolicyError::Quorum { .. })));
    assert_eq!(policy.describe_quorum(), "1 log key, 2 witnesses, quorum \"W2\"");
}

#[test]
fn a_witness_counts_once() {
    let policy = policy(2, "group both all W1 W2\nquorum both\n");
    assert!(matches!(policy.accept(ORIGIN, &checkpoint(&[1, 1])), Err(PolicyError::Quorum { .. })));
    // Under another name it is another key, which nobody knows.
    let text = head().text();
    let again = key("witness.example/2", 11).cosign(5, &text).unwrap();
    let signatures = vec![log().sign(&text).unwrap(), witness(1).cosign(5, &text).unwrap(), again];
    let note = SignedNote::new(&text, signatures).unwrap().format();
    assert!(matches!(policy.accept(ORIGIN, &note), Err(PolicyError::Quorum { .. })));
}

#[test]
fn a_known_witness_must_not_sign_badly() {
    let text = head().text();
    let mut bad = witness(1).cosign(5, &text).unwrap();
    bad.bytes[0] ^= 1;
    let note = SignedNote::new(&text, vec![log().sign(&text).unwrap(), bad]).unwrap().format();
    let said = "the signature by \"witness.example/1\" does not hold: the note or the signature was changed";
    assert_eq!(policy(1, "quorum none\n").accept(ORIGIN, &note).unwrap_err().to_string(), said);
    // Nobody knows it: it is ignored.
    assert!(policy(0, "quorum none\n").accept(ORIGIN, &note).is_ok());
}

#[test]
fn cosignatures_do_not_stand_in_for_the_log() {
    let text = head().text();
    let note = SignedNote::new(&text, vec![witness(1).cosign(5, &text).unwrap()]).unwrap().format();
    let by = witness(1).cosigner().keyid();
    let said = format!("no signature is by a known key; the note is signed by {by:?}");
    assert_eq!(policy(1, "quorum W1\n").accept(ORIGIN, &note).unwrap_err().to_string(), said);
    // Nor does a witness that signs as notes are signed.
    let signatures = vec![log().sign(&text).unwrap(), witness(1).sign(&text).unwrap()];
    let note = SignedNote::new(&text, signatures).unwrap().format();
    assert!(matches!(policy(1, "quorum W1\n").accept(ORIGIN, &note), Err(PolicyError::Quorum { .. })));
}

#[test]
fn a_log_may_have_two_keys() {
    let newer = key(ORIGIN, 2);
    let text = policy_text(0, &format!("log {} https://log.example/\nquorum none\n", newer.verifier()));
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(policy.logs().len(), 2);
    assert_eq!(policy.log(ORIGIN).unwrap().url, None);
    assert_eq!(policy.logs()[1].url.as_deref(), Some("https://log.example/"));
    let by_newer = Checkpoint::sign(&head(), &newer).unwrap();
    assert!(policy.accept(ORIGIN, &checkpoint(&[])).is_ok());
    assert!(policy.accept(ORIGIN, &by_newer).is_ok());
    assert!(policy.accept(ORIGIN, &Checkpoint::sign(&head(), &key(ORIGIN, 3)).unwrap()).is_err());
}

#[test]
fn of_two_signatures_of_a_log_the_policys_first_key_decides() {
    let (old, new) = (log(), key(ORIGIN, 2));
    let text = head().text();
    let (by_old, by_new) = (old.sign(&text).unwrap(), new.sign(&text).unwrap());
    // Whoever serves a checkpoint may put its lines in any order: the same lock must come of it.
    for lines in [[&by_old, &by_new], [&by_new, &by_old]] {
        let checkpoint = SignedNote::new(&text, lines.map(Clone::clone).to_vec()).unwrap().format();
        for (first, second, signature) in [(&old, &new, &by_old), (&new, &old, &by_new)] {
            let policy = format!("log {}\nlog {}\nquorum none\n", first.verifier(), second.verifier());
            let accepted = Policy::parse(&policy).unwrap().accept(ORIGIN, &checkpoint).unwrap();
            assert_eq!(accepted.log_signature(), signature);
        }
    }
}

/// Two keys of one name and one id, which whoever wants them has after some ten thousand tries.
fn twins() -> [SigningKey; 2] {
    [23_282_u64, 38_698].map(|number| {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        SigningKey::generate_from_seed("twin.example/log", seed).unwrap()
    })
}

#[test]
fn of_two_keys_with_one_id_the_one_that_signed_is_named() {
    let [one, other] = twins();
    assert_eq!(one.verifier().id(), other.verifier().id());
    assert_ne!(one.verifier(), other.verifier());
    let head = Head { origin: "twin.example/log".to_owned(), ..head() };
    for (signer, stranger) in [(&one, &other), (&other, &one)] {
        let checkpoint = Checkpoint::sign(&head, signer).unwrap();
        for lines in [[&one, &other], [&other, &one]] {
            let lines: String = lines.iter().map(|key| format!("log {}\n", key.verifier())).collect();
            let policy = Policy::parse(&format!("{lines}quorum none\n")).unwrap();
            let accepted = policy.accept("twin.example/log", &checkpoint).unwrap();
            assert_eq!(accepted.checkpoint().key(), &signer.verifier());
        }
        let policy = Policy::parse(&format!("log {}\nquorum none\n", stranger.verifier())).unwrap();
        assert!(policy.accept("twin.example/log", &checkpoint).is_err());
    }
}

#[test]
fn a_quorum_is_as_old_as_the_cosignature_that_completes_it() {
    let since = |quorum: &str, times: &[(u8, u64)]| {
        let policy = Policy::parse(&policy_text(3, &format!("group two 2 W1 W2 W3\nquorum {quorum}\n"))).unwrap();
        let by_witness = |(w, time): &(u8, u64)| witness(*w).cosign(*time, &head().text()).unwrap();
        let lines = [log().sign(&head().text()).unwrap()].into_iter().chain(times.iter().map(by_witness));
        let note = SignedNote::new(&head().text(), lines.collect()).unwrap();
        policy.accept(ORIGIN, &note.format()).unwrap().quorum_since()
    };
    assert_eq!(since("none", &[]), None);
    assert_eq!(since("none", &[(1, 5), (2, 9)]), Some(9));
    assert_eq!(since("W1", &[(1, 5), (2, 9)]), Some(5));
    // One clock that is wrong, forward or back, changes nothing that the others do not bear out.
    assert_eq!(since("two", &[(1, 5), (2, 9), (3, 1 << 60)]), Some(9));
    assert_eq!(since("two", &[(1, 0), (2, 9), (3, 7)]), Some(7));
    assert_eq!(since("two", &[(1, 5), (3, 1 << 60)]), Some(5));
}

#[test]
fn a_known_log_vouches_for_no_other() {
    let other = key("other.example", 2);
    let policy = Policy::parse(&policy_text(0, &format!("log {}\nquorum none\n", other.verifier()))).unwrap();
    // Its key signs a head of the first log.
    let text = head().text();
    let note = SignedNote::new(&text, vec![other.sign(&text).unwrap()]).unwrap().format();
    assert!(policy.accept(ORIGIN, &note).is_err());
    assert_eq!(
        policy.accept("other.example", &note).unwrap_err().to_string(),
        "expected a checkpoint of \"other.example\", found one of \"log.example/index\""
    );
}

#[test]
fn spaces_tabs_comments_and_empty_lines() {
    let text = policy_text(2, "");
    let text = text.replace("witness ", " \twitness\t \t");
    let text = format!(
        "# comment\n\n \t \n\t # log nobody\n{text}group\tany-of 1 W1 W2 \t\n#\nquorum any-of\n# é \u{202e} after\n"
    );
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(policy.witnesses().len(), 2);
    assert_eq!(policy.witnesses()[1].name, "W2");
    assert_eq!(policy.witnesses()[1].key, witness(2).cosigner());
    assert!(policy.accept(ORIGIN, &checkpoint(&[2])).is_ok());
    // A comment is a whole line.
    assert_eq!(refused(&policy_text(0, "quorum none # nobody\n")), "line 2: expected `quorum NAME|none`");
    // Names are what they are, byte for byte.
    let text = policy_text(0, &format!("witness \u{212a} {}\nquorum K\n", witness(1).cosigner()));
    assert_eq!(refused(&text), "line 3: expected the name of a witness or group of an earlier line, found \"K\"");
    let text = policy_text(0, &format!("witness \u{a0}é {} url\nquorum \u{a0}é\n", witness(1).cosigner()));
    assert_eq!(Policy::parse(&text).unwrap().quorum(), Some("\u{a0}é"));
}

#[test]
fn what_c2sp_refuses() {
    let (w1, w2) = (witness(1).cosigner(), witness(2).cosigner());
    for (witnesses, rest, said) in [
        (0, "", "expected one line `quorum NAME` or `quorum none`, found none"),
        (0, "quorum none\nquorum none\n", "line 3: expected one quorum line, found a second"),
        (1, "quorum none\nquorum W1\n", "line 4: expected one quorum line, found a second"),
        (0, "quorum none", "expected a newline at the end of the last line; was the policy cut off?"),
        (0, "quorum\n", "line 2: expected `quorum NAME|none`"),
        (0, "quorum a b\n", "line 2: expected `quorum NAME|none`"),
        (0, "quorum W1\n", "line 2: expected the name of a witness or group of an earlier line, found \"W1\""),
        (
            1,
            "quorum g\ngroup g any W1\n",
            "line 3: expected the name of a witness or group of an earlier line, found \"g\"",
        ),
        (
            1,
            "group g any W2\nquorum g\n",
            "line 3: expected the name of a witness or group of an earlier line, found \"W2\"",
        ),
        (
            1,
            "group g any g\nquorum g\n",
            "line 3: expected the name of a witness or group of an earlier line, found \"g\"",
        ),
        (
            1,
            "group g any none\nquorum g\n",
            "line 3: expected the name of a witness or group of an earlier line, found \"none\"",
        ),
        (
            1,
            "group W1 any W1\nquorum W1\n",
            "line 3: the name \"W1\" is taken: every witness and group has its own, and `none` is nobody's",
        ),
        (
            2,
            "group g any W1\ngroup g any W2\nquorum g\n",
            "line 5: the name \"g\" is taken: every witness and group has its own, and `none` is nobody's",
        ),
        (
            1,
            "group none any W1\nquorum none\n",
            "line 3: the name \"none\" is taken: every witness and group has its own, and `none` is nobody's",
        ),
        (
            1,
            "group g any W1 W1\nquorum g\n",
            "line 3: \"W1\" is a member of a group already, and each name may be one once",
        ),
        (
            2,
            "group g any W1 W2\ngroup h any W1\nquorum g\n",
            "line 5: \"W1\" is a member of a group already, and each name may be one once",
        ),
        (1, "group g\nquorum none\n", "line 3: expected `group NAME all|any|K MEMBER...`"),
        (1, "group g any\nquorum none\n", "line 3: expected `group NAME all|any|K MEMBER...`"),
        (2, "group g 0 W1 W2\nquorum g\n", "line 4: expected `all`, `any` or a number from 1 to 2, found \"0\""),
        (2, "group g 3 W1 W2\nquorum g\n", "line 4: expected `all`, `any` or a number from 1 to 2, found \"3\""),
        (2, "group g -1 W1 W2\nquorum g\n", "line 4: expected `all`, `any` or a number from 1 to 2, found \"-1\""),
        (2, "group g +1 W1 W2\nquorum g\n", "line 4: expected `all`, `any` or a number from 1 to 2, found \"+1\""),
        (2, "group g 01 W1 W2\nquorum g\n", "line 4: expected `all`, `any` or a number from 1 to 2, found \"01\""),
        (2, "group g ALL W1 W2\nquorum g\n", "line 4: expected `all`, `any` or a number from 1 to 2, found \"ALL\""),
        (
            2,
            "group g 18446744073709551617 W1 W2\nquorum g\n",
            "line 4: expected `all`, `any` or a number from 1 to 2, found \"18446744073709551617\"",
        ),
        (
            0,
            "logs a\nquorum none\n",
            "line 2: expected `log`, `witness`, `group`, `quorum` or a comment, found another word",
        ),
        (0, "Quorum none\n", "line 2: expected `log`, `witness`, `group`, `quorum` or a comment, found another word"),
        (
            0,
            "\u{feff}quorum none\n",
            "line 2: expected `log`, `witness`, `group`, `quorum` or a comment, found another word",
        ),
        (0, "quorum none\r\n", "line 2: expected no control character but tabs, found 0x0d"),
        (0, "quorum none\n# \u{7f}\n", "line 3: expected no control character but tabs, found 0x7f"),
        (0, "quorum none\n\0\n", "line 3: expected no control character but tabs, found 0x00"),
        (0, "log\nquorum none\n", "line 2: expected `log VKEY [URL]`"),
        (0, "log a b c\nquorum none\n", "line 2: expected `log VKEY [URL]`"),
        (0, "witness\nquorum none\n", "line 2: expected `witness NAME VKEY [URL]`"),
        (0, "witness a\nquorum none\n", "line 2: expected `witness NAME VKEY [URL]`"),
        (0, "witness a b c d\nquorum none\n", "line 2: expected `witness NAME VKEY [URL]`"),
        (0, "log a\nquorum none\n", "line 2: expected a vkey NAME+ID+BASE64, found \"a\""),
        (0, "witness a b\nquorum none\n", "line 2: expected a vkey NAME+ID+BASE64, found \"b\""),
    ] {
        assert_eq!(refused(&policy_text(witnesses, rest)), said, "{rest}");
    }
    let taken = policy_text(1, &format!("witness W1 {w2}\nquorum none\n"));
    assert_eq!(
        refused(&taken),
        "line 3: the name \"W1\" is taken: every witness and group has its own, and `none` is nobody's"
    );
    let nobody = policy_text(1, &format!("witness none {w2}\nquorum none\n"));
    assert_eq!(
        refused(&nobody),
        "line 3: the name \"none\" is taken: every witness and group has its own, and `none` is nobody's"
    );
    assert_eq!(
        refused(&format!("witness W {}\nquorum none\n", log().verifier())),
        format!(
            "line 1: expected a witness's Ed25519 cosignature key (type 04), found the key \"{}\"",
            log().verifier()
        )
    );
    assert_eq!(
        refused(&format!("log {w1}\nquorum none\n")),
        format!("line 1: expected a log's Ed25519 key (type 01), found the key \"{w1}\"")
    );
}

#[test]
fn a_public_key_stands_in_a_policy_once() {
    let twice = |key: &VerifierKey, first| {
        format!("the public key of \"{key}\" stands in line {first} already, perhaps under another name")
    };
    let renamed = VerifierKey::new("other.example", KeyKind::Ed25519, &log().verifier().public_key()).unwrap();
    for key in [log().verifier(), renamed] {
        let said = refused(&policy_text(0, &format!("log {key}\nquorum none\n")));
        assert_eq!(said, format!("line 2: {}", twice(&key, 1)));
    }
    let renamed = VerifierKey::new("other.example", KeyKind::Cosignature, &witness(1).cosigner().public_key()).unwrap();
    for key in [witness(1).cosigner(), renamed] {
        let said = refused(&policy_text(1, &format!("witness other {key}\nquorum none\n")));
        assert_eq!(said, format!("line 3: {}", twice(&key, 2)));
    }
    // A log that witnesses itself.
    let said = refused(&policy_text(0, &format!("witness itself {}\nquorum itself\n", log().cosigner())));
    assert_eq!(said, format!("line 2: {}", twice(&log().cosigner(), 1)));
}

#[test]
fn a_log_whose_name_is_no_origin_is_refused() {
    let said = refused(&format!("log {}\nquorum none\n", key("a/../b", 1).verifier()));
    assert_eq!(
        said,
        "line 1: the key's name is the log's origin: expected no empty, `.` or `..` part between the slashes of the origin, found \"a/../b\""
    );
}

#[test]
fn limits() {
    let mut text = String::new();
    for number in 0..=256_u32 {
        let mut seed = [9; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        let key = SigningKey::generate_from_seed("w", seed).unwrap();
        text.push_str(&format!("witness W{number} {}\n", key.cosigner()));
        if number == 255 {
            let groups: String = (0..256).map(|n| format!("group G{n} all W{n}\n")).collect();
            let policy = Policy::parse(&format!("{text}{groups}quorum G255\n")).unwrap();
            assert_eq!(policy.witnesses().len(), 256);
            let more = format!("{text}{groups}group more any G1\nquorum none\n");
            assert_eq!(refused(&more), "line 513: expected at most 256 lines of each kind, found more");
        }
    }
    assert_eq!(
        refused(&format!("{text}quorum none\n")),
        "line 257: expected at most 256 lines of each kind, found more"
    );
    let comment = |length: usize| format!("quorum none\n#{}\n", "x".repeat(length - 14));
    assert!(Policy::parse(&comment(262_144)).is_ok());
    assert_eq!(refused(&comment(262_145)), "expected a policy of at most 262144 bytes, found 262145 bytes");
}
