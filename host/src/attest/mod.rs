//! Attestations: a statement that a lock was derived again and is what it says, signed for those who will not do it
//! themselves. docs/attestation.md is the specification.
//!
//! ```text
//! Verified ── Statement ── encode ──> bytes ── Envelope::sign ──> JSON file, or a Sigstore bundle around it
//! file ── Envelope::parse ── verify (under the reader's keys) ──> VerifiedPayload ── Statement::parse ──> check
//! ```
//!
//! | file | what |
//! |---|---|
//! | `statement.rs` | the in-toto Statement v1, and its predicate of headlock's own type |
//! | `facts.rs` | what a lock, or a claim without an answer, says of itself: a statement must say the same |
//! | `dsse.rs` | the envelope: what is signed, and whose signatures hold |
//! | `sigstore.rs` | the same envelope as a Sigstore bundle v0.3 |
//! | `json.rs` | JSON in which no name stands twice |
//! | `check.rs` | so many of those attesters whom a trust file names say it |
//!
//! Everything here is a function of bytes; [`Envelope`] is what somebody has sent, [`VerifiedPayload`] what a known key has
//! signed, and nothing of the first is read for its meaning.

mod check;
mod dsse;
mod facts;
mod json;
mod sigstore;
mod statement;
#[cfg(test)]
mod tests;

pub use check::{Agreement, Check, Given, HeadStanding, Said, SolverStanding, Under, accept_heads, accept_solver};
pub use dsse::{Envelope, Ignored, MAX_ATTESTATION, MAX_SIGNATURES, MAX_UNNAMED, PAYLOAD_TYPE, VerifiedPayload, pae};
pub use facts::{Facts, Subject};
pub use statement::{
    Edge, HeadStated, InputsStated, LockStated, OverrideStated, PREDICATE_TYPE, Predicate, PublishedStated, Sha256,
    SolverStated, Speaking, Statement, TrustStated, Verdict, VerifierStated,
};
