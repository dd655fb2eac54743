//! What claims come to, given that their entries stand in the log.

use super::error::EvidenceError;
use super::falsehood::{Commitment, Falsehood, RecordName};
use super::{Claim, ProvenEntry};
use crate::checkpoint::Head;
use crate::digest::Digest;
use crate::index::{BINS, Bin, bin_of, key_of};
use crate::merkle::{leaf_hash, verify_inclusion};
use crate::name::same_name_key;
use crate::page::{Authority, Page};
use crate::record::{Record, Subject};

impl Claim {
    /// Proves the claim's parts against the head, and finds what is false.
    pub(super) fn judge(&self, head: &Head) -> Result<Falsehood, EvidenceError> {
        match self {
            Claim::Index { subject, epoch, bin, path, page, entry } => {
                epoch.prove(head)?;
                let Ok(Record::Epoch(found)) = Record::parse(&epoch.entry) else {
                    return Err(EvidenceError::Nothing(format!("entry {} is no epoch", epoch.place)));
                };
                let by = Commitment::Epoch(epoch.place);
                let key = key_of(subject.as_str());
                let number = bin_of(&key);
                let proven = verify_inclusion(&leaf_hash(bin), u64::from(number), BINS as u64, path, &found.index);
                proven.map_err(|error| EvidenceError::Proof { what: "the bin in the index".to_owned(), error })?;
                let named = match Bin::parse(bin, number) {
                    Ok(bin) => bin.get(&key),
                    Err(error) => return alone(page.is_none() && entry.is_none(), Falsehood::NoBin { by, error }),
                };
                committed(head, by, subject, named, page.as_deref(), entry.as_ref())
            }
            Claim::Prev { record, page, entry } => {
                record.prove(head)?;
                let (Ok(said), by) = (Record::parse(&record.entry), Commitment::Record(record.place)) else {
                    return Err(EvidenceError::Nothing(format!("entry {} is no record", record.place)));
                };
                let subject = said
                    .subject()
                    .ok_or_else(|| EvidenceError::Nothing(format!("record {} names no page", record.place)))?;
                committed(head, by, &subject.to_string(), said.prev(), page.as_deref(), entry.as_ref())
            }
            Claim::Record(entry) => {
                entry.prove(head)?;
                record(head, entry)
            }
            Claim::Names(first, second) => {
                first.prove(head)?;
                second.prove(head)?;
                let (first, second) = (first.name()?, second.name()?);
                let packages = [&first, &second].iter().all(|name| is_package(&name.subject));
                let same = packages && same_name_key(&first.subject) == same_name_key(&second.subject);
                if !same || first.subject == second.subject {
                    return Err(EvidenceError::Nothing(format!(
                        "{first} and {second} are not of two packages of the same name"
                    )));
                }
                Ok(Falsehood::Names { first, second })
            }
            Claim::Maintainers { record, page } => {
                record.prove(head)?;
                maintainers(head, record, page.as_deref())
            }
        }
    }
}

/// A record behind the page that it names, of a package whose maintainers should have signed it.
fn maintainers(head: &Head, record: &ProvenEntry, page: Option<&[u8]>) -> Result<Falsehood, EvidenceError> {
    let place = record.place;
    let nothing = |what: String| Err(EvidenceError::Nothing(what));
    let Ok(said) = Record::parse(&record.entry) else { return nothing(format!("entry {place} is no record")) };
    let Some(Subject::Package(package)) = said.subject() else {
        return nothing(format!("record {place} is of no package"));
    };
    let mut authority = match (said.prev(), page) {
        (None, None) => Authority::default(),
        (Some(named), Some(bytes)) if Digest::of(bytes) == named => {
            match Page::parse(bytes, &head.origin, package) {
                Ok(page) if page.last().0 < place => page.authority().clone(),
                // That is false, too, and another kind shows it.
                Ok(_) => return nothing(format!("the page before record {place} goes on behind it")),
                Err(error) => return nothing(format!("the page before record {place} is none: {error}")),
            }
        }
        (named, _) => {
            let named = named.map_or("no page".to_owned(), |named| format!("the page {named}"));
            return nothing(format!("record {place} names {named} before it, and something else is here"));
        }
    };
    match authority.take(&head.origin, place, &said) {
        Err(fault) => Ok(Falsehood::Authority(fault)),
        Ok(()) => nothing(format!("record {place} is signed as the maintainers of {package} ask")),
    }
}

impl ProvenEntry {
    fn prove(&self, head: &Head) -> Result<(), EvidenceError> {
        verify_inclusion(&leaf_hash(&self.entry), self.place, head.size, &self.proof, &head.root)
            .map_err(|error| EvidenceError::Proof { what: format!("entry {}", self.place), error })
    }

    fn name(&self) -> Result<RecordName, EvidenceError> {
        let name = Record::parse(&self.entry).ok().and_then(|record| RecordName::of(self.place, &record));
        name.ok_or_else(|| EvidenceError::Nothing(format!("entry {} is no record that stands in a page", self.place)))
    }
}

fn is_package(subject: &str) -> bool {
    matches!(Subject::from(subject), Subject::Package(_))
}

/// An entry by itself.
fn record(head: &Head, entry: &ProvenEntry) -> Result<Falsehood, EvidenceError> {
    let place = entry.place;
    let record = match Record::parse(&entry.entry) {
        Ok(record) => record,
        Err(error) => return Ok(Falsehood::NotARecord { place, error }),
    };
    if let Record::Release(release) = &record
        && let Some((dependency, registry)) = release
            .dependencies
            .iter()
            .find_map(|dependency| Some((dependency.package, dependency.registry.filter(|r| *r == head.origin)?)))
    {
        let (record, dependency, registry) = (entry.name()?, dependency.to_owned(), registry.to_owned());
        return Ok(Falsehood::OwnRegistry { record, dependency, registry });
    }
    if place + 1 == head.size && !matches!(record, Record::Epoch(_)) {
        return Ok(Falsehood::NoEpoch { place });
    }
    Err(EvidenceError::Nothing(format!("entry {place} is a record that a log may hold there")))
}

/// A commitment to a page of a subject, or to there being none.
fn committed(
    head: &Head,
    by: Commitment,
    subject: &str,
    named: Option<Digest>,
    page: Option<&[u8]>,
    entry: Option<&ProvenEntry>,
) -> Result<Falsehood, EvidenceError> {
    let needed = || EvidenceError::Nothing(format!("{by} by itself is not false: no entry contradicts it"));
    let name = || subject.to_owned();
    let (named, bytes) = match (named, page) {
        (None, None) => {
            let record = earlier(head, by, entry.ok_or_else(needed)?)?.name()?;
            if record.subject != subject {
                return Err(EvidenceError::Nothing(format!("{record} says nothing of {subject}")));
            }
            return Ok(Falsehood::Absent { by, record });
        }
        (Some(named), Some(bytes)) => (named, bytes),
        (None, Some(_)) => return Err(EvidenceError::Nothing(format!("{by} names no page of {subject}"))),
        (Some(named), None) => {
            return Err(EvidenceError::Nothing(format!("{by} names the page {named}, which is not here")));
        }
    };
    let found = Digest::of(bytes);
    if found != named {
        return Err(EvidenceError::Nothing(format!("{by} names the page {named}, and {found} is here")));
    }
    let page = match Page::parse(bytes, &head.origin, subject) {
        Ok(page) => page,
        Err(error) => return alone(entry.is_none(), Falsehood::NoPage { by, subject: name(), error }),
    };
    let (place, _) = page.last();
    if place >= by.place() {
        return alone(entry.is_none(), Falsehood::Later { by, subject: name(), place });
    }
    let entry = earlier(head, by, entry.ok_or_else(needed)?)?;
    let place = entry.place;
    match page.lines.binary_search_by_key(&place, |(place, _)| *place) {
        // A record is its one encoding.
        Ok(line) if page.lines[line].1.encode() == entry.entry => {
            Err(EvidenceError::Nothing(format!("{by} leads to a page of {subject} that holds entry {place}")))
        }
        Ok(_) => Ok(Falsehood::Altered { by, subject: name(), place }),
        Err(_) => {
            let record = entry.name()?;
            if record.subject != subject {
                return Err(EvidenceError::Nothing(format!("{record} belongs in no page of {subject}")));
            }
            Ok(Falsehood::Omitted { by, record })
        }
    }
}

/// An entry that stands before a commitment.
fn earlier<'a>(head: &Head, by: Commitment, entry: &'a ProvenEntry) -> Result<&'a ProvenEntry, EvidenceError> {
    entry.prove(head)?;
    if entry.place >= by.place() {
        return Err(EvidenceError::Nothing(format!(
            "{by} does not speak of entry {}, which stands behind it",
            entry.place
        )));
    }
    Ok(entry)
}

/// What shows something by itself needs, and has, nothing beside it.
fn alone(alone: bool, shown: Falsehood) -> Result<Falsehood, EvidenceError> {
    if alone { Ok(shown) } else { Err(EvidenceError::Superfluous) }
}
