//! A certificate authority with Fulcio's API, version 2.

mod api;
mod identity;
mod issue;
mod token;

use std::sync::Arc;

use const_oid::db::rfc5912::ID_KP_CODE_SIGNING;
use jiff::{SignedDuration, Timestamp};

pub(crate) use api::router;
pub use identity::IssuerKind;

use crate::clock::Clock;
use crate::misbehaviour::Misbehaviour;
use crate::x509::{self, Holder};

/// A misbehaviour of the CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaMisbehaviour {
    /// The chain ends in a root outside the trusted root.
    UntrustedRoot,
    /// The certificate is for another identity of the same kind.
    OtherIdentity,
    /// The certificate names another issuer.
    OtherIssuer,
    /// The certificate has no issuer extension.
    NoIssuer,
    /// The certificate is for a key that nobody has.
    OtherKey,
    /// The certificate has no signed certificate timestamp.
    NoSct,
    /// The certificate expired an hour ago.
    Expired,
    /// The certificate is not for code signing.
    NoCodeSigning,
    /// The leaf's signature is not that of the intermediate.
    BadSignature,
}

/// The CA: a root, an intermediate, and trusted identity providers.
#[derive(Clone)]
pub struct CertificateAuthority {
    inner: Arc<Inner>,
}

struct Inner {
    chain: Chain,
    /// For [`CaMisbehaviour::UntrustedRoot`].
    rogue_chain: Chain,
    ct_log_url: String,
    issuers: Vec<(String, IssuerKind)>,
    http: reqwest::Client,
    clock: Clock,
    misbehaviour: Misbehaviour<CaMisbehaviour>,
}

struct Chain {
    root: Holder,
    intermediate: Holder,
}

impl Chain {
    /// Generates a chain whose intermediate is valid until `end`, if that is given.
    fn generate(now: Timestamp, end: Option<Timestamp>) -> der::Result<Self> {
        let root = x509::root("sandbox root", now)?;
        let validity = match end {
            Some(end) => x509::validity(end - x509::BACKDATED, end)?,
            None => x509::lifetime(now)?,
        };
        let intermediate =
            x509::intermediate("sandbox intermediate", &root, ID_KP_CODE_SIGNING, validity)?;
        Ok(Self { root, intermediate })
    }

    /// Returns the chain above the leaf, root last.
    fn certificates(&self) -> [&x509::Certificate; 2] {
        [&self.intermediate.certificate, &self.root.certificate]
    }
}

impl CertificateAuthority {
    /// Creates a CA that trusts `issuers` and writes to the log at `ct_log_url`. Its intermediate may have ended.
    pub(crate) fn new(
        issuers: Vec<(String, IssuerKind)>,
        ct_log_url: String,
        http: reqwest::Client,
        intermediate_ended: bool,
    ) -> der::Result<Self> {
        let clock = Clock::new();
        let now = clock.now();
        let end = intermediate_ended.then(|| now - SignedDuration::from_hours(1));
        Ok(Self {
            inner: Arc::new(Inner {
                chain: Chain::generate(now, end)?,
                rogue_chain: Chain::generate(now, None)?,
                ct_log_url,
                issuers,
                http,
                clock,
                misbehaviour: Misbehaviour::default(),
            }),
        })
    }

    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub fn misbehaviour(&self) -> &Misbehaviour<CaMisbehaviour> {
        &self.inner.misbehaviour
    }

    /// Returns the chain above the leaf for the trusted root, root last.
    pub(crate) fn trusted_chain(&self) -> [&x509::Certificate; 2] {
        self.inner.chain.certificates()
    }

    /// Returns the roots that the CT log must accept.
    pub(crate) fn roots(&self) -> [&x509::Certificate; 2] {
        [
            &self.inner.chain.root.certificate,
            &self.inner.rogue_chain.root.certificate,
        ]
    }

    fn chain_in_use(&self) -> &Chain {
        if self.inner.misbehaviour.is(CaMisbehaviour::UntrustedRoot) {
            &self.inner.rogue_chain
        } else {
            &self.inner.chain
        }
    }
}
