//! Time and memory of programs: hyperfine repeats them and does the statistics, GNU time tells the memory.

use std::{
    ffi::OsString,
    fs::File,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde::Deserialize;
use tempfile::NamedTempFile;

use crate::attempt::BenchError;

/// Runs of one piece of work within this process.
const ROUNDS: usize = 201;

/// What a program takes.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// From start to end, the median.
    pub wall: Duration,
    /// On a core, in the program and in the kernel for it, the mean.
    pub cpu: Duration,
    /// Peak resident memory of one run, in bytes.
    pub memory: u64,
}

/// Hyperfine's report, as far as it is used.
#[derive(Deserialize)]
struct Report {
    results: [Figures; 1],
}

#[derive(Deserialize)]
struct Figures {
    median: f64,
    user: f64,
    system: f64,
}

/// Measures a command in `runs` runs after one to warm up.
pub fn measure(command: &Command, runs: u32) -> Result<Usage, BenchError> {
    repeated(command, runs, None)
}

/// Measures a command as above; `prepare` runs before each run and is not measured.
pub fn measure_prepared(
    command: &Command,
    runs: u32,
    prepare: &Command,
) -> Result<Usage, BenchError> {
    repeated(command, runs, Some(prepare))
}

fn repeated(command: &Command, runs: u32, prepare: Option<&Command>) -> Result<Usage, BenchError> {
    let report = NamedTempFile::new()?;
    let mut hyperfine = program("hyperfine", command);
    // A program of milliseconds would drown in the start of a shell.
    hyperfine
        .args(["--shell=none", "--style", "none", "--warmup", "1", "--runs"])
        .arg(runs.to_string());
    if let Some(prepare) = prepare {
        hyperfine.arg("--prepare").arg(words(prepare));
    }
    hyperfine
        .arg("--export-json")
        .arg(report.path())
        .arg(words(command));
    succeed(&mut hyperfine)?;
    let report: Report = serde_json::from_reader(File::open(report.path())?)
        .map_err(|error| BenchError::Made(format!("hyperfine's report: {error}")))?;
    let [figures] = report.results;
    if let Some(prepare) = prepare {
        run(prepare)?;
    }
    Ok(Usage {
        wall: Duration::from_secs_f64(figures.median),
        cpu: Duration::from_secs_f64(figures.user + figures.system),
        memory: memory(command)?,
    })
}

/// Runs a command once, its output thrown away.
pub fn run(command: &Command) -> Result<(), BenchError> {
    let mut once = program(command.get_program(), command);
    once.args(command.get_args());
    succeed(&mut once)
}

/// The peak of a command's resident memory, in bytes.
fn memory(command: &Command) -> Result<u64, BenchError> {
    let report = NamedTempFile::new()?;
    let mut time = program("time", command);
    time.args(["--quiet", "--format", "%M", "--output"])
        .arg(report.path())
        .arg(command.get_program())
        .args(command.get_args());
    succeed(&mut time)?;
    let kibibytes = std::fs::read_to_string(report.path())?;
    let kibibytes: u64 = kibibytes
        .trim()
        .parse()
        .map_err(|error| BenchError::Made(format!("the report of time: {error}")))?;
    Ok(kibibytes * 1024)
}

/// A program with the environment of the command that it measures.
fn program(name: impl Into<OsString>, command: &Command) -> Command {
    let name = name.into();
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file());
    let mut program = Command::new(found.map_or(name, Into::into));
    program
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null());
    if let Some(folder) = command.get_current_dir() {
        program.current_dir(folder);
    }
    program
}

fn succeed(command: &mut Command) -> Result<(), BenchError> {
    let output = command.output();
    let said = match output {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    Err(BenchError::Run {
        program: command.get_program().to_owned(),
        said,
    })
}

/// A command as one line, its words quoted.
fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted = words.map(|word| format!("'{}'", word.to_string_lossy().replace('\'', r"'\''")));
    quoted.collect::<Vec<_>>().join(" ")
}

/// The median time of a piece of work within this process.
///
/// Harnesses such as divan and criterion print such figures and keep them; a ratio with a goal needs the number.
pub fn time(mut work: impl FnMut() -> Result<(), BenchError>) -> Result<Duration, BenchError> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[ROUNDS / 2])
}
