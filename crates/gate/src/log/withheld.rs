//! Author records and author indexes in the log: nobody can withhold the newest one, or show another one to a victim.

use cpan_sigstore_core::{digest::Sha256Digest, release::PauseId};
use cpan_sigstore_records::record::RecordName;
use cpan_sigstore_tlog::{
    leaf::{AUTHOR_INDEX_PATH, LeafPath},
    newest::UsedVersions,
    proof::{SIZE as PROOF_LIMIT, SUFFIX},
};
use jiff::{SignedDuration, Timestamp};

use super::{LogClient, LoggedFile, client::REFRESH};
use crate::{
    TrustStore,
    store::{IndexState, TrustStoreError},
};

/// Seconds of a day.
const DAY: u64 = 86_400;
/// The end of the address of an author index that is part of a CPAN.
const INDEX_END: &str = "/-/index.json";

/// A file of which the log should have no newer version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewestFile {
    path: LeafPath,
    used: UsedVersions,
}

/// A file of which the log has had another version for longer than the policy allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WithheldFile {
    /// The path.
    pub path: LeafPath,
    /// When the log saw that version.
    pub time: Timestamp,
}

impl NewestFile {
    /// The newest record of an author that is used, by version and digest, and the one that would follow.
    pub fn records(author: &PauseId, used: &[(u32, Sha256Digest)]) -> Vec<Self> {
        let newest = used.iter().map(|(version, _)| *version).max().unwrap_or(0);
        let file = |version: u32| {
            let author = author.clone();
            let path = RecordName { author, version }.path().parse().ok()?;
            let digests = used.iter().filter(|(of, _)| *of == version);
            Some(Self {
                path,
                used: UsedVersions {
                    digests: digests.map(|(_, digest)| *digest).collect(),
                    signed: None,
                },
            })
        };
        let next = newest.checked_add(1).and_then(file);
        let newest = Some(newest).filter(|newest| *newest > 0).and_then(file);
        next.into_iter().chain(newest).collect()
    }

    /// The author index that is used; `None` if it is not part of a CPAN, so that the log has another one.
    pub fn author_index(used: &IndexState) -> Option<Self> {
        Some(Self {
            path: AUTHOR_INDEX_PATH
                .parse()
                .ok()
                .filter(|_| used.operator.ends_with(INDEX_END))?,
            used: UsedVersions {
                digests: vec![used.digest],
                signed: Some(seconds(used.signed)),
            },
        })
    }
}

/// A time in Unix seconds.
fn seconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_second()).unwrap_or(0)
}

impl LogClient {
    /// Returns the first of these files of which a log has had another version for longer than the policy allows. A
    /// CPAN may be behind its log for a while.
    pub(crate) async fn withheld(
        &self,
        store: &TrustStore,
        files: &[NewestFile],
        now: Timestamp,
    ) -> Result<Option<WithheldFile>, TrustStoreError> {
        let limit = u64::from(self.settings.package_index_age) * DAY;
        for file in files {
            let newest = self.newest(store, &file.path, now).await?;
            if let Some(newest) = newest
                && file
                    .used
                    .is_withheld(newest.leaf().leaf(), limit, seconds(now))
            {
                return Ok(Some(WithheldFile {
                    path: file.path.clone(),
                    time: newest.time(),
                }));
            }
        }
        Ok(None)
    }

    /// Returns the newest leaf of a path that a log of the policy proves. The answer is kept for some time.
    async fn newest(
        &self,
        store: &TrustStore,
        path: &LeafPath,
        now: Timestamp,
    ) -> Result<Option<LoggedFile>, TrustStoreError> {
        let name = format!("{path}{SUFFIX}");
        let sites = self.logs.iter().filter_map(|log| log.site.as_ref());
        for (at, site) in sites.enumerate() {
            let kept = format!("{at} {name}");
            let answer = match self.kept_answer(&kept, now) {
                Some(proof) => Some(proof),
                None => match site.read(&name, PROOF_LIMIT, now).await {
                    Ok(proof) => {
                        let proof = proof.unwrap_or_default();
                        let time = now.as_second().to_be_bytes();
                        self.answers.put(&kept, &[&time, &proof[..]].concat());
                        Some(proof)
                    }
                    // A log that cannot be read is reported with the release.
                    Err(_) => None,
                },
            };
            let Some(proof) = answer.filter(|proof| !proof.is_empty()) else {
                continue;
            };
            if let Ok(logged) = self.verify(store, path, &proof, now).await? {
                return Ok(Some(logged));
            }
        }
        Ok(None)
    }

    /// An answer of a log that is young enough: a proof, or nothing.
    fn kept_answer(&self, name: &str, now: Timestamp) -> Option<Vec<u8>> {
        let kept = self.answers.get(name)?;
        let (time, proof) = kept.split_first_chunk()?;
        let then = Timestamp::from_second(i64::from_be_bytes(*time)).ok()?;
        let age = now.duration_since(then);
        (age >= SignedDuration::ZERO && age < REFRESH).then(|| proof.to_vec())
    }
}
