//! Trust material from a TUF repository, cached.
//!
//! The cache is untrusted: whatever comes from it is verified again from the pinned root, with its
//! expiry, before it is used. What is neither fetched nor validly cached is unavailable; there is no
//! older copy to fall back to.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use sigstore_trust_root::{SIGNING_CONFIG_TARGET, SigstoreInstance, TRUSTED_ROOT_TARGET};
use sigstore_tuf::{FileStore, HttpRepository, StoreRepository, Updater, transport::UpdaterConfig};

use super::{
    Instance, Repository, SIZE_LIMIT, SigningConfig, Source, TrustError, TrustedRoot, read_file,
};
use cpan_sigstore_http::Http;

/// Age at which cached metadata is refreshed although it is still valid.
const REFRESH_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// File in the cache that says when the repository was last asked, as RFC 3339.
const REFRESHED: &str = "refreshed";
/// Largest such file that is read, in bytes.
const REFRESHED_LIMIT: u64 = 64;

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
    /// When the repository was last asked, which is as old as the material can be; `None` where it comes
    /// from a file. Where nothing says when, it was never.
    pub refreshed: Option<Timestamp>,
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
        let loaded = self.load(&repository, now, &[TRUSTED_ROOT_TARGET]).await?;
        loaded.try_map(|targets| repository.trusted_root(&targets))
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
        let targets = [TRUSTED_ROOT_TARGET, SIGNING_CONFIG_TARGET];
        let loaded = self.load(&repository, now, &targets).await?;
        loaded.try_map(|targets| {
            let root = repository.trusted_root(&targets)?;
            let config = targets.get(1).ok_or(TrustError::NoSigningConfig)?;
            Ok((root, SigningConfig::parse(config, &repository.url)?))
        })
    }

    /// Asks the cache first unless a refresh is due, then the repository, then the cache again.
    async fn load(
        &self,
        repository: &Pinned,
        now: Timestamp,
        targets: &[&str],
    ) -> Result<Loaded<Vec<Vec<u8>>>, TrustError> {
        let folder = self.cache.join(folder_name(&repository.url));
        let due = self.refresh == Refresh::WhenDue && !refreshed_lately(&folder, now);
        if !due && let Ok(material) = repository.cached(&folder, now, targets).await {
            return Ok(Loaded::of(material).asked(last_refresh(&folder)));
        }
        let online = match self.refresh {
            Refresh::Never => "the network was not to be used".to_owned(),
            Refresh::WhenDue => match repository.fetched(&folder, now, targets).await {
                Ok(material) => {
                    // Without the note the next run asks again, which is harmless.
                    let _ = note_refresh(&folder, now);
                    return Ok(Loaded::of(material).asked(Some(now)));
                }
                Err(reason) => reason,
            },
        };
        match repository.cached(&folder, now, targets).await {
            Ok(material) => Ok(Loaded {
                refresh_failed: Some(online),
                ..Loaded::of(material).asked(last_refresh(&folder))
            }),
            Err(cache) => Err(TrustError::Unavailable {
                url: repository.url.clone(),
                online,
                cache,
            }),
        }
    }
}

impl<T> Loaded<T> {
    fn of(material: T) -> Self {
        Self {
            material,
            refresh_failed: None,
            refreshed: None,
        }
    }

    fn asked(self, when: Option<Timestamp>) -> Self {
        Self {
            refreshed: Some(when.unwrap_or(Timestamp::UNIX_EPOCH)),
            ..self
        }
    }

    fn try_map<U>(
        self,
        read: impl FnOnce(T) -> Result<U, TrustError>,
    ) -> Result<Loaded<U>, TrustError> {
        Ok(Loaded {
            material: read(self.material)?,
            refresh_failed: self.refresh_failed,
            refreshed: self.refreshed,
        })
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
                root: read_root(root)?,
            },
        })
    }

    /// Targets from the network; what was verified is kept in the cache.
    async fn fetched(
        &self,
        folder: &Path,
        now: Timestamp,
        targets: &[&str],
    ) -> Result<Vec<Vec<u8>>, String> {
        let http = Http::for_urls([self.url.as_str()]).map_err(told)?;
        let repository = HttpRepository::new(&self.url)
            .map_err(told)?
            .with_http_client(http.client().clone());
        std::fs::create_dir_all(folder).map_err(told)?;
        let updater = Updater::new(repository, &self.root).map_err(told)?;
        get(updater.with_store(FileStore::new(folder)), now, targets).await
    }

    /// Targets from the cache, verified from the pinned root as if they came from the network.
    async fn cached(
        &self,
        folder: &Path,
        now: Timestamp,
        targets: &[&str],
    ) -> Result<Vec<Vec<u8>>, String> {
        let store = FileStore::new(folder);
        let updater =
            Updater::new(StoreRepository::new(store.clone()), &self.root).map_err(told)?;
        get(updater.with_store(store), now, targets).await
    }

    fn trusted_root(&self, targets: &[Vec<u8>]) -> Result<TrustedRoot, TrustError> {
        TrustedRoot::parse(targets.first().map_or(&[], Vec::as_slice), &self.url)
    }
}

async fn get(updater: Updater, now: Timestamp, targets: &[&str]) -> Result<Vec<Vec<u8>>, String> {
    let mut limits = UpdaterConfig::default();
    limits.target_max_length = SIZE_LIMIT as u64;
    let mut updater = updater.with_config(limits);
    updater.refresh(now).await.map_err(told)?;
    let mut found = Vec::with_capacity(targets.len());
    for target in targets {
        found.push(updater.get_target(target, now).await.map_err(told)?);
    }
    Ok(found)
}

/// Reads a `root.json` from which trust is to begin.
///
/// # Errors
/// Where it cannot be read, or is no root.
pub(super) fn read_root(path: &Path) -> Result<Vec<u8>, TrustError> {
    let bytes = read_file(path)?;
    let nowhere = StoreRepository::new(sigstore_tuf::MemoryStore::new());
    match Updater::new(nowhere, &bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(TrustError::Unusable {
            expected: "the root of a TUF repository (root.json)",
            origin: path.display().to_string(),
            found: told(error),
        }),
    }
}

/// An error with its causes, which the library's `Display` leaves out.
fn told(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The folder of a repository: its address with everything escaped that a file name cannot hold.
fn folder_name(url: &str) -> String {
    url::form_urlencoded::byte_serialize(url.trim_end_matches('/').as_bytes()).collect()
}

fn refreshed_lately(folder: &Path, now: Timestamp) -> bool {
    last_refresh(folder)
        .map(|then| now.duration_since(then))
        // A time in the future is a clock that was set back: ask again.
        .is_some_and(|age| !age.is_negative() && age < REFRESH_AFTER)
}

fn last_refresh(folder: &Path) -> Option<Timestamp> {
    let text = cpan_sigstore_files::read(&folder.join(REFRESHED), REFRESHED_LIMIT).ok()??;
    std::str::from_utf8(&text).ok()?.trim().parse().ok()
}

fn note_refresh(folder: &Path, now: Timestamp) -> std::io::Result<()> {
    cpan_sigstore_files::write(&folder.join(REFRESHED), format!("{now}\n").as_bytes())
}
