//! Loads trust material from files, or from a TUF repository with a cache.
//!
//! The cache is untrusted: its content is verified again from the pinned root, with its expiry,
//! before use. If material is neither fetched nor validly cached, it is unavailable. There is no
//! older copy as a fallback.

use std::{
    io,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::text::without_credentials;
use jiff::{SignedDuration, Timestamp};
use sigstore_trust_root::{SIGNING_CONFIG_TARGET, SigstoreInstance, TRUSTED_ROOT_TARGET};
use sigstore_tuf::{FileStore, MemoryStore, StoreRepository, Updater, transport::UpdaterConfig};

use super::{
    Instance, Repository, SIZE_LIMIT, SigningConfig, TrustError, TrustSource, TrustedRoot,
    read_file,
    transport::{HttpTransport, RefreshError},
};
use crate::clock::ClockDifference;

/// Age at which cached metadata is refreshed, even if it is still valid.
const REFRESH_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// File in the cache with the time of the last refresh, as RFC 3339.
const REFRESHED: &str = "refreshed";
/// File in the cache with the time at which a bundle named a log or authority that the trusted root did not have.
const LACKING: &str = "lacking";
/// Time in which a trusted root is not refreshed again for such a bundle.
const REFRESH_PAUSE: SignedDuration = SignedDuration::from_mins(10);
/// Largest such file that is read, in bytes.
const REFRESHED_LIMIT: u64 = 64;

/// Whether the network may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// If the cache is missing, a day old, or expired.
    WhenDue,
    /// Never.
    Never,
}

/// A loader of trust material, with a cache for TUF repositories.
#[derive(Clone, Debug)]
pub struct TrustLoader {
    cache: PathBuf,
    refresh: Refresh,
}

/// Trust material and its age.
#[derive(Clone, Debug)]
pub struct TrustMaterial<T> {
    /// A trusted root, or that and a signing configuration.
    pub material: T,
    /// Reason why a due refresh failed. The cached material is still valid.
    pub refresh_failed: Option<String>,
    /// Reason why the material was not cached. It is valid, and fetched again by the next command.
    pub not_cached: Option<String>,
    /// Time of the last refresh, which bounds the age of the material. `None` if it comes from a
    /// file; the Unix epoch if the time is unknown.
    pub refreshed: Option<Timestamp>,
}

impl TrustLoader {
    /// Creates a loader with its cache in a folder.
    pub fn new(cache: &Path, refresh: Refresh) -> Self {
        Self {
            cache: cache.join("tuf"),
            refresh,
        }
    }

    /// Makes the next load refresh the trusted root of an instance, unless that was done in the last ten minutes: a
    /// bundle names a log or authority that the root does not have.
    ///
    /// # Errors
    /// An [`io::Error`] if the cache cannot be written.
    pub fn note_lacking(&self, instance: &Instance, now: Timestamp) -> io::Result<()> {
        let TrustSource::Repository(repository) = &instance.source else {
            return Ok(());
        };
        let Ok(repository) = PinnedRepository::of(repository) else {
            return Ok(());
        };
        let folder = self.cache.join(folder_name(&repository.url));
        let note = format!("{now}\n");
        cpan_sigstore_files::write_atomic(&folder.join(LACKING), note.as_bytes())
    }

    /// Returns the trusted root of an instance, valid at `now`.
    ///
    /// # Errors
    /// [`TrustError::Unavailable`] if it is neither fetched nor validly cached.
    pub async fn trusted_root(
        &self,
        instance: &Instance,
        now: Timestamp,
    ) -> Result<TrustMaterial<TrustedRoot>, TrustError> {
        let repository = match &instance.source {
            TrustSource::Files { trusted_root, .. } => {
                return TrustedRoot::from_file(trusted_root).map(TrustMaterial::of);
            }
            TrustSource::Repository(repository) => PinnedRepository::of(repository)?,
        };
        let loaded = self.load(&repository, now, &[TRUSTED_ROOT_TARGET]).await?;
        loaded.try_map(|targets| repository.trusted_root(&targets))
    }

    /// Returns trusted root and signing configuration of an instance, valid at `now`.
    ///
    /// # Errors
    /// As [`TrustLoader::trusted_root`], and [`TrustError::NoSigningConfig`].
    pub async fn signing_material(
        &self,
        instance: &Instance,
        now: Timestamp,
    ) -> Result<TrustMaterial<(TrustedRoot, SigningConfig)>, TrustError> {
        let repository = match &instance.source {
            TrustSource::Files {
                trusted_root,
                signing_config,
            } => {
                let config = signing_config.as_ref().ok_or(TrustError::NoSigningConfig)?;
                let root = TrustedRoot::from_file(trusted_root)?;
                return Ok(TrustMaterial::of((root, SigningConfig::from_file(config)?)));
            }
            TrustSource::Repository(repository) => PinnedRepository::of(repository)?,
        };
        let targets = [TRUSTED_ROOT_TARGET, SIGNING_CONFIG_TARGET];
        let loaded = self.load(&repository, now, &targets).await?;
        loaded.try_map(|targets| {
            let root = repository.trusted_root(&targets)?;
            let config = targets.get(1).ok_or(TrustError::NoSigningConfig)?;
            Ok((root, SigningConfig::parse(config, &repository.name())?))
        })
    }

    /// Tries the cache unless a refresh is due, then the repository, then the cache again.
    async fn load(
        &self,
        repository: &PinnedRepository,
        now: Timestamp,
        targets: &[&str],
    ) -> Result<TrustMaterial<Vec<Vec<u8>>>, TrustError> {
        let folder = self.cache.join(folder_name(&repository.url));
        let is_fresh = refreshed_lately(&folder, now) && !is_lacking(&folder);
        let due = self.refresh == Refresh::WhenDue && !is_fresh;
        if !due && let Ok(material) = repository.cached(&folder, now, targets).await {
            return Ok(TrustMaterial::of(material).refreshed_at(last_refresh(&folder)));
        }
        let online = match self.refresh {
            Refresh::Never => RefreshError::Offline,
            Refresh::WhenDue => match repository.fetched(&folder, now, targets).await {
                Ok((material, writable)) => {
                    // The note of the time comes last: without it the next command refreshes again.
                    let noted = writable.and_then(|()| {
                        let note = format!("{now}\n");
                        cpan_sigstore_files::write_atomic(&folder.join(REFRESHED), note.as_bytes())
                    });
                    return Ok(TrustMaterial {
                        not_cached: noted
                            .err()
                            .map(|error| format!("{}: {error}", self.cache.display())),
                        ..TrustMaterial::of(material).refreshed_at(Some(now))
                    });
                }
                Err(reason) => reason,
            },
        };
        match repository.cached(&folder, now, targets).await {
            Ok(material) => Ok(TrustMaterial {
                refresh_failed: Some(online.to_string()),
                ..TrustMaterial::of(material).refreshed_at(last_refresh(&folder))
            }),
            Err(cache) => Err(TrustError::Unavailable {
                url: repository.name(),
                online,
                cache,
            }),
        }
    }
}

impl<T> TrustMaterial<T> {
    fn of(material: T) -> Self {
        Self {
            material,
            refresh_failed: None,
            not_cached: None,
            refreshed: None,
        }
    }

    fn refreshed_at(self, when: Option<Timestamp>) -> Self {
        Self {
            refreshed: Some(when.unwrap_or(Timestamp::UNIX_EPOCH)),
            ..self
        }
    }

    fn try_map<U>(
        self,
        read: impl FnOnce(T) -> Result<U, TrustError>,
    ) -> Result<TrustMaterial<U>, TrustError> {
        Ok(TrustMaterial {
            material: read(self.material)?,
            refresh_failed: self.refresh_failed,
            not_cached: self.not_cached,
            refreshed: self.refreshed,
        })
    }
}

/// Address and pinned root of a TUF repository.
struct PinnedRepository {
    url: String,
    root: Vec<u8>,
}

impl PinnedRepository {
    fn of(repository: &Repository) -> Result<Self, TrustError> {
        let built_in = |instance: SigstoreInstance| Self {
            url: instance.tuf_url().to_owned(),
            root: instance.tuf_root().to_vec(),
        };
        Ok(match repository {
            Repository::PublicGood => built_in(SigstoreInstance::PublicGood),
            Repository::Staging => built_in(SigstoreInstance::Staging),
            Repository::Private { url, root } => Self {
                url: url.clone(),
                root: read_root(root)?,
            },
        })
    }

    /// Its address, for people.
    fn name(&self) -> String {
        without_credentials(&self.url)
    }

    /// Fetches targets and stores the verified metadata in the cache. A cache that cannot be written is
    /// reported beside the targets, and does not stop anything.
    async fn fetched(
        &self,
        folder: &Path,
        now: Timestamp,
        targets: &[&str],
    ) -> Result<(Vec<Vec<u8>>, io::Result<()>), RefreshError> {
        let transport = HttpTransport::new(&self.url)?;
        let failure = transport.failure();
        let updater = Updater::new(transport, &self.root).map_err(RefreshError::repository)?;
        let writable = std::fs::create_dir_all(folder)
            .and_then(|()| cpan_sigstore_files::check_writable(&folder.join(REFRESHED)));
        let updater = match &writable {
            Ok(()) => updater.with_store(FileStore::new(folder)),
            Err(_) => updater.with_store(MemoryStore::new()),
        };
        match get(updater, now, targets).await {
            Ok(found) => Ok((found, writable)),
            Err(error) => Err(match failure.take() {
                Some(failed) => RefreshError::Http(failed),
                None => self.refused(error, now).await,
            }),
        }
    }

    /// Why the repository cannot be used. An expired one may mean that this machine's clock is ahead.
    async fn refused(&self, error: sigstore_tuf::Error, now: Timestamp) -> RefreshError {
        let clock = match &error {
            sigstore_tuf::Error::Expired { .. } => ClockDifference::with(&self.url, now).await,
            _ => None,
        };
        let reason = with_causes(error);
        match clock {
            Some(clock) => RefreshError::Clock {
                reason,
                clock: Box::new(clock),
            },
            None => RefreshError::Repository(reason),
        }
    }

    /// Reads targets from the cache and verifies them from the pinned root, like a response from
    /// the network.
    async fn cached(
        &self,
        folder: &Path,
        now: Timestamp,
        targets: &[&str],
    ) -> Result<Vec<Vec<u8>>, String> {
        let store = FileStore::new(folder);
        let updater =
            Updater::new(StoreRepository::new(store.clone()), &self.root).map_err(with_causes)?;
        get(updater.with_store(store), now, targets)
            .await
            .map_err(with_causes)
    }

    fn trusted_root(&self, targets: &[Vec<u8>]) -> Result<TrustedRoot, TrustError> {
        TrustedRoot::parse(targets.first().map_or(&[], Vec::as_slice), self.name())
    }
}

async fn get(
    updater: Updater,
    now: Timestamp,
    targets: &[&str],
) -> Result<Vec<Vec<u8>>, sigstore_tuf::Error> {
    let mut limits = UpdaterConfig::default();
    limits.target_max_length = SIZE_LIMIT as u64;
    let mut updater = updater.with_config(limits);
    updater.refresh(now).await?;
    let mut found = Vec::with_capacity(targets.len());
    for target in targets {
        found.push(updater.get_target(target, now).await?);
    }
    Ok(found)
}

/// Reads a `root.json`.
///
/// # Errors
/// [`TrustError`] if the file cannot be read, or is not a root.
pub(super) fn read_root(path: &Path) -> Result<Vec<u8>, TrustError> {
    let bytes = read_file(path)?;
    let nowhere = StoreRepository::new(MemoryStore::new());
    match Updater::new(nowhere, &bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(TrustError::Unusable {
            expected: "the root of a TUF repository (root.json)",
            origin: path.display().to_string(),
            found: with_causes(error),
        }),
    }
}

/// Returns an error with its causes, which the library's `Display` omits.
pub(super) fn with_causes(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Returns the folder of a repository: its address with everything escaped that a file name cannot
/// hold.
fn folder_name(url: &str) -> String {
    url::form_urlencoded::byte_serialize(url.trim_end_matches('/').as_bytes()).collect()
}

fn refreshed_lately(folder: &Path, now: Timestamp) -> bool {
    last_refresh(folder)
        .map(|then| now.duration_since(then))
        // A time in the future means that the clock was set back: refresh.
        .is_some_and(|age| !age.is_negative() && age < REFRESH_AFTER)
}

/// Whether a bundle named a log or authority that the root did not have, some time after the last refresh.
fn is_lacking(folder: &Path) -> bool {
    let lacking = noted(&folder.join(LACKING));
    let pause = lacking.zip(last_refresh(folder));
    pause.is_some_and(|(lacking, refreshed)| lacking.duration_since(refreshed) >= REFRESH_PAUSE)
}

fn last_refresh(folder: &Path) -> Option<Timestamp> {
    noted(&folder.join(REFRESHED))
}

/// The time in a file of the cache.
fn noted(file: &Path) -> Option<Timestamp> {
    let text = cpan_sigstore_files::read_limited(file, REFRESHED_LIMIT).ok()??;
    std::str::from_utf8(&text).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refreshes_root_that_lacks_a_log_after_a_pause() {
        let folder = tempfile::tempdir().unwrap();
        let note = |name: &str, time: &str| {
            std::fs::write(folder.path().join(name), format!("{time}\n")).unwrap();
        };
        note(REFRESHED, "2026-11-24T12:00:00Z");
        assert!(!is_lacking(folder.path()));
        note(LACKING, "2026-11-24T12:09:59Z");
        assert!(!is_lacking(folder.path()));
        note(LACKING, "2026-11-24T12:10:00Z");
        assert!(is_lacking(folder.path()));
        // The refresh was after it, and found nothing more.
        note(REFRESHED, "2026-11-24T12:10:01Z");
        assert!(!is_lacking(folder.path()));
    }
}
