//! Heads as an operator, a mirror or a thief of names may show them: rolled back, frozen, forked, under another key,
//! under another name, of sizes that cannot be. Each is met by `lock`, from the checkpoint, and by `verify`, in the lock.

use std::fs;

use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::note::{Signature, SignedNote, SigningKey};

use super::stage::{AUDIT, ORIGIN, PUBLISH, Stage, copy_folder};

const LOCK: [&str; 3] = ["-C", "project", "lock"];
const VERIFY: [&str; 3] = ["-C", "project", "verify"];
const NOT_ACCEPTED: &str = "error: the checkpoint of registry.example/components is not accepted: ";
const HELD: &str = "\n  hint: the lock holds this head, whatever the registry serves: take the lock from where it was good, or make another with \
                    `headlock lock` where there is none";

/// A note of these three lines, under a signature.
fn note(text: &str, signature: Signature) -> String {
    String::from_utf8(SignedNote::new(text, vec![signature]).unwrap().format()).unwrap()
}

/// The text of a checkpoint; the root in base64.
fn text(origin: &str, size: u64, root: &str) -> String {
    format!("{origin}\n{size}\n{root}\n")
}

fn base64(root: Digest) -> String {
    Head { origin: ORIGIN.to_owned(), size: 0, root }.root_base64()
}

/// The size and the root of the registry's head.
fn head(stage: &Stage) -> (u64, String) {
    let checkpoint = String::from_utf8(stage.read("reg/checkpoint")).unwrap();
    let mut lines = checkpoint.lines().skip(1);
    (lines.next().unwrap().parse().unwrap(), lines.next().unwrap().to_owned())
}

/// Puts a note in the place of the checkpoint, and what it says into the lock.
fn show(stage: &Stage, note: &str) {
    fs::write(stage.path("reg/checkpoint"), note).unwrap();
    let mut lines = note.lines().skip(1);
    let (size, root) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let signature = note.lines().last().unwrap_or_default();
    let lock = String::from_utf8(stage.read("project/headlock.lock")).unwrap();
    let lock: String = lock
        .lines()
        .map(|line| match line.split_once(" = ") {
            Some(("size", _)) => format!("size = {size}\n"),
            Some(("root", _)) => format!("root = \"{root}\"\n"),
            Some(("signature", _)) => format!("signature = \"{signature}\"\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    fs::write(stage.path("project/headlock.lock"), lock).unwrap();
}

/// What `verify` and then, in the same project without its lock, `lock` say of a head.
#[track_caller]
fn shown(stage: &Stage, note: &str, code: i32, says: &str) {
    forget(stage);
    show(stage, note);
    // Of a head that is not accepted it says besides where it was, and what a key may have to do with it.
    let besides = if says.starts_with(NOT_ACCEPTED) { HELD } else { "" };
    let known = says.contains("no signature is by a known key").then(|| {
        let known = stage.key().verifier().keyid();
        format!("; or compare the log's key with its operator's word: the policy has {known}; if it has changed since, name the old one under `retired` in the trust file")
    });
    stage.headlock(&VERIFY).ends(code, &format!("{says}{besides}{}", known.unwrap_or_default()));
    newly_locked(stage, code, says);
}

/// What `lock` says in the project without its lock; the lock stays missing.
#[track_caller]
fn newly_locked(stage: &Stage, code: i32, says: &str) {
    fs::remove_file(stage.path("project/headlock.lock")).unwrap();
    let said = stage.headlock(&LOCK);
    // A note on what was pinned may stand first.
    let err =
        said.err.split_once("records\n").filter(|(note, _)| note.starts_with("pinned ")).map_or(&*said.err, |it| it.1);
    let known = says.contains("no signature is by a known key").then(|| {
        let known = stage.key().verifier().keyid();
        format!("\n  hint: project/logs.policy has {known}: either that is another one's key, or another registry is served where this one is read")
    });
    let says = format!("{says}{}", known.unwrap_or_default());
    assert_eq!((said.code, err.trim_end()), (Some(code), &*says), "{said:?}");
    assert!(!stage.path("project/headlock.lock").exists(), "{said:?}");
}

/// Takes away what this host remembers of heads.
fn forget(stage: &Stage) {
    fs::remove_dir_all(stage.path("state/heads")).unwrap();
    fs::create_dir(stage.path("state/heads")).unwrap();
}

fn publish(stage: &Stage, version: &str) {
    stage.does(&[&PUBLISH[..], &["my:logger", version, "--content", "content"]].concat());
}

#[test]
fn heads_under_another_key_or_name_are_refused() {
    let first = Stage::new();
    let key = first.key();
    let (size, root) = head(&first);
    let (honest, id) = (text(ORIGIN, size, &root), key.verifier().id());
    let stranger = SigningKey::generate_from_seed(ORIGIN, [1; 32]).unwrap();
    let elsewhere = SigningKey::generate_from_seed("registry.example/other", [2; 32]).unwrap();
    let forged = |key: &SigningKey, text: &str| Signature { name: ORIGIN.to_owned(), id, ..key.sign(text).unwrap() };
    let does_not_hold =
        format!("{NOT_ACCEPTED}the signature by \"{ORIGIN}\" does not hold: the note or the signature was changed");
    let unknown = |by: &SigningKey| {
        let by = by.verifier().keyid();
        format!("{NOT_ACCEPTED}no signature is by a known key; the note is signed by \"{by}\"")
    };
    for (note, says) in [
        (note(&honest, stranger.sign(&honest).unwrap()), unknown(&stranger)),
        (note(&honest, elsewhere.sign(&honest).unwrap()), unknown(&elsewhere)),
        // Whoever makes a key of the same name and id has no more than that.
        (note(&honest, forged(&stranger, &honest)), does_not_hold.clone()),
        (note(&text(ORIGIN, size + 1, &root), key.sign(&honest).unwrap()), does_not_hold.clone()),
    ] {
        shown(&first.copy(), &note, 5, &says);
    }
    // A checkpoint of another log, which the log's key or that log's own has signed. A lock cannot say this.
    let other = text("registry.example/other", size, &root);
    for (note, says) in [
        (
            note(&other, key.sign(&other).unwrap()),
            format!("{NOT_ACCEPTED}expected a checkpoint of \"{ORIGIN}\", found one of \"registry.example/other\""),
        ),
        (note(&other, elsewhere.sign(&other).unwrap()), unknown(&elsewhere)),
    ] {
        let stage = first.copy();
        forget(&stage);
        fs::write(stage.path("reg/checkpoint"), note).unwrap();
        newly_locked(&stage, 5, &says);
    }
}

#[test]
fn heads_that_are_signed_and_cannot_be_are_refused() {
    let first = Stage::new();
    let (size, root) = head(&first);
    let signed = |text: &str| note(text, first.key().sign(text).unwrap());
    let cases = [
        (
            text(ORIGIN, 0, &base64(Digest::of(b""))),
            1,
            format!("error: the head of {ORIGIN} is that of an empty log, which commits to nothing"),
        ),
        (
            text(ORIGIN, size, &base64(Digest::of(b"another"))),
            1,
            format!(
                "error: file://[DIR]/reg/ is not the log {ORIGIN} of the head with 7 records: the tiles of the right edge \
                 give the root [SHA256], and the head says [SHA256]\n  hint: another log, another history, or a broken \
                 copy is served there"
            ),
        ),
        // Newer than all that is served: the older head is not taken instead, for a newer one is known to be signed.
        (
            text(ORIGIN, size + 2, &root),
            4,
            "error: file://[DIR]/reg/tile/0/000.p/9: expected a file, and there is none\n  hint: either this is no registry, or not all of it, as a copy for other locks or one that was pruned: see where the trust file says that the log is read".to_owned(),
        ),
        (
            text(ORIGIN, i64::MAX as u64, &root),
            4,
            "error: file://[DIR]/reg/tile/7/000.p/127: expected a file, and there is none\n  hint: either this is no registry, or not all of it, as a copy for other locks or one that was pruned: see where the trust file says that the log is read".to_owned(),
        ),
    ];
    for (text, code, says) in &cases {
        shown(&first.copy(), &signed(text), *code, says);
    }
    // Sizes and texts that no checkpoint has. A lock that holds them is malformed, or signed otherwise.
    let size_is = |found: &str| {
        format!("{NOT_ACCEPTED}expected a size of at most 2^63 - 1 in decimal without leading zeros, found \"{found}\"")
    };
    for size in ["9223372036854775808", "18446744073709551615"] {
        shown(&first.copy(), &signed(&format!("{ORIGIN}\n{size}\n{root}\n")), 5, &size_is(size));
    }
    for (size, says, marked) in [
        (
            "18446744073709551616",
            "expected a whole number from 0 to 18446744073709551615, found integer `18446744073709551616`",
            20,
        ),
        ("07", "unexpected leading zero, expected nothing", 1),
        ("-7", "expected a whole number from 0 to 18446744073709551615, found integer `-7`", 2),
    ] {
        let stage = first.copy();
        forget(&stage);
        show(&stage, &signed(&format!("{ORIGIN}\n{size}\n{root}\n")));
        let lock = String::from_utf8(stage.read("project/headlock.lock")).unwrap();
        let line = 1 + lock.lines().position(|line| line.starts_with("size = ")).unwrap();
        let (gutter, marks) = (" ".repeat(line.to_string().len()), "^".repeat(marked));
        let shown = format!("  {line} | size = {size}\n  {gutter} |        {marks}");
        stage.headlock(&VERIFY).ends(2, &format!("error: project/headlock.lock:{line}: {says}\n{shown}"));
        newly_locked(&stage, 5, &size_is(size));
    }
    let stage = first.copy();
    fs::write(stage.path("reg/checkpoint"), signed(&format!("{ORIGIN}\n{size}\n{root}\nmore\n"))).unwrap();
    newly_locked(
        &stage,
        5,
        &format!("{NOT_ACCEPTED}expected three lines (origin, size, root hash), found an extension line \"more\""),
    );
}

#[test]
fn a_head_that_does_not_end_in_an_epoch_is_refused() {
    let stage = Stage::new();
    // The log's own beginning: six records, the last of which is a release.
    let beginning = |path: &str, length: usize| stage.read(path)[..length].to_vec();
    let bundle = stage.read("reg/tile/entries/000.p/7");
    let entries = headlock_log::tile::parse_bundle(&bundle, 7).unwrap();
    let mut tree = headlock_log::merkle::Frontier::new();
    entries[..6].iter().for_each(|entry| tree.push(headlock_log::merkle::leaf_hash(entry)));
    for (path, bytes) in [
        ("tile/0/000.p/6", beginning("reg/tile/0/000.p/7", 6 * 32)),
        ("tile/entries/000.p/6", beginning("reg/tile/entries/000.p/7", bundle.len() - 2 - entries[6].len())),
    ] {
        fs::write(stage.path("reg").join(path), bytes).unwrap();
    }
    let text = text(ORIGIN, 6, &base64(tree.root()));
    let says =
        format!("error: the head of {ORIGIN} with 6 records does not end in an epoch: expected one, found a release");
    shown(&stage, &note(&text, stage.key().sign(&text).unwrap()), 1, &says);
}

#[test]
fn a_head_that_is_rolled_back_is_not_newly_pinned() {
    let stage = Stage::new();
    copy_folder(&stage.path("reg"), &stage.path("older"));
    let old = stage.read("reg/checkpoint");
    publish(&stage, "1.1.0");
    // Another project on this host has met the newer head.
    copy_folder(&stage.path("project"), &stage.path("other"));
    fs::remove_file(stage.path("other/headlock.lock")).unwrap();
    stage.does(&["-C", "other", "lock"]);
    // The older checkpoint, and the newer log behind it.
    fs::write(stage.path("reg/checkpoint"), &old).unwrap();
    let said = stage.headlock(&VERIFY);
    said.ends(0, "");
    let behind = format!("log: {ORIGIN} at 7 records, pinned; 2 records behind the newest head known to this host");
    assert!(said.out.contains(&behind), "{said:?}");
    let says = format!(
        "error: the newest head of {ORIGIN} that is served has 7 records, and this host has seen one with 9\n  hint: a copy \
         that lags, or somebody who holds back what is newer: wait, or name another URL; another HEADLOCK_STATE forgets \
         what was seen"
    );
    stage.headlock(&LOCK).ends(0, "");
    newly_locked(&stage, 4, &says);
    // An older copy of everything: whether it is the same log cannot be seen from there.
    fs::remove_dir_all(stage.path("reg")).unwrap();
    copy_folder(&stage.path("older"), &stage.path("reg"));
    let says = format!(
        "error: this host has seen {ORIGIN} with 9 records, and cannot compare\n  because: \
         file://[DIR]/reg/tile/0/000.p/9: expected a file, and there is none\n  hint: use a copy of the registry that is \
         as new; to forget what was seen, HEADLOCK_STATE names another folder: `headlock help environment`"
    );
    stage
        .headlock(&["-C", "other", "verify"])
        .ends(4, "error: file://[DIR]/reg/tile/0/000.p/9: expected a file, and there is none\n  hint: either this is no registry, or not all of it, as a copy for other locks or one that was pruned: see where the trust file says that the log is read");
    fs::write(stage.path("project/headlock.lock"), Stage::new().read("project/headlock.lock")).unwrap();
    stage.headlock(&VERIFY).ends(4, &says);
    newly_locked(&stage, 4, &says);
    // A head alone does not say that it is the newest: whoever has seen no other takes it.
    forget(&stage);
    stage.headlock(&LOCK).ends(0, &format!("pinned {ORIGIN} at 7 records"));
}

#[test]
fn a_fork_is_refused_by_whoever_has_seen_the_other_side() {
    let first = Stage::new();
    let other = first.copy();
    publish(&first, "1.1.0");
    publish(&other, "1.1.1");
    let sides = [first, other];
    for stage in &sides {
        fs::remove_file(stage.path("project/headlock.lock")).unwrap();
        stage.does(&LOCK);
    }
    let [first, other] = sides;
    let says = |size: u64| {
        format!(
            "error: the log {ORIGIN} has forked: this host has seen a head with 9 records, root [ROOT], and now one with \
             {size} records, root [ROOT]\nwarning: [DIR]/state/forks/[SHA256].fork shows it to \
             whoever has the log's key: `headlock registry check-fork FILE --log-key KEY`"
        )
    };
    let plain = |stage: &Stage, arguments: &[&str]| {
        let mut said = stage.headlock(arguments);
        for root in [head(&first).1, head(&other).1] {
            said.err = said.err.replace(&root, "[ROOT]");
        }
        said
    };
    // The other side's registry and its lock come to this host.
    let victim = first.copy();
    for folder in ["reg", "project"] {
        fs::remove_dir_all(victim.path(folder)).unwrap();
        copy_folder(&other.path(folder), &victim.path(folder));
    }
    victim.does(&AUDIT);
    plain(&victim, &VERIFY).ends(1, &says(9));
    fs::remove_file(victim.path("project/headlock.lock")).unwrap();
    let pinned = format!("pinned {ORIGIN} at 9 records\n");
    plain(&victim, &LOCK).ends(1, &(pinned + &says(9)));
    // It grows; what it was stays.
    publish(&victim, "1.2.0");
    let root = head(&victim).1;
    let mut said = plain(&victim, &LOCK);
    said.err = said.err.replace(&root, "[ROOT]");
    said.ends(1, &format!("pinned {ORIGIN} at 11 records\n{}", says(11)));
    assert!(!victim.path("project/headlock.lock").exists());
}

#[test]
fn a_fork_between_two_urls_of_a_log_is_refused_by_whoever_has_seen_neither() {
    let stage = Stage::new();
    let (second, other) = (SigningKey::generate_from_seed(ORIGIN, [3; 32]).unwrap(), stage.copy());
    fs::remove_file(stage.path("project/headlock.lock")).unwrap();
    forget(&stage);
    // A second key of the log, with a URL of its own.
    let policy = |stage: &Stage| {
        let keys = (stage.key().verifier(), second.verifier());
        fs::write(
            stage.path("project/logs.policy"),
            format!("log {} file:../reg\nlog {} file:../copy\nquorum none\n", keys.0, keys.1),
        )
    };
    let serve = |from: &Stage, size: u64, root: &str| {
        drop(fs::remove_dir_all(stage.path("copy")));
        copy_folder(&from.path("reg"), &stage.path("copy"));
        let text = text(ORIGIN, size, root);
        fs::write(stage.path("copy/checkpoint"), note(&text, second.sign(&text).unwrap())).unwrap();
    };
    policy(&stage).unwrap();
    publish(&stage, "1.1.0");
    // The copy lags: the larger head is the newest, and the smaller one its beginning.
    serve(&other, 7, &head(&other).1);
    stage.headlock(&LOCK).ends(0, &format!("pinned {ORIGIN} at 9 records"));
    forget(&stage);
    publish(&other, "1.1.1");
    serve(&other, 9, &head(&other).1);
    let says = |size: u64, root: &str, url: &str, beside: &str| {
        let here = head(&stage).1;
        let (here, there) = (format!("9 records, root {here}"), format!("{size} records, root {root}"));
        let (first, second) = if beside == "reg" { (there, here) } else { (here, there) };
        format!(
            "error: the log {ORIGIN} has forked: file://[DIR]/{url}/checkpoint serves a head with {first}, and \
             file://[DIR]/{beside}/checkpoint a head with {second}\nwarning: [DIR]/state/forks/[SHA256].fork shows it to \
             whoever has the log's key: `headlock registry check-fork FILE --log-key KEY`"
        )
    };
    newly_locked_after(&stage, &says(9, &head(&other).1, "reg", "copy"));
    publish(&other, "1.2.0");
    serve(&other, 11, &head(&other).1);
    newly_locked_after(&stage, &says(11, &head(&other).1, "copy", "reg"));
}

/// `lock` finds a fork, and the lock stays missing.
#[track_caller]
fn newly_locked_after(stage: &Stage, says: &str) {
    drop(fs::remove_file(stage.path("project/headlock.lock")));
    stage.headlock(&LOCK).ends(1, says);
    assert!(!stage.path("project/headlock.lock").exists());
}
