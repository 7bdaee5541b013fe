//! One run of one program: its time and its memory.
//!
//! Linux counts the memory of whoever starts a program to that program's peak. So this small program starts itself
//! anew, and that one, which has loaded nothing, starts what is measured.

use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

use crate::attempt::BenchError;

/// The first argument by which this program knows that it is the one that measures.
pub const WORD: &str = "measure";

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// From start to end.
    pub wall: Duration,
    /// On a core, in the program and in the kernel for it.
    pub cpu: Duration,
    /// Peak resident memory, in bytes.
    pub memory: u64,
}

/// Runs a command once, its output thrown away.
pub fn run(command: &Command) -> Result<Usage, BenchError> {
    let program = command.get_program();
    let failed = |said: String| BenchError::Run {
        program: program.to_owned(),
        said,
    };
    let ourselves = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let variables = command.get_envs();
    let output = Command::new(ourselves)
        .arg(WORD)
        .arg(program)
        .args(command.get_args())
        .env_clear()
        .envs(variables.filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    let numbers: Vec<u64> = String::from_utf8_lossy(&output.stdout)
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    match numbers[..] {
        [wall, cpu, memory] if output.status.success() => Ok(Usage {
            wall: Duration::from_nanos(wall),
            cpu: Duration::from_nanos(cpu),
            memory,
        }),
        _ => Err(failed(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

/// Runs the program that the arguments name, and prints wall time and CPU time in nanoseconds and memory in bytes.
pub fn main(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(program) = arguments.next() else {
        eprintln!("expected a program to measure");
        return ExitCode::FAILURE;
    };
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null());
    let start = Instant::now();
    let used = command.spawn().and_then(|mut child| child.wait4());
    let wall = start.elapsed();
    match used {
        Ok(used) if used.status.success() => {
            let usage = used.rusage;
            println!(
                "{} {} {}",
                wall.as_nanos(),
                (usage.utime + usage.stime).as_nanos(),
                usage.maxrss
            );
            ExitCode::SUCCESS
        }
        Ok(used) => {
            eprintln!("ended with {}", used.status);
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the commands in turns, `rounds` times each, after one that does not count; the median of each figure.
pub fn medians<const N: usize>(
    rounds: usize,
    commands: [&Command; N],
) -> Result<[Usage; N], BenchError> {
    let mut runs: [Vec<Usage>; N] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    for command in commands {
        run(command)?;
    }
    for _ in 0..rounds {
        for (command, runs) in commands.iter().zip(&mut runs) {
            runs.push(run(command)?);
        }
    }
    Ok(runs.map(|runs| Usage {
        wall: median(runs.iter().map(|run| run.wall)),
        cpu: median(runs.iter().map(|run| run.cpu)),
        memory: median(runs.iter().map(|run| run.memory)),
    }))
}

/// The value in the middle; the zero of the type where there is none.
pub fn median<T: Copy + Default + Ord>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}
