//! An outsider, who may upload anything into directories of his own and request anything, and honest authors, whom
//! nothing of that may lock out.

use std::sync::OnceLock;

use cpan_sigstore_core::{decision::Decision, release::PackageName};
use proptest::{prelude::*, test_runner::TestCaseError};
use tokio::runtime::Runtime;

use super::{
    owners::{Installation, bundle, permissions, reports_change},
    *,
};

/// The files of the outsider, who has two PAUSE ids. Their names are those of the honest releases, and others.
const UPLOADS: [&str; 10] = [
    "E/EV/EVIL/Good-Mod-0.0001.tar.gz",
    "E/EV/EVIL/Good-Mod-1.0.tar.gz",
    "E/EV/EVIL/Good-Mod-2.0.tar.gz",
    "E/EV/EVIL/Good-Mod-99.0.tar.gz",
    "E/EV/EVIL/Good-Sub-1.0.tar.gz",
    "E/EV/EVIL/GoodMod-2.0.tar.gz",
    "E/EV/EVIL/Acme-Helper-9.0.tar.gz",
    "E/EV/EVIL/T/TI/TIM/Good-Mod-2.0.tar.gz",
    "N/NO/NOBODY/Good-Mod-1.0.tar.gz",
    "N/NO/NOBODY/Good-Mod-99.0.tar.gz",
];
/// The packages that the outsider registered. He made the honest author a co-maintainer of the second one, which the
/// author's next release has.
const SQUATTED: [&str; 2] = ["Acme::Helper", "Good::Mod::Extra"];

/// The releases of the honest author, before the one that is decided about, and who signed them.
const HONEST: [(&str, Option<&str>); 3] = [
    ("T/TI/TIM/Good-Mod-0.9.tar.gz", None),
    ("T/TI/TIM/Good-Mod-1.0.tar.gz", Some(TIM)),
    ("T/TI/TIM/Other-1.0.tar.gz", Some(TIM)),
];
const NEXT: &str = "T/TI/TIM/Good-Mod-2.0.tar.gz";

/// The bundle that the outsider uploads beside an archive.
#[derive(Clone, Copy, Debug)]
enum Bundle {
    Absent,
    /// The outsider's own.
    Own,
    /// The honest author's, over the same bytes. Everybody who publishes a copy of an archive has it.
    Copied,
    /// The honest author's, over other bytes.
    Foreign,
    Garbage,
}

/// A step of the outsider.
#[derive(Clone, Debug)]
enum Step {
    /// An upload and a request for it. PAUSE indexes it under packages of the outsider alone, for any content.
    Upload {
        file: usize,
        bundle: Bundle,
        /// Which packages lead to it.
        indexed: [bool; SQUATTED.len()],
        /// Which record the directory has.
        record: Option<usize>,
        request: Request,
    },
    /// A request for an honest release, by its path or by its module.
    Honest { release: usize, request: Request },
}

/// How a release is requested.
#[derive(Clone, Copy, Debug)]
enum Request {
    /// Of a mirror, which knows the packages that lead to it.
    OfMirror,
    /// By its path alone, as `verify --remember` does.
    ByPath,
}

/// The records that the outsider writes into directories of his own.
fn records() -> &'static [RecordFile] {
    static RECORDS: OnceLock<Vec<RecordFile>> = OnceLock::new();
    RECORDS.get_or_init(|| {
        vec![
            first_record("EVIL", &[EVIL], EVIL),
            first_record("EVIL", &[EVIL, TIM], EVIL),
            first_record("EVIL", &[TIM], EVIL),
            // Records of the honest author: a copied one, and one that the outsider made up.
            first_record("TIM", &[TIM], TIM),
            first_record("TIM", &[EVIL, TIM], EVIL),
        ]
    })
}

fn record_of_tim() -> &'static [RecordFile] {
    &records()[3..4]
}

fn step() -> impl Strategy<Value = Step> {
    let request = prop_oneof![2 => Just(Request::OfMirror), 1 => Just(Request::ByPath)];
    let bundle = prop_oneof![
        1 => Just(Bundle::Absent),
        4 => Just(Bundle::Own),
        2 => Just(Bundle::Copied),
        1 => Just(Bundle::Foreign),
        1 => Just(Bundle::Garbage),
    ];
    let record = prop::option::weighted(0.3, 0..5_usize);
    let upload = (
        0..UPLOADS.len(),
        bundle,
        any::<[bool; SQUATTED.len()]>(),
        record,
        request.clone(),
    );
    let upload = upload.prop_map(|(file, bundle, indexed, record, request)| Step::Upload {
        file,
        bundle,
        indexed,
        record,
        request,
    });
    let honest = (0..HONEST.len(), request);
    let honest = honest.prop_map(|(release, request)| Step::Honest { release, request });
    prop_oneof![4 => upload, 1 => honest]
}

/// Whom the client knew before, and how strict it is.
#[derive(Clone, Copy, Debug)]
struct Client {
    knows_author: bool,
    knows_records: bool,
    is_strict: bool,
}

fn client() -> impl Strategy<Value = Client> {
    any::<[bool; 3]>().prop_map(|[knows_author, has_record, is_strict]| Client {
        knows_author,
        knows_records: has_record,
        // Who requires signatures, and knows nobody, trusts nobody.
        is_strict: is_strict && knows_author,
    })
}

/// A client, and the directory of the honest author.
struct World {
    user: Installation,
    client: Client,
    /// The release to which the honest index leads.
    newest: &'static str,
}

impl World {
    async fn new(client: Client) -> Self {
        // An author of whom nothing is known is no warning then.
        let mut user = Installation::new("default.identity-unknown = 'allow'").await;
        user.permissions = Some(permissions(&[
            "Acme::Helper,EVIL,f",
            "Good::Mod,CO,c",
            "Good::Mod,TIM,f",
            "Good::Mod::Extra,EVIL,f",
            "Good::Mod::Extra,TIM,c",
            "Good::Sub,TIM,f",
        ]));
        let mut world = Self {
            user,
            client,
            newest: HONEST[1].0,
        };
        if client.knows_author {
            world.request_honest(1, Request::OfMirror).await;
        }
        if client.is_strict {
            world.user.set_policy(STRICT);
        }
        world
    }

    /// PAUSE's index: honest, and with the packages that the outsider registered.
    async fn index(&mut self, evils: &[(&str, &str)]) -> Vec<String> {
        let mut lines = vec![("Good::Mod", self.newest), ("Good::Sub", self.newest)];
        lines.extend(evils);
        self.user.serve(&lines).await
    }

    fn records_of_tim(&self) -> &'static [RecordFile] {
        match self.client.knows_records {
            true => record_of_tim(),
            false => &[],
        }
    }

    fn packages(&self, path: &ReleasePath, request: Request) -> Vec<PackageName> {
        match request {
            Request::OfMirror => self.user.index.releases().of_release(path),
            Request::ByPath => Vec::new(),
        }
    }

    async fn request_honest(&mut self, release: usize, request: Request) {
        let (path, signer) = HONEST[release];
        let path: ReleasePath = path.parse().unwrap();
        self.index(&[]).await;
        let packages = self.packages(&path, request);
        let bundle = signer.map(|account| bundle(&path, account));
        let records = self.records_of_tim();
        let admit = self
            .user
            .admit(&path, bundle.as_deref(), records, &packages);
        admit.await;
    }

    async fn take(&mut self, step: &Step) {
        let (file, beside, indexed, record, request) = match step {
            Step::Honest { release, request } => {
                self.request_honest(*release, *request).await;
                return;
            }
            Step::Upload {
                file,
                bundle,
                indexed,
                record,
                request,
            } => (UPLOADS[*file], *bundle, indexed, *record, *request),
        };
        let lines = SQUATTED.iter().zip(indexed);
        let is_permitted = file.contains("/EVIL/");
        let lines: Vec<_> = lines
            .filter(|(_, is_indexed)| is_permitted && **is_indexed)
            .map(|(package, _)| (*package, file))
            .collect();
        self.index(&lines).await;
        let path: ReleasePath = file.parse().unwrap();
        let other = "N/NO/NOBODY/Acme-Other-7.0.tar.gz".parse().unwrap();
        let bytes = match beside {
            Bundle::Absent => None,
            Bundle::Own => Some(bundle(&path, EVIL)),
            Bundle::Copied => Some(bundle(&path, TIM)),
            Bundle::Foreign => Some(bundle(&other, TIM)),
            Bundle::Garbage => Some(b"{}".to_vec()),
        };
        let records: Vec<_> = record.map(|at| records()[at].clone()).into_iter().collect();
        let packages = self.packages(&path, request);
        let admit = self
            .user
            .admit(&path, bytes.as_deref(), &records, &packages);
        admit.await;
    }

    /// The honest author's next release is admitted by its path and by its modules, without any warning.
    async fn decide(mut self) -> Result<(), TestCaseError> {
        self.newest = NEXT;
        let left_out = self.index(&[(SQUATTED[1], NEXT)]).await;
        prop_assert!(left_out.is_empty(), "{left_out:?}");
        let path: ReleasePath = NEXT.parse().unwrap();
        let bundle = bundle(&path, TIM);
        for request in [Request::ByPath, Request::OfMirror] {
            let packages = self.packages(&path, request);
            let records = self.records_of_tim();
            let verdict = self.user.admit(&path, Some(&bundle), records, &packages);
            let verdict = verdict.await;
            prop_assert_eq!(verdict.decision, Decision::Allow, "{:?}", verdict);
            prop_assert!(!reports_change(&verdict), "{:?}", verdict);
            if self.client.knows_author {
                prop_assert_eq!(verdict.finding, Finding::Trusted, "{:?}", verdict);
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// For all uploads and requests of an outsider, and for clients that know the author or do not: the author's next
    /// signed release is allowed, without a warning.
    #[test]
    fn outsider_locks_no_author_out(client in client(), steps in prop::collection::vec(step(), 1..12)) {
        Runtime::new().unwrap().block_on(async {
            let mut world = World::new(client).await;
            for step in &steps {
                world.take(step).await;
            }
            world.decide().await
        })?;
    }
}
