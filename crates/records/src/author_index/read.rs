//! The text of an index, read strictly.

use std::{borrow::Cow, fmt, ops::Range};

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    AUTHORS_LIMIT, AuthorIndex, AuthorIndexError, BUNDLE_LIMIT, EARLIER_LIMIT, Entry, MEDIA_TYPE,
    NUMBER_LIMIT, OVERRIDES_LIMIT, Override, PACKAGES_LIMIT, PackageOwners, SIZE_LIMIT,
    TRANSFERS_LIMIT, Transfer,
};
use crate::record::{AuthorRecord, VERSION_LIMIT};
use cpan_sigstore_core::{
    digest::Sha256Digest,
    release::{PackageName, PauseId},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document<'a> {
    #[serde(borrow)]
    authors: Authors<'a>,
    #[serde(borrow)]
    dated: Cow<'a, str>,
    #[serde(default, deserialize_with = "given")]
    earlier: Option<Vec<Sha256Digest>>,
    media_type: String,
    number: u64,
    #[serde(borrow)]
    overrides: Vec<StatedOverride<'a>>,
    #[serde(default, deserialize_with = "given")]
    packages: Option<Packages>,
    #[serde(default, deserialize_with = "given")]
    previous: Option<Sha256Digest>,
    #[serde(borrow, default, deserialize_with = "given")]
    transfers: Option<Vec<StatedTransfer<'a>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatedOverride<'a> {
    announced: Cow<'a, str>,
    author: Cow<'a, str>,
    effective: Cow<'a, str>,
    reason: String,
    record: Sha256Digest,
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatedTransfer<'a> {
    announced: Cow<'a, str>,
    effective: Cow<'a, str>,
    #[serde(borrow)]
    owners: &'a RawValue,
    package: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatedEntry<'a> {
    #[serde(borrow)]
    bundle: &'a RawValue,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// The text of each author's records.
struct Authors<'a>(Vec<(PauseId, &'a str)>);

/// The authors of each package.
struct Packages(Vec<(PackageName, PackageOwners)>);

pub(super) fn index(text: Vec<u8>) -> Result<AuthorIndex, AuthorIndexError> {
    if text.len() > SIZE_LIMIT {
        return Err(AuthorIndexError::TooLarge(text.len()));
    }
    let text =
        String::from_utf8(text).map_err(|error| AuthorIndexError::Shape(error.to_string()))?;
    let document: Document<'_> =
        serde_json::from_str(&text).map_err(|error| AuthorIndexError::Shape(error.to_string()))?;
    if document.media_type != MEDIA_TYPE {
        return Err(AuthorIndexError::value(
            "mediaType",
            MEDIA_TYPE,
            document.media_type,
        ));
    }
    let number = document.number;
    if !(1..=NUMBER_LIMIT).contains(&number) {
        return Err(AuthorIndexError::value("number", "1 to 2^53 - 1", number));
    }
    if (number == 1) != document.previous.is_none() {
        return Err(AuthorIndexError::value(
            "previous",
            "the digest of the index before, and none in number 1",
            document
                .previous
                .map_or("none".to_owned(), |it| it.to_string()),
        ));
    }
    let dated = time("dated", &document.dated)?;
    let earlier = earlier(number, document.earlier)?;
    let overrides = overrides(document.overrides)?;
    let packages = document.packages.map(|packages| packages.0);
    let packages = some_or_absent("packages", packages)?;
    let transfers = some_or_absent("transfers", document.transfers)?;
    let transfers = transfers_of(transfers, &packages)?;
    let authors = document.authors.0.into_iter();
    let authors = authors.map(|(id, part)| (id, place(&text, part))).collect();
    let previous = document.previous;
    Ok(AuthorIndex {
        digest: Sha256Digest::of(text.as_bytes()),
        text,
        number,
        previous,
        earlier,
        dated,
        authors,
        overrides,
        packages,
        transfers,
    })
}

/// The items of a list or map, which is absent if it has none.
fn some_or_absent<T>(
    field: &'static str,
    items: Option<Vec<T>>,
) -> Result<Vec<T>, AuthorIndexError> {
    match items {
        Some(items) if items.is_empty() => Err(AuthorIndexError::value(
            field,
            "at least one, or no such field",
            "none",
        )),
        items => Ok(items.unwrap_or_default()),
    }
}

/// As many digests as there were earlier indexes, up to the limit: an operator cannot leave out a known one.
fn earlier(
    number: u64,
    stated: Option<Vec<Sha256Digest>>,
) -> Result<Vec<Sha256Digest>, AuthorIndexError> {
    let stated = some_or_absent("earlier", stated)?;
    let expected = number.saturating_sub(2).min(EARLIER_LIMIT as u64);
    if stated.len() as u64 == expected {
        Ok(stated)
    } else {
        Err(AuthorIndexError::value(
            "earlier",
            "the digests of the indexes before the previous one, 10000 at most",
            format!("{} in number {number}", stated.len()),
        ))
    }
}

pub(super) fn entries(author: &PauseId, text: &str) -> Result<Vec<Entry>, AuthorIndexError> {
    let refused = |found: String| AuthorIndexError::Author {
        author: author.clone(),
        found,
    };
    let stated: Vec<StatedEntry<'_>> =
        serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
    if stated.is_empty() || stated.len() > VERSION_LIMIT as usize {
        return Err(refused(format!("{} of them", stated.len())));
    }
    let mut entries = Vec::with_capacity(stated.len());
    for (version, entry) in (1..).zip(stated) {
        let record = AuthorRecord::parse(entry.record.get().as_bytes()).map_err(|source| {
            AuthorIndexError::Record {
                author: author.clone(),
                version,
                source,
            }
        })?;
        if record.author() != author || record.version() != version {
            return Err(refused(format!(
                "version {} of {} in the place of version {version}",
                record.version(),
                record.author()
            )));
        }
        let bundle = entry.bundle.get();
        if !bundle.starts_with('{') || bundle.len() > BUNDLE_LIMIT {
            return Err(refused(format!("no bundle for version {version}")));
        }
        entries.push(Entry {
            record,
            bundle: bundle.to_owned(),
        });
    }
    Ok(entries)
}

fn overrides(stated: Vec<StatedOverride<'_>>) -> Result<Vec<Override>, AuthorIndexError> {
    if stated.len() > OVERRIDES_LIMIT {
        return Err(AuthorIndexError::value(
            "overrides",
            "at most 10000",
            stated.len(),
        ));
    }
    let mut overrides: Vec<Override> = Vec::with_capacity(stated.len());
    for stated in stated {
        let next = Override {
            announced: time("announced", &stated.announced)?,
            author: id(&stated.author)
                .ok_or_else(|| AuthorIndexError::value("author", "a PAUSE id", &stated.author))?,
            effective: time("effective", &stated.effective)?,
            reason: stated.reason,
            record: stated.record,
            version: stated.version,
        };
        next.check()?;
        if overrides
            .last()
            .is_some_and(|last| last.place() >= next.place())
        {
            return Err(AuthorIndexError::value(
                "overrides",
                "one of each author and version, sorted by them",
                format!("version {} of {} after another", next.version, next.author),
            ));
        }
        overrides.push(next);
    }
    Ok(overrides)
}

/// Each changes a package in the index, or announces one that has other authors in it.
fn transfers_of(
    stated: Vec<StatedTransfer<'_>>,
    packages: &[(PackageName, PackageOwners)],
) -> Result<Vec<Transfer>, AuthorIndexError> {
    if stated.len() > TRANSFERS_LIMIT {
        return Err(AuthorIndexError::value(
            "transfers",
            "at most 100000",
            stated.len(),
        ));
    }
    let mut transfers: Vec<Transfer> = Vec::with_capacity(stated.len());
    for stated in stated {
        let owners = match stated.owners.get() {
            "null" => None,
            text => Some(PackageOwners::from_json(text).ok_or_else(|| {
                AuthorIndexError::value("owners", "an owner and co-maintainers, or null", text)
            })?),
        };
        let next = Transfer {
            announced: time("announced", &stated.announced)?,
            effective: time("effective", &stated.effective)?,
            owners,
            package: package(&stated.package).ok_or_else(|| {
                AuthorIndexError::value("package", "the name of a package", &stated.package)
            })?,
        };
        next.check()?;
        let known = packages
            .binary_search_by(|(other, _)| other.as_str().cmp(next.package.as_str()))
            .map(|at| &packages[at].1);
        let is_change = known.is_ok_and(|known| Some(known) != next.owners.as_ref());
        let is_sorted = transfers
            .last()
            .is_none_or(|last| last.package.as_str() < next.package.as_str());
        if !is_change || !is_sorted {
            return Err(AuthorIndexError::value(
                "transfers",
                "one other state of each known package, sorted by package",
                next,
            ));
        }
        transfers.push(next);
    }
    Ok(transfers)
}

/// A time in whole seconds, in its one text.
fn time(field: &'static str, text: &str) -> Result<Timestamp, AuthorIndexError> {
    let refused = || {
        AuthorIndexError::value(
            field,
            "a time such as 2026-11-24T00:00:00Z, in whole seconds",
            text,
        )
    };
    let time: Timestamp = text.parse().map_err(|_| refused())?;
    if time.subsec_nanosecond() != 0 || time.to_string() != text {
        return Err(refused());
    }
    Ok(time)
}

/// A PAUSE id in its one text.
fn id(text: &str) -> Option<PauseId> {
    text.parse().ok().filter(|id: &PauseId| id.as_str() == text)
}

/// The name of a package in its one text.
fn package(text: &str) -> Option<PackageName> {
    text.parse()
        .ok()
        .filter(|name: &PackageName| name.as_str() == text)
}

/// The place of a part of the text.
fn place(text: &str, part: &str) -> Range<usize> {
    let begin = part.as_ptr() as usize - text.as_ptr() as usize;
    begin..begin + part.len()
}

/// A value that is there; `null` is none.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<'de: 'a, 'a> Deserialize<'de> for Authors<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AuthorsVisitor)
    }
}

/// A map that has each key once, in order.
struct AuthorsVisitor;

impl<'de> Visitor<'de> for AuthorsVisitor {
    type Value = Authors<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("authors and their records")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Authors<'de>, A::Error> {
        let mut authors: Vec<(PauseId, &str)> = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            let shown = || key.chars().take(60).collect::<String>();
            let id = id(&key)
                .ok_or_else(|| A::Error::custom(format!("`{}` is no PAUSE id", shown())))?;
            if authors.last().is_some_and(|(last, _)| *last >= id) {
                return Err(A::Error::custom(format!(
                    "the author {id} is there twice, or not in order"
                )));
            }
            if authors.len() == AUTHORS_LIMIT {
                return Err(A::Error::custom("more authors than are read"));
            }
            let text = entries.next_value::<&RawValue>()?.get();
            if text.contains(['\n', '\r']) {
                return Err(A::Error::custom(format!(
                    "the author {id} is on more than one line"
                )));
            }
            authors.push((id, text));
        }
        Ok(Authors(authors))
    }
}

impl<'de> Deserialize<'de> for Packages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PackagesVisitor)
    }
}

/// A map that has each key once, in the order of bytes.
struct PackagesVisitor;

impl<'de> Visitor<'de> for PackagesVisitor {
    type Value = Packages;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("packages and their authors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Packages, A::Error> {
        let mut packages: Vec<(PackageName, PackageOwners)> = Vec::new();
        // A name has nothing to escape, so a key is a part of the text.
        while let Some(key) = entries.next_key::<&str>()? {
            let name = package(key).ok_or_else(|| {
                let shown: String = key.chars().take(60).collect();
                A::Error::custom(format!("`{shown}` is no name of a package"))
            })?;
            if packages
                .last()
                .is_some_and(|(last, _)| last.as_str() >= name.as_str())
            {
                return Err(A::Error::custom(format!(
                    "the package {name} is there twice, or not in order"
                )));
            }
            if packages.len() == PACKAGES_LIMIT {
                return Err(A::Error::custom("more packages than are read"));
            }
            let owners = PackageOwners::from_json(entries.next_value::<&RawValue>()?.get());
            let owners = owners.ok_or_else(|| {
                A::Error::custom(format!(
                    "the package {name} has no list of an owner and sorted co-maintainers"
                ))
            })?;
            packages.push((name, owners));
        }
        Ok(Packages(packages))
    }
}
