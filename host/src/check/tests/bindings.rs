//! Answers whose dependencies are bound wrongly, or not at all.

use crate::problem::Binding;

use super::answers::{changed, place, refused, solved};
use super::reference;
use super::text::{catalog, package_number, release, requirement_number};

#[test]
fn a_binding_swapped_for_one_not_accepted() {
    changed(
        |catalog, answer| {
            let a = place(catalog, answer, "a:a 1.1.0");
            answer.releases[a].bindings[0].to = release(catalog, "b:b 2.0.0");
        },
        "the dependency of a:a 1.1.0 (one) on b:b ^1 (one) is bound to b:b 2.0.0 (one), which that requirement does not \
         accept",
    );
}

#[test]
fn a_binding_to_other_content() {
    let (catalog, mut answer) = solved("root c:c *#1\nc:c 1.0.0 #1\nc:c 2.0.0 #2");
    let other = release(&catalog, "c:c 2.0.0");
    answer.roots[0].to = other;
    answer.releases[0].release = other;
    refused(
        &catalog,
        answer,
        "the dependency of the consumer on c:c * with content \
         0101010101010101010101010101010101010101010101010101010101010101 (one) is bound to c:c 2.0.0 (one), which that \
         requirement does not accept",
    );
}

#[test]
fn a_binding_to_another_package() {
    changed(
        |catalog, answer| answer.roots[0].to = release(catalog, "b:b 2.0.0"),
        "the dependency of the consumer on a:a ^1 (one) is bound to b:b 2.0.0 (one), which is another package",
    );
}

#[test]
fn a_binding_to_a_release_that_is_not_in_the_answer() {
    changed(
        |catalog, answer| {
            answer.releases.remove(place(catalog, answer, "b:b 2.0.0"));
        },
        "the dependency of the consumer on b:b * (one) is bound to b:b 2.0.0 (one), which is not in the answer",
    );
}

#[test]
fn a_binding_across_registries_without_a_link() {
    let mut catalog = catalog("root a:a *\na:a 1.0.0\n needs two/b:b *\ntwo/b:b 1.0.0");
    catalog.add_link("one", "two", None);
    let answer = reference::all(&catalog)[0].answer(&catalog);
    catalog.links.clear();
    refused(
        &catalog,
        answer,
        "the dependency of a:a 1.0.0 (one) on b:b * (two) is not legal: the problem has no link from one to two",
    );
}

#[test]
fn a_dependency_left_unbound() {
    changed(
        |catalog, answer| {
            let a = place(catalog, answer, "a:a 1.1.0");
            answer.releases[a].bindings.pop();
        },
        "the dependency of a:a 1.1.0 (one) on c:c * (one) is bound to nothing",
    );
}

#[test]
fn a_root_left_unbound() {
    changed(
        |_, answer| {
            answer.roots.remove(0);
        },
        "the dependency of the consumer on a:a ^1 (one) is bound to nothing",
    );
}

#[test]
fn a_binding_without_a_dependency() {
    changed(
        |catalog, answer| {
            let b = place(catalog, answer, "b:b 2.0.0");
            let (package, requirement) = (package_number(catalog, "c:c"), requirement_number(catalog, "*"));
            let to = release(catalog, "c:c 2.0.0");
            answer.releases[b].bindings.push(Binding { package, requirement, to });
        },
        "b:b 2.0.0 (one) is said to be bound to c:c 2.0.0 (one) by c:c * (one), but with its features it has no such \
         dependency",
    );
}

#[test]
fn an_optional_dependency_that_no_feature_adds() {
    let (catalog, mut answer) = solved("root a:a *\nroot c:c *\na:a 1.0.0\n optional c:c *\nc:c 1.0.0");
    let extra = Binding {
        package: package_number(&catalog, "c:c"),
        requirement: requirement_number(&catalog, "*"),
        to: release(&catalog, "c:c 1.0.0"),
    };
    answer.releases[0].bindings.push(extra);
    refused(
        &catalog,
        answer,
        "a:a 1.0.0 (one) is said to be bound to c:c 1.0.0 (one) by c:c * (one), but with its features it has no such \
         dependency",
    );
}

#[test]
fn bindings_out_of_order() {
    changed(
        |_, answer| answer.roots.swap(0, 1),
        "the bindings of the consumer are not in ascending order: a:a ^1 (one) stands after b:b * (one)",
    );
}

#[test]
fn a_binding_twice() {
    changed(
        |catalog, answer| {
            let a = place(catalog, answer, "a:a 1.1.0");
            let again = answer.releases[a].bindings[0];
            answer.releases[a].bindings.insert(0, again);
        },
        "the bindings of a:a 1.1.0 (one) are not in ascending order: b:b ^1 (one) stands after b:b ^1 (one)",
    );
}
