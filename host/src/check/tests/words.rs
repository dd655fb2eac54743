//! How faults name values, which need not make sense.

use crate::check::Records;
use crate::check::words::Words;
use crate::problem::Variable;

use super::text::{catalog, feature_number, on, package_number, release, requirement_number};

#[test]
fn a_value_is_named_by_what_it_stands_for_or_by_its_number() {
    let catalog = catalog(
        "
        root a:a *
        a:a 1.0.0
            feature f:
        a:a 1.1.0
        a:a 2.0.0
            exclusive lib",
    );
    let records = Records::new(&catalog);
    let said = |variable, value| Words::new(&catalog).value(&records, variable, value);
    let (track, second) = (release(&catalog, "a:a 1.0.0"), release(&catalog, "a:a 2.0.0"));
    assert_eq!((track, second), (0, 2));
    assert_eq!(said(Variable::Root, Some(0)), "the consumer");
    assert_eq!(said(Variable::Root, Some(1)), "the consumer with the value 1");
    assert_eq!(said(Variable::Root, None), "the consumer without a value");
    let one = on(&catalog, "a:a 1.0.0");
    assert_eq!(said(one, Some(1)), "a:a 1.1.0 (one)");
    assert_eq!(said(one, Some(2)), "a:a 1.x (one) with the value 2");
    assert_eq!(said(one, Some(3)), "a:a 1.x (one) with the value 3");
    let with_feature = Variable::Feature { track, feature: feature_number(&catalog, "f") };
    assert_eq!(said(with_feature, Some(1)), "a:a 1.1.0 (one) with feature f");
    assert_eq!(said(with_feature, Some(2)), "a:a 1.x (one) with feature f with the value 2");
    let (package, requirement) = (package_number(&catalog, "a:a"), requirement_number(&catalog, "*"));
    let bound = Variable::Bound { dependent: None, package, requirement };
    assert_eq!(said(bound, Some(2)), "what the dependency of the consumer on a:a * (one) is bound to on a:a 2.x (one)");
    assert_eq!(said(bound, Some(1)), "what the dependency of the consumer on a:a * (one) is bound to with the value 1");
    let exclusive = Variable::Exclusive { exclusive: 0 };
    assert_eq!(said(exclusive, Some(2)), "the exclusive resource lib named by a:a 2.0.0 (one)");
    assert_eq!(said(exclusive, Some(3)), "the exclusive resource lib with the value 3");
}
