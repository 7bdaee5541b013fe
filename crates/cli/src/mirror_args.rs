//! The flags of a mirror, whether it runs for long or for one client.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use cpan_sigstore_cpan::{self as cpan, Cpan};
use cpan_sigstore_gate::Gate;
use cpan_sigstore_mirror::{Mirror, Options, Records, cache::CacheError, server::TlsError};
use cpan_sigstore_registry::subscription::Copies;
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};

use crate::{
    failure::Failure, folders, gate_args::GateArgs, instance_args::InstanceArgs, terminal::Terminal,
};

/// What is mirrored, and how.
#[derive(Args, Debug)]
pub struct MirrorArgs {
    /// The CPAN to fetch from: http, https, or file for a folder
    #[arg(long, value_name = "URL", env = "CPAN_SIGSTORE_CPAN", default_value = cpan::DEFAULT)]
    upstream: String,
    /// The folder for what was allowed, which several mirrors may share
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// How much of it is kept, such as 500MiB
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = size)]
    cache_size: u64,
    /// How long an answer holds until the upstream is asked again
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    fresh: u64,
    #[command(flatten)]
    gate: GateArgs,
    #[command(flatten)]
    instance: InstanceArgs,
    /// Accept cosign's old bundles, which have no inclusion proof
    #[arg(long)]
    allow_old_format: bool,
}

/// A mirror that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum MirrorFailure {
    /// The cache cannot be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Certificate or key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be listened at.
    #[error("expected to listen at {address}: {source}")]
    Listen {
        /// Where.
        address: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The client cannot be started.
    #[error("expected to run {program}: {source}")]
    Client {
        /// Which.
        program: String,
        /// Why not.
        source: std::io::Error,
    },
}

impl MirrorArgs {
    /// Where it fetches from.
    pub fn upstream(&self) -> &str {
        &self.upstream
    }

    /// The mirror.
    ///
    /// # Errors
    /// Where upstream, cache, policy, memory or trust material cannot be used.
    pub fn mirror(
        &self,
        records: Records,
        copies: Option<&Copies>,
        runtime: &Runtime,
        terminal: &Terminal,
    ) -> Result<Arc<Mirror>, Failure> {
        let upstream = Cpan::at(&self.upstream)?;
        let cache = match &self.cache_dir {
            Some(folder) => folder.clone(),
            None => folders::cache()?.join("mirror"),
        };
        let options = Options {
            cache,
            cache_size: self.cache_size,
            fresh: Duration::from_secs(self.fresh),
            clock: Timestamp::now,
        };
        let gate = self.gate(copies, runtime, terminal)?;
        let mirror = Mirror::new(upstream, gate, records, options);
        Ok(mirror.map_err(MirrorFailure::from)?)
    }

    /// What decides, with policy and trust material as they are now.
    ///
    /// # Errors
    /// Where they, or the memory, cannot be used.
    pub fn gate(
        &self,
        copies: Option<&Copies>,
        runtime: &Runtime,
        terminal: &Terminal,
    ) -> Result<Gate, Failure> {
        self.gate.open_and_keep(
            &self.instance,
            self.allow_old_format,
            copies,
            runtime,
            terminal,
        )
    }
}

/// The runtime of a mirror, which serves while it looks at archives.
pub fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::System {
            what: "expected to start the network runtime",
            source,
        })
}

/// Bytes, as `500MiB`, `2GiB` or a plain number.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        other => return Err(format!("expected KiB, MiB, GiB or TiB, found `{other}`")),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|count| count.checked_mul(unit))
        .ok_or_else(|| "expected a size such as 500MiB".to_owned())
}
