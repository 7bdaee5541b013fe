//! `dzil release` that must not release, and how it goes on.

use std::fs;

use super::{
    dzil::project,
    project::{Project, binary, path_with},
};
use crate::{
    fixtures::author::{BUNDLE, ID},
    harness::{AUTHOR, Ran, names},
};

/// It failed, and says so in the plugin's name.
#[track_caller]
fn assert_fails(ran: &Ran, words: &str) {
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    let line = said(ran, "[SigStore::SignRelease] ", words);
    assert!(line.is_some(), "{words}: {ran:#?}");
}

/// The line of dzil's that has these words.
fn said<'a>(ran: &'a Ran, who: &str, words: &str) -> Option<&'a str> {
    let mut lines = ran.stdout.lines().chain(ran.stderr.lines());
    lines.find(|line| line.starts_with(who) && line.contains(words))
}

#[test]
fn dzil_fails_on_login_of_another_and_resumes() {
    let project = project(&format!("identity = {AUTHOR}\n"));
    let ran = project.dzil_release_as("stranger");
    assert_fails(&ran, "somebody else who logged in");
    project.assert_nothing_signed();
    // Nothing is signed, so that a new build does no harm.
    project.dzil_release_as("author").exits(0);
    project.assert_released();
}

/// A plugin that makes each member of the built archive world-writable, before the uploader gets it.
const UNFIT: &str = "package inc::Unfit;

use Moose;
with 'Dist::Zilla::Role::BeforeRelease';

use Archive::Tar;

sub before_release {
    my ($self, $archive) = @_;
    my $tar = Archive::Tar->new(\"$archive\");
    $_->mode(0777) for $tar->get_files;
    $tar->write(\"$archive\", COMPRESS_GZIP);
    return;
}

1;
";

#[test]
fn dzil_fails_on_unfit_archive_and_resumes() {
    let project = project("");
    let mended = fs::read_to_string(project.path("dist.ini")).unwrap();
    project.write("inc/Unfit.pm", UNFIT);
    let (head, plugins) = mended.split_at(super::dzil::HEAD.len());
    project.write("dist.ini", [head, "[=inc::Unfit]\n\n", plugins].concat());
    let ran = project.dzil_release_as("author");
    assert_fails(&ran, "the archive has defects, and nothing was signed");
    assert!(ran.stdout.contains("world-writable"), "{ran:#?}");
    project.assert_nothing_signed();

    project.write("dist.ini", mended);
    project.dzil_release_as("author").exits(0);
    project.assert_released();
}

#[test]
fn dzil_fails_on_wrong_password_and_prints_how_to_resume() {
    let project = project("");
    let dot_pause = project.world.sandbox.pause.dot_pause(ID).unwrap();
    project
        .world
        .write_dot_pause(&format!("user {ID}\npassword of-yesterday\n"));
    let ran = project.dzil_release_as("author");
    assert_fails(&ran, "the release is not done");
    assert!(!ran.stderr.contains("of-yesterday"), "{ran:#?}");
    assert!(project.world.uploads().is_empty());
    project.assert_nothing_signed();

    // The printed command as it is, with the password mended.
    project.world.write_dot_pause(&dot_pause);
    let line = said(&ran, "", "to go on with this archive: ").unwrap();
    let (_, command) = line.split_once("to go on with this archive: ").unwrap();
    assert!(command.starts_with(binary().to_str().unwrap()), "{command}");
    project.sh("author", command).exits(0);
    project.assert_released();
}

/// Nothing was built, not even the folder that dzil tests a release in.
#[track_caller]
fn assert_nothing_built(project: &Project) {
    assert_eq!(names(&project.folder()), ["dist.ini", "lib"]);
    project.assert_nothing_signed();
}

#[test]
fn dzil_fails_without_program_before_building() {
    let project = project("");
    let without = path_with(None);
    for (named, words) in [
        ("", "cannot find cpan-sigstore in PATH"),
        ("/nowhere/cpan-sigstore", "found /nowhere/cpan-sigstore"),
    ] {
        let mut command = project.dzil_release();
        command.env("PATH", &without).env("CPAN_SIGSTORE", named);
        assert_fails(&Ran::of(command.output().unwrap()), words);
        assert_nothing_built(&project);
    }
    // Named by the variable, it need not be in the path.
    let mut command = project.dzil_release();
    command
        .env("PATH", &without)
        .env("CPAN_SIGSTORE", binary())
        .env("SIGSTORE_ID_TOKEN", project.token("author"));
    Ran::of(command.output().unwrap()).exits(0);
    project.assert_released();
}

#[test]
fn dzil_fails_without_credentials_before_building() {
    let project = project("");
    fs::remove_file(project.world.home().join(".pause")).unwrap();
    let ran = project.dzil_release_as("author");
    assert_fails(&ran, "cannot find a PAUSE username");
    assert_nothing_built(&project);
}

#[test]
fn dzil_fails_with_second_uploader_before_building() {
    let project = Project::new();
    project.write(
        "dist.ini",
        [super::dzil::HEAD, "[@Basic]\n[SigStore::SignRelease]\n"].concat(),
    );
    assert_fails(&project.dzil_release_as("author"), "-remove = UploadToCPAN");
    assert_nothing_built(&project);
}

#[test]
fn dzil_resumes_old_archive_and_rejects_new_build() {
    let project = project("");
    let faults = project.world.sandbox.services.pause.faults();
    // The login; a look, the upload and a look for the bundle; and then the archive.
    faults.after(4, 1, cpan_sigstore_sandbox::Fault::Status(404));
    let ran = project.dzil_release_as("author");
    assert_fails(&ran, "the release is not done");
    assert_eq!(project.world.uploads(), [BUNDLE]);
    let (_, command) = said(&ran, "", "to go on with")
        .unwrap()
        .split_once("archive: ")
        .unwrap();
    project.sh("author", command).exits(0);
    project.assert_released();
    // Once PAUSE has the first bytes, others under the name are signed by nobody.
    let certificates = project.certificates();
    project.write("Changes", "a new build has other bytes\n");
    assert_fails(
        &project.dzil_release_as("author"),
        "the release is not done",
    );
    assert_eq!(project.certificates(), certificates);
    project.assert_released();
}
