//! The version after the newest.

use cpan_sigstore_core::{finding::Exit, identity::AuthorIdentity};
use cpan_sigstore_records::record::{AuthorRecord, HandOvers, Releases};

use super::make::Maker;
use super::refusal;
use crate::{author_records::signing_now, error::CommandError};

/// The contents of the next version.
pub struct Next {
    pub identities: Vec<AuthorIdentity>,
    /// The hand-overs; `None` for those of the version before.
    pub distributions: Option<HandOvers>,
    /// A warning to print before the confirmation.
    pub warning: Option<String>,
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
    if is_same && distributions.is_none() {
        return Err(refusal::no_change());
    }
    if releases.is_some() {
        maker.check_backlog(stated)?;
    }
    let record = match distributions {
        Some(distributions) => before.handing_over(distributions)?,
        None => before.next(next.identities, stated)?,
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
