//! Heads that are signed elsewhere: nothing shows them before, nothing drops them after, and no two of one size are signed.

use std::cell::{Cell, RefCell};

use headlock_log::note::{Signature, VerifierKey};

use super::*;
use crate::error::{Error, ErrorKind};
use crate::registry::journal::CHECKPOINT;
use crate::registry::request::{Request, Standing};
use crate::registry::store::Reader;
use crate::registry::waiting::{Finished, discard_in, finish_in, waiting_in};

/// Signs another time; keeps what it is given.
#[derive(Default)]
struct Later {
    taken: RefCell<Option<Request>>,
}

impl Signer for Later {
    fn verifier(&self) -> VerifierKey {
        key().verifier()
    }

    fn sign(&self, _: &Head) -> Result<Option<Signature>> {
        Ok(None)
    }

    fn take(&self, request: &Request) -> Result<()> {
        *self.taken.borrow_mut() = Some(request.clone());
        Ok(())
    }
}

/// Signs elsewhere, or only says so.
struct Flaky {
    works: Cell<bool>,
    asked: RefCell<Vec<Head>>,
}

impl Signer for Flaky {
    fn verifier(&self) -> VerifierKey {
        key().verifier()
    }

    fn sign(&self, head: &Head) -> Result<Option<Signature>> {
        self.asked.borrow_mut().push(head.clone());
        match self.works.get() {
            true => Signer::sign(&key(), head),
            false => Err(Error::could_not_check("no answer")),
        }
    }
}

fn checkpoint(disk: &Disk) -> Vec<u8> {
    disk.read(CHECKPOINT, 1 << 16).unwrap().unwrap()
}

fn served(disk: &Disk) -> Vec<(String, Vec<u8>)> {
    disk.files().into_iter().filter(|(path, _)| !path.starts_with(".writer/")).collect()
}

fn extend(disk: &Disk, signer: &dyn Signer) -> Result<()> {
    let mut registry = open(disk, signer)?;
    registry.append(&[release("t:many", "2.0.0"), release("t:new", "1.0.0"), yank("t:many", "1.0.0")])?;
    Ok(())
}

fn request(disk: &Disk) -> Request {
    waiting_in(Box::new(disk.clone()), &key().verifier(), None).unwrap()
}

fn signed(head: &Head) -> Vec<u8> {
    Checkpoint::sign(head, &key()).unwrap()
}

fn finish(disk: &Disk, signed: &[u8]) -> Result<(Head, Finished)> {
    finish_in(Box::new(disk.clone()), &key().verifier(), signed)
}

/// A disk with a head that waits, and what it was before.
fn waiting(count: usize) -> (Disk, Disk) {
    let base = filled(count);
    let disk = base.copy();
    extend(&disk, &Later::default()).unwrap();
    (base, disk)
}

#[test]
fn a_head_waits_and_then_is_what_it_would_have_been() {
    for count in [3, 250, 253] {
        let (base, disk) = waiting(count);
        let direct = base.copy();
        extend(&direct, &key()).unwrap();
        assert_eq!(checkpoint(&disk), checkpoint(&base));
        audited(&disk).verdict().unwrap();
        let request = request(&disk);
        assert_eq!((request.since(), request.records().len()), (count as u64 + 2, 4));
        assert_eq!(Request::parse(&request.format()).unwrap(), request);
        let (head, finished) = finish(&disk, &signed(request.head())).unwrap();
        assert_eq!((head.size, finished), (count as u64 + 6, Finished::Now));
        assert_eq!(checkpoint(&disk), checkpoint(&direct));
        audited(&disk).verdict().unwrap();
        assert_eq!(finish(&disk, &signed(request.head())).unwrap().1, Finished::Before);
        // And so it goes on.
        open(&disk, &key()).unwrap().append(&[release("t:late", "1.0.0")]).unwrap();
        assert_eq!(open(&disk, &Later::default()).unwrap().head().size, count as u64 + 8);
    }
}

#[test]
fn a_first_head_waits_too() {
    let disk = Disk::default();
    let later = Later::default();
    assert_eq!(init(&disk, &later).unwrap().made().size, 1);
    assert!(disk.read(CHECKPOINT, 1 << 16).unwrap().is_none());
    let error = init(&disk, &later).err().unwrap();
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Refused, waits(1)));
    let request = later.taken.into_inner().unwrap();
    assert_eq!(request.since(), 0);
    assert_eq!(request.stands(&key().verifier(), None, true).unwrap(), Standing::Next { seen: 0 });
    finish(&disk, &signed(request.head())).unwrap();
    let whole = Disk::default();
    init(&whole, &key()).unwrap();
    assert_eq!(served(&disk), served(&whole));
}

fn waits(size: u64) -> String {
    let records = if size == 1 { "record" } else { "records" };
    format!("the head of {ORIGIN} with {size} {records} waits for its signature")
}

#[test]
fn nothing_else_is_written_while_a_head_waits() {
    let (_, disk) = waiting(3);
    let before = disk.files();
    for _ in 0..2 {
        let error = extend(&disk, &Later::default()).err().unwrap();
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Refused, waits(9)));
    }
    assert!(served(&disk).iter().all(|(path, content)| before.get(path) == Some(content)));
    // In one process, too.
    let disk = filled(3);
    let later = Later::default();
    let mut registry = open(&disk, &later).unwrap();
    registry.append(&[release("t:new", "1.0.0")]).unwrap();
    assert_eq!((registry.head().size, registry.made().size), (5, 7));
    let error = registry.append(&[release("t:newer", "1.0.0")]).err().unwrap();
    assert_eq!(error.to_string(), waits(7));
    // Whoever has the key here was not asked for it.
    assert_eq!(open(&disk, &key()).err().unwrap().to_string(), waits(7));
    drop(registry);
    let head = request(&disk).head().clone();
    finish(&disk, &signed(&head)).unwrap();
    assert_eq!(open(&disk, &key()).unwrap().head().size, 7);
    audited(&disk).verdict().unwrap();
}

#[test]
fn a_crash_anywhere_leaves_the_old_head_or_one_that_waits() {
    let base = filled(250);
    let whole = base.copy();
    extend(&whole, &Later::default()).unwrap();
    let head = request(&whole).head().clone();
    let mut both = [0, 0];
    for operation in 0..whole.operations() {
        let disk = base.copy();
        disk.fail_after(operation);
        let later = Later::default();
        let _ = extend(&disk, &later);
        let was_taken = later.taken.into_inner().is_some();
        for seed in 0..4 {
            let disk = disk.crash(seed);
            match open(&disk, &Later::default()).map(|registry| registry.head().clone()) {
                Ok(found) => {
                    assert!(!was_taken, "what may have been signed was dropped");
                    assert_eq!((found.size, served(&disk)), (252, served(&base)));
                    both[0] += 1;
                }
                Err(error) => {
                    assert_eq!(error.to_string(), waits(head.size));
                    assert_eq!(request(&disk).head(), &head);
                    finish(&disk, &signed(&head)).unwrap();
                    audited(&disk).verdict().unwrap();
                    both[1] += 1;
                }
            }
        }
    }
    assert!(both[0] > 50 && both[1] > 0, "{both:?}");
}

#[test]
fn a_crash_anywhere_in_the_finish_is_finished() {
    let (_, base) = waiting(250);
    let head = request(&base).head().clone();
    let whole = base.copy();
    finish(&whole, &signed(&head)).unwrap();
    for operation in 0..whole.operations() {
        let disk = base.copy();
        disk.fail_after(operation);
        assert!(finish(&disk, &signed(&head)).is_err());
        for seed in 0..4 {
            let crashed = disk.crash(seed);
            // By the same again, or by the next writer, if the signature had come so far.
            let next = crashed.copy();
            match open(&next, &Later::default()).map(|registry| registry.head().clone()) {
                Ok(found) => assert_eq!(found, head),
                Err(error) => assert_eq!(error.to_string(), waits(head.size)),
            }
            finish(&crashed, &signed(&head)).unwrap();
            assert_eq!(checkpoint(&crashed), checkpoint(&whole));
            audited(&crashed).verdict().unwrap();
            let left: Vec<String> = crashed.files().into_keys().filter(|path| path.starts_with(".writer/")).collect();
            assert!(
                !left.iter().any(|path| ["pending", "waiting", "transaction"].iter().any(|name| path.ends_with(name)))
            );
        }
    }
}

#[test]
fn what_waits_can_be_taken_back() {
    let (before, base) = waiting(250);
    let whole = base.copy();
    let discard = |disk: &Disk| discard_in(Box::new(disk.clone()), &key().verifier());
    assert_eq!(discard(&whole).unwrap().size, 256);
    assert_eq!(served(&whole), served(&before));
    assert_eq!(discard(&whole).unwrap_err().to_string(), "expected a head that waits for its signature, found none");
    extend(&whole, &key()).unwrap();
    for operation in 0..whole.operations().min(40) {
        let disk = base.copy();
        disk.fail_after(operation);
        let _ = discard(&disk);
        let crashed = disk.crash(operation);
        match open(&crashed, &Later::default()).map(|_| ()) {
            Ok(()) => assert_eq!(served(&crashed), served(&before)),
            Err(error) => assert_eq!(error.to_string(), waits(256)),
        }
    }
    // One that was signed is not.
    let signed = signed(request(&base).head());
    base.set(".writer/pending", Some(&signed));
    assert_eq!(discard(&base).unwrap_err().to_string(), "the head that waits is signed already");
}

#[test]
fn no_other_signature_finishes_a_head() {
    let (_, disk) = waiting(3);
    let head = request(&disk).head().clone();
    let stranger = SigningKey::generate_from_seed(ORIGIN, [8; 32]).unwrap();
    let other = Head { root: Digest([1; 32]), ..head.clone() };
    let smaller = Head { size: 8, ..head.clone() };
    let before = disk.files();
    for (signature, expected) in [
        (Checkpoint::sign(&head, &stranger).unwrap(), "expected a head that "),
        (signed(&other), "expected the signature of the head with 9 records, root "),
        (signed(&smaller), "expected the signature of the head with 9 records, root "),
        (signed(&Head { size: 10, ..head.clone() }), "expected the signature of the head with 9 records, root "),
        (b"no note".to_vec(), "expected a head that "),
    ] {
        let error = finish(&disk, &signature).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(error.kind(), ErrorKind::Refused);
    }
    assert_eq!(disk.files(), before);
    // Tiles that are not those of the head.
    let spoilt = disk.copy();
    let tile = before.keys().find(|path| path.starts_with("tile/0/") && path.ends_with(".p/9")).unwrap();
    spoilt.set(tile, Some(&[0; 288]));
    assert_eq!(finish(&spoilt, &signed(&head)).unwrap_err().kind(), ErrorKind::No);
    // Nothing waits.
    let error = finish(&filled(3), &signed(&head)).unwrap_err();
    assert_eq!(error.to_string(), "expected a head that waits for its signature, found none");
}

#[test]
fn a_signer_that_fails_is_asked_for_no_other_head() {
    let disk = filled(3);
    let flaky = Flaky { works: Cell::new(false), asked: RefCell::default() };
    let error = extend(&disk, &flaky).err().unwrap();
    assert_eq!(error.to_string(), "no answer");
    assert!(error.hint_text().unwrap().starts_with("the head of 9 records waits: "), "{:?}", error.hint_text());
    // Something else is to be written: nobody is asked for a head that lies there, nor for another one of its size.
    let late = |signer: &dyn Signer| open(&disk, signer)?.append(&[release("t:late", "1.0.0")]).map(|_| ());
    flaky.works.set(true);
    assert_eq!(late(&flaky).err().unwrap().to_string(), waits(9));
    let head = request(&disk).head().clone();
    finish(&disk, &signed(&head)).unwrap();
    late(&flaky).unwrap();
    let asked = flaky.asked.into_inner();
    assert_eq!(asked.iter().map(|head| head.size).collect::<Vec<_>>(), [9, 11]);
    audited(&disk).verdict().unwrap();
}

#[test]
fn whoever_signs_goes_on_from_what_they_signed_last() {
    let disk = filled(3);
    let first = open(&disk, &key()).unwrap().head().clone();
    let later = Later::default();
    extend(&disk, &later).unwrap();
    let request = later.taken.into_inner().unwrap();
    let (head, verifier) = (request.head().clone(), key().verifier());
    let stands = |last: Option<&Head>, is_first| {
        request.stands(&verifier, last, is_first).map_err(|error| (error.kind(), error.to_string()))
    };
    assert_eq!(stands(Some(&first), false), Ok(Standing::Next { seen: 0 }));
    assert_eq!(stands(None, true), Ok(Standing::Next { seen: 0 }));
    assert_eq!(stands(Some(&head), false), Ok(Standing::Again));
    let refused = |what: &str| Err((ErrorKind::Refused, what.to_owned()));
    assert_eq!(stands(None, false), refused(&format!("nothing is known here of what was signed of {ORIGIN}")));
    let what = format!("--first, but a head of {ORIGIN} with 5 records was signed here");
    assert_eq!(stands(Some(&first), true), Err((ErrorKind::Malformed, what)));
    let no = |size: u64| {
        let what = format!("a head of {ORIGIN} with {size} records was signed here, and this one has 9 and is another");
        Err((ErrorKind::No, what))
    };
    let fork = |size: u64| Head { size, root: Digest([1; 32]), ..head.clone() };
    // The same size, and a smaller one.
    assert_eq!(stands(Some(&fork(9)), false), no(9));
    assert_eq!(stands(Some(&fork(10)), false), no(10));
    for size in [5, 7] {
        let what = format!("the head of {ORIGIN} with {size} records that was signed here is no beginning of this one");
        assert_eq!(stands(Some(&fork(size)), false), Err((ErrorKind::No, what)));
    }
    let what = format!("a head of {ORIGIN} with 4 records was signed here, and this request starts at 5");
    assert_eq!(stands(Some(&fork(4)), false), Err((ErrorKind::CouldNotCheck, what)));
    let stranger = SigningKey::generate_from_seed("other.example", [7; 32]).unwrap().verifier();
    let error = request.stands(&stranger, None, true).unwrap_err();
    assert_eq!(error.to_string(), format!("expected a head of the log other.example, found one of {ORIGIN}"));
    // Who signed last when the log had one record sees all since; a request that starts in the middle does, too.
    let longer = waiting_in(Box::new(disk.clone()), &verifier, Some(1)).unwrap();
    assert_eq!(longer.stands(&verifier, Some(&first), false).unwrap(), Standing::Next { seen: 4 });
    let begun = Disk::default();
    let begun = init(&begun, &key()).unwrap().head().clone();
    assert_eq!(longer.stands(&verifier, Some(&begun), false).unwrap(), Standing::Next { seen: 0 });
    // Without a memory nothing but a head that the key has signed is a start.
    let what = format!("expected a request that starts from a head that the key of {ORIGIN} has signed");
    assert_eq!(longer.stands(&verifier, None, true).unwrap_err().to_string(), what);
    let other = SigningKey::generate_from_seed(ORIGIN, [8; 32]).unwrap().verifier();
    assert_eq!(request.stands(&other, None, true).unwrap_err().to_string(), what);
}

#[test]
fn what_is_no_request_is_refused() {
    let (_, disk) = waiting(3);
    let text = request(&disk).format();
    let lines: Vec<&str> = text.lines().collect();
    let without = |place: usize| {
        let kept = lines.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, line)| format!("{line}\n"));
        kept.collect::<String>()
    };
    // A checkpoint may be left out.
    let whole = Request::parse(&text).unwrap();
    for (place, line) in lines.iter().enumerate() {
        match Request::parse(&without(place)) {
            Ok(_) => assert!(line.starts_with("checkpoint ")),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Malformed),
        }
    }
    for end in 0..text.len() {
        assert!(Request::parse(&text[..end]).is_err(), "{end}");
    }
    for place in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        if let Ok(read) = Request::parse(&changed) {
            // It is of another log, or its checkpoint is another one, which nobody with a memory looks at.
            let first = open(&filled(3), &key()).unwrap().head().clone();
            match read.stands(&key().verifier(), Some(&first), false) {
                Ok(_) => assert_eq!((read.head(), read.records()), (whole.head(), whole.records()), "{changed}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Refused, "{changed}"),
            }
        }
    }
    for (from, to, expected) in [
        ("headlock request 1", "headlock request 2", "its first line is not `headlock request 1`"),
        ("since 5", "since 05", "its fifth line says no size below that of the head"),
        ("since 5", "since 9", "its fifth line says no size below that of the head"),
        ("since 5", "since 7", "expected a subtree for each bit that is set in the older size"),
        ("since 5", "since 6", "its records do not lead to the head, or do not end in an epoch"),
        ("record ", "recorded ", "found the line "),
        ("subtree ", "subtree !", "a line `subtree` does not hold base64 of at most 32 bytes"),
    ] {
        let error = Request::parse(&text.replacen(from, to, 1)).unwrap_err();
        assert!(error.to_string().starts_with("expected a request for a signature: "), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn what_somebody_has_put_there_is_signed_by_no_key() {
    // Another history of the same origin, its tiles and its head laid into the folder.
    let disk = filled(3);
    let (_, other) = waiting(5);
    for (path, content) in other.files() {
        if path != "checkpoint" {
            disk.set(&path, Some(&content));
        }
    }
    for signer in [&key() as &dyn Signer, &Flaky { works: Cell::new(true), asked: RefCell::default() }] {
        let error = open(&disk, signer).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.to_string().ends_with("waits for its signature"), "{error}");
    }
}
