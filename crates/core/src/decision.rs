//! What policy makes of a finding.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::finding::{Exit, Finding};

/// What is done with a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It is handed out.
    Allow,
    /// It is handed out, and the finding is said.
    Warn,
    /// It is not handed out.
    Deny,
    /// It is not handed out now: whether it may be could not be told.
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

    /// How a program ends that decided so on this finding.
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
