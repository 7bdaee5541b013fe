//! One piece of work for all who wait for its result.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

type Waiting<K, V> = Arc<Mutex<HashMap<K, watch::Receiver<Option<V>>>>>;

/// The work that is being done.
pub(super) struct Flights<K, V>(Waiting<K, V>);

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Waits for the work on `key` that is being done, or else for `work`, which goes on also when nobody
    /// waits any more. `None` where it ended without a result.
    pub(super) async fn join(
        &self,
        key: &K,
        work: impl Future<Output = V> + Send + 'static,
    ) -> Option<V> {
        let mut result = self.begin(key, work);
        let value = result.wait_for(Option::is_some).await.ok()?;
        value.clone()
    }

    fn begin(
        &self,
        key: &K,
        work: impl Future<Output = V> + Send + 'static,
    ) -> watch::Receiver<Option<V>> {
        let mut waiting = lock(&self.0);
        if let Some(result) = waiting.get(key) {
            return result.clone();
        }
        let (sender, receiver) = watch::channel(None);
        waiting.insert(key.clone(), receiver.clone());
        let landing = Landing {
            waiting: Arc::clone(&self.0),
            key: key.clone(),
        };
        tokio::spawn(async move {
            let landing = landing;
            let value = work.await;
            // Nobody may begin anew before this result is there, nor take it for work that goes on.
            drop(landing);
            sender.send_replace(Some(value));
        });
        receiver
    }
}

/// Takes the work off the list, also when it ends without a result.
struct Landing<K: Eq + Hash, V> {
    waiting: Waiting<K, V>,
    key: K,
}

impl<K: Eq + Hash, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        lock(&self.waiting).remove(&self.key);
    }
}

fn lock<K, V>(waiting: &Waiting<K, V>) -> MutexGuard<'_, HashMap<K, watch::Receiver<Option<V>>>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn all_who_wait_get_the_result_of_one_piece_of_work() {
        let flights = Arc::new(Flights::default());
        let count = Arc::new(AtomicUsize::new(0));
        let go = Arc::new(Notify::new());
        let waiters: Vec<_> = (0..20)
            .map(|_| {
                let (flights, count, go) =
                    (Arc::clone(&flights), Arc::clone(&count), Arc::clone(&go));
                let work = async move {
                    go.notified().await;
                    count.fetch_add(1, Ordering::Relaxed) + 1
                };
                tokio::spawn(async move { flights.join(&"key", work).await })
            })
            .collect();
        tokio::task::yield_now().await;
        go.notify_one();
        for waiter in waiters {
            assert_eq!(waiter.await.unwrap(), Some(1));
        }
        assert!(lock(&flights.0).is_empty());
    }

    #[tokio::test]
    async fn work_that_ends_without_a_result_is_begun_anew() {
        let flights: Flights<&str, u8> = Flights::default();
        assert_eq!(
            flights.join(&"key", async { panic!("as planned") }).await,
            None
        );
        assert_eq!(flights.join(&"key", async { 7 }).await, Some(7));
    }
}
