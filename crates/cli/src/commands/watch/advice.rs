//! The advice beside an alert.

use cpan_sigstore_monitor::{Alert, AlertCode};
use serde::Serialize;

/// An alert as it leaves the program, in `--json` and at a webhook.
#[derive(Serialize)]
pub struct AdvisedAlert<'a> {
    #[serde(flatten)]
    alert: &'a Alert,
    advice: &'static str,
}

impl<'a> From<&'a Alert> for AdvisedAlert<'a> {
    fn from(alert: &'a Alert) -> Self {
        Self {
            alert,
            advice: advice(alert.alert),
        }
    }
}

/// Returns the advice to the author.
pub const fn advice(code: AlertCode) -> &'static str {
    match code {
        AlertCode::UnsignedRelease => {
            "if it is yours, sign it with `cpan-sigstore backlog`; if it is not, change your password at PAUSE and delete it there"
        }
        AlertCode::ForeignSignature | AlertCode::BundleReplaced => {
            "if that is you, add the identity with `cpan-sigstore author add`; if it is not, change your password at PAUSE and delete the files there"
        }
        AlertCode::InvalidSignature => {
            "if it is yours, sign it again with `cpan-sigstore release`; if it is not, change your password at PAUSE and delete the bundle there"
        }
        AlertCode::UnfitArchive | AlertCode::ArchiveReplaced => {
            "do not install it; compare it with your own copy, and ask another mirror with `--cpan URL`"
        }
        AlertCode::BundleDropped => {
            "if you did not delete it, change your password at PAUSE, and put your copy of it there again with `cpan-sigstore upload`"
        }
        AlertCode::RecordReplaced | AlertCode::RecordDropped => {
            "clients that have the known record keep it; change your password at PAUSE, and put your copy of the record there again"
        }
        AlertCode::RecordConflict | AlertCode::RecordRefused => {
            "clients that have the known records keep them; if it is not yours, change your password at PAUSE and delete it there"
        }
        AlertCode::LoggedElsewhere => {
            "if it is yours, nothing; if it is not, somebody published it under your name: change your password at PAUSE, and ask another mirror with `--cpan URL`"
        }
        AlertCode::LoggedBefore => {
            "nothing, if you published it and deleted or replaced it; else somebody published it under your name"
        }
        AlertCode::IdentityUsed => {
            "if that was you, nothing; else somebody signs as you: secure the account, and retire the identity with `cpan-sigstore author retire --compromised-since TIME`"
        }
        AlertCode::SigstoreLogFork => {
            "publish both checkpoints: they prove that the log shows different people different entries; `cpan-sigstore trust list` prints them again"
        }
        AlertCode::RecordAdded => {
            "if that was not you, somebody has one of your identities: retire it with `cpan-sigstore author retire --compromised-since TIME`"
        }
        AlertCode::BundleRenewed | AlertCode::SignedBelatedly | AlertCode::FirstSignature => {
            "nothing, if that was you; else somebody has one of your identities"
        }
    }
}
