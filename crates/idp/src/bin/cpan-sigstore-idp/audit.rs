//! `audit`.

use cpan_sigstore_core::{release::PauseId, text::printable};
use cpan_sigstore_idp::state::State;

use crate::{
    ConfigArgs,
    failure::{Failure, runtime},
};

/// Which attempts to show.
#[derive(clap::Args)]
pub(crate) struct AuditArgs {
    /// Author [default: all]
    #[arg(value_name = "ID")]
    author: Option<PauseId>,
    /// Number of attempts
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    count: u32,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(crate) fn run(args: &AuditArgs) -> Result<(), Failure> {
    let config = args.config.read()?;
    let rows = runtime()?.block_on(async {
        let state = State::open(&config.state).await?;
        state.audit(args.author.as_ref(), args.count).await
    })?;
    for row in rows {
        println!(
            "{}  {:8}  {:8}  {:10}  {}  {}  {}",
            row.time.strftime("%Y-%m-%d %H:%M:%S UTC"),
            row.outcome,
            row.method,
            row.author.as_deref().unwrap_or("-"),
            row.address,
            printable(&row.client),
            row.key.as_deref().unwrap_or("-"),
        );
    }
    Ok(())
}
