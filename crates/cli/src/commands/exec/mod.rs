//! `cpan-sigstore exec`: a client of CPAN, with a mirror and proxy of its own.

mod arguments;
#[cfg_attr(not(unix), path = "child_elsewhere.rs")]
mod child;
mod client;
mod conf_pm;
mod cpanfile;
mod cpanm;
mod environment;
mod summary;

use std::ffi::OsString;

use clap::Args;
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_mirror::{Records, server::Listening};
use tokio::sync::oneshot;

use crate::{
    failure::Failure,
    mirror_args::{MirrorArgs, MirrorFailure, runtime},
    terminal::Terminal,
};
use client::{Client, Surroundings, Ways};

/// Run a client of CPAN so that it installs only what is allowed.
///
/// The client gets a mirror of its own on this machine, and a proxy that leads every other request there:
/// fallback mirrors, metacpan and https connections are closed to it. When it has ended, what was refused is
/// said in order, and the exit code is that of the worst refusal, whatever the client says.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore exec -- cpanm Foo::Bar\n  \
    cpan-sigstore exec --require-signed -- carton install\n\n\
    cpanm, cpm, carton, cpan and minicpan are set up by their own means, any other program by the\n\
    proxy alone. Not covered: what a client or a Makefile.PL opens past its proxy settings.")]
pub struct ExecArgs {
    #[command(flatten)]
    mirror: MirrorArgs,
    /// Let arguments pass that lead round the mirror (addresses, git, local files, other mirrors), and leave
    /// the proxy settings as they are
    #[arg(long)]
    allow_outside: bool,
    /// The client and its arguments
    #[arg(last = true, required = true, value_name = "CLIENT")]
    command: Vec<OsString>,
}

/// Runs the command.
///
/// Gives the code to end with: that of the worst refusal, or else the client's own.
pub fn run(args: &ExecArgs, terminal: &Terminal) -> Result<u8, Failure> {
    let (program, arguments) = args
        .command
        .split_first()
        .ok_or_else(|| Failure::Usage("expected a client to run, found none".to_owned()))?;
    let client = Client::of(program);
    let ways = if args.allow_outside {
        Ways::Open
    } else {
        client.check(arguments).map_err(Failure::Usage)?;
        Ways::Closed
    };
    let runtime = runtime()?;
    let mirror = args
        .mirror
        .mirror(Records::default(), None, &runtime, terminal)?;
    let listen = |source| MirrorFailure::Listen {
        address: "127.0.0.1".to_owned(),
        source,
    };
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let listening = runtime
        .block_on(Listening::bind(mirror.clone(), address, None))
        .map_err(listen)?;
    let url = format!("http://{}", listening.address().map_err(listen)?);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = runtime.spawn(listening.serve(async {
        // Also when the other end is gone.
        let _ = stopped.await;
    }));
    let surroundings = Surroundings::new(&url, ways).map_err(|source| Failure::System {
        what: "expected to make a folder for the client",
        source,
    })?;
    if client == Client::Carton {
        for warning in cpanfile::ways_round() {
            terminal.warning(&warning);
        }
    }
    let command = client
        .command(program, arguments, &surroundings)
        .map_err(|source| Failure::System {
            what: "expected to write the client's configuration",
            source,
        })?;
    terminal.flush();
    let ended = runtime
        .block_on(child::run(command))
        .map_err(|source| MirrorFailure::Client {
            program: program.display().to_string(),
            source,
        })?;
    drop(stop);
    // A task that panicked has said so.
    let _ = runtime.block_on(serving);
    let exit = summary::print(mirror.records(), terminal);
    if exit != Exit::Success {
        return Ok(exit as u8);
    }
    if ended != 0
        && let Some(folder) = surroundings.keep_logs()
    {
        terminal.hint(&format!(
            "the client's own logs are in {}",
            folder.display()
        ));
    }
    // Codes of programs are bytes.
    Ok(u8::try_from(ended).unwrap_or(Exit::Failed as u8))
}
