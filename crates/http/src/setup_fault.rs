//! Faults that only a person mends.

use crate::HttpError;

/// A fault in the set-up of this machine, its network or a server. No further try mends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupFault {
    /// This machine has no CA certificates.
    NoCertificates,
    /// No CA certificate of this machine vouches for the server.
    Certificate,
    /// The certificate of the server is not valid by the clock of this machine.
    CertificateTime,
    /// A variable names no usable proxy.
    ProxySetting,
    /// A variable states no usable time.
    TimeoutSetting,
    /// The proxy cannot be reached, or refuses.
    Proxy,
    /// The proxy reaches no IPv6 address by https.
    ProxiedAddress,
    /// The server redirects to another server.
    Redirect,
    /// The server redirects without end, or to no address.
    InvalidRedirect,
    /// The server is the one for which the file is requested.
    Loop,
    /// A proxy or the server refuses the file.
    Refused,
    /// A web page came in place of data.
    WebPage,
}

impl SetupFault {
    /// The fault in a few words, without the address, which may be a secret.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::NoCertificates => "no CA certificates on this machine",
            Self::Certificate => "a certificate that is not trusted",
            Self::CertificateTime => "a certificate that is not valid by the clock of this machine",
            Self::ProxySetting => "an invalid proxy in the environment",
            Self::TimeoutSetting => "an invalid CPAN_SIGSTORE_TIMEOUT",
            Self::Proxy | Self::ProxiedAddress => "a proxy that failed",
            Self::Redirect | Self::InvalidRedirect => "a redirect",
            Self::Loop => "a loop",
            Self::Refused => "a refusal",
            Self::WebPage => "a web page",
        }
    }
}

impl HttpError {
    /// Returns the fault that a person has to mend; `None` for an error that may pass, or of the file itself.
    pub fn setup_fault(&self) -> Option<SetupFault> {
        Some(match self {
            Self::Client(_) => SetupFault::NoCertificates,
            Self::Certificate { .. } => SetupFault::Certificate,
            Self::CertificateTime { .. } => SetupFault::CertificateTime,
            Self::ProxySetting { .. } => SetupFault::ProxySetting,
            Self::TimeoutSetting(_) => SetupFault::TimeoutSetting,
            Self::Proxy { .. } => SetupFault::Proxy,
            Self::ProxiedAddress { .. } => SetupFault::ProxiedAddress,
            Self::InvalidRedirect { .. } => SetupFault::InvalidRedirect,
            Self::Redirect { .. } => SetupFault::Redirect,
            Self::Loop { .. } => SetupFault::Loop,
            Self::Refused {
                status: 401 | 403, ..
            } => SetupFault::Refused,
            Self::WebPage { .. } => SetupFault::WebPage,
            _ => return None,
        })
    }

    /// Whether this machine or its network is set up in a way that only a person can mend.
    pub fn is_setup(&self) -> bool {
        // A server may refuse one file alone.
        self.setup_fault()
            .is_some_and(|fault| fault != SetupFault::Refused)
    }
}
