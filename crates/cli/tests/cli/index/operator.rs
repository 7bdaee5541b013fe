//! An operator with a CPAN in a folder, and a user who has seen nothing.

use std::{fs, path::PathBuf};

use cpan_sigstore_core::identity::{AuthorIdentity, IdentityPolicy};
use cpan_sigstore_records::record::{AuthorRecord, Releases};
use jiff::SignedDuration;
use serde_json::Value;

use crate::{
    gate::shop::Shop,
    harness::{AUTHOR, Ran, sha256},
    pause::author::ID,
};
use cpan_sigstore_sandbox::{Recipe, RekorVersion};

/// Who signs the index.
pub const OPERATOR: &str = "author@work.example.org";
/// By this account.
const ACCOUNT: &str = "author-work";
/// Who would sign in the author's place.
pub const STRANGER: &str = "stranger@example.net";

pub struct Operator {
    pub shop: Shop,
}

impl Operator {
    /// With an author's first record on the CPAN.
    pub fn new() -> Self {
        let operator = Self { shop: Shop::new() };
        fs::create_dir_all(operator.cpan().join("authors/id")).unwrap();
        operator.put(&operator.first(ID, AUTHOR), "author");
        operator
    }

    pub fn cpan(&self) -> PathBuf {
        self.shop.user.path("cpan")
    }

    fn identity(&self, name: &str) -> AuthorIdentity {
        AuthorIdentity {
            identity: IdentityPolicy::exact(name, self.shop.user.issuer()),
            from: None,
            until: None,
        }
    }

    pub fn first(&self, author: &str, name: &str) -> AuthorRecord {
        let author = author.parse().unwrap();
        AuthorRecord::first(author, vec![self.identity(name)], Releases::Mixed).unwrap()
    }

    pub fn next(&self, before: &AuthorRecord, names: &[&str]) -> AuthorRecord {
        let identities = names.iter().map(|name| self.identity(name)).collect();
        before.next(identities, Releases::Mixed).unwrap()
    }

    /// Puts a record into its author's directory, signed by an account.
    pub fn put(&self, record: &AuthorRecord, account: &str) -> PathBuf {
        let bundle = self.shop.sign(account, record.json());
        let path = self.cpan().join(record.name().path());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, record.json()).unwrap();
        fs::write(format!("{}.sigstore.json", path.display()), bundle).unwrap();
        path
    }

    pub fn index(&self, args: &[&str]) -> Ran {
        self.shop.user.run(&[&["index"], args].concat())
    }

    /// The first index, or the next one in its place.
    #[track_caller]
    pub fn build(&self) -> Value {
        let mut args = vec!["build", "--cpan", "cpan", "--json"];
        if self.shop.user.path("index.json").exists() {
            args.extend(["--previous", "index.json"]);
        }
        self.index(&args).exits(0).json()
    }

    pub fn sign(&self, file: &str) -> Ran {
        let token = self.shop.user.sandbox.token(ACCOUNT).unwrap();
        self.index(&["sign", file, "--identity-token", &token])
    }

    /// The index is built anew and signed.
    #[track_caller]
    pub fn publish(&self) {
        self.build();
        self.sign("index.json").exits(0);
    }

    /// Signed, as if it were days ago.
    pub fn sign_in_the_past(&self, days: i64) {
        let sandbox = &self.shop.user.sandbox;
        sandbox.set_clocks(SignedDuration::from_hours(-24 * days));
        let recipe = Recipe {
            account: ACCOUNT,
            digest: sha256(&self.text("index.json").into_bytes()),
            rekor: RekorVersion::V2,
            timestamp: true,
        };
        let bundle = sandbox.forge(&recipe).unwrap().bundle().to_string();
        sandbox.set_clocks(SignedDuration::ZERO);
        self.shop
            .user
            .write("index.json.sigstore.json", bundle.as_bytes());
    }

    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.shop.user.path(file)).unwrap()
    }

    /// The index and its bundle under another name.
    pub fn copy(&self, from: &str, to: &str) {
        for suffix in ["", ".sigstore.json"] {
            let path = |name: &str| self.shop.user.path(&format!("{name}{suffix}"));
            fs::copy(path(from), path(to)).unwrap();
        }
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.shop.user.path("index.json").display())
    }

    /// `index use` of what was published.
    pub fn use_it(&self) -> Ran {
        self.use_by(OPERATOR)
    }

    pub fn use_by(&self, name: &str) -> Ran {
        let (url, issuer) = (self.url(), self.shop.user.issuer());
        self.index(&["use", &url, "--identity", name, "--issuer", &issuer])
    }

    /// A release by an account, as the CPAN on the network has it; says its path.
    pub fn release_as(&self, account: &str, version: &str) -> String {
        let name = format!("Foo-Bar-{version}.tar.gz");
        let bytes = crate::pause::author::distribution("Foo-Bar", version);
        self.shop.publish_signed(account, &name, &bytes);
        format!("{ID}/{name}")
    }

    #[track_caller]
    pub fn finding(&self, release: &str, code: i32) -> String {
        let found = self.shop.found(&[release], code);
        found["finding"].as_str().unwrap().to_owned()
    }
}
