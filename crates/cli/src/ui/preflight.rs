//! The defects of an archive, for people and for machines.

use std::path::Path;

use cpan_sigstore_archive::{
    DefectReport, Destination, Preflight, Severity, fix::Repair, preflight_file,
};
use cpan_sigstore_core::{
    digest::Sha256Digest,
    finding::Exit,
    text::{count, shown_path},
};
use serde::Serialize;

use crate::{
    error::CommandError,
    ui::{
        Terminal, Tone,
        defect_text::{DefectJson, remedy},
    },
};

/// What `check --json` prints of a file.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report<'a> {
    file: &'a str,
    finding: &'static str,
    exit: u8,
    digest: Sha256Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    developer_release: bool,
    members: u64,
    unpacked: u64,
    defects: Vec<DefectJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<&'a Repair>,
}

/// Checks an archive before it is signed; the command may continue if [`Preflight::is_fit`] says so. An unfit
/// one is the result of the command, and printed as such; the warnings of a fit one are printed beside it.
///
/// # Errors
/// Where the file cannot be read.
pub fn look(
    path: &Path,
    destination: &Destination,
    terminal: &Terminal,
    json: bool,
) -> Result<Preflight, CommandError> {
    let found = preflight_file(path, destination).map_err(CommandError::read(path))?;
    if !found.is_fit() {
        print(&shown_path(path), &found, None, terminal, json);
        return Ok(found);
    }
    for defect in &found.defects {
        let DefectReport {
            code,
            expected,
            found,
            ..
        } = defect;
        let remedy = remedy(defect);
        terminal.warning(&format!(
            "{code}: expected {expected}, found {found}; {remedy}"
        ));
    }
    Ok(found)
}

/// The exit code of these defects.
pub fn exit(found: &Preflight) -> Exit {
    if found.is_fit() {
        Exit::Success
    } else {
        Exit::Archive
    }
}

/// Prints the defects, after the repairs: one line with the result and what is wrong under it,
/// or one JSON object.
pub fn print(
    file: &str,
    found: &Preflight,
    fixed: Option<&Repair>,
    terminal: &Terminal,
    json: bool,
) {
    if json {
        terminal.json(&Report {
            file,
            finding: word(found),
            exit: exit(found) as u8,
            digest: found.digest,
            distribution: found.release.as_ref().map(|name| name.distribution()),
            version: found.release.as_ref().and_then(|name| name.version()),
            developer_release: found
                .release
                .as_ref()
                .is_some_and(|name| name.is_developer_release()),
            members: found.members,
            unpacked: found.unpacked,
            defects: found.defects.iter().map(DefectJson).collect(),
            fixed,
        });
        return;
    }
    let tone = match word(found) {
        "fit" => Tone::Good,
        "fit-with-warnings" => Tone::Careful,
        _ => Tone::Bad,
    };
    terminal.headline(tone, word(found), file);
    if let Some(fixed) = fixed {
        repaired(fixed, terminal);
    }
    for defect in &found.defects {
        lines(defect, terminal);
    }
}

/// The result in a word.
fn word(found: &Preflight) -> &'static str {
    match (found.is_fit(), found.defects.is_empty()) {
        (true, true) => "fit",
        (true, false) => "fit-with-warnings",
        (false, _) => "unfit",
    }
}

fn repaired(fixed: &Repair, terminal: &Terminal) {
    if fixed.permissions > 0 {
        let text = format!(
            "only owner and group may write to {} now",
            count(fixed.permissions, "member")
        );
        terminal.field("fixed", &text);
    }
    if fixed.stripped > 0 {
        let text = format!("cut off {} after the end", count(fixed.stripped, "byte"));
        terminal.field("fixed", &text);
    }
    terminal.field("before", &fixed.old_digest.to_string());
    terminal.field("now", &fixed.new_digest.to_string());
}

fn lines(defect: &DefectReport, terminal: &Terminal) {
    let label = match defect.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    terminal.field(label, defect.code.as_str());
    terminal.field("expected", &defect.expected);
    terminal.field("found", &defect.found);
    if defect.count > 1 {
        let more = if defect.count > defect.members.len() as u64 {
            ", …"
        } else {
            ""
        };
        let text = format!("{}: {}{more}", defect.count, defect.members.join(", "));
        terminal.field("members", &text);
    }
    terminal.field("do", remedy(defect));
}
