//! `/-/verdicts`, for machines and for people.

use std::fmt::Write as _;

use cpan_sigstore_core::{decision::Decision, text::printable};
use hyper::{
    StatusCode,
    header::{CONTENT_SECURITY_POLICY, HeaderValue, VARY},
};

use super::answer::{Response, text, typed};
use crate::{Mirror, Record, record::Ruling};

const STYLE: &str = "body{font:16px/1.5 sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse}\
    td,th{text-align:left;vertical-align:top;padding:.3em 1em .3em 0;border-bottom:1px solid #ccc}\
    .deny,.try-later{color:#a00}.warn{color:#960}.allow{color:#060}";

/// What stands at the root.
pub(super) fn front() -> Response {
    text(
        StatusCode::OK,
        "a mirror of CPAN that hands out what is known to be its authors'; what it decided is at /-/verdicts\n",
    )
}

/// The last decisions, the newest first.
pub(super) fn verdicts(mirror: &Mirror, as_page: bool) -> Response {
    let mut records = mirror.records().last();
    records.reverse();
    let mut answer = if as_page {
        let lines: Vec<_> = records.iter().map(|record| &**record).collect();
        typed(
            StatusCode::OK,
            "text/html; charset=utf-8",
            page(&lines).into(),
        )
    } else {
        let records: Vec<_> = records.iter().map(|record| &**record).collect();
        match serde_json::to_vec(&records) {
            Ok(json) => typed(StatusCode::OK, "application/json", json.into()),
            Err(error) => {
                tracing::error!(%error, "the decisions cannot be written as JSON");
                text(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "failed: no JSON can be made of the decisions\n",
                )
            }
        }
    };
    let headers = answer.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    answer
}

fn page(records: &[&Record]) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Verdicts</title><style>{STYLE}</style>\
         <h1>Verdicts</h1>"
    );
    if records.is_empty() {
        page.push_str("<p>Nothing was asked for yet.</p>");
        return page;
    }
    page.push_str("<table><tr><th>When<th>Release<th>Decision<th>Finding<th>Why</tr>");
    for record in records {
        let decision = record.decision();
        // A text takes all that is written to it.
        let _ = write!(
            page,
            "<tr><td>{}<td>{}<td class=\"{decision}\">{decision}<td>{}<td>{}</tr>",
            record.at.strftime("%Y-%m-%d %H:%M:%S"),
            escaped(&record.path),
            record.code(),
            escaped(&why(record)),
        );
    }
    page.push_str("</table>");
    page
}

fn why(record: &Record) -> String {
    let verdict = match &record.ruling {
        Ruling::Mirror { found, .. } => return found.clone(),
        Ruling::Gate(verdict) => verdict,
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
    use crate::record::Refusal;

    #[test]
    fn nothing_from_outside_becomes_part_of_the_page() {
        let record = Record::refused(
            "2026-11-24T12:00:00Z".parse().unwrap(),
            "http://x/<script>alert(1)</script>".to_owned(),
            Refusal::Outside,
            "\"&'",
        );
        let page = page(&[&record]);
        assert!(page.contains("http://x/&lt;script&gt;"));
        assert!(page.contains("&quot;&amp;'"));
        assert!(!page.contains("<script>"));
    }
}
