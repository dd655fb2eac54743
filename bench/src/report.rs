//! The page of tables.

use std::fmt::Write;

use anyhow::Result;
use fs_err as fs;

/// Everything that was measured, in the order in which it was.
#[derive(Debug)]
pub(crate) struct Report {
    machine: String,
    sections: Vec<Section>,
}

/// What one question came to: a sentence or two on what was done, a table, and what follows from it.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// What was measured, and how.
    pub(crate) about: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    /// What to know about the figures; may be empty.
    pub(crate) notes: Vec<String>,
}

impl Report {
    /// Nothing measured yet, on this machine.
    pub(crate) fn new() -> Result<Report> {
        Ok(Report { machine: machine()?, sections: Vec::new() })
    }

    /// Adds a section, and tells whoever waits.
    pub(crate) fn push(&mut self, section: Section) {
        eprint!("{}", section.format());
        self.sections.push(section);
    }

    /// The whole page.
    pub(crate) fn format(&self) -> String {
        let mut page = String::from(
            "# Benchmarks\n\nPrinted by `cargo xtask bench`, and written by it with `--write docs/benchmarks.md`. Figures are medians; what is compared was run in \
             turn. Times are of one machine; ratios are what to look at.\n",
        );
        let _ = writeln!(page, "\n{}", self.machine);
        for section in &self.sections {
            page.push_str(&section.format());
        }
        page
    }

    /// The whole page, with the sections of an older one that were not measured this time behind those that were.
    pub(crate) fn format_over(&self, before: &str) -> String {
        let mut page = self.format();
        for section in before.split("\n## ").skip(1) {
            let title = section.lines().next().unwrap_or_default();
            if !self.sections.iter().any(|measured| measured.title == title) {
                page.push_str("\n## ");
                page.push_str(section.trim_end_matches('\n'));
                page.push('\n');
            }
        }
        page
    }
}

impl Section {
    fn format(&self) -> String {
        let mut text = format!("\n## {}\n\n{}\n\n", self.title, self.about);
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.chain(self.columns.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let mut line = |cells: &[String]| {
            for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
                let padding = " ".repeat(width - cell.chars().count());
                let _ = match column {
                    0 => write!(text, "| {cell}{padding} "),
                    _ => write!(text, "| {padding}{cell} "),
                };
            }
            text.push_str("|\n");
        };
        line(&self.columns);
        let rule = |(column, width): (usize, &usize)| match column {
            0 => "-".repeat(*width),
            _ => format!("{}:", "-".repeat(width.saturating_sub(1))),
        };
        line(&widths.iter().enumerate().map(rule).collect::<Vec<_>>());
        self.rows.iter().for_each(|row| line(row));
        for note in &self.notes {
            let _ = writeln!(text, "\n{note}");
        }
        text
    }
}

/// What this runs on, without its name.
fn machine() -> Result<String> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("of an unknown kind");
    let model = model.trim_start_matches(['\t', ' ', ':']);
    let cores = std::thread::available_parallelism()?;
    let rustc = String::from_utf8(std::process::Command::new("rustc").arg("--version").output()?.stdout)?;
    let headlock = env!("CARGO_PKG_VERSION");
    Ok(format!(
        "headlock {headlock}, wasmtime {}, {}, {cores} cores ({model}), {}.",
        headlock::engine::WASMTIME,
        rustc.trim(),
        std::env::consts::OS
    ))
}

/// A number of seconds, in milliseconds.
pub(crate) fn milliseconds(seconds: f64) -> String {
    match seconds * 1000.0 {
        few if few < 10.0 => format!("{few:.2} ms"),
        some if some < 100.0 => format!("{some:.1} ms"),
        many => format!("{many:.0} ms"),
    }
}

/// A number of bytes.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} B"),
        10_000..10_000_000 => format!("{} KB", count / 1000),
        _ => format!("{} MB", count / 1_000_000),
    }
}

/// A whole number, in groups of three digits.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// How many times as much.
pub(crate) fn ratio(ratio: f64) -> String {
    format!("{ratio:.2} ×")
}

/// The value in the middle; of an even number, the lower of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_a_table_with_aligned_columns() {
        let section = Section {
            title: "Title",
            about: "About.".to_owned(),
            columns: vec!["root".to_owned(), "time".to_owned()],
            rows: vec![vec!["a".to_owned(), "1.00 ms".to_owned()], vec!["longer".to_owned(), "2 ms".to_owned()]],
            notes: vec!["Note.".to_owned()],
        };
        let text = "\n## Title\n\nAbout.\n\n| root   |    time |\n| ------ | ------: |\n| a      | 1.00 ms |\n\
                    | longer |    2 ms |\n\nNote.\n";
        assert_eq!(section.format(), text);
    }

    #[test]
    fn what_is_not_measured_again_stays() {
        let section = |title, cell: &str| Section {
            title,
            about: String::new(),
            columns: vec![cell.to_owned()],
            rows: Vec::new(),
            notes: Vec::new(),
        };
        let page = |sections| Report { machine: "A machine.".to_owned(), sections };
        let before = page(vec![section("Speed", "old"), section("Scale", "old")]).format_over("");
        let after = page(vec![section("Scale", "new")]).format_over(&before);
        assert_eq!(after, page(vec![section("Scale", "new"), section("Speed", "old")]).format());
        assert_eq!(page(vec![section("Scale", "new")]).format_over(&after), after);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(milliseconds(0.001234), "1.23 ms");
        assert_eq!(milliseconds(0.0523), "52.3 ms");
        assert_eq!(milliseconds(1.5), "1500 ms");
        assert_eq!([999, 10_000, 10_000_000].map(bytes), ["999 B", "10 KB", "10 MB"]);
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.0);
    }
}
