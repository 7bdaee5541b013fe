//! The packages that led to releases.

use cpan_sigstore_cpan::package_index::IndexEntry;

use super::{path, time, *};

const CPAN: &str = "https://cpan.example/";
const FOO: &str = "T/TI/TIM/Foo-1.0.tar.gz";

async fn note(memory: &TrustStore, entries: &[(&str, &str)], day: i64) {
    let entries = entries
        .iter()
        .map(|(package, path)| IndexEntry { package, path });
    let now = time("2026-11-24T00:00:00Z") + jiff::SignedDuration::from_hours(24 * day);
    memory.note_served(CPAN, entries, now).await.unwrap();
}

async fn of(memory: &TrustStore, cpan: &str, release: &str) -> Vec<String> {
    let found = memory.served_packages(cpan, &path(release)).await.unwrap();
    found.iter().map(ToString::to_string).collect()
}

/// Entries of several indexes add up, for some days, and never those of another CPAN.
pub async fn keeps_packages_for_days(memory: &TrustStore) {
    memory.forget(&Forget::All).await.unwrap();
    assert!(of(memory, CPAN, FOO).await.is_empty());
    note(memory, &[("Foo", FOO), ("Foo::Bar", FOO)], 0).await;
    note(memory, &[("Foo", FOO), ("Other", FOO)], 3).await;
    assert_eq!(of(memory, CPAN, FOO).await, ["Foo", "Foo::Bar", "Other"]);
    assert!(of(memory, "https://other.example/", FOO).await.is_empty());
    note(memory, &[("Foo", FOO)], 8).await;
    assert_eq!(of(memory, CPAN, FOO).await, ["Foo", "Other"]);
    note(memory, &[("New", FOO)], 16).await;
    assert_eq!(of(memory, CPAN, FOO).await, ["New"]);
    // It is no export, and is forgotten with the index.
    assert_eq!(memory.contents().await.unwrap(), Contents::default());
    memory.forget(&Forget::Index(CPAN.into())).await.unwrap();
    assert!(of(memory, CPAN, FOO).await.is_empty());
}
