//! What a broken or dishonest registry says, and what is said of it.

use std::collections::BTreeMap;
use std::fs;

use headlock_log::digest::Digest;
use headlock_log::index::{Node256, bin_of, bin_path, key_of_package, node_path, page_path};
use headlock_log::merkle::{Frontier, leaf_hash};
use headlock_log::page::format_line;
use headlock_log::record::{Record, Release};

use super::registry::{Registry, files, grown, small};
use super::*;

fn root_of(leaves: &[Digest]) -> Digest {
    let mut tree = Frontier::new();
    for leaf in leaves {
        tree.push(*leaf);
    }
    tree.root()
}

/// Reads all packages of the small registry from a folder.
fn read_small(folder: &Path, head: &Head) -> Result<Vec<Versions>> {
    read(&Access::default(), &[&file_url(folder)], head, &["ns:a", "ns:b", "ns:c", "ns:none"])
}

fn page_of(package: &str, version: &str, place: u64) -> Vec<u8> {
    let release = Release::new(package, version, Digest::of(b""));
    format_line(place, &Record::Release(release).encode())
}

#[test]
fn no_file_can_be_changed_cut_or_left_out() {
    let (registry, _, head) = small();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    let honest = read_small(folder.path(), &head).expect("pages");
    let mut needed = 0;
    for path in files(folder.path()) {
        let place = folder.path().join(&path);
        let good = fs::read(&place).expect("a file");
        let mut flipped = good.clone();
        flipped[good.len() - 1] ^= 1;
        let longer = [good.as_slice(), b"\n"].concat();
        let mut outcomes = Vec::new();
        for bad in [flipped, good[..good.len() - 1].to_vec(), Vec::new(), longer] {
            fs::write(&place, bad).expect("written");
            outcomes.push(read_small(folder.path(), &head));
        }
        fs::remove_file(&place).expect("removed");
        let missing = read_small(folder.path(), &head);
        fs::write(&place, good).expect("written");
        if let Ok(pages) = &missing {
            // A file of another head, or of a bin that nobody asked for: then nothing else about it matters either.
            assert_eq!(pages, &honest);
            assert!(outcomes.iter().all(|outcome| outcome.as_ref().is_ok_and(|pages| *pages == honest)), "{path}");
            continue;
        }
        needed += 1;
        let text = format!("{}/{path}: expected a file, and there is none", file_url(folder.path()));
        fails(missing, ErrorKind::CouldNotCheck, &text);
        for outcome in outcomes {
            let error = outcome.expect_err(&path);
            assert_eq!(error.kind(), ErrorKind::No, "{path}: {error}");
            assert!(error.to_string().contains(&file_url(folder.path())), "{path}: {error}");
        }
    }
    // Two nodes and a bin for each of three packages less what they share, three pages, a tile, a bundle.
    assert!(needed >= 9, "{needed}");
    assert_eq!(read_small(folder.path(), &head).expect("pages"), honest);
}

#[test]
fn each_kind_of_wrong_content_has_its_own_words() {
    let (registry, _, head) = small();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    let page = &registry.pages["ns:b"];
    let page_digest = Digest::of(page);
    let url = file_url(folder.path());
    let change = |path: &str, bytes: &[u8], expected: &str| {
        let place = folder.path().join(path);
        let good = fs::read(&place).expect("a file");
        fs::write(&place, bytes).expect("written");
        fails(read_small(folder.path(), &head), ErrorKind::No, expected);
        fs::write(&place, good).expect("written");
    };
    let path = page_path(&page_digest);
    change(
        &path,
        b"0 {}\n",
        &format!(
            "{url}/{path}: expected a page with the sha256 {page_digest}, found {}, which is no page of ns:b: line 1: \
             expected a record as JSON: expected value at line 1 column 2",
            Digest::of(b"0 {}\n")
        ),
    );
    let top = registry.index.files().next().expect("the top node").0;
    let root = registry.index.root();
    change(
        &top,
        &[0; 8192],
        &format!(
            "{url}/{top}: expected an index node with the hash {root}, found {}",
            Node256::parse(&[0; 8192]).expect("a node").hash()
        ),
    );
    change(&top, b"short", &format!("{url}/{top}: expected an index node of 8192 bytes, found 5 bytes"));
    change(
        "tile/0/000.p/7",
        &[7; 224],
        &format!(
            "{url}/ is not the log {ORIGIN} of the head with 7 records: the tiles of the right edge give the root {}, \
             and the head says {}",
            root_of(&[Digest([7; 32]); 7]),
            head.root
        ),
    );
    change(
        "tile/0/000.p/7",
        &[7; 200],
        &format!("{url}/tile/0/000.p/7: expected a tile of 224 bytes, found 200 bytes"),
    );
    change(
        "tile/entries/000.p/7",
        &[0; 14],
        &format!(
            "{url}/tile/entries/000.p/7: expected the record 0 with the leaf hash {}, found one with {}",
            leaf_hash(&registry.entries[0]),
            leaf_hash(b"")
        ),
    );
    change(
        "tile/entries/000.p/7",
        &[0; 15],
        &format!("{url}/tile/entries/000.p/7: expected a bundle of 7 entries, and 1 bytes follow them"),
    );
}

#[test]
fn every_entry_of_a_bundle_is_checked_that_the_head_knows() {
    let (folder, old) = grown();
    let bundle = folder.path().join("tile/entries/000");
    let good = fs::read(&bundle).expect("a bundle");
    // The partial bundle is gone: its entries are the first seven of the full one.
    let partial = folder.path().join("tile/entries/000.p/7");
    let known = fs::read(&partial).expect("a bundle").len();
    fs::remove_file(&partial).expect("removed");
    for place in (0..known + 200).chain((known + 200..good.len()).step_by(499)) {
        let mut bad = good.clone();
        bad[place] ^= 1;
        fs::write(&bundle, &bad).expect("written");
        let read = read_small(folder.path(), &old);
        // The lengths behind them must be those of 256 entries; what these entries are is a later head's word.
        let in_form = headlock_log::tile::parse_bundle(&bad, 256).is_ok();
        assert_eq!(read.is_ok(), place >= known && in_form, "byte {place}: {read:?}");
        if let Err(error) = read {
            assert_eq!(error.kind(), ErrorKind::No, "byte {place}: {error}");
        }
    }
}

#[test]
fn a_head_of_another_log_or_history_is_not_served_here() {
    let (registry, _, head) = small();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    let mut rewritten = registry.clone();
    rewritten.entries[0] = rewritten.entries[1].clone();
    let other = rewritten.head_at(7);
    let text = format!(
        "{}/ is not the log {ORIGIN} of the head with 7 records: the tiles of the right edge give the root {}, and the \
         head says {}",
        file_url(folder.path()),
        head.root,
        other.root
    );
    fails(read_small(folder.path(), &other), ErrorKind::No, &text);
}

#[test]
fn heads_that_commit_to_no_index_are_refused() {
    let mut registry = Registry::default();
    let empty = registry.head();
    registry.release("ns:a", "1.0.0");
    let release = registry.head();
    registry.yank("ns:a", "1.0.0");
    let yank = registry.head();
    registry.entries.push(b"no record".to_vec());
    let other = registry.head();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    fails(
        read_small(folder.path(), &empty),
        ErrorKind::No,
        "the head of registry.example/test is that of an empty log, which commits to nothing",
    );
    for (head, size, found) in
        [(release, 1, "a release"), (yank, 2, "a yank"), (other, 3, "something that is no record")]
    {
        let text =
            format!("the head of {ORIGIN} with {size} records does not end in an epoch: expected one, found {found}");
        fails(read_small(folder.path(), &head), ErrorKind::No, &text);
    }
}

/// A registry whose index says what it should not: the page of `ns:a` is these bytes.
fn lying(page: &[u8]) -> Result<Vec<Versions>> {
    let (mut registry, _, _) = small();
    registry.index.insert(key_of_package("ns:a"), Digest::of(page)).expect("room");
    registry.file(page_path(&Digest::of(page)), page.to_vec());
    let head = registry.commit();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    read_small(folder.path(), &head)
}

#[test]
fn a_page_that_does_not_end_in_the_log_is_a_false_statement() {
    let statement = "registry.example/test has made a false statement: its index at the head with 8 records says that \
                     the page of ns:a ";
    // A record that was never logged, at a place where another one stands.
    let made_up = page_of("ns:a", "9.9.9", 0);
    let (registry, _, _) = small();
    let record = made_up[2..made_up.len() - 1].to_vec();
    fails(
        lying(&made_up),
        ErrorKind::No,
        &format!(
            "{statement}ends with the record 0 of leaf hash {}, and the log has one of {} there",
            leaf_hash(&record),
            leaf_hash(&registry.entries[0])
        ),
    );
    // A record at a place that the log does not have yet.
    let early = page_of("ns:a", "9.9.9", 8);
    fails(lying(&early), ErrorKind::No, &format!("{statement}ends with the record 8, which the log does not have"));
    let far = page_of("ns:a", "9.9.9", i64::MAX as u64 - 1);
    fails(
        lying(&far),
        ErrorKind::No,
        &format!("{statement}ends with the record 9223372036854775806, which the log does not have"),
    );
}

#[test]
fn a_shorter_page_hides_nothing_that_an_audit_does_not_find() {
    // The index may say that a page ends earlier than it does: that is what its operator claims, and stays provable.
    let (registry, _, _) = small();
    let page = &registry.pages["ns:a"];
    let first_line = page.split_inclusive(|byte| *byte == b'\n').next().expect("a line");
    let read = lying(first_line).expect("pages");
    assert_eq!(read[0], Some(vec!["1.0.0".to_owned()]));
}

#[test]
fn a_page_that_is_none_is_told() {
    let committed = "registry.example/test has committed to a page of ns:a that is none: ";
    let newline = "expected lines, each ending in a newline";
    let form = "expected a last line `PLACE RECORD`";
    let cases: [(&[u8], &str); 6] =
        [(b"", newline), (b"0 {}", newline), (b"\n", form), (b"0 {}\n\n", form), (b"x {}\n", form), (b"-1 {}\n", form)];
    for (page, what) in cases {
        fails(lying(page), ErrorKind::No, &format!("{committed}{what}"));
    }
}

#[test]
fn a_record_hidden_in_the_middle_shows_when_the_page_is_read() {
    let (mut registry, _, _) = small();
    let page = String::from_utf8(registry.pages["ns:a"].clone()).expect("text");
    let hiding: String =
        page.lines().enumerate().filter(|(number, _)| *number != 1).map(|(_, line)| format!("{line}\n")).collect();
    registry.index.insert(key_of_package("ns:a"), Digest::of(hiding.as_bytes())).expect("room");
    registry.file(page_path(&Digest::of(hiding.as_bytes())), hiding.clone().into_bytes());
    let head = registry.commit();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    // Its last record does stand in the log, and names the page that was there before the record was hidden.
    let pages = LogReader::open(fetcher(&Access::default(), &[&file_url(folder.path())]), &head)
        .and_then(|mut reader| reader.read_pages(&["ns:a"]))
        .expect("the page");
    let page = pages[0].as_ref().expect("the page");
    let error = page.parse(ORIGIN, "ns:a").expect_err("a hidden record");
    assert!(error.to_string().starts_with("line 2: expected prev to be "), "{error}");
}

/// A registry that has committed to these bytes as the bin of `ns:a`.
fn lying_bin(bin: &[u8]) -> Result<Vec<Versions>> {
    let (mut registry, _, _) = small();
    let files: BTreeMap<String, Vec<u8>> = registry.index.files().collect();
    let [high, low] = bin_of(&key_of_package("ns:a")).to_be_bytes().map(|byte| 32 * usize::from(byte));
    let mut top = files[&node_path(&registry.index.root())].clone();
    let lower = Digest::from_slice(&top[high..high + 32]).expect("a hash");
    let mut lower = files[&node_path(&lower)].clone();
    lower[low..low + 32].copy_from_slice(&leaf_hash(bin).0);
    let hash = Node256::parse(&lower).expect("a node").hash();
    top[high..high + 32].copy_from_slice(&hash.0);
    let root = Node256::parse(&top).expect("a node").hash();
    registry.file(bin_path(&leaf_hash(bin)), bin.to_vec());
    registry.file(node_path(&hash), lower);
    registry.file(node_path(&root), top);
    let head = registry.commit_to(root);
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    read_small(folder.path(), &head)
}

#[test]
fn a_bin_that_is_none_is_told() {
    let key = key_of_package("ns:a");
    let number = bin_of(&key);
    let (registry, _, _) = small();
    let page = Digest::of(&registry.pages["ns:a"]);
    let entry = |key: &Digest| [key.0, page.0].concat();
    assert_eq!(lying_bin(&entry(&key)).expect("pages")[0].as_ref().map(Vec::len), Some(3));
    // Another key of the same bin, and one of another.
    let (mut later, mut elsewhere) = (key, key);
    later.0[31] ^= 1;
    elsewhere.0[0] ^= 1;
    let (first, second) = if key < later { (key, later) } else { (later, key) };
    let committed = "registry.example/test has committed to an index that is none: ";
    let cases = [
        (vec![0; 63], "expected a bin of 64 bytes for each entry, found 63 bytes".to_owned()),
        (
            [entry(&second), entry(&first)].concat(),
            format!(
                "expected the keys of bin {number:#06x} in ascending order, none twice, found {first} out of order"
            ),
        ),
        (
            [entry(&key), entry(&key)].concat(),
            format!("expected the keys of bin {number:#06x} in ascending order, none twice, found {key} out of order"),
        ),
        (entry(&elsewhere), format!("expected the keys of bin {number:#06x}, found {elsewhere}")),
    ];
    for (bin, what) in cases {
        fails(lying_bin(&bin), ErrorKind::No, &format!("{committed}{what}"));
    }
    let flooded = lying_bin(&vec![0; 64 * 4097]).expect_err("too many");
    assert_eq!(flooded.kind(), ErrorKind::No);
    assert!(flooded.to_string().ends_with(": expected at most 262144 bytes, found more"), "{flooded}");
}
