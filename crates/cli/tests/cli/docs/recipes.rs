//! The recipes of the pages, each extracted and run as it is printed.

use super::{pages, project::Project};
use crate::{
    fixtures::author::{BUNDLE, distribution},
    harness::{FILE, Ran},
};

/// For each script of a page its tests; what they need besides the files of the page is written by a function.
macro_rules! recipes {
    ($($name:ident: $page:literal $script:literal, with $rest:ident;)*) => {
        /// Each page and script that is tried.
        pub const SCRIPTS: &[(&str, &str)] = &[$(($page, $script)),*];

        $(mod $name {
            use super::*;

            #[test]
            fn releases_verifies_and_builds() {
                let project = prepared($page, $rest);
                run(&project, "author", $page, $script).exits(0);
                project.assert_released();
                assert_builds(&project);
            }

            #[test]
            fn fails_and_signs_nothing_for_login_of_another() {
                let project = prepared($page, $rest);
                let ran = run(&project, "stranger", $page, $script);
                assert_ne!(ran.code, Some(0), "{ran:#?}");
                assert!(ran.stderr.contains("stranger@example.net"), "{ran:#?}");
                project.assert_nothing_signed();
            }
        })*
    };
}

recipes! {
    makemaker: "makemaker.md" "release.sh", with manifest_of_makemaker;
    module_build: "module-build.md" "release.sh", with manifest_of_module_build;
    module_build_in_two_steps: "module-build.md" "release-in-two-steps.sh", with plain_module_build;
    module_build_tiny: "module-build-tiny.md" "release.sh", with module_build_tiny_by_hand;
    minilla: "minilla.md" "release.sh", with repository_of_minilla;
    cpan_sigstore: "cpan-upload.md" "with-cpan-sigstore.sh", with archive;
    cpan_upload: "cpan-upload.md" "with-cpan-upload.sh", with archive;
}

pub fn manifest_of_makemaker(project: &Project) {
    project.write("MANIFEST", "MANIFEST\nMakefile.PL\nlib/Foo/Bar.pm\n");
}

fn manifest_of_module_build(project: &Project) {
    project.write(
        "MANIFEST",
        "Build.PL\nMANIFEST\nMETA.json\nMETA.yml\nlib/Foo/Bar.pm\n",
    );
}

fn plain_module_build(project: &Project) {
    manifest_of_module_build(project);
    project.write(
        "Build.PL",
        "use Module::Build;\nModule::Build->new(module_name => 'Foo::Bar', \
         dist_author => 'A <a@example.org>', license => 'perl')->create_build_script;\n",
    );
}

fn module_build_tiny_by_hand(project: &Project) {
    project.write(
        "MANIFEST",
        "Build.PL\nMANIFEST\nMETA.json\nlib/Foo/Bar.pm\n",
    );
    project.write("Build.PL", "use Module::Build::Tiny;\nBuild_PL();\n");
    project.write(
        "META.json",
        r#"{"name":"Foo-Bar","version":"1.02","abstract":"of no use","author":["An World"],"license":["perl_5"],"dynamic_config":0,"generated_by":"hand","release_status":"stable","meta-spec":{"version":2}}"#,
    );
}

/// Minilla releases what is committed, and pushes it.
fn repository_of_minilla(project: &Project) {
    project.write(".gitignore", "/.build\n/Foo-Bar-*\n");
    project.write("Changes", "Changes\n\n{{$NEXT}}\n\n    - the first\n");
    project.write("LICENSE", "As Perl itself.\n");
    project.write("cpanfile", "");
    let module = std::fs::read_to_string(project.path("lib/Foo/Bar.pm")).unwrap();
    let more = "\n=head1 AUTHOR\n\nAn World E<lt>author@example.orgE<gt>\n\n=head1 LICENSE\n\n\
                This library is free software; you can redistribute it and/or modify\n\
                it under the same terms as Perl itself.\n";
    project.write("lib/Foo/Bar.pm", module + more);
    let script = "git init -q -b main && git init -q --bare \"$HOME/origin.git\" &&
        git remote add origin \"file://$HOME/origin.git\" &&
        git config user.name 'An World' && git config user.email author@example.org &&
        git add . && git commit -q -m 'Begin' &&
        minil dist --no-test && rm Foo-Bar-1.02.tar.gz && git add . && git commit -q -m 'What Minilla writes'";
    project.sh("author", script).exits(0);
}

fn archive(project: &Project) {
    project.write(FILE, distribution("Foo-Bar", "1.02"));
}

/// A project with the files of a page, and the rest of what its scripts need.
pub fn prepared(page: &str, rest: fn(&Project)) -> Project {
    let project = Project::new();
    for block in pages::titled(page) {
        if !block.is_script() {
            project.write(&block.title, &block.text);
        }
    }
    rest(&project);
    project
}

fn run(project: &Project, account: &str, page: &str, script: &str) -> Ran {
    project.sh(account, &pages::text(page, script))
}

/// What is published is of use to those who get it.
#[track_caller]
fn assert_builds(project: &Project) {
    let published = project.world.published(FILE).unwrap();
    project.write("elsewhere/published.tar.gz", published);
    let script = "cd elsewhere && tar -xzf published.tar.gz && cd Foo-Bar-1.02 &&
        if [ -e Build.PL ]; then perl Build.PL && ./Build; else perl Makefile.PL && make; fi";
    project.sh("author", script).exits(0);
}

#[test]
fn resumes_interrupted_make_without_new_build() {
    let project = prepared("makemaker.md", manifest_of_makemaker);
    let faults = project.world.sandbox.services.pause.faults();
    // The login; a look, the upload and a look for the bundle; and then the archive.
    faults.after(4, 1, cpan_sigstore_sandbox::Fault::Status(404));
    let ran = run(&project, "author", "makemaker.md", "release.sh");
    assert_ne!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(project.world.uploads(), [BUNDLE]);
    // The command that the page names.
    let certificates = project.certificates();
    let command = format!("cpan-sigstore release {FILE} --identity author@example.org");
    project.sh("author", &command).exits(0);
    project.assert_released();
    assert_eq!(project.certificates(), certificates);
}
