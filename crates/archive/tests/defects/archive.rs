//! Shorthands for checking an archive.

use std::io::Cursor;

use cpan_sigstore_archive::{Defect, DefectReport, Destination, Preflight, Severity, preflight};
pub use cpan_sigstore_testkit::archive::{
    Entry, META_JSON, META_YML, NAME, bzip2, entry, file, gzip, link, of_kind, release, tar, targz,
    with,
};

pub fn look_as(bytes: &[u8], name: &str, destination: &Destination) -> Preflight {
    preflight(&mut Cursor::new(bytes), name, destination).unwrap()
}

pub fn look(bytes: &[u8]) -> Preflight {
    look_as(bytes, NAME, &Destination::default())
}

/// Asserts that there is exactly one defect, and returns it.
#[track_caller]
pub fn the_only(found: &Preflight, code: Defect, severity: Severity) -> DefectReport {
    let [defect] = found.defects.as_slice() else {
        panic!("{:#?}", found.defects);
    };
    assert_eq!(
        (defect.code, defect.severity),
        (code, severity),
        "{defect:#?}"
    );
    assert!(!defect.expected.is_empty() && !defect.found.is_empty());
    defect.clone()
}

/// Asserts that there is a defect with this code and severity.
#[track_caller]
pub fn has(found: &Preflight, code: Defect, severity: Severity) {
    let is_it = |defect: &DefectReport| defect.code == code && defect.severity == severity;
    assert!(found.defects.iter().any(is_it), "{:#?}", found.defects);
}
