//! The files by which installers find distributions.

use std::io::{Cursor, Read, Write};

use crate::harness::{AUTHOR, HOME, STRANGER, Uploader, distribution, form, gzip, tar};

const PACKAGES: &str = "/modules/02packages.details.txt";
const PERMISSIONS: &str = "/modules/06perms.txt";

/// Returns the lines after the head of an index, which ends with an empty line.
fn body(text: &str) -> Vec<String> {
    let (_, body) = text.split_once("\n\n").unwrap();
    body.lines().map(str::to_owned).collect()
}

/// Returns the columns of `02packages.details.txt`.
async fn packages(uploader: &Uploader) -> Vec<[String; 3]> {
    let lines = body(&uploader.text(PACKAGES).await);
    let columns = lines.iter().map(|line| {
        let columns: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        columns.try_into().unwrap()
    });
    columns.collect()
}

fn row(name: &str, version: &str, path: &str) -> [String; 3] {
    [name, version, path].map(str::to_owned)
}

async fn upload_as_stranger(uploader: &Uploader, name: &str, bytes: &[u8]) {
    let sent = form(STRANGER, name, bytes);
    uploader
        .send("?ACTION=add_uri", STRANGER, sent)
        .await
        .succeeded();
}

/// Returns an archive of `Foo-1.0` with one more file beside its module.
fn with(path: &str, content: &str) -> Vec<u8> {
    let path = format!("Foo-1.0/{path}");
    gzip(&tar(&[
        (
            "Foo-1.0/lib/Foo.pm",
            0o644,
            "package Foo;\nour $VERSION = '1.0';\n",
        ),
        (&path, 0o644, content),
    ]))
}

#[tokio::test]
async fn writes_eight_header_lines_and_sorts_without_case() {
    let uploader = Uploader::new();
    let bytes = gzip(&tar(&[
        ("Z-1/lib/zeta.pm", 0o644, "package zeta;"),
        ("Z-1/lib/Alpha.pm", 0o644, "package Alpha 0.5;"),
        (
            "Z-1/lib/Yet.pm",
            0o644,
            "package Yet;\nour $VERSION = 'v1.2.3';",
        ),
    ]));
    uploader.upload("Z-1.tar.gz", &bytes).await.succeeded();
    let text = uploader.text(PACKAGES).await;
    let (head, _) = text.split_once("\n\n").unwrap();
    let keys: Vec<_> = head
        .lines()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    let expected = [
        "File",
        "URL",
        "Description",
        "Columns",
        "Intended-For",
        "Written-By",
        "Line-Count",
        "Last-Updated",
    ];
    assert_eq!(keys, expected);
    assert!(head.contains("\nLine-Count:   3\n"), "{head}");
    let path = format!("{HOME}/Z-1.tar.gz");
    assert_eq!(
        packages(&uploader).await,
        [
            row("Alpha", "0.5", &path),
            row("Yet", "v1.2.3", &path),
            row("zeta", "undef", &path)
        ]
    );
    let (_, packed) = uploader.get(&format!("{PACKAGES}.gz")).await;
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(packed.as_slice())
        .read_to_string(&mut unpacked)
        .unwrap();
    assert_eq!(body(&unpacked), body(&text));
}

#[tokio::test]
async fn prefers_packages_in_meta_to_those_in_modules() {
    let uploader = Uploader::new();
    let meta = r#"{"provides":{"Foo::Api":{"file":"lib/Foo.pm","version":"2.5"},"Foo::None":{"file":"x"}}}"#;
    uploader
        .upload("Foo-1.0.tar.gz", &with("META.json", meta))
        .await
        .succeeded();
    let path = format!("{HOME}/Foo-1.0.tar.gz");
    assert_eq!(
        packages(&uploader).await,
        [
            row("Foo::Api", "2.5", &path),
            row("Foo::None", "undef", &path)
        ]
    );
}

#[tokio::test]
async fn indexes_zip_archives() {
    let uploader = Uploader::new();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("Foo-1.0/lib/Foo.pm", options).unwrap();
    zip.write_all(b"package Foo;\nour $VERSION = '1.0';\n")
        .unwrap();
    let bytes = zip.finish().unwrap().into_inner();
    uploader.upload("Foo-1.0.zip", &bytes).await.succeeded();
    assert_eq!(
        packages(&uploader).await,
        [row("Foo", "1.0", &format!("{HOME}/Foo-1.0.zip"))]
    );
}

#[tokio::test]
async fn publishes_developer_releases_without_indexing_them() {
    let uploader = Uploader::new();
    let good = with("README", "");
    let no_index = r#"{"no_index":{"directory":["lib"]}}"#;
    let two_folders = gzip(&tar(&[
        ("A/Foo.pm", 0o644, "package Foo;"),
        ("B/x", 0o644, ""),
    ]));
    for (name, bytes) in [
        ("Foo-1.0_01.tar.gz", &good),
        ("Foo-1.0-TRIAL.tar.gz", &good),
        (
            "Foo-1.1.tar.gz",
            &with("META.json", r#"{"release_status":"testing"}"#),
        ),
        ("Foo-1.2.tar.gz", &with("META.json", no_index)),
        ("Foo-1.3.tar.gz", &with("blib/lib/Foo.pm", "package Foo;")),
        ("Foo-1.4.tar.gz", &two_folders),
    ] {
        uploader.upload(name, bytes).await.succeeded();
    }
    assert_eq!(uploader.published().len(), 6);
    assert!(packages(&uploader).await.is_empty());
    let bytes = with("t/lib/Test.pm", "package Test;");
    uploader.upload("Foo-1.5.tar.gz", &bytes).await.succeeded();
    assert_eq!(packages(&uploader).await.len(), 1);
}

#[tokio::test]
async fn indexes_a_package_only_for_its_first_author() {
    let uploader = Uploader::new();
    uploader
        .upload("Foo-Bar-1.02.tar.gz", &distribution("1.02"))
        .await
        .succeeded();
    upload_as_stranger(&uploader, "Foo-Bar-9.99.tar.gz", &distribution("9.99")).await;
    let strangers = "S/ST/STRANGER/Foo-Bar-9.99.tar.gz";
    assert!(uploader.sandbox.pause.file(strangers).is_some());
    let path = format!("{HOME}/Foo-Bar-1.02.tar.gz");
    assert_eq!(packages(&uploader).await, [row("Foo::Bar", "1.02", &path)]);

    let text = uploader.text(PERMISSIONS).await;
    assert_eq!(body(&text), [format!("Foo::Bar,{AUTHOR},f")]);
    assert!(
        text.contains("Columns:     package,userid,best-permission\nLine-Count:  1\n"),
        "{text}"
    );
}

#[tokio::test]
async fn keeps_a_higher_version_in_the_index() {
    let uploader = Uploader::new();
    for version in ["1.10", "1.9", "1.02"] {
        let name = format!("Foo-Bar-{version}.tar.gz");
        uploader
            .upload(&name, &distribution(version))
            .await
            .succeeded();
    }
    let path = format!("{HOME}/Foo-Bar-1.9.tar.gz");
    assert_eq!(packages(&uploader).await, [row("Foo::Bar", "1.9", &path)]);
}

#[tokio::test]
async fn serves_authors_and_module_list_as_clients_expect() {
    let uploader = Uploader::new();
    let (status, packed) = uploader.get("/authors/01mailrc.txt.gz").await;
    assert_eq!(status, 200);
    let mut authors = String::new();
    flate2::read::GzDecoder::new(packed.as_slice())
        .read_to_string(&mut authors)
        .unwrap();
    let lines: Vec<_> = authors.lines().collect();
    assert_eq!(
        lines,
        [
            "alias MYAUTHOR   \"MYAUTHOR <CENSORED>\"",
            "alias STRANGER   \"STRANGER <CENSORED>\""
        ]
    );
    let list = uploader.text("/modules/03modlist.data").await;
    assert!(list.contains("\n\npackage CPAN::Modulelist;\n"), "{list}");
    for name in [
        "/modules/02packages.details.txt.gz.gz",
        "/modules/nothing",
        "/authors/nothing",
    ] {
        assert_eq!(uploader.get(name).await.0, 404, "{name}");
    }
}
