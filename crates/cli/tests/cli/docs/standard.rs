//! The standard against the code: every registry and every limit.

use std::{collections::BTreeMap, fs, path::PathBuf};

use cpan_sigstore_core::{
    cause::Cause,
    decision::Decision,
    finding::Finding,
    identity::SourceClaims,
    policy::Policy,
    release::ReleasePath,
    verdict::{BindingSource, OwnerSource},
};
use cpan_sigstore_records::{author_index, chain::Outcome, record};

fn file(path: &str) -> String {
    let root: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../.."].iter().collect();
    fs::read_to_string(root.join(path)).unwrap()
}

/// All pages of the standard.
fn standard() -> String {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../docs/spec"]
        .iter()
        .collect();
    let pages = fs::read_dir(folder)
        .unwrap()
        .map(|page| page.unwrap().path());
    pages
        .filter(|page| page.extension().is_some_and(|extension| extension == "md"))
        .map(|page| fs::read_to_string(page).unwrap())
        .collect()
}

/// The rows of a table of section 16 whose head begins with a word, without backquotes.
fn table(section: &str, first: &str) -> Vec<Vec<String>> {
    let page = file("docs/spec/registries.md");
    let (_, part) = page.split_once(&format!("## {section} ")).unwrap();
    let part = part.split("\n## ").next().unwrap();
    let (_, table) = part.split_once(&format!("\n| {first} |")).unwrap();
    let rows = table.lines().skip(2);
    let rows = rows.map_while(|row| row.strip_prefix('|')?.strip_suffix('|'));
    let cell = |cell: &str| cell.trim().replace('`', "");
    rows.map(|row| row.split('|').map(cell).collect()).collect()
}

/// The first cells of a table.
fn names(section: &str, first: &str) -> Vec<String> {
    table(section, first)
        .into_iter()
        .map(|mut row| row.remove(0))
        .collect()
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

#[test]
fn registers_every_finding_with_decision_and_exit() {
    let path: ReleasePath = "authors/id/T/TI/TIM/Foo-1.tar.gz".parse().unwrap();
    let rows = table("16.1", "finding");
    assert_eq!(rows.len(), Finding::ALL.len());
    for finding in Finding::ALL {
        let row = rows.iter().find(|row| row[0] == finding.code()).unwrap();
        let rule = Policy::default().rule(&path);
        assert_eq!(row[2], rule.decide(*finding).code(), "{finding}");
        let key = format!("[default]\n{} = \"allow\"\n", finding.code());
        let loosened = Policy::parse(&key).ok().map(|policy| policy.rule(&path));
        let is_settable = loosened.is_some_and(|rule| rule.decide(*finding) == Decision::Allow);
        let settable = if is_settable { finding.code() } else { "" };
        assert_eq!(row[3], settable, "{finding}");
        assert_eq!(row[4], (finding.exit() as u8).to_string(), "{finding}");
    }
}

#[test]
fn registers_every_cause_outcome_decision_and_source() {
    let causes = Cause::ALL.iter().map(|cause| cause.code().to_owned());
    assert_eq!(names("16.2", "cause"), causes.collect::<Vec<_>>());

    use Outcome::{
        Accepted, Fork, Known, OtherAuthor, Recovered, RecoveryRefused, RivalFirst, SignedInFuture,
        SignerRetired, SignerUnauthorized, Waiting, WrongParent,
    };
    let outcomes = [
        Accepted,
        Recovered,
        Known,
        Waiting,
        OtherAuthor,
        SignerUnauthorized,
        SignerRetired,
        RecoveryRefused,
        RivalFirst,
        Fork,
        WrongParent,
        SignedInFuture,
    ];
    let outcomes = outcomes.map(|outcome| outcome.code().to_owned());
    assert_eq!(sorted(names("16.3", "outcome")), sorted(outcomes.to_vec()));

    for row in table("16.4", "decision") {
        let decision: Decision = serde_json::from_value(row[0].clone().into()).unwrap();
        let admits = if decision.admits() { "yes" } else { "no" };
        assert_eq!(row[1], admits, "{decision}");
    }
    let exits: Vec<_> = names("16.4", "exit");
    assert_eq!(
        exits,
        ["0", "1", "2", "3", "10", "11", "12", "13", "14", "15"]
    );

    let bindings = [
        BindingSource::Pin,
        BindingSource::Record,
        BindingSource::PauseIssued,
        BindingSource::FirstSeen,
    ];
    let codes = bindings.map(|it| serde_json::to_value(it).unwrap());
    assert_eq!(
        names("16.5", "binding"),
        codes.map(|it| it.as_str().unwrap().to_owned())
    );
    let owners = [
        OwnerSource::Pin,
        OwnerSource::AuthorIndex,
        OwnerSource::FirstSeen,
        OwnerSource::LoggedIndex,
        OwnerSource::FirstUse,
    ];
    let codes = owners.map(|it| serde_json::to_value(it).unwrap());
    assert_eq!(
        names("16.5", "owner"),
        codes.map(|it| it.as_str().unwrap().to_owned())
    );
}

#[test]
fn registers_every_setting_with_its_default() {
    let code = file("crates/core/src/policy/document.rs");
    let (_, stated) = code.split_once("struct Stated {").unwrap();
    let fields = stated.split('}').next().unwrap().lines();
    let keys = fields.filter_map(|line| line.trim().split_once(": Option"));
    let keys: Vec<_> = keys.map(|(key, _)| key.replace('_', "-")).collect();
    assert_eq!(sorted(names("16.6", "key")), sorted(keys));

    let path: ReleasePath = "authors/id/T/TI/TIM/Foo-1.tar.gz".parse().unwrap();
    let rule = Policy::default().rule(&path);
    let defaults: BTreeMap<&str, String> = BTreeMap::from([
        ("require-signed", rule.require_signed.value.to_string()),
        ("unsigned", rule.unsigned.value.to_string()),
        ("identity-unknown", rule.identity_unknown.value.to_string()),
        ("name-unchecked", rule.name_unchecked.value.to_string()),
        ("name-mismatch", rule.name_mismatch.value.to_string()),
        ("owner-changed", rule.owner_changed.value.to_string()),
        (
            "release-rolled-back",
            rule.release_rolled_back.value.to_string(),
        ),
        ("index-stale", rule.index_stale.value.to_string()),
        ("allow-old-format", rule.allow_old_format.value.to_string()),
        (
            "trust-material-age",
            rule.trust_material_age.value.to_string(),
        ),
        ("index-age", rule.index_age.value.to_string()),
        ("index-age-limit", rule.index_age_limit.value.to_string()),
        ("unlogged", rule.unlogged.value.to_string()),
        ("log-stale", rule.log_stale.value.to_string()),
        ("identities", "none".to_owned()),
        ("authors", "none".to_owned()),
    ]);
    for row in table("16.6", "key") {
        assert_eq!(row[2], defaults[row[0].as_str()], "{}", row[0]);
    }
}

#[test]
fn registers_every_predicate_claim_and_media_type() {
    let code = file("crates/gate/src/statement.rs");
    let (_, list) = code.split_once("RELEASES: &[&str] = &[").unwrap();
    let list = list.split("];").next().unwrap();
    let types = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"'));
    let types: Vec<_> = types
        .map(|it| it.trim_end_matches("\",").to_owned())
        .collect();
    assert_eq!(names("16.7", "type"), types);
    assert!(
        types
            .iter()
            .all(|it| standard().contains(&format!("`{it}`")))
    );

    let source = SourceClaims::default();
    let claims: Vec<_> = source.iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names("16.8", "claim"), claims);

    let types = [record::MEDIA_TYPE, author_index::MEDIA_TYPE];
    assert_eq!(names("16.9", "type"), types);
}

/// The value of a constant, as its file writes it.
fn constant(path: &str, name: &str) -> u64 {
    let code = file(path);
    let line = code
        .lines()
        .map(|line| {
            line.trim()
                .trim_start_matches("pub ")
                .trim_start_matches("pub(super) ")
        })
        .find(|line| line.starts_with(&format!("const {name}:")))
        .unwrap_or_else(|| panic!("no {name} in {path}"));
    let (_, value) = line.split_once("= ").unwrap();
    let value = value.trim_end_matches(';');
    let value = match value.split_once("from_") {
        Some((_, value)) => value.split_once('(').unwrap().1.trim_end_matches(')'),
        None => value,
    };
    evaluate(value)
}

/// The value of a product, a shift, or one number, perhaps less 1.
fn evaluate(text: &str) -> u64 {
    let number = |text: &str| text.trim().replace('_', "").parse::<u64>().unwrap();
    if let Some(text) = text.strip_suffix(" - 1") {
        return evaluate(text.trim_matches(['(', ')'])) - 1;
    }
    match text.split_once(" << ") {
        Some((left, right)) => number(left) << number(right),
        None => text.split('*').map(number).product(),
    }
}

#[test]
fn registers_every_limit_with_its_value() {
    let limits = [
        ("bundle, bytes", "core/src/bundle.rs", "SIZE_LIMIT"),
        (
            "certificate, bytes",
            "keyless/src/certificate.rs",
            "SIZE_LIMIT",
        ),
        (
            "log entries of a bundle",
            "keyless/src/bundle/shape.rs",
            "ENTRY_LIMIT",
        ),
        (
            "timestamps of a bundle",
            "keyless/src/bundle/shape.rs",
            "TIMESTAMP_LIMIT",
        ),
        (
            "certificates of a bundle",
            "keyless/src/bundle/shape.rs",
            "CERTIFICATE_LIMIT",
        ),
        (
            "hashes of an inclusion proof",
            "keyless/src/bundle/shape.rs",
            "HASH_LIMIT",
        ),
        (
            "file name, bytes",
            "core/src/release/file_name.rs",
            "LONGEST",
        ),
        (
            "folders of a path, bytes",
            "core/src/release/subdirectory.rs",
            "LONGEST",
        ),
        ("PAUSE id, bytes", "core/src/release/pause_id.rs", "LONGEST"),
        (
            "package, bytes",
            "core/src/release/package_name.rs",
            "LONGEST",
        ),
        (
            "version that Perl's rules apply to, characters",
            "core/src/release/version.rs",
            "LONGEST",
        ),
        (
            "digits of one number of a version",
            "core/src/release/version.rs",
            "DIGITS",
        ),
        ("archive, bytes", "archive/src/limits.rs", "PACKED"),
        ("members of an archive", "archive/src/limits.rs", "MEMBERS"),
        (
            "member, unpacked, bytes",
            "archive/src/limits.rs",
            "MEMBER_SIZE",
        ),
        (
            "all members, unpacked, bytes",
            "archive/src/limits.rs",
            "UNPACKED",
        ),
        (
            "unpacked bytes for each byte of the file",
            "archive/src/limits.rs",
            "RATIO",
        ),
        (
            "unpacked bytes at any ratio",
            "archive/src/limits.rs",
            "RATIO_FLOOR",
        ),
        ("path in an archive, bytes", "archive/src/limits.rs", "PATH"),
        (
            "part of a path in an archive, bytes",
            "archive/src/limits.rs",
            "PATH_PART",
        ),
        (
            "extended header of an archive, bytes",
            "archive/src/limits.rs",
            "EXTENDED_HEADER",
        ),
        (
            "records of an extended header",
            "archive/src/limits.rs",
            "PAX_RECORDS",
        ),
        ("META file, bytes", "archive/src/limits.rs", "META"),
        ("nesting in META", "archive/src/limits.rs", "META_DEPTH"),
        (
            "author record, bytes",
            "records/src/record/mod.rs",
            "SIZE_LIMIT",
        ),
        (
            "identities of a record",
            "records/src/record/mod.rs",
            "IDENTITIES_LIMIT",
        ),
        (
            "version of a record",
            "records/src/record/mod.rs",
            "VERSION_LIMIT",
        ),
        (
            "text of a record, bytes",
            "records/src/record/document.rs",
            "TEXT_LIMIT",
        ),
        (
            "* between two / of a pattern",
            "core/src/identity/wildcard.rs",
            "STARS_LIMIT",
        ),
        (
            "records read from a directory at a time",
            "records/src/record/file.rs",
            "RECORDS_LIMIT",
        ),
        (
            "waiting records",
            "records/src/chain/record_chain.rs",
            "WAITING_LIMIT",
        ),
        (
            "minutes that a time may be ahead of the clock",
            "records/src/chain/mod.rs",
            "SKEW",
        ),
        (
            "minutes that a bundle may follow its archive",
            "gate/src/awaited.rs",
            "GRACE",
        ),
        (
            "author index, bytes",
            "records/src/author_index/mod.rs",
            "SIZE_LIMIT",
        ),
        (
            "authors of an author index",
            "records/src/author_index/mod.rs",
            "AUTHORS_LIMIT",
        ),
        (
            "overrides of an author index",
            "records/src/author_index/mod.rs",
            "OVERRIDES_LIMIT",
        ),
        (
            "packages of an author index",
            "records/src/author_index/mod.rs",
            "PACKAGES_LIMIT",
        ),
        (
            "transfers of an author index",
            "records/src/author_index/mod.rs",
            "TRANSFERS_LIMIT",
        ),
        (
            "digests in earlier",
            "records/src/author_index/mod.rs",
            "EARLIER_LIMIT",
        ),
        (
            "co-maintainers of a package",
            "records/src/author_index/packages.rs",
            "MAINTAINERS_LIMIT",
        ),
        (
            "number of an author index",
            "records/src/author_index/mod.rs",
            "NUMBER_LIMIT",
        ),
        (
            "reason of an override, bytes",
            "records/src/author_index/overrides.rs",
            "REASON_LIMIT",
        ),
        (
            "hours before an override or transfer is in effect",
            "records/src/author_index/overrides.rs",
            "OVERRIDE_DELAY",
        ),
        ("policy, bytes", "core/src/policy/mod.rs", "SIZE_LIMIT"),
        ("redirects of a request", "http/src/redirect.rs", "LIMIT"),
    ];
    let stated: BTreeMap<_, _> = table("16.10", "limit")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].parse::<u64>().unwrap()))
        .collect();
    for (limit, path, name) in limits {
        let value = constant(&format!("crates/{path}"), name);
        assert_eq!(stated.get(limit), Some(&value), "{limit}");
    }
    let known: Vec<_> = limits
        .iter()
        .map(|(limit, ..)| (*limit).to_owned())
        .collect();
    assert_eq!(sorted(known), stated.into_keys().collect::<Vec<_>>());
}

#[test]
fn lists_every_page_of_the_standard() {
    let contents = file("docs/spec/SPEC.md");
    let book = file("docs/SUMMARY.md");
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../docs/spec"]
        .iter()
        .collect();
    for page in crate::harness::names(&folder) {
        if !page.ends_with(".md") || page == "SPEC.md" {
            continue;
        }
        let title = file(&format!("docs/spec/{page}"));
        let title = title.lines().next().unwrap().trim_start_matches("# ");
        let row = format!("[{title}]");
        assert!(book.contains(&format!("{row}(spec/{page})")), "{page}");
        // It is about the vectors, and no section.
        if page == "mutants.md" {
            continue;
        }
        assert!(contents.contains(&format!("{row}({page})")), "{page}");
    }
}
