//! The sandbox is a Sigstore to every program: each accepts the signatures of all.

use cpan_sigstore_interop::instance::Instance;
use cpan_sigstore_sandbox::{RekorVersion, Sandbox, SandboxOptions};

use crate::workshop::{Signer, Workshop};

async fn everybody_accepts_everybody(options: SandboxOptions) {
    let sandbox = Sandbox::start(options).unwrap();
    let instance =
        Instance::read(&sandbox.trusted_root_path(), &sandbox.signing_config_path()).unwrap();
    let signer = Signer::by_email(&sandbox, "author");
    let refusals = Workshop::new().refusals(&instance, &signer).await;
    assert!(refusals.is_empty(), "{refusals:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_signatures_of_all_programs_with_rekor_v2() {
    everybody_accepts_everybody(SandboxOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_signatures_of_all_programs_with_rekor_v1() {
    everybody_accepts_everybody(SandboxOptions {
        rekor: RekorVersion::V1,
        timestamps: false,
        ..SandboxOptions::default()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_signatures_of_all_with_rekor_v1_and_timestamps() {
    everybody_accepts_everybody(SandboxOptions {
        rekor: RekorVersion::V1,
        ..SandboxOptions::default()
    })
    .await;
}
