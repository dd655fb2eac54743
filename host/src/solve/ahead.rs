//! Reading pages before the solver asks for them, while it is busy with others.
//!
//! Which pages there are is a lock's word (see [`super::ReadPages::ahead`]), and nothing follows from it but time: a page
//! is supplied only when the solver asks for it, and what is wrong with one that is never asked for is never told.

use std::collections::BTreeMap;
use std::mem::replace;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use headlock_log::digest::Digest;
use tracing::debug_span;

use super::ProvenPage;
use crate::error::Result;
use crate::parallel::cores;
use crate::problem::Part;
use crate::sources::{PageEnd, PageSource};
use crate::world::World;

/// Most bytes of pages that are read ahead.
const MAX_AHEAD: u64 = crate::sources::MAX_PAGE_BYTES;

/// A page to be read ahead: the index at its log's head commits to its digest.
#[derive(Debug)]
pub struct AheadPage {
    pub(crate) origin: String,
    pub(crate) name: String,
    pub(crate) digest: Digest,
    pub(crate) from: PageFrom,
}

/// Where a page is had from.
#[derive(Debug)]
pub(crate) enum PageFrom {
    /// It is there, and all of it is proven.
    Held(ProvenPage),
    /// It is near enough to be got when it is read. That the log has its end is proven afterwards.
    Source(PageSource),
}

/// What became of a page.
pub(super) struct ReadAhead {
    pub(super) part: Part,
    /// How many bytes the page has.
    pub(super) length: u64,
    pub(super) digest: Digest,
    /// What is still to be proven.
    pub(super) end: Option<PageEnd>,
}

/// Pages, and what has become of each.
pub(super) struct Ahead<'p> {
    world: World,
    places: BTreeMap<(&'p str, &'p str), usize>,
    slots: Vec<Slot<'p>>,
    /// The next slot that no other thread has looked at.
    next: AtomicUsize,
    /// Bytes of pages read so far.
    bytes: AtomicU64,
}

struct Slot<'p> {
    page: &'p AheadPage,
    state: Mutex<State>,
    changed: Condvar,
}

enum State {
    Unread,
    /// Somebody is at it.
    Begun,
    Read(Box<ReadAhead>),
    /// Handed out, or lost, or something was wrong with it: whoever wants it finds out what.
    Gone,
}

impl Slot<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes it on, if nobody has.
    fn begin(&self) -> bool {
        let mut state = self.state();
        let unread = matches!(*state, State::Unread);
        if unread {
            *state = State::Begun;
        }
        unread
    }

    fn read(&self, world: World) -> Result<ReadAhead> {
        let AheadPage { origin, name, digest, from } = self.page;
        let (page, end) = match from {
            PageFrom::Held(page) => (page.clone().page, None),
            PageFrom::Source(source) => {
                let read = debug_span!("index").in_scope(|| source.page(name, *digest))?;
                (read.page, Some(read.end))
            }
        };
        let part = debug_span!("parse").in_scope(|| world.read_page(origin, name, &page))?;
        Ok(ReadAhead { part, length: page.bytes().len() as u64, digest: *digest, end })
    }
}

impl<'p> Ahead<'p> {
    /// Nothing is read yet; the first page will be read first.
    pub(super) fn new(world: World, pages: &'p [AheadPage]) -> Ahead<'p> {
        let slots: Vec<Slot<'p>> =
            pages.iter().map(|page| Slot { page, state: Mutex::new(State::Unread), changed: Condvar::new() }).collect();
        let place = |(place, slot): (usize, &Slot<'p>)| ((slot.page.origin.as_str(), slot.page.name.as_str()), place);
        let places = slots.iter().enumerate().map(place).collect();
        Ahead { world, places, slots, next: AtomicUsize::new(0), bytes: AtomicU64::new(0) }
    }

    /// Does something while other threads read.
    pub(super) fn while_reading<R>(&self, work: impl FnOnce() -> R) -> R {
        std::thread::scope(|scope| {
            for _ in 1..cores().min(1 + self.slots.len()) {
                // Without a further thread, whoever wants a page reads it.
                let _ = Builder::new().name("headlock-worker".to_owned()).spawn_scoped(scope, || self.read_all());
            }
            let result = work();
            // Nobody asks any more.
            self.next.store(self.slots.len(), Ordering::Relaxed);
            result
        })
    }

    fn read_all(&self) {
        while self.bytes.load(Ordering::Relaxed) < MAX_AHEAD
            && let Some(slot) = self.slots.get(self.next.fetch_add(1, Ordering::Relaxed))
        {
            if slot.begin() {
                self.read(slot);
            }
        }
    }

    /// Reads what has been begun.
    fn read(&self, slot: &Slot<'p>) {
        let begun = Begun { slot };
        let read = slot.read(self.world).map(Box::new);
        let length = read.as_ref().map_or(0, |read| read.length);
        self.bytes.fetch_add(length, Ordering::Relaxed);
        begun.finish(read.map_or(State::Gone, State::Read));
    }

    /// Reads those of these pages that nobody has begun: whoever wants them all has nothing better to do.
    pub(super) fn help<'n>(&self, origin: &str, names: impl Iterator<Item = &'n str>) {
        for slot in names.filter_map(|name| self.slot(origin, name)) {
            if slot.begin() {
                self.read(slot);
            }
        }
    }

    fn slot(&self, origin: &str, name: &str) -> Option<&Slot<'p>> {
        self.slots.get(*self.places.get(&(origin, name))?)
    }

    /// A page, read by whoever comes first. Nothing if it is not among these, was taken before, or is not as it should be.
    pub(super) fn take(&self, origin: &str, name: &str) -> Option<ReadAhead> {
        let slot = self.slot(origin, name)?;
        if slot.begin() {
            self.read(slot);
        }
        let begun = |state: &mut State| matches!(state, State::Begun);
        let mut state = slot.changed.wait_while(slot.state(), begun).unwrap_or_else(PoisonError::into_inner);
        match replace(&mut *state, State::Gone) {
            State::Read(read) => Some(*read),
            State::Unread | State::Begun | State::Gone => None,
        }
    }
}

/// A slot that is being read. If that panics, whoever waits for it is told that it is gone.
struct Begun<'s, 'p> {
    slot: &'s Slot<'p>,
}

impl Begun<'_, '_> {
    fn finish(self, state: State) {
        *self.slot.state() = state;
    }
}

impl Drop for Begun<'_, '_> {
    fn drop(&mut self) {
        let mut state = self.slot.state();
        if matches!(*state, State::Begun) {
            *state = State::Gone;
        }
        drop(state);
        self.slot.changed.notify_all();
    }
}
