//! SHA-256 digests: what everything here is named by.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

/// How many bytes a digest has.
pub const LENGTH: usize = 32;

/// The digits of a digest's text, by their values.
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// A SHA-256 digest.
///
/// Its text, in files and to people, is exactly 64 lowercase hexadecimal digits; [`Digest::from_str`] takes nothing
/// else. The order is that of the bytes, which is also that of the text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; LENGTH]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(sha2::Sha256::digest(bytes).into())
    }

    /// The 32 bytes as a digest; nothing if there are more or fewer.
    pub fn from_slice(bytes: &[u8]) -> Option<Digest> {
        Some(Digest(bytes.try_into().ok()?))
    }

    fn hex(&self) -> [u8; 2 * LENGTH] {
        let mut hex = [0; 2 * LENGTH];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        hex
    }

    /// Runs `with` on the digest's text, without allocating.
    fn with_hex<T>(&self, with: impl FnOnce(&str) -> T) -> T {
        let hex = self.hex();
        // Only ASCII digits are in there, so the fallback is never taken.
        with(std::str::from_utf8(&hex).unwrap_or_default())
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_hex(|hex| f.pad(hex))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Too short or too long.
    #[error("expected 64 lowercase hexadecimal digits, found {0} bytes")]
    Length(usize),
    /// Something that is no lowercase hexadecimal digit.
    #[error("expected 64 lowercase hexadecimal digits, found something else at byte {0}")]
    Digit(usize),
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Digest, DigestError> {
        let text = text.as_bytes();
        if text.len() != 2 * LENGTH {
            return Err(DigestError::Length(text.len()));
        }
        let mut digest = [0; LENGTH];
        // What is no digit is looked for once, behind all of them.
        let mut seen = 0;
        for (byte, pair) in digest.iter_mut().zip(text.chunks_exact(2)) {
            let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
            seen |= high | low;
            *byte = high << 4 | low;
        }
        if seen == NO_DIGIT {
            let place = text.iter().position(|byte| VALUES[usize::from(*byte)] == NO_DIGIT);
            return Err(DigestError::Digit(place.unwrap_or_default()));
        }
        Ok(Digest(digest))
    }
}

/// The value of each byte as a lowercase hexadecimal digit, or [`NO_DIGIT`].
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// All bits are set, so that it is seen among others.
const NO_DIGIT: u8 = u8::MAX;

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_hex(|hex| serializer.serialize_str(hex))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Digest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 lowercase hexadecimal digits")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Digest, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// A SHA-256 that is fed piece by piece. A clone goes on from the same place.
#[derive(Clone, Debug, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// A hasher that has been fed nothing.
    pub fn new() -> Hasher {
        Hasher::default()
    }

    /// Feeds more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that came so far. More may follow.
    pub fn digest(&self) -> Digest {
        Digest(self.0.clone().finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn fips_180_vectors() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
        assert_eq!(Digest::of(b"abc").to_string(), ABC);
        assert_eq!(ABC.parse(), Ok(Digest::of(b"abc")));
        assert_eq!(format!("{:?}", Digest::of(b"abc")), ABC);
        assert_eq!(Digest::of(b"abc").as_ref(), Digest::of(b"abc").0);
    }

    #[test]
    fn a_hasher_goes_on_after_each_digest() {
        let mut hasher = Hasher::new();
        assert_eq!(hasher.digest().to_string(), EMPTY);
        hasher.update(b"a");
        let clone = hasher.clone();
        hasher.update(b"bc");
        assert_eq!(hasher.digest().to_string(), ABC);
        assert_eq!(clone.digest(), Digest::of(b"a"));
    }

    #[test]
    fn only_64_lowercase_digits_are_a_digest() {
        let refused = |text: &str| text.parse::<Digest>().unwrap_err().to_string();
        assert_eq!(refused(""), "expected 64 lowercase hexadecimal digits, found 0 bytes");
        assert_eq!(refused(&ABC[1..]), "expected 64 lowercase hexadecimal digits, found 63 bytes");
        assert_eq!(refused(&format!("{ABC}\n")), "expected 64 lowercase hexadecimal digits, found 65 bytes");
        for places in [0..2, 10..12, 62..64, 0..64, 1..63] {
            let text: String =
                ABC.chars().enumerate().map(|(at, digit)| if places.contains(&at) { 'z' } else { digit }).collect();
            let place = places.start;
            assert_eq!(
                refused(&text),
                format!("expected 64 lowercase hexadecimal digits, found something else at byte {place}")
            );
        }
        for (place, other) in [(0, 'B'), (1, 'g'), (62, ' '), (63, '/'), (63, ':'), (63, '`')] {
            let mut text: Vec<char> = ABC.chars().collect();
            text[place] = other;
            let found = refused(&text.into_iter().collect::<String>());
            assert_eq!(
                found,
                format!("expected 64 lowercase hexadecimal digits, found something else at byte {place}")
            );
        }
    }

    #[test]
    fn json_holds_the_text() {
        let digest = Digest::of(b"abc");
        let json = format!("\"{ABC}\"");
        assert_eq!(serde_json::to_string(&digest).unwrap(), json);
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        let error = serde_json::from_str::<Digest>("\"abc\"").unwrap_err().to_string();
        assert_eq!(error, "expected 64 lowercase hexadecimal digits, found 3 bytes at line 1 column 5");
        let error = serde_json::from_str::<Digest>("7").unwrap_err().to_string();
        assert_eq!(error, "invalid type: integer `7`, expected 64 lowercase hexadecimal digits at line 1 column 1");
    }

    #[test]
    fn a_slice_of_another_length_is_none() {
        assert_eq!(Digest::from_slice(&[7; 32]), Some(Digest([7; 32])));
        assert_eq!(Digest::from_slice(&[7; 31]), None);
        assert_eq!(Digest::from_slice(&[7; 33]), None);
    }
}
