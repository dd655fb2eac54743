//! Keys of notes, and signatures that not every scheme refuses: what every oracle of notes is asked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use headlock_log::digest::Digest;
use headlock_log::note::{KeyKind, Signature, SignedNote, SigningKey, VerifierKey};
use sha2::{Digest as _, Sha512};

use crate::notes::{Notes, Signer, near, parse_all, signer};
use crate::stricter::Stricter;

/// Private keys, vkeys of both types and their ids; and texts that are nearly such.
pub(crate) fn the_same_keys(oracle: &mut impl Notes) {
    let long = "a".repeat(255);
    for (seed, name) in (0..).zip(["a", "registry.example/components", "é/\u{2013}", "0", &long]) {
        let seed = [seed; 32];
        let key = SigningKey::generate_from_seed(name, seed).unwrap();
        let (private, public) = oracle.generate(seed, name);
        assert_eq!((key.format(), key.verifier().to_string()), (private.clone(), public.clone()));
        assert_eq!(oracle.cosigner(seed, name), key.cosigner().to_string());
        assert_eq!(SigningKey::parse(&private).unwrap().verifier(), key.verifier());
        let vkeys = [public, key.cosigner().to_string()];
        let ours = parse_all(&vkeys).iter().map(|key| Some(signer(key))).collect::<Vec<_>>();
        assert_eq!(oracle.vkeys(&vkeys), ours);
        assert_eq!(oracle.private_keys(&[private]), [Some(signer(&key.verifier()))]);
    }
    let key = SigningKey::generate_from_seed("log.example/ä", [7; 32]).unwrap();
    for text in [key.verifier().to_string(), key.cosigner().to_string()] {
        let near: Vec<String> = texts(near(text.as_bytes()));
        let theirs = oracle.vkeys(&near);
        for (text, theirs) in near.iter().zip(theirs) {
            let ours = VerifierKey::parse(text).ok().map(|key| signer(&key));
            agree_on_key(text, ours, theirs);
        }
    }
    let near: Vec<String> = texts(near(key.format().as_bytes()));
    let theirs = oracle.private_keys(&near);
    for (text, theirs) in near.iter().zip(theirs) {
        let ours = SigningKey::parse(text).ok().map(|key| signer(&key.verifier()));
        agree_on_key(text, ours, theirs);
    }
}

pub(crate) fn texts(near: Vec<(usize, Vec<u8>)>) -> Vec<String> {
    near.into_iter().filter_map(|(_, text)| String::from_utf8(text).ok()).collect()
}

fn agree_on_key(text: &str, ours: Option<Signer>, theirs: Option<Signer>) {
    if ours != theirs {
        assert!(
            ours.is_none() && text.contains(|digit: char| digit.is_ascii_uppercase()),
            "{text}: {ours:?}, {theirs:?}"
        );
        Stricter::Capitals.is_documented();
    }
}

/// Keys with the right id that are of other types and lengths, which nobody takes; and of names and points that are
/// refused here alone.
pub(crate) fn odd_keys(oracle: &mut impl Notes) {
    let public = SigningKey::generate_from_seed("log.example", [7; 32]).unwrap().verifier().public_key();
    let of_type = |kind: u8, key: &[u8]| vkey("log.example", &[&[kind], key].concat());
    let mut nobodys: Vec<String> = [0, 2, 3, 5, 6, 0xff].iter().map(|kind| of_type(*kind, &public)).collect();
    for kind in [1, 4] {
        nobodys.extend([of_type(kind, &public[1..]), of_type(kind, &[&public[..], &[0]].concat()), of_type(kind, &[])]);
    }
    nobodys.push(vkey("log.example", &[]));
    for name in ["", " ", "a b", "a\u{a0}b", "a\u{2028}"] {
        nobodys.push(vkey(name, &[&[1], &public[..]].concat()));
    }
    for (vkey, theirs) in nobodys.iter().zip(oracle.vkeys(&nobodys)) {
        assert!(VerifierKey::parse(vkey).is_err() && theirs.is_none(), "{vkey}: {theirs:?}");
    }
    let name = |name: &str| vkey(name, &[&[1], &public[..]].concat());
    let names = vec![name("a\u{7f}b"), name(&"a".repeat(256)), name(&"a".repeat(600))];
    let points = odd_points().into_iter().map(|(_, point)| of_type(1, &point)).collect();
    for (vkeys, why) in [(names, Stricter::Name), (points, Stricter::Point)] {
        for vkey in &vkeys {
            assert!(VerifierKey::parse(vkey).is_err(), "{vkey}");
        }
        assert!(oracle.vkeys(&vkeys).iter().any(Option::is_some), "they refuse these, too: {why:?}");
        why.is_documented();
    }
}

/// Encodings that are no public keys here: points of small order, y that is not below p = 2^255 − 19, x = 0 with a sign.
fn odd_points() -> Vec<(String, [u8; 32])> {
    let mut points = Vec::new();
    for (what, low, rest, high) in [("1", 1, 0, 0), ("-1", 0xec, 0xff, 0x7f), ("0", 0, 0, 0)] {
        for sign in [0, 0x80] {
            let mut point = [rest; 32];
            (point[0], point[31]) = (low, high | sign);
            points.push((format!("y = {what}, sign {sign}"), point));
        }
    }
    for above in 0..19 {
        for sign in [0, 0x80] {
            let mut point = [0xff; 32];
            (point[0], point[31]) = (0xed + above, 0x7f | sign);
            points.push((format!("y = p + {above}, sign {sign}"), point));
        }
    }
    points
}

/// Signatures that schemes disagree on: none that they refuse holds here, nor one by a key of small order.
pub(crate) fn odd_signatures(oracle: &mut impl Notes) {
    let text = "text\n".to_owned();
    let seed = [9; 32];
    let key = SigningKey::generate_from_seed("a", seed).unwrap();
    let public = key.verifier().public_key();
    let good: [u8; 64] = key.sign(&text).unwrap().bytes.try_into().unwrap();
    assert!(holds(&public, &text, &good) && oracle.holds(&public, &text, &good));
    let neutral = without_secret(seed, &public, &text);
    assert!(oracle.holds(&public, &text, &neutral), "the equation does not hold");
    // S + L is the same S to whoever reduces it: everybody could make a second signature of the first.
    let mut odd = vec![
        ("S + L".to_owned(), public, text.clone(), plus_order(&good)),
        ("a neutral R".to_owned(), public, text.clone(), neutral),
    ];
    for (what, point) in odd_points() {
        // R as S = 0 demands it where the key's part vanishes, which is so for some texts if the key is of small order.
        for number in 0..8 {
            for first in [0, 1] {
                let mut signature = [0; 64];
                signature[first] = u8::from(first == 0);
                odd.push((what.clone(), point, format!("{number}\n"), signature));
            }
        }
    }
    let mut taken_there = 0;
    for (what, key, text, signature) in odd {
        taken_there += usize::from(oracle.holds(&key, &text, &signature));
        assert!(!holds(&key, &text, &signature), "{what}");
    }
    assert!(taken_there > 1, "no key was odd");
    Stricter::Point.is_documented();
}

fn holds(key: &[u8; 32], text: &str, signature: &[u8; 64]) -> bool {
    VerifierKey::new("a", KeyKind::Ed25519, key).is_ok_and(|key| {
        let signature = Signature { name: "a".to_owned(), id: key.id(), bytes: signature.to_vec() };
        SignedNote::new(text, vec![signature]).is_ok_and(|note| note.verify(&[key]).is_ok())
    })
}

/// The order L of the group, 2^252 + 27742317777372353535851937790883648493, least byte first as all numbers here.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The sum of two numbers that is below 2^256.
fn sum(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut carry = 0;
    std::array::from_fn(|place| {
        carry += u16::from(left[place]) + u16::from(right[place]);
        let byte = carry as u8;
        carry >>= 8;
        byte
    })
}

/// The number modulo the order.
fn reduced(mut number: [u8; 32]) -> [u8; 32] {
    while number.iter().rev().ge(ORDER.iter().rev()) {
        let mut borrow = 0;
        number = std::array::from_fn(|place| {
            let byte = i16::from(number[place]) - i16::from(ORDER[place]) - borrow;
            borrow = i16::from(byte < 0);
            byte as u8
        });
    }
    number
}

/// A signature with the order added to its S.
fn plus_order(signature: &[u8; 64]) -> [u8; 64] {
    let [r, s] = [&signature[..32], &signature[32..]].map(|half| half.try_into().unwrap());
    [r, sum(&s, &ORDER)].concat().try_into().unwrap()
}

/// The signature that a key makes if its one-time secret is 0: R is the neutral element, and the equation holds. It gives
/// the private key away, and to take it would be to take an R of small order.
fn without_secret(seed: [u8; 32], public: &[u8; 32], text: &str) -> [u8; 64] {
    let mut private: [u8; 32] = Sha512::digest(seed)[..32].try_into().unwrap();
    private[0] &= 0xf8;
    private[31] = private[31] & 0x7f | 0x40;
    let private = reduced(private);
    let mut r = [0; 32];
    r[0] = 1;
    let factor = Sha512::digest([&r[..], public, text.as_bytes()].concat());
    let mut s = [0; 32];
    for bit in (0..512).rev() {
        s = reduced(sum(&s, &s));
        if factor[bit / 8] >> (bit % 8) & 1 == 1 {
            s = reduced(sum(&s, &private));
        }
    }
    [r, s].concat().try_into().unwrap()
}

/// A vkey of any name, type and key, with the id that they have.
fn vkey(name: &str, bytes: &[u8]) -> String {
    let id = Digest::of(&[name.as_bytes(), b"\n", bytes].concat());
    format!("{name}+{}+{}", &id.to_string()[..8], STANDARD.encode(bytes))
}
