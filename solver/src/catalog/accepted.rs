//! Which releases a requirement accepts.

use super::Release;
use super::tables::Tables;
use crate::hashing::Table;
use crate::set::{Range, Set, SetBuilder};

/// The usable releases of one package that one requirement accepts, by track.
pub(crate) struct Accepted {
    /// Tracks that have one, ascending, each with its set. A set may hold yanked releases that lie between accepted
    /// ones: they are not available anyway, and fewer ranges are easier to read.
    tracks: Vec<(u32, Set)>,
}

impl Accepted {
    /// No release.
    pub(super) const NONE: &'static Accepted = &Accepted { tracks: Vec::new() };

    /// Tracks that have an accepted release, ascending, each with its set.
    pub(crate) fn tracks(&self) -> &[(u32, Set)] {
        &self.tracks
    }

    /// The set of a track.
    pub(crate) fn on(&self, track: u32) -> Option<&Set> {
        self.tracks.binary_search_by_key(&track, |(track, _)| *track).ok().map(|place| &self.tracks[place].1)
    }

    fn of<'a>(requirement: u32, releases: impl Iterator<Item = (u32, &'a Release)>, tables: &Tables) -> Accepted {
        let requirement = &tables.requirements[requirement as usize];
        let mut tracks = Vec::new();
        let mut open: Option<OpenTrack> = None;
        for (number, release) in releases {
            if open.as_ref().is_none_or(|open| open.track != release.track) {
                tracks.extend(open.replace(OpenTrack::new(release.track)).and_then(OpenTrack::finish));
            }
            let Some(open) = &mut open else { continue };
            if release.yanked {
                continue;
            }
            let accepts = requirement.accepts.matches(&tables.versions[release.version as usize])
                && requirement.content.is_none_or(|content| content == release.content);
            open.see(number, accepts);
        }
        tracks.extend(open.and_then(OpenTrack::finish));
        Accepted { tracks }
    }
}

/// A track whose releases are being matched.
struct OpenTrack {
    track: u32,
    set: SetBuilder,
    /// Accepted releases with nothing but yanked ones between them.
    run: Option<Range>,
}

impl OpenTrack {
    fn new(track: u32) -> OpenTrack {
        OpenTrack { track, set: SetBuilder::default(), run: None }
    }

    /// The next usable release.
    fn see(&mut self, release: u32, accepted: bool) {
        match (&mut self.run, accepted) {
            (Some(run), true) => run.1 = release,
            (None, true) => self.run = Some((release, release)),
            (_, false) => {
                if let Some(run) = self.run.take() {
                    self.set.push(run);
                }
            }
        }
    }

    fn finish(mut self) -> Option<(u32, Set)> {
        if let Some(run) = self.run.take() {
            self.set.push(run);
        }
        let set = self.set.finish();
        if set.is_empty() { None } else { Some((self.track, set)) }
    }
}

/// What was asked before: each pair of package and requirement is matched once in a solve.
#[derive(Default)]
pub(super) struct AcceptedCache {
    known: Table<(u32, u32), Accepted>,
}

impl AcceptedCache {
    /// The accepted releases of a package that was supplied.
    pub(super) fn get<'a>(
        &mut self,
        package: u32,
        requirement: u32,
        releases: impl Iterator<Item = (u32, &'a Release)>,
        tables: &Tables,
    ) -> &Accepted {
        self.known.entry((package, requirement)).or_insert_with(|| Accepted::of(requirement, releases, tables))
    }
}
