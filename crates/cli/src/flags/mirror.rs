//! The flags of a mirror, whether it runs for long or for one client.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::variable::SecretVariable;
use cpan_sigstore_cpan as cpan;

use super::{GateArgs, InstanceArgs};

/// The upstream, the cache and the gate of a mirror.
#[derive(Args, Debug)]
pub struct MirrorArgs {
    /// CPAN to fetch from: http, https, or file for a folder
    #[arg(long, value_name = "URL", env = SecretVariable::CPAN_SIGSTORE_CPAN.name(), default_value = cpan::DEFAULT, hide_env_values = true)]
    pub upstream: String,
    /// Folder for allowed files, which several mirrors may share [default: mirror in your cache folder]
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
    /// Largest size of the cache, such as 500MiB
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = size)]
    pub cache_size: u64,
    /// Time until a file is requested from upstream again
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub fresh: u64,
    #[command(flatten)]
    pub gate: GateArgs,
    #[command(flatten)]
    pub instance: InstanceArgs,
    /// Accept cosign's old bundles, which have no inclusion proof
    #[arg(long)]
    pub allow_old_format: bool,
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
        other => {
            return Err(format!(
                "invalid unit: expected KiB, MiB, GiB or TiB, found `{other}`"
            ));
        }
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|count| count.checked_mul(unit))
        .ok_or_else(|| "invalid size: expected one such as 500MiB".to_owned())
}
