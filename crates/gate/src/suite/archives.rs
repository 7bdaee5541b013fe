//! Archives: their form, and what META and the top folder state.

use std::io::Cursor;

use cpan_sigstore_archive::{Destination, preflight};
use serde_json::{Value, json};

use super::bundles::bytes;
use crate::assess::ArchiveAssessment;

pub(super) fn answer(case: &Value) -> Value {
    let mut archive = Cursor::new(bytes(&case["archive"]));
    let file = case["file"].as_str().unwrap();
    let preflight = preflight(&mut archive, file, &Destination::default()).unwrap();
    let finding = match ArchiveAssessment::of(&preflight) {
        ArchiveAssessment::Fits => "trusted",
        ArchiveAssessment::Finding { finding, .. } => finding.code(),
    };
    json!({ "finding": finding })
}
