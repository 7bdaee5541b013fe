//! The files RECENT, in which a CPAN mirror lists recent publications and deletions, as
//! File::Rsync::Mirror::Recentfile writes them. They are YAML under `authors/`, with paths from
//! there, and JSON at the root.
//!
//! There is one file for each of eight intervals. The first two are up to date. A larger one is
//! rewritten only after the interval before its predecessor has passed. It lacks the latest events,
//! which the smaller ones have.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

/// The intervals with their lengths in seconds. The last has no end.
const INTERVALS: [(&str, i64); 8] = [
    ("1h", 3600),
    ("6h", 6 * 3600),
    ("1d", 24 * 3600),
    ("1W", 7 * 24 * 3600),
    ("1M", 30 * 24 * 3600),
    ("1Q", 90 * 24 * 3600),
    ("1Y", 365 * 24 * 3600 + 6 * 3600),
    ("Z", i64::MAX / TICKS),
];
/// Resolution of times, in parts of a second: that of Perl's number format.
const TICKS: i64 = 100_000;
const COMMENT: &str = "Events of the sandbox, in CPAN's format";

/// The latest event of each file, by path.
#[derive(Default)]
pub(super) struct Events {
    latest: BTreeMap<String, Event>,
    /// Last time at which an event was inserted into the past.
    dirtymark: Option<Epoch>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Event {
    epoch: Epoch,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    New,
    Delete,
}

/// Ticks since 1970.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Epoch(i64);

/// One file, at a given time.
pub(super) struct Recent<'a> {
    interval: usize,
    dirtymark: Option<Epoch>,
    written: Epoch,
    /// Newest first.
    events: Vec<(&'a str, Event)>,
}

impl Events {
    /// Records that a file was written.
    pub(super) fn written(&mut self, path: &str, now: Timestamp) {
        self.add(path, Kind::New, now);
    }

    /// Records that a file was deleted.
    pub(super) fn delete(&mut self, path: &str, now: Timestamp) {
        self.add(path, Kind::Delete, now);
    }

    /// Records that the past changed, so followers must start again.
    pub(super) fn dirty(&mut self, now: Timestamp) {
        self.dirtymark = Some(Epoch::at(now));
    }

    fn add(&mut self, path: &str, kind: Kind, now: Timestamp) {
        let mut epoch = Epoch::at(now);
        while self.latest.values().any(|event| event.epoch == epoch) {
            epoch.0 += 1;
        }
        self.latest.insert(path.to_owned(), Event { epoch, kind });
    }

    /// Returns the file of an interval, such as `6h`, at a time, with or without the latest event.
    pub(super) fn file(&self, interval: &str, now: Timestamp, stale: bool) -> Option<Recent<'_>> {
        let at = INTERVALS.iter().position(|(name, _)| *name == interval)?;
        let written = rewritten(at, Epoch::at(now));
        let oldest = written.0.saturating_sub(INTERVALS[at].1 * TICKS);
        let latest = self.latest.values().map(|event| event.epoch).max();
        let mut events: Vec<_> = self
            .latest
            .iter()
            .map(|(path, event)| (path.as_str(), *event))
            .filter(|(_, event)| event.epoch.0 >= oldest && event.epoch <= written)
            .filter(|(_, event)| !stale || Some(event.epoch) != latest)
            .collect();
        events.sort_by_key(|(_, event)| std::cmp::Reverse(event.epoch));
        Some(Recent {
            interval: at,
            dirtymark: self.dirtymark,
            written,
            events,
        })
    }
}

/// Returns when the file of an interval was last rewritten.
fn rewritten(interval: usize, now: Epoch) -> Epoch {
    match interval.checked_sub(2) {
        // Slightly later than now, to distinguish two events at the same time.
        None => Epoch(now.0 + TICKS),
        Some(before) => Epoch(now.0 - now.0 % (INTERVALS[before].1 * TICKS)),
    }
}

impl Epoch {
    fn at(time: Timestamp) -> Self {
        Self(time.as_microsecond() / (1_000_000 / TICKS))
    }
}

impl std::fmt::Display for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{}.{:05}", self.0 / TICKS, self.0 % TICKS);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Recent<'_> {
    /// Returns the file under `authors/`, whose paths start with `id/`, as YAML::Syck writes it.
    pub(super) fn yaml(&self) -> String {
        let name = INTERVALS[self.interval].0;
        let mut text = format!(
            "--- \nmeta: \n  Producers: \n    $0: /usr/local/sbin/sandbox\n    \
             File::Rsync::Mirror::Recentfile: 0.4.5\n    time: {}\n  aggregator: \n",
            self.written
        );
        for (larger, _) in &INTERVALS[1..] {
            text.push_str(&format!("    - {larger}\n"));
        }
        let dirtymark = self.dirtymark.map(|mark| format!("\"{mark}\""));
        text.push_str(&format!(
            "  canonize: naive_path_normalize\n  comment: {COMMENT:?}\n  dirtymark: {}\n  \
             filenameroot: RECENT\n  interval: {name}\n",
            dirtymark.as_deref().unwrap_or("~"),
        ));
        if let Some((larger, _)) = INTERVALS.get(self.interval + 1) {
            text.push_str(&format!(
                "  merged: \n    epoch: {}\n    into_interval: {larger}\n",
                rewritten(self.interval + 1, self.written)
            ));
        }
        if let (Some((_, max)), Some((_, min))) = (self.events.first(), self.events.last()) {
            text.push_str(&format!(
                "  minmax: \n    max: {}\n    min: {}\n",
                max.epoch, min.epoch
            ));
        }
        text.push_str("  protocol: 1\n  serializer_suffix: .yaml\n");
        text.push_str(if self.events.is_empty() {
            "recent: []\n\n"
        } else {
            "recent: \n"
        });
        for (path, event) in &self.events {
            text.push_str(&format!(
                "  - \n    epoch: {}\n    path: id/{path}\n    type: {}\n",
                event.epoch,
                event.kind.name()
            ));
        }
        text
    }

    /// Returns the file at the root, whose paths start with `authors/id/`, as one line of JSON.
    pub(super) fn json(&self) -> String {
        let events: Vec<_> = self
            .events
            .iter()
            .map(|(path, event)| {
                // A number that keeps its digits.
                let (epoch, kind) = (event.epoch, event.kind.name());
                let path = json!(format!("authors/id/{path}"));
                format!(r#"{{"epoch":{epoch},"path":{path},"type":"{kind}"}}"#)
            })
            .collect();
        let name = INTERVALS[self.interval].0;
        let aggregator: Vec<_> = INTERVALS[1..].iter().map(|(name, _)| name).collect();
        let minmax = match (self.events.first(), self.events.last()) {
            (Some((_, max)), Some((_, min))) => {
                format!(r#","minmax":{{"max":{},"min":{}}}"#, max.epoch, min.epoch)
            }
            _ => String::new(),
        };
        let dirtymark = self.dirtymark.map(|mark| mark.to_string());
        format!(
            r#"{{"meta":{{"aggregator":{},"comment":{},"dirtymark":{},"filenameroot":"RECENT","interval":"{name}"{minmax},"protocol":1,"serializer_suffix":".json"}},"recent":[{}]}}"#,
            json!(aggregator),
            json!(COMMENT),
            dirtymark.as_deref().unwrap_or("null"),
            events.join(",")
        )
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Delete => "delete",
        }
    }
}
