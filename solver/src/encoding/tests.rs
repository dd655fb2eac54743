//! Which values are hopeless, and what is forced.

use super::{Encoding, Origin, Requirement, Settled, Variable, Why};
use crate::catalog::Catalog;
use crate::set::Set;
use crate::testing::{Teller, Telling};

/// An encoding of a problem all of whose packages are roots, in the order a, b, c…; releases are numbered as written.
fn encoding(problem: &str) -> (Encoding, Teller) {
    let mut teller = Teller::new(problem, Telling::Forwards);
    let problem = teller.problem(1);
    let packages: Vec<u32> = (0..problem.roots.len() as u32).collect();
    let mut catalog = Catalog::new(problem);
    catalog.supply(teller.supply(&packages), &packages);
    (Encoding::new(catalog), teller)
}

/// Why the release with a number is hopeless; nothing if it is not.
fn why(encoding: &mut Encoding, release: u32) -> Option<Why> {
    let track = encoding.catalog().track(release);
    let var = encoding.rules.variables.number(Variable::Release { track });
    encoding.hopeless(var, release).map(|(hopeless, _)| hopeless.why)
}

/// From now on, the track of a release has this release.
fn fix(encoding: &mut Encoding, release: u32) {
    let track = encoding.catalog().track(release);
    let var = encoding.rules.variables.number(Variable::Release { track });
    let requirement = Requirement { var, set: Set::range(release, release), origin: Origin::Fixed { item: 0 } };
    encoding.assume([requirement].into_iter());
}

const CYCLE: &str = "
    root a *
    root b *
    root c *
    a 1.0.0 | needs b ^1
    a 1.1.0 | needs b ^1
    b 1.0.0 | needs a =1.0.0
    b 1.1.0 | needs a ^1 | needs c ^1
    c 1.0.0 yanked
    c 1.1.0 | needs missing ^1";

#[test]
fn values_that_support_each_other_are_hopeful() {
    let (mut encoding, _) = encoding(CYCLE);
    assert_eq!([0, 1, 2, 3].map(|release| why(&mut encoding, release)), [None; 4]);
    assert_eq!(why(&mut encoding, 4), Some(Why::Unavailable));
}

#[test]
fn a_cycle_falls_when_what_it_leans_on_falls() {
    let (mut encoding, mut teller) = encoding(CYCLE);
    assert_eq!(why(&mut encoding, 1), None);
    encoding.rules.catalog.supply(teller.supply(&[3]), &[3]);
    encoding.packages_came();
    // c 1.1.0 has lost its dependency, b 1.1.0 loses c, a finds support in b 1.0.0.
    assert_eq!(why(&mut encoding, 5), Some(Why::Unavailable));
    assert_eq!(why(&mut encoding, 3), Some(Why::Unmet(1)));
    assert_eq!([0, 1, 2].map(|release| why(&mut encoding, release)), [None; 3]);
}

#[test]
fn what_is_fixed_excludes_and_forces() {
    let (mut encoding, _) = encoding(
        "root a *
        root b *
        root c *
        a 1.0.0
        a 1.1.0 | needs b ^1 +f
        b 1.0.0 | feature f:
        b 1.1.0 | feature f: @0 | may c =1.0.0
        c 1.0.0
        c 1.1.0",
    );
    assert_eq!([0, 1, 2, 3, 4, 5].map(|release| why(&mut encoding, release)), [None; 6]);
    fix(&mut encoding, 1);
    assert_eq!(why(&mut encoding, 0), Some(Why::Excluded));
    assert_eq!(why(&mut encoding, 5), None, "b is not settled");
    fix(&mut encoding, 3);
    assert_eq!(why(&mut encoding, 2), Some(Why::Excluded));
    assert_eq!(why(&mut encoding, 5), Some(Why::Excluded), "b 1.1.0 has f on, and that needs c 1.0.0");
    let feature = Variable::Feature { track: 2, feature: 0 };
    let release = encoding.rules.variables.number(Variable::Release { track: 2 });
    let feature = encoding.rules.variables.number(feature);
    let settled = encoding.forced(feature).and_then(|forced| forced.settled);
    assert!(matches!(settled, Some(Settled { value: 3, echoed: Some(echoed), .. }) if echoed == release));
    encoding.packages_came();
    assert_eq!([0, 2, 5].map(|release| why(&mut encoding, release)), [None; 3], "nothing is assumed any more");
}
