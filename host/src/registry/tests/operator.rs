//! An operator who lies to the record, and what an audit then says and shows.

use std::collections::BTreeMap;

use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::evidence::check;
use headlock_log::index::{Index, key_of, page_path};
use headlock_log::page::format_line;
use headlock_log::record::Epoch;

use super::*;
use crate::error::ErrorKind;
use crate::registry::tree::Edge;

/// Whoever runs a registry, and says what they like: entries are chained as they should be unless they are given whole,
/// and the index holds what was shown.
pub(super) struct Operator {
    pub(super) disk: Disk,
    pub(super) edge: Edge,
    pub(super) index: Index,
    /// The pages as they should be.
    pub(super) pages: BTreeMap<String, Vec<u8>>,
}

impl Operator {
    /// Two releases of `t:a`, one of `t:b`, in an honest epoch: places 1 to 3 of 5.
    pub(super) fn new() -> Operator {
        let mut operator =
            Operator { disk: Disk::default(), edge: Edge::default(), index: Index::new(), pages: BTreeMap::new() };
        operator.epoch();
        for (package, version) in [("t:a", "1.0.0"), ("t:a", "1.1.0"), ("t:b", "1.0.0")] {
            operator.say(release(package, version));
        }
        operator.show_all().epoch();
        operator
    }

    pub(super) fn entry(&mut self, entry: &[u8]) -> &mut Operator {
        for (path, bytes) in self.edge.push(entry).unwrap() {
            self.disk.set(&path, Some(&bytes));
        }
        self
    }

    pub(super) fn say(&mut self, record: Record<'_>) -> &mut Operator {
        let subject = record.subject().unwrap().to_string();
        let page = self.pages.get(&subject).map(|page| Digest::of(page));
        self.say_after(page, record)
    }

    /// A record with this `prev`.
    pub(super) fn say_after(&mut self, prev: Option<Digest>, record: Record<'_>) -> &mut Operator {
        let record = chained(record, prev);
        let page = self.pages.entry(record.subject().unwrap().to_string()).or_default();
        page.extend(format_line(self.edge.size(), &record.encode()));
        self.entry(&record.encode())
    }

    pub(super) fn page(&self, package: &str) -> Vec<u8> {
        self.pages[package].clone()
    }

    /// Some lines of a page.
    pub(super) fn lines(&self, package: &str, lines: &[usize]) -> Vec<u8> {
        let page = self.page(package);
        let all: Vec<&[u8]> = page.split_inclusive(|byte| *byte == b'\n').collect();
        lines.iter().flat_map(|line| all[*line].to_vec()).collect()
    }

    /// Lets the index lead to a page.
    pub(super) fn show(&mut self, subject: &str, page: &[u8]) -> &mut Operator {
        self.index.insert(key_of(subject), Digest::of(page)).unwrap();
        self.disk.set(&page_path(&Digest::of(page)), Some(page));
        self
    }

    pub(super) fn show_all(&mut self) -> &mut Operator {
        for (package, page) in self.pages.clone() {
            self.show(&package, &page);
        }
        self
    }

    pub(super) fn epoch(&mut self) -> &mut Operator {
        for (path, bytes) in self.index.files() {
            self.disk.set(&path, Some(&bytes));
        }
        self.epoch_of(self.index.root())
    }

    pub(super) fn epoch_of(&mut self, index: Digest) -> &mut Operator {
        self.entry(&Record::Epoch(Epoch { index }).encode())
    }

    /// Signs, and has it audited. What is said of the violations, without digests, and what the evidence shows.
    pub(super) fn audited(&mut self) -> (Vec<String>, Option<String>) {
        for (path, bytes) in self.edge.partial(0) {
            self.disk.set(&path, Some(&bytes));
        }
        let head = Head { origin: ORIGIN.to_owned(), size: self.edge.size(), root: self.edge.root() };
        self.disk.set("checkpoint", Some(&Checkpoint::sign(&head, &key()).unwrap()));
        let audit = audited(&self.disk);
        let said = audit.violations.first.iter().map(|violation| without_digests(&violation.to_string())).collect();
        let mut evidence = Vec::new();
        let written = audit.write_evidence(&self.disk, &key().verifier(), &mut evidence, &mut |_| ()).unwrap();
        assert_eq!(written.is_some(), audit.has_evidence());
        let shown = written.map(|written| {
            let checked = check(&evidence, &key().verifier()).unwrap();
            assert_eq!(checked, written);
            assert_eq!(checked.head, head);
            assert_eq!(audit.verdict().unwrap_err().kind(), ErrorKind::No);
            let kind = evidence.split(|byte| *byte == b'\n').nth(6).unwrap();
            format!("{}: {}", String::from_utf8_lossy(kind), without_digests(&checked.falsehood.to_string()))
        });
        (said, shown)
    }
}

pub(super) fn chained(mut record: Record<'_>, before: Option<Digest>) -> Record<'_> {
    record.set_prev(before);
    record
}

fn without_digests(text: &str) -> String {
    let words = text.split_inclusive([' ', ',', ';', ':']);
    let is_digest = |word: &str| word.len() >= 64 && word[..64].bytes().all(|byte| byte.is_ascii_hexdigit());
    words.map(|word| if is_digest(word) { format!("[X]{}", &word[64..]) } else { word.to_owned() }).collect()
}
