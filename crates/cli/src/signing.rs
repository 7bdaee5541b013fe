//! A login, and the certificate with which files are signed.

use std::sync::Arc;

use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{CiClaims, IdentityPolicy, SignerIdentity, Subject},
};
use cpan_sigstore_http::Backoff;
use cpan_sigstore_keyless::{
    login::IdentityToken,
    sign::{LoginPolicy, Services, SignedBundle, SigningSession},
    verify::Verifier,
};
use jiff::Timestamp;

use crate::{
    error::CommandError,
    flags::{LoginArgs, SigningArgs},
    identity_token,
    session::Session,
    ui::consent::Consent,
};

/// A person or workflow that has logged in. It has no certificate yet, so nothing is public.
pub struct Login {
    services: Services,
    verifier: Arc<Verifier>,
    token: IdentityToken,
    expected: LoginPolicy,
}

/// An identity with a certificate, that signs until the program ends.
pub struct Signer {
    signer: SigningSession,
    token: IdentityToken,
}

impl Login {
    /// Logs in. The login has to be as one of these identities, if there are some. A login that ends without a
    /// signature makes nothing public, and needs no consent.
    ///
    /// # Errors
    /// No trust material, or no login.
    pub fn new(
        args: &SigningArgs,
        one_of: Option<Vec<IdentityPolicy>>,
        consent: Consent,
        session: &Session<'_>,
    ) -> Result<Self, CommandError> {
        let material = session.signing_material(args)?;
        let services = Services::select(&material.config, Timestamp::now())?;
        let verifier = Arc::clone(session.verifier(&args.instance)?);
        let issuer = material.config.oidc_issuer();
        let terminal = session.terminal();
        let token =
            identity_token::token(&args.login, &material.instance, issuer, consent, terminal);
        let token = session.wait(token)?;
        let expected = LoginPolicy::new(&token, args.login.identity.clone())
            .with_issuer(args.login.issuer.clone())
            .one_of(one_of);
        expected.check_token()?;
        Ok(Self {
            services,
            verifier,
            token,
            expected,
        })
    }

    /// The identity that the certificate will name: by the token, else by `--identity`.
    ///
    /// # Errors
    /// A token that does not tell, without a name from the user.
    pub fn identity(&self, args: &LoginArgs) -> Result<SignerIdentity, CommandError> {
        if let Some(identity) = self.token.certified_identity() {
            return Ok(identity);
        }
        let name = args.identity.clone().ok_or_else(|| {
            CommandError::usage(
                "cannot tell which name the certificate will have: the identity token does not state it".to_owned(),
            )
            .hinted("name it with `--identity NAME`")
        })?;
        Ok(SignerIdentity {
            subject: match name {
                uri if uri.contains("://") => Subject::Uri(uri),
                username => Subject::Username(username),
            },
            issuer: self.token.certified_issuer().to_owned(),
            claims: CiClaims::default(),
        })
    }

    /// Gets a certificate, which the authority logs in public.
    ///
    /// # Errors
    /// No certificate, or one for somebody else.
    pub async fn certify(self) -> Result<Signer, CommandError> {
        let signer = SigningSession::certify(
            self.services,
            self.verifier,
            &self.token,
            self.expected,
            Backoff::default(),
            Timestamp::now(),
        )
        .await?;
        Ok(Signer {
            signer,
            token: self.token,
        })
    }
}

impl Signer {
    /// Logs in, and gets a certificate; as one of these identities, if there are some.
    ///
    /// # Errors
    /// As [`Login::new`] and [`Login::certify`].
    pub fn log_in(
        args: &SigningArgs,
        one_of: Option<Vec<IdentityPolicy>>,
        session: &Session<'_>,
    ) -> Result<Self, CommandError> {
        let login = Login::new(args, one_of, Consent::Required, session)?;
        session.wait(login.certify())
    }

    /// The identity in the certificate.
    pub fn identity(&self) -> &SignerIdentity {
        self.signer.identity()
    }

    /// Signs a digest, with another certificate where the one there is would end too soon.
    ///
    /// # Errors
    /// A service that does not answer as it should, or a finished bundle that does not verify.
    pub async fn sign(&mut self, digest: Sha256Digest) -> Result<SignedBundle, CommandError> {
        self.signer.renew(&self.token, Timestamp::now()).await?;
        Ok(self.signer.sign(digest).await?)
    }
}
