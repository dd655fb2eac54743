//! Derivations that are none: made up, or what a right one becomes when one thing in it is changed.

use headlock::problem::{Cause, Derivation, Step, Term, Variable};

use super::mutants::{Mutants, NONE, swap};

/// Makes a change of a kind to a copy, and offers that.
type With<'w> = dyn FnMut(&'static str, &dyn Fn(&mut Derivation)) + 'w;

/// Made up without looking at any record: that the consumer cannot be, and that it wishes for what cannot be.
pub(super) fn all() -> Vec<Derivation> {
    let consumer = Term { variable: 0, positive: true, ranges: vec![(0, 0)] };
    let wish = Term { variable: 1, positive: true, ranges: vec![(0, u32::MAX)] };
    let no_wish = Term { positive: false, ..wish.clone() };
    let step = |terms: &[&Term], cause| Step { terms: terms.iter().map(|&term| term.clone()).collect(), cause };
    let variables = vec![Variable::Root, Variable::Wish];
    let of = |steps: Vec<Step>| Derivation { variables: variables.clone(), steps };
    vec![
        Derivation::default(),
        of(vec![step(&[], Cause::Nothing)]),
        of(vec![step(&[&consumer], Cause::Nothing)]),
        of(vec![step(&[&consumer], Cause::Both(0, 0))]),
        of(vec![step(&[&consumer, &no_wish], Cause::Requires)]),
        of(vec![
            step(&[&consumer, &no_wish], Cause::Requires),
            step(&[&wish], Cause::Nothing),
            step(&[&consumer], Cause::Both(0, 1)),
        ]),
    ]
}

/// Derivations that differ from this one in one thing. Some of them are derivations, too.
pub(super) fn of(mutants: &mut Mutants<'_>, right: &Derivation, judge: &mut dyn FnMut(&'static str, Derivation)) {
    let mut with = |what, change: &dyn Fn(&mut Derivation)| {
        let mut mutant = right.clone();
        change(&mut mutant);
        judge(what, mutant);
    };
    let count = u32::try_from(right.steps.len()).expect("few steps");
    with("the last step dropped", &|all| {
        all.steps.pop();
    });
    with("the last step alone", &|all| all.steps = all.steps.split_off(all.steps.len() - 1));
    for place in mutants.places(right.steps.len()) {
        let step = &right.steps[place];
        let number = u32::try_from(place).expect("few steps");
        with("a step dropped", &|all| {
            all.steps.remove(place);
        });
        with("a step dropped, the causes renumbered", &|all| {
            all.steps.remove(place);
            renumber(&mut all.steps, |cause| cause - u32::from(cause > number));
        });
        with("a step twice", &|all| {
            all.steps.insert(place, step.clone());
            renumber(&mut all.steps[place..], |cause| cause + u32::from(cause >= number));
        });
        with("steps swapped", &|all| swap(&mut all.steps, place));
        let (one, other) = (below(mutants, count), below(mutants, count));
        let causes = [Cause::Requires, Cause::Nothing, Cause::Both(one, other), Cause::Both(number, one)];
        for cause in causes.into_iter().chain([Cause::Both(NONE, other)]) {
            with("another cause", &|all| all.steps[place].cause = cause);
        }
        if let Cause::Both(a, b) = step.cause {
            for cause in [Cause::Both(a, one), Cause::Both(other, b), Cause::Both(b, a), Cause::Both(a, a)] {
                with("another cause of two", &|all| all.steps[place].cause = cause);
            }
        }
        for at in mutants.places(step.terms.len()) {
            self::term(mutants, right, (place, at), &mut with);
        }
        let variable = below(mutants, u32::try_from(right.variables.len()).expect("few variables"));
        for positive in [true, false] {
            with("a term added", &|all| {
                let terms = &mut all.steps[place].terms;
                let at = terms.partition_point(|term| term.variable < variable);
                terms.insert(at, Term { variable, positive, ranges: vec![(0, 3)] });
            });
        }
    }
    for place in mutants.places(right.variables.len()) {
        with("a variable dropped", &|all| {
            all.variables.remove(place);
        });
        with("a variable twice", &|all| all.variables.push(all.variables[place]));
        with("variables swapped", &|all| swap(&mut all.variables, place));
        for variable in others(right.variables[place]) {
            with("another variable", &|all| all.variables[place] = variable);
        }
    }
}

/// Changes of one term of one step.
fn term(mutants: &mut Mutants<'_>, right: &Derivation, (place, at): (usize, usize), with: &mut With<'_>) {
    let term = &right.steps[place].terms[at];
    let other = below(mutants, u32::try_from(right.variables.len()).expect("few variables"));
    with("a term dropped", &|all| {
        all.steps[place].terms.remove(at);
    });
    with("a term twice", &|all| all.steps[place].terms.insert(at, term.clone()));
    with("terms swapped", &|all| swap(&mut all.steps[place].terms, at));
    with("a term's sign", &|all| all.steps[place].terms[at].positive = !term.positive);
    for variable in [other, NONE] {
        with("a term about another variable", &|all| all.steps[place].terms[at].variable = variable);
    }
    with("a term about everything", &|all| all.steps[place].terms[at].ranges = vec![(0, u32::MAX)]);
    with("a term about nothing", &|all| all.steps[place].terms[at].ranges.clear());
    for (range, &(first, last)) in term.ranges.iter().enumerate() {
        let changed = [
            (first.saturating_sub(1), last),
            (first, last.saturating_add(1)),
            (first.saturating_add(1), last),
            (first, last.saturating_sub(1)),
            (last, first),
        ];
        for changed in changed {
            with("another range", &|all| all.steps[place].terms[at].ranges[range] = changed);
        }
        with("a range dropped", &|all| {
            all.steps[place].terms[at].ranges.remove(range);
        });
        with("a range twice", &|all| all.steps[place].terms[at].ranges.insert(range, (first, last)));
        with("ranges swapped", &|all| swap(&mut all.steps[place].terms[at].ranges, range));
    }
}

/// Variables that are nearly this one.
fn others(variable: Variable) -> Vec<Variable> {
    let mut others = vec![Variable::Root, Variable::Wish, Variable::Release { track: 0 }];
    let numbers = |number: u32| [number.wrapping_sub(1), number + 1, NONE];
    match variable {
        Variable::Root | Variable::Wish => {}
        Variable::Release { track } => {
            others.extend(numbers(track).map(|track| Variable::Release { track }));
            others.push(Variable::Feature { track, feature: 0 });
        }
        Variable::Feature { track, feature } => {
            others.extend(numbers(track).map(|track| Variable::Feature { track, feature }));
            others.extend(numbers(feature).map(|feature| Variable::Feature { track, feature }));
            others.push(Variable::Release { track });
        }
        Variable::Bound { dependent, package, requirement } => {
            others.extend(numbers(package).map(|package| Variable::Bound { dependent, package, requirement }));
            others.extend(numbers(requirement).map(|requirement| Variable::Bound { dependent, package, requirement }));
            others.push(Variable::Bound { dependent: None, package, requirement });
            others.push(Variable::BoundFeature { dependent, package, requirement, feature: 0 });
        }
        Variable::BoundFeature { dependent, package, requirement, feature } => {
            let of = |feature| Variable::BoundFeature { dependent, package, requirement, feature };
            others.extend(numbers(feature).map(of));
            others.push(Variable::Bound { dependent, package, requirement });
        }
        Variable::Exclusive { exclusive } => {
            others.extend(numbers(exclusive).map(|exclusive| Variable::Exclusive { exclusive }));
        }
    }
    others
}

fn renumber(steps: &mut [Step], number: impl Fn(u32) -> u32) {
    for step in steps {
        if let Cause::Both(a, b) = step.cause {
            step.cause = Cause::Both(number(a), number(b));
        }
    }
}

fn below(mutants: &mut Mutants<'_>, end: u32) -> u32 {
    u32::try_from(mutants.random.below(end as usize)).expect("below 32 bits")
}
