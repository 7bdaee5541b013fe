//! Secrets in the environment of `exec`: the code that a client installs gets none.

use std::{fs, path::Path};

use cpan_sigstore_core::variable::SecretVariable;
use cpan_sigstore_testkit::archive::{file, targz, with};

use crate::{
    fixtures::shop::FILE,
    harness::{Ran, World},
};

/// A value that shows wherever it goes.
const SECRET: &str = "s3cr3t-value";
/// Secrets of CI services.
const OF_CI: [&str; 6] = [
    "ACTIONS_RUNTIME_TOKEN",
    "CI_JOB_JWT_V2",
    "CI_JOB_TOKEN",
    "CIRCLE_OIDC_TOKEN_V2",
    "GITHUB_TOKEN",
    "MY_ID_TOKEN",
];

/// A user, and a dependency whose Makefile.PL writes its environment into a file.
fn with_curious_dependency() -> World {
    let user = World::new().with_policy();
    let seen = user.path("seen");
    let makefile = format!(
        "open my $f, '>', '{}'; print $f \"$_=$ENV{{$_}}\\n\" for sort keys %ENV; close $f;\n\
         use ExtUtils::MakeMaker; WriteMakefile(NAME => 'Foo::Bar', VERSION => '1.02');\n",
        seen.display()
    );
    let bytes = targz(&with([file("Foo-Bar-1.02/Makefile.PL", makefile)]));
    user.publish_signed("author", FILE, &bytes);
    user
}

/// `exec -- cpanm` with all secrets in its environment; returns the environment that Makefile.PL saw.
fn seen(user: &World, flags: &[&str]) -> String {
    let client = ["cpanm", "--notest", "-l", "perl", "Foo::Bar"];
    let mut command = user.exec_command(flags, &client);
    // Addresses of the CPAN and the trust store are in use here.
    let in_use = [
        SecretVariable::CPAN_SIGSTORE_CPAN,
        SecretVariable::CPAN_SIGSTORE_TRUST_STORE,
    ];
    for own in SecretVariable::ALL {
        if !in_use.contains(own) {
            command.env(own.name(), SECRET);
        }
    }
    command.envs(OF_CI.map(|name| (name, SECRET)));
    Ran::of(command.output().unwrap()).exits(0);
    fs::read_to_string(user.path("seen")).unwrap()
}

#[test]
fn gives_no_secret_to_makefile_pl_of_a_dependency() {
    let user = with_curious_dependency();
    let seen = seen(&user, &[]);
    assert!(seen.contains("PATH="), "{seen}");
    assert!(!seen.contains(SECRET), "{seen}");
    // Addresses of the user's own services, which may hold passwords.
    assert!(!seen.contains("CPAN_SIGSTORE_CPAN"), "{seen}");
}

#[test]
fn keeps_variables_that_the_user_names() {
    let user = with_curious_dependency();
    let flags = ["--keep-env", "GITHUB_TOKEN", "--keep-env", "MY_ID_TOKEN"];
    let seen = seen(&user, &flags);
    let kept: Vec<_> = seen.lines().filter(|line| line.contains(SECRET)).collect();
    let expected = ["GITHUB_TOKEN", "MY_ID_TOKEN"].map(|name| format!("{name}={SECRET}"));
    assert_eq!(kept, expected);
}

#[test]
fn names_the_secrets_that_a_failing_client_did_not_get() {
    let user = World::new().with_policy();
    let mut command = user.exec_command(&[], &["sh", "-c", "exit 7"]);
    command.env("GITHUB_TOKEN", SECRET);
    let ran = Ran::of(command.output().unwrap()).exits(7);
    ran.assert_summary("names_the_secrets_that_a_failing_client_did_not_get");
}

/// Files that read the environment, and the reason why they need not do so by the list of secrets.
const READERS: &[&str] = &[
    // The list itself.
    "core/src/variable.rs",
    // Names of folders.
    "cli/src/folders.rs",
    // Whether this is a CI job.
    "cli/src/identity_token.rs",
    // The environment that a client gets.
    "cli/src/commands/exec/client.rs",
    "cli/src/commands/exec/cpanfile.rs",
    "cli/src/commands/exec/environment.rs",
    // The runner of the standard's test vectors: only tests have it.
    "gate/src/suite/mod.rs",
    // The user's proxy.
    "http/src/lib.rs",
    // How long the user waits for a service.
    "http/src/patience.rs",
    // All of the login, as a parameter; secrets by the list.
    "keyless/src/login/env.rs",
    // The name of a program.
    "pause/src/credentials/gpg.rs",
];

/// Variables that are no secrets, by which the login knows a CI service or finds a program.
const PLAIN: &[&str] = &[
    "BITBUCKET_BUILD_NUMBER",
    "BROWSER",
    "BUILDKITE",
    "CI_GPG",
    "CIRCLECI",
    "CODEBUILD_BUILD_ID",
    "CPAN_SIGSTORE_CACHE",
    "CPAN_SIGSTORE_CONFIG",
    "CPAN_SIGSTORE_DATA",
    "CPAN_SIGSTORE_POLICY",
    "CPAN_SIGSTORE_SUITE",
    "DISPLAY",
    "GCE_METADATA_HOST",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "GOOGLE_SERVICE_ACCOUNT_NAME",
    "JENKINS_URL",
    "PATH",
    "PERL_CARTON_CPANFILE",
    "PERL_CPANM_OPT",
    "TEAMCITY_VERSION",
    "TF_BUILD",
    "WAYLAND_DISPLAY",
    "CI",
];

/// All sources of the product, by their paths below `crates`.
fn sources(folder: &Path, below: &str, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let below = format!("{below}{name}");
        let is_other = ["sandbox", "testkit", "tests", "target"].contains(&&*name);
        if path.is_dir() && !is_other {
            sources(&path, &format!("{below}/"), found);
        } else if name.ends_with(".rs") && name != "tests.rs" && below.contains("/src/") {
            found.push((below, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The names behind these beginnings of a read.
fn names<'a>(text: &'a str, beginning: &str) -> Vec<&'a str> {
    let reads = text.split(beginning).skip(1);
    reads.filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn reads_every_secret_through_the_one_list() {
    let mut found = Vec::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    sources(&crates, "", &mut found);
    assert!(found.len() > 100);
    let own: Vec<_> = SecretVariable::ALL.iter().map(|own| own.name()).collect();
    for (path, text) in &found {
        let product = text.split("#[cfg(test)]").next().unwrap();
        assert!(
            !product.contains("env::var") || READERS.contains(&&**path),
            "{path} reads the environment: is it a secret? Then read it by `SecretVariable`"
        );
        for beginning in [
            "env::var(\"",
            "env::var_os(\"",
            "env.get(\"",
            "env.has(\"",
            "env = \"",
        ] {
            for name in names(product, beginning) {
                assert!(
                    PLAIN.contains(&name),
                    "{path} reads {name}: is it a secret?"
                );
            }
        }
        for name in &own {
            assert!(
                !product.contains(&format!("(\"{name}\")")),
                "{path} reads {name} past the list"
            );
        }
    }
}
