//! `/-/verdicts`, as JSON and as a page.

use std::fmt::Write as _;

use cpan_sigstore_core::{decision::Decision, release::ReleasePath, text::printable};
use hyper::{
    StatusCode,
    header::{CONTENT_SECURITY_POLICY, HeaderValue, VARY},
};

use super::response::{Response, text, typed};
use crate::{LogEntry, Mirror, decision_log::EntryCause};

const STYLE: &str = "body{font:16px/1.5 sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse}\
    td,th{text-align:left;vertical-align:top;padding:.3em 1em .3em 0;border-bottom:1px solid #ccc}\
    .deny,.try-later{color:#a00}.warn{color:#960}.allow{color:#060}";

/// The text at the root.
pub(super) fn front() -> Response {
    text(
        StatusCode::OK,
        "a mirror of CPAN that hands out verified releases; its decisions are at /-/verdicts\n",
    )
}

/// The last decisions, the newest first.
pub(super) fn verdicts(mirror: &Mirror, as_page: bool) -> Response {
    let mut entries = mirror.log().last();
    entries.reverse();
    let mut response = if as_page {
        let lines: Vec<_> = entries.iter().map(|entry| &**entry).collect();
        typed(
            StatusCode::OK,
            "text/html; charset=utf-8",
            page(&lines).into(),
        )
    } else {
        let entries: Vec<_> = entries.iter().map(|entry| &**entry).collect();
        match serde_json::to_vec(&entries) {
            Ok(json) => typed(StatusCode::OK, "application/json", json.into()),
            Err(error) => {
                tracing::error!(%error, "cannot write the decisions as JSON");
                text(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "failed: cannot write the decisions as JSON\n",
                )
            }
        }
    };
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    response
}

fn page(entries: &[&LogEntry]) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Verdicts</title><style>{STYLE}</style>\
         <h1>Verdicts</h1>"
    );
    if entries.is_empty() {
        page.push_str("<p>No request yet.</p>");
        return page;
    }
    page.push_str("<table><tr><th>When<th>Release<th>Decision<th>Finding<th>Why</tr>");
    for entry in entries {
        let decision = entry.decision();
        // Writing to a string cannot fail.
        let _ = write!(
            page,
            "<tr><td>{}<td>{}<td class=\"{decision}\">{decision}<td>{}<td>{}</tr>",
            entry.at.strftime("%Y-%m-%d %H:%M:%S"),
            escaped(&entry.path),
            entry.code(),
            escaped(&why(entry)),
        );
    }
    page.push_str("</table>");
    page
}

fn why(entry: &LogEntry) -> String {
    let verdict = match &entry.cause {
        EntryCause::Mirror { found, .. } => return found.clone(),
        EntryCause::Gate(verdict) => verdict,
    };
    let mut why = Vec::new();
    why.extend(
        verdict
            .expected
            .as_ref()
            .map(|text| format!("expected {text}")),
    );
    why.extend(verdict.found.as_ref().map(|text| format!("found {text}")));
    if let (Decision::Allow, Some(signer)) = (verdict.decision, &verdict.signer) {
        why.push(format!("signed by {signer}"));
    }
    why.extend(verdict.reasons.iter().map(ToString::to_string));
    why.extend(verdict.hint.map(|hint| hint.to_string()));
    let path = entry.path.parse::<ReleasePath>().ok();
    why.extend(path.and_then(|path| verdict.pin(&path)));
    why.join("; ")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpan_sigstore_core::{
        digest::Sha256Digest, finding::Finding, hint::Hint, verdict::Verdict,
    };

    use crate::decision_log::Refusal;

    #[test]
    fn escapes_foreign_text_in_the_page() {
        let entry = LogEntry::refused(
            "2026-11-24T12:00:00Z".parse().unwrap(),
            "http://x/<script>alert(1)</script>".to_owned(),
            Refusal::Outside,
            "\"&'",
        );
        let page = page(&[&entry]);
        assert!(page.contains("http://x/&lt;script&gt;"));
        assert!(page.contains("&quot;&amp;'"));
        assert!(!page.contains("<script>"));
    }

    #[test]
    fn shows_the_line_of_the_policy_after_its_hint() {
        let verdict = Verdict {
            digest: Some(Sha256Digest::of(b"archive")),
            hint: Some(Hint::OtherRelease),
            ..Verdict::new(Finding::NameMismatch, Decision::Deny)
        };
        let path = "authors/id/M/MY/MYAUTHOR/Foo-2.03.tar.gz";
        let pin = verdict.pin(&path.parse().unwrap()).unwrap();
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let entry = LogEntry {
            at: now,
            path: path.to_owned(),
            exit: verdict.exit(),
            fault: None,
            left_out: false,
            cause: EntryCause::Gate(Box::new(verdict)),
        };
        let page = page(&[&entry]);
        assert!(
            page.contains(&format!("policy.toml; {}<", escaped(&pin))),
            "{page}"
        );
    }
}
