//! Issues a certificate: first the precertificate for the CT log, then the certificate with the
//! log's SCT.

use const_oid::db::rfc5912::{ID_KP_CLIENT_AUTH, ID_KP_CODE_SIGNING};
use der::Encode;
use jiff::SignedDuration;
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::name::Name;

use super::identity::Principal;
use super::{CaMisbehaviour, Chain, Inner};
use crate::ctlog::{self, SignedCertificateTimestamp};
use crate::key::AuthorityKey;
use crate::rejection::Rejection;
use crate::x509::{self, Certificate};

/// Lifetime of a certificate.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

impl Inner {
    /// Issues a certificate for `principal` and the key `spki` with an embedded SCT.
    pub(super) async fn issue(
        &self,
        principal: Principal,
        spki: &[u8],
        chain: &Chain,
    ) -> Result<Certificate, Rejection> {
        let wrong = self.misbehaviour.get();
        let mut tbs = self
            .draft(principal, spki, chain, wrong)
            .map_err(Rejection::bad_request)?;
        if wrong != Some(CaMisbehaviour::NoSct) {
            let sct = self.log(&tbs, chain).await?;
            let list = ctlog::sct_list_extension(&[sct]).map_err(Rejection::internal)?;
            tbs.extensions.get_or_insert_default().push(list);
        }
        let signer = if wrong == Some(CaMisbehaviour::BadSignature) {
            &self.rogue_chain.intermediate.key
        } else {
            &chain.intermediate.key
        };
        x509::sign(tbs, signer).map_err(Rejection::internal)
    }

    fn draft(
        &self,
        principal: Principal,
        spki: &[u8],
        chain: &Chain,
        wrong: Option<CaMisbehaviour>,
    ) -> der::Result<TbsCertificate> {
        use CaMisbehaviour as Wrong;
        let mut principal = match wrong {
            Some(Wrong::OtherIdentity) => principal.into_somebody_else(),
            _ => principal,
        };
        if wrong == Some(Wrong::OtherIssuer) {
            principal.issuer = "https://issuer.example.test".to_owned();
        }
        let spki = match wrong {
            Some(Wrong::OtherKey) => AuthorityKey::generate()?.spki().to_vec(),
            _ => spki.to_vec(),
        };
        let purpose = match wrong {
            Some(Wrong::NoCodeSigning) => ID_KP_CLIENT_AUTH,
            _ => ID_KP_CODE_SIGNING,
        };
        let from = match wrong {
            Some(Wrong::Expired) => self.clock.now() - LIFETIME - SignedDuration::from_hours(1),
            _ => self.clock.now(),
        };
        let issuer = chain
            .intermediate
            .certificate
            .tbs_certificate
            .subject
            .clone();
        let validity = x509::validity(from, from + LIFETIME)?;
        let mut tbs = x509::body(Name::default(), issuer, validity, &spki)?;
        let mut extensions = vec![
            x509::extension_of(true, &KeyUsage(KeyUsages::DigitalSignature.into()))?,
            x509::extension_of(false, &ExtendedKeyUsage(vec![purpose]))?,
            x509::key_identifier(&spki)?,
            x509::issuer_identifier(&chain.intermediate)?,
            principal.name()?,
        ];
        if wrong != Some(Wrong::NoIssuer) {
            extensions.extend(principal.issuer_extensions()?);
        }
        extensions.extend(principal.claim_extensions()?);
        tbs.extensions = Some(extensions);
        Ok(tbs)
    }

    /// Submits the precertificate of `tbs` to the CT log.
    async fn log(
        &self,
        tbs: &TbsCertificate,
        chain: &Chain,
    ) -> Result<SignedCertificateTimestamp, Rejection> {
        let mut poisoned = tbs.clone();
        let poison = ctlog::poison_extension().map_err(Rejection::internal)?;
        poisoned.extensions.get_or_insert_default().push(poison);
        let submission = x509::sign(poisoned, &chain.intermediate.key)
            .and_then(|precertificate| {
                [&precertificate]
                    .into_iter()
                    .chain(chain.certificates())
                    .map(Encode::to_der)
                    .collect::<der::Result<Vec<_>>>()
            })
            .map_err(Rejection::internal)?;
        ctlog::submit_precertificate(&self.http, &self.ct_log_url, &submission)
            .await
            .map_err(|error| Rejection::internal(format!("no entry in the CT log: {error}")))
    }
}
