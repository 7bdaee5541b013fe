//! The table that is printed.

use std::fmt;
use std::time::Duration;

/// What a ratio should be.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// It is shown for comparison.
    None,
}

/// Rows of figures, and notes under them.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<[String; 6]>,
    notes: Vec<String>,
}

impl Table {
    /// Adds a figure of ours, the same of another, and the ratio of the two.
    pub fn row(
        &mut self,
        what: &str,
        ours: String,
        (peer, theirs): (&str, String),
        ratio: f64,
        goal: Goal,
    ) {
        let (goal, met) = match goal {
            Goal::AtMost(most) => (
                format!("<= {most}"),
                if ratio <= most { "met" } else { "MISSED" },
            ),
            Goal::AtLeast(least) => (
                format!(">= {least}"),
                if ratio >= least { "met" } else { "MISSED" },
            ),
            Goal::None => (String::new(), ""),
        };
        self.rows.push([
            what.to_owned(),
            ours,
            format!("{theirs} ({peer})"),
            format!("{ratio:.3}"),
            goal,
            met.to_owned(),
        ]);
    }

    /// Adds a remark.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["what", "ours", "peer", "ratio", "goal", ""].map(str::to_owned);
        let rows = || std::iter::once(&head).chain(&self.rows);
        for row in rows() {
            let mut line = String::new();
            for (i, cell) in row.iter().enumerate() {
                let width = rows().map(|row| row[i].len()).max().unwrap_or_default();
                line += &format!("{cell:<width$}  ");
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        Ok(())
    }
}

/// A time, to the microsecond.
pub fn milliseconds(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1000.0)
}

/// An amount of memory, to the tenth of a mebibyte.
#[allow(clippy::cast_precision_loss, reason = "shown to one digit")]
pub fn bytes(count: u64) -> String {
    format!("{:.1} MiB", count as f64 / f64::from(1 << 20))
}
