//! Charts of the page's tables: drawn from what is printed, so they cannot show other figures.

mod amount;
mod svg;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use self::amount::Amount;

/// The folder of the charts, beside the page.
const FOLDER: &str = "benchmarks";

/// What is drawn of a section's table.
struct Chart {
    /// The file's name, without its ending.
    name: &'static str,
    /// The section's title.
    section: &'static str,
    /// What the figures are.
    title: &'static str,
    form: Form,
    /// Columns, each by its name and which of that name it is, and the words for it.
    series: &'static [(&'static str, usize, &'static str)],
    /// A column by whose values each of the series is several.
    by: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Lines over the first column, whose figures grow by the same factor.
    Lines,
    /// Bars, side by side for each row.
    Bars,
}

const CHARTS: [Chart; 6] = [
    Chart {
        name: "verify",
        section: "Verifying a lock, beside cargo making one",
        title: "Time of the whole process: cargo makes a lock, headlock verifies one",
        form: Form::Bars,
        series: &[("cargo", 0, "cargo generate-lockfile"), ("verify", 0, "headlock verify")],
        by: None,
    },
    Chart {
        name: "registries",
        section: "Twenty registries beside one",
        title: "Time of the whole process, 500 packages",
        form: Form::Bars,
        series: &[("lock", 0, "headlock lock"), ("verify", 0, "headlock verify")],
        by: None,
    },
    Chart {
        name: "scale-solve",
        section: "Scale: what a solve fetches",
        title: "Files fetched for each package asked for, by packages in the registry",
        form: Form::Lines,
        series: &[("files each", 0, "")],
        by: Some("solve"),
    },
    Chart {
        name: "scale-publish",
        section: "Scale: publishing one release",
        title: "Processor time of publishing one release, by packages in the registry",
        form: Form::Lines,
        series: &[("processor", 0, "of a known package"), ("processor", 1, "of a new package")],
        by: None,
    },
    Chart {
        name: "scale-import",
        section: "Scale: importing",
        title: "Peak memory of an import, by packages in the registry",
        form: Form::Lines,
        series: &[("peak memory", 0, "peak memory")],
        by: None,
    },
    Chart {
        name: "scale-audit",
        section: "Scale: auditing",
        title: "Processor time of an audit for each record, by packages in the registry",
        form: Form::Lines,
        series: &[("a record", 0, "a record")],
        by: None,
    },
];

/// A table of the page.
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// The figures of a chart: what stands below them, and rows of one for each of these.
struct Figures {
    labels: Vec<String>,
    series: Vec<(String, Vec<(Amount, String)>)>,
}

impl Table {
    /// The table of a section; nothing if the page has no such section.
    fn of(page: &str, section: &str) -> Option<Table> {
        let heading = format!("## {section}");
        let mut lines = page.lines().skip_while(|line| **line != heading).skip(1);
        let table =
            lines.by_ref().take_while(|line| !line.starts_with("## ")).skip_while(|line| !line.starts_with('|'));
        let mut rows = table.take_while(|line| line.starts_with('|')).map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect::<Vec<String>>()
        });
        let columns = rows.next()?;
        Some(Table { columns, rows: rows.skip(1).collect() })
    }

    fn column(&self, name: &str, which: usize) -> Result<usize> {
        let mut places = self.columns.iter().enumerate().filter(|(_, column)| *column == name);
        places.nth(which).map(|(place, _)| place).with_context(|| format!("the table has no column {name:?}"))
    }
}

impl Chart {
    fn path(&self) -> String {
        format!("{FOLDER}/{}.svg", self.name)
    }

    /// The chart of the page's table; nothing if the page has no such section.
    fn draw(&self, page: &str) -> Result<Option<String>> {
        let Some(table) = Table::of(page, self.section) else { return Ok(None) };
        let figures = self.figures(&table).with_context(|| format!("the table of {:?}", self.section))?;
        Ok(Some(svg::draw(self.title, self.form, &figures)))
    }

    fn figures(&self, table: &Table) -> Result<Figures> {
        let by = self.by.map(|name| table.column(name, 0)).transpose()?;
        let mut figures = Figures { labels: Vec::new(), series: Vec::new() };
        for row in &table.rows {
            ensure!(row.len() == table.columns.len(), "a row has {} cells, not {}", row.len(), table.columns.len());
            if !figures.labels.contains(&row[0]) {
                figures.labels.push(row[0].clone());
            }
            for (name, which, words) in self.series {
                let cell = &row[table.column(name, *which)?];
                let words = by.map_or((*words).to_owned(), |by| row[by].clone());
                let figure = (Amount::parse(cell)?, cell.clone());
                match figures.series.iter_mut().find(|(series, _)| *series == words) {
                    Some((_, all)) => all.push(figure),
                    None => figures.series.push((words, vec![figure])),
                }
            }
        }
        ensure!(!figures.labels.is_empty(), "there are no rows");
        ensure!(figures.series.iter().all(|(_, all)| all.len() == figures.labels.len()), "figures are missing");
        Ok(figures)
    }
}

/// The page with a reference to each chart behind the table that it is of.
pub(crate) fn refer(page: &str) -> String {
    let mut referring = String::new();
    let mut chart: Option<&Chart> = None;
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        referring.push_str(line);
        referring.push('\n');
        if let Some(title) = line.strip_prefix("## ") {
            chart = CHARTS.iter().find(|chart| chart.section == title);
        }
        let ends = line.starts_with('|') && lines.peek().is_none_or(|next| !next.starts_with('|'));
        if let Some(chart) = chart.take_if(|_| ends) {
            let reference = format!("![{}]({})", chart.title, chart.path());
            if !page.lines().any(|line| line == reference) {
                referring.push_str(&format!("\n{reference}\n"));
            }
        }
    }
    referring
}

/// The charts of a page, by their paths from its folder.
pub(crate) fn draw(page: &str) -> Result<Vec<(PathBuf, String)>> {
    let mut drawn = Vec::new();
    for chart in &CHARTS {
        if let Some(svg) = chart.draw(page)? {
            drawn.push((PathBuf::from(chart.path()), svg));
        }
    }
    Ok(drawn)
}

/// Writes a page with its references, and the charts beside it.
pub(crate) fn write(path: &Path, page: &str) -> Result<()> {
    let page = refer(page);
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder.join(FOLDER))?;
    for (chart, svg) in draw(&page)? {
        fs::write(folder.join(chart), svg)?;
    }
    fs::write(path, page)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Benchmarks\n\n## Scale: auditing\n\nAbout.\n\n| packages | a record |\n| -------- | -------: |\n\
                        | 2,000    |   4.2 µs |\n| 20,000   |   5.3 µs |\n\nNote.\n";

    #[test]
    fn the_charts_in_docs_are_of_the_tables_there() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let page = fs::read_to_string(docs.join("benchmarks.md")).expect("the page");
        assert_eq!(refer(&page), page, "`cargo xtask bench --draw` refers to the charts");
        let drawn = draw(&page).expect("charts");
        assert_eq!(drawn.len(), CHARTS.len(), "a section for each chart");
        for (path, svg) in &drawn {
            let kept = fs::read_to_string(docs.join(path)).expect("a chart");
            assert_eq!(kept, *svg, "{}: `cargo xtask bench --draw` draws it", path.display());
        }
        let files = fs::read_dir(docs.join(FOLDER)).expect("a folder").count();
        assert_eq!(files, drawn.len(), "charts of nothing");
    }

    #[test]
    fn a_reference_stands_behind_the_table_and_once() {
        let referring = refer(PAGE);
        let reference =
            "![Processor time of an audit for each record, by packages in the registry](benchmarks/scale-audit.svg)";
        assert!(referring.contains(&format!("5.3 µs |\n\n{reference}\n\nNote.")), "{referring}");
        assert_eq!(refer(&referring), referring);
    }

    #[test]
    fn another_figure_is_another_chart() {
        let [(_, svg)] = &draw(PAGE).expect("charts")[..] else { panic!("one chart") };
        let [(_, other)] = &draw(&PAGE.replace("5.3", "5.4")).expect("charts")[..] else { panic!("one chart") };
        assert_ne!(svg, other);
        assert!(svg.contains(">5.3 µs</text>") && other.contains(">5.4 µs</text>"));
    }

    #[test]
    fn a_table_of_something_else_is_an_error() {
        let cases = [
            (PAGE.replace("a record |", "a page |"), "the table has no column \"a record\""),
            (PAGE.replace("5.3 µs", "fast"), "expected a number with a unit, found \"fast\""),
            (PAGE.replace("| 20,000   |", "|"), "a row has 1 cells, not 2"),
        ];
        for (page, expected) in cases {
            let error = draw(&page).expect_err("another table");
            assert!(format!("{error:#}").ends_with(expected), "{error:#}");
        }
    }
}
