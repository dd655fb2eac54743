//! Reading pages before the solver asks for them, while it is busy with others.
//!
//! Which pages there are is a lock's word (see [`super::ReadPages::ahead`]), and nothing follows from it but time: a page
//! is supplied only when the solver asks for it, and what is wrong with one that is never asked for is never told.

use std::collections::BTreeMap;
use std::mem::replace;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use tracing::debug_span;

use super::ProvenPage;
use crate::error::Result;
use crate::parallel::cores;
use crate::problem::Part;
use crate::world;

/// Most bytes of pages that are read ahead.
const MAX_AHEAD: u64 = 1 << 30;

/// A page to be read ahead: origin, package, page.
pub type AheadPage = (String, String, ProvenPage);

/// Pages, and what has become of each.
pub(super) struct Ahead<'p> {
    places: BTreeMap<(&'p str, &'p str), usize>,
    slots: Vec<Slot<'p>>,
    /// The next slot that no other thread has looked at.
    next: AtomicUsize,
    changed: Condvar,
}

struct Slot<'p> {
    page: &'p AheadPage,
    state: Mutex<State>,
}

enum State {
    Unread,
    /// Somebody is at it.
    Begun,
    Read(Box<Result<Part>>),
    /// Handed out, or lost.
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

    fn read(&self) -> Result<Part> {
        let (origin, name, page) = self.page;
        debug_span!("parse").in_scope(|| world::read_page(origin, name, page.page()))
    }
}

impl<'p> Ahead<'p> {
    /// Nothing is read yet; the first page will be read first. Pages beyond [`MAX_AHEAD`] are left out.
    pub(super) fn new(pages: &'p [AheadPage]) -> Ahead<'p> {
        let mut left = MAX_AHEAD;
        let within = pages.iter().take_while(|(_, _, page)| {
            let length = page.page().bytes().len() as u64;
            let fits = length <= left;
            left = left.saturating_sub(length);
            fits
        });
        let slots: Vec<Slot<'p>> = within.map(|page| Slot { page, state: Mutex::new(State::Unread) }).collect();
        let place = |(place, slot): (usize, &Slot<'p>)| ((slot.page.0.as_str(), slot.page.1.as_str()), place);
        let places = slots.iter().enumerate().map(place).collect();
        Ahead { places, slots, next: AtomicUsize::new(0), changed: Condvar::new() }
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
        while let Some(slot) = self.slots.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if slot.begin() {
                let begun = Begun { ahead: self, slot };
                begun.finish(slot.read());
            }
        }
    }

    /// Whether this very page is, or was, among these.
    pub(super) fn has(&self, origin: &str, name: &str, page: &ProvenPage) -> bool {
        self.slot(origin, name).is_some_and(|slot| slot.page.2.page().digest() == page.page().digest())
    }

    /// Reads those of these pages that nobody has begun: whoever wants them all has nothing better to do.
    pub(super) fn help<'n>(&self, origin: &str, names: impl Iterator<Item = &'n str>) {
        for slot in names.filter_map(|name| self.slot(origin, name)) {
            if slot.begin() {
                let begun = Begun { ahead: self, slot };
                begun.finish(slot.read());
            }
        }
    }

    fn slot(&self, origin: &str, name: &str) -> Option<&Slot<'p>> {
        self.slots.get(*self.places.get(&(origin, name))?)
    }

    /// A page, read by whoever comes first; nothing if it is not among these, or was taken before.
    pub(super) fn take(&self, origin: &str, name: &str) -> Option<Result<Part>> {
        let slot = self.slot(origin, name)?;
        if slot.begin() {
            let read = slot.read();
            *slot.state() = State::Gone;
            return Some(read);
        }
        let begun = |state: &mut State| matches!(state, State::Begun);
        let mut state = self.changed.wait_while(slot.state(), begun).unwrap_or_else(PoisonError::into_inner);
        match replace(&mut *state, State::Gone) {
            State::Read(read) => Some(*read),
            State::Unread | State::Begun | State::Gone => None,
        }
    }
}

/// A slot that is being read. If that panics, whoever waits for it is told that it is gone.
struct Begun<'s, 'p> {
    ahead: &'s Ahead<'p>,
    slot: &'s Slot<'p>,
}

impl Begun<'_, '_> {
    fn finish(self, read: Result<Part>) {
        *self.slot.state() = State::Read(Box::new(read));
    }
}

impl Drop for Begun<'_, '_> {
    fn drop(&mut self) {
        let mut state = self.slot.state();
        if matches!(*state, State::Begun) {
            *state = State::Gone;
        }
        drop(state);
        self.ahead.changed.notify_all();
    }
}
