//! Archives whose bundle may still follow.

use cpan_sigstore_core::{release::ReleasePath, verdict::Verdict};
use cpan_sigstore_cpan::published;
use cpan_sigstore_http::Validators;

use super::Mirror;

impl Mirror {
    /// Postpones the verdict about an archive that has no bundle yet and may get one.
    pub(super) async fn await_bundle(
        &self,
        path: &ReleasePath,
        validators: &Validators,
        verdict: Verdict,
    ) -> Verdict {
        let gate = &self.generation().gate;
        let published = published(validators);
        let settled = gate.await_bundle(path, published, verdict, self.now());
        settled
            .await
            .unwrap_or_else(|error| Verdict::unavailable(error.to_string()))
    }
}
