//! A real Sigstore: Fulcio, TesseraCT, rekor-tiles and timestamp authority, with the sandbox's
//! accounts.

use std::fs;
use std::sync::{Arc, Weak};

use cpan_sigstore_interop::cases;
use cpan_sigstore_interop::instance::Instance;
use cpan_sigstore_interop::pause_login::PauseLogin;
use cpan_sigstore_interop::real_stack::{Issuers, OtherCtLog, RealStack, StackAuthority};
use cpan_sigstore_sandbox::{Sandbox, SandboxOptions};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::workshop::{Signer, Workshop};

/// The stack, PAUSE's identity provider, and the sandbox that provides its accounts and its second Fulcio's
/// certificate log.
pub struct World {
    pub stack: RealStack,
    pub pause_login: PauseLogin,
    pub sandbox: Sandbox,
}

/// Returns the password of a PAUSE id of the sandbox.
pub fn pause_password(sandbox: &Sandbox, id: &str) -> String {
    let text = fs::read_to_string(sandbox.dot_pause_path(id)).unwrap();
    let mut lines = text.lines();
    let password = lines.find_map(|line| line.strip_prefix("password "));
    password.unwrap().to_owned()
}

impl World {
    /// Returns the running world, or starts one. It ends with the last test that holds it.
    pub async fn shared() -> Arc<Self> {
        static UP: Mutex<Weak<World>> = Mutex::const_new(Weak::new());
        let mut up = UP.lock().await;
        if let Some(world) = up.upgrade() {
            return world;
        }
        let world = Arc::new(Self::start().await);
        *up = Arc::downgrade(&world);
        world
    }

    async fn start() -> Self {
        let authority = StackAuthority::generate().unwrap();
        let sandbox = Sandbox::start(SandboxOptions {
            ct_roots: vec![authority.pem()],
            ..SandboxOptions::default()
        })
        .unwrap();
        // Fulcio reads the metadata of each issuer when it starts.
        let password = pause_password(&sandbox, "MYAUTHOR");
        let pause_login = PauseLogin::start(&password).await.unwrap();
        let issuers = Issuers {
            email: Signer::by_email(&sandbox, "author").issuer,
            username: Signer::by_user_name(&sandbox, "MYAUTHOR").issuer,
            pause: pause_login.issuer().to_owned(),
        };
        let trusted_root = fs::read(sandbox.trusted_root_path()).unwrap();
        let trusted_root: Value = serde_json::from_slice(&trusted_root).unwrap();
        let ct_log = OtherCtLog {
            url: sandbox.services.ct_log.url().to_owned(),
            trusted: trusted_root["ctlogs"][0].clone(),
        };
        let stack = RealStack::start(authority, &issuers, ct_log).await.unwrap();
        Self {
            stack,
            pause_login,
            sandbox,
        }
    }
}

/// Each program signs and verifies. Refusals must be exactly those that `cases.toml` explains.
async fn try_everybody(instance: &Instance, signer: &Signer, excused: &[String]) {
    let refusals = Workshop::new().refusals(instance, signer).await;
    let (expected, surprises): (Vec<_>, Vec<_>) = refusals
        .into_iter()
        .partition(|(_, verifier, _)| excused.iter().any(|name| name == verifier));
    assert!(surprises.is_empty(), "{surprises:#?}");
    // There are three signers. An unexpected pass is an error, too.
    assert_eq!(
        expected.len(),
        3 * excused.len(),
        "of {excused:?}: {expected:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_an_email_identity_at_a_real_sigstore() {
    let world = World::shared().await;
    let author = Signer::by_email(&world.sandbox, "author");
    try_everybody(world.stack.instance(), &author, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_an_other_name_identity_at_a_real_sigstore() {
    let world = World::shared().await;
    let author = Signer::by_user_name(&world.sandbox, "MYAUTHOR");
    let excused = cases::table().unwrap().refuse_other_name;
    let excused: Vec<String> = excused.into_keys().collect();
    try_everybody(world.stack.instance(), &author, &excused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_a_real_fulcio_with_the_sandboxes_ct_log() {
    let world = World::shared().await;
    let before = world.sandbox.ct_log.size();
    let author = Signer::by_email(&world.sandbox, "author");
    let instance = world.stack.instance_with_other_ct_log();
    try_everybody(instance, &author, &[]).await;
    assert_eq!(
        world.sandbox.ct_log.size() - before,
        3,
        "a certificate for each signer"
    );
}
