//! An operator with a CPAN in a folder, and a user who has seen nothing.

use std::{fs, path::PathBuf};

use cpan_sigstore_records::record::AuthorRecord;
use cpan_sigstore_testkit::records::Records;
use jiff::SignedDuration;
use serde_json::Value;

use crate::{
    fixtures::author::ID,
    harness::{AUTHOR, Ran, World, sha256},
};
use cpan_sigstore_sandbox::{Recipe, RekorVersion};

/// Who signs the index.
pub const OPERATOR: &str = "author@work.example.org";
/// By this account.
const ACCOUNT: &str = "author-work";
/// Who would sign in the author's place.
pub const STRANGER: &str = "stranger@example.net";

pub struct Operator {
    pub world: World,
}

impl Operator {
    /// With an author's first record on the CPAN.
    pub fn new() -> Self {
        let operator = Self {
            world: World::new(),
        };
        fs::create_dir_all(operator.cpan().join("authors/id")).unwrap();
        operator.put(&operator.first(ID, AUTHOR), "author");
        operator
    }

    pub fn cpan(&self) -> PathBuf {
        self.world.path("cpan")
    }

    fn records(&self, author: &str) -> Records {
        Records::new(author, self.world.issuer())
    }

    pub fn first(&self, author: &str, name: &str) -> AuthorRecord {
        self.records(author).first(&[name])
    }

    pub fn next(&self, before: &AuthorRecord, names: &[&str]) -> AuthorRecord {
        self.records(ID).next(before, names)
    }

    /// Puts a record into its author's directory, signed by an account.
    pub fn put(&self, record: &AuthorRecord, account: &str) -> PathBuf {
        let bundle = self.world.sign_bytes(account, record.json());
        let path = self.cpan().join(record.name().path());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, record.json()).unwrap();
        fs::write(format!("{}.sigstore.json", path.display()), bundle).unwrap();
        path
    }

    /// Publishes a record on the CPAN on the network, signed by an account.
    pub fn publish_record(&self, record: &AuthorRecord, account: &str) {
        let name = record.name().to_string();
        self.world.publish_signed(account, &name, record.json());
    }

    pub fn index(&self, args: &[&str]) -> Ran {
        self.world.run(&[&["index"], args].concat())
    }

    /// The first index, or the next one in its place.
    #[track_caller]
    pub fn build(&self) -> Value {
        let mut args = vec!["build", "--cpan", "cpan", "--json"];
        if self.world.path("index.json").exists() {
            args.extend(["--previous", "index.json"]);
        }
        self.index(&args).exits(0).json()
    }

    pub fn sign(&self, file: &str) -> Ran {
        let token = self.world.sandbox.token(ACCOUNT).unwrap();
        self.index(&["sign", file, "--identity-token", &token])
    }

    /// Builds the index again and signs it.
    #[track_caller]
    pub fn publish(&self) {
        self.build();
        self.sign("index.json").exits(0);
    }

    /// Signed, as if it were days ago.
    pub fn sign_in_the_past(&self, days: i64) {
        let sandbox = &self.world.sandbox;
        sandbox.set_clocks(SignedDuration::from_hours(-24 * days));
        let recipe = Recipe {
            account: ACCOUNT,
            digest: sha256(&self.text("index.json").into_bytes()),
            rekor: RekorVersion::V2,
            timestamp: true,
        };
        let bundle = sandbox.forge(&recipe).unwrap().bundle().to_string();
        sandbox.set_clocks(SignedDuration::ZERO);
        self.world
            .write("index.json.sigstore.json", bundle.as_bytes());
    }

    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.world.path(file)).unwrap()
    }

    /// The index and its bundle under another name.
    pub fn copy(&self, from: &str, to: &str) {
        for suffix in ["", ".sigstore.json"] {
            let path = |name: &str| self.world.path(&format!("{name}{suffix}"));
            fs::copy(path(from), path(to)).unwrap();
        }
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.world.path("index.json").display())
    }

    /// `index use` of what was published.
    pub fn use_it(&self) -> Ran {
        self.use_by(OPERATOR)
    }

    pub fn use_by(&self, name: &str) -> Ran {
        let (url, issuer) = (self.url(), self.world.issuer());
        self.index(&["use", &url, "--identity", name, "--issuer", &issuer])
    }

    /// A release by an account, as the CPAN on the network has it; says its path.
    pub fn release_as(&self, account: &str, version: &str) -> String {
        let name = format!("Foo-Bar-{version}.tar.gz");
        let bytes = crate::fixtures::author::distribution("Foo-Bar", version);
        self.world.publish_signed(account, &name, &bytes);
        format!("{ID}/{name}")
    }

    #[track_caller]
    pub fn finding(&self, release: &str, code: i32) -> String {
        let found = self.world.found(&[release], code);
        found["finding"].as_str().unwrap().to_owned()
    }
}
