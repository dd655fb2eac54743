//! Nothing that an honest log signed is evidence against it, however it is put together.

use proptest::prelude::*;

use super::*;

/// An honest log, its pages at each epoch, and all pages that there ever were.
struct Honest {
    log: Log,
    epochs: Vec<u64>,
    pages: Vec<Vec<u8>>,
}

/// The last one has maintainers: one, and now and then another one.
const PACKAGES: [&str; 3] = ["t:a", "t:b", "t:m"];

/// Each step adds a release, a yank (void or not) or a change of maintainers of a package, or an epoch.
fn honest(steps: &[u8]) -> Honest {
    let mut log = Log::default();
    let mut index = Index::new();
    let mut current: [Vec<u8>; 3] = Default::default();
    let (mut epochs, mut pages) = (vec![log.epoch_of(index.clone())], Vec::new());
    let mut maintained = None;
    for (number, step) in steps.iter().chain(&[255]).enumerate() {
        let which = usize::from(step % 4);
        let Some(package) = PACKAGES.get(which).filter(|_| *step != 255) else {
            for (package, page) in PACKAGES.iter().zip(&current).filter(|(_, page)| !page.is_empty()) {
                index.insert(key_of_package(package), Digest::of(page)).unwrap();
            }
            epochs.push(log.epoch_of(index.clone()));
            continue;
        };
        let prev = (!current[which].is_empty()).then(|| Digest::of(&current[which]));
        let version = format!("1.{}.0", number / 2);
        let record = match (step & 4 == 0, *package, maintained) {
            (false, ..) => yank(package, &version, prev).encode(),
            (true, "t:m", None) => {
                maintained = Some(1);
                let vkey = maintainer(1).verifier().to_string();
                let Record::Release(first) = maintained_release(&vkey) else { unreachable!() };
                signed(&Record::Release(Release { version: &version, prev, ..first }), &[maintainer(1)])
            }
            (true, "t:m", Some(who)) if step & 8 == 0 => signed(&release(package, &version, prev), &[maintainer(who)]),
            (true, "t:m", Some(who)) => {
                let new = who % 3 + 1;
                maintained = Some(new);
                let vkey = maintainer(new).verifier().to_string();
                signed(&handover(package, &vkey, prev), &[maintainer(who), maintainer(new)])
            }
            _ => release(package, &version, prev).encode(),
        };
        let line = log.push(&record);
        current[which].extend(line);
        pages.push(current[which].clone());
    }
    Honest { log, epochs, pages }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn true_proofs_do_not_combine_into_evidence(
        steps in proptest::collection::vec(any::<u8>(), 1..12),
        picks in proptest::collection::vec((any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>()), 24),
    ) {
        let Honest { log, epochs, pages } = honest(&steps);
        let size = log.size();
        for (kind, a, b, c) in picks {
            let place = u64::from(b) % size;
            let page = pages.get(usize::from(c) % (pages.len() + 1)).map(Vec::as_slice);
            let entry = (c & 64 == 0).then_some(u64::from(a) % size);
            let epoch = epochs[usize::from(a) % epochs.len()];
            let package = ["t:a", "t:b", "t:m", "t:none"][usize::from(kind / 5) % 4];
            let claim = match kind % 5 {
                0 => log.index_claim(epoch, package, page, entry),
                1 => log.prev_claim(place, page, entry),
                2 => Claim::Record(log.proven(place)),
                3 => log.maintainers_claim(place, page),
                _ => Claim::Names(log.proven(place), log.proven(u64::from(a) % size)),
            };
            let refused = log.shows(&claim);
            prop_assert!(refused.is_err(), "{refused:?} by {claim:?}");
        }
        for size in 1..=size {
            let refused = said(&log.replay(size));
            prop_assert!(refused.as_ref().is_err_and(|why| why.starts_with("it shows nothing false: ")), "{refused:?}");
        }
    }

    /// A true proof with anything changed: what was signed does not change with it.
    #[test]
    fn changed_proofs_are_not_evidence_either(
        steps in proptest::collection::vec(any::<u8>(), 1..12),
        a in any::<u8>(),
        at in any::<proptest::sample::Index>(),
        bytes in proptest::collection::vec(any::<u8>(), 0..4),
        cut in 0usize..5,
    ) {
        let Honest { log, epochs, pages } = honest(&steps);
        let page = pages.get(usize::from(a) % (pages.len() + 1)).map(Vec::as_slice);
        let epoch = epochs[usize::from(a) % epochs.len()];
        let claims = [
            log.evidence(&log.index_claim(epoch, "t:a", page, Some(u64::from(a) % log.size()))),
            log.evidence(&log.prev_claim(u64::from(a) % log.size(), page, Some(0))),
            log.evidence(&log.maintainers_claim(u64::from(a) % log.size(), page)),
            log.replay(log.size()),
        ];
        for evidence in claims {
            let at = at.index(evidence.len());
            let end = (at + cut).min(evidence.len());
            let changed = [&evidence[..at], &bytes, &evidence[end..]].concat();
            let refused = said(&changed);
            prop_assert!(refused.is_err(), "{refused:?}");
        }
    }
}

/// Of each honest log, every claim of the right parts is refused with the reason.
#[test]
fn the_reasons() {
    let (mut log, pages, other) = three_records();
    let epoch = log.epoch(&[("t:a", &pages[3]), ("t:b", &other)]);
    let nothing = |claim: Claim, why: &str| {
        assert_eq!(log.shows(&claim), Err(format!("it shows nothing false: {why}")));
    };
    let by = "the index of the epoch at record 5";
    let index = |package, page, entry| log.index_claim(epoch, package, page, entry);
    nothing(index("t:a", Some(&pages[3]), Some(2)), &format!("{by} leads to a page of t:a that holds entry 2"));
    nothing(index("t:a", Some(&pages[3]), Some(4)), "record 4, the release of t:b 1.0.0 belongs in no page of t:a");
    nothing(index("t:a", Some(&pages[3]), Some(0)), "entry 0 is no record that stands in a page");
    nothing(index("t:a", Some(&pages[3]), Some(5)), &format!("{by} does not speak of entry 5, which stands behind it"));
    nothing(index("t:a", Some(&pages[3]), None), &format!("{by} by itself is not false: no entry contradicts it"));
    let (right, wrong) = (Digest::of(&pages[3]), Digest::of(&pages[2]));
    nothing(index("t:a", Some(&pages[2]), Some(3)), &format!("{by} names the page {right}, and {wrong} is here"));
    nothing(index("t:a", None, Some(3)), &format!("{by} names the page {right}, which is not here"));
    nothing(index("t:c", Some(&pages[2]), Some(3)), &format!("{by} names no page of t:c"));
    nothing(index("t:c", None, Some(3)), "record 3, the yank of t:a 1.0.0 says nothing of t:c");
    nothing(index("t:c", None, None), &format!("{by} by itself is not false: no entry contradicts it"));
    nothing(log.prev_claim(5, None, Some(1)), "record 5 names no page");
    nothing(log.prev_claim(1, None, Some(0)), "entry 0 is no record that stands in a page");
    nothing(
        log.prev_claim(3, Some(&pages[2]), Some(2)),
        "the prev of record 3 leads to a page of t:a that holds entry 2",
    );
    nothing(Claim::Record(log.proven(3)), "entry 3 is a record that a log may hold there");
    nothing(
        Claim::Names(log.proven(1), log.proven(4)),
        "record 1, the release of t:a 1.0.0 and record 4, the release of t:b 1.0.0 are not of two packages of the same name",
    );
    let Claim::Index { subject, bin, path, page, entry, .. } = index("t:a", Some(&pages[3]), Some(2)) else {
        unreachable!()
    };
    let no_epoch = Claim::Index { subject, epoch: log.proven(4), bin, path, page, entry };
    nothing(no_epoch, "entry 4 is no epoch");
    assert_eq!(Bin::parse(&[], 0).unwrap().hash(), crate::index::empty_bin());
}
