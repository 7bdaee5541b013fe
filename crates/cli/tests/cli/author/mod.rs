//! `author` creates, uploads and checks records.

mod attacked;
mod dry;
mod made;
mod recovered;
mod retired;

use std::fs;

use crate::{
    fixtures::author::{ID, distribution},
    harness::{Ran, World},
};

/// The author's address.
const AUTHOR: &str = "author@example.org";
const STRANGER: &str = "stranger@example.net";

/// An author who makes records.
struct Enrolling {
    world: World,
}

impl Enrolling {
    fn new() -> Self {
        Self {
            world: World::new().with_account(),
        }
    }

    /// `author ARGS --yes`, logged in at Sigstore as an account.
    fn run(&self, account: &str, args: &[&str]) -> Ran {
        self.said(account, &[args, &["--yes"]].concat())
    }

    fn said(&self, account: &str, args: &[&str]) -> Ran {
        let token = self.world.sandbox.token(account).unwrap();
        let mut command = self.world.command(&[&["author"], args].concat());
        command.env("SIGSTORE_ID_TOKEN", token);
        Ran::of(command.output().unwrap())
    }

    fn look(&self, args: &[&str]) -> Ran {
        self.world.run(&[&["author"], args].concat())
    }

    /// `NAME by URL` of a name at the sandbox's provider.
    fn named(&self, name: &str) -> String {
        format!("{name} by {}", self.world.issuer())
    }

    fn published(&self, version: u32) -> Option<String> {
        let name = record(version);
        let bytes = self.world.published(&name)?;
        Some(String::from_utf8(bytes).unwrap())
    }

    /// A record and its bundle as they are in the author's folder, byte for byte.
    #[track_caller]
    fn assert_published(&self, version: u32) {
        for name in [
            record(version),
            format!("{}.sigstore.json", record(version)),
        ] {
            let published = self.world.published(&name).expect(&name);
            assert!(published == fs::read(self.world.path(&name)).unwrap());
        }
    }

    /// Puts a file into the author's directory, as a holder of the password can.
    fn put(&self, name: &str, bytes: &[u8]) {
        self.world.sandbox.pause.publish(ID, name, bytes);
    }
}

fn record(version: u32) -> String {
    format!("{ID}-sigstore-identities-{version}.json")
}
