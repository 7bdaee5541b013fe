//! A hostile package index, and outsiders who cannot change an honest one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use cpan_sigstore_core::release::PackageName;
use cpan_sigstore_cpan::package_index::{PackageAuthors, PackageIndex, PermissionList};
use cpan_sigstore_gate::accept::Acceptance;
use proptest::{prelude::*, test_runner::TestCaseError};
use tokio::runtime::Runtime;

use super::*;

/// The releases that the upstream has, and who signed them.
const RELEASES: [(&str, Option<&str>); 6] = [
    ("T/TI/TIM/Good-Mod-1.0.tar.gz", Some(TIM)),
    ("T/TI/TIM/Good-Mod-2.0.tar.gz", None),
    ("E/EV/EVIL/Good-Mod-9.1.tar.gz", Some(EVIL)),
    ("E/EV/EVIL/Acme-Helper-9.0.tar.gz", Some(EVIL)),
    ("E/EV/EVIL/Acme-Helper-9.1.tar.gz", None),
    ("N/NO/NOBODY/GoodMod-2.0.tar.gz", None),
];
const MODULES: [&str; 3] = ["Good::Mod", "Good::Sub", "Acme::Helper"];

type Signed = BTreeMap<(String, &'static str), Vec<u8>>;
static SIGNED: Mutex<Signed> = Mutex::new(Signed::new());

pub(super) fn bundle(path: &ReleasePath, account: &'static str) -> Vec<u8> {
    let mut signed = SIGNED.lock().unwrap_or_else(PoisonError::into_inner);
    let made = signed.entry((path.to_string(), account));
    made.or_insert_with(|| sign(account, &archive(path)))
        .clone()
}

fn names(texts: &[&str]) -> Vec<PackageName> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A user with a mirror whose package index somebody writes.
pub(super) struct Installation {
    folder: TempDir,
    pub gate: Gate,
    /// The index as clients get it.
    pub index: PackageIndex,
    /// The authors of packages by the upstream.
    pub permissions: Option<PackageAuthors>,
}

impl Installation {
    pub async fn new(policy: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("trust-store.sqlite");
        let memory = TrustStore::open(place.to_str().unwrap()).await.unwrap();
        Self {
            gate: Gate::new(verifier(), Policy::parse(policy).unwrap(), memory),
            folder,
            index: index(&[]),
            permissions: None,
        }
    }

    /// Continues with another policy, on the same trust store.
    pub fn set_policy(&mut self, policy: &str) {
        let store = self.gate.trust_store().clone();
        self.gate = Gate::new(verifier(), Policy::parse(policy).unwrap(), store);
    }

    /// Serves an index, and returns the packages whose entries are left out.
    pub async fn serve(&mut self, lines: &[(&str, &str)]) -> Vec<String> {
        self.index = index(lines);
        let denied = self
            .gate
            .review_index(&mut self.index, Timestamp::now())
            .await
            .unwrap();
        denied.iter().map(|it| it.package.to_string()).collect()
    }

    /// Requests a release by its path.
    async fn request(&self, path: &ReleasePath, signer: Option<&'static str>) -> Verdict {
        let packages = self.index.releases().of_release(path);
        self.reach(path, signer, &packages).await
    }

    async fn reach(
        &self,
        path: &ReleasePath,
        signer: Option<&'static str>,
        packages: &[PackageName],
    ) -> Verdict {
        let bundle = signer.map(|account| bundle(path, account));
        self.admit(path, bundle.as_deref(), &[], packages).await
    }

    /// Admits a release with any bytes as its bundle, and with the records in its author's directory.
    pub async fn admit(
        &self,
        path: &ReleasePath,
        bundle: Option<&[u8]>,
        records: &[RecordFile],
        packages: &[PackageName],
    ) -> Verdict {
        let file = self.folder.path().join("archive");
        fs::write(&file, archive(path)).unwrap();
        let candidate = Candidate {
            path,
            archive: ArchiveFile::Unhashed(&file),
            bundle,
            records,
            packages,
            permissions: self.permissions.as_ref(),
            index: IndexStanding::Unlogged,
            log_proof: None,
        };
        self.gate.admit(&candidate, Timestamp::now()).await.unwrap()
    }
}

impl Installation {
    /// Accepts a release as a person does.
    pub async fn accept(
        &self,
        path: &str,
        signer: Option<&'static str>,
        packages: &[PackageName],
    ) -> Acceptance {
        let path = path.parse().unwrap();
        let bundle = signer.map(|account| bundle(&path, account));
        let file = self.folder.path().join("archive");
        fs::write(&file, archive(&path)).unwrap();
        let candidate = Candidate {
            path: &path,
            archive: ArchiveFile::Unhashed(&file),
            bundle: bundle.as_deref(),
            records: &[],
            packages,
            permissions: None,
            index: IndexStanding::Unlogged,
            log_proof: None,
        };
        let accepted = self.gate.accept(&candidate, Timestamp::now()).await;
        accepted.unwrap()
    }
}

fn index(lines: &[(&str, &str)]) -> PackageIndex {
    let count = lines.len();
    let lines: String = lines
        .iter()
        .map(|(package, path)| format!("{package} 1.0 {path}\n"))
        .collect();
    let text =
        format!("Line-Count: {count}\nLast-Updated: Tue, 24 Nov 2026 12:00:00 GMT\n\n{lines}");
    PackageIndex::parse(text.into_bytes()).unwrap()
}

pub(super) fn reports_change(verdict: &Verdict) -> bool {
    let mut reasons = verdict.reasons.iter();
    verdict.finding == Finding::OwnerChanged
        || reasons.any(|reason| reason.to_string().contains("owner-changed"))
}

fn reports_rollback(verdict: &Verdict) -> bool {
    let mut reasons = verdict.reasons.iter();
    verdict.finding == Finding::ReleaseRolledBack
        || reasons.any(|reason| reason.to_string().contains("release-rolled-back"))
}

#[tokio::test]
async fn rejects_module_moved_to_another_authors_signed_release() {
    let mut user = Installation::new("").await;
    let good = RELEASES[0].0.parse().unwrap();
    let helper = RELEASES[3].0.parse().unwrap();
    let renamed = RELEASES[2].0.parse().unwrap();
    // TIM's module and EVIL's own are known, each signed by its author.
    let honest = [
        ("Good::Mod", RELEASES[0].0),
        ("Acme::Helper", RELEASES[3].0),
    ];
    assert!(user.serve(&honest).await.is_empty());
    for (path, account) in [(&good, TIM), (&helper, EVIL)] {
        let verdict = user.request(path, Some(account)).await;
        assert!(verdict.admits(), "{verdict:?}");
    }
    for (path, moved) in [(&helper, RELEASES[3].0), (&renamed, RELEASES[2].0)] {
        // The line is left out, and a client that has it from elsewhere gets nothing.
        assert_eq!(user.serve(&[("Good::Mod", moved)]).await, ["Good::Mod"]);
        let verdict = user.reach(path, Some(EVIL), &names(&["Good::Mod"])).await;
        User::check(&verdict, Finding::OwnerChanged, false);
        assert_eq!(verdict.exit() as u8, 12);
    }
    // EVIL's own module is not affected.
    assert!(user.serve(&honest).await.is_empty());
    let verdict = user.request(&helper, Some(EVIL)).await;
    User::check(&verdict, Finding::Trusted, true);
}

#[tokio::test]
async fn rejects_unsigned_release_of_a_signed_module_under_another_name() {
    let mut user = Installation::new("author.TIM.require-signed = false").await;
    let good = RELEASES[0].0.parse().unwrap();
    user.serve(&[("Good::Mod", RELEASES[0].0)]).await;
    assert!(user.request(&good, Some(TIM)).await.admits());
    let moved = RELEASES[5].0.parse().unwrap();
    assert_eq!(
        user.serve(&[("Good::Mod", RELEASES[5].0)]).await,
        ["Good::Mod"]
    );
    let verdict = user.reach(&moved, None, &names(&["Good::Mod"])).await;
    User::check(&verdict, Finding::Downgrade, false);
    assert!(reports_change(&verdict), "{verdict:?}");
}

#[tokio::test]
async fn never_widens_owners_by_a_warning() {
    let mut user = Installation::new("").await;
    let (first, other) = (
        RELEASES[1].0.parse().unwrap(),
        RELEASES[5].0.parse().unwrap(),
    );
    user.serve(&[("Good::Mod", RELEASES[1].0)]).await;
    assert!(!reports_change(&user.request(&first, None).await));
    // Neither ever signed: a warning each time, also after the other one was installed.
    for _ in 0..3 {
        assert!(
            user.serve(&[("Good::Mod", RELEASES[5].0), ("Good::Sub", RELEASES[5].0)])
                .await
                .is_empty()
        );
        let verdict = user.request(&other, None).await;
        assert!(verdict.admits() && reports_change(&verdict), "{verdict:?}");
    }
    // Nothing was learned of its other packages, so the first author may bring them.
    user.serve(&[("Good::Mod", RELEASES[1].0), ("Good::Sub", RELEASES[1].0)])
        .await;
    let verdict = user.request(&first, None).await;
    assert!(verdict.admits() && !reports_change(&verdict), "{verdict:?}");
}

pub(super) fn permissions(lines: &[&str]) -> PackageAuthors {
    let text = format!(
        "File: 06perms.txt\nLine-Count: {}\n\n{}\n",
        lines.len(),
        lines.join("\n")
    );
    PackageAuthors::of(&PermissionList::parse(text.as_bytes()).unwrap())
}

#[tokio::test]
async fn admits_co_maintainers_of_the_first_sight_alone() {
    let mut user = Installation::new("").await;
    let good = RELEASES[0].0.parse().unwrap();
    let evils = RELEASES[2].0.parse().unwrap();
    let co = "C/CO/CO/Good-Mod-3.0.tar.gz".parse().unwrap();
    user.permissions = Some(permissions(&["Good::Mod,CO,c", "Good::Mod,TIM,f"]));
    assert!(
        user.gate
            .is_first_use(&names(&["Good::Mod"]))
            .await
            .unwrap()
    );
    user.serve(&[("Good::Mod", RELEASES[0].0)]).await;
    assert!(user.request(&good, Some(TIM)).await.admits());
    assert!(
        !user
            .gate
            .is_first_use(&names(&["Good::Mod"]))
            .await
            .unwrap()
    );
    // A later list makes nobody a holder.
    user.permissions = Some(permissions(&["Good::Mod,CO,c", "Good::Mod,EVIL,f"]));
    assert!(
        user.serve(&[("Good::Mod", "C/CO/CO/Good-Mod-3.0.tar.gz")])
            .await
            .is_empty()
    );
    let verdict = user.request(&co, Some(TIM)).await;
    assert!(verdict.admits() && !reports_change(&verdict), "{verdict:?}");
    let verdict = user.reach(&evils, Some(EVIL), &names(&["Good::Mod"])).await;
    User::check(&verdict, Finding::OwnerChanged, false);
}

#[tokio::test]
async fn sees_rollback_through_a_co_maintainer() {
    let mut user = Installation::new("").await;
    user.permissions = Some(permissions(&[
        "CO::Other,CO,f",
        "Good::Mod,CO,c",
        "Good::Mod,TIM,f",
    ]));
    user.serve(&[("Good::Mod", "T/TI/TIM/Good-Mod-2.0.tar.gz")])
        .await;
    let newest = "T/TI/TIM/Good-Mod-2.0.tar.gz".parse().unwrap();
    let verdict = user.request(&newest, Some(TIM)).await;
    assert!(verdict.admits(), "{verdict:?}");
    // A hostile mirror leads the module to the co-maintainer's genuine release of last year.
    let (old, next) = ("C/CO/CO/Good-Mod-1.0.tar.gz", "C/CO/CO/Good-Mod-2.1.tar.gz");
    for lines in [
        &[("Good::Mod", old)][..],
        &[("CO::Other", old), ("Good::Mod", old), ("New", old)],
        &[("Good::Mod::New", old)],
    ] {
        user.serve(lines).await;
        let verdict = user.request(&old.parse().unwrap(), Some(TIM)).await;
        assert!(reports_rollback(&verdict), "{lines:?}: {verdict:?}");
    }
    user.serve(&[("Good::Mod", next)]).await;
    let verdict = user.request(&next.parse().unwrap(), Some(TIM)).await;
    assert!(!reports_rollback(&verdict), "{verdict:?}");
    // The owner's release before that one is then the older one.
    user.serve(&[("Good::Mod", RELEASES[1].0)]).await;
    let verdict = user.request(&newest, Some(TIM)).await;
    assert!(reports_rollback(&verdict), "{verdict:?}");
}

#[tokio::test]
async fn ignores_permissions_that_contradict_the_index() {
    let mut user = Installation::new("").await;
    let good = RELEASES[0].0.parse().unwrap();
    user.permissions = Some(permissions(&["Good::Mod,CO,c", "Good::Mod,EVIL,f"]));
    user.serve(&[("Good::Mod", RELEASES[0].0)]).await;
    assert!(user.request(&good, Some(TIM)).await.admits());
    for other in ["C/CO/CO/Good-Mod-3.0.tar.gz", RELEASES[2].0] {
        let other = other.parse().unwrap();
        let verdict = user.reach(&other, Some(EVIL), &names(&["Good::Mod"])).await;
        User::check(&verdict, Finding::OwnerChanged, false);
    }
}

/// A step of a hostile mirror or of its client.
#[derive(Clone, Debug)]
enum Step {
    /// The mirror serves an index that leads modules to releases.
    Serve(Vec<usize>),
    /// The client asks for a module, with or without a bundle beside its release.
    Install(usize, bool),
    /// The client asks for a release by its path.
    Request(usize),
}

fn step() -> impl Strategy<Value = Step> {
    // One number more than there are releases: the module is not in the index.
    let lines = prop::collection::vec(0..=RELEASES.len(), MODULES.len());
    prop_oneof![
        2 => lines.prop_map(Step::Serve),
        4 => (0..MODULES.len(), any::<bool>()).prop_map(|(module, bundle)| Step::Install(module, bundle)),
        1 => (0..RELEASES.len()).prop_map(Step::Request),
    ]
}

/// The owners as a bystander sees them: the author of the first clean release, and whether it was signed.
#[derive(Default)]
struct Bystander {
    owners: BTreeMap<PackageName, String>,
    signed: BTreeSet<PackageName>,
}

impl Bystander {
    fn sees(
        &mut self,
        path: &ReleasePath,
        packages: &[PackageName],
        verdict: &Verdict,
    ) -> Result<(), TestCaseError> {
        if !verdict.admits() {
            return Ok(());
        }
        let author = path.author.to_string();
        for package in packages {
            let owner = self.owners.get(package);
            let is_others = owner.is_some_and(|owner| *owner != author);
            prop_assert!(!is_others || reports_change(verdict), "{path}: {verdict:?}");
            let is_signers = is_others && self.signed.contains(package);
            prop_assert!(!is_signers, "{path}: {verdict:?}");
            let is_stripped = verdict.signer.is_none() && self.signed.contains(package);
            prop_assert!(!is_stripped, "{path}: {verdict:?}");
        }
        if !reports_change(verdict) {
            for package in packages {
                self.owners
                    .entry(package.clone())
                    .or_insert_with(|| author.clone());
                if verdict.signer.is_some() {
                    self.signed.insert(package.clone());
                }
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// For all indexes of a hostile mirror: no client gets an archive of another author than the known owner's
    /// without a report; and none at all where the owner signs.
    #[test]
    fn hostile_index_never_replaces_a_known_owner(steps in prop::collection::vec(step(), 1..14)) {
        Runtime::new().unwrap().block_on(async {
            let mut user = Installation::new("").await;
            let mut bystander = Bystander::default();
            for step in steps {
                match step {
                    Step::Serve(lines) => {
                        let line = |(module, release): (&&'static str, &usize)| Some((*module, RELEASES.get(*release)?.0));
                        let lines: Vec<_> = MODULES.iter().zip(&lines).filter_map(line).collect();
                        user.serve(&lines).await;
                    }
                    Step::Install(module, has_bundle) => {
                        let Some(path) = user.index.find(MODULES[module]) else { continue };
                        let signer = RELEASES.iter().find(|(release, _)| path.to_string().ends_with(release));
                        let signer = signer.and_then(|(_, signer)| *signer).filter(|_| has_bundle);
                        let packages = user.index.releases().of_release(&path);
                        prop_assert!(packages.contains(&MODULES[module].parse().unwrap()));
                        let verdict = user.request(&path, signer).await;
                        bystander.sees(&path, &packages, &verdict)?;
                    }
                    Step::Request(release) => {
                        let (path, signer) = RELEASES[release];
                        let path = path.parse().unwrap();
                        let packages = user.index.releases().of_release(&path);
                        let verdict = user.request(&path, signer).await;
                        bystander.sees(&path, &packages, &verdict)?;
                    }
                }
            }
            Ok(())
        })?;
    }

    /// For all uploads and requests of an outsider: the author to whom an honest index leads is not locked out.
    #[test]
    fn outsiders_lock_no_owner_out(requests in prop::collection::vec((0..5_usize, any::<bool>()), 0..10), is_signed in any::<bool>()) {
        Runtime::new().unwrap().block_on(async {
            let mut user = Installation::new("").await;
            let honest = [("Good::Mod", RELEASES[0].0), ("Good::Sub", RELEASES[0].0)];
            let good = RELEASES[0].0.parse().unwrap();
            let uploads = [
                "E/EV/EVIL/Good-Mod-0.0001.tar.gz",
                "E/EV/EVIL/Good-Mod-99.tar.gz",
                "E/EV/EVIL/Good-Sub-1.0.tar.gz",
                "N/NO/NOBODY/Good-Mod-1.0.tar.gz",
                "E/EV/EVIL/Acme-Helper-9.0.tar.gz",
            ];
            for (upload, has_bundle) in requests {
                user.serve(&honest).await;
                let path = uploads[upload].parse().unwrap();
                user.request(&path, has_bundle.then_some(EVIL)).await;
            }
            let left_out = user.serve(&honest).await;
            prop_assert!(left_out.is_empty());
            let verdict = user.request(&good, is_signed.then_some(TIM)).await;
            prop_assert!(verdict.admits() && !reports_change(&verdict), "{verdict:?}");
            Ok(())
        })?;
    }
}
