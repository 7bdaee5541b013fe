//! A user who installs from the sandbox's CPAN.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    gate::shop::Shop,
    harness::{AUTHOR, Ran},
};

/// A user with a policy that names the author.
pub struct Installation {
    pub shop: Shop,
}

impl Installation {
    /// Nothing is published yet; the policy says who the author is.
    pub fn new() -> Self {
        let shop = Shop::new();
        shop.policy(&shop.pins(AUTHOR));
        fs::create_dir(shop.user.path("home")).unwrap();
        Self { shop }
    }

    /// `exec` with these flags, before `--`, and a client.
    pub fn command(&self, flags: &[&str], client: &[&str]) -> Command {
        let fixed = ["exec", "--policy", "policy.toml"];
        let mut command = self
            .shop
            .user
            .command(&[&fixed[..], flags, &["--"], client].concat());
        command.env("HOME", self.home());
        command
    }

    pub fn exec(&self, flags: &[&str], client: &[&str]) -> Ran {
        Ran::of(self.command(flags, client).output().unwrap())
    }

    /// `exec -- cpanm` of packages, into a folder of its own.
    pub fn cpanm(&self, args: &[&str]) -> Ran {
        self.exec(&[], &[&["cpanm", "--notest", "-l", "perl"], args].concat())
    }

    pub fn home(&self) -> PathBuf {
        self.shop.user.path("home")
    }

    /// Whether the module is installed below the folder.
    pub fn has(&self, folder: &str, module: &str) -> bool {
        let below = self.shop.user.path(folder).join("lib/perl5");
        below.join(module.replace("::", "/") + ".pm").exists()
    }

    /// It was refused for this reason, and not installed.
    #[track_caller]
    pub fn assert_refused(&self, ran: &Ran, code: i32, finding: &str) {
        assert_eq!(ran.code, Some(code), "{ran:#?}");
        assert!(
            ran.stderr
                .lines()
                .any(|line| line.starts_with("refused: ") && line.contains(finding)),
            "{ran:#?}"
        );
        assert!(!self.has("perl", "Foo::Bar"), "{ran:#?}");
    }

    /// Writes the index of an upstream folder.
    pub fn folder(&self) -> PathBuf {
        let folder = self.shop.user.path("upstream");
        let pause = &self.shop.user.sandbox.pause;
        for id in pause.ids() {
            for path in pause.published(id) {
                let file = folder.join("authors/id").join(&path);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, pause.file(&path).unwrap()).unwrap();
            }
        }
        folder
    }
}
