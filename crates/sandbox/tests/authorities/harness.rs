//! A client of the authorities that uses none of their libraries.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use cpan_sigstore_sandbox::{Sandbox, SandboxOptions, Service, loopback_client};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{DerSignature, SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePublicKey, EncodePublicKey, LineEnding};
use rand_core::OsRng;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const ARTIFACT: &[u8] = b"the bytes of a release";

pub struct Client {
    pub sandbox: Sandbox,
    pub key: SigningKey,
    http: reqwest::Client,
}

impl Client {
    pub fn new() -> Self {
        Self {
            sandbox: Sandbox::start(SandboxOptions::default()).unwrap(),
            key: SigningKey::random(&mut OsRng),
            http: loopback_client().unwrap(),
        }
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub async fn post(&self, service: &Service, path: &str, body: &Value) -> (u16, Value) {
        let request = self
            .http
            .post(format!("{}{path}", service.url()))
            .json(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn get(&self, service: &Service, path: &str) -> (u16, Vec<u8>) {
        let answer = self
            .http
            .get(format!("{}{path}", service.url()))
            .send()
            .await
            .unwrap();
        (
            answer.status().as_u16(),
            answer.bytes().await.unwrap().to_vec(),
        )
    }

    pub async fn get_json(&self, service: &Service, path: &str) -> Value {
        let (status, body) = self.get(service, path).await;
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: DerSignature = self.key.sign(message);
        signature.as_bytes().to_vec()
    }

    pub fn public_key_pem(&self) -> String {
        self.key
            .verifying_key()
            .to_public_key_pem(LineEnding::LF)
            .unwrap()
    }

    pub fn public_key_der(&self) -> Vec<u8> {
        self.key
            .verifying_key()
            .to_public_key_der()
            .unwrap()
            .into_vec()
    }

    /// Returns a request for a certificate with a proof of possession over `challenge`.
    pub fn certificate_request(&self, token: &str, challenge: &str) -> Value {
        json!({
            "credentials": { "oidcIdentityToken": token },
            "publicKeyRequest": {
                "publicKey": { "algorithm": "ECDSA", "content": self.public_key_pem() },
                "proofOfPossession": BASE64.encode(self.sign(challenge.as_bytes())),
            },
        })
    }

    /// Returns the chain (PEM, leaf first) of an account whose proof of possession is over
    /// `challenge`.
    pub async fn certificate(&self, account: &str, challenge: &str) -> Vec<String> {
        let request = self.certificate_request(&self.sandbox.token(account).unwrap(), challenge);
        let (status, answer) = self
            .post(&self.sandbox.services.ca, "/api/v2/signingCert", &request)
            .await;
        assert_eq!(status, 200, "{answer}");
        let chain = &answer["signedCertificateEmbeddedSct"]["chain"]["certificates"];
        serde_json::from_value(chain.clone()).unwrap()
    }

    /// Returns the key in the trusted root at `pointer`.
    pub fn trusted_key(&self, pointer: &str) -> VerifyingKey {
        let root = std::fs::read(self.sandbox.trusted_root_path()).unwrap();
        let root: Value = serde_json::from_slice(&root).unwrap();
        let der = decode(&root.pointer(pointer).unwrap()["publicKey"]["rawBytes"]);
        VerifyingKey::from_public_key_der(&der).unwrap()
    }
}

pub fn verifies(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
    let signature = p256::ecdsa::Signature::from_der(signature).unwrap();
    key.verify(message, &signature).is_ok()
}

/// Decodes base64.
pub fn decode(value: &Value) -> Vec<u8> {
    BASE64.decode(value.as_str().unwrap()).unwrap()
}

pub fn leaf_hash(data: &[u8]) -> [u8; 32] {
    Sha256::digest([&[0], data].concat()).into()
}

pub fn node_hash(left: &[u8], right: &[u8]) -> [u8; 32] {
    Sha256::digest([&[1], left, right].concat()).into()
}

/// A folder with files for `openssl`.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs `openssl` in the folder and returns whether it succeeded, with its output.
    pub fn openssl(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new("openssl")
            .current_dir(self.path())
            .args(arguments)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }
}
