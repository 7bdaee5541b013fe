//! Names of archives that a client would pass to a shell.

use std::fs;

use cpan_sigstore_testkit::archive::{file, targz};

use crate::{
    fixtures::author::{HOME, ID},
    harness::World,
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
