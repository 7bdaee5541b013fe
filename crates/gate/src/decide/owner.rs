//! Step 7: the owners of the packages through which a release was reached.
//!
//! The package index leads from a module to a release, and nobody signs it. So the author of the release has to be one
//! of the owners of each package that leads to it.

use cpan_sigstore_core::{
    finding::Finding,
    hint::Hint,
    policy::{Rule, Setting},
    reason::Reason,
    release::{PackageName, PauseId, ReleasePath},
    text::alternatives,
    verdict::OwnerSource,
};
use jiff::Timestamp;

use super::Assessment;
use crate::{
    evidence::{Evidence, OwnerEvidence},
    store::{PackageOwner, main_package},
};

/// The source of the owners of one package.
enum Source<'a> {
    /// The policy.
    Pins(&'a Setting<Vec<PauseId>>),
    /// The author index.
    Attested(&'a [PauseId]),
    /// The trust store.
    FirstSeen(&'a PackageOwner),
}

impl<'a> Source<'a> {
    /// Returns the first source that names owners.
    fn of(package: &PackageName, rule: &'a Rule, evidence: &'a OwnerEvidence) -> Option<Self> {
        let pins = rule.module_authors.as_ref().map(Source::Pins);
        pins.or_else(|| Self::unpinned(package, evidence))
    }

    /// Returns the first source but the policy that names owners.
    fn unpinned(package: &PackageName, evidence: &'a OwnerEvidence) -> Option<Self> {
        let attested = evidence.attested.get(package);
        let known = evidence.known.get(package);
        let attested = attested.map(|owners| Source::Attested(owners));
        attested.or(known.map(Source::FirstSeen))
    }

    fn owners(&self) -> &'a [PauseId] {
        match self {
            Self::Pins(pins) => &pins.value,
            Self::Attested(owners) => owners,
            Self::FirstSeen(owner) => &owner.holders,
        }
    }

    fn kind(&self) -> OwnerSource {
        match self {
            Self::Pins(_) => OwnerSource::Pin,
            Self::Attested(_) => OwnerSource::AuthorIndex,
            Self::FirstSeen(_) => OwnerSource::FirstSeen,
        }
    }

    /// Why another author is denied under every policy, if so.
    fn denial(&self, package: &PackageName, evidence: &OwnerEvidence) -> Option<Reason> {
        match self {
            Self::Pins(pins) => Some(Reason::OwnerPinned(pins.origin.clone())),
            Self::Attested(_) => Some(Reason::OwnerAttested(package.clone())),
            Self::FirstSeen(owner) => owner.holders.iter().find_map(|author| {
                let proof = evidence.signing.get(author)?.clone();
                let author = author.clone();
                Some(Reason::OwnerSigns { author, proof })
            }),
        }
    }

    fn origin(&self) -> String {
        match self {
            Self::Pins(pins) => format!("as stated in {}", pins.origin),
            Self::Attested(_) => "as the author index says".to_owned(),
            Self::FirstSeen(owner) => format!("as in {}, which was seen first", owner.path),
        }
    }
}

/// The source of the owners of all packages: the weakest, and the number of those without any.
pub(super) fn owner_source(
    rule: &Rule,
    packages: &[PackageName],
    evidence: &OwnerEvidence,
) -> Option<OwnerSource> {
    let without = match evidence.is_index_logged {
        true => OwnerSource::LoggedIndex,
        false => OwnerSource::FirstUse,
    };
    let kind = |package| Source::of(package, rule, evidence).map_or(without, |it| it.kind());
    packages.iter().map(kind).max()
}

/// Reports packages of which no source names the owner: this release is their first use.
pub(super) fn first_use(
    path: &ReleasePath,
    rule: &Rule,
    packages: &[PackageName],
    evidence: &OwnerEvidence,
) -> Option<Reason> {
    let mut unknown = packages
        .iter()
        .filter(|package| Source::of(package, rule, evidence).is_none());
    let package = unknown.next()?.clone();
    Some(Reason::OwnerFirstSeen {
        package,
        more: unknown.count(),
        author: path.author.clone(),
        is_logged: evidence.is_index_logged,
    })
}

/// Returns the owners who share the distribution of a release with its author.
///
/// They are the owners of the package that the distribution is named after, if the author is one of them: another
/// package would do only for an owner of that one, whom the author may not even know. A distribution without such a
/// package is shared by the owners of the packages that lead to the release.
pub(super) fn of_distribution_with(
    path: &ReleasePath,
    rule: &Rule,
    packages: &[PackageName],
    evidence: &OwnerEvidence,
) -> Vec<PauseId> {
    let owners = |package: &PackageName| {
        let leads = packages.contains(package);
        let source = match leads {
            true => Source::of(package, rule, evidence),
            // The rule is for the packages that lead to the release.
            false => Source::unpinned(package, evidence),
        };
        let owners = match source {
            Some(source @ Source::Pins(_)) => source.owners().to_vec(),
            Some(source) => with_successors(path, package, source.owners(), evidence),
            None if leads => evidence.holders(package, &path.author),
            None => Vec::new(),
        };
        Some(owners).filter(|owners| owners.contains(&path.author))
    };
    let main = main_package(path).and_then(|package| owners(&package));
    main.unwrap_or_else(|| packages.iter().filter_map(owners).flatten().collect())
}

/// The owner who hands over a package to the author of a release, with its distribution.
///
/// A distribution is only a name, which everybody may use for an archive with any modules in it. So a hand-over covers
/// the package that the distribution is named after, and those that were first seen in it.
fn predecessor<'a>(
    path: &ReleasePath,
    package: &PackageName,
    owners: &'a [PauseId],
    evidence: &OwnerEvidence,
) -> Option<&'a PauseId> {
    let known = evidence.known.get(package);
    let is_of_distribution = main_package(path).as_ref() == Some(package)
        || known.is_some_and(|it| it.path.name.distribution() == path.name.distribution());
    let names = |owner: &&PauseId| {
        let successors = evidence.successors.get(*owner);
        successors.is_some_and(|it| it.contains(&path.author))
    };
    owners.iter().filter(|_| is_of_distribution).find(names)
}

/// The owners by any source but a pin.
fn unpinned_owners<'a>(package: &PackageName, evidence: &'a OwnerEvidence) -> &'a [PauseId] {
    Source::unpinned(package, evidence).map_or(&[], |it| it.owners())
}

/// The owners of a package, and all to whom one of them hands it over with the distribution of a release.
fn with_successors(
    path: &ReleasePath,
    package: &PackageName,
    owners: &[PauseId],
    evidence: &OwnerEvidence,
) -> Vec<PauseId> {
    let mut all = owners.to_vec();
    let successors = owners.iter().filter_map(|it| evidence.successors.get(it));
    for author in successors.flatten() {
        let as_author = ReleasePath {
            author: author.clone(),
            ..path.clone()
        };
        if !all.contains(author) && predecessor(&as_author, package, owners, evidence).is_some() {
            all.push(author.clone());
        }
    }
    all
}

/// Reports packages that an owner hands over to the author of a release.
pub(super) fn handed_over(
    path: &ReleasePath,
    rule: &Rule,
    packages: &[PackageName],
    evidence: &OwnerEvidence,
) -> Option<Reason> {
    let mut unpinned = packages.iter().filter(|_| rule.module_authors.is_none());
    let owner = unpinned.find_map(|package| {
        let owners = unpinned_owners(package, evidence);
        let is_other = !owners.contains(&path.author);
        predecessor(path, package, owners, evidence).filter(|_| is_other)
    })?;
    Some(Reason::HandedOver {
        distribution: path.name.distribution().to_owned(),
        owner: owner.clone(),
        author: path.author.clone(),
    })
}

/// Returns `owner-changed` if the author is not an owner of a package, or of the distribution (step 7). A change that
/// is denied comes before one that the policy decides.
pub(crate) fn owner(
    path: &ReleasePath,
    rule: &Rule,
    packages: &[PackageName],
    evidence: &OwnerEvidence,
) -> Option<Assessment> {
    let mut changes = packages
        .iter()
        .filter_map(|package| change(path, rule, package, evidence));
    let first = of_distribution(path, rule).or_else(|| changes.next())?;
    if first.denied.is_some() {
        return Some(first);
    }
    Some(changes.find(|it| it.denied.is_some()).unwrap_or(first))
}

fn change(
    path: &ReleasePath,
    rule: &Rule,
    package: &PackageName,
    evidence: &OwnerEvidence,
) -> Option<Assessment> {
    let source = Source::of(package, rule, evidence)?;
    let owners = source.owners();
    let is_pinned = matches!(source, Source::Pins(_));
    if owners.contains(&path.author)
        || !is_pinned && predecessor(path, package, owners, evidence).is_some()
    {
        return None;
    }
    let change = changed(package.as_str(), source.owners(), &source.origin(), path);
    Some(Assessment {
        denied: source.denial(package, evidence),
        ..change
    })
}

/// A pin of a distribution restricts who may publish it. It is no source of the owners of a package: everybody may
/// upload a file of any name.
fn of_distribution(path: &ReleasePath, rule: &Rule) -> Option<Assessment> {
    let pins = rule.distribution_authors.as_ref()?;
    if pins.value.contains(&path.author) {
        return None;
    }
    let origin = format!("as stated in {}", pins.origin);
    let change = changed(path.name.distribution(), &pins.value, &origin, path);
    Some(Assessment {
        denied: Some(Reason::OwnerPinned(pins.origin.clone())),
        ..change
    })
}

fn changed(what: &str, owners: &[PauseId], origin: &str, path: &ReleasePath) -> Assessment {
    let owners: Vec<_> = owners.iter().map(PauseId::as_str).collect();
    Assessment::new(Finding::OwnerChanged)
        .expected(
            format!("{what} from {}, {origin}", alternatives(&owners)),
            format!("{what} from {}", path.author),
        )
        .hint(Hint::ConfirmOwner)
}

/// The owners to remember of an admitted release: of the packages that are new, and of those whose first signed release
/// it is.
pub(super) fn lesson(
    path: &ReleasePath,
    packages: &[PackageName],
    evidence: &Evidence,
    now: Timestamp,
) -> Vec<PackageOwner> {
    let owners = &evidence.owners;
    let signed = evidence.is_signed().then(|| path.clone());
    let learned = packages.iter().filter_map(|package| {
        let known = owners.known.get(package);
        match known {
            Some(known) if known.signed.is_some() || signed.is_none() => None,
            Some(known) if !known.is_held_by(&path.author) => None,
            Some(known) => Some(PackageOwner {
                signed: signed.clone(),
                ..known.clone()
            }),
            None => Some(PackageOwner {
                package: package.clone(),
                holders: owners.holders(package, &path.author),
                path: path.clone(),
                signed: signed.clone(),
                seen: now,
            }),
        }
    });
    learned.collect()
}
