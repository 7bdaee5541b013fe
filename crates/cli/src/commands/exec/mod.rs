//! `cpan-sigstore exec`: a CPAN client with a private mirror and proxy.

mod arguments;
#[cfg_attr(not(unix), path = "child_elsewhere.rs")]
mod child;
mod client;
mod conf_pm;
mod cpanfile;
mod cpanm;
mod environment;
mod folder;
mod options;
mod refusal;
mod summary;
mod wrapper;

use std::{
    borrow::Cow,
    ffi::{OsStr, OsString},
    io,
};

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit,
    text::{printable, shown_path},
};
use cpan_sigstore_mirror::{
    DecisionLog,
    server::{Access, Limits, Listening, RunSecret, Service},
};

use crate::{error::CommandError, flags::MirrorArgs, session::Session, ui::Terminal};
use client::{Client, Surroundings, Ways};
use wrapper::Wrapped;

/// Run a CPAN client that installs only allowed releases.
///
/// The client gets a private mirror on this machine, and a proxy that redirects every other request to it, so
/// that fallback mirrors, metacpan and https connections are closed. At the end, the refused files are listed in
/// order. The exit code is that of the worst refusal, else that of the client.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  cpan-sigstore exec -- cpanm Foo::Bar\n  \
    cpan-sigstore exec --require-signed -- carton install\n\n\
    cpanm, cpm, carton, cpan and minicpan are configured by their own settings, any other program\n\
    by the proxy alone. The client gets no secrets, such as tokens of a CI service.\n\
    Not covered: a client or a Makefile.PL that ignores its proxy settings.")]
pub struct ExecArgs {
    #[command(flatten)]
    mirror: MirrorArgs,
    /// Allow arguments that bypass the mirror (addresses, git, local files, other mirrors), and keep your proxy
    /// settings
    #[arg(long)]
    allow_outside: bool,
    /// Variable of the environment that the client keeps although its name shows a secret; can be repeated
    #[arg(long, value_name = "NAME")]
    keep_env: Vec<OsString>,
    /// Client and its arguments
    #[arg(last = true, required = true, value_name = "CLIENT")]
    command: Vec<OsString>,
}

/// Runs the command.
///
/// Returns the exit code: that of the worst refusal, else that of the client.
pub fn run(args: &ExecArgs, session: &Session<'_>) -> Result<u8, CommandError> {
    let terminal = session.terminal();
    let (program, arguments) = args.command.split_first().ok_or_else(|| {
        CommandError::usage("missing client: expected a program after `--`".to_owned())
    })?;
    let client = Client::of(program);
    let ways = if args.allow_outside {
        Ways::Open
    } else {
        client.check_words(&words(arguments))?;
        if let Some(wrapped) = wrapper::check(&words(&args.command))? {
            wrapped_client(&wrapped, terminal);
        }
        Ways::Closed
    };
    let runtime = session.runtime()?;
    let mirror = session.mirror(&args.mirror, DecisionLog::default(), None)?;
    let secret = RunSecret::random().map_err(|error| {
        CommandError::system("cannot protect the mirror", io::Error::other(error))
    })?;
    let listen = |source| CommandError::system("cannot listen on 127.0.0.1", source);
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let running = runtime
        .block_on(async {
            let service = Service {
                access: Access::with_secret(secret.clone()),
                limits: Limits::default(),
                tls: None,
            };
            let listening = Listening::bind(mirror.clone(), address, service).await?;
            Ok(listening.spawn())
        })
        .map_err(listen)?;
    let surroundings = Surroundings::new(running.address(), &secret, ways)
        .map_err(|source| CommandError::system("cannot create a folder for the client", source))?;
    for warning in cpanfile::ways_round(client, arguments) {
        terminal.warning(&warning);
    }
    let mut command = client
        .command(program, arguments, &surroundings)
        .map_err(|source| {
            CommandError::system("cannot write the client's configuration", source)
        })?;
    // The code that the client installs runs with the client's environment.
    let secrets = environment::secrets(&args.keep_env);
    for name in &secrets {
        command.env_remove(name);
    }
    terminal.flush();
    let ended = runtime.block_on(child::run(command)).map_err(|source| {
        CommandError::system(&format!("cannot run {}", shown_path(program)), source)
    })?;
    let requested = running.requested_files();
    runtime.block_on(running.stop());
    let exit = summary::print(mirror.log(), terminal);
    if exit != Exit::Success {
        return Ok(exit as u8);
    }
    // A client that does not find a module in the index fails without a word of the reason.
    if ended != 0
        && let Some(left_out) = mirror.log().left_out()
    {
        return Ok(left_out as u8);
    }
    let mut missed = secrets;
    missed.retain(|name| !environment::is_own(name));
    if ended != 0 && !missed.is_empty() {
        terminal.hint(&format!(
            "the client got no secrets; if it needs one of these variables, keep it with `--keep-env`: {}",
            printable(&missed.join(OsStr::new(", ")).to_string_lossy())
        ));
    }
    if ended != 0
        && let Some(folder) = surroundings.keep_logs()
    {
        terminal.hint(&format!(
            "read the client's own logs in {}",
            shown_path(&folder)
        ));
    }
    if ended == 0 && requested == 0 && !client.needs_nothing(&words(arguments)) {
        verified_nothing(terminal);
    }
    // Codes of programs are bytes.
    Ok(u8::try_from(ended).unwrap_or(Exit::Failed as u8))
}

fn words(arguments: &[OsString]) -> Vec<String> {
    let words = arguments.iter().map(|word| word.to_string_lossy());
    words.map(Cow::into_owned).collect()
}

/// Warns of a client that another program runs.
fn wrapped_client(wrapped: &Wrapped, terminal: &Terminal) {
    let Wrapped { by, client } = wrapped;
    terminal.warning(&format!(
        "`{by}` runs {client}: it is led to the mirror by its environment alone, and only as long as `{by}` changes nothing in it"
    ));
    terminal.hint(&format!(
        "run the client itself, as in `exec -- {client} …`"
    ));
}

/// Warns of a run that succeeded without the mirror.
fn verified_nothing(terminal: &Terminal) {
    terminal.warning(
        "the client requested no index and no archive of the mirror, so this run verified nothing",
    );
    terminal.hint(
        "if it installed anything, run the client itself after `--`, without a program that changes its environment",
    );
}
