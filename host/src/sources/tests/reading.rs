//! What an honest registry says, at every head.

use super::registry::{Registry, files, small};
use super::*;

fn versions(versions: &[&str]) -> Versions {
    Some(versions.iter().map(ToString::to_string).collect())
}

#[test]
fn packages_are_read_as_they_stood_at_a_head() {
    let (registry, first, second) = small();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    let url = file_url(folder.path());
    let names = ["ns:c", "ns:a", "ns:missing", "ns:b", "ns:a"];
    let a = versions(&["1.0.0", "1.1.0", "1.0.0"]);
    assert_eq!(
        read(&Access::default(), &[&url], &second, &names).expect("pages"),
        [versions(&["0.1.0"]), a.clone(), None, versions(&["1.0.0"]), a]
    );
    let a = versions(&["1.0.0"]);
    assert_eq!(
        read(&Access::default(), &[&url], &first, &names).expect("pages"),
        [None, a.clone(), None, versions(&["1.0.0"]), a]
    );
    assert_eq!(read(&Access::default(), &[&url], &first, &[]).expect("nothing"), []);
}

#[test]
fn one_reader_answers_call_after_call() {
    let (registry, _, head) = small();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    let mut reader = LogReader::open(fetcher(&Access::default(), &[&file_url(folder.path())]), &head).expect("open");
    for name in ["ns:a", "ns:b", "ns:c", "ns:a"] {
        let pages = reader.read_pages(&[name]).expect("a page");
        assert_eq!(pages[0].as_ref().map(|page| page.bytes()), Some(&registry.pages[name][..]));
    }
    assert_eq!(reader.head(), &head);
}

#[test]
fn every_shape_of_tree_can_be_read() {
    // Sizes around the borders of tiles, of one level and of two.
    for size in [1, 2, 3, 255, 256, 257, 511, 512, 513, 1000] {
        let mut registry = Registry::default();
        for number in 1..size {
            registry.release(&format!("ns:p{}", number % 40), &format!("1.{number}.0"));
        }
        let head = registry.epoch();
        assert_eq!(head.size, size);
        let folder = tempfile::tempdir().expect("a folder");
        registry.write(folder.path());
        let names: Vec<String> = (0..41).map(|number| format!("ns:p{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let pages = LogReader::open(fetcher(&Access::default(), &[&file_url(folder.path())]), &head)
            .and_then(|mut reader| reader.read_pages(&names))
            .expect("pages");
        for (name, page) in names.iter().zip(pages) {
            assert_eq!(page.map(|page| page.bytes().to_vec()), registry.pages.get(*name).cloned(), "{size} {name}");
        }
    }
}

#[test]
fn a_tree_of_three_levels_can_be_read() {
    let mut registry = Registry::default();
    registry.release("ns:first", "1.0.0");
    for number in 0..66_000 {
        registry.entries.push(format!("filler {number}").into_bytes());
    }
    registry.release("ns:last", "1.0.0");
    let head = registry.epoch();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    let access = Access::default();
    let one = versions(&["1.0.0"]);
    assert_eq!(
        read(&access, &[&file_url(folder.path())], &head, &["ns:first", "ns:last", "ns:none"]).expect("pages"),
        [one.clone(), one, None]
    );
    let mut reader = LogReader::open(fetcher(&access, &[&file_url(folder.path())]), &head).expect("open");
    for size in [1, 255, 256, 257, 65_535, 65_536, 65_537, 66_003] {
        assert!(reader.holds(&registry.head_at(size)).expect("checked"), "{size}");
    }
}

#[test]
fn a_log_holds_every_older_head_of_its_own_and_no_other() {
    let mut registry = Registry::default();
    for number in 1..600 {
        registry.release("ns:a", &format!("1.{number}.0"));
    }
    let head = registry.epoch();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    let mut reader = LogReader::open(fetcher(&Access::default(), &[&file_url(folder.path())]), &head).expect("open");
    for size in 0..=600 {
        let mut older = registry.head_at(size);
        assert!(reader.holds(&older).expect("checked"), "{size}");
        older.root.0[31] ^= 1;
        assert!(!reader.holds(&older).expect("checked"), "{size}");
    }
    let larger = Head { size: 601, ..head.clone() };
    assert!(!reader.holds(&larger).expect("checked"));
    let other = Head { origin: "registry.example/other".to_owned(), ..registry.head_at(5) };
    assert!(!reader.holds(&other).expect("checked"));
}

#[test]
fn partial_tiles_and_bundles_may_be_gone_once_they_are_full() {
    let mut registry = Registry::default();
    for number in 1..100 {
        registry.release("ns:a", &format!("1.{number}.0"));
    }
    let old = registry.epoch();
    for number in 100..700 {
        registry.release("ns:a", &format!("1.{number}.0"));
    }
    let new = registry.epoch();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    for partial in ["tile/0/000.p", "tile/entries/000.p"] {
        std::fs::remove_dir_all(folder.path().join(partial)).expect("a partial tile");
    }
    let url = file_url(folder.path());
    let read_a = |head| read(&Access::default(), &[&url], head, &["ns:a"]).expect("pages")[0].as_ref().map(Vec::len);
    assert_eq!((read_a(&old), read_a(&new)), (Some(99), Some(699)));
    let mut reader = LogReader::open(fetcher(&Access::default(), &[&url]), &new).expect("open");
    assert!(reader.holds(&old).expect("checked"));
}

#[test]
fn progress_is_told_of_every_file() {
    #[derive(Default)]
    struct Seen(std::sync::Mutex<Vec<String>>);
    impl Progress for Seen {
        fn file(&self, path: &str, bytes: u64) {
            assert!(bytes > 0);
            self.0.lock().expect("a list").push(path.to_owned());
        }
    }
    let (registry, _, head) = small();
    let folder = tempfile::tempdir().expect("a folder");
    registry.write(folder.path());
    let seen = Arc::new(Seen::default());
    let fetcher = Fetcher::new(&Access::default(), ORIGIN, &[&file_url(folder.path())]).expect("a fetcher");
    let fetcher = Arc::new(fetcher.with_progress(Arc::clone(&seen) as Arc<dyn Progress>));
    LogReader::open(fetcher, &head).and_then(|mut reader| reader.read_pages(&["ns:a"])).expect("a page");
    let mut seen = seen.0.lock().expect("a list").clone();
    seen.sort();
    let kinds: Vec<&str> = seen.iter().map(|path| path.split('/').next().unwrap_or_default()).collect();
    assert_eq!(kinds, ["bin", "index", "index", "page", "tile", "tile"]);
    let all = files(folder.path());
    assert!(seen.iter().all(|path| all.contains(path)));
}
