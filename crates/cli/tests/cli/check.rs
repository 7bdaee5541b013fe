//! What is wrong with an archive, before it is signed.

use std::{fs, path::Path};

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tar::{Builder, Header};
use tempfile::TempDir;

use crate::harness::{FILE, Ran, bare, names, sha256};

/// A release, whose modules have this mode, and more bytes behind it.
fn write(folder: &Path, name: &str, mode: u32, more: &[u8]) {
    let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let meta = r#"{"name":"Foo-Bar","version":"1.02"}"#;
    for (path, content) in [
        ("META.json", meta),
        ("lib/Foo/Bar.pm", "1;\n"),
        ("Makefile.PL", "1;\n"),
    ] {
        let mut header = Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(if path == "META.json" { 0o644 } else { mode });
        let path = format!("Foo-Bar-1.02/{path}");
        tar.append_data(&mut header, path, content.as_bytes())
            .unwrap();
    }
    let mut bytes = tar.into_inner().unwrap().finish().unwrap();
    bytes.extend_from_slice(more);
    fs::write(folder.join(name), bytes).unwrap();
}

fn run(folder: &TempDir, args: &[&str]) -> Ran {
    let all: Vec<_> = std::iter::once("check")
        .chain(args.iter().copied())
        .collect();
    Ran::of(bare(folder.path(), &all).output().unwrap())
}

fn codes(report: &Value) -> Vec<&str> {
    let defects = report["defects"].as_array().unwrap();
    defects
        .iter()
        .map(|defect| defect["code"].as_str().unwrap())
        .collect()
}

#[test]
fn a_fit_archive_takes_one_line() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FILE, 0o644, b"");
    let ran = run(&folder, &[FILE]).exits(0);
    assert_eq!(ran.stdout, format!("fit: {FILE}\n"));
    assert_eq!(ran.stderr, "");
    let report = run(&folder, &["--json", FILE]).exits(0).json();
    assert_eq!(report["finding"], "fit");
    assert_eq!(report["distribution"], "Foo-Bar");
    assert_eq!(report["version"], "1.02");
    assert_eq!(report["members"], 3);
    let bytes = fs::read(folder.path().join(FILE)).unwrap();
    let digest = format!("sha256:{}", hex::encode(sha256(&bytes)));
    assert_eq!(report["digest"], digest.as_str());
}

#[test]
fn each_defect_says_what_was_expected_found_and_is_to_be_done() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FILE, 0o666, b"trailing");
    let ran = run(&folder, &[FILE]).exits(14);
    let lines: Vec<_> = ran.stdout.lines().map(str::trim_start).collect();
    assert_eq!(lines[0], format!("unfit: {FILE}"));
    for start in ["error     trailing-bytes", "error     world-writable"] {
        let at = lines
            .iter()
            .position(|line| line.starts_with(start))
            .unwrap();
        assert!(lines[at + 1].starts_with("expected  "), "{ran:#?}");
        assert!(lines[at + 2].starts_with("found     "), "{ran:#?}");
        assert!(
            lines[at + 3..]
                .iter()
                .any(|line| line.starts_with("do        "))
        );
    }
    assert!(
        ran.stdout
            .contains("members   2: Foo-Bar-1.02/lib/Foo/Bar.pm")
    );
}

#[test]
fn repairing_says_what_it_did_and_the_archive_is_fit() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FILE, 0o666, b"trailing");
    let before = fs::read(folder.path().join(FILE)).unwrap();
    let report = run(&folder, &["--fix", "--json", FILE]).exits(0).json();
    assert_eq!(report["finding"], "fit");
    assert_eq!(report["fixed"]["permissions"], 2);
    assert_eq!(report["fixed"]["stripped"], 8);
    let digest = |bytes: &[u8]| format!("sha256:{}", hex::encode(sha256(bytes)));
    assert_eq!(report["fixed"]["old-digest"], digest(&before).as_str());
    let after = fs::read(folder.path().join(FILE)).unwrap();
    assert_eq!(report["fixed"]["new-digest"], digest(&after).as_str());
    assert_eq!(report["digest"], report["fixed"]["new-digest"]);
    assert_eq!(names(folder.path()), [FILE]);

    write(folder.path(), FILE, 0o666, b"trailing");
    let ran = run(&folder, &["--fix", FILE]).exits(0);
    assert!(ran.stdout.starts_with("fit: "), "{ran:#?}");
    assert!(ran.stdout.contains("write to 2 members"), "{ran:#?}");
    assert!(ran.stdout.contains("8 bytes after the end"), "{ran:#?}");
    // Once is enough.
    let ran = run(&folder, &["--fix", FILE]).exits(0);
    assert_eq!(ran.stdout, format!("fit: {FILE}\n"));
}

#[test]
fn without_being_asked_nothing_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FILE, 0o666, b"trailing");
    let before = fs::read(folder.path().join(FILE)).unwrap();
    run(&folder, &[FILE]).exits(14);
    assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), before);
}

#[test]
fn what_cannot_be_repaired_is_said() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FILE, 0o666, b"\x1f\x8bno stream");
    let before = fs::read(folder.path().join(FILE)).unwrap();
    let ran = run(&folder, &["--fix", FILE]).exits(14);
    assert!(ran.stderr.contains("nothing was repaired"), "{ran:#?}");
    assert!(ran.stdout.contains("archive-corrupt"), "{ran:#?}");
    assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), before);
}

#[test]
fn the_worst_of_several_files_decides() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FILE, 0o644, b"");
    write(folder.path(), "Foo-Bar-1.03.tar.gz", 0o644, b"");
    let ran = run(
        &folder,
        &["--json", "Foo-Bar-1.03.tar.gz", "missing-1.0.tar.gz", FILE],
    )
    .exits(14);
    let reports: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(codes(&reports[0]), ["name-mismatch", "top-folder-name"]);
    assert_eq!(reports[1]["finding"], "fit");
    assert!(ran.stderr.contains("missing-1.0.tar.gz"), "{ran:#?}");
    run(&folder, &["missing-1.0.tar.gz", FILE]).exits(1);
}

#[test]
fn where_it_will_be_on_pause_is_looked_at_too() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FILE, 0o644, b"");
    let deep = "sub/".repeat(49);
    let args = [
        "--json",
        "--author",
        "timlegge",
        "--subdirectory",
        &deep,
        FILE,
    ];
    assert_eq!(codes(&run(&folder, &args).exits(0).json()), [""; 0]);
    let deeper = format!("{}folder", deep);
    let args = [
        "--json",
        "--author",
        "TIMLEGGE",
        "--subdirectory",
        &deeper,
        FILE,
    ];
    run(&folder, &args).exits(2);
    for refused in [["--author", "../x"], ["--subdirectory", "../x"]] {
        run(&folder, &[refused[0], refused[1], FILE]).exits(2);
    }
}

#[test]
fn text_of_an_archive_cannot_move_the_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let name = "Foo\u{1b}[2K-1.tar.gz";
    write(folder.path(), name, 0o644, b"");
    let ran = run(&folder, &[name]).exits(14);
    assert!(!ran.stdout.contains('\u{1b}'), "{ran:#?}");
}
