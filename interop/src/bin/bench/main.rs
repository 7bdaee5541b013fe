//! The figures of speed, each beside its peer in the same run: `make bench`.
//!
//! Programs are measured as a user meets them: as whole processes, by hyperfine. Ours is the ratio of two figures,
//! its goal, and what hyperfine cannot count: requests and memory.

mod attempt;
mod flood;
mod floor;
mod gate;
mod index;
mod ledger;
mod log;
mod measure;
mod mirror;
mod sign;
mod table;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::attempt::BenchError;
use crate::table::Table;

fn main() -> ExitCode {
    let figures = match std::env::args().nth(1).as_deref() {
        // One part alone, while one works on it.
        Some("index") => alone(|table| index::figures(&program()?, table)),
        Some("flood") => alone(flood::figures),
        Some("ledger") => alone(|table| ledger::figures(&program()?, table)),
        Some("log") => alone(log::figures),
        _ => figures(),
    };
    match figures {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn figures() -> Result<Table, BenchError> {
    let mut table = Table::default();
    let attempt = attempt::Attempt::new()?;
    verify::small(&attempt, &mut table)?;
    verify::large(&attempt, &mut table)?;
    sign::figures(&attempt, &mut table)?;
    gate::figures(&attempt, &mut table)?;
    mirror::figures(&attempt, &mut table)?;
    log::figures(&mut table)?;
    flood::figures(&mut table)?;
    index::figures(&program()?, &mut table)?;
    ledger::figures(&program()?, &mut table)?;
    Ok(table)
}

fn alone(figures: impl FnOnce(&mut Table) -> Result<(), BenchError>) -> Result<Table, BenchError> {
    let mut table = Table::default();
    figures(&mut table)?;
    Ok(table)
}

/// Our program.
fn program() -> Result<PathBuf, BenchError> {
    let program = std::env::var_os("CPAN_SIGSTORE_PROGRAM");
    program.map(PathBuf::from).ok_or_else(|| {
        BenchError::Made("expected the program in CPAN_SIGSTORE_PROGRAM, found nothing".to_owned())
    })
}
