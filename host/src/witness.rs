//! Asking witnesses to cosign a log's head (C2SP tlog-witness, `add-checkpoint`).
//!
//! A witness remembers the newest head of the log that it has cosigned, and cosigns a newer one only with a proof that its own
//! is a beginning of it. Which head that is only the witness knows, so it is asked twice: the first answer says the size.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::note::{NoteError, Signature, SignedNote, VerifierKey};

use crate::error::{Error, Result};
use crate::sources::{Access, Posted, post};

/// Most hashes of a proof that a witness takes.
const MAX_PROOF: usize = 63;

/// Longest answer of a witness, in bytes.
const MAX_ANSWER: u64 = 64 << 10;

/// How often a witness is asked: once to learn what it has, once more, and once if it has got something newer meanwhile.
const TIMES: usize = 3;

/// Asks a witness for its cosignature of a signed head. `prove` gives the consistency proof from an older size to the head.
///
/// # Errors
/// The answer is no: what comes back is no cosignature of the witness, or the witness has another history. Could not check: it
/// cannot be reached, does not know the log, or has seen a newer head. Else those of `prove`.
pub fn cosignature(
    access: &Access,
    url: &str,
    witness: &VerifierKey,
    head: &Head,
    note: &SignedNote,
    prove: &mut dyn FnMut(u64) -> Result<Vec<Digest>>,
) -> Result<Signature> {
    let mut old = 0;
    for _ in 0..TIMES {
        let proof = if old == 0 { Vec::new() } else { prove(old)? };
        if proof.len() > MAX_PROOF {
            return Err(Error::could_not_check(format!(
                "a proof of {} hashes is more than a witness takes",
                proof.len()
            )));
        }
        let mut body = format!("old {old}\n").into_bytes();
        for hash in &proof {
            body.extend_from_slice(STANDARD.encode(hash).as_bytes());
            body.push(b'\n');
        }
        body.push(b'\n');
        body.extend_from_slice(&note.format());
        let answer = post(access, url, "add-checkpoint", &body, MAX_ANSWER)?;
        let seen = match answer.status {
            200 => return read(&answer.body, witness, note),
            409 => seen(&answer)?,
            status => return Err(refused(status, head)),
        };
        if seen > head.size {
            return Err(Error::could_not_check(format!(
                "the witness has seen {} with {seen} records, and this head has {}",
                head.origin, head.size
            ))
            .hint("this is an older copy of the registry, or its log has forked: compare it with the newest one"));
        }
        if seen == old {
            return Err(Error::could_not_check(format!(
                "the witness says that {old} is not the size it has, and that it is"
            )));
        }
        old = seen;
    }
    Err(Error::could_not_check("the witness has got another head each time it was asked"))
}

/// The size that a witness has.
fn seen(answer: &Posted) -> Result<u64> {
    let size = std::str::from_utf8(&answer.body).ok().and_then(|text| {
        let line = text.strip_suffix('\n')?;
        line.parse::<u64>().ok().filter(|size| size.to_string() == line)
    });
    match (size, answer.content_type.as_deref()) {
        (Some(size), Some("text/x.tlog.size")) => Ok(size),
        (_, found) => Err(Error::could_not_check(format!(
            "expected the size that the witness has, as text/x.tlog.size, with status 409, found {}",
            found.unwrap_or("something else")
        ))),
    }
}

fn refused(status: u16, head: &Head) -> Error {
    let Head { origin, size, .. } = head;
    match status {
        404 => Error::could_not_check(format!("the witness does not know the log {origin}")),
        403 => Error::refused(format!("the witness does not accept the signature of {origin}"))
            .hint("it knows the log by another key"),
        422 => Error::no(format!(
            "the witness says that the head of {origin} with {size} records does not go on from the one it has"
        ))
        .hint("the log has forked, or the witness's memory of it has"),
        status => {
            Error::could_not_check(format!("expected the witness's cosignature (status 200), found status {status}"))
        }
    }
}

/// Reads the answer: signature lines, of which the witness's own counts.
fn read(body: &[u8], witness: &VerifierKey, note: &SignedNote) -> Result<Signature> {
    let wrong = |why: String| Error::no(format!("the witness's answer is no cosignature of {}: {why}", witness.name()));
    // Behind the text, lines of signatures make a note.
    let whole = [note.text().as_bytes(), b"\n", body].concat();
    let answered = SignedNote::parse(&whole).map_err(|error| wrong(error.to_string()))?;
    if answered.text() != note.text() {
        return Err(wrong("it is about another text".to_owned()));
    }
    let verified = answered.verify(std::slice::from_ref(witness)).map_err(|error| match error {
        NoteError::Unknown(_) => wrong("it is by another key".to_owned()),
        error => wrong(error.to_string()),
    })?;
    let own = verified.signatures().iter().find(|signature| signature.key == *witness);
    let signed = own.ok_or_else(|| wrong("it is by another key".to_owned()))?;
    match signed.time {
        Some(time) if time > 0 => Ok(signed.signature.clone()),
        _ => Err(wrong("it says no time".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use headlock_log::checkpoint::Checkpoint;
    use headlock_log::note::SigningKey;

    use super::*;

    fn note() -> SignedNote {
        let key = SigningKey::generate_from_seed("log.example", [1; 32]).expect("a key");
        let head = Head { origin: "log.example".to_owned(), size: 3, root: Digest([1; 32]) };
        SignedNote::parse(&Checkpoint::sign(&head, &key).expect("signed")).expect("a note")
    }

    fn witness() -> SigningKey {
        SigningKey::generate_from_seed("w.example", [2; 32]).expect("a key")
    }

    #[test]
    fn only_the_witness_s_own_cosignature_counts() {
        let (note, key) = (note(), witness());
        let line = |key: &SigningKey, time| format!("{}\n", key.cosign(time, note.text()).expect("cosigned"));
        let other = SigningKey::generate_from_seed("w.example", [3; 32]).expect("a key");
        let says = |body: String| match read(body.as_bytes(), &key.cosigner(), &note) {
            Ok(signature) => signature.to_string() + "\n",
            Err(error) => error.to_string(),
        };
        let no = |why: &str| format!("the witness's answer is no cosignature of w.example: {why}");
        assert_eq!(says(line(&key, 5)), line(&key, 5));
        assert_eq!(says(line(&other, 5) + &line(&key, 5)), line(&key, 5));
        assert_eq!(says(line(&other, 5)), no("it is by another key"));
        assert_eq!(says(line(&key, 0)), no("it says no time"));
        let bad = line(&key, 5).replace(&line(&key, 5)[20..40], &line(&key, 6)[20..40]);
        assert!(says(bad).starts_with(&no("the signature by \"w.example\" does not hold")));
        for text in ["", "\n", "— w.example", "x\n", "another\n\n"] {
            assert!(says(text.to_owned()).starts_with(&no("expected ")), "{text}");
        }
        assert_eq!(says(format!("other text\n\n{}", line(&key, 5))), no("it is about another text"));
    }

    #[test]
    fn a_conflict_says_the_size() {
        let answer = |content_type: &str, body: &str| Posted {
            status: 409,
            content_type: Some(content_type.to_owned()),
            body: body.as_bytes().to_vec(),
        };
        assert_eq!(seen(&answer("text/x.tlog.size", "17\n")).ok(), Some(17));
        for body in ["", "17", "017\n", "+17\n", "-1\n", "17\n\n", "99999999999999999999\n"] {
            assert!(seen(&answer("text/x.tlog.size", body)).is_err(), "{body:?}");
        }
        assert!(seen(&answer("text/plain", "17\n")).is_err());
    }
}
