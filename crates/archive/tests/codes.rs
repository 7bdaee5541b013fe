//! One page for each finding, cause and defect in `docs/codes`. The head of a page comes from the code, the text
//! below it is written by hand. `UPDATE_CODES=1` writes the heads and the list of all pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use cpan_sigstore_archive::Defect;
use cpan_sigstore_core::{
    cause::Cause, decision::Decision, finding::Finding, page::CODES, policy::Policy,
    reason::Reason, release::ReleasePath,
};

/// The line that ends the head of a page.
const MARKER: &str = "<!-- Written by hand from here on. -->";

/// The kinds of codes, in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Finding,
    Cause,
    Defect,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Finding, Self::Cause, Self::Defect];

    const fn heading(self) -> &'static str {
        match self {
            Self::Finding => "## Findings\n\nA finding is the result for a release or a file.\n",
            Self::Cause => {
                "## Causes\n\nA cause says why a bundle proves nothing. The finding is then \
                 [`signature-invalid`](signature-invalid.md), with exit code 11.\n"
            }
            Self::Defect => {
                "## Defects\n\nA defect is something that `cpan-sigstore check` finds in an archive before it is \
                 signed. A defect that is an error gives exit code 14; warnings give 0.\n"
            }
        }
    }
}

/// The part of a page that comes from the code.
struct Head {
    kind: Kind,
    summary: &'static str,
    table: String,
}

impl Head {
    fn new(kind: Kind, summary: &'static str, rows: &[(&str, String)]) -> Self {
        let mut table = String::from("| | |\n|---|---|\n");
        for (name, value) in [("summary", summary.to_owned())].iter().chain(rows) {
            writeln!(table, "| {name} | {value} |").unwrap();
        }
        Self {
            kind,
            summary,
            table,
        }
    }
}

/// The heads of each code; a code can be a finding and a defect.
fn heads() -> BTreeMap<&'static str, Vec<Head>> {
    let mut heads: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for &finding in Finding::ALL {
        let head = finding_head(finding);
        heads.entry(finding.code()).or_default().push(head);
    }
    for cause in Cause::ALL {
        let key = match cause {
            Cause::OldFormat => "`allow-old-format`",
            _ => "none",
        };
        let head = Head::new(
            Kind::Cause,
            cause.summary(),
            &[
                (
                    "kind",
                    "cause of [`signature-invalid`](signature-invalid.md)".to_owned(),
                ),
                (
                    "exit code",
                    (Finding::SignatureInvalid(*cause).exit() as u8).to_string(),
                ),
                ("default decision", "deny".to_owned()),
                ("policy key", key.to_owned()),
            ],
        );
        heads.entry(cause.code()).or_default().push(head);
    }
    for defect in Defect::ALL {
        let head = Head::new(
            Kind::Defect,
            defect.summary(),
            &[
                ("kind", "defect of an archive".to_owned()),
                (
                    "exit code of `check`",
                    "14 for an error, 0 for a warning".to_owned(),
                ),
            ],
        );
        heads.entry(defect.as_str()).or_default().push(head);
    }
    heads
}

fn finding_head(finding: Finding) -> Head {
    let path: ReleasePath = "authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz"
        .parse()
        .unwrap();
    let rule = Policy::default().rule(&path);
    let decision = rule.decide(finding);
    // A finding that no key loosens is decided in the same way under every policy.
    let key = match rule.reason(finding) {
        Reason::PolicyKey { key, .. } => format!("[`{key}`](../install/policy.md)"),
        _ => "none".to_owned(),
    };
    let exit = match decision {
        Decision::Allow => "0".to_owned(),
        Decision::Warn => format!("0, or {} if your policy denies it", finding.exit() as u8),
        Decision::Deny | Decision::TryLater => (finding.exit() as u8).to_string(),
    };
    Head::new(
        Kind::Finding,
        finding.summary(),
        &[
            ("kind", "finding".to_owned()),
            ("exit code", exit),
            ("default decision", decision.code().to_owned()),
            ("policy key", key),
        ],
    )
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/codes")
}

/// The part of a page that is written by hand.
fn written(code: &str) -> String {
    let page = fs::read_to_string(folder().join(format!("{code}.md")))
        .unwrap_or_else(|_| panic!("no page for {code}"));
    let (_, written) = page.split_once(MARKER).expect("the marker");
    for part in ["## Meaning", "## Usual causes", "## Next steps"] {
        assert!(written.contains(part), "no {part} in the page of {code}");
    }
    written.trim_start().to_owned()
}

/// All pages by name, as they should be.
fn pages() -> BTreeMap<String, String> {
    let heads = heads();
    let mut pages = BTreeMap::new();
    let mut list = String::from(
        "# Codes\n\nEach finding, cause and defect has a stable code and a page. Codes are in errors, in `--json` and \
         in the [exit codes](../reference/exit-codes.md). They never change their meaning.\n",
    );
    for kind in Kind::ALL {
        write!(
            list,
            "\n{}\n| code | summary |\n|---|---|\n",
            kind.heading()
        )
        .unwrap();
        for (code, heads) in &heads {
            for head in heads.iter().filter(|head| head.kind == kind) {
                writeln!(list, "| [`{code}`]({code}.md) | {} |", head.summary).unwrap();
            }
        }
    }
    pages.insert("README.md".to_owned(), list);
    for (code, heads) in heads {
        let tables: Vec<_> = heads.into_iter().map(|head| head.table).collect();
        let page = format!(
            "# `{code}`\n\n{}\n{MARKER}\n\n{}",
            tables.join("\n"),
            written(code)
        );
        pages.insert(format!("{code}.md"), page);
    }
    pages
}

#[test]
fn addresses_of_pages_lead_to_the_folder() {
    assert_eq!(CODES, "docs/codes/");
    for page in Finding::ALL.iter().map(|finding| finding.page()) {
        let (_, name) = page.rsplit_once('/').unwrap();
        assert!(folder().join(name).exists(), "no {name}");
    }
}

#[test]
fn every_code_has_a_page_that_is_up_to_date() {
    let mut stale = Vec::new();
    let pages = pages();
    for (name, page) in &pages {
        let path = folder().join(name);
        if fs::read_to_string(&path).ok().as_ref() == Some(page) {
            continue;
        }
        if std::env::var_os("UPDATE_CODES").is_some() {
            fs::write(&path, page).unwrap();
        } else {
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "run it with UPDATE_CODES=1: {stale:?}");
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(pages.contains_key(&name), "no code for {name}");
    }
}
