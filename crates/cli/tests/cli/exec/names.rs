//! Names of archives: those that a client would pass to a shell, and those of other releases.

use std::fs;

use cpan_sigstore_testkit::archive::{file, targz};

use crate::{
    fixtures::author::{HOME, ID},
    harness::{Ran, World},
};

/// cpanm runs `` `tar ztf NAME` ``, and the commands in this name with it.
const NAME: &str = "Old-1.0;cd;id>shell-in-name;true;.tar.gz";

/// A folder as upstream, with a signed archive of this name and a package index that leads to it.
fn upstream(user: &World, name: &str) -> String {
    let makefile =
        "use ExtUtils::MakeMaker;\nWriteMakefile(NAME => 'Old', VERSION_FROM => 'Old.pm');\n";
    // Without META the name cannot be compared.
    let archive = targz(&[
        file("Old-1.0/Makefile.PL", makefile),
        file(
            "Old-1.0/Old.pm",
            "package Old;\nour $VERSION = '1.0';\n1;\n",
        ),
    ]);
    let folder = user.path("hostile");
    let author = folder.join("authors/id").join(HOME);
    fs::create_dir_all(&author).unwrap();
    fs::create_dir(folder.join("modules")).unwrap();
    let bundle = user.sign_bytes("author", &archive);
    fs::write(author.join(name), archive).unwrap();
    fs::write(author.join(format!("{name}.sigstore.json")), bundle).unwrap();
    let index = format!(
        "Line-Count: 1\nLast-Updated: Tue, 24 Nov 2026 12:00:00 GMT\n\nOld 1.0 {HOME}/{name}\n"
    );
    fs::write(folder.join("modules/02packages.details.txt"), index).unwrap();
    format!("file://{}/", folder.display())
}

#[test]
fn cpanm_runs_no_shell_in_the_name_of_an_archive() {
    let user = World::new().with_policy();
    let folder = upstream(&user, NAME);
    for wanted in ["Old", &format!("{ID}/{NAME}")] {
        let client = ["cpanm", "--notest", "-l", "perl", wanted];
        let ran = user.exec(&["--upstream", &folder], &client);
        assert!(!user.home().join("shell-in-name").exists(), "{ran:#?}");
        assert!(!user.has("perl", "Old"), "{ran:#?}");
        assert_ne!(ran.code, Some(0), "{ran:#?}");
    }
}

#[test]
fn installs_archive_without_meta_under_a_plain_name() {
    let user = World::new().with_policy();
    let folder = upstream(&user, "Old-1.0.tar.gz");
    let client = ["cpanm", "--notest", "-l", "perl", "Old"];
    let ran = user.exec(&["--upstream", &folder], &client).exits(0);
    assert!(user.has("perl", "Old"), "{ran:#?}");
}

/// An archive of `Foo-Bar` whose META states this version and release status.
fn foo_bar(version: &str, status: &str) -> Vec<u8> {
    let meta = format!(
        r#"{{"name":"Foo-Bar","version":"{version}","release_status":"{status}","meta-spec":{{"version":2}}}}"#
    );
    let makefile =
        "use ExtUtils::MakeMaker;\nWriteMakefile(NAME => 'Foo::Bar', VERSION_FROM => 'Bar.pm');\n";
    let code = format!("package Foo::Bar;\nour $VERSION = '{version}';\n1;\n");
    let folder = format!("Foo-Bar-{version}");
    targz(&[
        file(&format!("{folder}/META.json"), meta),
        file(&format!("{folder}/Makefile.PL"), makefile),
        file(&format!("{folder}/Bar.pm"), code),
    ])
}

#[test]
fn exec_rejects_developer_release_under_stable_name() {
    for (version, signed, served) in [
        ("1.02_03", "Foo-Bar-1.02_03.tar.gz", "Foo-Bar-1.0203.tar.gz"),
        ("2.0", "Foo-Bar-2.0-TRIAL.tar.gz", "Foo-Bar-2.0.tar.gz"),
    ] {
        let user = World::new().with_policy();
        let bytes = foo_bar(version, "testing");
        user.publish_signed("author", signed, &bytes);
        user.publish_signed("author", served, &bytes);
        let install = |name: &str| {
            let release = format!("{ID}/{name}");
            let client = ["cpanm", "--notest", "-l", "perl", &release];
            user.exec(&["--require-signed"], &client)
        };
        user.assert_refused(&install(served), 14, "name-mismatch");
        // Under its own name it is the author's.
        install(signed).exits(0);
        assert!(user.has("perl", "Foo::Bar"), "{signed}");
    }
}

/// The line below the hint, which the policy wants.
fn copied(ran: &Ran) -> String {
    let mut lines = ran.stderr.lines();
    let line = lines.find(|line| line.starts_with("  release."));
    line.unwrap().trim().to_owned()
}

#[test]
fn admits_misnamed_release_by_the_line_of_its_hint() {
    const NAME: &str = "Foo-Bar-2.03.tar.gz";
    for account in [None, Some("author")] {
        let user = World::new().with_policy();
        let bytes = foo_bar("2.00", "stable");
        match account {
            Some(account) => user.publish_signed(account, NAME, &bytes),
            None => user.publish(NAME, &bytes),
        }
        let release = format!("{ID}/{NAME}");
        let install = || {
            let client = ["cpanm", "--notest", "-l", "perl", &release];
            user.exec(&[], &client)
        };
        let ran = install();
        user.assert_refused(&ran, 14, "name-mismatch");
        if account.is_none() {
            ran.assert_summary("misnamed");
        }
        let verified = user
            .verify(&[&release, "--policy", "policy.toml", "--json"])
            .exits(14)
            .json();
        let line = copied(&ran);
        assert_eq!(verified["policy"][0], line);

        let policy = user.path("policy.toml");
        let before = fs::read_to_string(&policy).unwrap();
        fs::write(&policy, format!("{line}\n{before}")).unwrap();
        install().exits(0);
        assert!(user.has("perl", "Foo::Bar"), "{account:?}");

        // Other bytes under the same path are never admitted, even if META fits.
        let other = line.replace("sha256:", "sha256:0000");
        let digest = other.rfind('"').map(|at| &other[..at - 4]);
        fs::write(&policy, format!("{}\"\n{before}", digest.unwrap())).unwrap();
        let refused = user
            .verify(&[&release, "--policy", "policy.toml"])
            .exits(14);
        if account.is_none() {
            refused.snapshot("verify/other-bytes-than-pinned");
        }
    }
}
