//! What was decided, and why: for the log, for `/-/verdicts`, for whoever wraps a client.

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
use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// How many decisions are kept to be looked at.
const KEPT: usize = 1000;

/// What is handed out in no case, whatever the gate would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// An index that is older than one that was seen before.
    IndexRolledBack,
    /// An index or CHECKSUMS that is not what it should be.
    Unreadable,
    /// The upstream gave no answer of use.
    Upstream,
    /// The gate or the cache cannot be used.
    Internal,
    /// A request through the proxy for what no CPAN has.
    Outside,
}

impl Refusal {
    /// The stable kebab-case code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::IndexRolledBack => "index-rolled-back",
            Self::Unreadable => "unreadable",
            Self::Upstream => "upstream",
            Self::Internal => "internal",
            Self::Outside => "outside",
        }
    }

    /// What is done about it.
    pub const fn decision(self) -> Decision {
        match self {
            Self::IndexRolledBack | Self::Outside => Decision::Deny,
            Self::Unreadable | Self::Upstream | Self::Internal => Decision::TryLater,
        }
    }

    /// How a program ends that met it; nothing is wrong where a client asks elsewhere and is refused.
    pub const fn exit(self) -> Exit {
        match self {
            Self::IndexRolledBack => Exit::Downgrade,
            Self::Outside => Exit::Success,
            Self::Unreadable | Self::Upstream | Self::Internal => Exit::TryLater,
        }
    }
}

/// Who decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Ruling {
    /// The gate, about a release.
    Gate(Box<Verdict>),
    /// The mirror, about what is no release, or what it could not ask the gate about.
    Mirror {
        /// Why.
        finding: Refusal,
        /// What is done.
        decision: Decision,
        /// In words.
        found: String,
    },
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// When.
    pub at: Timestamp,
    /// About what: a path below the CPAN's root, or an address.
    pub path: String,
    /// How a program ends that was asked about it.
    #[serde(serialize_with = "number")]
    pub exit: Exit,
    /// The decision and its reasons.
    #[serde(flatten)]
    pub ruling: Ruling,
}

fn number<S: Serializer>(exit: &Exit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(*exit as u8)
}

impl Record {
    /// What the gate said.
    pub fn of_gate(at: Timestamp, path: String, verdict: Verdict) -> Self {
        Self {
            at,
            path,
            exit: verdict.exit(),
            ruling: Ruling::Gate(Box::new(verdict)),
        }
    }

    /// What was refused without the gate.
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
            ruling: Ruling::Mirror {
                finding: refusal,
                decision: refusal.decision(),
                found: found.to_string(),
            },
        }
    }

    /// What was done.
    pub fn decision(&self) -> Decision {
        match &self.ruling {
            Ruling::Gate(verdict) => verdict.decision,
            Ruling::Mirror { decision, .. } => *decision,
        }
    }

    /// What was the case, as a code.
    pub fn code(&self) -> &'static str {
        match &self.ruling {
            Ruling::Gate(verdict) => verdict.finding.code(),
            Ruling::Mirror { finding, .. } => finding.code(),
        }
    }

    /// What to do next, where that is known.
    pub fn hint(&self) -> Option<Hint> {
        match &self.ruling {
            Ruling::Gate(verdict) => verdict.hint,
            Ruling::Mirror { .. } => None,
        }
    }

    /// Whether nobody needs to be told.
    pub fn is_plain(&self) -> bool {
        matches!(&self.ruling, Ruling::Gate(verdict)
            if verdict.decision == Decision::Allow && verdict.finding == Finding::Trusted)
    }
}

impl fmt::Display for Record {
    /// One line, for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = match &self.ruling {
            Ruling::Gate(verdict) => format!("{}: {verdict}", self.path),
            Ruling::Mirror {
                finding,
                decision,
                found,
            } => format!("{}: {decision} {}: {found}", self.path, finding.code()),
        };
        f.write_str(&printable(&line))
    }
}

/// How often what was decided, by decision and code.
pub type Counts = BTreeMap<(&'static str, &'static str), u64>;

type Listener = Box<dyn Fn(&Record) + Send + Sync>;

/// The decisions of a run, the last of them whole, and all of them counted.
#[derive(Default)]
pub struct Records {
    inner: Mutex<Inner>,
    listener: Option<Listener>,
}

#[derive(Default)]
struct Inner {
    last: VecDeque<Arc<Record>>,
    counts: Counts,
    worst: Option<Exit>,
}

impl Records {
    /// Records of which each is handed to `listener` as it comes.
    pub fn told_to(listener: impl Fn(&Record) + Send + Sync + 'static) -> Self {
        Self {
            listener: Some(Box::new(listener)),
            ..Self::default()
        }
    }

    /// Adds a decision.
    pub fn add(&self, record: Record) -> Arc<Record> {
        if let Some(listener) = &self.listener {
            listener(&record);
        }
        let record = Arc::new(record);
        let mut inner = self.lock();
        let key = (record.decision().code(), record.code());
        *inner.counts.entry(key).or_default() += 1;
        if inner
            .worst
            .is_none_or(|worst| (worst as u8) < record.exit as u8)
        {
            inner.worst = Some(record.exit);
        }
        if inner.last.len() == KEPT {
            inner.last.pop_front();
        }
        inner.last.push_back(Arc::clone(&record));
        record
    }

    /// The last decisions, the oldest first.
    pub fn last(&self) -> Vec<Arc<Record>> {
        self.lock().last.iter().cloned().collect()
    }

    /// How often what was decided.
    pub fn counts(&self) -> Counts {
        self.lock().counts.clone()
    }

    /// How a program ends that had all of this decided: by the worst of it.
    pub fn exit(&self) -> Exit {
        self.lock().worst.unwrap_or(Exit::Success)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
