//! Every attack of `cases.toml` on every program.

use std::fs;
use std::sync::Arc;

use cpan_sigstore_interop::cases::{self, Case, Form};
use cpan_sigstore_interop::instance::Instance;
use cpan_sigstore_interop::peer::{Answer, Cosign, Format, Order, Peer, Question, Verifier};
use cpan_sigstore_interop::tampering::{self, Exhibit, Others};
use cpan_sigstore_sandbox::{RekorVersion, Sandbox, SandboxOptions};
use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::workshop::{Signer, Workshop};

/// Number of programs that run at once.
const AT_ONCE: usize = 3;

/// Signs with cosign, so that our program is not tested on its own output.
struct Exhibitor {
    sandbox: Sandbox,
    instance: Instance,
    form: Form,
}

impl Exhibitor {
    fn new(form: Form) -> Self {
        let v2 = form == Form::RekorV2;
        let sandbox = Sandbox::start(SandboxOptions {
            rekor: if v2 {
                RekorVersion::V2
            } else {
                RekorVersion::V1
            },
            timestamps: v2,
            ..SandboxOptions::default()
        })
        .unwrap();
        // Certificates are valid from a minute ago. Hence each certificate of an exhibit is valid
        // at each of its times, and an attack that mixes two is refused for the mixture.
        sandbox.ca.clock().set_offset(SignedDuration::from_mins(-1));
        let instance =
            Instance::read(&sandbox.trusted_root_path(), &sandbox.signing_config_path()).unwrap();
        Self {
            sandbox,
            instance,
            form,
        }
    }

    async fn exhibit(&self, account: &str, artifact: &[u8]) -> Exhibit {
        let signer = Signer::by_email(&self.sandbox, account);
        let workshop = Workshop::new();
        let bundle = workshop.path("bundle");
        let format = match self.form {
            Form::OldFormat => Format::OldCosign,
            Form::RekorV2 | Form::RekorV1 => Format::Bundle,
        };
        let order = Order {
            instance: &self.instance,
            artifact: &workshop.file("artifact", artifact),
            bundle: &bundle,
            token: &workshop.file("token", signer.token.as_bytes()),
        };
        let answer = Cosign::find()
            .unwrap()
            .sign_as(order, format)
            .await
            .unwrap();
        assert!(answer.success(), "cosign signs: {answer:#?}");
        Exhibit {
            artifact: artifact.to_vec(),
            bundle: fs::read_to_string(bundle).unwrap(),
            format,
            trusted_root: self.instance.trusted_root().clone(),
            identity: signer.identity,
            issuer: signer.issuer,
        }
    }
}

/// One run of one program.
struct Trial {
    attack: String,
    case: Case,
    form: Form,
    exhibit: Exhibit,
    signing_config: Value,
}

impl Trial {
    async fn ask(&self, peer: &Verifier) -> Answer {
        let workshop = Workshop::new();
        let exhibit = &self.exhibit;
        let instance =
            Instance::write(exhibit.trusted_root.clone(), self.signing_config.clone()).unwrap();
        let question = Question {
            instance: &instance,
            artifact: &workshop.file("artifact", &exhibit.artifact),
            bundle: &workshop.file("bundle", exhibit.bundle.as_bytes()),
            format: exhibit.format,
            identity: &exhibit.identity,
            issuer: &exhibit.issuer,
        };
        peer.verify(question).await.unwrap()
    }

    /// Returns how an answer differs from the table.
    fn objection(&self, peer: &Verifier, answer: &Answer) -> Option<String> {
        let expected = match peer {
            Verifier::Peer(Peer::Ours(_)) => {
                let code = self.case.code(self.form).unwrap_or("a code in cases.toml");
                let found = our_code(answer);
                (found != code).then(|| format!("expected {code}, found {found}"))
            }
            Verifier::Peer(_) | Verifier::PerlModules => {
                let accepts = self.case.accepts(peer.name(), self.form);
                (accepts != answer.success())
                    .then(|| format!("expected success to be {accepts}, found {:?}", answer.exit))
            }
        }?;
        Some(format!(
            "{} on {:?}, {}: {expected}\n    {}",
            self.attack,
            self.form,
            peer.name(),
            (answer.output.clone() + &answer.errors)
                .trim()
                .replace('\n', "\n    "),
        ))
    }
}

/// Returns the code of our answer: that of the cause, else that of the finding, else the exit code.
fn our_code(answer: &Answer) -> String {
    let report: Value = serde_json::from_str(&answer.output).unwrap_or_default();
    let code = report["cause"]
        .as_str()
        .or_else(|| report["finding"].as_str());
    let exit = report["exit"].as_i64();
    match code {
        Some(code) if exit == answer.exit.map(i64::from) => code.to_owned(),
        _ => format!("exit {:?}", answer.exit),
    }
}

async fn trials(form: Form) -> Vec<Trial> {
    let ours = Exhibitor::new(form);
    let elsewhere = Exhibitor::new(form);
    let others = Others {
        other_artifact: ours.exhibit("author", b"another release").await,
        stranger: ours.exhibit("stranger", b"a release").await,
        other_sigstore: elsewhere.exhibit("author", b"a release").await,
    };
    // Last, so that its inclusion proof has hashes to tamper with.
    let untouched = ours.exhibit("author", b"a release").await;
    let attacks = tampering::all();
    let cases = cases::table().unwrap().attack.into_iter();
    cases
        .filter(|(_, case)| case.on.contains(&form))
        .map(|(attack, case)| {
            let mut exhibit = untouched.clone();
            attacks[attack.as_str()](&mut exhibit, &others);
            let changed = exhibit != untouched;
            assert_eq!(changed, attack != "untouched", "{attack} on {form:?}");
            Trial {
                attack,
                case,
                form,
                exhibit,
                signing_config: ours.instance.signing_config().clone(),
            }
        })
        .collect()
}

async fn objections(form: Form) -> Vec<String> {
    let peers = Arc::new(Verifier::all().unwrap());
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for trial in trials(form).await {
        let (peers, slots) = (Arc::clone(&peers), Arc::clone(&slots));
        running.spawn(async move {
            let _slot = slots.acquire().await.unwrap();
            let mut objections = Vec::new();
            for peer in peers.iter() {
                let answer = trial.ask(peer).await;
                objections.extend(trial.objection(peer, &answer));
            }
            objections
        });
    }
    running.join_all().await.concat()
}

async fn all_answer_as_the_table_says(form: Form) {
    let objections = objections(form).await;
    assert!(
        objections.is_empty(),
        "{} answers differ from cases.toml:\n{}",
        objections.len(),
        objections.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_tampered_rekor_v2_bundles_like_all_peers() {
    all_answer_as_the_table_says(Form::RekorV2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_tampered_rekor_v1_bundles_like_all_peers() {
    all_answer_as_the_table_says(Form::RekorV1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_tampered_old_format_bundles_like_all_peers() {
    all_answer_as_the_table_says(Form::OldFormat).await;
}

#[test]
fn covers_every_attack_in_the_table() {
    let table = cases::table().unwrap().attack;
    for (attack, case) in &table {
        for form in &case.on {
            assert!(
                case.code(*form).is_some(),
                "{attack} has no answer of our program on {form:?}"
            );
        }
    }
    let in_table: Vec<&str> = table.keys().map(String::as_str).collect();
    let known: Vec<&str> = tampering::all().into_keys().collect();
    assert_eq!(in_table, known);
}
