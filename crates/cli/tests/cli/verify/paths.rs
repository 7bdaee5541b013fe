//! Paths that are not UTF-8.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use crate::{
    fixtures::author::distribution,
    harness::{AUTHOR, FILE, Ran, World},
};

/// An archive in a folder whose name is Latin-1.
fn archive(user: &World) -> PathBuf {
    let folder = Path::new(OsStr::from_bytes(b"Gr\xfc\xdfe"));
    fs::create_dir(user.folder.path().join(folder)).unwrap();
    let file = folder.join(FILE);
    let bytes = distribution("Foo-Bar", "1.02");
    fs::write(user.folder.path().join(&file), bytes).unwrap();
    file
}

#[test]
fn accepts_paths_that_are_not_utf8() {
    let user = World::new();
    let file = archive(&user);
    let mut bundle = file.clone().into_os_string();
    bundle.push(".sigstore.json");
    let ran = |args: &[&str], file: &OsStr, more: &[&str]| {
        Ran::of(user.command(args).arg(file).args(more).output().unwrap())
    };
    let shown = format!(r"$'Gr\xfc\xdfe/{FILE}'");
    let shown_bundle = format!(r"$'Gr\xfc\xdfe/{FILE}.sigstore.json'");

    let token = user.sandbox.token("author").unwrap();
    let sign = ["sign", "--json", "--identity-token", &token];
    let signed = ran(&sign, file.as_os_str(), &[]).exits(0).json();
    assert_eq!(signed["file"], shown.as_str());
    assert_eq!(signed["bundle"], shown_bundle.as_str());

    let issuer = user.issuer();
    let identity = [
        "--certificate-identity",
        AUTHOR,
        "--certificate-oidc-issuer",
        &issuer,
    ];
    for flags in [&identity[..], &["--author", "MYAUTHOR", "--offline"]] {
        let flags = [flags, &["--json"]].concat();
        let verified = ran(&["verify"], file.as_os_str(), &flags).exits(0).json();
        assert_eq!(verified["file"], shown.as_str());
    }
    ran(&["verify"], file.as_os_str(), &identity)
        .exits(0)
        .snapshot("verify/path-that-is-not-utf8");
    let none = ran(&["verify"], file.as_os_str(), &[]).exits(2);
    assert!(!none.stderr.contains("invalid UTF-8"), "{none:#?}");

    for (command, path) in [("check", file.as_os_str()), ("inspect", &bundle)] {
        let found = ran(&[command, "--json"], path, &[]).exits(0).json();
        let text = found["file"].as_str().or(found["bundle"].as_str());
        assert!(text.unwrap().starts_with(r"$'Gr\xfc\xdfe/"), "{found}");
    }
    let missing = Path::new(OsStr::from_bytes(b"\xff.tar.gz"));
    let failed = ran(&["check"], missing.as_os_str(), &[]).exits(1);
    assert!(failed.stderr.contains(r"$'\xff.tar.gz'"), "{failed:#?}");
}
