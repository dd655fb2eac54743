//! How old something is, or may be: a number and a letter.

use std::fmt;

/// A length of time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Age(pub(super) u64);

/// What a letter stands for, in seconds, the largest first.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Age {
    /// Reads a number and a letter.
    pub(super) fn parse(text: &str) -> Option<Age> {
        let (number, seconds) =
            UNITS.iter().find_map(|(letter, seconds)| Some((text.strip_suffix(*letter)?, seconds)))?;
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse::<u64>().ok().filter(|_| digits)?.checked_mul(*seconds).map(Age)
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, seconds)| self.0 >= *seconds && self.0.is_multiple_of(*seconds));
        let (letter, seconds) = whole.or(UNITS.iter().find(|(_, seconds)| self.0 >= *seconds)).unwrap_or(&('s', 1));
        write!(f, "{}{letter}", self.0 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_a_number_and_a_letter() {
        let said = |text| Age::parse(text).map(|age| format!("{} {age}", age.0));
        for (text, expected) in
            [("7d", "604800 7d"), ("24h", "86400 1d"), ("90m", "5400 90m"), ("0s", "0 0s"), ("90061s", "90061 90061s")]
        {
            assert_eq!(said(text).as_deref(), Some(expected));
        }
        for text in ["", "d", "7", "7w", "-7d", "+7d", "7 d", "1.5h", "99999999999999999999s", "213503982334602d"] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
