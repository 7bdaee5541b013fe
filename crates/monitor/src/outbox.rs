//! Delivers the alerts in the trust store, oldest first, until one delivery fails.

use std::fmt::Display;

use cpan_sigstore_gate::TrustStore;

use super::{Alert, Round, Undetermined, WatchError, state};

/// Delivers the alerts that wait in the trust store.
pub(super) struct Outbox<'a, D> {
    store: &'a TrustStore,
    deliver: D,
    /// Whether a delivery failed. The next round tries again.
    failed: bool,
}

impl<'a, D, E> Outbox<'a, D>
where
    D: AsyncFnMut(&Alert) -> Result<(), E>,
    E: Display,
{
    pub const fn new(store: &'a TrustStore, deliver: D) -> Self {
        Self {
            store,
            deliver,
            failed: false,
        }
    }

    /// Delivers all alerts that wait. An alert is removed after its delivery.
    pub async fn run(&mut self, round: &mut Round) -> Result<(), WatchError> {
        while !self.failed
            && let Some(waiting) = self.store.oldest_alert().await?
        {
            let alert: Alert = state::parse(&waiting.author, &waiting.text)?;
            match (self.deliver)(&alert).await {
                Ok(()) => {
                    self.store.remove_alert(&waiting).await?;
                    round.delivered.push(alert);
                }
                Err(error) => {
                    self.failed = true;
                    round.undetermined.push(Undetermined::delivery(&error));
                }
            }
        }
        Ok(())
    }
}
