//! `cpan-sigstore instance`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use cpan_sigstore_core::{finding::Exit, text::shown_path};
use cpan_sigstore_keyless::trust::{
    Config, Instance, Repository, SigningConfig, TrustSource, TrustedRoot,
};

use crate::{error::CommandError, folders, session::Session, ui::Tone};

/// Manage instances of Sigstore: public, staging, private.
#[derive(Subcommand, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore instance add work --tuf-url https://tuf.example.com --tuf-root root.json\n  \
    cpan-sigstore instance use work"
)]
pub enum InstanceCommand {
    /// List the instances; a star marks the one in use
    #[command(after_help = "Example:\n  cpan-sigstore instance list")]
    List,
    /// Add an instance under a name
    Add(AddArgs),
    /// Set the instance in use
    #[command(
        after_help = "Examples:\n  cpan-sigstore instance use work\n  cpan-sigstore instance use public-good"
    )]
    Use {
        /// Name of the instance
        name: String,
    },
}

#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore instance add work --tuf-url https://tuf.example.com --tuf-root root.json"
)]
pub struct AddArgs {
    /// Name of the instance
    name: String,
    /// TUF repository of the instance
    #[arg(long, value_name = "URL", requires = "tuf_root", conflicts_with_all = ["trusted_root", "signing_config"])]
    tuf_url: Option<String>,
    /// Initial root.json of the repository
    #[arg(long, value_name = "FILE", requires = "tuf_url")]
    tuf_root: Option<PathBuf>,
    /// trusted_root.json of an instance without a repository
    #[arg(long, value_name = "FILE", required_unless_present = "tuf_url")]
    trusted_root: Option<PathBuf>,
    /// signing_config.json; without it, the instance only verifies
    #[arg(long, value_name = "FILE")]
    signing_config: Option<PathBuf>,
    /// OpenID issuer to log in at [default: the one in the signing configuration]
    #[arg(long, value_name = "URL")]
    oidc_issuer: Option<String>,
    /// Client id at that issuer
    #[arg(long, value_name = "ID")]
    oidc_client_id: Option<String>,
}

/// Runs the command.
pub fn run(command: &InstanceCommand, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
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
                "use it with `cpan-sigstore instance use {}`",
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

/// The instance of the flags. Its files have to be readable now, not only at the first use.
fn instance(args: &AddArgs) -> Result<Instance, CommandError> {
    let source = match (&args.tuf_url, &args.tuf_root, &args.trusted_root) {
        (Some(url), Some(root), _) => TrustSource::Repository(Repository::Private {
            url: url.clone(),
            root: absolute(root)?,
        }),
        (_, _, Some(trusted_root)) => {
            TrustedRoot::from_file(trusted_root)?;
            if let Some(path) = &args.signing_config {
                SigningConfig::from_file(path)?;
            }
            TrustSource::Files {
                trusted_root: absolute(trusted_root)?,
                signing_config: args.signing_config.as_deref().map(absolute).transpose()?,
            }
        }
        _ => {
            return Err(CommandError::usage(
                "missing flags: expected `--tuf-url` and `--tuf-root`, or `--trusted-root`".into(),
            ));
        }
    };
    Ok(Instance {
        source,
        oidc_issuer: args.oidc_issuer.clone(),
        oidc_client_id: args.oidc_client_id.clone(),
    })
}

fn absolute(path: &Path) -> Result<PathBuf, CommandError> {
    std::fs::canonicalize(path).map_err(CommandError::read(path))
}

fn describe(instance: &Instance) -> String {
    match &instance.source {
        TrustSource::Repository(Repository::PublicGood) => "Sigstore's public-good instance".into(),
        TrustSource::Repository(Repository::Staging) => {
            "Sigstore's staging instance, for tests".into()
        }
        TrustSource::Repository(Repository::Private { url, .. }) => format!("repository {url}"),
        TrustSource::Files { trusted_root, .. } => {
            format!("trusted root {}", shown_path(trusted_root))
        }
    }
}
