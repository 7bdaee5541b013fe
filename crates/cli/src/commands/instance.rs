//! `cpan-sigstore instance`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_keyless::trust::{
    Config, Instance, Repository, SigningConfig, Source, TrustedRoot,
};

use crate::{
    failure::Failure,
    folders,
    terminal::{Terminal, Tone},
};

/// Instances of Sigstore: the public-good one, its staging twin, and your own.
#[derive(Subcommand, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore instance add work --tuf-url https://tuf.example.com --tuf-root root.json\n  \
    cpan-sigstore instance use work"
)]
pub enum InstanceCommand {
    /// List the instances; the one in use has a star
    List,
    /// Add an instance under a name
    Add(AddArgs),
    /// Use an instance from now on
    Use {
        /// Its name
        name: String,
    },
}

#[derive(Args, Debug)]
pub struct AddArgs {
    /// The name
    name: String,
    /// Its TUF repository
    #[arg(long, value_name = "URL", requires = "tuf_root", conflicts_with_all = ["trusted_root", "signing_config"])]
    tuf_url: Option<String>,
    /// The root.json from which trust in the repository begins
    #[arg(long, value_name = "FILE", requires = "tuf_url")]
    tuf_root: Option<PathBuf>,
    /// Its trusted_root.json, where it has no repository
    #[arg(long, value_name = "FILE", required_unless_present = "tuf_url")]
    trusted_root: Option<PathBuf>,
    /// Its signing_config.json; without it, the instance verifies only
    #[arg(long, value_name = "FILE")]
    signing_config: Option<PathBuf>,
    /// The OpenID issuer to log in at, where the signing configuration names another
    #[arg(long, value_name = "URL")]
    oidc_issuer: Option<String>,
    /// The client id at that issuer
    #[arg(long, value_name = "ID")]
    oidc_client_id: Option<String>,
}

/// Runs the command.
pub fn run(command: &InstanceCommand, terminal: &Terminal) -> Result<Exit, Failure> {
    let mut config = Config::load(&folders::config_file()?)?;
    match command {
        InstanceCommand::List => {
            for name in config.names() {
                let star = if name == config.in_use() { "*" } else { " " };
                terminal.line(&format!(
                    "{star} {name:12} {}",
                    describe(&config.instance(Some(name))?)
                ));
            }
        }
        InstanceCommand::Add(args) => {
            config.add(&args.name, instance(args)?)?;
            terminal.headline(Tone::Good, "added", &args.name);
            terminal.hint(&format!(
                "use it from now on with `cpan-sigstore instance use {}`",
                args.name
            ));
        }
        InstanceCommand::Use { name } => {
            config.choose(name)?;
            terminal.headline(Tone::Good, "in use", name);
        }
    }
    Ok(Exit::Success)
}

/// The instance that the flags state; its files have to be readable now rather than at first use.
fn instance(args: &AddArgs) -> Result<Instance, Failure> {
    let source = match (&args.tuf_url, &args.tuf_root, &args.trusted_root) {
        (Some(url), Some(root), _) => Source::Repository(Repository::Own {
            url: url.clone(),
            root: absolute(root)?,
        }),
        (_, _, Some(trusted_root)) => {
            TrustedRoot::from_file(trusted_root)?;
            if let Some(path) = &args.signing_config {
                SigningConfig::from_file(path)?;
            }
            Source::Files {
                trusted_root: absolute(trusted_root)?,
                signing_config: args.signing_config.as_deref().map(absolute).transpose()?,
            }
        }
        _ => {
            return Err(Failure::Usage(
                "expected `--tuf-url` and `--tuf-root`, or `--trusted-root`".into(),
            ));
        }
    };
    Ok(Instance {
        source,
        oidc_issuer: args.oidc_issuer.clone(),
        oidc_client_id: args.oidc_client_id.clone(),
    })
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::fs::canonicalize(path).map_err(Failure::read(path))
}

fn describe(instance: &Instance) -> String {
    match &instance.source {
        Source::Repository(Repository::PublicGood) => "Sigstore's public-good instance".into(),
        Source::Repository(Repository::Staging) => "its staging instance, for tests".into(),
        Source::Repository(Repository::Own { url, .. }) => format!("repository {url}"),
        Source::Files { trusted_root, .. } => format!("trusted root {}", trusted_root.display()),
    }
}
