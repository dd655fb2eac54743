//! One solve in several engines at once, which must say the same at every step.

use super::Solving;
use crate::error::{Error, Result};
use crate::problem::{Catalog, Outcome};
use crate::world::World;

/// A solve that several engines run side by side: each is told the same, and no outcome counts that is not every engine's,
/// to the last step of every derivation, whether it asks for packages, is an answer, or says that there is none.
pub struct Agreeing<'e> {
    engines: Vec<(&'e str, Box<dyn Solving + 'e>)>,
}

impl std::fmt::Debug for Agreeing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.engines.iter().map(|(name, _)| name)).finish()
    }
}

impl<'e> Agreeing<'e> {
    /// A solve in these engines, by name; in one, it is that engine's.
    ///
    /// # Errors
    /// Could not check: there is no engine.
    pub fn new(engines: Vec<(&'e str, Box<dyn Solving + 'e>)>) -> Result<Agreeing<'e>> {
        if engines.is_empty() {
            return Err(Error::could_not_check("no engine was chosen"));
        }
        Ok(Agreeing { engines })
    }

    /// Calls each engine, and gives what all of them say.
    fn call(&mut self, call: impl Fn(&mut dyn Solving) -> Result<Outcome>) -> Result<Outcome> {
        let mut first: Option<(&str, Outcome)> = None;
        for (name, engine) in &mut self.engines {
            let outcome = call(engine.as_mut())?;
            match &first {
                None => first = Some((name, outcome)),
                Some((_, before)) if *before == outcome => {}
                Some((other, before)) => {
                    let what = format!(
                        "two engines gave different outcomes for the same solver and problem: {other} {}, {name} {}",
                        kind(before),
                        kind(&outcome)
                    );
                    return Err(Error::could_not_check(what)
                        .hint("one of the engines is broken; please report it with the lock's inputs"));
                }
            }
        }
        first.map(|(_, outcome)| outcome).ok_or_else(|| Error::could_not_check("no engine was chosen"))
    }
}

impl Solving for Agreeing<'_> {
    /// One solver runs in all of them.
    fn world(&self) -> World {
        self.engines.first().map_or(World::V0_1_0, |(_, engine)| engine.world())
    }

    fn start(&mut self, catalog: &Catalog) -> Result<Outcome> {
        self.call(|engine| engine.start(catalog))
    }

    fn supply(&mut self, catalog: &Catalog) -> Result<Outcome> {
        self.call(|engine| engine.supply(catalog))
    }
}

/// What an outcome is, in words.
fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Solved(_) => "has an answer",
        Outcome::Incomplete(_) => "asks for packages",
        Outcome::Unsolvable(_) => "says that there is no answer",
        Outcome::Exhausted => "ran out of its budget",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::problem::{Answer, Cause, Ceiling, Derivation, Step, Term, Variable};

    /// Says these outcomes, one a call; then it fails.
    struct Says(Vec<Outcome>);

    impl Says {
        fn next(&mut self) -> Result<Outcome> {
            if self.0.is_empty() { Err(Error::could_not_check("the solver trapped")) } else { Ok(self.0.remove(0)) }
        }
    }

    impl Solving for Says {
        fn world(&self) -> World {
            World::V0_1_0
        }

        fn start(&mut self, _: &Catalog) -> Result<Outcome> {
            self.next()
        }

        fn supply(&mut self, _: &Catalog) -> Result<Outcome> {
            self.next()
        }
    }

    fn derivation(last: u32) -> Derivation {
        let term = Term { variable: 0, positive: true, ranges: vec![(0, last)] };
        Derivation { variables: vec![Variable::Root], steps: vec![Step { terms: vec![term], cause: Cause::Nothing }] }
    }

    fn answer(last: u32) -> Outcome {
        let ceilings = vec![Ceiling { item: 0, derivation: derivation(last) }];
        Outcome::Solved(Answer { roots: Vec::new(), releases: Vec::new(), ceilings })
    }

    /// The outcomes of a start and of all calls after it, until one fails.
    fn run(engines: Vec<Vec<Outcome>>) -> (Vec<Outcome>, String) {
        let names = ["one", "two", "three"];
        let engines =
            names.into_iter().zip(engines).map(|(name, says)| (name, Box::new(Says(says)) as Box<dyn Solving>));
        let (catalog, mut agreeing) = (Catalog::new(1), Agreeing::new(engines.collect()).expect("engines"));
        let mut outcomes = Vec::new();
        let mut outcome = agreeing.start(&catalog);
        loop {
            match outcome {
                Ok(agreed) => outcomes.push(agreed),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::CouldNotCheck);
                    return (outcomes, error.to_string());
                }
            }
            outcome = agreeing.supply(&catalog);
        }
    }

    #[test]
    fn what_all_say_counts() {
        let all = [Outcome::Incomplete(vec![0, 1]), Outcome::Incomplete(vec![2]), answer(3)];
        for engines in 1..=3 {
            let (agreed, ended) = run(vec![all.to_vec(); engines]);
            assert_eq!((agreed.as_slice(), ended.as_str()), (&all[..], "the solver trapped"));
        }
    }

    #[test]
    fn what_one_says_otherwise_does_not_count() {
        let incomplete = Outcome::Incomplete(vec![0, 1]);
        let cases = [
            (Outcome::Incomplete(vec![0]), "asks for packages", "asks for packages"),
            (answer(3), "asks for packages", "has an answer"),
            (Outcome::Exhausted, "asks for packages", "ran out of its budget"),
            (Outcome::Unsolvable(derivation(3)), "asks for packages", "says that there is no answer"),
        ];
        let differ = "two engines gave different outcomes for the same solver and problem";
        for (other, before, after) in cases {
            let said = run(vec![vec![incomplete.clone()], vec![other.clone()]]);
            assert_eq!(said, (Vec::new(), format!("{differ}: one {before}, two {after}")));
            // Whichever engine it is, and at whichever call.
            let said = run(vec![
                vec![answer(0), incomplete.clone()],
                vec![answer(0), incomplete.clone()],
                vec![answer(0), other],
            ]);
            assert_eq!(said, (vec![answer(0)], format!("{differ}: one {before}, three {after}")));
        }
    }

    #[test]
    fn a_derivation_is_compared_to_its_last_step() {
        let differ = "two engines gave different outcomes for the same solver and problem";
        let said = run(vec![vec![answer(3)], vec![answer(4)]]);
        assert_eq!(said, (Vec::new(), format!("{differ}: one has an answer, two has an answer")));
        let unsolvable = |last| vec![Outcome::Unsolvable(derivation(last))];
        let said = run(vec![unsolvable(3), unsolvable(4)]);
        let both = "one says that there is no answer, two says that there is no answer";
        assert_eq!(said, (Vec::new(), format!("{differ}: {both}")));
    }

    #[test]
    fn where_one_fails_nothing_is_known() {
        let (agreed, ended) = run(vec![vec![Outcome::Exhausted], Vec::new()]);
        assert_eq!((agreed.len(), ended.as_str()), (0, "the solver trapped"));
        let none = Agreeing::new(Vec::new()).expect_err("no engine");
        assert_eq!((none.kind(), none.to_string().as_str()), (ErrorKind::CouldNotCheck, "no engine was chosen"));
    }
}
