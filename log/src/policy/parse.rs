//! Reading a policy, line by line.

use std::collections::{BTreeMap, BTreeSet};

use super::{Group, LineFault, LogEntry, MAX_LINES, MAX_POLICY, Member, Policy, PolicyError, Quorum, Witness};
use crate::name::check_origin;
use crate::note::{KeyKind, VerifierKey};

impl Policy {
    /// Reads a policy. C2SP takes text for bytes; here it must be UTF-8. What a policy names that is no Ed25519 key, as
    /// a log's of type 01 or a witness's of type 04, is refused, since it could not be checked.
    ///
    /// # Errors
    /// What C2SP refuses, and more than the limits; also a public key that is a log's and a witness's at once.
    pub fn parse(text: &str) -> Result<Policy, PolicyError> {
        if text.len() > MAX_POLICY {
            return Err(PolicyError::TooLong(text.len()));
        }
        let mut reader = Reader::default();
        for (place, line) in text.split_inclusive('\n').enumerate() {
            let Some(line) = line.strip_suffix('\n') else { return Err(PolicyError::CutOff) };
            reader.line = place + 1;
            reader.read(line).map_err(|fault| PolicyError::Line { line: place + 1, fault })?;
        }
        let quorum = reader.quorum.ok_or(PolicyError::NoQuorum)?;
        Ok(Policy { logs: reader.logs, witnesses: reader.witnesses, groups: reader.groups, quorum })
    }
}

#[derive(Default)]
struct Reader {
    line: usize,
    logs: Vec<LogEntry>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: Option<Quorum>,
    names: BTreeMap<String, Member>,
    members: BTreeSet<String>,
    /// Public keys, and the lines they stand in.
    keys: BTreeMap<[u8; 32], usize>,
}

impl Reader {
    fn read(&mut self, line: &str) -> Result<(), LineFault> {
        if let Some(byte) = line.bytes().find(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f) {
            return Err(LineFault::Control(byte));
        }
        let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        match *words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", vkey] => self.log(vkey, None),
            ["log", vkey, url] => self.log(vkey, Some(url)),
            ["log", ..] => Err(LineFault::Form("log VKEY [URL]")),
            ["witness", name, vkey] => self.witness(name, vkey, None),
            ["witness", name, vkey, url] => self.witness(name, vkey, Some(url)),
            ["witness", ..] => Err(LineFault::Form("witness NAME VKEY [URL]")),
            ["group", name, threshold, ref members @ ..] if !members.is_empty() => self.group(name, threshold, members),
            ["group", ..] => Err(LineFault::Form("group NAME all|any|K MEMBER...")),
            ["quorum", name] => self.quorum(name),
            ["quorum", ..] => Err(LineFault::Form("quorum NAME|none")),
            [_, ..] => Err(LineFault::Keyword),
        }
    }

    fn log(&mut self, vkey: &str, url: Option<&str>) -> Result<(), LineFault> {
        let key = self.key(vkey, KeyKind::Ed25519, "a log's Ed25519 key (type 01)")?;
        check_origin(key.name())?;
        self.logs.push(LogEntry { key, url: url.map(str::to_owned) });
        within_limit(self.logs.len())
    }

    fn witness(&mut self, name: &str, vkey: &str, url: Option<&str>) -> Result<(), LineFault> {
        let key = self.key(vkey, KeyKind::Cosignature, "a witness's Ed25519 cosignature key (type 04)")?;
        self.define(name, Member::Witness(self.witnesses.len()))?;
        self.witnesses.push(Witness { name: name.to_owned(), key, url: url.map(str::to_owned) });
        within_limit(self.witnesses.len())
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), LineFault> {
        let threshold = parse_threshold(threshold, members.len())?;
        let mut places = Vec::new();
        for member in members {
            places.push(self.find(member)?);
            if !self.members.insert((*member).to_owned()) {
                return Err(LineFault::MemberTwice((*member).to_owned()));
            }
        }
        self.define(name, Member::Group(self.groups.len()))?;
        self.groups.push(Group { name: name.to_owned(), threshold, members: places });
        within_limit(self.groups.len())
    }

    fn quorum(&mut self, name: &str) -> Result<(), LineFault> {
        if self.quorum.is_some() {
            return Err(LineFault::QuorumTwice);
        }
        self.quorum = Some(if name == "none" { Quorum::None } else { Quorum::Of(self.find(name)?) });
        Ok(())
    }

    fn key(&mut self, vkey: &str, kind: KeyKind, expected: &'static str) -> Result<VerifierKey, LineFault> {
        let key = VerifierKey::parse(vkey)?;
        if key.kind() != kind {
            return Err(LineFault::Kind { expected, found: vkey.to_owned() });
        }
        if let Some(first) = self.keys.insert(key.public_key(), self.line) {
            return Err(LineFault::KeyTwice { key: vkey.to_owned(), first });
        }
        Ok(key)
    }

    fn find(&self, name: &str) -> Result<Member, LineFault> {
        self.names.get(name).copied().ok_or_else(|| LineFault::NameUnknown(name.to_owned()))
    }

    fn define(&mut self, name: &str, member: Member) -> Result<(), LineFault> {
        if name == "none" || self.names.insert(name.to_owned(), member).is_some() {
            return Err(LineFault::NameTaken(name.to_owned()));
        }
        Ok(())
    }
}

fn within_limit(count: usize) -> Result<(), LineFault> {
    if count > MAX_LINES { Err(LineFault::TooMany) } else { Ok(()) }
}

fn parse_threshold(text: &str, members: usize) -> Result<usize, LineFault> {
    match text {
        "all" => Ok(members),
        "any" => Ok(1),
        number => {
            let threshold =
                number.parse().ok().filter(|k: &usize| (1..=members).contains(k) && k.to_string() == number);
            threshold.ok_or_else(|| LineFault::Threshold { found: number.to_owned(), members })
        }
    }
}
