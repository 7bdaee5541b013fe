//! A distribution that an author works on, in a folder of its own, and the author's tools there.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    fixtures::author::BUNDLE,
    harness::{AUTHOR, FILE, Ran, World},
};

/// What `dzil` loads the plugin from.
const PLUGIN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../perl/Dist-Zilla-Plugin-SigStore-SignRelease/lib"
);

/// Its one module.
const MODULE: &str = "package Foo::Bar;

use strict;
use warnings;

our $VERSION = '1.02';

1;

=head1 NAME

Foo::Bar - of no use
";

/// The distribution Foo-Bar 1.02, and its author.
pub struct Project {
    pub world: World,
}

impl Project {
    /// With its module, and nothing that a tool needs besides.
    pub fn new() -> Self {
        let project = Self {
            world: World::new().with_account(),
        };
        project.write("lib/Foo/Bar.pm", MODULE);
        project
    }

    pub fn folder(&self) -> PathBuf {
        self.world.path("project")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// A program in the project's folder, with the sandbox's environment, the binary in the path, and
    /// nobody at the terminal.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder())
            .env_clear()
            .env("PATH", path_with(Some(binary().parent().unwrap())))
            .env("HOME", self.world.home())
            .envs(self.world.sandbox.env())
            .stdin(Stdio::null());
        command
    }

    /// A script for `sh`, where `account` has logged in.
    pub fn sh(&self, account: &str, script: &str) -> Ran {
        let mut command = self.command("sh");
        command
            .args(["-c", script])
            .env("SIGSTORE_ID_TOKEN", self.token(account));
        Ran::of(command.output().unwrap())
    }

    /// `dzil release`, with nobody who has logged in.
    pub fn dzil_release(&self) -> Command {
        let mut command = self.command("dzil");
        command.arg("release").envs(dzil_environment());
        command
    }

    /// `dzil release`, where `account` has logged in.
    pub fn dzil_release_as(&self, account: &str) -> Ran {
        let mut command = self.dzil_release();
        command.env("SIGSTORE_ID_TOKEN", self.token(account));
        Ran::of(command.output().unwrap())
    }

    pub fn token(&self, account: &str) -> String {
        self.world.sandbox.token(account).unwrap()
    }

    /// Archive and bundle are published, the bundle first and each once, and verify as signed by the author.
    #[track_caller]
    pub fn assert_released(&self) {
        let issuer = self.world.issuer();
        self.assert_released_by(AUTHOR, &issuer);
    }

    #[track_caller]
    pub fn assert_released_by(&self, identity: &str, issuer: &str) {
        assert_eq!(self.world.uploads(), [BUNDLE, FILE]);
        let elsewhere = self.world.path("elsewhere");
        fs::create_dir_all(&elsewhere).unwrap();
        for name in [BUNDLE, FILE] {
            fs::write(elsewhere.join(name), self.world.published(name).unwrap()).unwrap();
        }
        let ran = self
            .world
            .command(&[
                "verify",
                FILE,
                "--certificate-identity",
                identity,
                "--certificate-oidc-issuer",
                issuer,
            ])
            .current_dir(elsewhere)
            .output();
        let ran = Ran::of(ran.unwrap()).exits(0);
        assert!(ran.stdout.starts_with("trusted: "), "{ran:#?}");
    }

    /// No name was made public, and PAUSE has nothing.
    #[track_caller]
    pub fn assert_nothing_signed(&self) {
        assert_eq!(self.world.sandbox.services.ca.requests(), [""; 0]);
        assert_eq!(self.world.uploads(), [""; 0]);
    }

    /// How many certificates were asked for.
    pub fn certificates(&self) -> usize {
        self.world.sandbox.services.ca.requests().len()
    }
}

/// The plugin is found, and nobody has to confirm.
pub fn dzil_environment() -> [(&'static str, &'static str); 2] {
    [("PERL5LIB", PLUGIN), ("DZIL_CONFIRMRELEASE_DEFAULT", "1")]
}

pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_cpan-sigstore"))
}

/// This machine's path, without any `cpan-sigstore` of its own, after a folder.
pub fn path_with(first: Option<&Path>) -> std::ffi::OsString {
    let path = env::var_os("PATH").unwrap();
    let rest = env::split_paths(&path).filter(|folder| !folder.join("cpan-sigstore").exists());
    env::join_paths(first.map(Path::to_owned).into_iter().chain(rest)).unwrap()
}
