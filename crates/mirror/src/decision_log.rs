//! The decisions of a mirror, for its log, for `/-/verdicts` and for `exec`.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cpan_sigstore_core::{
    decision::Decision,
    finding::{Exit, Finding},
    hint::Hint,
    text::printable,
    verdict::Verdict,
};
use cpan_sigstore_http::SetupFault;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// Number of decisions that are kept whole.
const KEPT: usize = 1000;

/// The mirror's own reason to hand out nothing, without the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The package index is older than one that was seen before.
    IndexRolledBack,
    /// The package index is not one that the log has, and the policy requires that.
    IndexUnlogged,
    /// The log signed two histories.
    LogFork,
    /// A document is invalid, or the upstream refuses it. Trying again does not help.
    Unreadable,
    /// The upstream cannot be read now.
    Upstream,
    /// The gate or the cache cannot be used.
    Internal,
    /// A request through the proxy for a file that no CPAN has.
    Outside,
    /// The upstream lacks an archive, or the package index.
    Missing,
}

impl Refusal {
    /// The stable kebab-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::IndexRolledBack => "index-rolled-back",
            Self::IndexUnlogged => "index-unlogged",
            Self::LogFork => "log-fork",
            Self::Unreadable => "unreadable",
            Self::Upstream => "upstream",
            Self::Internal => "internal",
            Self::Outside => "outside",
            Self::Missing => "missing",
        }
    }

    /// The decision that follows.
    pub const fn decision(self) -> Decision {
        match self {
            Self::IndexRolledBack
            | Self::IndexUnlogged
            | Self::LogFork
            | Self::Unreadable
            | Self::Outside
            | Self::Missing => Decision::Deny,
            Self::Upstream | Self::Internal => Decision::TryLater,
        }
    }

    /// The exit code that follows. A request for a file of no CPAN, or for a missing one, leaves it at 0: the client only tried.
    pub const fn exit(self) -> Exit {
        match self {
            Self::IndexRolledBack => Exit::Downgrade,
            Self::IndexUnlogged | Self::LogFork => Exit::Log,
            Self::Outside | Self::Missing => Exit::Success,
            Self::Unreadable | Self::Internal => Exit::Failed,
            Self::Upstream => Exit::TryLater,
        }
    }
}

/// The verdict of the gate, or a refusal of the mirror.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum EntryCause {
    /// The verdict on a release.
    Gate(Box<Verdict>),
    /// A refusal without the gate.
    Mirror {
        /// The reason.
        finding: Refusal,
        /// The decision that follows.
        decision: Decision,
        /// The reason as a sentence.
        found: String,
    },
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LogEntry {
    /// The time of the decision.
    pub at: Timestamp,
    /// The path below the root of the CPAN, or the address, that was requested.
    pub path: String,
    /// The exit code that follows.
    #[serde(serialize_with = "number")]
    pub exit: Exit,
    /// Whether an entry of the package index that leads to the path was left out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
    /// The fault of the network that a person has to mend, if that is the reason.
    #[serde(skip)]
    pub fault: Option<SetupFault>,
    /// The decision with its reasons.
    #[serde(flatten)]
    pub cause: EntryCause,
}

fn number<S: Serializer>(exit: &Exit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(*exit as u8)
}

impl LogEntry {
    /// The entry of a verdict.
    pub fn of_gate(at: Timestamp, path: String, verdict: Verdict) -> Self {
        Self {
            at,
            path,
            exit: verdict.exit(),
            left_out: false,
            fault: None,
            cause: EntryCause::Gate(Box::new(verdict)),
        }
    }

    /// The entry of a refusal without the gate.
    pub fn refused(
        at: Timestamp,
        path: String,
        refusal: Refusal,
        found: impl fmt::Display,
    ) -> Self {
        Self {
            at,
            path,
            exit: refusal.exit(),
            left_out: false,
            fault: None,
            cause: EntryCause::Mirror {
                finding: refusal,
                decision: refusal.decision(),
                found: found.to_string(),
            },
        }
    }

    /// The decision.
    pub fn decision(&self) -> Decision {
        match &self.cause {
            EntryCause::Gate(verdict) => verdict.decision,
            EntryCause::Mirror { decision, .. } => *decision,
        }
    }

    /// The stable code of the finding.
    pub fn code(&self) -> &'static str {
        match &self.cause {
            EntryCause::Gate(verdict) => verdict.finding.code(),
            EntryCause::Mirror { finding, .. } => finding.code(),
        }
    }

    /// The next step, if one is known.
    pub fn hint(&self) -> Option<Hint> {
        match &self.cause {
            EntryCause::Gate(verdict) => verdict.hint,
            EntryCause::Mirror { .. } => None,
        }
    }

    /// Two checkpoints of a log that contradict each other, if they are the reason.
    pub fn evidence(&self) -> Option<&str> {
        match &self.cause {
            EntryCause::Gate(verdict) => verdict.evidence.as_deref(),
            EntryCause::Mirror { found, .. } => found.split_once('\n').map(|(_, rest)| rest),
        }
    }

    /// Whether it is a trusted release, which needs no mention.
    pub fn is_plain(&self) -> bool {
        matches!(&self.cause, EntryCause::Gate(verdict)
            if verdict.decision == Decision::Allow && verdict.finding == Finding::Trusted)
    }
}

impl fmt::Display for LogEntry {
    /// One line, for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.left_out {
            true => "left out of the package index: ",
            false => "",
        };
        let line = match &self.cause {
            EntryCause::Gate(verdict) => format!("{}: {verdict}", self.path),
            EntryCause::Mirror {
                finding,
                decision,
                found,
            } => {
                // Further lines are evidence.
                let found = found.lines().next().unwrap_or_default();
                format!("{}: {decision} {}: {found}", self.path, finding.code())
            }
        };
        write!(f, "{what}{}", printable(&line))
    }
}

/// The number of decisions, by decision and code.
pub type Counts = BTreeMap<(&'static str, &'static str), u64>;

type Listener = Box<dyn Fn(&LogEntry) + Send + Sync>;

/// The decisions of a run: the last ones whole, and the number of all.
#[derive(Default)]
pub struct DecisionLog {
    inner: Mutex<Inner>,
    listener: Option<Listener>,
}

#[derive(Default)]
struct Inner {
    last: VecDeque<Arc<LogEntry>>,
    counts: Counts,
    worst: Option<Exit>,
    left_out: Option<Exit>,
}

impl DecisionLog {
    /// A log that passes each entry to `listener`.
    pub fn on_entry(listener: impl Fn(&LogEntry) + Send + Sync + 'static) -> Self {
        Self {
            listener: Some(Box::new(listener)),
            ..Self::default()
        }
    }

    /// Adds an entry.
    pub fn add(&self, entry: LogEntry) -> Arc<LogEntry> {
        if let Some(listener) = &self.listener {
            listener(&entry);
        }
        let entry = Arc::new(entry);
        self.push(&entry, |inner| &mut inner.worst);
        entry
    }

    /// Adds an entry of the package index that was left out. It leaves [`DecisionLog::exit`] as it is: nobody may have
    /// wanted the module.
    pub fn add_left_out(&self, entry: LogEntry) {
        let entry = LogEntry {
            left_out: true,
            ..entry
        };
        if let Some(listener) = &self.listener {
            listener(&entry);
        }
        self.push(&Arc::new(entry), |inner| &mut inner.left_out);
    }

    fn push(&self, entry: &Arc<LogEntry>, worst: impl Fn(&mut Inner) -> &mut Option<Exit>) {
        let mut inner = self.lock();
        let key = (entry.decision().code(), entry.code());
        *inner.counts.entry(key).or_default() += 1;
        let worst = worst(&mut inner);
        *worst = (*worst).max(Some(entry.exit));
        if inner.last.len() == KEPT {
            inner.last.pop_front();
        }
        inner.last.push_back(Arc::clone(entry));
    }

    /// The last entries, the oldest first.
    pub fn last(&self) -> Vec<Arc<LogEntry>> {
        self.lock().last.iter().cloned().collect()
    }

    /// The number of decisions.
    pub fn counts(&self) -> Counts {
        self.lock().counts.clone()
    }

    /// The exit code of the worst decision.
    pub fn exit(&self) -> Exit {
        self.lock().worst.unwrap_or(Exit::Success)
    }

    /// The exit code of the worst entry of a package index that was left out.
    pub fn left_out(&self) -> Option<Exit> {
        self.lock().left_out
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
