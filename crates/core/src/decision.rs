//! The decision that a policy makes of a finding.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::finding::{Exit, Finding};

/// The decision about a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It is handed out.
    Allow,
    /// It is handed out with a warning.
    Warn,
    /// It is not handed out.
    Deny,
    /// It is not handed out now, because the decision is undetermined.
    TryLater,
}

impl Decision {
    /// The stable kebab-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
            Self::TryLater => "try-later",
        }
    }

    /// Whether the release is handed out.
    pub const fn admits(self) -> bool {
        matches!(self, Self::Allow | Self::Warn)
    }

    /// The exit code of a program that decided so on this finding.
    pub const fn exit(self, finding: Finding) -> Exit {
        match self {
            Self::Allow | Self::Warn => Exit::Success,
            Self::Deny => finding.exit(),
            Self::TryLater => Exit::TryLater,
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
