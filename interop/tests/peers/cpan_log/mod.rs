//! The CPAN log against other implementations of its formats: torchwood, Tessera, golang.org/x/mod, and a real witness.

mod reading;
mod witness;

use std::{fs, io::Write as _, path::Path, process::Command, process::Stdio};

use cpan_sigstore_interop::{installed, peer::Answer};
use tempfile::TempDir;

/// The log's name.
const ORIGIN: &str = "cpan.example/log";

/// A folder with a CPAN, its log, and the log's policy.
struct Logged {
    folder: TempDir,
    /// The public key of the log.
    key: String,
}

impl Logged {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let init = ["log", "init", "--log", "log", "--key", "log.key"];
        let answer = ours(folder.path(), &[&init[..], &["--origin", ORIGIN]].concat());
        assert!(answer.success(), "{answer:#?}");
        let line = answer.output.lines().find(|line| line.contains("public"));
        let key = line.unwrap().split_whitespace().last().unwrap().to_owned();
        let logged = Self { folder, key };
        logged.write("policy.txt", &format!("log {}\nquorum none\n", logged.key));
        logged
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Puts archives with these numbers into the CPAN.
    fn release(&self, numbers: std::ops::Range<u32>) {
        for number in numbers {
            let path = format!("cpan/authors/id/M/MY/MYAUTHOR/Foo-{number}.tar.gz");
            self.write(&path, &format!("archive {number}"));
        }
    }

    fn append(&self, log: &str, more: &[&str]) -> Answer {
        let args = ["log", "append", "--cpan", "cpan", "--key", "log.key"];
        ours(
            self.path(),
            &[
                &args[..],
                &["--log", log, "--log-policy", "policy.txt"],
                more,
            ]
            .concat(),
        )
    }
}

/// Runs our program in a folder.
fn ours(folder: &Path, args: &[&str]) -> Answer {
    run(&installed::ours().unwrap(), folder, args, "")
}

/// Runs the client that is made of other libraries.
fn logclient(folder: &Path, args: &[&str], input: &str) -> Answer {
    run(&installed::peer("logclient").unwrap(), folder, args, input)
}

fn run(program: &Path, folder: &Path, args: &[&str], input: &str) -> Answer {
    let mut child = Command::new(program)
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that reads no input may have ended before.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Answer {
        exit: output.status.code(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}
