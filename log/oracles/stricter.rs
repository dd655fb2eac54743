//! What others take and headlock-log does not. Each of these must stand in the table of docs/log.md.

const DOCUMENT: &str = include_str!("../../docs/log.md");

/// Why something was refused here alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stricter {
    /// Base64 with unused bits that are not zero, or with line ends in it.
    Base64,
    /// Hexadecimal digits in capitals.
    Capitals,
    /// A public key that is no point, or one of small order, or not in its one encoding.
    Point,
    /// A name that is long or has a control character.
    Name,
    /// A size from 2^63 on.
    Size,
    /// A second signature of a key, which others do not look at.
    Repeated,
}

impl Stricter {
    /// The words that say so.
    fn words(self) -> &'static str {
        match self {
            Stricter::Base64 => "Base64 is RFC 4648 section 4, padded, with unused bits zero",
            Stricter::Capitals => "said to be hexadecimal, which is always\nlowercase",
            Stricter::Point => "neither the key nor R is of small order, encodings are canonical",
            Stricter::Name => "A name has at most 255 bytes and no control character",
            Stricter::Size => "Size at most 2^63 − 1",
            Stricter::Repeated => {
                "a signature line with the name and id of a known key that does not hold refuses the note"
            }
        }
    }

    /// That what was taken there and refused here is for a reason that is written down.
    pub(crate) fn is_documented(self) {
        assert!(DOCUMENT.contains(self.words()), "docs/log.md should say: {}", self.words());
    }
}
