//! One file that is changed in every way, and what is asked each time.

use std::fs;
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;

use super::change::{Change, Ways, changes};
use super::judge::Verdict;
use super::table::Row;
use super::tally::Tally;

/// Other content in the place of a file: what it is, and how that ends.
pub(crate) struct Swap {
    pub(crate) what: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) code: u8,
    pub(crate) exception: Option<&'static str>,
}

impl Swap {
    pub(crate) fn new(what: &str, bytes: Vec<u8>, code: u8) -> Swap {
        Swap { what: what.to_owned(), bytes, code, exception: None }
    }
}

/// Asks for a verdict; the text says what was changed.
type Judge<'a> = &'a dyn Fn(&dyn Fn() -> String) -> Verdict;

/// A file, and how to ask what its changes lead to.
pub(crate) struct Subject<'a> {
    pub(crate) row: Row,
    pub(crate) path: PathBuf,
    pub(crate) good: Vec<u8>,
    /// In this process.
    pub(crate) judge: Judge<'a>,
    /// By the command.
    pub(crate) command: &'a dyn Fn() -> Output,
    /// Codes of a change, if those of the row are not narrow enough.
    pub(crate) expected: Option<&'a dyn Fn(Change) -> &'static [u8]>,
    /// Why changed bytes say the same, if they do.
    pub(crate) exception: &'a dyn Fn(&[u8]) -> Option<&'static str>,
    /// Why it may be gone, or no file, where the row says so.
    pub(crate) dispensable: Option<&'static str>,
}

/// No change of such a file says the same.
pub(crate) fn none(_: &[u8]) -> Option<&'static str> {
    None
}

impl<'a> Subject<'a> {
    pub(crate) fn new(row: Row, path: &Path, judge: Judge<'a>, command: &'a dyn Fn() -> Output) -> Subject<'a> {
        let good = fs::read(path).unwrap();
        Subject {
            row,
            path: path.to_owned(),
            good,
            judge,
            command,
            expected: None,
            exception: &none,
            dispensable: None,
        }
    }

    /// Changes its bytes at no more than `most` places.
    pub(crate) fn bytes(&self, tally: &mut Tally, most: usize, ways: Ways) {
        self.some(tally, &changes(&self.good, most, ways));
    }

    /// Makes these changes of its bytes.
    pub(crate) fn some(&self, tally: &mut Tally, changes: &[Change]) {
        let (replacements, others): (Vec<Change>, Vec<Change>) =
            changes.iter().partition(|change| matches!(change, Change::Replace { .. }));
        for change in others {
            let bad = change.apply(&self.good);
            if bad != self.good {
                fs::write(&self.path, &bad).unwrap();
                self.ask_of(tally, change, &bad);
            }
        }
        self.restore();
        // A byte of a large file is cheaper written alone.
        for change in replacements {
            let Change::Replace { at, by } = change else { continue };
            self.write_at(at, by);
            self.ask_of(tally, change, &change.apply(&self.good));
            self.write_at(at, self.good[at]);
        }
        self.restore();
    }

    fn write_at(&self, at: usize, byte: u8) {
        let file = fs::OpenOptions::new().write(true).open(&self.path).unwrap();
        file.write_all_at(&[byte], at as u64).unwrap();
    }

    fn ask_of(&self, tally: &mut Tally, change: Change, bad: &[u8]) {
        let expected = self.expected.map_or(self.row.changed, |expected| expected(change));
        let exception = (self.exception)(bad);
        self.ask(tally, change.name(), &|| format!("{} {change:?}", self.path.display()), expected, exception);
    }

    /// Puts other things in its place: nothing, no file, too much, other files.
    pub(crate) fn as_a_whole(&self, tally: &mut Tally, swaps: &[Swap]) {
        let Row { gone, no_file, too_long: (too_long, limit), .. } = self.row;
        let what = |how: &'static str| move || format!("{} {how}", self.path.display());
        let well = |code: u8| self.dispensable.filter(|_| code == 0);

        fs::remove_file(&self.path).unwrap();
        self.ask(tally, "gone", &what("gone"), &[gone], well(gone));
        // The command may have made it again.
        drop(fs::remove_file(&self.path));
        fs::create_dir(&self.path).unwrap();
        self.ask(tally, "no file", &what("a folder"), &[no_file], well(no_file));
        fs::remove_dir(&self.path).unwrap();
        symlink(&self.path, &self.path).unwrap();
        self.ask(tally, "no file", &what("a link to itself"), &[no_file], well(no_file));
        drop(fs::remove_file(&self.path));
        rustix::fs::mkfifoat(rustix::fs::CWD, &self.path, rustix::fs::Mode::RWXU).unwrap();
        self.ask(tally, "no file", &what("a pipe"), &[no_file], well(no_file));
        drop(fs::remove_file(&self.path));
        if limit > 0 {
            self.restore();
            fs::OpenOptions::new().write(true).open(&self.path).unwrap().set_len(limit + 1).unwrap();
            self.ask(tally, "too long", &what("too long"), &[too_long], well(too_long));
        }
        for swap in swaps {
            fs::write(&self.path, &swap.bytes).unwrap();
            let what = || format!("{} holds {}", self.path.display(), swap.what);
            self.ask(tally, "swapped", &what, &[swap.code], swap.exception);
        }
        self.restore();
    }

    fn restore(&self) {
        fs::write(&self.path, &self.good).unwrap();
        let what = || format!("{} as it should be", self.path.display());
        let verdict = (self.judge)(&what);
        assert_eq!(verdict.code, 0, "{}: {}", what(), verdict.text);
    }

    fn ask(
        &self,
        tally: &mut Tally,
        change: &'static str,
        what: &dyn Fn() -> String,
        expected: &[u8],
        exception: Option<&'static str>,
    ) {
        let verdict = (self.judge)(what);
        let key = (self.row.kind, change);
        tally.hold(key, what, &verdict, expected, exception);
        if tally.wants_command(key, verdict.code) {
            tally.hold_command(what, &verdict, &(self.command)());
        }
    }
}
