//! A sandbox, a folder, and the binary with nothing of the developer's environment.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output},
    time::Duration,
};

use cpan_sigstore_sandbox::{ForgedSignature, Recipe, RekorVersion, Sandbox, SandboxOptions};
use serde_json::Value;
use tempfile::TempDir;

/// Who signs where nobody else is named.
pub const AUTHOR: &str = "author@example.org";
/// A release to sign.
pub const FILE: &str = "Foo-Bar-1.02.tar.gz";
/// Its bytes.
pub const BYTES: &[u8] = b"a release of Foo-Bar";

/// A sandbox, and the folder of a person who uses it; `with_account` makes them an author, `with_policy` somebody who installs.
pub struct World {
    pub sandbox: Sandbox,
    pub folder: TempDir,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl World {
    pub fn new() -> Self {
        Self::with(SandboxOptions::default())
    }

    pub fn with(options: SandboxOptions) -> Self {
        let user = Self {
            sandbox: Sandbox::start(options).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(user.path(FILE), BYTES).unwrap();
        user
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The issuer of e-mail identities.
    pub fn issuer(&self) -> String {
        self.sandbox.services.oidc.url().to_owned()
    }

    /// The command in the user's folder, with the sandbox's environment and no other; with a home where there is one.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = bare(self.folder.path(), args);
        command.envs(self.sandbox.env());
        if self.home().exists() {
            command.env("HOME", self.home());
        }
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// `sign` with a token of the author's.
    pub fn sign(&self, args: &[&str]) -> Ran {
        self.sign_as("author", args)
    }

    /// `sign` with a token of an account.
    pub fn sign_as(&self, account: &str, args: &[&str]) -> Ran {
        let token = self.sandbox.token(account).unwrap();
        let mut all = vec!["sign", "--identity-token", &token];
        all.extend(args);
        self.run(&all)
    }

    /// `verify FILE` against the author, with more arguments.
    pub fn verify_file(&self, args: &[&str]) -> Ran {
        let issuer = self.issuer();
        let mut all = vec![
            "verify",
            FILE,
            "--certificate-identity",
            AUTHOR,
            "--certificate-oidc-issuer",
            &issuer,
        ];
        all.extend(args);
        self.run(&all)
    }

    /// What a signer that checks nothing makes of the authorities' answers.
    pub fn forge(&self, rekor: RekorVersion, timestamp: bool) -> ForgedSignature {
        let recipe = Recipe {
            account: "author",
            digest: sha256(BYTES),
            rekor,
            timestamp,
        };
        self.sandbox.forge(&recipe).unwrap()
    }

    pub fn write_bundle(&self, bundle: &Value) {
        fs::write(self.bundle(), bundle.to_string()).unwrap();
    }

    pub fn bundle(&self) -> PathBuf {
        self.path(&format!("{FILE}.sigstore.json"))
    }

    /// The names of all files in the folder, hidden ones too.
    pub fn files(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The command with nothing of the developer's environment.
pub fn bare(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cpan-sigstore"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("CPAN_SIGSTORE_CONFIG", folder.join("config.toml"))
        .env("CPAN_SIGSTORE_CACHE", folder.join("cache"))
        .env("CPAN_SIGSTORE_DATA", folder.join("data"))
        .args(args);
    command
}

/// A program that runs beside the test, and ends with it however it ends.
pub struct Beside(pub Child);

impl Drop for Beside {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first line that a server prints.
pub fn first_line(server: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    line
}

/// The address of a server that was started: the last word of the first line that it prints.
pub fn address(server: &mut Child) -> String {
    let line = first_line(server);
    let (_, address) = line.trim().rsplit_once(' ').unwrap();
    address.to_owned()
}

/// Waits until something is the case, which only looking again can tell; a test that waits for what never comes fails instead of hanging.
#[track_caller]
pub fn until(mut is_so: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "it never came to be"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// The one JSON object on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The cause or, where there is none, the finding: of the JSON, or of the first line that a person reads.
    #[track_caller]
    pub fn code(&self) -> String {
        if !self.stdout.starts_with('{') {
            let (headline, _) = self.stdout.split_once(": ").unwrap();
            let finding = headline.trim_end_matches(", allowed");
            let cause = finding.rsplit_once(" (");
            return cause
                .map_or(finding, |(_, cause)| cause.trim_end_matches(')'))
                .to_owned();
        }
        let json = self.json();
        match json["cause"].as_str() {
            Some(cause) => cause.to_owned(),
            None => json["finding"].as_str().unwrap().to_owned(),
        }
    }
}
