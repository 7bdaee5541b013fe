//! What is wrong with an archive, before it is signed.

use std::{fs, path::Path};

use cpan_sigstore_testkit::archive::{
    Entry, META_JSON, META_YML, entry, file, gzip, link, of_kind, release, tar, targz, with,
};
use serde_json::Value;
use tar::EntryType;
use tempfile::TempDir;

use crate::harness::{FILE, Ran, bare, names, sha256};

/// A release, whose modules have this mode, and more bytes behind it.
fn write(folder: &Path, name: &str, mode: u32, more: &[u8]) {
    let member = |path: &str, mode, content: &str| Entry {
        mode,
        ..file(&format!("Foo-Bar-1.02/{path}"), content)
    };
    let mut bytes = targz(&[
        member("META.json", 0o644, r#"{"name":"Foo-Bar","version":"1.02"}"#),
        member("lib/Foo/Bar.pm", mode, "1;\n"),
        member("Makefile.PL", mode, "1;\n"),
    ]);
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
fn reports_fit_archive_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FILE, 0o644, b"");
    let ran = run(&folder, &[FILE])
        .exits(0)
        .snapshot("check/reports_fit_archive_in_one_line");
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
fn reports_each_defect_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FILE, 0o666, b"trailing");
    let ran = run(&folder, &[FILE])
        .exits(14)
        .snapshot("check/reports_each_defect_with_its_remedy");
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
fn fixes_archive_and_reports_the_changes() {
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
    let ran = run(&folder, &["--fix", FILE])
        .exits(0)
        .snapshot("check/fixes_archive_and_reports_the_changes");
    assert!(ran.stdout.starts_with("fit: "), "{ran:#?}");
    assert!(ran.stdout.contains("write to 2 members"), "{ran:#?}");
    assert!(ran.stdout.contains("8 bytes after the end"), "{ran:#?}");
    // Once is enough.
    let ran = run(&folder, &["--fix", FILE]).exits(0);
    assert_eq!(ran.stdout, format!("fit: {FILE}\n"));
}

#[test]
fn changes_nothing_without_fix() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FILE, 0o666, b"trailing");
    let before = fs::read(folder.path().join(FILE)).unwrap();
    run(&folder, &[FILE]).exits(14);
    assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), before);
}

#[test]
fn reports_defects_that_it_cannot_fix() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), FILE, 0o666, b"\x1f\x8bno stream");
    let before = fs::read(folder.path().join(FILE)).unwrap();
    let ran = run(&folder, &["--fix", FILE])
        .exits(14)
        .snapshot("check/reports_defects_that_it_cannot_fix");
    assert!(ran.stderr.contains("nothing was repaired"), "{ran:#?}");
    assert!(ran.stdout.contains("archive-corrupt"), "{ran:#?}");
    assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), before);
}

#[test]
fn exits_by_the_worst_of_several_files() {
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
    run(&folder, &["missing-1.0.tar.gz", FILE])
        .exits(1)
        .snapshot("check/exits_by_the_worst_of_several_files");
}

#[test]
fn checks_destination_on_pause() {
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
    run(&folder, &args)
        .exits(2)
        .snapshot("check/checks_destination_on_pause");
    for refused in [["--author", "../x"], ["--subdirectory", "../x"]] {
        let name = format!("check/checks_destination_on_pause{}", refused[0]);
        run(&folder, &[refused[0], refused[1], FILE])
            .exits(2)
            .snapshot(&name);
    }
}

#[test]
fn escapes_control_characters_of_an_archive() {
    let folder = tempfile::tempdir().unwrap();
    let name = "Foo\u{1b}[2K-1.tar.gz";
    write(folder.path(), name, 0o644, b"");
    let ran = run(&folder, &[name])
        .exits(14)
        .snapshot("check/escapes_control_characters_of_an_archive");
    assert!(!ran.stdout.contains('\u{1b}'), "{ran:#?}");
}

/// Archives, each with one or more defects.
fn defective() -> Vec<(&'static str, Vec<u8>)> {
    let archive = |entry: Entry| targz(&with([entry]));
    let meta = |json: &str, yml: &str| {
        targz(&[
            file("Foo-Bar-1.02/META.json", json),
            file("Foo-Bar-1.02/META.yml", yml),
            file("Foo-Bar-1.02/lib/Foo/Bar.pm", "1;"),
        ])
    };
    let path = |name: &str| format!("Foo-Bar-1.02/{name}");
    let hidden = entry(&file(&path("META.json"), "{}"));
    vec![
        ("a-1.tar.gz", Vec::new()),
        ("b-1.tar.xz", targz(&release())),
        ("CHECKSUMS", targz(&release())),
        ("d.tar.gz", targz(&[file("d/d.pm", "1;")])),
        (
            "e-1.tar.gz",
            archive(Entry {
                size: Some((1 << 30) + 1),
                ..file(&path("x"), "")
            }),
        ),
        ("f-1.tar.gz", gzip(&[tar(&release()), hidden].concat())),
        ("g-1.tar.gz", archive(file("../x", ""))),
        (
            "h-1.tar.gz",
            archive(link(&path("x"), EntryType::Symlink, "/etc/passwd")),
        ),
        (
            "i-1.tar.gz",
            targz(&with([
                link(&path("t"), EntryType::Symlink, "lib"),
                file(&path("t/Evil.pm"), ""),
            ])),
        ),
        ("j-1.tar.gz", archive(of_kind(&path("x"), EntryType::Fifo))),
        ("k-1.tar.gz", archive(file(&path("lib/Foo/Bar.pm"), ""))),
        ("l-1.tar.gz", archive(file(&path("LIB/foo/Bar.pm"), ""))),
        ("m-1.tar.gz", archive(file("other/file", ""))),
        ("n-1.tar.gz", archive(file(&path("blib/lib/Foo.pm"), ""))),
        ("o-1.tar.gz", archive(file(&path("META6.json"), "{}"))),
        (
            "p-1.tar.gz",
            meta(META_JSON, &META_YML.replace("1.02", "1.03")),
        ),
        ("q-1.tar.gz", meta("{", META_YML)),
        ("r-1.tar.gz", meta("{}", "")),
        (
            "s-1.tar.gz",
            archive(Entry {
                size: Some(1 << 50),
                ..file(&path("x"), "")
            }),
        ),
        (
            "t-1.tar.gz",
            archive(of_kind("././@LongLink", EntryType::GNULongLink)),
        ),
        ("u-1.tar.gz", archive(file(&path("./x"), ""))),
        ("v-1.zip", b"PK\x05\x06".to_vec()),
    ]
}

#[test]
fn reports_every_defect() {
    let folder = tempfile::tempdir().unwrap();
    let archives = defective();
    for (name, bytes) in &archives {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let names: Vec<_> = archives.iter().map(|(name, _)| *name).collect();
    run(&folder, &names)
        .exits(14)
        .snapshot("check/reports_every_defect");
}
