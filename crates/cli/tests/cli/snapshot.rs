//! Snapshots of the texts that a person reads, one file each under `snapshots/`.
//!
//! A test calls [`Ran::snapshot`]. `INSTA_UPDATE=always cargo test` writes the files again; the diff is the review.

use insta::Settings;

use crate::harness::Ran;

/// Varying parts of a text, and the placeholder for each.
const VARYING: &[(&str, &str)] = &[
    (r"http://(localhost|127\.0\.0\.1):\d+", "http://[HOST]"),
    (r"(localhost|127\.0\.0\.1|\[::1\]):\d+", "[HOST]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[TIME]"),
    (
        r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d (GMT|[+-]\d{4})",
        "[TIME]",
    ),
    (r"\d{4}-\d\d-\d\d", "[DATE]"),
    (r"\b[0-9a-f]{64}\b", "[SHA256]"),
    (r"\b[0-9a-f]{32,}\b", "[HEX]"),
    // A certificate's serial number, which is random. Leading zeros are left out.
    (r"\b([0-9A-F]{2}:){12,}[0-9A-F]{2}\b", "[SERIAL]"),
    (r"[A-Za-z0-9+/]{43}=", "[BASE64]"),
    (r"/tmp/\.tmp\w+", "[FOLDER]"),
    (r"/tmp/cpan-sigstore-exec-\w+", "[LOGS]"),
    (r"/authorize\?\S+", "/authorize?[QUERY]"),
    (r"\b[A-Z]{4}-[A-Z]{4,5}\b", "[CODE]"),
    // Each version of gpg warns in its own words.
    (r"(?m)^gpg: .*\n", ""),
    (r"UnixTime\(\d+\)", "UnixTime([TIME])"),
    (r"127\.0\.0\.1 - \d+", "[HOST] - [TREE]"),
    (r"\d{10}\.\d+ \(seconds", "[SECONDS] (seconds"),
    (r"found that of \d{10}\.\d+", "found that of [SECONDS]"),
    (r"\S+/tests/cli/", "[TESTS]/"),
    (r"\b0\.1\.0\b", "[VERSION]"),
];

/// Exit code, standard output and standard error, in this order; empty streams are left out.
pub fn text(ran: &Ran) -> String {
    let code = ran.code.map_or("none".to_owned(), |code| code.to_string());
    let mut text = format!("exit: {code}\n");
    for (name, stream) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
        if !stream.is_empty() {
            text.push_str(&format!("---- {name}\n{stream}"));
        }
    }
    text
}

/// Compares a text with `snapshots/TOPIC/NAME.snap`; `name` is `TOPIC/NAME`.
#[track_caller]
pub fn assert(name: &str, text: &str) {
    let (topic, name) = name.split_once('/').expect("TOPIC/NAME");
    let mut settings = Settings::new();
    settings.set_snapshot_path(format!("snapshots/{topic}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (pattern, placeholder) in VARYING {
        settings.add_filter(pattern, *placeholder);
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}

impl Ran {
    /// Compares what a person reads with `snapshots/TOPIC/NAME.snap`.
    #[track_caller]
    pub fn snapshot(self, name: &str) -> Self {
        assert(name, &text(&self));
        self
    }

    /// Compares the lines of this program beside a client's with `snapshots/exec/NAME.snap`.
    #[track_caller]
    pub fn assert_summary(&self, name: &str) {
        let ours = [
            "missing: ",
            "refused: ",
            "  release.",
            "left out of ",
            "first use: ",
            "closed: ",
            "warning: ",
            "hint: ",
            "error: ",
        ];
        let lines = self.stderr.lines();
        let lines: Vec<_> = lines
            .filter(|line| ours.iter().any(|start| line.starts_with(start)))
            .collect();
        assert(&format!("exec/{name}"), &lines.join("\n"));
    }
}
