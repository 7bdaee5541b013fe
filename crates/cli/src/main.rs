//! The program `cpan-sigstore`. Everything is in the library beside it, so that `cpan-sigstore-pages` can read its
//! arguments.

use std::process::ExitCode;

fn main() -> ExitCode {
    cpan_sigstore::run()
}
