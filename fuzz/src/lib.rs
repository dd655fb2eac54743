//! What must hold of every input. Each target is a function on bytes that panics where it does not: a fuzzer chooses the
//! bytes (`cargo xtask fuzz`), and `tests/replay.rs` runs every target on all that is in `seeds/` and `regressions/`,
//! as ordinary tests.
//!
//! No target is content with "it did not panic". A parser that accepts must write the same bytes again, or has let a
//! second encoding in; a proof that is accepted must be true by a slow definition; an outcome that the checker accepts
//! must be the one that brute force finds.
//!
//! | module | targets |
//! |---|---|
//! | [`note`] | notes, keys, checkpoints, cosignatures, policies |
//! | [`record`] | names, requirements, records, pages and how they grow |
//! | [`proof`] | bins and nodes of the index, tiles, bundles, proofs |
//! | [`evidence`] | evidence against a log, forks |
//! | [`files`] | manifests, trust files, locks, canonical bytes, components |
//! | [`outside`] | rows of an index, URLs, locks of other tools |
//! | [`secret`] | files of tokens and passwords |
//! | [`signing`] | requests for a signature |
//! | [`outcome`] | the checker and the solver, against the oracle of `tests/` |
//!
//! [`seeds`] are inputs to start from.

pub mod evidence;
pub mod files;
pub mod note;
pub mod outcome;
pub mod outside;
pub mod proof;
pub mod record;
pub mod secret;
pub mod seeds;
pub mod signing;

#[allow(dead_code, reason = "what only its own tests use")]
#[path = "../../tests/native/mod.rs"]
mod native;
#[allow(dead_code, reason = "what only its own tests use")]
#[path = "../../tests/oracle/mod.rs"]
mod oracle;
#[allow(dead_code, reason = "what only its own tests use")]
#[path = "../../tests/rounds/mod.rs"]
mod rounds;

/// A target: its name, which is also that of its folder in `seeds/`, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("artifact", files::artifact),
    ("bin", proof::bin),
    ("bundle", proof::bundle),
    ("canonical", files::canonical),
    ("checkpoint", note::checkpoint),
    ("component", files::component),
    ("cosignature", note::cosignature),
    ("credentials", secret::credentials),
    ("evidence", evidence::evidence),
    ("fork", evidence::fork),
    ("growth", record::growth),
    ("index", proof::index),
    ("key", note::key),
    ("lock", files::lock),
    ("manifest", files::manifest),
    ("merkle", proof::merkle),
    ("mutated", outcome::mutated),
    ("name", record::name),
    ("netrc", secret::netrc),
    ("note", note::note),
    ("oci", outside::oci),
    ("outcome", outcome::outcome),
    ("page", record::page),
    ("page_fold", record::page_fold),
    ("policy", note::policy),
    ("record", record::record),
    ("redirect", outside::redirect),
    ("request", signing::request),
    ("requirement", record::requirement),
    ("row", outside::row),
    ("rows", outside::rows),
    ("solver", outcome::solver),
    ("sparse", files::sparse),
    ("tile", proof::tile),
    ("tiles", proof::tiles),
    ("trust", files::trust),
    ("url", outside::url),
    ("wkg_lock", outside::wkg_lock),
];

/// A source of choices: bytes, and zeros behind them.
struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// A number below `end`, which is at least 1.
    fn below(&mut self, end: usize) -> usize {
        let number =
            if end > 256 { usize::from(self.byte()) << 8 | usize::from(self.byte()) } else { self.byte().into() };
        number % end
    }

    /// One of some, of which there is at least one.
    fn of<'t, T>(&mut self, some: &'t [T]) -> &'t T {
        &some[self.below(some.len())]
    }

    fn word(&mut self) -> u64 {
        (0..8).fold(0, |word, _| word << 8 | u64::from(self.byte()))
    }

    fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    fn rest(self) -> &'a [u8] {
        self.0
    }
}
