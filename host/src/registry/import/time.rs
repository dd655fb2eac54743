//! Times of publication, compared as text: `YYYY-MM-DDTHH:MM:SSZ` sorts as it reads.

use crate::error::{Error, Result};

/// A day at whose start an import stops: rows published at its first second are in, later ones are not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Until {
    last: String,
}

impl Until {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// Malformed: anything else.
    pub fn parse(day: &str) -> Result<Until> {
        if !is_day(day.as_bytes()) {
            return Err(Error::malformed(format!("expected a day like 2025-06-01, found `{}`", day.escape_debug())));
        }
        Ok(Until { last: format!("{day}T00:00:00Z") })
    }

    /// Whether a row of this time is in. A row without a time is (`""`): nobody can say that it came later.
    pub(super) fn includes(&self, time: &str) -> bool {
        time <= self.last.as_str()
    }
}

/// A time of publication, as short as it gets: its digits, the day's and those within the day. All zeros, which are no
/// day, where a row has none: these come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamped {
    day: u32,
    second: u32,
}

impl Stamped {
    /// A time that [`is_time`]; of any other text, its digits.
    pub(super) fn of(time: &str) -> Stamped {
        let digits = |text: &[u8]| number(&text.iter().copied().filter(u8::is_ascii_digit).collect::<Vec<u8>>());
        let (day, second) = time.as_bytes().split_at(time.len().min(10));
        Stamped { day: digits(day).unwrap_or(0), second: digits(second).unwrap_or(0) }
    }
}

/// Whether this is a time as rows hold it: `YYYY-MM-DDTHH:MM:SSZ`, nothing shorter, finer or of another zone.
pub(super) fn is_time(text: &str) -> bool {
    let Some((day, rest)) = text.as_bytes().split_at_checked(10) else { return false };
    let &[b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'Z'] = rest else { return false };
    let within = |tens: u8, ones: u8, limit: u8| number(&[tens, ones]).is_some_and(|value| value < u32::from(limit));
    is_day(day) && within(h1, h2, 24) && within(m1, m2, 60) && within(s1, s2, 60)
}

fn is_day(text: &[u8]) -> bool {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return false };
    let (Some(year), Some(month), Some(day)) = (number(&[y1, y2, y3, y4]), number(&[m1, m2]), number(&[d1, d2])) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_days_of_the_calendar() {
        for day in ["2024-02-29", "2000-02-29", "2025-12-31", "0001-01-01"] {
            assert!(Until::parse(day).is_ok(), "{day}");
        }
        for day in ["2025-02-29", "1900-02-29", "2025-13-01", "2025-00-01", "2025-04-31", "2025-1-1", "2025-01-00", ""]
        {
            assert!(Until::parse(day).is_err(), "{day}");
        }
        let error = Until::parse("2025-06-01T00:00:00Z\u{202e}").unwrap_err();
        assert_eq!(error.to_string(), r"expected a day like 2025-06-01, found `2025-06-01T00:00:00Z\u{202e}`");
    }

    #[test]
    fn a_day_includes_its_first_second_only() {
        let until = Until::parse("2025-06-01").unwrap();
        assert!(until.includes("2025-05-31T23:59:59Z"));
        assert!(until.includes("2025-06-01T00:00:00Z"));
        assert!(!until.includes("2025-06-01T00:00:01Z"));
        assert!(until.includes(""));
    }

    #[test]
    fn times_have_one_form() {
        assert!(is_time("2025-11-12T19:30:12Z"));
        for time in [
            "2025-11-12 19:30:12Z",
            "2025-11-12T19:30:12",
            "2025-11-12T19:30:12.0Z",
            "2025-11-12T19:30:12-04",
            "2025-11-12T24:00:00Z",
            "2025-11-12T19:60:12Z",
            "2025-11-12T19:30:60Z",
            "2025-11-2T19:30:12Z",
            "２025-11-12T19:30:12Z",
            "",
        ] {
            assert!(!is_time(time), "{time}");
        }
    }
}
