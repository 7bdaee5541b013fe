//! `serve` and `check`.

use cpan_sigstore_idp::{Clock, accounts::Cost, config::Config, server::Idp};
use tokio::signal::unix::{SignalKind, signal};

use crate::failure::{Failure, runtime};

pub(crate) fn run(config: Config) -> Result<(), Failure> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    runtime()?.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
        let idp = Idp::open(config, Clock::system(), Cost::default()).await?;
        let listener = idp.listen().await?;
        tracing::info!(issuer = idp.config().issuer(), listen = %idp.config().listen, "serving");
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        Ok(idp.serve(listener, stop).await?)
    })
}

pub(crate) fn check(config: Config) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let idp = Idp::open(config, Clock::system(), Cost::default()).await?;
        let config = idp.config();
        println!("issuer:   {}", config.issuer());
        println!("listen:   {}", config.listen);
        println!("keys:     {} published", idp.published_keys().keys.len());
        for client in &config.clients {
            println!("client:   {} ({})", client.id, client.name);
        }
        if let Some(exchange) = idp.exchange() {
            for service in &exchange.settings().issuers {
                println!("ci:       {}", service.issuer);
            }
        }
        if config.proxies.is_empty() {
            println!("warning:  no `proxies`: all people behind a reverse proxy share one limit of failures");
        }
        if config.notice.is_none() {
            println!("warning:  no `notice`: authors get no mail when a token is issued in their name");
        }
        Ok(())
    })
}
