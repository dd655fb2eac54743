//! The files of a project, the bytes that a lock's digests are of, and solver components.

use std::path::Path;

use headlock::artifact;
use headlock::artifact::name::{self, Accepted, Asked};
use headlock::bundle::Bundle;
use headlock::canonical::{Evidence, problem_text};
use headlock::component::{Solver, inspect};
use headlock::graph::GraphLink;
use headlock::inputs::{Input, Inputs, Local, Override, Preference, Replacement};
use headlock::lock::{Derived, Lock, compare};
use headlock::manifest::Manifest;
use headlock::trust::{Trust, TrustSource, absolute_url};
use headlock_log::checkpoint::Head;
use headlock_log::digest::Digest;
use headlock_log::name::check_package_name;
use semver::{Version, VersionReq};

use crate::Choices;
use crate::note::{ORIGIN, log_key, witness_keys};

/// What a manifest asks for is in the one form that a lock holds it in.
pub fn manifest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = Path::new("project/headlock.toml");
    let content = |file: &Path| Ok(Some(Digest::of(file.as_os_str().as_encoded_bytes())));
    let Ok(manifest) = Manifest::parse(path, text, content) else { return };
    assert_eq!(manifest.inputs.check(), Ok(()));
    for input in &manifest.inputs.dependencies {
        let read = VersionReq::parse(&input.requirement).expect("checked");
        assert_eq!(read.to_string(), input.requirement);
    }
    // A comment changes nothing.
    let again = Manifest::parse(path, &format!("# \u{e9}\n{text}\n#"), content).expect("a comment changes nothing");
    assert_eq!((again.inputs, again.trust), (manifest.inputs, manifest.trust));
}

/// A bundle of a lock has one form: its list, written again, is what it begins with, and the files follow, each byte once.
pub fn sparse(data: &[u8]) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), data).expect("a temporary file takes bytes");
    let Ok(bundle) = Bundle::open(file.path()) else { return };
    let lines: String = bundle.list().map(|(name, length)| format!("{length} {name}\n")).collect();
    let list = format!("headlock bundle 1\n{lines}\n");
    assert!(data.starts_with(list.as_bytes()), "a second form");
    let mut rest = &data[list.len()..];
    let names: Vec<(String, u64)> = bundle.list().map(|(name, length)| (name.to_owned(), length)).collect();
    for (place, (name, length)) in names.iter().enumerate() {
        assert!(bundle.check_all_read().is_err(), "{place} of {} files were read", names.len());
        let (bytes, behind) = rest.split_at(usize::try_from(*length).expect("it is in memory"));
        assert_eq!(bundle.file(name, *length).as_deref(), Some(bytes));
        assert!(*length == 0 || bundle.file(name, length - 1).is_none());
        rest = behind;
    }
    assert!(rest.is_empty() && bundle.check_all_read().is_ok());
}

/// A policy that trust files of targets name.
fn policy() -> String {
    let [w1, ..] = witness_keys();
    let (log, w1) = (log_key().verifier(), w1.cosigner());
    format!("log {log} file:registry\nwitness w1 {w1}\nquorum none\n")
}

/// What a trust file accepts is what stands in it; a registry's URL is absolute, or there is none.
pub fn trust(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = Path::new("/project/trust.toml");
    let mut asked = None;
    let policy = |logs: &Path| {
        asked = Some(logs.to_owned());
        Ok(Some(policy()))
    };
    let Ok(trust) = Trust::parse(path, TrustSource::Given, text, policy) else { return };
    assert!(asked.is_some(), "no policy was read");
    for solver in &trust.solvers {
        assert!(text.contains(&solver.to_string()), "it does not name {solver}");
    }
    for rule in &trust.solver_rules {
        assert!(trust.policy.log(&rule.registry).is_some(), "no key is known of {rule}");
    }
    assert!(trust.urls("other.example").is_err());
    for url in trust.urls(ORIGIN).into_iter().flatten() {
        assert_eq!(absolute_url(Path::new("/elsewhere"), &url).ok(), Some(url));
    }
}

/// One encoding of a lock; what differs from itself is nothing.
pub fn lock(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = Path::new("headlock.lock");
    let claim = Lock::parse_claim(path, text);
    let Ok(lock) = Lock::parse(path, text) else {
        let Ok((claim, cosignatures)) = claim else { return };
        // What is left of a lock is enough to write one, which is then read.
        let derived = Derived {
            logs: Vec::new(),
            problem: Digest([1; 32]),
            outcome: Digest([2; 32]),
            roots: Vec::new(),
            consulted: Vec::new(),
            packages: Vec::new(),
        };
        if !cosignatures.is_sorted_by(|a, b| a < b) {
            return;
        }
        let solver = &claim.solver;
        let of_solver = [solver.name.as_ref(), solver.version.as_ref(), Some(&solver.world)];
        let published = solver.published.iter().flat_map(|at| [&at.origin, &at.root, &at.signature]);
        let of_logs = claim.logs.iter().flat_map(|log| [&log.root, &log.signature]).chain(published);
        let signed = cosignatures.iter().flat_map(|held| [&held.origin, &held.line]);
        // What TOML can hold and a lock cannot.
        if of_solver.into_iter().flatten().chain(of_logs).chain(signed).any(|text| text.contains(char::is_control)) {
            return;
        }
        let lock = Lock { claim, derived, cosignatures };
        assert_eq!(Lock::parse(path, &lock.format()).expect("the claim is well-formed"), lock);
        return;
    };
    assert_eq!(lock.format(), text, "a second encoding");
    let (claim, cosignatures) = claim.expect("a lock holds its claim");
    assert_eq!((&claim, &cosignatures), (&lock.claim, &lock.cosignatures));
    assert_eq!(lock.claim.inputs.check(), Ok(()));
    assert!(!lock.claim.inputs.dependencies.is_empty(), "a lock of nothing");
    assert_eq!(compare(&lock, &lock.derived), []);
    let mut other = lock.derived.clone();
    other.outcome.0[0] ^= 1;
    assert_ne!(compare(&lock, &other), []);
    let trust =
        Trust::parse(Path::new("/trust.toml"), TrustSource::Given, "logs = \"logs.policy\"", |_| Ok(Some(policy())));
    let trust = trust.expect("a trust file");
    for pinned in &lock.claim.logs {
        if let Ok(head) = trust.accept_pinned(pinned, &lock.cosignatures) {
            assert_eq!(head.head().origin, pinned.origin);
            let again = log_key().sign(&head.head().text()).expect("it was signed");
            assert_eq!(again.to_string(), pinned.signature, "a signature that the key did not make");
        }
    }
}

/// Problems that differ have different canonical bytes, each a line of its own number of fields.
pub fn canonical(data: &[u8]) {
    let mut choices = Choices(data);
    let digest = |choices: &mut Choices<'_>| Digest([choices.byte(); 32]);
    let origin = |choices: &mut Choices<'_>| ["a", "a.example/b", "b"][choices.below(3)].to_owned();
    let name = |choices: &mut Choices<'_>| ["a:b", "a:c", "b:a-c"][choices.below(3)].to_owned();
    let mut problem = || {
        let inputs = (0..choices.below(3)).map(|_| {
            let requirement = ["*", "^1", "^1.0", ">=1, <2"][choices.below(4)].to_owned();
            let content = (choices.below(2) == 1).then(|| digest(&mut choices));
            let features = ["", "a", "b"][..choices.below(3)].iter().skip(1).map(|&name| name.to_owned()).collect();
            Input { registry: origin(&mut choices), name: name(&mut choices), requirement, content, features }
        });
        let dependencies: Vec<Input> = inputs.collect();
        let overrides = (0..choices.below(3)).map(|_| {
            let (registry, replaced) = (origin(&mut choices), name(&mut choices));
            let by = match choices.below(2) {
                0 => Replacement::Package { registry: origin(&mut choices), name: name(&mut choices) },
                _ => Replacement::Local(Local {
                    version: ["1.0.0", "1.0.1"][choices.below(2)].to_owned(),
                    content: digest(&mut choices),
                    features: ["a", "b"][..choices.below(3)].iter().map(|&name| name.to_owned()).collect(),
                    dependencies: dependencies[..choices.below(dependencies.len() + 1)].to_vec(),
                }),
            };
            Override { registry, name: replaced, by }
        });
        let overrides = overrides.collect();
        let preferences = (0..choices.below(3)).map(|_| Preference {
            registry: origin(&mut choices),
            name: name(&mut choices),
            version: Version::new(1, 0, choices.below(2) as u64),
        });
        let preferences = preferences.collect();
        let budget = choices.below(4) as u64;
        let inputs = Inputs { budget, dependencies, overrides, preferences, forbidden: Vec::new() };
        let mut heads: Vec<Head> = (0..choices.below(3))
            .map(|_| Head { origin: origin(&mut choices), size: choices.below(4) as u64, root: digest(&mut choices) })
            .collect();
        heads.sort_by(|a, b| a.origin.cmp(&b.origin));
        heads.dedup_by(|a, b| a.origin == b.origin);
        let mut links: Vec<GraphLink> = (0..choices.below(3))
            .map(|_| {
                let packages = (choices.below(2) == 1).then(|| vec![name(&mut choices)]);
                GraphLink { dependent: origin(&mut choices), dependency: origin(&mut choices), packages }
            })
            .collect();
        links.sort();
        links.dedup();
        let evidence: Evidence = (0..choices.below(3))
            .map(|_| {
                let page = (choices.below(3) > 0).then(|| digest(&mut choices));
                ((origin(&mut choices), name(&mut choices)), page)
            })
            .collect();
        let text = problem_text("headlock:solver@0.1.0", &inputs, &heads, &links, &evidence);
        ((inputs, heads, links, evidence), text)
    };
    let ((one, one_text), (two, two_text)) = (problem(), problem());
    assert_eq!(one == two, one_text == two_text, "{one:?}\n{two:?}");
    for line in one_text.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let expected = match fields[0] {
            "world" | "budget" => 2,
            "head" | "link" | "page" | "prefer" => 4,
            "override" => 5,
            "root" | "local" | "needs" => 6,
            other => panic!("a line that is none: {other}"),
        };
        assert_eq!(fields.len(), expected, "{line}");
    }
}

/// What is said of a component is of its bytes; a solver imports nothing but what can be sealed.
pub fn component(data: &[u8]) {
    let Ok(inspection) = inspect(data) else {
        assert!(Solver::new(data.to_vec()).is_err());
        return;
    };
    assert_eq!((inspection.sha256, inspection.size), (Digest::of(data), data.len()));
    assert!(inspection.lines().len() >= 4);
    assert!(inspection.core_modules.iter().all(|size| *size <= data.len() as u64));
    let solver = Solver::new(data.to_vec());
    assert_eq!(solver.is_ok(), inspection.refusal().is_none());
    if let Ok(solver) = solver {
        assert!(solver.inspection().imports.iter().all(headlock::component::Import::is_sealed));
        assert_eq!(solver.bytes(), data);
    }
}

/// What is understood of an artifact is of its bytes, and what it needs can stand in a record. Text that is no artifact is
/// the name of an import.
pub fn artifact(data: &[u8]) {
    if let Ok(artifact) = artifact::read(data) {
        assert_eq!((artifact.sha256, artifact.size), (Digest::of(data), data.len()));
        assert!(artifact.needs.is_sorted());
        artifact.needs.iter().for_each(|need| can_stand(&need.package, &need.accepted));
    } else if let Ok(name) = std::str::from_utf8(data)
        && let Ok(Asked::Package { package, accepted, .. }) = name::read(name, None, None)
    {
        can_stand(&package, &accepted);
    }
}

fn can_stand(package: &str, accepted: &Accepted) {
    check_package_name(package).expect("the name of a package");
    let requirement = accepted.requirement();
    assert_eq!(VersionReq::parse(&requirement).expect("a requirement").to_string(), requirement);
}
