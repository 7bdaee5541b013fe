//! The one function that makes an exit code of a failure.

use cpan_sigstore_core::finding::Exit;
use cpan_sigstore_cpan::backlog::BacklogError;
use cpan_sigstore_gate::store::TrustStoreError;
use cpan_sigstore_keyless::{
    login::LoginError,
    sign::SignError,
    trust::{ConfigError, TrustError},
};
use cpan_sigstore_monitor::{StateError, WatchError, WebhookError};
use cpan_sigstore_pause::upload::UploadError;

use super::Failure;

impl Failure {
    /// How the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Partly { failure, .. } => failure.exit(),
            Self::Author(error) => error.exit(),
            Self::AuthorIndex(error) => error.exit(),
            Self::NameTaken { .. } | Self::NotPublished { .. } => Exit::TryLater,
            Self::Usage(_)
            | Self::PauseAddress(_)
            | Self::PauseToken(_)
            | Self::NoCredentials
            | Self::ListNotAgreed
            | Self::NoIdentity(_)
            | Self::Pattern(_)
            | Self::Digest(_)
            | Self::Key(_)
            | Self::NoHome
            | Self::NoIssuer
            | Self::NotAgreed
            | Self::Policy { .. }
            | Self::TrustStore(TrustStoreError::Place(_))
            | Self::Webhook(WebhookError::Address)
            | Self::Config(
                ConfigError::UnknownInstance { .. } | ConfigError::Taken(_) | ConfigError::Name(_),
            ) => Exit::Usage,
            Self::Trust(TrustError::Unavailable { .. })
            | Self::Watch(WatchError::State(StateError::InUse { .. } | StateError::OutboxFull)) => {
                Exit::TryLater
            }
            Self::IndexRolledBack { .. } => Exit::Downgrade,
            Self::Sign(SignError::Identity { .. }) => Exit::IdentityMismatch,
            Self::Sign(SignError::OwnBundle(_)) => Exit::SignatureInvalid,
            Self::Sign(error) if error.is_transient() => Exit::TryLater,
            Self::Http(error) | Self::Login(LoginError::Http(error)) if error.is_transient() => {
                Exit::TryLater
            }
            Self::Upload(UploadError::Http(error)) if error.is_transient() => Exit::TryLater,
            Self::Cpan(error) | Self::Backlog(BacklogError::Cpan(error))
                if error.is_transient() =>
            {
                Exit::TryLater
            }
            Self::DotPause(_)
            | Self::Upload(_)
            | Self::Cpan(_)
            | Self::Backlog(_)
            | Self::Journal(_)
            | Self::ForeignBundle { .. }
            | Self::OtherBytes { .. }
            | Self::NameUsed { .. }
            | Self::BundleNameTaken { .. }
            | Self::Config(_)
            | Self::Gate(_)
            | Self::Index(_)
            | Self::NotOnCpan { .. }
            | Self::TrustStore(_)
            | Self::Http(_)
            | Self::Login(_)
            | Self::Trust(_)
            | Self::Artifact(_)
            | Self::Fix(_)
            | Self::Sign(_)
            | Self::Token(_)
            | Self::BundleExists { .. }
            | Self::FileChanged { .. }
            | Self::Read { .. }
            | Self::Write { .. }
            | Self::Mirror(_)
            | Self::Watch(_)
            | Self::Webhook(_)
            | Self::System { .. } => Exit::Failed,
        }
    }
}
