//! `hash-password` and `new-token`, for sites whose accounts are in a file.

use std::io::Read as _;

use cpan_sigstore_core::release::PauseId;
use cpan_sigstore_idp::{
    Clock,
    accounts::{NewToken, hash},
};
use jiff::SignedDuration;

use crate::failure::Failure;

/// Longest password that is read, in bytes.
const LONGEST_PASSWORD: u64 = 512;

/// The terms of a token.
#[derive(clap::Args)]
pub(crate) struct TokenArgs {
    /// Author
    #[arg(value_name = "ID")]
    author: PauseId,
    /// Lifetime in days
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=180))]
    days: u16,
}

pub(crate) fn hash_password() -> Result<(), Failure> {
    let mut password = String::new();
    std::io::stdin()
        .take(LONGEST_PASSWORD)
        .read_to_string(&mut password)
        .map_err(Failure::Runtime)?;
    println!("{}", hash(password.trim_end_matches(['\r', '\n']))?);
    Ok(())
}

pub(crate) fn new_token(args: &TokenArgs) -> Result<(), Failure> {
    let life = SignedDuration::from_hours(24 * i64::from(args.days));
    let token = NewToken::create(&args.author, Clock::system().now(), life)?;
    println!("# For the author, who sees it once:\n# {}\n", token.text());
    print!("{}", token.lines());
    Ok(())
}
