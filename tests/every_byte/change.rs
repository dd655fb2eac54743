//! Changes of a file's bytes: each byte replaced, removed, doubled, pushed aside, and the file cut off before it.

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Replace {
        at: usize,
        by: u8,
    },
    Remove {
        at: usize,
    },
    Insert {
        at: usize,
        byte: u8,
    },
    /// The file ends here.
    Cut {
        at: usize,
    },
}

/// How many of the ways to change a byte are tried at each place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ways {
    /// Ten: four replacements, four insertions, the removal, the cut.
    All,
    /// Five, by turns: the bit flip, one other replacement, one insertion, the removal, the cut.
    ByTurns,
}

impl Change {
    /// Where it is.
    pub(crate) fn at(self) -> usize {
        match self {
            Change::Replace { at, .. } | Change::Remove { at } | Change::Insert { at, .. } | Change::Cut { at } => at,
        }
    }

    /// What it is, for the tally.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Change::Replace { .. } => "replaced",
            Change::Remove { .. } => "removed",
            Change::Insert { .. } => "inserted",
            Change::Cut { .. } => "cut off",
        }
    }

    /// The changed bytes.
    pub(crate) fn apply(self, good: &[u8]) -> Vec<u8> {
        let mut bad = good.to_vec();
        match self {
            Change::Replace { at, by } => bad[at] = by,
            Change::Remove { at } => drop(bad.remove(at)),
            Change::Insert { at, byte } => bad.insert(at, byte),
            Change::Cut { at } => bad.truncate(at),
        }
        bad
    }
}

/// The changes of a file at no more than `most` places, spread over all of it; at the end, something is added.
pub(crate) fn changes(good: &[u8], most: usize, ways: Ways) -> Vec<Change> {
    let mut changes = Vec::new();
    for at in places(good.len(), most) {
        let byte = good[at];
        let mut replacements = vec![byte ^ 0x01, sibling(byte), byte ^ 0x20, byte ^ 0x80];
        let mut inserted = vec![b'\n', b' ', 0, byte];
        if ways == Ways::ByTurns {
            replacements = vec![replacements[0], replacements[1 + at % 3]];
            inserted = vec![inserted[at % 4]];
        }
        replacements.dedup();
        changes.extend(replacements.into_iter().map(|by| Change::Replace { at, by }));
        inserted.sort_unstable();
        inserted.dedup();
        changes.extend(inserted.into_iter().map(|byte| Change::Insert { at, byte }));
        changes.extend([Change::Remove { at }, Change::Cut { at }]);
    }
    let last = good.last().copied().unwrap_or_default();
    changes.extend([b'\n', b' ', 0, last].map(|byte| Change::Insert { at: good.len(), byte }));
    changes
}

/// `most` places of a file, the first and the last among them; all if it has no more.
pub(crate) fn places(length: usize, most: usize) -> Vec<usize> {
    if length <= most {
        return (0..length).collect();
    }
    (0..most).map(|number| number * (length - 1) / (most - 1)).collect()
}

/// Another character of the same alphabet: what is still hexadecimal, base64 or a name after the change.
fn sibling(byte: u8) -> u8 {
    match byte {
        b'0'..=b'8' | b'a'..=b'e' | b'g'..=b'y' | b'A'..=b'E' | b'G'..=b'Y' => byte + 1,
        b'9' => b'0',
        b'f' => b'a',
        b'z' => b'g',
        b'F' => b'A',
        b'Z' => b'G',
        other => other ^ 0x02,
    }
}
