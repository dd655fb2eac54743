//! Values that no complete answer can have, whatever else is in it.
//!
//! A value is hopeless if it is not available, or if it requires a variable to have a value within a set of nothing
//! but hopeless ones. Most that ever goes wrong in real registries is of this kind: a yanked or absent release deep
//! down takes everything with it that insists on it. PubGrub would find that out release by release, from the top each
//! time; here it is found out once, and with a shorter reason.
//!
//! What is asked about is explored down to one hopeful value for each requirement, its *support*. A value whose support
//! turns out hopeless looks for another one, and is hopeless if there is none. So exactly those values count as hopeful
//! that do not follow to be hopeless, in whatever order they are asked about. Packages that are missing require
//! nothing: once they are supplied, hopeless values stay so, the others are looked at afresh.
//!
//! A question that fixes much makes more values hopeless: those beyond what it forces. See [`premises`].

mod premises;

use super::rules::{Requirement, Requires, Rules};
use super::variables::Var;
use crate::hashing::Table;

use premises::Premises;
pub(crate) use premises::{Forced, Settled, Source};

/// What is known of the values asked about so far.
#[derive(Default)]
pub(super) struct Prospects {
    nodes: Table<(Var, u32), Node>,
    /// For each variable, the places of its values among the nodes.
    places: Vec<Vec<usize>>,
    /// How many turned out hopeless.
    buried: u32,
    /// What the question at hand forces, and how many had turned out hopeless before it.
    premises: Option<(Premises, u32)>,
}

/// A value.
struct Node {
    requires: Requires,
    prospect: Prospect,
    /// Those that this value supports: their places, and which of their requirements.
    supported: Vec<(usize, usize)>,
}

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prospect {
    /// Nothing yet.
    Unexplored,
    /// Each of its requirements has a support.
    Hopeful,
    /// No complete answer has it.
    Hopeless(Hopeless),
}

/// A value that no complete answer has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hopeless {
    /// The place in the order in which values turned out hopeless: what it follows from came before it.
    pub(crate) rank: u32,
    /// Why.
    pub(crate) why: Why,
}

/// Why a value is hopeless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is not available.
    Unavailable,
    /// No hopeful value meets one of its requirements: the place in the list.
    Unmet(usize),
    /// It lies beyond what the question forces.
    Excluded,
}

impl Prospects {
    /// What a value requires; nothing if it is hopeless.
    pub(super) fn hopeful(&mut self, rules: &mut Rules, var: Var, value: u32) -> Option<&Requires> {
        let place = self.explored(rules, var, value);
        let node = &self.nodes[place];
        (node.prospect == Prospect::Hopeful).then_some(&node.requires)
    }

    /// Why a value is hopeless, and what it requires; nothing if it is not.
    pub(super) fn hopeless(&mut self, rules: &mut Rules, var: Var, value: u32) -> Option<(Hopeless, &[Requirement])> {
        let place = self.explored(rules, var, value);
        let node = &self.nodes[place];
        match node.prospect {
            Prospect::Hopeless(why) => Some((why, &node.requires.list)),
            Prospect::Hopeful | Prospect::Unexplored => None,
        }
    }

    /// What forces a variable, if anything does.
    pub(super) fn forced(&self, var: Var) -> Option<&Forced> {
        self.premises.as_ref().and_then(|(premises, _)| premises.forced(var))
    }

    /// From now on root requires this, too.
    pub(super) fn assume(&mut self, rules: &mut Rules, requirements: impl Iterator<Item = Requirement>) {
        let (mut premises, since) = self.premises.take().unwrap_or((Premises::default(), self.buried));
        let mut todo: Vec<(Requirement, Source)> =
            requirements.map(|requirement| (requirement, Source::Root)).collect();
        todo.reverse();
        let mut narrowed = Vec::new();
        while let Some((requirement, source)) = todo.pop() {
            if premises.force(&requirement, source, rules) {
                narrowed.push(requirement.var);
                for (var, value) in premises.settle(requirement.var, rules) {
                    let place = self.place(rules, var, value);
                    let forced = self.nodes[place].requires.list.iter().rev();
                    todo.extend(forced.map(|requirement| (requirement.clone(), Source::Settled(var))));
                }
            }
        }
        self.premises = Some((premises, since));
        for var in narrowed {
            self.exclude(rules, var);
        }
    }

    /// Buries the values of a variable that lie beyond what is forced.
    fn exclude(&mut self, rules: &mut Rules, var: Var) {
        let places = self.places.get(var.index()).cloned().unwrap_or_default();
        let mut unexplored = Vec::new();
        for place in places {
            if self.nodes[place].prospect == Prospect::Hopeful && self.is_excluded(place) {
                self.bury(rules, place, Why::Excluded, &mut unexplored);
            }
        }
        self.explore(rules, unexplored);
    }

    fn is_excluded(&self, place: usize) -> bool {
        match (self.nodes.get_index(place), &self.premises) {
            (Some((&(var, value), _)), Some((premises, _))) => premises.excludes(var, value),
            _ => false,
        }
    }

    /// Packages that were missing are there now. Nothing is assumed any more.
    pub(super) fn packages_came(&mut self) {
        let since = self.premises.take().map_or(u32::MAX, |(_, since)| since);
        self.nodes.retain(|_, node| {
            let is_hopeless = matches!(node.prospect, Prospect::Hopeless(hopeless) if hopeless.rank < since);
            if !is_hopeless {
                node.prospect = Prospect::Unexplored;
                node.supported.clear();
            }
            is_hopeless || node.requires.missing.is_empty()
        });
        self.places.iter_mut().for_each(Vec::clear);
        for (place, (var, _)) in self.nodes.keys().enumerate() {
            self.places[var.index()].push(place);
        }
    }

    fn place(&mut self, rules: &mut Rules, var: Var, value: u32) -> usize {
        match self.nodes.get_index_of(&(var, value)) {
            Some(place) => place,
            None => {
                let requires = rules.requires(var, value);
                let node = Node { requires, prospect: Prospect::Unexplored, supported: Vec::new() };
                let place = self.nodes.insert_full((var, value), node).0;
                self.places.resize_with(rules.variables.len(), Vec::new);
                self.places[var.index()].push(place);
                place
            }
        }
    }

    /// The place of a value, whose prospect is known afterwards.
    fn explored(&mut self, rules: &mut Rules, var: Var, value: u32) -> usize {
        let place = self.place(rules, var, value);
        if self.nodes[place].prospect == Prospect::Unexplored {
            self.explore(rules, vec![place]);
        }
        place
    }

    fn explore(&mut self, rules: &mut Rules, mut unexplored: Vec<usize>) {
        while let Some(place) = unexplored.pop() {
            if self.nodes[place].prospect != Prospect::Unexplored {
                continue;
            }
            if !self.nodes[place].requires.available {
                self.bury(rules, place, Why::Unavailable, &mut unexplored);
                continue;
            }
            if self.is_excluded(place) {
                self.bury(rules, place, Why::Excluded, &mut unexplored);
                continue;
            }
            let node = &mut self.nodes[place];
            node.prospect = Prospect::Hopeful;
            let count = node.requires.list.len();
            if let Some(unmet) = (0..count).find(|&number| !self.support(rules, place, number, &mut unexplored)) {
                self.bury(rules, place, Why::Unmet(unmet), &mut unexplored);
            }
        }
    }

    /// Finds the highest value that is not hopeless and meets a requirement, if there is one.
    fn support(&mut self, rules: &mut Rules, place: usize, number: usize, unexplored: &mut Vec<usize>) -> bool {
        let Requirement { var, ref set, .. } = self.nodes[place].requires.list[number];
        let set = set.clone();
        let mut highest = rules.highest(var, &set, u32::MAX);
        while let Some(value) = highest {
            let support = self.place(rules, var, value);
            let node = &mut self.nodes[support];
            match node.prospect {
                Prospect::Hopeful => {}
                Prospect::Unexplored => unexplored.push(support),
                Prospect::Hopeless(_) => {
                    highest = value.checked_sub(1).and_then(|last| rules.highest(var, &set, last));
                    continue;
                }
            }
            node.supported.push((place, number));
            return true;
        }
        false
    }

    /// A value is hopeless, and whatever it alone supported.
    fn bury(&mut self, rules: &mut Rules, place: usize, why: Why, unexplored: &mut Vec<usize>) {
        let mut hopeless = vec![(place, why)];
        while let Some((place, why)) = hopeless.pop() {
            let node = &mut self.nodes[place];
            if let Prospect::Hopeless(_) = node.prospect {
                continue;
            }
            node.prospect = Prospect::Hopeless(Hopeless { rank: self.buried, why });
            self.buried += 1;
            for (place, number) in std::mem::take(&mut node.supported) {
                let is_hopeful = self.nodes[place].prospect == Prospect::Hopeful;
                if is_hopeful && !self.support(rules, place, number, unexplored) {
                    hopeless.push((place, Why::Unmet(number)));
                }
            }
        }
    }
}
