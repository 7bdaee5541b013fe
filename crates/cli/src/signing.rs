//! One login, with which files are signed.

use std::path::PathBuf;

use clap::Args;
use cpan_sigstore_core::{
    digest::Sha256Digest,
    identity::{IdentityPolicy, SignerIdentity},
};
use cpan_sigstore_http::Backoff;
use cpan_sigstore_keyless::{
    login::IdentityToken,
    sign::{LoginPolicy, Services, SignedBundle, SigningSession},
    verify::Verifier,
};
use jiff::Timestamp;

use crate::{
    failure::Failure, instance_args::InstanceArgs, login_args::LoginArgs, terminal::Terminal,
};

/// Who signs, and with which Sigstore.
#[derive(Args, Debug)]
pub struct SigningArgs {
    #[command(flatten)]
    pub login: LoginArgs,
    #[command(flatten)]
    pub instance: InstanceArgs,
    /// A signing_config.json file instead of the instance's own
    #[arg(long, value_name = "FILE", help_heading = "Which Sigstore")]
    pub signing_config: Option<PathBuf>,
}

/// An identity that signs, until the program ends.
pub struct Session {
    signer: SigningSession,
    token: IdentityToken,
}

impl SigningArgs {
    /// Logs in, and gets a certificate.
    ///
    /// # Errors
    /// Where there is no trust material, no login, or one as somebody else.
    pub async fn begin(&self, terminal: &Terminal) -> Result<Session, Failure> {
        self.begin_as(None, terminal).await
    }

    /// The same, where the login has to be as one of these identities, if there are some. Nothing is logged
    /// of anybody else, as far as the login tells.
    ///
    /// # Errors
    /// As [`SigningArgs::begin`].
    pub async fn begin_as(
        &self,
        one_of: Option<Vec<IdentityPolicy>>,
        terminal: &Terminal,
    ) -> Result<Session, Failure> {
        let material = self
            .instance
            .signing_material(self.signing_config.as_ref(), terminal)
            .await?;
        let services = Services::select(&material.config)?;
        let verifier = Verifier::new(&material.root)?;
        let token = self
            .login
            .token(&material.instance, material.config.oidc_issuer(), terminal)
            .await?;
        let expected = LoginPolicy::new(&token, self.login.identity.clone())
            .vouched_for_by(self.login.issuer.clone())
            .one_of(one_of);
        let signer = SigningSession::certify(
            services,
            verifier,
            &token,
            expected,
            Backoff::default(),
            Timestamp::now(),
        )
        .await?;
        Ok(Session { signer, token })
    }
}

impl Session {
    /// Who signs, as the certificate says.
    pub fn identity(&self) -> &SignerIdentity {
        self.signer.identity()
    }

    /// Signs a digest, with another certificate where the one there is would end too soon.
    ///
    /// # Errors
    /// Where a service does not answer as it should, or the finished bundle does not verify.
    pub async fn sign(&mut self, digest: Sha256Digest) -> Result<SignedBundle, Failure> {
        self.signer.renew(&self.token, Timestamp::now()).await?;
        Ok(self.signer.sign(digest).await?)
    }
}
