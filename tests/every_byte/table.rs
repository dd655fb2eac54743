//! How a changed file ends: the exit codes of docs, one row a kind of file.

use super::change::Change;

/// How a kind of file ends when it is not what it should be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The kind of file.
    pub(crate) kind: &'static str,
    /// Other bytes: one of these.
    pub(crate) changed: &'static [u8],
    /// No file.
    pub(crate) gone: u8,
    /// A folder, a pipe, a link to itself in its place.
    pub(crate) no_file: u8,
    /// More bytes than such a file may have, and how many it may have.
    pub(crate) too_long: (u8, u64),
}

const MIB: u64 = 1 << 20;

/// A lock: what of it is changed says how it ends, see [`lock`].
pub(crate) const LOCK: Row = Row { kind: "lock", changed: &[], gone: 3, no_file: 4, too_long: (2, 64 * MIB) };
/// The inputs of a lock without a manifest beside it: what follows from them differs. (A budget that does not reach would
/// be 4; no change of one byte makes this one so small.)
pub(crate) const LOCK_ALONE: Row = Row { kind: "lock without a manifest", changed: &[1, 2], ..LOCK };
/// Malformed, or it asks for something else than the lock was made from. Without it nothing names the trust file.
pub(crate) const MANIFEST: Row =
    Row { kind: "manifest", changed: &[2, 3], gone: 2, no_file: 4, too_long: (2, 4 * MIB) };
/// Malformed, or it does not accept the solver; a rule that names another registry is malformed, or finds nothing there.
pub(crate) const TRUST: Row = Row { kind: "trust file", changed: &[2, 5], gone: 2, no_file: 4, too_long: (2, MIB) };
/// Malformed, or it does not accept a head, or names a place where no registry is.
pub(crate) const POLICY: Row = Row { kind: "policy", changed: &[2, 4, 5], gone: 2, no_file: 4, too_long: (2, MIB) };
/// `headlock lock` does not accept it, whatever it is.
pub(crate) const CHECKPOINT: Row =
    Row { kind: "checkpoint", changed: &[5], gone: 4, no_file: 4, too_long: (5, 65_536) };
/// What is served under its name is not it.
pub(crate) const TILE: Row = Row { kind: "tile", changed: &[1], gone: 4, no_file: 4, too_long: (1, 8_192) };
pub(crate) const ENTRIES: Row = Row { kind: "bundle of entries", too_long: (1, 16_777_472), ..TILE };
pub(crate) const NODE: Row = Row { kind: "index node", ..TILE };
pub(crate) const BIN: Row = Row { kind: "bin", too_long: (1, 262_144), ..TILE };
pub(crate) const PAGE: Row = Row { kind: "page", too_long: (1, 16 * MIB), ..TILE };
/// Another component is at hand than the lock names.
pub(crate) const COMPONENT: Row =
    Row { kind: "component", changed: &[4], gone: 2, no_file: 4, too_long: (5, 64 * MIB) };
/// What this host wrote down for itself was changed by something else.
pub(crate) const REMEMBERED: Row =
    Row { kind: "remembered head", changed: &[4], gone: 0, no_file: 4, too_long: (4, 4_096) };
/// It is had again.
pub(crate) const CACHED: Row = Row { kind: "cached file", changed: &[], gone: 0, no_file: 0, too_long: (0, 0) };
/// It cannot be had again.
pub(crate) const CACHED_OFFLINE: Row =
    Row { kind: "cached file, offline", changed: &[4], gone: 4, no_file: 4, too_long: (4, 0) };
/// Its list is malformed or does not add up; a file is wrong, or there is one too many; one is missing.
pub(crate) const BUNDLE: Row =
    Row { kind: "bundle of a lock", changed: &[1, 2, 4], gone: 4, no_file: 4, too_long: (2, 0) };
/// It is compiled again.
pub(crate) const COMPILED: Row = Row { kind: "compiled code", ..CACHED };
pub(crate) const REAL_LOCK: Row = Row { kind: "lock of examples/crates", ..LOCK };
pub(crate) const REAL_FILE: Row = Row { kind: "file of examples/crates", ..TILE };

pub(crate) const ROWS: [Row; 19] = [
    LOCK,
    LOCK_ALONE,
    MANIFEST,
    TRUST,
    POLICY,
    CHECKPOINT,
    TILE,
    ENTRIES,
    NODE,
    BIN,
    PAGE,
    COMPONENT,
    REMEMBERED,
    CACHED,
    CACHED_OFFLINE,
    COMPILED,
    BUNDLE,
    REAL_LOCK,
    REAL_FILE,
];

/// The row of a file of a registry that is proven.
pub(crate) fn of_registry(path: &str) -> Option<Row> {
    let rows = [("tile/entries/", ENTRIES), ("tile/", TILE), ("index/", NODE), ("bin/", BIN), ("page/", PAGE)];
    rows.into_iter().find(|(start, _)| path.starts_with(start)).map(|(_, row)| row)
}

/// Who must have cosigned the heads of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quorum {
    Nobody,
    Witness,
}

/// How a lock ends that is changed in a section: 2 if it is no lock any more, or written otherwise than a lock is; else
/// as that section is checked.
pub(crate) fn lock(section: &str, change: Change, quorum: Quorum) -> &'static [u8] {
    if matches!(change, Change::Cut { .. }) {
        // What is left may be a lock that says less; the cosignatures are gone first.
        return if quorum == Quorum::Witness { &[2, 5] } else { &[1, 2] };
    }
    match section {
        // Its preamble and its format.
        "" => &[2],
        // The component is not of that name, version, world; nobody accepts that sha256.
        "[solver]" => &[1, 2, 5],
        // Its head is signed; it holds that record and no other.
        "[solver.published]" => &[1, 2, 5],
        // The manifest asks for something else; or these are preferences, of which no manifest knows.
        "[inputs]" => &[1, 2, 3],
        "[[inputs.dependency]]" | "[[inputs.override]]" | "[[inputs.override.dependency]]" => &[2, 3],
        // They are derived.
        "[problem]" | "[outcome]" | "[[consulted]]" | "[[package]]" => &[1, 2],
        // They are signed.
        "[[cosignature]]" => &[2, 5],
        // They are signed; or, if they are derived, what another log says.
        "[[log]]" => &[1, 2, 5],
        other => panic!("a lock has no section {other}"),
    }
}
