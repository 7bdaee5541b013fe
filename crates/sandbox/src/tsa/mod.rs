//! A time stamping authority ([RFC 3161], [RFC 5816]).
//!
//! [RFC 3161]: https://www.rfc-editor.org/rfc/rfc3161
//! [RFC 5816]: https://www.rfc-editor.org/rfc/rfc5816

mod api;
mod message;
mod token;

use std::sync::Arc;

use const_oid::db::rfc5912::ID_KP_TIME_STAMPING;
use jiff::Timestamp;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages};

pub(crate) use api::{PATH, router};

use crate::clock::Clock;
use crate::key::AuthorityKey;
use crate::misbehaviour::Misbehaviour;
use crate::x509::{self, Certificate, Holder};

/// A misbehaviour of the TSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TsaMisbehaviour {
    /// The token names the TSA's certificate but is signed with another key.
    OtherKey,
    /// The token is that of a TSA outside the trusted root.
    UnknownAuthority,
    /// The token is signed by such a TSA, and also brings the certificate of the trusted one.
    CertificateOfAnother,
    /// The token is about another message.
    OtherMessage,
    /// The token has another nonce than the request.
    OtherNonce,
    /// The token has no nonce.
    NoNonce,
    /// The status of the response refuses the request.
    Rejected,
    /// The time has a fraction of a second, which RFC 3161 allows and some clients cannot read.
    FractionalSeconds,
}

/// A time stamping authority.
#[derive(Clone)]
pub struct TimeStampAuthority {
    inner: Arc<Inner>,
}

struct Inner {
    chain: Chain,
    /// For [`TsaMisbehaviour::OtherKey`] and [`TsaMisbehaviour::UnknownAuthority`].
    rogue_chain: Chain,
    clock: Clock,
    misbehaviour: Misbehaviour<TsaMisbehaviour>,
}

struct Chain {
    root: Certificate,
    signer: Holder,
}

impl Chain {
    fn generate(now: Timestamp) -> der::Result<Self> {
        let root = x509::root("sandbox timestamp root", now)?;
        let key = AuthorityKey::generate()?;
        let name = x509::name("sandbox timestamp authority")?;
        let issuer = root.certificate.tbs_certificate.subject.clone();
        let mut tbs = x509::body(name, issuer, x509::lifetime(now)?, key.spki())?;
        tbs.extensions = Some(vec![
            x509::extension_of(true, &KeyUsage(KeyUsages::DigitalSignature.into()))?,
            // Critical and alone (RFC 3161, section 2.3).
            x509::extension_of(true, &ExtendedKeyUsage(vec![ID_KP_TIME_STAMPING]))?,
            x509::key_identifier(key.spki())?,
            x509::issuer_identifier(&root)?,
        ]);
        let certificate = x509::sign(tbs, &root.key)?;
        Ok(Self {
            root: root.certificate,
            signer: Holder { certificate, key },
        })
    }
}

impl TimeStampAuthority {
    pub(crate) fn new() -> der::Result<Self> {
        let clock = Clock::new();
        let now = clock.now();
        Ok(Self {
            inner: Arc::new(Inner {
                chain: Chain::generate(now)?,
                rogue_chain: Chain::generate(now)?,
                clock,
                misbehaviour: Misbehaviour::default(),
            }),
        })
    }

    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub fn misbehaviour(&self) -> &Misbehaviour<TsaMisbehaviour> {
        &self.inner.misbehaviour
    }

    /// Returns the chain for the trusted root, root last.
    pub(crate) fn trusted_chain(&self) -> [&Certificate; 2] {
        let chain = &self.inner.chain;
        [&chain.signer.certificate, &chain.root]
    }
}
