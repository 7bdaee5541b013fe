//! An instance of Sigstore: the source of its trust material, and its OpenID provider.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Source of trust material.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustSource {
    /// A TUF repository.
    Repository(Repository),
    /// Files.
    Files {
        /// `trusted_root.json`.
        trusted_root: PathBuf,
        /// `signing_config.json`. Without it, the instance can only verify.
        signing_config: Option<PathBuf>,
    },
}

/// A TUF repository and its pinned root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repository {
    /// The public-good instance. Its first root is part of this program.
    PublicGood,
    /// The staging instance, for tests. Its first root is part of this program.
    Staging,
    /// A private instance.
    Private {
        /// Address of the repository.
        url: String,
        /// The pinned `root.json`.
        root: PathBuf,
    },
}

/// An instance of Sigstore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Source of its trust material.
    pub source: TrustSource,
    /// OpenID issuer, if it differs from that of the signing configuration.
    pub oidc_issuer: Option<String>,
    /// Client id at that issuer, if it is not `sigstore`.
    pub oidc_client_id: Option<String>,
}

/// An instance as written in `config.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct InstanceEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted_root: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_config: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tuf_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tuf_root: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oidc_issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oidc_client_id: Option<String>,
}

/// Names of the built-in instances.
pub(super) const BUILT_IN: [&str; 2] = ["public-good", "staging"];

/// Error for an incomplete or contradictory instance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected `trusted-root` (and `signing-config`), or `tuf-url` and `tuf-root`, found {found}"
)]
pub struct InstanceError {
    found: &'static str,
}

impl Instance {
    /// Creates an instance without a special issuer.
    pub fn new(source: TrustSource) -> Self {
        Self {
            source,
            oidc_issuer: None,
            oidc_client_id: None,
        }
    }

    /// Returns the built-in instance with this name ([`BUILT_IN`]).
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "public-good" => Some(Self::new(TrustSource::Repository(Repository::PublicGood))),
            "staging" => Some(Self::new(TrustSource::Repository(Repository::Staging))),
            _ => None,
        }
    }
}

impl TryFrom<InstanceEntry> for Instance {
    type Error = InstanceError;

    fn try_from(stated: InstanceEntry) -> Result<Self, InstanceError> {
        let bad = |found| Err(InstanceError { found });
        let source = match (
            stated.trusted_root,
            stated.signing_config,
            stated.tuf_url,
            stated.tuf_root,
        ) {
            (Some(trusted_root), signing_config, None, None) => TrustSource::Files {
                trusted_root,
                signing_config,
            },
            (None, None, Some(url), Some(root)) => {
                TrustSource::Repository(Repository::Private { url, root })
            }
            (None, Some(_), ..) => return bad("`signing-config` without `trusted-root`"),
            (None, None, Some(_), None) => return bad("`tuf-url` without `tuf-root`"),
            (None, None, None, Some(_)) => return bad("`tuf-root` without `tuf-url`"),
            (None, None, None, None) => return bad("none of them"),
            (Some(_), ..) => return bad("both"),
        };
        Ok(Self {
            source,
            oidc_issuer: stated.oidc_issuer,
            oidc_client_id: stated.oidc_client_id,
        })
    }
}

impl From<&Instance> for InstanceEntry {
    fn from(instance: &Instance) -> Self {
        let mut stated = Self {
            oidc_issuer: instance.oidc_issuer.clone(),
            oidc_client_id: instance.oidc_client_id.clone(),
            ..Self::default()
        };
        match &instance.source {
            TrustSource::Repository(Repository::PublicGood | Repository::Staging) => {}
            TrustSource::Repository(Repository::Private { url, root }) => {
                stated.tuf_url = Some(url.clone());
                stated.tuf_root = Some(root.clone());
            }
            TrustSource::Files {
                trusted_root,
                signing_config,
            } => {
                stated.trusted_root = Some(trusted_root.clone());
                stated.signing_config = signing_config.clone();
            }
        }
        stated
    }
}
