//! Work on every core.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// Where a part of the items begins, and what became of it.
type Part<R, E> = (usize, Result<Vec<R>, E>);

/// Does the work on each item, on all cores, and tells how many are done. The results are in the order of
/// the items; after the first error no further work is begun.
pub(super) fn map<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<R>, E> {
    /// How many items a core takes at a time.
    const AT_ONCE: usize = 16;
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let results: Mutex<Vec<Part<R, E>>> = Mutex::default();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let begin = next.fetch_add(AT_ONCE, Ordering::Relaxed);
                    if begin >= items.len() || failed.load(Ordering::Relaxed) {
                        return;
                    }
                    let end = items.len().min(begin + AT_ONCE);
                    let done: Result<Vec<R>, E> = items[begin..end].iter().map(&work).collect();
                    failed.fetch_or(done.is_err(), Ordering::Relaxed);
                    progress(end, items.len());
                    results
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push((begin, done));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(begin, _)| *begin);
    let mut all = Vec::with_capacity(items.len());
    for (_, part) in results {
        all.extend(part?);
    }
    Ok(all)
}
