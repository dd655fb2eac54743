//! Doing many things at a time, with a result that does not show it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

/// How many threads this machine runs at a time; 2 where it does not say. It is asked once: it looks through files for it.
pub(crate) fn cores() -> usize {
    static CORES: LazyLock<usize> =
        LazyLock::new(|| std::thread::available_parallelism().map_or(2, std::num::NonZero::get));
    *CORES
}

/// Does the work for each item, on up to `threads` threads. The results stand in the order of the items; if some fail,
/// the error is that of the first of them in this order, and items behind it may not be begun.
///
/// # Errors
/// What the work says.
pub(crate) fn parallel<'a, T: Sync, R: Send, E: Send>(
    threads: usize,
    items: &'a [T],
    work: impl Fn(&'a T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    // Every item before a failed one has been begun already, so the first failure is always found.
    parallel_as_far(threads, items, work).into_iter().flatten().collect()
}

/// The same, with what became of each item; nothing of those that were not begun, for an item before them had failed.
pub(crate) fn parallel_as_far<'a, T: Sync, R: Send, E: Send>(
    threads: usize,
    items: &'a [T],
    work: impl Fn(&'a T) -> Result<R, E> + Sync,
) -> Vec<Option<Result<R, E>>> {
    let next = AtomicUsize::new(0);
    let failed = AtomicUsize::new(usize::MAX);
    let done: Mutex<Vec<Option<Result<R, E>>>> = Mutex::new(items.iter().map(|_| None).collect());
    let worker = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(place).filter(|_| place < failed.load(Ordering::Relaxed)) else { return };
            let result = work(item);
            if result.is_err() {
                failed.fetch_min(place, Ordering::Relaxed);
            }
            if let Some(slot) = done.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place) {
                *slot = Some(result);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(items.len()) {
            // Without a further thread the others do the work.
            let _ = std::thread::Builder::new().name("headlock-worker".to_owned()).spawn_scoped(scope, worker);
        }
        worker();
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..200).collect();
        for threads in [0, 1, 2, 16, 1000] {
            let results = parallel(threads, &items, |item| {
                std::thread::sleep(Duration::from_micros(item * 37 % 101));
                Ok::<u64, ()>(item * 2)
            });
            assert_eq!(results, Ok(items.iter().map(|item| item * 2).collect()), "{threads}");
        }
        assert_eq!(parallel(4, &[] as &[u64], |_| Ok::<(), ()>(())), Ok(vec![]));
    }

    #[test]
    fn the_first_failure_in_order_is_the_failure() {
        let items: Vec<u64> = (0..100).collect();
        for _ in 0..20 {
            let result = parallel(8, &items, |item| match item {
                // The later one fails sooner.
                20 => {
                    std::thread::sleep(Duration::from_millis(2));
                    Err("item 20")
                }
                24 => Err("item 24"),
                _ => Ok(*item),
            });
            assert_eq!(result, Err("item 20"));
        }
    }

    #[test]
    fn what_became_of_each_is_told_as_far_as_it_was_begun() {
        let items: Vec<u64> = (0..1000).collect();
        let results = parallel_as_far(1, &items, |item| if *item == 7 { Err("seven") } else { Ok(*item) });
        assert_eq!(results[..7], (0..7).map(|item| Some(Ok(item))).collect::<Vec<_>>());
        assert_eq!(results[7], Some(Err("seven")));
        assert!(results[8..].iter().all(Option::is_none) && results.len() == 1000);
        let results = parallel_as_far(8, &items, |item| if *item % 100 == 50 { Err(*item) } else { Ok(*item) });
        let right = |(item, result): (&u64, &Option<Result<u64, u64>>)| match result {
            Some(Ok(done)) => done == item && item % 100 != 50,
            Some(Err(failed)) => failed == item && item % 100 == 50,
            None => *item > 50,
        };
        assert!(items.iter().zip(&results).all(right), "{results:?}");
    }

    #[test]
    fn after_a_failure_little_is_begun() {
        let begun = AtomicUsize::new(0);
        let items: Vec<u64> = (0..10_000).collect();
        let result = parallel(4, &items, |item| {
            begun.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_micros(50));
            if *item == 3 { Err(()) } else { Ok(()) }
        });
        assert_eq!(result, Err(()));
        assert!(begun.load(Ordering::Relaxed) < 1000, "{begun:?}");
    }
}
