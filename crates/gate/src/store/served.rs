//! The packages that led to each release, by the package indexes that clients got.
//!
//! A client may use its copy of an index for days. Another process, or this one after a restart, has to know the
//! packages through which such a client reaches a release: the owner of a module is part of the decision. Releases are
//! stored in buckets, by the hash of their paths, so that a new index writes those that changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PackageName, ReleasePath},
};
use cpan_sigstore_cpan::package_index::{IndexEntry, PACKAGES_LIMIT, below_authors};
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, Row as _};

use super::{TrustStore, TrustStoreError, rows::unreadable};

/// Bits of the hash that number the buckets: 1024 buckets of some 45 releases each.
const BUCKET_BITS: u32 = 10;
/// How long an entry is kept after the last index that had it. CPAN.pm uses its copy for a day, others for longer.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Most releases of a bucket. An index of the whole CPAN has a tenth of them.
const RELEASES_LIMIT: usize = 500;
/// Most packages of all releases of a bucket. An index of the whole CPAN has some 250 of them.
const BUCKET_LIMIT: usize = 2 * PACKAGES_LIMIT;

/// The releases of a bucket: their packages, each with the day since 1970 on which it last led there.
#[derive(Default)]
struct Bucket<'a>(BTreeMap<&'a str, BTreeMap<&'a str, i64>>);

impl TrustStore {
    /// Remembers the entries of an index of a CPAN that clients get.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used; then nothing was remembered.
    pub async fn note_served(
        &self,
        cpan: &str,
        entries: impl Iterator<Item = IndexEntry<'_>>,
        now: Timestamp,
    ) -> Result<(), TrustStoreError> {
        let mut buckets: BTreeMap<i64, Vec<IndexEntry<'_>>> = BTreeMap::new();
        for entry in entries {
            buckets
                .entry(bucket_of(entry.path))
                .or_default()
                .push(entry);
        }
        // In the order of buckets, so that no two processes wait for each other.
        let mut transaction = self.pool.begin().await?;
        for (bucket, entries) in buckets {
            add(&mut transaction, (cpan, bucket), &entries, day(now)).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Returns the packages that led to a release, by the indexes of a CPAN that clients got in the last days.
    ///
    /// # Errors
    /// [`TrustStoreError`] if the store cannot be used.
    pub async fn served_packages(
        &self,
        cpan: &str,
        path: &ReleasePath,
    ) -> Result<BTreeSet<PackageName>, TrustStoreError> {
        let path = path.to_string();
        let path = below_authors(&path);
        let row =
            sqlx::query("SELECT entries FROM served_packages WHERE cpan = $1 AND bucket = $2")
                .bind(cpan)
                .bind(bucket_of(path))
                .fetch_optional(&self.pool)
                .await?;
        let Some(row) = row else {
            return Ok(BTreeSet::new());
        };
        let text: String = row.try_get("entries")?;
        let bucket = Bucket::read(&text)?;
        let packages = bucket.0.get(path).into_iter().flat_map(BTreeMap::keys);
        Ok(packages.filter_map(|name| name.parse().ok()).collect())
    }
}

async fn add(
    connection: &mut AnyConnection,
    (cpan, bucket): (&str, i64),
    entries: &[IndexEntry<'_>],
    today: i64,
) -> Result<(), TrustStoreError> {
    // A write comes first, so that of two processes one waits for the other.
    let row = sqlx::query(
        "INSERT INTO served_packages (cpan, bucket, entries) VALUES ($1, $2, '') \
         ON CONFLICT (cpan, bucket) DO UPDATE SET entries = served_packages.entries RETURNING entries",
    )
    .bind(cpan)
    .bind(bucket)
    .fetch_one(&mut *connection)
    .await?;
    let before: String = row.try_get("entries")?;
    let mut stored = Bucket::read(&before)?;
    for entry in entries {
        let packages = stored.0.entry(entry.path).or_default();
        packages.insert(entry.package, today);
    }
    stored.remove_old(today);
    let after = stored.text();
    if after != before {
        sqlx::query("UPDATE served_packages SET entries = $1 WHERE cpan = $2 AND bucket = $3")
            .bind(after)
            .bind(cpan)
            .bind(bucket)
            .execute(connection)
            .await?;
    }
    Ok(())
}

impl<'a> Bucket<'a> {
    fn read(text: &'a str) -> Result<Self, TrustStoreError> {
        let package = |word: &'a str| {
            let (day, package) = word.split_once(':')?;
            Some((package, day.parse().ok()?))
        };
        let line = |line: &'a str| {
            let mut words = line.split(' ');
            Some((words.next()?, words.map(package).collect::<Option<_>>()?))
        };
        let lines: Option<_> = text.lines().map(line).collect();
        lines.map(Self).ok_or_else(|| unreadable("index entry"))
    }

    /// Removes the entries that no index had for some time, and the oldest ones of too many.
    fn remove_old(&mut self, today: i64) {
        let kept = KEPT.as_hours() / 24;
        for packages in self.0.values_mut() {
            packages.retain(|_, day| today - *day <= kept);
        }
        self.0.retain(|_, packages| !packages.is_empty());
        let mut packages: usize = self.0.values().map(BTreeMap::len).sum();
        let is_full = |releases, packages| releases > RELEASES_LIMIT || packages > BUCKET_LIMIT;
        if !is_full(self.0.len(), packages) {
            return;
        }
        let last = |packages: &BTreeMap<&str, i64>| packages.values().max().copied();
        let mut by_age: Vec<_> = self.0.iter().map(|(path, it)| (last(it), *path)).collect();
        by_age.sort_unstable();
        for (_, path) in by_age {
            if !is_full(self.0.len(), packages) {
                break;
            }
            packages -= self.0.remove(path).map_or(0, |removed| removed.len());
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (path, packages) in &self.0 {
            text.push_str(path);
            for (package, day) in packages {
                // Writing to a string cannot fail.
                let _ = write!(text, " {day}:{package}");
            }
            text.push('\n');
        }
        text
    }
}

fn day(now: Timestamp) -> i64 {
    now.as_second().div_euclid(24 * 60 * 60)
}

/// The first bits of the hash of a path.
fn bucket_of(path: &str) -> i64 {
    let digest = Sha256Digest::of(path.as_bytes());
    let [first, second, ..] = digest.as_bytes();
    i64::from(u16::from_be_bytes([*first, *second]) >> (16 - BUCKET_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flood_of_releases_removes_the_oldest_ones_alone() {
        let name = |number: usize| format!("E/EV/EVIL/Foo-{number:04}.tar.gz");
        let names: Vec<_> = (0..RELEASES_LIMIT).map(name).collect();
        let mut bucket = Bucket::default();
        let genuine = "T/TI/TIM/Foo-1.0.tar.gz";
        for name in &names {
            bucket.0.insert(name, BTreeMap::from([("Foo", 3)]));
        }
        bucket
            .0
            .insert(genuine, BTreeMap::from([("Foo", 2), ("Bar", 1)]));
        let text = bucket.text();
        assert!(text.contains("T/TI/TIM/Foo-1.0.tar.gz 1:Bar 2:Foo\n"));
        let mut older = Bucket::read(&text).unwrap();
        older.remove_old(3);
        assert_eq!(older.0.len(), RELEASES_LIMIT);
        assert!(!older.0.contains_key(genuine));
        // The one that an index still has is newer.
        bucket.0.insert(genuine, BTreeMap::from([("Foo", 4)]));
        bucket.remove_old(4);
        assert!(bucket.0.contains_key(genuine));
    }

    #[test]
    fn limits_packages_and_rejects_other_texts() {
        let names: Vec<_> = (0..=BUCKET_LIMIT).map(|it| format!("P{it}")).collect();
        let all = |day| names.iter().map(|name| (name.as_str(), day)).collect();
        let mut bucket = Bucket::default();
        bucket.0.insert("E/EV/EVIL/Foo-1.tar.gz", all(1));
        bucket
            .0
            .insert("T/TI/TIM/Foo-1.tar.gz", BTreeMap::from([("Foo", 2)]));
        bucket.remove_old(2);
        assert_eq!(bucket.text(), "T/TI/TIM/Foo-1.tar.gz 2:Foo\n");
        for text in [
            "T/TI/TIM/Foo-1.tar.gz Foo\n",
            "T/TI/TIM/Foo-1.tar.gz x:Foo\n",
        ] {
            assert!(Bucket::read(text).is_err(), "{text}");
        }
    }
}
