//! A number of permits: whoever wants one waits until one is free.

use std::cell::OnceCell;
use std::sync::{Condvar, Mutex, PoisonError};

/// Permits that are free.
#[derive(Debug)]
pub(super) struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

/// A permit, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Permit<'p>(&'p Permits);

/// A permit that may be needed later.
pub(super) struct Later<'p> {
    permits: &'p Permits,
    held: OnceCell<Permit<'p>>,
}

impl Later<'_> {
    /// Waits for the permit, unless it is there already. It is given back when this is dropped.
    pub(super) fn hold(&self) {
        self.held.get_or_init(|| self.permits.take());
    }
}

impl Permits {
    pub(super) fn new(count: usize) -> Permits {
        Permits { free: Mutex::new(count), returned: Condvar::new() }
    }

    /// One of these, once it is needed.
    pub(super) fn later(&self) -> Later<'_> {
        Later { permits: self, held: OnceCell::new() }
    }

    /// Waits for one.
    pub(super) fn take(&self) -> Permit<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.returned.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn no_more_are_out_than_there_are() {
        let (permits, out, most) = (Permits::new(3), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    let permit = permits.later();
                    permit.hold();
                    permit.hold();
                    most.fetch_max(1 + out.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    out.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 3);
        assert_eq!(*permits.free.lock().expect("not poisoned"), 3);
    }
}
