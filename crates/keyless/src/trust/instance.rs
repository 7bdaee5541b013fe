//! One instance of Sigstore: where its trust material comes from, and whom it asks for identities.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where trust material comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A TUF repository.
    Repository(Repository),
    /// Files.
    Files {
        /// `trusted_root.json`.
        trusted_root: PathBuf,
        /// `signing_config.json`; without it, the instance verifies only.
        signing_config: Option<PathBuf>,
    },
}

/// A TUF repository, and where trust in it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repository {
    /// Of the instance everybody may use; its first root is part of this program.
    PublicGood,
    /// Of its staging instance, for tests.
    Staging,
    /// Of an instance of one's own.
    Own {
        /// Its address.
        url: String,
        /// A `root.json` from which trust begins.
        root: PathBuf,
    },
}

/// An instance of Sigstore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Where its trust material comes from.
    pub source: Source,
    /// The OpenID issuer to log in at, where it differs from the signing configuration's.
    pub oidc_issuer: Option<String>,
    /// The client id at that issuer, where it is not `sigstore`.
    pub oidc_client_id: Option<String>,
}

/// An instance as `config.toml` states it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Stated {
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

/// The names of the instances that are part of this program.
pub(super) const BUILT_IN: [&str; 2] = ["public-good", "staging"];

/// An instance that is stated in no way that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an instance by `trusted-root` (and `signing-config`), or by `tuf-url` and `tuf-root`, found {found}"
)]
pub struct InstanceError {
    found: &'static str,
}

impl Instance {
    /// An instance from a source, with its own issuer.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            oidc_issuer: None,
            oidc_client_id: None,
        }
    }

    /// The instances that are part of this program, by name: [`BUILT_IN`].
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "public-good" => Some(Self::new(Source::Repository(Repository::PublicGood))),
            "staging" => Some(Self::new(Source::Repository(Repository::Staging))),
            _ => None,
        }
    }
}

impl TryFrom<Stated> for Instance {
    type Error = InstanceError;

    fn try_from(stated: Stated) -> Result<Self, InstanceError> {
        let bad = |found| Err(InstanceError { found });
        let source = match (
            stated.trusted_root,
            stated.signing_config,
            stated.tuf_url,
            stated.tuf_root,
        ) {
            (Some(trusted_root), signing_config, None, None) => Source::Files {
                trusted_root,
                signing_config,
            },
            (None, None, Some(url), Some(root)) => {
                Source::Repository(Repository::Own { url, root })
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

impl From<&Instance> for Stated {
    fn from(instance: &Instance) -> Self {
        let mut stated = Self {
            oidc_issuer: instance.oidc_issuer.clone(),
            oidc_client_id: instance.oidc_client_id.clone(),
            ..Self::default()
        };
        match &instance.source {
            Source::Repository(Repository::PublicGood | Repository::Staging) => {}
            Source::Repository(Repository::Own { url, root }) => {
                stated.tuf_url = Some(url.clone());
                stated.tuf_root = Some(root.clone());
            }
            Source::Files {
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
