//! Alerts about an author.

use std::fmt;

use cpan_sigstore_core::{
    finding::{Exit, Finding},
    release::PauseId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The kind of an alert. Codes are part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertCode {
    /// A release without a bundle, by an author who signs.
    UnsignedRelease,
    /// A valid signature by somebody who is not the author.
    ForeignSignature,
    /// A bundle that proves nothing.
    InvalidSignature,
    /// An archive that is hostile, or that is not the release in its name.
    UnfitArchive,
    /// Other bytes under the name of a known release.
    ArchiveReplaced,
    /// Another bundle in the place of a known one, and not by the author.
    BundleReplaced,
    /// A known bundle is gone, and its archive is still there.
    BundleDropped,
    /// Another file in the place of a known author record; the file is not valid.
    RecordReplaced,
    /// A known author record, or its bundle, is gone.
    RecordDropped,
    /// An author record that would be valid if another one were not known.
    RecordConflict,
    /// An author record without a signature by an authorized signer.
    RecordRefused,
    /// The log has a file under the author's name that is not in the author's directory.
    LoggedElsewhere,
    /// At the first comparison with a log: a release or bundle that is gone, or that another one replaced.
    LoggedBefore,
    /// A valid signature under an identity of the author that belongs to no known file of the author.
    IdentityUsed,
    /// A log of Sigstore signed two histories.
    SigstoreLogFork,
    /// A new and valid version of the author record.
    RecordAdded,
    /// Another bundle by the author in the place of a known one.
    BundleRenewed,
    /// A release that was reported as unsigned, or as signed by somebody else, has the author's signature.
    SignedBelatedly,
    /// The first known signature of an author.
    FirstSignature,
}

/// The severity of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The event follows the rules. The author should know of it, in case somebody else caused it.
    Notice,
    /// Somebody acts who is not the author, or something went wrong.
    Alarm,
}

impl AlertCode {
    /// All codes.
    pub const ALL: &[Self] = &[
        Self::UnsignedRelease,
        Self::ForeignSignature,
        Self::InvalidSignature,
        Self::UnfitArchive,
        Self::ArchiveReplaced,
        Self::BundleReplaced,
        Self::BundleDropped,
        Self::RecordReplaced,
        Self::RecordDropped,
        Self::RecordConflict,
        Self::RecordRefused,
        Self::LoggedElsewhere,
        Self::LoggedBefore,
        Self::IdentityUsed,
        Self::SigstoreLogFork,
        Self::RecordAdded,
        Self::BundleRenewed,
        Self::SignedBelatedly,
        Self::FirstSignature,
    ];

    /// The stable kebab-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnsignedRelease => "unsigned-release",
            Self::ForeignSignature => "foreign-signature",
            Self::InvalidSignature => "invalid-signature",
            Self::UnfitArchive => "unfit-archive",
            Self::ArchiveReplaced => "archive-replaced",
            Self::BundleReplaced => "bundle-replaced",
            Self::BundleDropped => "bundle-dropped",
            Self::RecordReplaced => "record-replaced",
            Self::RecordDropped => "record-dropped",
            Self::RecordConflict => "record-conflict",
            Self::RecordRefused => "record-refused",
            Self::LoggedElsewhere => "logged-elsewhere",
            Self::LoggedBefore => "logged-before",
            Self::IdentityUsed => "identity-used",
            Self::SigstoreLogFork => "sigstore-log-fork",
            Self::RecordAdded => "record-added",
            Self::BundleRenewed => "bundle-renewed",
            Self::SignedBelatedly => "signed-belatedly",
            Self::FirstSignature => "first-signature",
        }
    }

    /// Returns the exit code of a program that reported this alert.
    pub const fn exit(self) -> Exit {
        match self {
            Self::InvalidSignature => Exit::SignatureInvalid,
            Self::ForeignSignature
            | Self::BundleReplaced
            | Self::RecordReplaced
            | Self::RecordConflict
            | Self::RecordRefused
            | Self::IdentityUsed => Exit::IdentityMismatch,
            Self::UnsignedRelease | Self::BundleDropped | Self::RecordDropped => Exit::Downgrade,
            Self::UnfitArchive | Self::ArchiveReplaced => Exit::Archive,
            Self::LoggedElsewhere | Self::SigstoreLogFork => Exit::Log,
            Self::LoggedBefore
            | Self::RecordAdded
            | Self::BundleRenewed
            | Self::SignedBelatedly
            | Self::FirstSignature => Exit::Success,
        }
    }

    /// Returns the severity that follows from the exit code.
    pub const fn severity(self) -> Severity {
        match self.exit() {
            Exit::Success => Severity::Notice,
            _ => Severity::Alarm,
        }
    }

    /// Maps a finding of the gate on a release that is new, or that had no bundle.
    pub(super) const fn of_finding(finding: Finding) -> Option<Self> {
        match finding {
            Finding::Downgrade => Some(Self::UnsignedRelease),
            Finding::IdentityMismatch | Finding::IdentityRetired | Finding::IdentityChanged => {
                Some(Self::ForeignSignature)
            }
            Finding::SignatureInvalid(_) => Some(Self::InvalidSignature),
            Finding::NameMismatch | Finding::ArchiveHostile => Some(Self::UnfitArchive),
            _ => None,
        }
    }
}

impl fmt::Display for AlertCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A report of one event that the author has to know.
///
/// Its JSON is part of the interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// The kind of the event.
    pub alert: AlertCode,
    /// The severity that belongs to the kind.
    pub severity: Severity,
    /// The exit code that belongs to the kind.
    pub exit: u8,
    /// The PAUSE id of the author; empty if the alert concerns a log of Sigstore.
    pub author: String,
    /// The path of the author's file, or the address of a log, with the index of an entry.
    pub path: String,
    /// The code of the gate's finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// The expected state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The state that was found instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Further details, such as the differences of two records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// The time at which the event was seen.
    pub seen: Timestamp,
}

impl Alert {
    pub(super) fn new(code: AlertCode, author: &PauseId, path: &str, seen: Timestamp) -> Self {
        Self {
            author: author.as_str().to_owned(),
            ..Self::of_log(code, path, seen)
        }
    }

    /// An alert about a log of Sigstore, which concerns every author.
    pub(super) fn of_log(code: AlertCode, url: &str, seen: Timestamp) -> Self {
        Self {
            alert: code,
            severity: code.severity(),
            exit: code.exit() as u8,
            author: String::new(),
            path: url.to_owned(),
            finding: None,
            expected: None,
            found: None,
            details: Vec::new(),
            seen,
        }
    }

    pub(super) fn expecting(mut self, expected: Option<String>, found: Option<String>) -> Self {
        self.expected = expected;
        self.found = found;
        self
    }

    pub(super) fn with_details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }
}
