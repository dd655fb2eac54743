//! The crate `signed_note`.

use std::collections::BTreeSet;

use ::signed_note::{
    Note, NoteError, Signature, Signer as _, StandardSigner, StandardVerifier, Verifier, VerifierList, key_id,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand_core::{CryptoRng, RngCore};

use crate::keys;
use crate::notes::{self, Notes, Opened, Signer};

struct Crate;

/// A key of cosignatures, C2SP's type 04, which the crate lets others bring: one of type 01 checks what it signs.
struct Cosigner {
    id: u32,
    key: StandardVerifier,
}

impl Verifier for Cosigner {
    fn name(&self) -> &str {
        self.key.name()
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_first_chunk() else { return false };
        let time = u64::from_be_bytes(*time);
        time <= i64::MAX as u64 && self.key.verify(&timed(time, text), signature)
    }
}

fn timed(time: u64, text: &[u8]) -> Vec<u8> {
    [format!("cosignature/v1\ntime {time}\n").as_bytes(), text].concat()
}

/// A vkey or private key of type 01 of some name and bytes.
fn text(name: &str, id_of: &[u8], bytes: &[u8]) -> String {
    format!("{name}+{:08x}+{}", key_id(name, id_of), STANDARD.encode(bytes))
}

fn verifier(vkey: &str) -> Option<Box<dyn Verifier>> {
    if let Ok(key) = StandardVerifier::new(vkey) {
        return Some(Box::new(key));
    }
    let [name, _, base64] = vkey.splitn(3, '+').collect::<Vec<_>>()[..] else { return None };
    let bytes = STANDARD.decode(base64).ok()?;
    let [4, public @ ..] = &bytes[..] else { return None };
    if vkey != text(name, &bytes, &bytes) {
        return None;
    }
    let of_type_1 = [&[1], public].concat();
    let key = StandardVerifier::new(&text(name, &of_type_1, &of_type_1)).ok()?;
    Some(Box::new(Cosigner { id: key_id(name, &bytes), key }))
}

fn signer(name: &str, id: u32) -> Signer {
    (name.to_owned(), id.to_be_bytes())
}

/// What a key is generated from: a source of random numbers that are its seed.
struct Seed([u8; 32]);

impl RngCore for Seed {
    fn next_u32(&mut self) -> u32 {
        unreachable!("a key takes bytes")
    }

    fn next_u64(&mut self) -> u64 {
        unreachable!("a key takes bytes")
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Seed {}

impl Crate {
    fn private(seed: [u8; 32], name: &str) -> (String, String) {
        ::signed_note::generate_key(&mut Seed(seed), name)
    }
}

impl Notes for Crate {
    fn vkeys(&mut self, vkeys: &[String]) -> Vec<Option<Signer>> {
        let read = |vkey: &String| verifier(vkey).map(|key| signer(key.name(), key.key_id()));
        vkeys.iter().map(read).collect()
    }

    fn private_keys(&mut self, keys: &[String]) -> Vec<Option<Signer>> {
        let read = |key: &String| StandardSigner::new(key).ok().map(|key| signer(key.name(), key.key_id()));
        keys.iter().map(read).collect()
    }

    fn generate(&mut self, seed: [u8; 32], name: &str) -> (String, String) {
        Crate::private(seed, name)
    }

    fn cosigner(&mut self, seed: [u8; 32], name: &str) -> String {
        let (_, vkey) = Crate::private(seed, name);
        let mut bytes = STANDARD.decode(vkey.splitn(3, '+').last().unwrap()).unwrap();
        bytes[0] = 4;
        text(name, &bytes, &bytes)
    }

    fn open(&mut self, vkeys: &[String], notes: &[Vec<u8>]) -> Vec<Opened> {
        let known = VerifierList::new(vkeys.iter().map(|vkey| verifier(vkey).unwrap()).collect());
        let open = |note: &Vec<u8>| {
            let Ok(note) = Note::from_bytes(note) else { return Opened::NoNote };
            match note.verify(&known) {
                Ok((signatures, _)) => {
                    let signers = signatures.iter().map(|one| signer(one.name(), one.id())).collect();
                    Opened::Signed(String::from_utf8(note.text().to_vec()).unwrap(), signers)
                }
                Err(NoteError::UnverifiedNote | NoteError::InvalidSignature { .. }) => Opened::Refused,
                Err(other) => panic!("{other}"),
            }
        };
        notes.iter().map(open).collect()
    }

    fn sign(&mut self, private: &str, text: &str) -> Vec<u8> {
        let mut note = Note::new(text.as_bytes(), &[]).unwrap();
        note.add_sigs(&[&StandardSigner::new(private).unwrap()]).unwrap();
        note.to_bytes()
    }

    fn cosign(&mut self, seed: [u8; 32], name: &str, time: u64, note: &[u8]) -> Vec<u8> {
        let note = Note::from_bytes(note).unwrap();
        let key = StandardSigner::new(&Crate::private(seed, name).0).unwrap();
        let vkey = verifier(&self.cosigner(seed, name)).unwrap();
        let signature = [&time.to_be_bytes()[..], &key.sign(&timed(time, note.text())).unwrap()].concat();
        let line = Signature::new(name.to_owned(), vkey.key_id(), signature).unwrap().to_bytes();
        let mut bytes = note.to_bytes();
        if !bytes.windows(line.len()).any(|window| window == line) {
            bytes.extend(line);
        }
        Note::from_bytes(&bytes).unwrap().to_bytes()
    }

    fn not_in_names(&mut self) -> BTreeSet<char> {
        let refused = |name: &char| Note::from_bytes(format!("text\n\n— a{name}b AAAAAAA=\n").as_bytes()).is_err();
        ('\0'..=char::MAX).filter(refused).collect()
    }

    fn holds(&mut self, key: &[u8; 32], message: &str, signature: &[u8; 64]) -> bool {
        let key = [&[1], &key[..]].concat();
        StandardVerifier::new(&text("a", &key, &key)).is_ok_and(|key| key.verify(message.as_bytes(), signature))
    }

    fn takes_unused_bits(&self) -> bool {
        false
    }
}

asked! { Some(Crate);
    the_same_keys: keys::the_same_keys;
    odd_keys: keys::odd_keys;
    odd_signatures: keys::odd_signatures;
    signed_here_and_there: |oracle| notes::signed_here_and_there(oracle, 256);
    every_changed_byte: notes::every_changed_byte;
    texts_of_notes: |oracle| notes::texts_of_notes(oracle, 4096);
    edges_of_notes: notes::edges;
    names_of_keys: notes::names;
}
