//! The pages for authors who sign already, by Module::Signature or by cosign.

use std::fs;

use super::{pages, project::Project, recipes};
use crate::{
    fixtures::author::{BUNDLE, HOME, ID, distribution},
    harness::{FILE, Ran},
};

/// The scripts that are tried here.
pub const SCRIPTS: [(&str, &str); 4] = [
    ("module-signature.md", "release.sh"),
    ("module-signature.md", "backlog.sh"),
    ("cosign.md", "upload.sh"),
    ("cosign.md", "sign-again.sh"),
];

/// The issuer in the scripts; in the sandbox another one vouches for the author.
const ISSUER: &str = "https://accounts.google.com";

fn run(project: &Project, account: &str, (page, script): (&str, &str)) -> Ran {
    let script = pages::text(page, script).replace(ISSUER, &project.world.issuer());
    project.sh(account, &script)
}

/// A distribution whose archives have a `SIGNATURE`.
fn signed_by_module_signature() -> Project {
    let project = Project::new();
    project.write("Makefile.PL", pages::text("makemaker.md", "Makefile.PL"));
    recipes::manifest_of_makemaker(&project);
    let manifest = fs::read_to_string(project.path("MANIFEST")).unwrap();
    project.write("MANIFEST", manifest + "SIGNATURE\n");
    project.write("SIGNATURE", "-----BEGIN PGP SIGNED MESSAGE-----\n");
    project
}

#[test]
fn releases_without_file_of_module_signature() {
    let project = signed_by_module_signature();
    run(&project, "author", SCRIPTS[0]).exits(0);
    project.assert_released();
    let members = project
        .sh("author", "tar -tzf Foo-Bar-1.02.tar.gz")
        .exits(0);
    assert!(
        members.stdout.contains("Foo-Bar-1.02/MANIFEST\n"),
        "{members:#?}"
    );
    assert!(!members.stdout.contains("SIGNATURE"), "{members:#?}");
}

#[test]
fn signs_backlog_of_module_signature() {
    const OLD: &str = "Foo-Bar-0.01.tar.gz";
    let project = signed_by_module_signature();
    let (world, bytes) = (&project.world, distribution("Foo-Bar", "0.01"));
    world.sandbox.pause.publish(ID, OLD, bytes.clone());
    let copies = world.home().join("releases");
    fs::create_dir_all(&copies).unwrap();
    fs::write(copies.join(OLD), &bytes).unwrap();
    let bundle = || {
        world
            .sandbox
            .pause
            .file(&format!("{HOME}/{OLD}.sigstore.json"))
    };

    let ran = run(&project, "stranger", SCRIPTS[1]);
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    assert!(bundle().is_none());
    run(&project, "author", SCRIPTS[1]).exits(0);
    assert!(bundle().is_some());
    // The archive is as it was.
    assert!(world.published(OLD).unwrap() == bytes);
}

/// A release with a bundle of an account beside it, as cosign writes one.
fn signed_as_by_cosign(account: &str) -> Project {
    let project = Project::new();
    project.write(FILE, distribution("Foo-Bar", "1.02"));
    project
        .sh(account, "cpan-sigstore sign Foo-Bar-1.02.tar.gz")
        .exits(0);
    project
}

#[test]
fn uploads_bundle_of_cosign() {
    let project = signed_as_by_cosign("author");
    run(&project, "author", SCRIPTS[2]).exits(0);
    project.assert_released();
}

#[test]
fn uploads_no_bundle_of_another() {
    let project = signed_as_by_cosign("stranger");
    run(&project, "author", SCRIPTS[2]).exits(12);
    assert_eq!(project.world.uploads(), [""; 0]);
}

#[test]
fn signs_release_with_old_format_again() {
    let project = signed_as_by_cosign("author");
    project.write(
        BUNDLE,
        "{\"base64Signature\":\"\",\"cert\":\"\",\"rekorBundle\":{}}",
    );
    let ran = run(&project, "author", SCRIPTS[2]);
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    run(&project, "author", SCRIPTS[3]).exits(0);
    run(&project, "author", SCRIPTS[2]).exits(0);
    project.assert_released();
}
