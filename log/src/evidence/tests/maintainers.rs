//! Records that their package's maintainers have not signed: what shows it.

use super::*;

/// `t:m`, maintained by one key: its first release, record 1. With the page behind it.
fn maintained() -> (Log, Vec<u8>) {
    let mut log = Log::default();
    log.epoch(&[]);
    let vkey = maintainer(1).verifier().to_string();
    let page = log.push(&signed(&maintained_release(&vkey), &[maintainer(1)]));
    (log, page)
}

const UNSIGNED: &str = "record 2, the release of t:m 1.1.0: expected signatures by 1 of the maintainers, whom record 1 names: m1+c4dac3a3, found none";

#[test]
fn a_release_without_signatures() {
    let (mut log, page) = maintained();
    let line = log.push(&release("t:m", "1.1.0", Some(Digest::of(&page))).encode());
    let whole = [&page[..], &line].concat();
    let epoch = log.epoch(&[("t:m", &whole)]);
    assert_eq!(log.shows(&log.maintainers_claim(2, Some(&page))), Ok(UNSIGNED.to_owned()));
    // So do the index that leads to the page with it, the next record behind it, and a replay.
    let none = format!("leads to a page of t:m that is none: line 2: {UNSIGNED}");
    let index = log.shows(&log.index_claim(epoch, "t:m", Some(&whole), None));
    assert_eq!(index, Ok(format!("the index of the epoch at record 3 {none}")));
    assert_eq!(said(&log.replay(3)), Ok(UNSIGNED.to_owned()));
    let next = log.size();
    log.push(&signed(&release("t:m", "1.2.0", Some(Digest::of(&whole))), &[maintainer(1)]));
    log.epoch(&[]);
    let prev = log.shows(&log.prev_claim(next, Some(&whole), None));
    assert_eq!(prev, Ok(format!("the prev of record 4 {none}")));
    let none = "it shows nothing false: the page before record 4 is none: line 2: ";
    assert_eq!(log.shows(&log.maintainers_claim(next, Some(&whole))), Err(format!("{none}{UNSIGNED}")));
}

#[test]
fn a_first_release_and_a_change_without_signatures() {
    let mut log = Log::default();
    log.epoch(&[]);
    let vkey = maintainer(1).verifier().to_string();
    let page = log.push(&maintained_release(&vkey).encode());
    let other = maintainer(2).verifier().to_string();
    let (mut good, good_page) = maintained();
    let change = handover("t:m", &other, Some(Digest::of(&good_page)));
    good.push(&signed(&change, &[maintainer(2)]));
    for log in [&mut log, &mut good] {
        log.epoch(&[]);
    }
    assert_eq!(
        log.shows(&log.maintainers_claim(1, None)),
        Ok("record 1, the release of t:m 1.0.0: expected signatures by 1 of the new maintainers m1+c4dac3a3, found none".to_owned())
    );
    assert_eq!(
        good.shows(&good.maintainers_claim(2, Some(&good_page))),
        Ok("record 2, a change of the maintainers of t:m: expected signatures by 1 of the maintainers, whom record 1 names: m1+c4dac3a3, found none".to_owned())
    );
    // A page that is not the one before it shows nothing.
    let refused = good.shows(&good.maintainers_claim(2, Some(&page))).unwrap_err();
    assert!(refused.ends_with("before it, and something else is here"), "{refused}");
}

#[test]
fn the_reasons_why_there_is_none() {
    let (mut log, page) = maintained();
    let line = log.push(&signed(&release("t:m", "1.1.0", Some(Digest::of(&page))), &[maintainer(1)]));
    let yanked = [&page[..], &line].concat();
    log.push(&yank("t:m", "1.0.0", Some(Digest::of(&yanked))).encode());
    log.push(b"{}");
    log.epoch(&[]);
    let nothing = |place: u64, page: Option<&[u8]>, why: &str| {
        assert_eq!(log.shows(&log.maintainers_claim(place, page)), Err(format!("it shows nothing false: {why}")));
    };
    nothing(1, None, "record 1 is signed as the maintainers of t:m ask");
    nothing(2, Some(&page), "record 2 is signed as the maintainers of t:m ask");
    nothing(3, Some(&yanked), "record 3 is signed as the maintainers of t:m ask");
    nothing(4, None, "entry 4 is no record");
    nothing(0, None, "record 0 is of no package");
    nothing(1, Some(&page), "record 1 names no page before it, and something else is here");
    let named = Digest::of(&page);
    nothing(2, None, &format!("record 2 names the page {named} before it, and something else is here"));
    nothing(2, Some(&yanked), &format!("record 2 names the page {named} before it, and something else is here"));
}
