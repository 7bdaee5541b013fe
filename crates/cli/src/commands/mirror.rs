//! `cpan-sigstore mirror`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use cpan_sigstore_core::{
    finding::Exit,
    text::{printable, without_credentials},
};
use cpan_sigstore_gate::TrustStore;
use cpan_sigstore_mirror::{
    Records,
    server::{Listening, tls},
};
use cpan_sigstore_registry::subscription::{Copies, Pin};
use tokio::sync::oneshot;

use crate::{
    commands::IndexFailure,
    failure::Failure,
    folders,
    mirror_args::{MirrorArgs, MirrorFailure, runtime},
    signals::Signals,
    terminal::Terminal,
};

/// How often trust material and policy are looked at anew.
const REFRESH: Duration = Duration::from_secs(600);

/// Serve a CPAN to any client, and hand out only what is allowed.
///
/// Archives are fetched whole and verified before the first byte is sent. What was denied and why is said
/// on standard error, at /-/verdicts and in /-/metrics. It is a forward proxy, too: a client that asks
/// another CPAN through it gets the same.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  cpan-sigstore mirror --listen 127.0.0.1:8199\n  \
    cpan-sigstore mirror --upstream file:///srv/minicpan/ --listen 0.0.0.0:443 \\\n    \
    --tls-cert cert.pem --tls-key key.pem\n\n\
    SIGHUP has policy and trust material read anew; SIGTERM and SIGINT end it after the answers\n\
    that are on their way."
)]
pub struct MirrorCommand {
    #[command(flatten)]
    mirror: MirrorArgs,
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8199")]
    listen: SocketAddr,
    /// The certificate of this server, with its chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve other machines without TLS: whoever is on the way can then change what they get
    #[arg(long)]
    insecure_listen: bool,
}

/// Runs the command.
pub fn run(args: &MirrorCommand, terminal: &Terminal) -> Result<Exit, Failure> {
    let is_private = args.listen.ip().is_loopback() || args.tls_cert.is_some();
    if !is_private && !args.insecure_listen {
        return Err(Failure::Usage(format!(
            "expected `--tls-cert` and `--tls-key` to serve other machines at {}, found none; what is verified here could be changed on the way (`--insecure-listen` accepts that)",
            args.listen
        )));
    }
    let acceptor = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(tls(certificate, key).map_err(MirrorFailure::from)?),
        _ => None,
    };
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    let runtime = runtime()?;
    let records = Records::told_to(|record| {
        if !record.is_plain() {
            anstream::eprintln!("{}", printable(&record.to_string()));
        }
    });
    let copies = Copies::in_folder(folders::data()?.join("index"));
    let mirror = args
        .mirror
        .mirror(records, Some(&copies), &runtime, terminal)?;
    let files = runtime.block_on(kept(&mirror.memory(), &copies))?;
    mirror.operator().replace(files);
    let listen = |source| MirrorFailure::Listen {
        address: args.listen.to_string(),
        source,
    };
    let listening = runtime
        .block_on(Listening::bind(mirror.clone(), args.listen, acceptor))
        .map_err(listen)?;
    let address = listening.address().map_err(listen)?;
    let mut signals = Signals::new(&runtime)?;
    terminal.line(&format!(
        "mirror of {} at {scheme}://{address}/",
        without_credentials(args.mirror.upstream())
    ));
    terminal.flush();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = runtime.spawn(listening.serve(async {
        // Also when the other end is gone.
        let _ = stopped.await;
    }));
    while runtime.block_on(signals.is_due(REFRESH)) {
        let gate = args.mirror.gate(Some(&copies), &runtime, terminal);
        match gate.and_then(|gate| Ok((runtime.block_on(kept(gate.memory(), &copies))?, gate))) {
            Ok((files, gate)) => {
                mirror.operator().replace(files);
                mirror.replace_gate(gate);
            }
            // The one that is there goes on; its trust material ends by itself.
            Err(failure) => terminal.failure(&failure),
        }
    }
    drop(stop);
    // A task that panicked has said so.
    let _ = runtime.block_on(serving);
    Ok(Exit::Success)
}

/// The operator's index and its bundle, as they were taken in; `None` where there are none to serve.
async fn kept(memory: &TrustStore, copies: &Copies) -> Result<Option<(Vec<u8>, Vec<u8>)>, Failure> {
    let pin = Pin::load(&folders::operator_file()?).map_err(IndexFailure::from)?;
    let Some(pin) = pin else {
        return Ok(None);
    };
    let state = memory.index_state(&pin.url).await?;
    Ok(state.and_then(|state| copies.read(state.digest)))
}
