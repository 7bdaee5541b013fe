//! `cpan-sigstore mirror`.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit,
    text::{printable, without_credentials},
};
use cpan_sigstore_gate::TrustStore;
use cpan_sigstore_mirror::{
    DecisionLog,
    server::{Access, HostName, Limits, Listening, Service, tls},
};
use cpan_sigstore_registry::subscription::{Copies, Pin};

use crate::{error::CommandError, flags::MirrorArgs, folders, session::Session, signals::Signals};

/// How often trust material and policy are reloaded.
const REFRESH: Duration = Duration::from_secs(600);

/// Serve a CPAN, and only releases that are allowed.
///
/// The mirror fetches and verifies a whole archive before it sends the first byte. It reports denied files
/// and the reasons on standard error, at /-/verdicts and in /-/metrics. It is also a forward proxy: a client
/// that requests another CPAN through it gets the same files.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore mirror --listen 127.0.0.1:8199\n  \
    cpan-sigstore mirror --upstream file:///srv/minicpan/ --listen 0.0.0.0:443 \\\n    \
    --tls-cert cert.pem --tls-key key.pem\n\n\
    SIGHUP reloads policy and trust material; SIGTERM and SIGINT end the mirror after the\n\
    current responses."
)]
pub struct MirrorCommand {
    #[command(flatten)]
    mirror: MirrorArgs,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8199")]
    listen: SocketAddr,
    /// Host name by which clients call this mirror, besides its address and localhost; can be repeated. Requests
    /// for other names are refused
    #[arg(long, value_name = "NAME")]
    host_name: Vec<HostName>,
    /// Limit of connections at once from one address; behind a reverse proxy all come from that one
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = at_least_one)]
    connections_per_address: usize,
    /// Certificate of this server, with its chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Allow HTTP without TLS on other addresses than loopback (insecure: others can modify responses in transit)
    #[arg(long)]
    insecure_listen: bool,
}

/// Raises the limit of open files to the highest that the system allows: each connection needs one.
#[cfg(unix)]
fn allow_many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // The limit as it is serves fewer clients at once.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Other systems have no such limit.
#[cfg(not(unix))]
fn allow_many_files() {}

fn at_least_one(text: &str) -> Result<usize, String> {
    let count = text.parse::<NonZeroUsize>();
    count
        .map(NonZeroUsize::get)
        .map_err(|error| error.to_string())
}

/// Runs the command.
pub fn run(args: &MirrorCommand, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let is_private = args.listen.ip().is_loopback() || args.tls_cert.is_some();
    if !is_private && !args.insecure_listen {
        return Err(CommandError::usage(format!(
            "cannot serve other machines at {} without TLS: expected `--tls-cert` and `--tls-key`, or `--insecure-listen`",
            args.listen
        )));
    }
    let acceptor = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(tls(certificate, key)?),
        _ => None,
    };
    allow_many_files();
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    let runtime = session.runtime()?;
    let log = DecisionLog::on_entry(|entry| {
        if !entry.is_plain() {
            anstream::eprintln!("{}", printable(&entry.to_string()));
        }
    });
    let copies = Copies::in_folder(folders::data()?.join("index"));
    let mirror = session.mirror(&args.mirror, log, Some(&copies))?;
    let files = session.wait(kept(&mirror.trust_store(), &copies))?;
    mirror.author_index().replace(files);
    let listen =
        |source| CommandError::system(&format!("cannot listen on {}", args.listen), source);
    let service = Service {
        access: Access::by_names(args.host_name.clone()),
        limits: Limits {
            per_address: args.connections_per_address,
            ..Limits::default()
        },
        tls: acceptor,
    };
    let running = runtime
        .block_on(async {
            let listening = Listening::bind(mirror.clone(), args.listen, service).await?;
            Ok(listening.spawn())
        })
        .map_err(listen)?;
    let address = running.address();
    let mut signals = Signals::new(runtime)?;
    terminal.line(&format!(
        "mirror of {} at {scheme}://{address}/",
        without_credentials(&args.mirror.upstream)
    ));
    match terminal.try_flush() {
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe => {
            let what = "cannot write the address of the mirror to standard output";
            return Err(CommandError::system(what, source));
        }
        _ => {}
    }
    while runtime.block_on(signals.is_due(REFRESH)) {
        let gate = session.mirror_gate(&args.mirror, Some(&copies));
        match gate.and_then(|gate| Ok((session.wait(kept(gate.trust_store(), &copies))?, gate))) {
            Ok((files, gate)) => {
                mirror.author_index().replace(files);
                mirror.replace_gate(gate);
            }
            // The gate in use stays; its trust material expires by itself.
            Err(error) => terminal.error(&error, error.hints()),
        }
    }
    runtime.block_on(running.stop());
    Ok(Exit::Success)
}

/// The author index and its bundle as they were imported; `None` if there are none to serve.
async fn kept(
    memory: &TrustStore,
    copies: &Copies,
) -> Result<Option<(Vec<u8>, Vec<u8>)>, CommandError> {
    let pin = Pin::load(&folders::operator_file()?)?;
    let Some(pin) = pin else {
        return Ok(None);
    };
    let state = memory.index_state(&pin.url).await?;
    Ok(state.and_then(|state| copies.read(state.digest)))
}
