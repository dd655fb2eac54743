//! Problems without an answer whose every simple way out was closed: as long as there is an answer, a release of it is
//! yanked. What is drawn at random mostly has no answer for a reason that can be seen at once.

use crate::oracle::problem::Problem;
use crate::oracle::random::Random;

use super::encoding::Encoding;
use super::queue;
use super::records::Records;

/// Most releases that are yanked. Where they do not suffice, the problem keeps an answer.
const YANKS: usize = 300;

/// Yanks releases of a problem's answers until there is none.
pub(super) fn problem(mut problem: Problem, seed: u64) -> Problem {
    let records = Records::new(&problem);
    let mut encoding = Encoding::new(&records);
    let mut random = Random::new(seed);
    let mut yanked = Vec::new();
    while yanked.len() < YANKS && encoding.is_satisfiable(&[encoding.consumer]) {
        let answer = queue::found(&encoding);
        // What the consumer itself is bound to goes last: without it, the reason would be a simple one.
        let roots: Vec<_> = records.declared_by(None).map(|root| answer.bindings[&root]).collect();
        let mut chosen: Vec<_> = answer.on.keys().copied().filter(|id| !roots.contains(id)).collect();
        if chosen.is_empty() {
            chosen = roots;
        }
        let id = random.pick(&chosen);
        let there = encoding.there[id];
        encoding.clause(&[!there]);
        yanked.push((records.releases[id].package.clone(), records.releases[id].version.clone()));
    }
    for (package, version) in yanked {
        let releases = problem.packages.get_mut(&package).expect("the package of a release");
        releases.get_mut(&version).expect("the release").yanked = true;
    }
    problem
}
