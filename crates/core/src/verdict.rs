//! What the gate says of a release: what was found, and what is done about it.

use std::fmt;

use serde::Serialize;

use crate::{
    cause::Cause,
    decision::Decision,
    digest::Sha256Digest,
    finding::{Exit, Finding},
    identity::SignerIdentity,
};

/// Who said whose identity the author's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BindingSource {
    /// The user, in `policy.toml`.
    Pin,
    /// The author, in the author's own record.
    Record,
    /// PAUSE, by an identity of its own for the PAUSE id.
    PauseIssued,
    /// Nobody: it is the identity that signed the first release that was seen.
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

/// What the gate says of one release.
///
/// Its `Display` is one line for a log; its JSON is part of the interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verdict {
    /// What is the case; the one that decided, where several things are.
    pub finding: Finding,
    /// Why a signature proves nothing, where that is the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What is done.
    pub decision: Decision,
    /// The exact bytes that were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Sha256Digest>,
    /// Who signed, where a signature is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<SignerIdentity>,
    /// What the signer was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<BindingSource>,
    /// What would have been right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What is there instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What led to the decision: the key of the policy, and what else was found; one sentence each.
    pub reasons: Vec<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
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
            expected: None,
            found: None,
            reasons: Vec::new(),
            hint: None,
        }
    }

    /// It could not be told, for this reason: to be tried again later, never a pass.
    pub fn unavailable(found: impl Into<String>) -> Self {
        Self {
            found: Some(found.into()),
            hint: Some(
                "nothing was verified; try again later, with a network, or name the trust material with `--trusted-root FILE`"
                    .to_owned(),
            ),
            ..Self::new(Finding::Unavailable, Decision::TryLater)
        }
    }

    /// Whether the release is handed out.
    pub const fn admits(&self) -> bool {
        self.decision.admits()
    }

    /// How a program ends that was asked about this one release.
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
