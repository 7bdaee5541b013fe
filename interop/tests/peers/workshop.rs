//! A working folder, and the question of every test: which program accepts whose signatures?

use std::path::PathBuf;

use cpan_sigstore_interop::instance::{Instance, write};
use cpan_sigstore_interop::peer::{Answer, Format, Order, Peer, Question};
use cpan_sigstore_sandbox::Sandbox;
use tempfile::TempDir;

/// A folder with the files of a test.
pub struct Workshop {
    folder: TempDir,
}

/// A signer with a token.
pub struct Signer {
    /// The identity in a certificate.
    pub identity: String,
    /// The issuer in a certificate.
    pub issuer: String,
    /// A new ID token.
    pub token: String,
}

impl Signer {
    /// Returns the sandbox's account with an e-mail address.
    pub fn by_email(sandbox: &Sandbox, account: &str) -> Self {
        let identity = sandbox.oidc.account(account).unwrap().email.clone();
        Self {
            identity: identity.unwrap(),
            issuer: sandbox.services.oidc.url().to_owned(),
            token: sandbox.token(account).unwrap(),
        }
    }

    /// Returns a PAUSE id of the sandbox, which becomes an otherName.
    pub fn by_user_name(sandbox: &Sandbox, account: &str) -> Self {
        Self {
            identity: format!("{account}!127.0.0.1"),
            issuer: format!("{}/pause", sandbox.services.oidc.url()),
            token: sandbox.token(account).unwrap(),
        }
    }
}

impl Workshop {
    pub fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        write(&path, bytes).unwrap();
        path
    }

    /// Lets `peer` sign a new file and returns file and bundle.
    pub async fn signed_by(
        &self,
        peer: &Peer,
        instance: &Instance,
        signer: &Signer,
    ) -> (PathBuf, PathBuf) {
        let name = format!("by-{}.tar.gz", peer.name());
        let artifact = self.file(&name, name.as_bytes());
        let bundle = self.path(&format!("{name}.sigstore.json"));
        let order = Order {
            instance,
            artifact: &artifact,
            bundle: &bundle,
            token: &self.file("token", signer.token.as_bytes()),
        };
        let answer = peer.sign(order).await.unwrap();
        assert!(answer.success(), "{} signs: {answer:#?}", peer.name());
        (artifact, bundle)
    }

    /// Lets each peer sign and each verify, and returns the refusals as (signer, verifier, output).
    pub async fn refusals(
        &self,
        instance: &Instance,
        signer: &Signer,
    ) -> Vec<(&'static str, &'static str, Answer)> {
        let peers = Peer::all().unwrap();
        let mut refusals = Vec::new();
        for by in &peers {
            let (artifact, bundle) = self.signed_by(by, instance, signer).await;
            for verifier in &peers {
                let question = Question {
                    instance,
                    artifact: &artifact,
                    bundle: &bundle,
                    format: Format::Bundle,
                    identity: &signer.identity,
                    issuer: &signer.issuer,
                };
                let answer = verifier.verify(question).await.unwrap();
                if !answer.success() {
                    refusals.push((by.name(), verifier.name(), answer));
                }
            }
        }
        refusals
    }
}
