//! Text that is shown to nobody.

use std::fmt;

/// A token, a password, or a file that holds some. It has no text for a message: whoever wants it has to say so.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

/// Longest token or password, in bytes.
pub(super) const MAX_SECRET: usize = 4096;

/// Longest token that a service gives, in bytes: with a URL it is a request of a length that servers take.
const MAX_GIVEN: usize = 12 << 10;

impl Secret {
    pub(super) fn new(text: String) -> Secret {
        Secret(text)
    }

    /// The text itself.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// Checks that it can be the token of a header: visible ASCII, so that nothing ends the header or begins another.
    ///
    /// # Errors
    /// What is wrong, without the text.
    pub(super) fn check_token(&self) -> Result<(), String> {
        self.check_visible(MAX_SECRET)
    }

    /// As [`Secret::check_token`], of one that a service gave: those are longer.
    ///
    /// # Errors
    /// What is wrong, without the text.
    pub(super) fn check_given(&self) -> Result<(), String> {
        self.check_visible(MAX_GIVEN)
    }

    fn check_visible(&self, limit: usize) -> Result<(), String> {
        self.check_length(limit)?;
        match self.0.bytes().position(|byte| !byte.is_ascii_graphic()) {
            None => Ok(()),
            Some(at) => Err(format!("it holds something else than visible ASCII, at offset {at}")),
        }
    }

    /// Checks that it can be a password: no control characters.
    ///
    /// # Errors
    /// What is wrong, without the text.
    pub(super) fn check_password(&self) -> Result<(), String> {
        self.check_length(MAX_SECRET)?;
        match self.0.char_indices().find(|(_, character)| character.is_control()) {
            None => Ok(()),
            Some((at, _)) => Err(format!("it holds a control character, at offset {at}")),
        }
    }

    fn check_length(&self, limit: usize) -> Result<(), String> {
        match self.0.len() {
            0 => Err("it is empty".to_owned()),
            length if length > limit => Err(format!("it is longer than {limit} bytes")),
            _ => Ok(()),
        }
    }

    /// Whether a URL repeats it, as it is or percent-encoded, in part or as a whole.
    pub(super) fn is_in_url(&self, url: &str) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let mut decoded = Vec::with_capacity(url.len());
        let mut rest = url.as_bytes();
        while let Some((&first, behind)) = rest.split_first() {
            let digits = behind.first_chunk::<2>().filter(|_| first == b'%');
            let byte = digits.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
            decoded.push(byte.unwrap_or(first));
            rest = if byte.is_some() { &behind[2..] } else { behind };
        }
        let secret = self.0.as_bytes();
        decoded.windows(secret.len()).any(|window| window == secret) || url.contains(&self.0)
    }

    /// A text in which it is not, as it is or as Rust quotes it.
    pub(super) fn hide(&self, text: String) -> String {
        if self.0.is_empty() {
            return text;
        }
        let quoted = self.0.escape_debug().to_string();
        text.replace(&quoted, "[secret]").replace(&self.0, "[secret]")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_url_that_repeats_a_secret_is_told() {
        let secret = Secret::new("TOK?EN@S:ECRET".to_owned());
        for url in
            ["http://other/TOK?EN@S:ECRET", "https://other/TOK%3FEN%40S%3AECRET", "https://other/%54OK%3fEN@S:ECRET/x"]
        {
            assert!(secret.is_in_url(url), "{url}");
        }
        for url in ["https://other/TOK", "https://other/%", "https://other/%zz", ""] {
            assert!(!secret.is_in_url(url), "{url}");
        }
        assert!(!Secret::new(String::new()).is_in_url("https://other/"));
    }
}
