//! A CPAN with releases, and a user who installs from it.

use std::fs;

use serde_json::Value;

use crate::{
    harness::{Ran, User},
    pause::author::{ID, distribution},
};

/// The release that is asked for.
pub const RELEASE: &str = "MYAUTHOR/Foo-Bar-1.02.tar.gz";
/// Its file.
pub const FILE: &str = "Foo-Bar-1.02.tar.gz";
/// Another one by the same author.
pub const NEXT: &str = "Foo-Bar-1.03.tar.gz";

/// The sandbox's CPAN, and a user with an empty memory.
pub struct Shop {
    pub user: User,
}

impl Shop {
    pub fn new() -> Self {
        Self { user: User::new() }
    }

    /// Signs bytes as an account, and hands out the bundle.
    pub fn sign(&self, account: &str, bytes: &[u8]) -> Vec<u8> {
        self.user.write("to-sign", bytes);
        self.user.sign_as(account, &["--force", "to-sign"]).exits(0);
        fs::read(self.user.path("to-sign.sigstore.json")).unwrap()
    }

    pub fn publish(&self, name: &str, bytes: &[u8]) {
        self.publish_as(ID, name, bytes);
    }

    pub fn publish_as(&self, id: &str, name: &str, bytes: &[u8]) {
        self.user.sandbox.pause.publish(id, name, bytes);
    }

    /// A release with a bundle by an account.
    pub fn publish_signed(&self, account: &str, name: &str, bytes: &[u8]) {
        let bundle = self.sign(account, bytes);
        self.publish(name, bytes);
        self.publish(&format!("{name}.sigstore.json"), &bundle);
    }

    /// `Foo-Bar` in a version, signed by the author.
    pub fn release(&self, version: &str) {
        let name = format!("Foo-Bar-{version}.tar.gz");
        self.publish_signed("author", &name, &distribution("Foo-Bar", version));
    }

    pub fn verify(&self, args: &[&str]) -> Ran {
        self.user.run(&[&["verify"], args].concat())
    }

    /// The finding on one release.
    #[track_caller]
    pub fn found(&self, args: &[&str], code: i32) -> Value {
        self.verify(&[args, &["--json"]].concat())
            .exits(code)
            .json()
    }

    /// A policy that names whose signatures are the author's.
    pub fn pins(&self, name: &str) -> String {
        format!(
            "[author.{ID}]\nidentities = [{{ subject = '{name}', issuer = '{}' }}]\n",
            self.user.issuer()
        )
    }

    /// Writes a policy, and says by which flags it is used.
    pub fn policy(&self, text: &str) -> [&'static str; 2] {
        self.user.write("policy.toml", text.as_bytes());
        ["--policy", "policy.toml"]
    }
}
