//! Evidence against a log that is honest, and forks of it: there are none, whatever of the log's own statements is put
//! together.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use headlock_log::checkpoint::{Checkpoint, Head};
use headlock_log::digest::Digest;
use headlock_log::evidence::{
    Claim, Evidence, ProvenEntry, check, format_consistency, format_replay_start, format_replayed,
};
use headlock_log::fork::{Beginning, Fork};
use headlock_log::index::{Index, Node256, VerifiedIndex, bin_of, bin_path, key_of_package, node_path, prove_bin};
use headlock_log::merkle::{Frontier, leaf_hash, prove_consistency, prove_inclusion};
use headlock_log::page::format_line;

use crate::Choices;
use crate::note::{ORIGIN, log_key};
use crate::proof::root_of;
use crate::seeds::vectors;

/// The log of the vectors in docs/log.md, of which heads of three sizes are signed.
struct Log {
    entries: Vec<Vec<u8>>,
    leaves: Vec<Digest>,
    /// By the places of epochs: the index's root and its files.
    epochs: Vec<(u64, Digest, BTreeMap<String, Vec<u8>>)>,
    /// Every page that there was.
    pages: Vec<Vec<u8>>,
}

const PACKAGES: [&str; 3] = ["acme:http", "acme:app", "acme:log"];

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let vectors = vectors();
        let entry = |number: u64| vectors[format!("entry-{number}").as_str()].as_bytes().to_vec();
        let entries: Vec<Vec<u8>> = (0..7).map(entry).collect();
        let page = |places: &[u64]| -> Vec<u8> {
            places.iter().flat_map(|&place| format_line(place, &entries[place as usize])).collect()
        };
        let pages = vec![page(&[1]), page(&[1, 3]), page(&[1, 3, 5]), page(&[2])];
        let epoch = |place: u64, http: Option<&Vec<u8>>| {
            let mut index = Index::new();
            for (package, page) in
                http.map(|page| ("acme:http", page)).into_iter().chain(http.map(|_| ("acme:app", &pages[3])))
            {
                index.insert(key_of_package(package), Digest::of(page)).expect("room for two");
            }
            (place, index.root(), index.files().collect())
        };
        let epochs = vec![epoch(0, None), epoch(4, Some(&pages[1])), epoch(6, Some(&pages[2]))];
        let leaves = entries.iter().map(|entry| leaf_hash(entry)).collect();
        Log { entries, leaves, epochs, pages }
    })
}

impl Log {
    fn checkpoint(&self, size: usize) -> Checkpoint {
        let mut tree = Frontier::new();
        self.leaves[..size].iter().for_each(|leaf| tree.push(*leaf));
        let head = Head { origin: ORIGIN.to_owned(), size: size as u64, root: tree.root() };
        let signed = Checkpoint::sign(&head, &log_key()).expect("a head of the log");
        Checkpoint::verify(&signed, &log_key().verifier()).expect("it was just signed")
    }

    fn node(&self, size: usize, level: u8, index: u64) -> Option<Digest> {
        Some(root_of(self.leaves[..size].get((index << level) as usize..((index + 1) << level) as usize)?))
    }

    /// An entry with its proof, or one that says to stand elsewhere.
    fn entry(&self, size: usize, choices: &mut Choices<'_>) -> ProvenEntry {
        let place = choices.below(size) as u64;
        let proof = prove_inclusion(place, size as u64, |level, index| self.node(size, level, index));
        let proof = proof.expect("all nodes are known");
        let claimed = if choices.below(8) == 1 { choices.below(8) as u64 } else { place };
        ProvenEntry { place: claimed, entry: self.entries[place as usize].clone(), proof }
    }

    fn page(&self, choices: &mut Choices<'_>) -> Option<Vec<u8>> {
        let page = self.pages.get(choices.below(self.pages.len() + 1))?;
        let kept = if choices.below(8) == 1 { choices.below(page.len()) } else { page.len() };
        Some(page[..kept].to_vec())
    }
}

/// Any claims about an honest log, of true parts, of parts of one another, and of changed ones.
pub fn evidence(data: &[u8]) {
    let mut choices = Choices(data);
    let log = log();
    let size = [1, 5, 7][choices.below(3)];
    let checkpoint = log.checkpoint(size);
    let optional = |choices: &mut Choices<'_>| (choices.below(4) > 0).then(|| log.entry(size, choices));
    let claim = match choices.below(6) {
        0 => {
            let mut text = format_replay_start(&checkpoint);
            let count = choices.below(size + 1);
            for place in 0..count {
                let entry = if choices.below(16) == 1 { choices.below(size) } else { place };
                text.push_str(&format_replayed(place as u64, &log.entries[entry]));
            }
            let node = |level, index| log.node(size, level, index);
            let proof = prove_consistency(count as u64, size as u64, node).expect("all nodes are known");
            text.push_str(&format_consistency(&proof));
            return refused(text.into_bytes(), choices);
        }
        1 => Claim::Record(log.entry(size, &mut choices)),
        2 => Claim::Names(log.entry(size, &mut choices), log.entry(size, &mut choices)),
        3 => Claim::Prev {
            record: log.entry(size, &mut choices),
            page: log.page(&mut choices),
            entry: optional(&mut choices),
        },
        4 => Claim::Maintainers { record: log.entry(size, &mut choices), page: log.page(&mut choices) },
        _ => {
            let package = PACKAGES[choices.below(PACKAGES.len())];
            let (place, root, files) = &log.epochs[choices.below(log.epochs.len())];
            let node = |hash: &Digest| Node256::parse(&files[&node_path(hash)]).expect("a node");
            let key = key_of_package(if choices.below(8) == 1 { PACKAGES[choices.below(3)] } else { package });
            let top = node(root);
            let lower = node(&top.child(VerifiedIndex::lower_of(&key)));
            let [_, low] = bin_of(&key).to_be_bytes();
            let bin = files.get(&bin_path(&lower.child(low))).cloned().unwrap_or_default();
            let mut epoch = log.entry(size, &mut choices);
            if choices.below(4) > 0 && (*place as usize) < size {
                let proof = prove_inclusion(*place, size as u64, |level, index| log.node(size, level, index));
                let entry = log.entries[*place as usize].clone();
                epoch = ProvenEntry { place: *place, entry, proof: proof.expect("all nodes are known") };
            }
            Claim::Index {
                subject: package.to_owned(),
                epoch,
                bin,
                path: prove_bin(&top, &lower, bin_of(&key)).expect("nodes have all hashes"),
                page: log.page(&mut choices),
                entry: optional(&mut choices),
            }
        }
    };
    refused(Evidence { checkpoint: &checkpoint, claim: &claim }.format(), choices);
}

/// Any two heads of an honest log, with what it was at any of its sizes, or was not, and with true or changed proofs.
pub fn fork(data: &[u8]) {
    let mut choices = Choices(data);
    let log = log();
    let (old, new) = (choices.below(8), choices.below(8));
    let (older, newer) = (log.checkpoint(old), log.checkpoint(new));
    let beginning = (choices.below(8) > 0).then(|| {
        let at = if choices.below(4) == 1 { choices.below(8) } else { old };
        let to = if choices.below(4) == 1 { choices.below(8) } else { new };
        let node = |level, index| log.node(to, level, index);
        let mut proof = prove_consistency(at.min(to) as u64, to as u64, node).expect("all nodes are known");
        for _ in 0..choices.below(3) {
            let hash = *choices.of(&log.leaves);
            match (choices.below(3), proof.len()) {
                (0, 1..) => drop(proof.pop()),
                (1, length @ 1..) => proof[choices.below(length)] = hash,
                (_, length) => proof.insert(choices.below(length + 1), hash),
            }
        }
        let root = match choices.below(4) {
            0 => *choices.of(&log.leaves),
            1 => log.checkpoint(choices.below(8)).head().root,
            _ => log.checkpoint(at).head().root,
        };
        Beginning { root, proof }
    });
    // As its file says it: the parts need not fit, and a byte or two may be others.
    let signed = |head: &Checkpoint| format!("{}\n{}\n", head.head().text(), head.signature());
    let mut file = format!("headlock fork 1\n{}{}", signed(&older), signed(&newer));
    if let Some(Beginning { root, proof }) = &beginning {
        let hashes: String = proof.iter().map(|hash| format!(" {}", STANDARD.encode(hash))).collect();
        file.push_str(&format!("beginning {}\nconsistency{hashes}\n", STANDARD.encode(root)));
    }
    let said = Fork::new(older, newer, beginning);
    assert!(said.is_err(), "a fork of an honest log: {said:?}");
    let mut file = file.into_bytes();
    changed(&mut file, &mut choices);
    let checked = Fork::check(&file, &[log_key().verifier()]);
    assert!(checked.is_err(), "a fork of an honest log: {checked:?}\n{}", String::from_utf8_lossy(&file));
}

/// None, one or two bytes changed.
fn changed(file: &mut Vec<u8>, choices: &mut Choices<'_>) {
    for _ in 0..choices.below(3) {
        let at = choices.below(file.len());
        match choices.below(3) {
            0 => file[at] = choices.byte(),
            1 => drop(file.remove(at)),
            _ => file.insert(at, choices.byte()),
        }
    }
}

/// The file, perhaps with some bytes changed, shows nothing.
fn refused(mut file: Vec<u8>, mut choices: Choices<'_>) {
    changed(&mut file, &mut choices);
    let checked = check(&file, &log_key().verifier());
    assert!(checked.is_err(), "evidence against an honest log: {checked:?}\n{}", String::from_utf8_lossy(&file));
}
