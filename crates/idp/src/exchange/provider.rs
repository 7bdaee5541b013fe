//! The accounts of the provider, for the exchange.

use std::net::IpAddr;

use cpan_sigstore_core::release::PauseId;
use jiff::Timestamp;
use secrecy::SecretString;

use super::{People, PeopleFuture};
use crate::{
    config::{Client, Config, Redirect},
    login::{Credentials, LoginError, Logins, Request},
};

/// The accounts of a provider.
pub struct ProviderPeople {
    logins: Logins,
    config: Config,
    client: Client,
}

impl ProviderPeople {
    /// Creates it with the provider's check of credentials, and its limits.
    pub fn new(logins: Logins, config: Config) -> Self {
        Self {
            logins,
            config,
            client: Client {
                id: "trusted-publishing".to_owned(),
                name: "The registration of CI workflows that upload".to_owned(),
                redirect: Redirect::Exact(Vec::new()),
                direct: false,
                signs: false,
            },
        }
    }

    async fn checked(
        &self,
        credentials: Credentials,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<PauseId, LoginError> {
        let request = Request {
            address,
            client: &self.client,
            by_page: false,
            now,
        };
        let author = self.logins.check(credentials, &request).await?;
        self.logins.grant(&author, None, now).await?;
        self.logins.notify(&self.config, &author, &request).await;
        Ok(author.id().clone())
    }
}

impl People for ProviderPeople {
    fn log_in<'a>(
        &'a self,
        name: &'a str,
        password: SecretString,
        address: IpAddr,
        now: Timestamp,
    ) -> PeopleFuture<'a, Option<PauseId>> {
        let credentials = Credentials::Password {
            id: name.to_owned(),
            password,
        };
        Box::pin(async move {
            let checked = self.checked(credentials, address, now).await;
            let refused = |error| tracing::info!(%error, "no registration of workflows");
            checked.map_err(refused).ok()
        })
    }

    fn may_upload<'a>(&'a self, id: &'a PauseId, now: Timestamp) -> PeopleFuture<'a, bool> {
        Box::pin(async move {
            match self.logins.check_standing(id, now).await {
                Ok(()) => true,
                Err(error) => {
                    tracing::info!(%id, %error, "no upload token");
                    false
                }
            }
        })
    }
}
