//! What is remembered of where a lock's solver was published.

use super::output::Output;
use super::session::{self, Place};
use crate::error::Result;
use crate::pages::Pages;
use crate::solvers::look::Look;
use crate::solvers::{Judged, served, yanked};
use crate::sources::Access;
use crate::trust::Trust;
use crate::verify;

/// Remembers, once all else has held, the head where the solver was published, and the newest that were seen beside it.
pub(super) fn remember(place: &Place, access: &Access, judged: &Judged, output: Output) {
    // A bundle has no proof for a head that is remembered: see `headlock verify`.
    if access.bundle.is_some() {
        return;
    }
    let own = judged.publication.as_ref().and_then(|publication| publication.own_head());
    session::remember(place.memory().as_ref(), own, output);
    session::remember(place.seen().as_ref(), served(&judged.looks), output);
    if let Some(Err(error)) = place.seen().map(|memory| yanked::remember(&memory, &judged.looks)) {
        output.warning(&format!("a yank that was seen is not remembered: {error}"));
    }
}

/// Holds the head where the solver was published against what this host remembers, and remembers it.
pub(super) fn consult(place: &Place, trust: &Trust, judged: &Judged, output: Output) -> Result<()> {
    if let Some(publication) = &judged.publication
        && let Some(head) = publication.own_head()
    {
        let mut pages = Pages::new(place.access());
        pages.open(trust, head)?;
        verify::consult_memory(place.memory().as_ref(), trust, std::slice::from_ref(head), &mut pages)?;
    }
    remember(place, place.access(), judged, output);
    Ok(())
}

/// What looks have seen, for messages.
pub(super) fn unseen(looks: &[Look]) -> impl Iterator<Item = (&str, &str)> {
    looks.iter().filter_map(|look| Some((look.registry.as_str(), look.seen.as_ref().err()?.as_str())))
}
