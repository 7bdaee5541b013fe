//! What to do next, where that is known.

use cpan_sigstore_core::{cause::Cause, finding::Exit};
use cpan_sigstore_gate::{GateError, store::TrustStoreError};
use cpan_sigstore_keyless::{
    login::LoginError,
    sign::SignError,
    trust::{ConfigError, TrustError},
};
use cpan_sigstore_monitor::{StateError, WatchError};
use cpan_sigstore_pause::{journal::JournalError, upload::UploadError};

use super::Failure;

impl Failure {
    /// What to do next, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Partly { failure, .. } if failure.exit() == Exit::TryLater => Some(
                "the service may be back in a moment; run the command again with the files that are left",
            ),
            Self::Partly { failure, .. } => failure.hint(),
            Self::Author(error) => error.hint(),
            Self::AuthorIndex(error) => error.hint(),
            Self::NoCredentials => Some(
                "write `user` and `password` into ~/.pause (chmod 600), name such a file with `--pause-file FILE`, or set PAUSE_TOKEN; on a terminal you are asked",
            ),
            Self::PauseToken(_) => {
                Some("get a token from PAUSE's menu; it lives for 180 days at most")
            }
            Self::Upload(UploadError::Password(_)) => Some(
                "check user and password in ~/.pause, or where else they come from, and run the same command again",
            ),
            Self::Upload(UploadError::Token { .. }) => Some(
                "tokens end after 180 days, and may be limited to some addresses: get a new one from PAUSE's menu",
            ),
            Self::Upload(UploadError::NotConfirmed { .. } | UploadError::Refused { .. }) => {
                Some("PAUSE says why; when that is mended, run the same command again")
            }
            Self::Upload(UploadError::Changed(_)) => {
                Some("run the same command again when nothing writes to it")
            }
            Self::Upload(UploadError::Http(error)) if error.is_transient() => Some(
                "run the same command again when PAUSE is back: what it has confirmed is not sent again",
            ),
            Self::Cpan(error) if error.is_transient() => Some("run the same command again later"),
            Self::IndexRolledBack { .. } => Some(
                "an old index leads to old releases; ask another mirror with `--cpan URL`, or try again later",
            ),
            Self::ForeignBundle { .. } => Some(
                "say who has to have signed it with `--identity` and `--issuer`, or sign again with `--force`",
            ),
            Self::OtherBytes { .. } | Self::NameUsed { .. } => Some(
                "PAUSE takes each name only once: release it under a new version, or go back to the archive that was uploaded",
            ),
            Self::NameTaken { .. } => Some(
                "whether it is this archive shows when it is published: run the same command again then, or now with `--wait`",
            ),
            Self::BundleNameTaken { .. } => Some(
                "delete the other one on PAUSE, or release it from there with `--subdirectory`",
            ),
            Self::NotPublished { .. } => Some(
                "PAUSE, or the mirror, takes its time; run the same command again later. What PAUSE did not take stands in the mail it sent you",
            ),
            Self::ListNotAgreed => Some(
                "agree at the question, name a folder with your own copies by `--copies DIR`, or sign what is published by `--accept-published`",
            ),
            Self::Journal(JournalError::Malformed { .. }) => {
                Some("move the file away to begin anew: PAUSE will say what it has already")
            }
            Self::FileChanged { .. } => Some("sign it again when nothing writes to it"),
            Self::Sign(SignError::OwnBundle(refused)) if is_about_time(refused.cause) => {
                Some("check this machine's clock: a service has another time; nothing was written")
            }
            Self::Watch(WatchError::State(StateError::Malformed { .. })) => {
                Some("move the file away to begin anew with what is there now")
            }
            Self::Watch(WatchError::State(StateError::InUse { .. })) => {
                Some("wait until it has ended, or name another file with `--state FILE`")
            }
            Self::Watch(WatchError::State(StateError::OutboxFull)) => {
                Some("see to it that the webhook takes alerts, or run it once without `--webhook`")
            }
            Self::Policy { .. } => Some(
                "nothing is decided by half a policy; `cpan-sigstore policy check` reads it again",
            ),
            Self::TrustStore(TrustStoreError::Conflict { .. }) => Some(
                "ask the author which identity is theirs; to take in all of the export, whatever is known, add `--replace`",
            ),
            Self::Gate(GateError::TrustStore(_)) | Self::TrustStore(_) => Some(
                "without its memory the gate does not know who signed before, and lets nothing pass; another place for it is named with `--memory`",
            ),
            Self::NoIdentity(_) => Some(
                "name it with `--certificate-identity author@example.com --certificate-oidc-issuer https://accounts.google.com` (or `--key FILE`), or say with `--author ID` whose release it is; `cpan-sigstore inspect BUNDLE` shows who a bundle says has signed, but ask the author, not the bundle, whether that is right",
            ),
            Self::Config(ConfigError::UnknownInstance { .. }) => Some(
                "`cpan-sigstore instance list` shows the instances, `cpan-sigstore instance add` adds one",
            ),
            Self::Trust(TrustError::Unavailable { .. }) => Some(
                "try again with a network, or name the trust material with `--trusted-root FILE`",
            ),
            Self::Trust(TrustError::NoSigningConfig) => Some(
                "name one with `--signing-config FILE`, or with `signing-config` in the instance",
            ),
            Self::BundleExists { .. } => {
                Some("verify it with `cpan-sigstore verify`, or replace it with `--force`")
            }
            Self::Sign(SignError::Identity { .. }) => {
                Some("log in as the identity you mean, or name the other one with `--identity`")
            }
            Self::Sign(SignError::OwnBundle(_)) => Some(
                "a service of this instance answered wrongly, or the trusted root is not that of the services; nothing was written",
            ),
            Self::Sign(error) if error.is_transient() => {
                Some("the service may be back in a moment; run the same command again")
            }
            Self::NoIssuer => {
                Some("name one with `--oidc-issuer URL`, or give a token with `--identity-token`")
            }
            Self::NotAgreed => Some("agree at the question, or with `--yes`"),
            Self::Http(error) | Self::Login(LoginError::Http(error)) if error.is_transient() => {
                Some("nothing was signed; run the same command again when the network is back")
            }
            Self::NoHome => Some("set CPAN_SIGSTORE_CONFIG and CPAN_SIGSTORE_CACHE"),
            _ => None,
        }
    }
}

/// Whether a refusal is what a clock that is wrong leads to.
fn is_about_time(cause: Cause) -> bool {
    matches!(cause, Cause::LogTimeInvalid | Cause::CertificateExpired)
}
