//! The flags that choose an instance of Sigstore.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_keyless::trust::{
    Config, Instance, Loaded, Refresh, SigningConfig, Source, TrustStore, TrustedRoot,
};
use jiff::Timestamp;

use crate::{failure::Failure, folders, terminal::Terminal};

/// Which Sigstore.
#[derive(Args, Debug)]
#[command(next_help_heading = "Which Sigstore")]
pub struct InstanceArgs {
    /// An instance by its name (`cpan-sigstore instance list`)
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,
    /// A trusted_root.json file instead of the instance's own
    #[arg(long, value_name = "FILE", conflicts_with = "instance")]
    pub trusted_root: Option<PathBuf>,
    /// Use cached trust material, and do not refresh it
    #[arg(long)]
    pub offline: bool,
}

/// What signing at an instance needs.
pub struct SigningMaterial {
    /// The instance, whose issuer and client id the login uses.
    pub instance: Instance,
    /// What the finished bundle is verified against.
    pub root: TrustedRoot,
    /// The services.
    pub config: SigningConfig,
}

impl InstanceArgs {
    /// The trusted root to verify against.
    pub fn trusted_root(&self, terminal: &Terminal) -> Result<TrustedRoot, Failure> {
        self.trusted_root_with_age(terminal).map(|(root, _)| root)
    }

    /// The same, and when its repository was last asked; `None` where it comes from a file.
    pub fn trusted_root_with_age(
        &self,
        terminal: &Terminal,
    ) -> Result<(TrustedRoot, Option<Timestamp>), Failure> {
        if let Some(path) = &self.trusted_root {
            return Ok((TrustedRoot::from_file(path)?, None));
        }
        let instance = self.configured()?;
        let store = self.store()?;
        let loaded = match &instance.source {
            // Files need no runtime.
            Source::Files { trusted_root, .. } => {
                return Ok((TrustedRoot::from_file(trusted_root)?, None));
            }
            Source::Repository(_) => {
                runtime()?.block_on(store.trusted_root(&instance, Timestamp::now()))?
            }
        };
        let refreshed = loaded.refreshed;
        Ok((noted(loaded, terminal), refreshed))
    }

    /// Trusted root and signing configuration; a file named by a flag replaces the instance's own.
    pub async fn signing_material(
        &self,
        signing_config: Option<&PathBuf>,
        terminal: &Terminal,
    ) -> Result<SigningMaterial, Failure> {
        let now = Timestamp::now();
        let store = self.store()?;
        let (instance, root, config) = match (&self.trusted_root, signing_config) {
            (Some(trusted_root), Some(config)) => {
                // All of it is given, so nothing of the instance in use is meant.
                let instance = Instance::new(Source::Files {
                    trusted_root: trusted_root.clone(),
                    signing_config: Some(config.clone()),
                });
                let root = TrustedRoot::from_file(trusted_root)?;
                (instance, root, SigningConfig::from_file(config)?)
            }
            (None, Some(config)) => {
                let instance = self.configured()?;
                let root = noted(store.trusted_root(&instance, now).await?, terminal);
                (instance, root, SigningConfig::from_file(config)?)
            }
            (given, None) => {
                let instance = self.configured()?;
                let loaded = store.signing_material(&instance, now).await?;
                let (root, config) = noted(loaded, terminal);
                let root = match given {
                    Some(path) => TrustedRoot::from_file(path)?,
                    None => root,
                };
                (instance, root, config)
            }
        };
        Ok(SigningMaterial {
            instance,
            root,
            config,
        })
    }

    fn configured(&self) -> Result<Instance, Failure> {
        let config = Config::load(&folders::config_file()?)?;
        Ok(config.instance(self.instance.as_deref())?)
    }

    fn store(&self) -> Result<TrustStore, Failure> {
        let refresh = if self.offline {
            Refresh::Never
        } else {
            Refresh::WhenDue
        };
        Ok(TrustStore::new(&folders::cache()?, refresh))
    }
}

fn noted<T>(loaded: Loaded<T>, terminal: &Terminal) -> T {
    if let Some(reason) = loaded.refresh_failed {
        terminal.warning(&format!(
            "the trust material could not be refreshed ({reason}); the cached copy is still valid and was used"
        ));
    }
    loaded.material
}

/// The runtime of commands that use the network.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::System {
            what: "expected to start the network runtime",
            source,
        })
}
