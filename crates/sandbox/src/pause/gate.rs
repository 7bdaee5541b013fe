//! The gate before the daemon publishes: a program that decides about each archive, bundle and author record.
//!
//! It is called as section 13 of the standard says. Without an answer, files wait whose author may require signatures.
//! Everything else is published.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{path, tree::Tree};

/// Longest answer, in bytes.
const LONGEST: u64 = 64 * 1024;
/// Time between two looks whether the program has ended.
const LOOK: Duration = Duration::from_millis(5);
const BUNDLE: &str = ".sigstore.json";
const RECORD: &str = "-sigstore-identities-";
/// The statement of a record that requires signatures.
const SIGNED: &[u8] = br#""releases":"signed""#;

/// A program that decides about uploads.
#[derive(Clone, Debug)]
pub struct GateProgram {
    /// The program, such as `cpan-sigstore`.
    pub program: PathBuf,
    /// Further arguments after `gate`.
    pub options: Vec<OsString>,
    /// Its environment.
    pub environment: Vec<(String, String)>,
    /// Its time limit.
    pub timeout: Duration,
}

/// The gate with what it has learned.
pub(super) struct Gate {
    program: GateProgram,
    /// Authors of whom an answer said that signatures are required.
    required: BTreeSet<String>,
}

/// What the daemon does with an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GateDecision {
    /// It publishes only these bytes, by their digest, or any.
    Publish(Option<String>),
    /// It tries again later.
    Wait(String),
    /// It gives the upload up, with this text for the author.
    Refuse(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Answer {
    version: u32,
    kind: String,
    path: String,
    digest: String,
    decision: String,
    exit: i32,
    required: bool,
    text: String,
    mail: String,
}

impl Gate {
    pub(super) fn new(program: GateProgram) -> Self {
        Self {
            program,
            required: BTreeSet::new(),
        }
    }

    /// Decides about the bytes of an upload, which would be published at this path.
    pub(super) fn decide(&mut self, path: &str, bytes: &[u8], tree: &Tree) -> GateDecision {
        let Some(kind) = kind(path) else {
            return GateDecision::Publish(None);
        };
        let author = path::author(path);
        let digest = format!("sha256:{}", hex::encode(Sha256::digest(bytes)));
        let answered = self
            .program
            .run(kind, path, bytes, tree)
            .and_then(|(code, answer)| checked(code, answer, kind, path, &digest));
        let answer = match answered {
            Ok(answer) if self.agrees(&answer, author, tree) => answer,
            Ok(_) => return self.without_answer(kind, path, tree, "the gate contradicts itself"),
            Err(fault) => return self.without_answer(kind, path, tree, &fault),
        };
        if answer.required {
            self.required.insert(author.to_owned());
        } else {
            self.required.remove(author);
        }
        match answer.decision.as_str() {
            "accept" if kind == "release" && !answer.required => GateDecision::Publish(None),
            "accept" => GateDecision::Publish(Some(digest)),
            "later" => GateDecision::Wait(answer.text),
            _ => GateDecision::Refuse(answer.mail),
        }
    }

    /// Whether an answer about an archive fits what the gate said before, and what is published.
    fn agrees(&self, answer: &Answer, author: &str, tree: &Tree) -> bool {
        let is_accepted = answer.decision == "accept";
        let is_taken_back = !answer.required && self.required.contains(author);
        if answer.kind != "release" || is_taken_back {
            return !is_taken_back;
        }
        let has_bundle = tree.file(&format!("{}{BUNDLE}", answer.path)).is_some();
        match answer.required {
            true => !is_accepted || has_bundle,
            false => is_accepted,
        }
    }

    fn without_answer(&self, kind: &str, path: &str, tree: &Tree, fault: &str) -> GateDecision {
        let replaces = kind == "bundle" && tree.file(path).is_some();
        if self.may_require(path::author(path), tree) || kind == "record" || replaces {
            return GateDecision::Wait(format!("the gate has no answer: {fault}"));
        }
        GateDecision::Publish(None)
    }

    /// Whether signatures may be required of an author: by an earlier answer, or by a published record.
    fn may_require(&self, author: &str, tree: &Tree) -> bool {
        self.required.contains(author)
            || tree.below(&path::home(author)).iter().any(|path| {
                let record = tree.file(path).unwrap_or_default();
                path.contains(RECORD) && record.windows(SIGNED.len()).any(|part| part == SIGNED)
            })
    }
}

impl GateProgram {
    /// Runs the program for an upload, and returns its exit code and output.
    fn run(
        &self,
        kind: &str,
        path: &str,
        bytes: &[u8],
        tree: &Tree,
    ) -> Result<(i32, Vec<u8>), String> {
        let fault = |error: io::Error| format!("cannot run it: {error}");
        let folder = tempfile::tempdir().map_err(fault)?;
        let published = write_tree(folder.path(), path::author(path), tree).map_err(fault)?;
        let file = folder.path().join("upload");
        fs::write(&file, bytes).map_err(fault)?;
        let mut child = Command::new(&self.program)
            .arg("gate")
            .args(["--kind", kind, "--path", path])
            .arg("--file")
            .arg(&file)
            .arg("--cpan")
            .arg(&published)
            .args(&self.options)
            .env_clear()
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(fault)?;
        let output = read(&mut child);
        let code = wait(&mut child, self.timeout).map_err(fault)?;
        let code = code.ok_or("it did not end in time, or was killed")?;
        // A process that it started may hold the output open.
        let output = output.recv_timeout(self.timeout);
        let output = output.map_err(|_| "its output does not end")?;
        match output.len() as u64 > LONGEST {
            true => Err("its answer is too long".to_owned()),
            false => Ok((code, output)),
        }
    }
}

/// Reads the output on a thread of its own, one byte more than the limit at most.
fn read(child: &mut Child) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut output = Vec::new();
        if let Some(stdout) = stdout {
            // What could be read is judged. Nobody may be there any more.
            let _ = stdout.take(LONGEST + 1).read_to_end(&mut output);
            let _ = sender.send(output);
        }
    });
    receiver
}

/// Waits for the end, and returns the exit code; `None` if the process was killed, or the time is up.
fn wait(child: &mut Child, timeout: Duration) -> io::Result<Option<i32>> {
    let end = Instant::now() + timeout;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if Instant::now() >= end {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(LOOK);
    }
}

/// Writes the published files of an author into a folder.
fn write_tree(folder: &Path, author: &str, tree: &Tree) -> io::Result<PathBuf> {
    let root = folder.join("cpan");
    let ids = root.join("authors/id");
    fs::create_dir_all(&ids)?;
    for path in tree.below(&path::home(author)) {
        let place = ids.join(&path);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(place, tree.file(&path).unwrap_or_default())?;
    }
    Ok(root)
}

fn checked(
    code: i32,
    output: Vec<u8>,
    kind: &str,
    path: &str,
    digest: &str,
) -> Result<Answer, String> {
    let answer: Answer =
        serde_json::from_slice(&output).map_err(|_| format!("no answer, exit code {code}"))?;
    let decides = match answer.decision.as_str() {
        "accept" => code == 0,
        "later" => code == 3,
        "reject" => (10..=14).contains(&code),
        _ => false,
    };
    let is_about = (&*answer.kind, &*answer.path, &*answer.digest) == (kind, path, digest);
    if answer.version != 1 || answer.exit != code || !decides || !is_about {
        return Err("its answer is about another file, or contradicts its exit code".to_owned());
    }
    Ok(answer)
}

/// The kind of a file; `None` if no signature concerns it.
pub(super) fn kind(path: &str) -> Option<&'static str> {
    let (_, name) = path::split(path);
    if name.ends_with(BUNDLE) {
        return Some("bundle");
    }
    let small = name.to_ascii_lowercase();
    if small.contains(RECORD) && small.ends_with(".json") {
        return Some("record");
    }
    // What PAUSE indexes.
    let archives = [
        ".tar.gz", ".tar-gz", ".tar_gz", ".tgz", ".tar.bz2", ".tbz", ".tar.z", ".zip",
    ];
    let is_archive = archives.iter().any(|suffix| small.ends_with(suffix));
    is_archive.then_some("release")
}

/// The place of a file in a pass: bundles and records come before archives.
pub(super) fn rank(path: &str) -> u8 {
    match kind(path) {
        Some("bundle") => 0,
        Some("record") => 1,
        _ => 2,
    }
}
