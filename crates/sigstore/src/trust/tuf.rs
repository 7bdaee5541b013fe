//! Trust material from a TUF repository, cached.
//!
//! The cache is untrusted: whatever comes from it is verified again from the pinned root, with its
//! expiry, before it is used. What is neither fetched nor validly cached is unavailable; there is no
//! older copy to fall back to.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use sigstore_trust_root::{SigstoreInstance, TufBootstrap, TufConfig};

use super::{Instance, Repository, SigningConfig, Source, TrustError, TrustedRoot, read_file};
use crate::http::Http;

/// Age at which cached metadata is refreshed although it is still valid.
const REFRESH_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// File in the cache that says when the repository was last asked, as RFC 3339.
const REFRESHED: &str = "refreshed";

/// Whether the network may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// When the cache is missing, a day old, or expired.
    WhenDue,
    /// Never.
    Never,
}

/// Gets trust material for instances, keeping what TUF repositories say in a folder.
#[derive(Clone, Debug)]
pub struct TrustStore {
    cache: PathBuf,
    refresh: Refresh,
}

/// Trust material, and what the user should know about it.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The material.
    pub material: T,
    /// Why the repository could not be asked although it was due; what was cached is still valid.
    pub refresh_failed: Option<String>,
}

impl TrustStore {
    /// A store that keeps its cache below a folder.
    pub fn new(cache: &Path, refresh: Refresh) -> Self {
        Self {
            cache: cache.join("tuf"),
            refresh,
        }
    }

    /// The trusted root of an instance, valid at `now`.
    ///
    /// # Errors
    /// [`TrustError::Unavailable`] where it can neither be fetched nor taken from the cache.
    pub async fn trusted_root(
        &self,
        instance: &Instance,
        now: Timestamp,
    ) -> Result<Loaded<TrustedRoot>, TrustError> {
        let repository = match &instance.source {
            Source::Files { trusted_root, .. } => {
                return TrustedRoot::from_file(trusted_root).map(Loaded::of);
            }
            Source::Repository(repository) => Pinned::of(repository)?,
        };
        let loaded = self
            .load(&repository, now, |config| {
                sigstore_trust_root::TrustedRoot::from_tuf_at(config, now)
            })
            .await?;
        Ok(loaded.map(|root| TrustedRoot::from_library(root, &repository.url)))
    }

    /// Trusted root and signing configuration of an instance, valid at `now`.
    ///
    /// # Errors
    /// As [`TrustStore::trusted_root`], and where the instance has no signing configuration.
    pub async fn signing_material(
        &self,
        instance: &Instance,
        now: Timestamp,
    ) -> Result<Loaded<(TrustedRoot, SigningConfig)>, TrustError> {
        let repository = match &instance.source {
            Source::Files {
                trusted_root,
                signing_config,
            } => {
                let config = signing_config.as_ref().ok_or(TrustError::NoSigningConfig)?;
                let root = TrustedRoot::from_file(trusted_root)?;
                return Ok(Loaded::of((root, SigningConfig::from_file(config)?)));
            }
            Source::Repository(repository) => Pinned::of(repository)?,
        };
        let loaded = self
            .load(&repository, now, |config| {
                sigstore_trust_root::fetch_trust_material_at(config, now)
            })
            .await?;
        Ok(loaded.map(|(root, config)| {
            (
                TrustedRoot::from_library(root, &repository.url),
                SigningConfig::from_library(config),
            )
        }))
    }

    /// Asks the cache first unless a refresh is due, then the repository, then the cache again.
    async fn load<T, F: Future<Output = Result<T, sigstore_trust_root::Error>>>(
        &self,
        repository: &Pinned,
        now: Timestamp,
        fetch: impl Fn(TufConfig) -> F,
    ) -> Result<Loaded<T>, TrustError> {
        let folder = self.cache.join(folder_name(&repository.url));
        let config = || repository.config().with_cache_dir(folder.clone());
        let due = self.refresh == Refresh::WhenDue && !refreshed_lately(&folder, now);
        if !due && let Ok(material) = fetch(config().offline()).await {
            return Ok(Loaded::of(material));
        }
        let online = match self.refresh {
            Refresh::Never => "the network was not to be used".to_owned(),
            Refresh::WhenDue => match self.fetch(repository, config(), &fetch).await {
                Ok(material) => {
                    // Without the note the next run asks again, which is harmless.
                    let _ = note_refresh(&folder, now);
                    return Ok(Loaded::of(material));
                }
                Err(reason) => reason,
            },
        };
        match fetch(config().offline()).await {
            Ok(material) => Ok(Loaded {
                material,
                refresh_failed: Some(online),
            }),
            Err(error) => Err(TrustError::Unavailable {
                url: repository.url.clone(),
                online,
                cache: error.to_string(),
            }),
        }
    }

    async fn fetch<T, F: Future<Output = Result<T, sigstore_trust_root::Error>>>(
        &self,
        repository: &Pinned,
        config: TufConfig,
        fetch: &impl Fn(TufConfig) -> F,
    ) -> Result<T, String> {
        let http = Http::for_urls([repository.url.as_str()]).map_err(|error| error.to_string())?;
        fetch(config.with_http_client(http.client().clone()))
            .await
            .map_err(|error| error.to_string())
    }
}

impl<T> Loaded<T> {
    fn of(material: T) -> Self {
        Self {
            material,
            refresh_failed: None,
        }
    }

    fn map<U>(self, change: impl FnOnce(T) -> U) -> Loaded<U> {
        Loaded {
            material: change(self.material),
            refresh_failed: self.refresh_failed,
        }
    }
}

/// A TUF repository's address and the root from which trust in it begins.
struct Pinned {
    url: String,
    root: Vec<u8>,
}

impl Pinned {
    fn of(repository: &Repository) -> Result<Self, TrustError> {
        let built_in = |instance: SigstoreInstance| Self {
            url: instance.tuf_url().to_owned(),
            root: instance.tuf_root().to_vec(),
        };
        Ok(match repository {
            Repository::PublicGood => built_in(SigstoreInstance::PublicGood),
            Repository::Staging => built_in(SigstoreInstance::Staging),
            Repository::Own { url, root } => Self {
                url: url.clone(),
                root: read_file(root)?,
            },
        })
    }

    fn config(&self) -> TufConfig {
        TufConfig::custom(&self.url, TufBootstrap::trusted(&self.root))
    }
}

/// The folder of a repository: its address with everything escaped that a file name cannot hold.
fn folder_name(url: &str) -> String {
    url::form_urlencoded::byte_serialize(url.trim_end_matches('/').as_bytes()).collect()
}

fn refreshed_lately(folder: &Path, now: Timestamp) -> bool {
    std::fs::read_to_string(folder.join(REFRESHED))
        .ok()
        .and_then(|text| text.trim().parse::<Timestamp>().ok())
        .map(|then| now.duration_since(then))
        // A time in the future is a clock that was set back: ask again.
        .is_some_and(|age| !age.is_negative() && age < REFRESH_AFTER)
}

fn note_refresh(folder: &Path, now: Timestamp) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{now}")?;
    file.persist(folder.join(REFRESHED))?;
    Ok(())
}
