//! A figure of a table, as it is printed there.

use anyhow::{Result, bail};

/// A number and its unit; of one kind of unit, all are counted in the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    /// In thousandths of the kind's smallest unit.
    pub(super) thousandths: u64,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Time,
    Size,
}

/// Units, the smallest first: a kind, its name, and how many of the smallest it is.
const UNITS: [(Kind, &str, u64); 7] = [
    (Kind::Number, "", 1),
    (Kind::Time, "µs", 1),
    (Kind::Time, "ms", 1000),
    (Kind::Time, "s", 1_000_000),
    (Kind::Size, "B", 1),
    (Kind::Size, "KB", 1000),
    (Kind::Size, "MB", 1_000_000),
];

impl Amount {
    /// Reads `1,234`, `0.25 ms`.
    pub(super) fn parse(text: &str) -> Result<Amount> {
        let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let digits = format!("{}{part:0<3}", whole.replace(',', ""));
        let unit = UNITS.iter().find(|(_, name, _)| *name == unit);
        match (digits.parse::<u64>(), unit) {
            (Ok(thousandths), Some((kind, _, factor)))
                if !whole.is_empty() && part.len() <= 3 && thousandths < 1_000_000_000_000 =>
            {
                Ok(Amount { thousandths: thousandths * factor, kind: *kind })
            }
            _ => bail!("expected a number with a unit, found {text:?}"),
        }
    }

    /// In the largest unit of which the `most` is at least one: `40 ms`.
    pub(super) fn format(self, most: u64) -> String {
        let mut units = UNITS.iter().filter(|(kind, _, factor)| *kind == self.kind && factor * 1000 <= most.max(1000));
        let (unit, factor) = units.next_back().map_or(("", 1), |(_, unit, factor)| (*unit, *factor));
        let thousandths = self.thousandths / factor;
        let (whole, part) = (thousandths / 1000, format!("{:03}", thousandths % 1000));
        let part = part.trim_end_matches('0');
        let point = if part.is_empty() { "" } else { "." };
        format!("{whole}{point}{part} {unit}").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_what_was_printed() {
        let cases =
            [("1,234", 1_234_000), ("0.95 ms", 950_000), ("57.5 s", 57_500_000_000), ("7540 KB", 7_540_000_000)];
        for (text, thousandths) in cases {
            assert_eq!(Amount::parse(text).expect(text).thousandths, thousandths, "{text}");
        }
        for text in ["", "ms", "1 h", "-1", "1.2345", "9999999999999", "1.00 ×"] {
            assert!(Amount::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_are_printed_in_one_unit() {
        let amount = |text| Amount::parse(text).expect(text);
        assert_eq!(amount("250 µs").format(amount("5 ms").thousandths), "0.25 ms");
        assert_eq!(amount("20 ms").format(amount("20 ms").thousandths), "20 ms");
        assert_eq!(amount("1.5").format(amount("4").thousandths), "1.5");
    }
}
