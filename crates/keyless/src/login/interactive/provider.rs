//! The provider's metadata (OpenID Connect Discovery 1.0).

use openidconnect::{
    AdditionalProviderMetadata, ClientId, DeviceAuthorizationUrl, DiscoveryError, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
        CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
        CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    super::{LoginError, address::refuse_insecure},
    transport::{Transport, TransportError},
};
use cpan_sigstore_core::text::without_credentials;
use cpan_sigstore_http::Http;

/// Metadata that RFC 8628 §4 adds.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct DeviceEndpoint {
    device_authorization_endpoint: Option<DeviceAuthorizationUrl>,
}

impl AdditionalProviderMetadata for DeviceEndpoint {}

type Metadata = ProviderMetadata<
    DeviceEndpoint,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// A client that can create login addresses and redeem codes.
pub(super) type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A provider whose metadata was read.
pub(super) struct OpenIdProvider<'a> {
    pub(super) client: Client,
    pub(super) transport: Transport<'a>,
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    device_endpoint: Option<DeviceAuthorizationUrl>,
}

impl<'a> OpenIdProvider<'a> {
    /// Reads the provider's metadata, which must name exactly `issuer`, and its keys.
    pub(super) async fn discover(
        http: &'a Http,
        issuer: &'a str,
        client_id: &'a str,
    ) -> Result<Self, LoginError> {
        let url = issuer_url(issuer).ok_or_else(|| LoginError::IssuerUrl {
            url: without_credentials(issuer),
        })?;
        let transport = Transport(http);
        let metadata = Metadata::discover_async(url, &transport)
            .await
            .map_err(|error| unusable(issuer, error))?;
        // The browser will open it. Addresses such as `file:` could start programs on a desktop.
        refuse_insecure(metadata.authorization_endpoint().url())?;
        let device_endpoint = metadata
            .additional_metadata()
            .device_authorization_endpoint
            .clone();
        let client_name = ClientId::new(client_id.to_owned());
        Ok(Self {
            client: CoreClient::from_provider_metadata(metadata, client_name, None),
            transport,
            issuer,
            client_id,
            device_endpoint,
        })
    }

    pub(super) fn has_device_flow(&self) -> bool {
        self.device_endpoint.is_some()
    }

    /// Returns the endpoint at which device logins start.
    pub(super) fn device_endpoint(&self) -> Result<DeviceAuthorizationUrl, LoginError> {
        self.device_endpoint
            .clone()
            .ok_or_else(|| LoginError::NoDeviceFlow {
                issuer: self.issuer.to_owned(),
            })
    }
}

/// The address of a provider. One with a password would be shown in errors, and to the provider itself.
fn issuer_url(issuer: &str) -> Option<IssuerUrl> {
    let url = Url::parse(issuer).ok()?;
    let is_web = matches!(url.scheme(), "https" | "http");
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    let url = IssuerUrl::new(issuer.to_owned()).ok();
    url.filter(|_| is_web && !has_credentials)
}

fn unusable(issuer: &str, error: DiscoveryError<TransportError>) -> LoginError {
    let reason = match error {
        DiscoveryError::Request(error) => return error.into(),
        DiscoveryError::Parse(error) => format!("invalid response: {error}"),
        DiscoveryError::Response(status, _, reason) => format!("status {status}: {reason}"),
        DiscoveryError::Validation(reason) | DiscoveryError::Other(reason) => reason,
        other => other.to_string(),
    };
    LoginError::Discovery {
        issuer: issuer.to_owned(),
        reason,
    }
}

/// Returns a page of the provider for the person to open: https, or on this machine.
pub(super) fn safe_page(address: &str) -> Result<String, LoginError> {
    let url = Url::parse(address).map_err(|_| LoginError::Answer {
        reason: "its page is not a URL".to_owned(),
    })?;
    refuse_insecure(&url)?;
    Ok(url.into())
}
