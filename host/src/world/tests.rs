use headlock_log::digest::Digest;
use headlock_log::page::{Page, format_line};
use headlock_log::record::Record;

use super::*;
use crate::problem::{Catalog, Span};

const NAME: &str = "acme:http";

/// A page of releases with these members between content and prev.
fn page(releases: &[(&str, &str)]) -> Vec<u8> {
    let mut page = Vec::new();
    for (place, (version, members)) in (7..).zip(releases) {
        let prev = match page.is_empty() {
            true => String::new(),
            false => format!(r#","prev":"{}""#, Digest::of(&page)),
        };
        let content = Digest::of(version.as_bytes());
        let record = format!(
            r#"{{"release":{{"package":"{NAME}","version":"{version}","content":"{content}"{members}{prev}}}}}"#
        );
        page.extend(format_line(place, record.as_bytes()));
    }
    page
}

/// What each release says, from the catalog's lists alone.
fn said(catalog: &Catalog, package: u32) -> Vec<String> {
    let features = |span: Span, list: &[u32]| -> Vec<String> {
        list[span.range()].iter().map(|name| catalog.feature_names[*name as usize].clone()).collect()
    };
    let releases = catalog.releases.iter().filter(|release| release.package == package);
    let said = releases.map(|release| {
        let mut lines = vec![format!("{}", catalog.versions[release.version as usize])];
        for dependency in &catalog.dependencies[release.dependencies.range()] {
            let requirement = &catalog.requirements[dependency.requirement as usize];
            lines.push(format!(
                "{:?} {} {:?} {} {:?}",
                catalog.package_key(dependency.package),
                requirement.range,
                requirement.content,
                dependency.optional,
                features(dependency.features, &catalog.dependency_features),
            ));
        }
        for feature in &catalog.features[release.features.range()] {
            let name = &catalog.feature_names[feature.name as usize];
            lines.push(format!("{name} {:?}", features(feature.includes, &catalog.included)));
            for addition in &catalog.additions[feature.additions.range()] {
                let asked = features(addition.features, &catalog.addition_features);
                lines.push(format!("{} {asked:?}", addition.dependency));
            }
        }
        lines.join("; ")
    });
    said.collect()
}

/// The lists stand end to end in the order of their owners, which is how a solver reads them: it is told lengths alone.
fn check_flat(catalog: &Catalog) {
    let check = |length: usize, spans: Vec<Span>| {
        let end = spans.iter().fold(0, |end, span| {
            assert_eq!(span.start, end);
            span.end
        });
        assert_eq!(end as usize, length);
    };
    let Catalog { releases, dependencies, features, additions, .. } = catalog;
    check(dependencies.len(), releases.iter().map(|release| release.dependencies).collect());
    check(features.len(), releases.iter().map(|release| release.features).collect());
    check(catalog.exclusives.len(), releases.iter().map(|release| release.exclusives).collect());
    check(catalog.dependency_features.len(), dependencies.iter().map(|dependency| dependency.features).collect());
    check(catalog.included.len(), features.iter().map(|feature| feature.includes).collect());
    check(additions.len(), features.iter().map(|feature| feature.additions).collect());
    check(catalog.addition_features.len(), additions.iter().map(|addition| addition.features).collect());
}

const A: &str = r#"{"package":"acme:a","requirement":"^1","features":["x","y"]}"#;
const B: &str = r#"{"package":"acme:b","requirement":"^2","optional":true}"#;
const NEWER_B: &str = r#"{"package":"acme:b","requirement":"^3","optional":true}"#;
const C: &str = r#"{"registry":"other.example","package":"acme:a","requirement":"*"}"#;
const DEFAULT: &str = r#"{"name":"default","includes":["tls","x"]}"#;
const TLS: &str = r#"{"name":"tls","additions":[{"dependency":0},{"dependency":1,"features":["p","q"]}]}"#;
const OTHER_TLS: &str = r#"{"name":"tls","additions":[{"dependency":1,"features":["q"]}]}"#;

fn members(dependencies: &[&str], features: &[&str]) -> String {
    let list = |name: &str, entries: &[&str]| match entries.is_empty() {
        true => String::new(),
        false => format!(",\"{name}\":[{}]", entries.join(",")),
    };
    list("dependencies", dependencies) + &list("features", features)
}

/// What a release repeats of the one before is taken from there; what it says is the same as if it stood alone.
#[test]
fn releases_that_repeat_one_another_say_what_each_says_alone() {
    let releases = [
        ("1.0.0", members(&[A, B, C], &[DEFAULT, TLS])),
        ("1.1.0", members(&[A, B, C], &[DEFAULT, TLS])),
        ("1.2.0", members(&[A, NEWER_B, C], &[DEFAULT, OTHER_TLS])),
        ("1.3.0", members(&[B, C], &[OTHER_TLS])),
        ("1.3.1", members(&[A, B], &[DEFAULT, TLS])),
        ("1.4.0", members(&[], &[DEFAULT])),
        // Not in the order of the versions: its neighbour in the page is not its neighbour here.
        ("0.9.0", members(&[A, B, C], &[DEFAULT, TLS])),
        ("1.2.1", members(&[A, NEWER_B, C], &[TLS])),
    ];
    let lines: Vec<(&str, &str)> = releases.iter().map(|(version, members)| (*version, members.as_str())).collect();
    let bytes = page(&lines);
    let read = Page::parse(&bytes, "log.example", NAME).unwrap();
    let shared = |place: usize, other: usize| {
        let dependencies = |line: usize| match &read.lines[line].1 {
            Record::Release(release) => release.dependencies.clone(),
            _ => Vec::new(),
        };
        std::sync::Arc::ptr_eq(&dependencies(place)[0], &dependencies(other)[0])
    };
    assert!(shared(0, 1) && shared(1, 2) && !shared(2, 3));

    let mut catalog = Catalog::new(0);
    let registry = catalog.registry("log.example");
    let package = catalog.package(registry, NAME);
    catalog.supply_part(package, World::V0_1_0.read_page("log.example", NAME, &HashedPage::new(bytes)).unwrap());
    let mut alone = Vec::new();
    for line in &lines {
        let mut catalog = Catalog::new(0);
        let registry = catalog.registry("log.example");
        let package = catalog.package(registry, NAME);
        let part = World::V0_1_0.read_page("log.example", NAME, &HashedPage::new(page(&[*line]))).unwrap();
        catalog.supply_part(package, part);
        alone.extend(said(&catalog, package));
    }
    alone.sort();
    assert_eq!(said(&catalog, package), alone);
    check_flat(&catalog);
    assert_eq!(
        alone[1],
        r#"1.0.0; ("log.example", "acme:a") ^1 None false ["x", "y"]; ("log.example", "acme:b") ^2 None true []; "#
            .to_owned()
            + r#"("other.example", "acme:a") * None false []; default ["tls", "x"]; tls []; 0 []; 1 ["p", "q"]"#
    );
}

#[test]
fn what_is_no_page_is_the_registrys_fault() {
    let bytes = page(&[("1.0.0", ""), ("01.0.0", "")]);
    let error = World::V0_1_0.read_page("log.example", NAME, &HashedPage::new(bytes)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("log.example has committed to a page of acme:http that is none: line 2: expected "),
        "{error}"
    );
}

#[test]
fn an_unknown_world_is_refused_with_those_that_are_known() {
    assert_eq!(World::named(WORLD).unwrap(), World::V0_1_0);
    let error = World::named("headlock:solver@9.0.0").unwrap_err();
    let text = "the lock is of the world \"headlock:solver@9.0.0\", and this host knows headlock:solver@0.1.0";
    assert_eq!((error.kind().exit_code(), error.to_string().as_str()), (5, text));
}
