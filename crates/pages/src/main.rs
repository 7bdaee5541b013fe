//! `cpan-sigstore-pages DIR`: writes the man pages and completions of `cpan-sigstore` below a folder.

use std::{env, path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: cpan-sigstore-pages DIR");
        return ExitCode::from(2);
    };
    match cpan_sigstore_pages::write(&PathBuf::from(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
