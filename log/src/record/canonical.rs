//! Reads the one encoding of a record, byte for byte, and nothing else.
//!
//! A text that this reads is what [`Record::encode`] writes of what was read: members stand where the grammar of
//! docs/log.md has them, none that would be left out is there, numbers have their one form, and no string holds a quote
//! or a backslash. So nothing has to be encoded again to compare. What is read is checked as [`Record::check`] does, which
//! refuses every character that would need an escape.
//!
//! It says nothing about what is wrong. Whoever gets nothing asks serde, which does: see [`Record::parse`].
//!
//! Most of what a release says, the next release of the package repeats to the byte: a dependency, a feature. Such an entry
//! is shared with the release before, where it has been read and checked.

use std::sync::Arc;

use super::check::{check_names, check_order, check_version};
use super::maintainers::check_signatures;
use super::{Addition, Dependency, Epoch, Feature, Handover, Maintainers, Mention, Record, Release};
use crate::digest::{self, Digest};
use crate::name::check_package_name;

/// The texts of a release's entries, one for each dependency and each feature.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts<'a> {
    dependencies: Vec<&'a str>,
    features: Vec<&'a str>,
}

/// A release that was read before, whose entries may be repeated.
pub(crate) type Before<'b, 'a> = Option<(&'b Release<'a>, &'b Texts<'a>)>;

/// The record that `text` is the one encoding of, checked, with its entries' texts; nothing if it is none.
pub(super) fn read<'a>(text: &'a str, before: Before<'_, 'a>) -> Option<(Record<'a>, Texts<'a>)> {
    let mut rest = Rest { text };
    let mut texts = Texts::default();
    let record = if rest.take("{\"release\":{\"package\":") {
        Record::Release(rest.release(before, &mut texts)?)
    } else if rest.take("{\"yank\":{\"package\":") {
        Record::Yank(rest.mention()?)
    } else if rest.take("{\"unyank\":{\"package\":") {
        Record::Unyank(rest.mention()?)
    } else if rest.take("{\"maintainers\":{\"package\":") {
        Record::Maintainers(rest.handover()?)
    } else if rest.take("{\"epoch\":{\"index\":") {
        Record::Epoch(Epoch { index: rest.digest()? })
    } else {
        return None;
    };
    (rest.text == "}}").then_some((record, texts))
}

/// The entries of a list that was read before, ascending, with their texts.
struct Known<'b, 'a, T> {
    entries: &'b [Arc<T>],
    texts: &'b [&'a str],
}

impl<T> Default for Known<'_, '_, T> {
    fn default() -> Self {
        Known { entries: &[], texts: &[] }
    }
}

impl<'b, 'a, T> Known<'b, 'a, T> {
    /// Nothing is known of a list that was read in another way, without texts.
    fn new(entries: &'b [Arc<T>], texts: &'b [&'a str]) -> Known<'b, 'a, T> {
        if entries.len() == texts.len() { Known { entries, texts } } else { Known::default() }
    }

    /// Takes the next entry, if it is next in the text, too: an entry's text ends in the brace that closes it, so what
    /// begins with it has the same entry.
    fn take(&mut self, rest: &mut Rest<'a>) -> Option<(Arc<T>, &'a str)> {
        let text = *self.texts.first()?;
        if !rest.take(text) {
            return None;
        }
        let entry = Arc::clone(self.entries.first()?);
        (self.entries, self.texts) = (&self.entries[1..], &self.texts[1..]);
        Some((entry, text))
    }

    /// Passes over entries that come before, or in the place of, one that is new.
    fn pass(&mut self, is_passed: impl Fn(&T) -> bool) {
        let passed = self.entries.iter().take_while(|entry| is_passed(entry)).count();
        (self.entries, self.texts) = (&self.entries[passed..], &self.texts[passed..]);
    }
}

/// What of the text is still to be read.
struct Rest<'a> {
    text: &'a str,
}

impl<'a> Rest<'a> {
    /// Takes these bytes, if they are next.
    fn take(&mut self, expected: &str) -> bool {
        match self.text.strip_prefix(expected) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }

    fn require(&mut self, expected: &str) -> Option<()> {
        self.take(expected).then_some(())
    }

    /// Everything behind the name of a release's first member.
    fn release(&mut self, before: Before<'_, 'a>, texts: &mut Texts<'a>) -> Option<Release<'a>> {
        let package = self.package()?;
        self.require(",\"version\":")?;
        let version = self.version()?;
        self.require(",\"content\":")?;
        let content = self.digest()?;
        let exclusives = self.names("exclusives", ",\"exclusives\":[")?;

        let mut known =
            before.map(|(release, texts)| Known::new(&release.dependencies, &texts.dependencies)).unwrap_or_default();
        texts.dependencies.reserve(known.texts.len());
        let dependencies = self.list_of(known.texts.len(), ",\"dependencies\":[", |rest| {
            if let Some((dependency, text)) = known.take(rest) {
                texts.dependencies.push(text);
                return Some(dependency);
            }
            let begin = rest.text;
            let dependency = rest.dependency()?;
            texts.dependencies.push(&begin[..begin.len() - rest.text.len()]);
            known.pass(|other| (other.registry, other.package) <= (dependency.registry, dependency.package));
            Some(Arc::new(dependency))
        })?;
        check_order("dependencies", &dependencies, |dependency| dependency).ok()?;

        // A feature adds dependencies by their places, so it says the same only beside as many at least.
        let before = before.filter(|(release, _)| release.dependencies.len() <= dependencies.len());
        let mut known =
            before.map(|(release, texts)| Known::new(&release.features, &texts.features)).unwrap_or_default();
        texts.features.reserve(known.texts.len());
        let features = self.list_of(known.texts.len(), ",\"features\":[", |rest| {
            if let Some((feature, text)) = known.take(rest) {
                texts.features.push(text);
                return Some(feature);
            }
            let begin = rest.text;
            let feature = rest.feature()?;
            feature.check(dependencies.len()).ok()?;
            texts.features.push(&begin[..begin.len() - rest.text.len()]);
            known.pass(|other| other.name <= feature.name);
            Some(Arc::new(feature))
        })?;
        check_order("features", &features, |feature| feature.name).ok()?;
        let maintainers = match self.take(",\"maintainers\":") {
            true => Some(self.maintainers()?),
            false => None,
        };
        let prev = self.prev()?;
        let signatures = self.signatures()?;
        Some(Release { package, version, content, exclusives, dependencies, features, maintainers, prev, signatures })
    }

    /// Everything behind the name of a handover's first member.
    fn handover(&mut self) -> Option<Handover<'a>> {
        let package = self.package()?;
        self.require(",\"maintainers\":")?;
        let maintainers = self.maintainers()?;
        let prev = self.prev()?;
        Some(Handover { package, maintainers, prev, signatures: self.signatures()? })
    }

    fn maintainers(&mut self) -> Option<Maintainers<'a>> {
        self.require("{\"threshold\":")?;
        let threshold = self.number()?;
        let keys = self.list(",\"keys\":[", Rest::string)?;
        self.require("}")?;
        let maintainers = Maintainers { threshold, keys };
        maintainers.check().ok()?;
        Some(maintainers)
    }

    fn signatures(&mut self) -> Option<Vec<&'a str>> {
        let signatures = self.list(",\"signatures\":[", Rest::string)?;
        check_signatures(&signatures).ok()?;
        Some(signatures)
    }

    /// Everything behind the name of a mention's first member.
    fn mention(&mut self) -> Option<Mention<'a>> {
        let package = self.package()?;
        self.require(",\"version\":")?;
        let version = self.version()?;
        Some(Mention { package, version, prev: self.prev()? })
    }

    fn dependency(&mut self) -> Option<Dependency<'a>> {
        let registry = match self.take("{\"registry\":") {
            true => {
                let registry = self.string()?;
                self.require(",")?;
                Some(registry)
            }
            false => {
                self.require("{")?;
                None
            }
        };
        self.require("\"package\":")?;
        let package = self.string()?;
        self.require(",\"requirement\":")?;
        let requirement = self.string()?;
        let content = match self.take(",\"content\":") {
            true => Some(self.digest()?),
            false => None,
        };
        let optional = self.take(",\"optional\":true");
        let features = self.list(",\"features\":[", Rest::string)?;
        self.require("}")?;
        let dependency = Dependency { registry, package, requirement, content, optional, features };
        dependency.check().ok()?;
        Some(dependency)
    }

    fn feature(&mut self) -> Option<Feature<'a>> {
        self.require("{\"name\":")?;
        let name = self.string()?;
        let includes = self.list(",\"includes\":[", Rest::string)?;
        let additions = self.list(",\"additions\":[", Rest::addition)?;
        self.require("}")?;
        Some(Feature { name, includes, additions })
    }

    fn addition(&mut self) -> Option<Addition<'a>> {
        self.require("{\"dependency\":")?;
        let dependency = self.number()?;
        let features = self.list(",\"features\":[", Rest::string)?;
        self.require("}")?;
        Some(Addition { dependency, features })
    }

    /// A member whose value is a list: left out, which is the empty list, or of one entry at least.
    fn list<T>(&mut self, opening: &str, entry: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.list_of(0, opening, entry)
    }

    /// The same, of probably so many entries.
    fn list_of<T>(
        &mut self,
        probably: usize,
        opening: &str,
        mut entry: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        if !self.take(opening) {
            return Some(Vec::new());
        }
        let mut list = Vec::with_capacity(probably);
        loop {
            list.push(entry(self)?);
            if self.take("]") {
                return Some(list);
            }
            self.require(",")?;
        }
    }

    /// A package's name.
    fn package(&mut self) -> Option<&'a str> {
        self.string().filter(|name| check_package_name(name).is_ok())
    }

    fn version(&mut self) -> Option<&'a str> {
        self.string().filter(|version| check_version(version).is_ok())
    }

    /// A list of names of exclusive resources or features.
    fn names(&mut self, what: &'static str, opening: &str) -> Option<Vec<&'a str>> {
        let names = self.list(opening, Rest::string)?;
        check_names(what, &names).ok()?;
        Some(names)
    }

    fn prev(&mut self) -> Option<Option<Digest>> {
        match self.take(",\"prev\":") {
            true => self.digest().map(Some),
            false => Some(None),
        }
    }

    /// A string without escapes: it ends at the next quote.
    fn string(&mut self) -> Option<&'a str> {
        let text = self.text.strip_prefix('"')?;
        let end = text.bytes().position(|byte| matches!(byte, b'"' | b'\\'))?;
        let (string, rest) = text.split_at(end);
        self.text = rest.strip_prefix('"')?;
        Some(string)
    }

    fn digest(&mut self) -> Option<Digest> {
        let (text, rest) = self.text.strip_prefix('"')?.split_at_checked(2 * digest::LENGTH)?;
        self.text = rest.strip_prefix('"')?;
        text.parse().ok()
    }

    /// A number in its one form.
    fn number(&mut self) -> Option<u32> {
        let end = self.text.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.text.split_at(end);
        self.text = rest;
        (digits == "0" || !digits.starts_with('0')).then(|| digits.parse().ok())?
    }
}
