//! The CPAN log in a policy.

use serde::Deserialize;
use toml::Spanned;

use super::{
    PolicyError, Section,
    document::{LONGEST_AGE, Lines},
};
use crate::decision::Decision;

/// Age of the newest checkpoint, in days, above which a log is stale.
pub(super) const CHECKPOINT_AGE: u32 = 7;
/// Days for which a package index is used after the log had a newer one.
const PACKAGE_INDEX_AGE: u32 = 2;

/// The settings of the CPAN log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// The file with the logs and witnesses (C2SP `tlog-policy`). A relative one is beside the policy.
    pub tlog_policy: String,
    /// Whether a file that no log is known to have is denied.
    pub require_logged: bool,
    /// How old the newest checkpoint may be, in days.
    pub checkpoint_age: u32,
    /// How long a package index may be used after the log had a newer one, in days.
    pub package_index_age: u32,
}

impl LogSettings {
    /// The settings of releases that follow from these.
    pub(super) fn section(&self) -> Section {
        let required = self.require_logged.then_some(Decision::Deny);
        Section {
            unlogged: required,
            log_stale: required,
            ..Section::default()
        }
    }
}

/// `[log]` as a text states it.
#[derive(Deserialize)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "a section with `tlog-policy`"
)]
pub(super) struct StatedLog {
    tlog_policy: Spanned<String>,
    #[serde(default)]
    require_logged: bool,
    checkpoint_age: Option<Spanned<u32>>,
    package_index_age: Option<Spanned<u32>>,
}

pub(super) fn settings_of(
    stated: Spanned<StatedLog>,
    lines: &Lines<'_>,
) -> Result<LogSettings, PolicyError> {
    let stated = stated.into_inner();
    if stated.tlog_policy.get_ref().is_empty() {
        let span = stated.tlog_policy.span();
        return Err(lines.value(&span, "the file of a tlog-policy", "an empty name"));
    }
    let days = |given: Option<Spanned<u32>>, least: u32, otherwise: u32| match given {
        None => Ok(otherwise),
        Some(days) if (least..=LONGEST_AGE).contains(days.get_ref()) => Ok(days.into_inner()),
        Some(days) => {
            let expected = match least {
                0 => "0 to 3650 days",
                _ => "1 to 3650 days",
            };
            Err(lines.value(&days.span(), expected, days.get_ref()))
        }
    };
    Ok(LogSettings {
        checkpoint_age: days(stated.checkpoint_age, 1, CHECKPOINT_AGE)?,
        package_index_age: days(stated.package_index_age, 0, PACKAGE_INDEX_AGE)?,
        require_logged: stated.require_logged,
        tlog_policy: stated.tlog_policy.into_inner(),
    })
}
