//! Outcomes that ask for more, or give up.

use crate::check::{Checked, check};
use crate::problem::Outcome;

use super::text::{catalog, package_number};

#[test]
fn missing_packages() {
    let catalog = catalog("root a:a *\nroot z:z *\nroot y:y *\nabsent y:y\na:a 1.0.0\n optional b:b *\nc:c 1.0.0");
    let mut catalog = catalog;
    let unmentioned = catalog.package(0, "u:u");
    let number = |name| package_number(&catalog, name);
    let (a, b, y, z) = (number("a:a"), number("b:b"), number("y:y"), number("z:z"));
    let ask = |packages: &[u32]| check(&catalog, &Outcome::Incomplete(packages.to_vec()));
    assert_eq!(ask(&[z, b]), Ok(Checked::Incomplete));
    let refused: [(&[u32], &str); 7] = [
        (&[], "the outcome is incomplete, but names no missing package"),
        (&[b, z], "the missing packages are not in ascending order: package 1 stands after package 3"),
        (&[z, z], "the missing packages are not in ascending order: package 1 stands after package 1"),
        (&[z, 6], "the outcome asks for package 6, but there are only 6, counted from 0"),
        (&[a], "the outcome asks for a:a (one), which was supplied"),
        (&[y], "the outcome asks for y:y (one), which was supplied"),
        (&[unmentioned], "the outcome asks for u:u (one), which neither a root nor a supplied record mentions"),
    ];
    for (packages, message) in refused {
        assert_eq!(ask(packages).expect_err("a wrong list").to_string(), message);
    }
}

#[test]
fn what_a_replaced_dependency_leads_to_is_missing_and_no_other() {
    let text = "root a:a *\noverride a:a b:b\noverride c:c two/d:d\noverride two/e:e f:f\nprefer g:g 1.0.0\n\
                b:b 1.0.0\n optional c:c *\n optional two/e:e *";
    let catalog = catalog(text);
    let ask = |name: &str| check(&catalog, &Outcome::Incomplete(vec![package_number(&catalog, name)]));
    assert_eq!(ask("two/d:d"), Ok(Checked::Incomplete));
    // Replaced; replaced; on a dependency that is not legal; on nothing.
    for name in ["a:a", "c:c", "f:f", "g:g"] {
        let fault = ask(name).expect_err(name).to_string();
        assert!(fault.ends_with("which neither a root nor a supplied record mentions"), "{name}: {fault}");
    }
}

#[test]
fn an_exhausted_budget_is_taken_as_it_is() {
    assert_eq!(check(&catalog("root a:a *"), &Outcome::Exhausted), Ok(Checked::Exhausted));
}
