//! The version after the newest.

use cpan_sigstore_core::{finding::Exit, identity::AuthorIdentity};
use cpan_sigstore_records::record::{
    AuthorRecord, HandOvers, RecoveryKey, RecoveryKeyPair, Releases,
};

use super::make::Maker;
use super::refusal;
use crate::{author_records::signing_now, error::CommandError};

/// The contents of the next version.
pub struct Next {
    pub identities: Vec<AuthorIdentity>,
    /// The hand-overs; `None` for those of the version before.
    pub distributions: Option<HandOvers>,
    /// Another recovery key; `None` for that of the version before.
    pub key: Option<KeyChange>,
    /// A warning to print before the confirmation.
    pub warning: Option<String>,
}

/// A change of the recovery key.
pub struct KeyChange {
    /// The new key; `None` for none any more.
    pub key: Option<RecoveryKey>,
    /// The key before, which signs the change.
    pub old: Option<RecoveryKeyPair>,
}

impl Next {
    /// The contents of the version before.
    pub fn of(before: &AuthorRecord) -> Self {
        Self {
            identities: before.identities().to_vec(),
            distributions: None,
            key: None,
            warning: None,
        }
    }

    fn has_other_key(&self, before: &AuthorRecord) -> bool {
        let key = self.key.as_ref();
        key.is_some_and(|change| change.key.as_ref() != before.recovery_key())
    }
}

/// Creates the version after the newest, signed by one of its identities.
///
/// # Errors
/// No record, a disputed one, no change, or a failed signature or upload.
pub fn make(
    maker: &Maker<'_>,
    releases: Option<Releases>,
    change: impl FnOnce(&AuthorRecord) -> Result<Next, CommandError>,
) -> Result<Exit, CommandError> {
    let found = maker.found()?;
    let history = found.undisputed()?;
    let Some(before) = history.tip().map(|tip| tip.record().clone()) else {
        return Err(refusal::not_enrolled(maker.author()));
    };
    if found.files < usize::try_from(before.version()).unwrap_or(usize::MAX) {
        maker.warn(&format!(
            "the CPAN shows {} of {} known records; unless PAUSE is about to publish the others, upload them with `cpan-sigstore author upload FILE`",
            found.files,
            before.version()
        ));
    }
    let next = change(&before)?;
    let stated = releases.unwrap_or(before.releases());
    let distributions = next.distributions.as_ref();
    let distributions = distributions.filter(|stated| *stated != before.distributions());
    let is_same = next.identities == before.identities() && stated == before.releases();
    if is_same && distributions.is_none() && !next.has_other_key(&before) {
        return Err(refusal::no_change());
    }
    if releases.is_some() {
        maker.check_backlog(stated)?;
    }
    let record = match distributions {
        Some(distributions) => before.handing_over(distributions)?,
        None => before.next(next.identities, stated)?,
    };
    let record = match &next.key {
        None => record,
        Some(KeyChange { key, old: None }) => record.with_recovery_key(*key)?,
        Some(KeyChange {
            key,
            old: Some(old),
        }) => record.with_recovery_key(*key)?.recovered_with(old)?,
    };
    if let Some(warning) = &next.warning {
        maker.warn(warning);
    }
    maker.confirm(Some(&before), &record)?;
    if maker.is_dry_run() {
        return Ok(maker.show(Some(&before), &record));
    }
    let session = maker.log_in_as(signing_now(&before))?;
    maker.finish(session, &found, &record, true)
}
