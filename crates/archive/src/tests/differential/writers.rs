//! What common programs write is accepted, and all programs unpack it alike.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use tempfile::TempDir;

use super::{
    Run,
    readers::{TAR, ZIP},
    tree::{seen_tar, seen_zip},
};

/// A release as a folder.
fn release() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().join("Foo-Bar-1.02");
    fs::create_dir_all(top.join("lib/Foo")).unwrap();
    fs::create_dir_all(top.join("t")).unwrap();
    for (path, content) in [
        ("META.json", "{}"),
        ("Makefile.PL", "use strict;\n"),
        ("lib/Foo/Bar.pm", "package Foo::Bar;\n1;\n"),
        ("t/empty", ""),
    ] {
        fs::write(top.join(path), content).unwrap();
    }
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(top.join("Makefile.PL"), executable).unwrap();
    symlink("Foo/Bar.pm", top.join("lib/link")).unwrap();
    folder
}

fn run(folder: &Path, command: &[&str]) {
    let output = Command::new(command[0])
        .args(&command[1..])
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

#[test]
fn accepts_what_common_programs_write_as_tar() {
    let folder = release();
    let top = folder.path().join("Foo-Bar-1.02");
    let deep = format!("t/{}", "long-folder/".repeat(7));
    let perl = "use Archive::Tar; use File::Find; my @f; find({ no_chdir => 1, wanted => sub { push @f, $_ } }, 'Foo-Bar-1.02'); my $t = Archive::Tar->new; $t->add_files(@f); $t->write('a.tar') or die $t->error";
    let git = "cd Foo-Bar-1.02 && git init -q && git add . && git -c user.name=a -c user.email=a@example.org commit -qm x && git archive --prefix=Foo-Bar-1.02/ -o ../a.tar HEAD && rm -rf .git";
    let mut writers: Vec<(&str, Vec<&str>)> = vec![
        ("archive-tar", vec!["perl", "-e", perl]),
        ("git", vec!["sh", "-c", git]),
    ];
    for format in ["v7", "oldgnu", "gnu", "ustar", "posix"] {
        writers.push((
            format,
            vec!["tar", "--format", format, "-cf", "a.tar", "Foo-Bar-1.02"],
        ));
    }
    for format in ["ustar", "pax", "gnutar"] {
        writers.push((
            format,
            vec!["bsdtar", "--format", format, "-cf", "a.tar", "Foo-Bar-1.02"],
        ));
    }
    let mut run_of_all = Run::new();
    let mut check = |writers: &[(&str, Vec<&str>)]| {
        for (name, command) in writers {
            run(folder.path(), command);
            let bytes = fs::read(folder.path().join("a.tar")).unwrap();
            let seen = seen_tar(&bytes);
            let seen = seen.unwrap_or_else(|defects| panic!("{command:?}: {defects}"));
            run_of_all.compare(name, &bytes, &seen, TAR);
        }
    };
    check(&writers);
    // A path that fits into prefix and name. The oldest format has no prefix; GNU tar's POSIX format uses a pax header
    // instead, which Archive::Tar does not read.
    fs::create_dir_all(top.join(&deep)).unwrap();
    fs::write(top.join(&deep).join("file-with-a-long-name"), "x").unwrap();
    writers.retain(|(name, _)| !matches!(*name, "v7" | "posix"));
    check(&writers);
    // A hard link, which Archive::Tar and git write as a file.
    fs::hard_link(top.join("META.json"), top.join("hard")).unwrap();
    check(&writers);
    // A part that does not fit into the name, which only GNU tar's own format and Archive::Tar can tell everybody.
    fs::write(top.join("n".repeat(120)), "x").unwrap();
    writers.retain(|(name, _)| matches!(*name, "archive-tar" | "gnu" | "oldgnu" | "gnutar"));
    check(&writers);
    run_of_all.finish("archives of common programs");
}

#[test]
fn accepts_what_common_programs_write_as_zip() {
    let folder = release();
    let archive_zip = "use Archive::Zip qw(:CONSTANTS); my $z = Archive::Zip->new; $z->addTree('Foo-Bar-1.02', 'Foo-Bar-1.02'); $z->writeToFileNamed('a.zip') == AZ_OK or die";
    let compress = "use IO::Compress::Zip qw(zip $ZipError); zip ['Foo-Bar-1.02/META.json'] => 'a.zip', Minimal => 0 or die $ZipError";
    let mut run_of_all = Run::new();
    for (name, command) in [
        ("zip", &["zip", "-qr", "a.zip", "Foo-Bar-1.02"][..]),
        ("zip-links", &["zip", "-qry", "a.zip", "Foo-Bar-1.02"]),
        ("zip-stored", &["zip", "-qr0X", "a.zip", "Foo-Bar-1.02"]),
        ("archive-zip", &["perl", "-e", archive_zip]),
        ("io-compress", &["perl", "-e", compress]),
        (
            "git",
            &[
                "sh",
                "-c",
                "cd Foo-Bar-1.02 && git init -q && git add . && git -c user.name=a -c user.email=a@example.org commit -qm x && git archive --prefix=Foo-Bar-1.02/ -o ../a.zip HEAD && rm -rf .git",
            ],
        ),
    ] {
        let archive = folder.path().join("a.zip");
        if archive.exists() {
            fs::remove_file(&archive).unwrap();
        }
        run(folder.path(), command);
        let bytes = fs::read(&archive).unwrap();
        let seen = seen_zip(&bytes);
        let seen = seen.unwrap_or_else(|defects| panic!("{name}: {defects}"));
        run_of_all.compare(name, &bytes, &seen, ZIP);
    }
    run_of_all.finish("archives of common programs");
}
