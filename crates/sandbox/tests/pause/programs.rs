//! Today's programs of authors and users.

use std::fs;
use std::process::{Command, Output, Stdio};

use crate::harness::{ARCHIVE, AUTHOR, HOME, Uploader, distribution, gzip, tar};
use cpan_sigstore_sandbox::pause::PauseMisbehaviour;
use tempfile::TempDir;

/// Returns a program whose home has only the `~/.pause` of its user.
fn at_home(uploader: &Uploader, program: &str) -> (TempDir, Command) {
    let home = tempfile::tempdir().unwrap();
    fs::copy(
        uploader.sandbox.dot_pause_path(AUTHOR),
        home.path().join(".pause"),
    )
    .unwrap();
    let mut command = Command::new(program);
    command
        .current_dir(home.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .envs(uploader.sandbox.env());
    (home, command)
}

fn said(output: &Output) -> String {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}

fn cpan_upload(uploader: &Uploader, arguments: &[&str]) -> (bool, String) {
    let (home, mut command) = at_home(uploader, "cpan-upload");
    fs::write(home.path().join(ARCHIVE), distribution("1.02")).unwrap();
    let output = command.args(arguments).arg(ARCHIVE).output().unwrap();
    (output.status.success(), said(&output))
}

#[test]
fn accepts_an_upload_by_cpan_upload_once() {
    let uploader = Uploader::new();
    let (succeeded, said) = cpan_upload(&uploader, &["--directory", "sub"]);
    assert!(succeeded, "{said}");
    let path = format!("{HOME}/sub/{ARCHIVE}");
    assert_eq!(uploader.published(), [path.as_str()]);
    assert_eq!(
        uploader.sandbox.pause.file(&path),
        Some(distribution("1.02"))
    );

    let (succeeded, said) = cpan_upload(&uploader, &[]);
    assert!(!succeeded, "{said}");
    assert!(
        said.contains("request failed with error code 409"),
        "{said}"
    );
}

#[test]
fn serves_installations_by_cpanm() {
    let uploader = Uploader::new();
    let makefile = "use ExtUtils::MakeMaker;\nWriteMakefile(NAME => 'Foo::Bar', VERSION_FROM => 'lib/Foo/Bar.pm');\n";
    let module = "package Foo::Bar;\nour $VERSION = '1.02';\n1;\n";
    let bytes = gzip(&tar(&[
        ("Foo-Bar-1.02/Makefile.PL", 0o644, makefile),
        ("Foo-Bar-1.02/lib/Foo/Bar.pm", 0o644, module),
    ]));
    uploader.sandbox.pause.publish(AUTHOR, ARCHIVE, bytes);
    let cpan = uploader.sandbox.services.cpan.url();

    let (_home, mut command) = at_home(&uploader, "cpanm");
    let output = command
        .args(["--from", cpan, "--info", "Foo::Bar"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("{AUTHOR}/{ARCHIVE}\n")
    );

    let (home, mut command) = at_home(&uploader, "cpanm");
    let base = format!("INSTALL_BASE={}", home.path().join("base").display());
    let output = command
        .args(["--from", cpan, "--notest", "Foo::Bar"])
        .env("PERL_MM_OPT", base)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let installed = home.path().join("base/lib/perl5/Foo/Bar.pm");
    assert_eq!(fs::read_to_string(installed).unwrap(), module);
}

#[test]
fn serves_indexes_and_checksums_to_cpan_pm() {
    let uploader = Uploader::new();
    uploader
        .sandbox
        .pause
        .publish(AUTHOR, ARCHIVE, distribution("1.02"));
    let said = cpan_pm_gets(&uploader);
    let found = format!("{ARCHIVE} ok\n");
    assert!(said.contains(&found), "{said}");

    let pause = &uploader.sandbox.pause;
    pause.misbehaviour().set(PauseMisbehaviour::WrongChecksums);
    pause.publish(AUTHOR, ARCHIVE, distribution("1.02"));
    let said = cpan_pm_gets(&uploader);
    assert!(said.contains("Checksum mismatch"), "{said}");
}

/// Returns the output of CPAN.pm when it fetches `Foo::Bar`.
fn cpan_pm_gets(uploader: &Uploader) -> String {
    let (home, mut command) = at_home(uploader, "perl");
    let folder = home.path().join(".cpan");
    fs::create_dir_all(folder.join("CPAN")).unwrap();
    // CPAN.pm configures the rest itself.
    let config = format!(
        "$CPAN::Config = {{ urllist => ['{}'], cpan_home => '{folder}', \
         keep_source_where => '{folder}/sources', build_dir => '{folder}/build', \
         prefs_dir => '{folder}/prefs', connect_to_internet_ok => 1, pushy_https => 0, use_sqlite => 0 }};\n1;\n",
        uploader.sandbox.services.cpan.url(),
        folder = folder.display(),
    );
    fs::write(folder.join("CPAN/MyConfig.pm"), config).unwrap();
    let output = command
        .args(["-MCPAN", "-e", "CPAN::Shell->get('Foo::Bar')"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    said(&output)
}
