//! How many files are asked for at the same time. They share the way, so each may take longer.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many files at a time the usual patience is meant for.
const USUAL: usize = 16;

/// Counts requests that have begun and not ended.
#[derive(Debug, Default)]
pub(super) struct Asking {
    now: AtomicUsize,
    /// The most at a time since there were none.
    most: AtomicUsize,
}

/// A request, until it is dropped.
pub(super) struct Asked<'a>(&'a Asking);

impl Asking {
    /// A request begins.
    pub(super) fn begin(&self) -> Asked<'_> {
        let now = 1 + self.now.fetch_add(1, Ordering::Relaxed);
        self.most.fetch_max(now, Ordering::Relaxed);
        Asked(self)
    }

    /// How many times as long as usual each may take, so that all of them take as long as they would if 16 were asked for
    /// at a time.
    pub(super) fn share(&self) -> u32 {
        let most = self.most.load(Ordering::Relaxed).div_ceil(USUAL).max(1);
        u32::try_from(most).unwrap_or(u32::MAX)
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.0.now.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.most.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_a_time_may_take_longer() {
        let asking = Asking::default();
        assert_eq!(asking.share(), 1);
        let mut asked: Vec<Asked<'_>> = (0..16).map(|_| asking.begin()).collect();
        assert_eq!(asking.share(), 1);
        asked.extend((0..85).map(|_| asking.begin()));
        assert_eq!(asking.share(), 7);
        asked.truncate(1);
        assert_eq!(asking.share(), 7, "what shared the way with others has been slow");
        drop(asked);
        assert_eq!(asking.share(), 1);
    }
}
