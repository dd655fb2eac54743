//! What can be wrong with an outcome, in words.

use thiserror::Error;

use super::Limit;

/// Why an outcome is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// An answer that is not a complete one, or not well-formed.
    #[error(transparent)]
    Answer(#[from] AnswerFault),
    /// An answer of which it is not shown that it is the highest.
    #[error(transparent)]
    Ceiling(#[from] CeilingFault),
    /// A list of missing packages that is none.
    #[error(transparent)]
    Missing(#[from] MissingFault),
    /// A derivation that does not show that there is no answer.
    #[error("the derivation that there is no answer does not hold: {0}")]
    Derivation(#[from] DerivationFault),
    /// Checking would take too much: nothing is said about the outcome.
    #[error(transparent)]
    CouldNotTell(#[from] Limit),
}

/// What is wrong with an answer. Releases, packages and dependencies are in words, each with its registry's origin.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each field is a part of the sentence above it")]
pub enum AnswerFault {
    /// A number that stands for nothing.
    #[error("the answer refers to {what} {number}, but there are only {count}, counted from 0")]
    Number { what: &'static str, number: u32, count: usize },
    /// Releases out of order, or twice.
    #[error("the answer's releases are not in ascending order: {after} stands after {before}")]
    ReleaseOrder { before: String, after: String },
    /// A yanked release.
    #[error("the answer holds {release}, which is yanked")]
    Yanked { release: String },
    /// Two releases on one track.
    #[error("the answer holds both {lower} and {higher}, but at most one release of a package on a track may be in it")]
    Track { lower: String, higher: String },
    /// Two releases that name one exclusive resource.
    #[error("the answer holds both {first} and {second}, which both name the exclusive resource {exclusive}")]
    Exclusive { exclusive: String, first: String, second: String },
    /// Features out of order, or twice.
    #[error("the features of {release} are not in ascending order: {after} stands after {before}")]
    FeatureOrder { release: String, before: String, after: String },
    /// A feature that a release does not define.
    #[error("{release} has feature {feature} on, which it does not define")]
    FeatureUndefined { release: String, feature: String },
    /// A feature whose included one is not on.
    #[error("{release} has feature {feature} on, which includes {included}, but {included} is not on")]
    FeatureOpen { release: String, feature: String, included: String },
    /// A feature that is on for no reason.
    #[error("{release} has feature {feature} on, but nothing in the answer asks for it")]
    FeatureUnasked { release: String, feature: String },
    /// A release that is there for no reason.
    #[error("the answer holds {release}, but nothing in it leads there")]
    Unreachable { release: String },
    /// A dependency that is bound to nothing.
    #[error("{dependency} is bound to nothing")]
    Unbound { dependency: String },
    /// A binding of a dependency that is none.
    #[error("{dependent} is said to be bound to {to} by {wanted}, but with its features it has no such dependency")]
    NoDependency { dependent: String, wanted: String, to: String },
    /// Bindings out of order, or twice.
    #[error("the bindings of {dependent} are not in ascending order: {after} stands after {before}")]
    BindingOrder { dependent: String, before: String, after: String },
    /// A binding to a release of another package.
    #[error("{dependency} is bound to {to}, which is another package")]
    OtherPackage { dependency: String, to: String },
    /// A binding that no link allows.
    #[error("{dependency} is not legal: the problem has no link from {from} to {into}")]
    NotLegal { dependency: String, from: String, into: String },
    /// A binding to a release that the requirement does not accept.
    #[error("{dependency} is bound to {to}, which that requirement does not accept")]
    NotAccepted { dependency: String, to: String },
    /// A binding to a release that is not in the answer.
    #[error("{dependency} is bound to {to}, which is not in the answer")]
    Outside { dependency: String, to: String },
    /// A binding to a release that lacks a feature.
    #[error("{dependency} asks for feature {feature}, which is not on at {to}")]
    FeatureOff { dependency: String, to: String, feature: String },
}

/// What is wrong with an answer's ceilings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each field is a part of the sentence above it")]
pub enum CeilingFault {
    /// Ceilings out of order, or twice.
    #[error("the ceilings are not in ascending order: that of item {after} stands after that of item {before}")]
    Order { before: u32, after: u32 },
    /// A ceiling of an item that does not exist.
    #[error("there is a ceiling of item {item}, but the queue has only {count} items, counted from 0")]
    NoItem { item: u32, count: u32 },
    /// A ceiling of an item that needs none.
    #[error("there is a ceiling of item {item}, which needs none: {dependency} {why}")]
    Unneeded { item: u32, dependency: String, why: &'static str },
    /// No ceiling of an item that needs one.
    #[error("there is no ceiling of item {item}: {dependency} is bound to {to}, and nothing says why not to {higher}")]
    Missing { item: u32, dependency: String, to: String, higher: String },
    /// A ceiling whose derivation does not hold.
    #[error("the ceiling of item {item}, {dependency}, bound to {to}, does not hold: {fault}")]
    Derivation { item: u32, dependency: String, to: String, fault: DerivationFault },
}

/// What is wrong with a list of missing packages.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each field is a part of the sentence above it")]
pub enum MissingFault {
    /// Nothing is missing.
    #[error("the outcome is incomplete, but names no missing package")]
    Nothing,
    /// A number that stands for nothing.
    #[error("the outcome asks for package {number}, but there are only {count}, counted from 0")]
    Number { number: u32, count: usize },
    /// Packages out of order, or twice.
    #[error("the missing packages are not in ascending order: package {after} stands after package {before}")]
    Order { before: u32, after: u32 },
    /// A package that is there.
    #[error("the outcome asks for {package}, which was supplied")]
    Supplied { package: String },
    /// A package that nothing mentions.
    #[error("the outcome asks for {package}, which neither a root nor a supplied record mentions")]
    Unmentioned { package: String },
}

/// What is wrong with a derivation. Steps, variables and terms are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each field is a part of the sentence above it")]
pub enum DerivationFault {
    /// No step at all.
    #[error("it has no steps")]
    Empty,
    /// A variable about something that does not exist.
    #[error("variable {place} is about {what} {number}, which there is not")]
    Variable { place: usize, what: &'static str, number: u32 },
    /// A variable about a dependency that there is not.
    #[error("variable {place}, {variable}, is about a dependency that there is not")]
    NoDependency { place: usize, variable: String },
    /// A variable twice.
    #[error("variables {first} and {second} are the same: {variable}")]
    Twice { first: usize, second: usize, variable: String },
    /// A wish where there is none.
    #[error("variable {place} is a wish, which only ceilings know")]
    Wish { place: usize },
    /// A step that does not hold.
    #[error("step {step} does not hold: {fault}")]
    Step { step: usize, fault: StepFault },
    /// A last step that says something else.
    #[error("the last step says something about {variable}, so it does not say that there is no answer")]
    Last { variable: String },
    /// A last step about a consumer that does not exist.
    #[error(
        "the last step says something about a consumer other than the one, so it does not say that there is no answer"
    )]
    LastRoot,
}

/// What is wrong with a step of a derivation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each field is a part of the sentence above it")]
pub enum StepFault {
    /// A term about a variable that is not listed.
    #[error("it has a term about variable {variable}, but there are only {count}")]
    NoVariable { variable: u32, count: usize },
    /// Terms out of order, or twice about one variable.
    #[error("its terms are not in ascending order: variable {after} stands after variable {before}")]
    TermOrder { before: u32, after: u32 },
    /// Ranges that are not in order, or touch, or overlap.
    #[error("its ranges of {variable} are not ascending and apart")]
    Ranges { variable: String },
    /// A leaf of the wrong shape.
    #[error("it says that something is required, but does not have one positive and one negative term")]
    RequiresShape,
    /// A leaf of the wrong shape.
    #[error("it says that nothing is available, but does not have one positive term alone")]
    NothingShape,
    /// A leaf that no record bears out.
    #[error("{value} requires nothing of {variable}")]
    NotRequired { value: String, variable: String },
    /// A leaf that asks for more than the records do.
    #[error("what {value} requires does not rule out {other}")]
    RequiresLess { value: String, other: String },
    /// A leaf that overlooks a value.
    #[error("{value} is available")]
    IsAvailable { value: String },
    /// A step that leans on itself or a later one.
    #[error("it follows from step {cause}, which is not an earlier one")]
    Forward { cause: u32 },
    /// A resolution on two variables.
    #[error("it does not follow from steps {a} and {b}: it would need both {first} and {second} for a pivot")]
    Pivots { a: u32, b: u32, first: String, second: String },
    /// A resolution that claims too much.
    #[error("it does not follow from steps {a} and {b}: neither rules out {value}")]
    Pivot { a: u32, b: u32, value: String },
}
