//! The lock of examples/crates and its registry: a real program's, some hundred files.

use std::path::Path;

use headlock::engine::{Backend, CompiledCache, Engine, Limits};
use headlock::released;
use headlock::sources::{Access, Network};

use super::change::{Change, Ways};
use super::judge::{Verifier, judge};
use super::project::{LOCK, World, copy, files, headlock};
use super::same;
use super::subject::Subject;
use super::table::{self, Quorum};
use super::tally::Tally;

pub(crate) fn example(_: &World) -> Tally {
    /// At how many places the lock and each file are changed.
    const PLACES: (usize, usize) = (150, 3);
    /// Every so manieth file of the registry.
    const STEP: usize = 7;

    let mut tally = Tally::default();
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/crates");
    copy(&example.join("registry"), &folder.join("registry"));
    for file in [LOCK, super::project::MANIFEST, super::project::TRUST, super::project::POLICY] {
        std::fs::copy(example.join(file), folder.join(file)).unwrap();
    }
    let solver = released::solver().unwrap();
    let (cache, state) = (folder.join("cache"), folder.join("state"));
    let compiled = CompiledCache::open(&cache, &state);
    let loaded = Engine::new(Limits::default()).load(&solver, Backend::Cranelift, compiled.as_ref()).unwrap();
    let access = Access { network: Network::Offline, cache: None, ..Access::default() };
    let verifier = Verifier { solver: &solver, loaded: &loaded, access, memory: None };
    let command = || headlock(folder, &cache, &state, &["verify"]);

    let judge_lock = |what: &dyn Fn() -> String| judge(what, || verifier.verify(folder, None)).0;
    let mut subject = Subject::new(table::REAL_LOCK, &folder.join(LOCK), &judge_lock, &command);
    let good = subject.good.clone();
    let expected = |change: Change| {
        let at = change.at().min(good.len() - 1);
        table::lock(&same::section(&good, at), change, Quorum::Nobody)
    };
    subject.expected = Some(&expected);
    subject.bytes(&mut tally, PLACES.0, Ways::ByTurns);
    subject.as_a_whole(&mut tally, &[]);

    let read = verifier.read(folder, None).unwrap();
    let judge_file = |what: &dyn Fn() -> String| judge(what, || verifier.verify_read(&read, None)).0;
    let registry = folder.join("registry");
    let paths = files(&registry).into_iter().filter(|path| table::of_registry(path).is_some());
    let some: Vec<String> = paths.enumerate().filter(|(number, _)| number % STEP == 0).map(|(_, path)| path).collect();
    for path in some {
        let (row, path) = (table::of_registry(&path).unwrap(), registry.join(path));
        let aside = folder.join("aside");
        std::fs::rename(&path, &aside).unwrap();
        let unread = judge_file(&|| format!("without {}", path.display())).code == 0;
        std::fs::rename(&aside, &path).unwrap();
        if unread {
            continue;
        }
        let row = table::Row { too_long: row.too_long, ..table::REAL_FILE };
        let subject = Subject::new(row, &path, &judge_file, &command);
        subject.bytes(&mut tally, PLACES.1, Ways::ByTurns);
        subject.as_a_whole(&mut tally, &[]);
    }
    tally
}
