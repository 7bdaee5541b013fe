//! The version after the newest.

use cpan_sigstore_core::{finding::Exit, identity::AuthorIdentity};
use cpan_sigstore_records::record::{AuthorRecord, Releases};

use super::{
    AuthorError,
    make::{Maker, MaySign},
};
use crate::{author_records::signing_now, failure::Failure};

/// What the next version says.
pub struct Next {
    pub identities: Vec<AuthorIdentity>,
    /// What should be known before it is agreed to.
    pub warning: Option<String>,
}

/// Makes the version after the newest, signed by an identity of that.
///
/// # Errors
/// Where there is none, something beside it is disputed, nothing changes, or it cannot be signed or uploaded.
pub fn make(
    maker: &Maker<'_>,
    releases: Option<Releases>,
    change: impl FnOnce(&AuthorRecord) -> Result<Next, AuthorError>,
) -> Result<Exit, Failure> {
    let found = maker.found()?;
    let history = found.undisputed()?;
    let Some(before) = history.tip().map(|tip| tip.record().clone()) else {
        return Err(AuthorError::NotEnrolled(maker.author().clone()).into());
    };
    if found.files < usize::try_from(before.version()).unwrap_or(usize::MAX) {
        maker.warn(&format!(
            "the CPAN shows {} of {} records that are known here; where PAUSE is not just about to publish them, upload them with `cpan-sigstore author upload FILE`",
            found.files,
            before.version()
        ));
    }
    let next = change(&before)?;
    let stated = releases.unwrap_or(before.releases());
    if next.identities == before.identities() && stated == before.releases() {
        return Err(AuthorError::NoChange.into());
    }
    if releases.is_some() {
        maker.check_backlog(stated)?;
    }
    let record = before
        .next(next.identities, stated)
        .map_err(AuthorError::from)?;
    if let Some(warning) = &next.warning {
        maker.warn(warning);
    }
    maker.confirm(Some(&before), &record)?;
    if maker.is_dry_run() {
        return Ok(maker.show(Some(&before), &record));
    }
    let session = maker.login(MaySign::OneOf(signing_now(&before)))?;
    maker.finish(session, &found, &record, true)
}
