//! The log of a CPAN with as many files as the real one: the first fill, an append, and an audit.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use cpan_sigstore_interop::installed::peer;
use tempfile::TempDir;

use crate::{
    attempt::BenchError,
    measure::{Usage, measure, measure_prepared, run},
    table::{Goal, Table, bytes, milliseconds},
};

/// Number of authors.
const AUTHORS: u32 = 10_000;
/// Archives of each author, of which only names and digests matter.
const ARCHIVES: u32 = 40;
/// Number of new archives in an append.
const NEW: u32 = 100;
/// Number of runs that take seconds.
const LONG_RUNS: u32 = 3;
/// Number of runs that take milliseconds.
const RUNS: u32 = 7;
/// Longest first fill.
const FILL: Duration = Duration::from_secs(60);
/// Longest append.
const APPEND: Duration = Duration::from_millis(200);
/// Longest audit.
const AUDIT: Duration = Duration::from_secs(5);

/// A folder with a CPAN and its log.
struct Logged<'a> {
    folder: TempDir,
    program: &'a Path,
}

/// Adds the figures.
pub fn figures(program: &Path, table: &mut Table) -> Result<(), BenchError> {
    let logged = Logged::new(program)?;
    let fill = measure_prepared(&logged.append(), LONG_RUNS, &logged.shell(NEW_LOG))?;
    goal(table, "log append, 400 000 files, wall", fill, FILL);
    let hash = "find cpan -type f -print0 | xargs -0 -P2 -n1000 sha256sum >digests";
    let floor = measure(&logged.shell(hash), LONG_RUNS)?;
    ratio(
        table,
        "log append, 400 000 files, wall",
        fill,
        ("sha256sum", floor),
        Goal::None,
    );

    let append = measure_prepared(&logged.append(), RUNS, &logged.shell(NEW_FILES))?;
    goal(table, "log append, 100 new files, wall", append, APPEND);
    run(&logged.shell(NEW_FILES))?;
    let before = logged.written()?;
    run(&logged.append())?;
    let written: Vec<u64> = logged
        .written()?
        .into_iter()
        .filter(|file| !before.contains(file))
        .map(|(_, _, size)| size)
        .collect();

    let audit = measure(&logged.audit(), LONG_RUNS)?;
    goal(table, "log audit, wall", audit, AUDIT);
    let mut check = logged.command(&peer("logclient")?);
    check.args(["check", "policy.txt", "log"]);
    let check = measure(&check, LONG_RUNS)?;
    ratio(
        table,
        "log audit, wall",
        audit,
        ("Tessera and torchwood", check),
        Goal::AtMost(1.0),
    );
    let size: u64 = before.iter().map(|(_, _, size)| size).sum();
    table.note(format!(
        "log: {} files; the log has {}, its fill takes {}, an append of {NEW} writes {} files of {} bytes and takes {}, an audit takes {}",
        AUTHORS * ARCHIVES,
        bytes(size),
        bytes(fill.memory),
        written.len(),
        written.iter().sum::<u64>(),
        bytes(append.memory),
        bytes(audit.memory),
    ));
    Ok(())
}

fn goal(table: &mut Table, what: &str, ours: Usage, most: Duration) {
    table.row(
        what,
        milliseconds(ours.wall),
        ("the goal", milliseconds(most)),
        ours.wall.div_duration_f64(most),
        Goal::AtMost(1.0),
    );
}

fn ratio(table: &mut Table, what: &str, ours: Usage, (name, peer): (&str, Usage), goal: Goal) {
    table.row(
        what,
        milliseconds(ours.wall),
        (name, milliseconds(peer.wall)),
        ours.wall.div_duration_f64(peer.wall),
        goal,
    );
}

/// Replaces the log by an empty one.
const NEW_LOG: &str = "rm -rf log log.state && cp -r empty log && cp -r empty.state log.state";
/// Adds archives to one directory, with names that none has yet.
const NEW_FILES: &str = "n=$(ls cpan/authors/id/A/AA/AA0 | wc -l)
for i in $(seq 100); do echo $n $i >cpan/authors/id/A/AA/AA0/New-$n.$i.tar.gz; done";

impl<'a> Logged<'a> {
    fn new(program: &'a Path) -> Result<Self, BenchError> {
        let logged = Self {
            folder: TempDir::new()?,
            program,
        };
        for author in 0..AUTHORS {
            logged.release(author)?;
        }
        let init = ["log", "init", "--log", "empty", "--key", "log.key"];
        let output = logged
            .command(program)
            .args(init)
            .args(["--origin", "cpan.example/log"])
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let key = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("public"));
        let key = key.ok_or_else(|| BenchError::Made(format!("expected a key, found {text}")))?;
        let policy = format!("log {}\nquorum none\n", key.trim());
        fs::write(logged.path("policy.txt"), policy)?;
        Ok(logged)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn release(&self, author: u32) -> Result<(), BenchError> {
        let letter = |place: u32| char::from(b'A' + u8::try_from(place % 26).unwrap_or_default());
        let (first, second) = (letter(author), letter(author / 26));
        let id = format!("{first}{second}{author}");
        let folder = self.path(&format!("cpan/authors/id/{first}/{first}{second}/{id}"));
        fs::create_dir_all(&folder)?;
        for number in 0..ARCHIVES {
            let name = format!("Some-Distribution-{author}-{number}.tar.gz");
            fs::write(folder.join(&name), name)?;
        }
        Ok(())
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path());
        command.env("HOME", self.folder.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    fn append(&self) -> Command {
        let mut command = self.command(self.program);
        command.args(["log", "append", "--cpan", "cpan", "--log", "log"]);
        command.args(["--key", "log.key"]);
        command
    }

    fn audit(&self) -> Command {
        let mut command = self.command(self.program);
        command.args(["log", "audit", "--log", "log", "--log-policy", "policy.txt"]);
        command
    }

    fn shell(&self, script: &str) -> Command {
        let mut command = self.command(Path::new("sh"));
        command.args(["-ec", script]);
        command
    }

    /// The files of the log and of its state, each with its time and size.
    fn written(&self) -> io::Result<Vec<(PathBuf, std::time::SystemTime, u64)>> {
        let mut folders = vec![self.path("log"), self.path("log.state")];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let metadata = entry.metadata()?;
                if metadata.is_dir() {
                    folders.push(entry.path());
                } else {
                    files.push((entry.path(), metadata.modified()?, metadata.len()));
                }
            }
        }
        Ok(files)
    }
}
