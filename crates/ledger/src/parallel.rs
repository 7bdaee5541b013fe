//! Work on every core.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// Does the work on each item, on all cores, and returns the results in the order of the items.
///
/// # Errors
/// The error of the first item that has one. After an error no further work begins.
pub(crate) fn map<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    /// Items that a core takes at a time.
    const AT_ONCE: usize = 16;
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results = Mutex::new(Vec::new());
    let run = || {
        while !failed.load(Ordering::Relaxed) {
            let begin = next.fetch_add(AT_ONCE, Ordering::Relaxed);
            let Some(part) = items.get(begin..items.len().min(begin + AT_ONCE)) else {
                return;
            };
            if part.is_empty() {
                return;
            }
            let done: Result<Vec<R>, E> = part.iter().map(&work).collect();
            failed.fetch_or(done.is_err(), Ordering::Relaxed);
            results
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((begin, done));
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 1..cores.min(items.len().div_ceil(AT_ONCE)) {
            scope.spawn(run);
        }
        run();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(begin, _)| *begin);
    let mut all = Vec::with_capacity(items.len());
    for (_, part) in results {
        all.extend(part?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_returns_the_first_error() {
        let items: Vec<u32> = (0..1000).collect();
        let doubled = map(&items, |item| Ok::<_, ()>(item * 2)).unwrap();
        assert!(
            doubled
                .iter()
                .zip(&items)
                .all(|(double, item)| *double == item * 2)
        );
        assert_eq!(
            map(&items, |item| if *item == 3 { Err(*item) } else { Ok(()) }),
            Err(3)
        );
        assert_eq!(map(&[], |_: &u32| Ok::<(), ()>(())), Ok(Vec::new()));
    }
}
