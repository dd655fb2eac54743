//! How long the host is inside of each of its spans, as a subscriber of `tracing` sees it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Time inside of spans of each name, without that of the spans inside of them, over all threads.
#[derive(Debug, Default)]
pub(crate) struct Spans {
    next: AtomicU64,
    names: Mutex<BTreeMap<u64, &'static str>>,
    times: Mutex<BTreeMap<&'static str, Duration>>,
}

thread_local! {
    /// The spans that this thread is inside of: since when it is in the innermost, or was last.
    static INSIDE: RefCell<Vec<(u64, Instant)>> = const { RefCell::new(Vec::new()) };
}

impl Spans {
    /// Watches every thread of this process from now on.
    pub(crate) fn watch() -> Arc<Spans> {
        let spans = Arc::new(Spans::default());
        // Whoever watched before goes on, and this one sees nothing; it is called once.
        let _ = tracing::subscriber::set_global_default(Arc::clone(&spans));
        spans
    }

    /// What was measured since this was last asked for.
    pub(crate) fn take(&self) -> BTreeMap<&'static str, Duration> {
        std::mem::take(&mut self.times.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, id: u64, time: Duration) {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(name) = names.get(&id) else { return };
        *self.times.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += time;
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("headlock")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = 1 + self.next.fetch_add(1, Ordering::Relaxed);
        self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(id, span.metadata().name());
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, span: &Id) {
        let now = Instant::now();
        INSIDE.with_borrow_mut(|inside| {
            if let Some((outer, since)) = inside.last_mut() {
                self.add(*outer, now - *since);
            }
            inside.push((span.into_u64(), now));
        });
    }

    fn exit(&self, _: &Id) {
        let now = Instant::now();
        INSIDE.with_borrow_mut(|inside| {
            if let Some((id, since)) = inside.pop() {
                self.add(id, now - since);
            }
            if let Some((_, since)) = inside.last_mut() {
                *since = now;
            }
        });
    }

    fn try_close(&self, id: Id) -> bool {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).remove(&id.into_u64());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_inside_of_another_is_counted_once() {
        let spans = Arc::new(Spans::default());
        tracing::subscriber::with_default(Arc::clone(&spans), || {
            let _outer = tracing::debug_span!(target: "headlock::test", "outer").entered();
            std::thread::sleep(Duration::from_millis(5));
            let inner = tracing::debug_span!(target: "headlock::test", "inner").entered();
            std::thread::sleep(Duration::from_millis(50));
            drop(inner);
        });
        let times = spans.take();
        assert_eq!(times.keys().copied().collect::<Vec<_>>(), ["inner", "outer"]);
        assert!(times["inner"] >= Duration::from_millis(50) && times["outer"] >= Duration::from_millis(5), "{times:?}");
        assert!(times["outer"] < times["inner"], "{times:?}");
        assert!(spans.take().is_empty());
    }
}
