//! The verdict about a release: the finding, the decision, and what led to it.

use std::fmt;

use serde::Serialize;

use crate::{
    cause::Cause,
    decision::Decision,
    digest::Sha256Digest,
    finding::{Exit, Finding},
    hint::Hint,
    identity::SignerIdentity,
    reason::Reason,
    release::ReleasePath,
};

/// The source of the identities that may sign for an author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindingSource {
    /// A pin of the user, in `policy.toml`.
    Pin,
    /// The author's own record.
    Record,
    /// An identity that PAUSE itself gives the PAUSE id.
    PauseIssued,
    /// Trust on first use: the identity that signed the first admitted release.
    FirstSeen,
}

impl fmt::Display for BindingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pin => "an identity of the policy",
            Self::Record => "the author's own record",
            Self::PauseIssued => "an identity that PAUSE itself gives its authors",
            Self::FirstSeen => "the identity that was seen first",
        })
    }
}

/// The source of the authors who may provide a package, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnerSource {
    /// A pin of the user, in `policy.toml`.
    Pin,
    /// The author index of an operator.
    AuthorIndex,
    /// Trust on first use: the holders of the package when a release was first admitted through it.
    FirstSeen,
    /// None but the package index, which the CPAN log has: everybody sees that it leads there.
    LoggedIndex,
    /// None: this release is the first one.
    FirstUse,
}

impl fmt::Display for OwnerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pin => "an author of the policy",
            Self::AuthorIndex => "the owners in the author index",
            Self::FirstSeen => "the owners that were seen first",
            Self::LoggedIndex => "the package index, which is logged for everybody to see",
            Self::FirstUse => "none is known: first use",
        })
    }
}

/// The verdict about one release.
///
/// Its `Display` is one line for a log; its JSON is part of the interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verdict {
    /// The finding that decided.
    pub finding: Finding,
    /// The cause of `signature-invalid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What the policy makes of it.
    pub decision: Decision,
    /// The digest of the exact bytes that were checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Sha256Digest>,
    /// The signer of a valid signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<SignerIdentity>,
    /// The source of the identities that the signer was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<BindingSource>,
    /// The source of the owners of the packages that lead to the release, the weakest of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerSource>,
    /// The value that would have been right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The value that is there instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Two checkpoints of the log that contradict each other, as everybody can verify them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// The facts that led to the decision.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// The next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Hint>,
}

impl Verdict {
    /// A finding and its decision, and nothing else yet.
    pub fn new(finding: Finding, decision: Decision) -> Self {
        Self {
            finding,
            cause: finding.cause(),
            decision,
            digest: None,
            signer: None,
            binding: None,
            owner: None,
            expected: None,
            found: None,
            evidence: None,
            reasons: Vec::new(),
            hint: None,
        }
    }

    /// An undetermined verdict, for this reason: to be tried again later, never a pass.
    pub fn unavailable(found: impl Into<String>) -> Self {
        Self {
            found: Some(found.into()),
            hint: Some(Hint::TryAgain),
            ..Self::new(Finding::Unavailable, Decision::TryLater)
        }
    }

    /// Returns the first line for a `policy.toml` that admits these bytes under this path, if the next step is to add it.
    pub fn pin(&self, path: &ReleasePath) -> Option<String> {
        let digest = self
            .digest
            .filter(|_| self.hint == Some(Hint::OtherRelease))?;
        Some(format!(
            "release.\"{}\".digest = \"{digest}\"",
            path.short()
        ))
    }

    /// Returns the address of the page about the cause, or else the finding, unless the release is trusted.
    pub fn page(&self) -> Option<String> {
        let finding = self.finding;
        let page = || finding.cause().map_or(finding.page(), Cause::page);
        (finding != Finding::Trusted).then(page)
    }

    /// Whether the release is handed out.
    pub const fn admits(&self) -> bool {
        self.decision.admits()
    }

    /// The exit code of a program that decided about this one release.
    pub const fn exit(&self) -> Exit {
        self.decision.exit(self.finding)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decision, self.finding)?;
        if let Some(cause) = self.cause {
            write!(f, " ({cause})")?;
        }
        let mut separator = ": ";
        for (label, value) in [("expected", &self.expected), ("found", &self.found)] {
            if let Some(value) = value {
                write!(f, "{separator}{label} {value}")?;
                separator = ", ";
            }
        }
        Ok(())
    }
}
