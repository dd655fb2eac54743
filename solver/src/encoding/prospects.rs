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

use super::rules::{Requirement, Requires, Rules};
use super::variables::Var;
use crate::hashing::Table;

/// What is known of the values asked about so far.
#[derive(Default)]
pub(super) struct Prospects {
    nodes: Table<(Var, u32), Node>,
    /// How many turned out hopeless.
    buried: u32,
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

/// Why a value is hopeless.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hopeless {
    /// What it follows from came before it: the place in the order in which values turned out hopeless.
    pub(crate) rank: u32,
    /// The requirement that no hopeful value meets, by its place in the list; nothing if the value is not available.
    pub(crate) unmet: Option<usize>,
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

    /// Packages that were missing are there now.
    pub(super) fn packages_came(&mut self) {
        self.nodes.retain(|_, node| {
            let is_hopeless = matches!(node.prospect, Prospect::Hopeless(_));
            if !is_hopeless {
                node.prospect = Prospect::Unexplored;
                node.supported.clear();
            }
            is_hopeless || node.requires.missing.is_empty()
        });
    }

    fn place(&mut self, rules: &mut Rules, var: Var, value: u32) -> usize {
        match self.nodes.get_index_of(&(var, value)) {
            Some(place) => place,
            None => {
                let requires = rules.requires(var, value);
                let node = Node { requires, prospect: Prospect::Unexplored, supported: Vec::new() };
                self.nodes.insert_full((var, value), node).0
            }
        }
    }

    /// The place of a value, whose prospect is known afterwards.
    fn explored(&mut self, rules: &mut Rules, var: Var, value: u32) -> usize {
        let place = self.place(rules, var, value);
        if self.nodes[place].prospect == Prospect::Unexplored {
            self.explore(rules, place);
        }
        place
    }

    fn explore(&mut self, rules: &mut Rules, from: usize) {
        let mut unexplored = vec![from];
        while let Some(place) = unexplored.pop() {
            let node = &mut self.nodes[place];
            if node.prospect != Prospect::Unexplored {
                continue;
            }
            if !node.requires.available {
                self.bury(rules, place, None, &mut unexplored);
                continue;
            }
            node.prospect = Prospect::Hopeful;
            let count = node.requires.list.len();
            if let Some(unmet) = (0..count).find(|&number| !self.support(rules, place, number, &mut unexplored)) {
                self.bury(rules, place, Some(unmet), &mut unexplored);
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
    fn bury(&mut self, rules: &mut Rules, place: usize, unmet: Option<usize>, unexplored: &mut Vec<usize>) {
        let mut hopeless = vec![(place, unmet)];
        while let Some((place, unmet)) = hopeless.pop() {
            let node = &mut self.nodes[place];
            if let Prospect::Hopeless(_) = node.prospect {
                continue;
            }
            node.prospect = Prospect::Hopeless(Hopeless { rank: self.buried, unmet });
            self.buried += 1;
            for (place, number) in std::mem::take(&mut node.supported) {
                let is_hopeful = self.nodes[place].prospect == Prospect::Hopeful;
                if is_hopeful && !self.support(rules, place, number, unexplored) {
                    hopeless.push((place, Some(number)));
                }
            }
        }
    }
}
