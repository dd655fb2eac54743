//! What a page's records say of the package's releases.

use semver::Version;

use super::*;

fn releases(page: &Page<'_>) -> Vec<(u64, String, bool)> {
    page.fold().releases.iter().map(|release| (release.place, release.version.to_string(), release.yanked)).collect()
}

#[test]
fn releases_are_ascending_by_precedence() {
    let versions = ["1.10.0", "1.9.0", "0.1.0", "1.10.0-rc.2", "1.10.0-rc.10", "1.10.0+b", "1.10.0+a"];
    let mut draft = Draft::default();
    for (place, version) in versions.iter().enumerate() {
        draft = draft.release(place as u64, version);
    }
    let page = draft.page();
    let folded = page.fold();
    assert_eq!(
        releases(&page).into_iter().map(|(place, version, _)| (place, version)).collect::<Vec<_>>(),
        [
            (2, "0.1.0"),
            (1, "1.9.0"),
            (3, "1.10.0-rc.2"),
            (4, "1.10.0-rc.10"),
            (0, "1.10.0"),
            (6, "1.10.0+a"),
            (5, "1.10.0+b")
        ]
        .map(|(place, version)| (place, version.to_owned()))
    );
    assert_eq!(folded.voids, []);
    for release in &folded.releases {
        let record = page.release(release).unwrap();
        assert_eq!(Version::parse(record.version).unwrap(), release.version);
        assert_eq!(record.content, Digest::of(&release.place.to_be_bytes()));
    }
    let elsewhere = Draft::default().release(100, "1.10.0");
    assert_eq!(elsewhere.page().release(&folded.releases[0]), None);
}

#[test]
fn the_first_release_stays_and_the_last_word_on_yanking_counts() {
    let draft = Draft::default()
        .yank(0, "1.0.0")
        .release(1, "1.0.0")
        .release(2, "1.0.0")
        .yank(3, "1.0.0")
        .release(4, "1.0.0")
        .yank(5, "1.0.0")
        .release(6, "2.0.0")
        .unyank(7, "2.0.0")
        .unyank(8, "3.0.0")
        .yank(9, "2.0.0")
        .unyank(10, "2.0.0")
        .yank(11, "2.0.0+build");
    let page = draft.page();
    assert_eq!(releases(&page), [(1, "1.0.0".to_owned(), true), (6, "2.0.0".to_owned(), false)]);
    let voids: Vec<(u64, String)> = page.fold().voids.iter().map(|void| (void.place, void.why.to_string())).collect();
    assert_eq!(
        voids,
        [
            (0, "the version was not released before"),
            (2, "the version was released before"),
            (4, "the version was released before"),
            (5, "the version is yanked already"),
            (7, "the version is not yanked"),
            (8, "the version was not released before"),
            (11, "the version was not released before"),
        ]
        .map(|(place, why)| (place, why.to_owned()))
    );
}

#[test]
fn a_release_of_another_page_is_none_of_this() {
    let record = Record::Release(Release::new(PACKAGE, "1.0.0", Digest([1; 32])));
    let (one, other) = (format_line(3, &record.encode()), format_line(4, &record.encode()));
    let (one, other) = (Page::parse(&one, ORIGIN, PACKAGE).unwrap(), Page::parse(&other, ORIGIN, PACKAGE).unwrap());
    let own = &one.fold().releases[0];
    assert!(one.release(own).is_some());
    assert!(other.release(own).is_none());
}

#[test]
fn what_a_release_repeats_it_shares_with_the_one_before() {
    // Of each release which entries, by their names, are those of the release before it.
    let shared = |draft: &Draft| -> Vec<String> {
        let page = draft.page();
        let releases: Vec<&Release<'_>> = page
            .lines
            .iter()
            .filter_map(|(_, record)| match record {
                Record::Release(release) => Some(release),
                _ => None,
            })
            .collect();
        let pair = |pair: &[&Release<'_>]| {
            let (before, after) = (&pair[0], &pair[1]);
            let of_before =
                |entry: &Arc<Dependency<'_>>| before.dependencies.iter().any(|other| Arc::ptr_eq(other, entry));
            let dependencies = after.dependencies.iter().filter(|entry| of_before(entry)).map(|entry| entry.package);
            let of_before = |entry: &Arc<Feature<'_>>| before.features.iter().any(|other| Arc::ptr_eq(other, entry));
            let features = after.features.iter().filter(|entry| of_before(entry)).map(|entry| entry.name);
            dependencies.chain(features).collect::<Vec<_>>().join(" ")
        };
        releases.windows(2).map(pair).collect()
    };
    let first: (&[&str], &[(&str, &[u32])]) = (&["t:a", "t:c", "t:e"], &[("f", &[0]), ("h", &[1]), ("j", &[2])]);
    let draft = Draft::default().with(0, first.0, first.1);
    let then = |packages: &[&'static str], features: &[(&'static str, &[u32])]| {
        shared(&draft.clone().yank(1, "1.0.0").with(2, packages, features)).concat()
    };
    assert_eq!(then(first.0, first.1), "t:a t:c t:e f h j");
    // One more, at each place.
    assert_eq!(then(&["t:A", "t:a", "t:c", "t:e"], first.1), "t:a t:c t:e f h j");
    assert_eq!(
        then(&["t:a", "t:b", "t:c", "t:e"], &[("f", &[0]), ("g", &[]), ("h", &[1]), ("j", &[2])]),
        "t:a t:c t:e f h j"
    );
    assert_eq!(
        then(&["t:a", "t:c", "t:e", "t:f"], &[("f", &[0]), ("h", &[1]), ("j", &[2]), ("k", &[3])]),
        "t:a t:c t:e f h j"
    );
    // Another in the place of one.
    assert_eq!(then(&["t:a", "t:d", "t:e"], &[("f", &[0]), ("i", &[1]), ("j", &[2])]), "t:a t:e f j");
    assert_eq!(then(first.0, &[("f", &[1]), ("h", &[1]), ("j", &[2])]), "t:a t:c t:e h j");
    // One more before those of another registry.
    let foreign = Draft::default().with(0, &["t:a", "r/t:b"], &[]).with(1, &["t:a", "t:z", "r/t:b"], &[]);
    assert_eq!(shared(&foreign).concat(), "t:a t:b");
    // Features of a release with more dependencies are read anew: what they add may not be there.
    assert_eq!(then(&["t:c", "t:e"], &[("f", &[0]), ("h", &[1])]), "t:e");
}

#[test]
fn a_feature_adds_what_is_there_whatever_the_release_before_it_had() {
    let features: &[(&str, &[u32])] = &[("f", &[1])];
    let draft = Draft::default().with(0, &["t:a", "t:b"], features);
    assert!(Page::parse(&draft.bytes, ORIGIN, PACKAGE).is_ok());
    let fewer = draft.with(1, &["t:a"], features);
    assert_eq!(
        refused(&fewer.bytes),
        "line 2: feature \"f\": expected one of the release's 1 dependencies, found number 1"
    );
}
