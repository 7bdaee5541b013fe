//! An author with a sandbox who uploads by hand, and archives to upload.

use cpan_sigstore_sandbox::{Sandbox, SandboxOptions, loopback_client};
pub use cpan_sigstore_testkit::archive::gzip;
use cpan_sigstore_testkit::archive::{self, Entry};
use reqwest::multipart::{Form, Part};
use sha2::{Digest, Sha256};

pub const AUTHOR: &str = "MYAUTHOR";
pub const STRANGER: &str = "STRANGER";
/// The author's folder.
pub const HOME: &str = "M/MY/MYAUTHOR";
pub const ARCHIVE: &str = "Foo-Bar-1.02.tar.gz";
pub const BUNDLE: &str = "Foo-Bar-1.02.tar.gz.sigstore.json";

pub struct Uploader {
    pub sandbox: Sandbox,
    http: reqwest::Client,
}

/// Response to an upload.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    pub challenge: Option<String>,
}

impl Uploader {
    pub fn new() -> Self {
        Self {
            sandbox: Sandbox::start(SandboxOptions::default()).unwrap(),
            http: loopback_client().unwrap(),
        }
    }

    /// Uploads with the form, like CPAN::Uploader.
    pub async fn upload(&self, name: &str, bytes: &[u8]) -> Answer {
        self.send("?ACTION=add_uri", AUTHOR, form(AUTHOR, name, bytes))
            .await
    }

    /// Uploads [`ARCHIVE`], with version 1.02.
    pub async fn upload_archive(&self) {
        let sent = self.upload(ARCHIVE, &distribution("1.02")).await;
        sent.succeeded();
    }

    /// Uploads [`BUNDLE`], which nobody reads.
    pub async fn upload_bundle(&self) {
        self.upload(BUNDLE, b"{}").await.succeeded();
    }

    /// Uploads into a subdirectory.
    pub async fn upload_into(&self, subdirectory: &str, name: &str, bytes: &[u8]) -> Answer {
        let form = form(AUTHOR, name, bytes);
        let form = form.text("pause99_add_uri_subdirtext", subdirectory.to_owned());
        self.send("?ACTION=add_uri", AUTHOR, form).await
    }

    /// Sends a form with an account's password.
    pub async fn send(&self, query: &str, user: &str, form: Form) -> Answer {
        let password = self.sandbox.pause.password(&user.to_uppercase()).unwrap();
        self.send_as(query, user, password, form).await
    }

    pub async fn send_as(&self, query: &str, user: &str, password: &str, form: Form) -> Answer {
        let url = format!(
            "{}/pause/authenquery{query}",
            self.sandbox.services.pause.url()
        );
        let request = self.http.post(url).basic_auth(user, Some(password));
        Answer::of(request.multipart(form)).await
    }

    /// Uploads with a token, or without one.
    pub async fn upload_with(&self, token: Option<&str>, form: Form) -> Answer {
        let url = format!("{}/api/upload", self.sandbox.services.pause.url());
        let request = self.http.post(url);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        Answer::of(request.multipart(form)).await
    }

    /// Returns status and content of a path on the mirror.
    pub async fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let url = format!("{}{path}", self.sandbox.services.cpan.url());
        let answer = self.http.get(url).send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.bytes().await.unwrap().to_vec(),
        )
    }

    pub async fn text(&self, path: &str) -> String {
        let (status, bytes) = self.get(path).await;
        assert_eq!(status, 200, "{path}");
        String::from_utf8(bytes).unwrap()
    }

    pub fn published(&self) -> Vec<String> {
        self.sandbox.pause.published(AUTHOR)
    }
}

impl Answer {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let challenge = answer.headers().get("www-authenticate");
        Self {
            status: answer.status().as_u16(),
            challenge: challenge.map(|value| value.to_str().unwrap().to_owned()),
            body: answer.text().await.unwrap(),
        }
    }

    #[track_caller]
    pub fn succeeded(self) {
        assert_eq!(self.status, 200, "{self:?}");
        assert!(self.body.contains("Query succeeded"), "{self:?}");
    }

    pub fn succeeds(&self) -> bool {
        self.body.contains("Query succeeded")
    }
}

/// Returns the fields that CPAN::Uploader sends.
pub fn form(user: &str, name: &str, bytes: &[u8]) -> Form {
    Form::new()
        .text("HIDDENNAME", user.to_owned())
        .text("CAN_MULTIPART", "1")
        .text("pause99_add_uri_upload", name.to_owned())
        .part("pause99_add_uri_httpupload", file(name, bytes))
        .text("pause99_add_uri_uri", "")
        .text(
            "SUBMIT_pause99_add_uri_httpupload",
            " Upload this file from my disk ",
        )
}

/// Returns the field of an upload with a token.
pub fn api_form(name: &str, bytes: &[u8]) -> Form {
    Form::new().part("file", file(name, bytes))
}

fn file(name: &str, bytes: &[u8]) -> Part {
    Part::bytes(bytes.to_vec()).file_name(name.to_owned())
}

/// Returns a tar archive of files, each with its path, mode and content.
pub fn tar(files: &[(&str, u32, &str)]) -> Vec<u8> {
    let entries: Vec<_> = files
        .iter()
        .map(|(path, mode, content)| Entry {
            mode: *mode,
            ..archive::file(path, content)
        })
        .collect();
    archive::tar(&entries)
}

/// Returns a distribution with one module, `Foo::Bar`, in a version.
pub fn distribution(version: &str) -> Vec<u8> {
    let module = format!("package Foo::Bar;\nour $VERSION = '{version}';\n1;\n");
    let path = format!("Foo-Bar-{version}/lib/Foo/Bar.pm");
    gzip(&tar(&[(&path, 0o644, &module)]))
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
