//! A request for authorization (OpenID Connect Core 1.0, section 3.1.2.1).

use serde::{Deserialize, Serialize};

use crate::config::{Client, Config, Redirect};

/// Length of a SHA-256 digest in base64url (RFC 7636, section 4.2).
const CHALLENGE: usize = 43;
/// Longest `state` and `nonce`, in bytes.
const LONGEST_MARK: usize = 1024;
/// The path to which the browser returns on this machine.
const LOOPBACK_PATH: &str = "/auth/callback";

/// The parameters as they came. A repeated one is an error (RFC 6749, section 3.1).
#[derive(Default, Deserialize)]
pub(super) struct Parameters {
    client_id: Option<String>,
    redirect_uri: Option<String>,
    response_type: Option<String>,
    response_mode: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    prompt: Option<String>,
    request: Option<String>,
    request_uri: Option<String>,
}

/// A request that passed all checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AuthorizationRequest {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) state: Option<String>,
    pub(super) nonce: Option<String>,
}

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Objection {
    /// The client or its address is unknown: nothing may be sent there (RFC 6749, section 4.1.2.1).
    Here(&'static str),
    /// The client learns it.
    ToClient {
        redirect_uri: String,
        state: Option<String>,
        error: &'static str,
        description: &'static str,
    },
}

impl Parameters {
    /// Checks the parameters.
    pub(super) fn check(
        self,
        config: &Config,
    ) -> Result<(&Client, AuthorizationRequest), Objection> {
        let client = self.client_id.as_deref().and_then(|id| config.client(id));
        let client = client.ok_or(Objection::Here(
            "The program that sent you here is not known.",
        ))?;
        let redirect_uri = self
            .redirect_uri
            .clone()
            .filter(|address| client.returns_to(address));
        let redirect_uri = redirect_uri.ok_or(Objection::Here(
            "The address to which you would return does not belong to the program that sent you here.",
        ))?;
        if let Some((error, description)) = self.objection() {
            let is_short = |state: &String| state.len() <= LONGEST_MARK;
            return Err(Objection::ToClient {
                redirect_uri,
                state: self.state.filter(is_short),
                error,
                description,
            });
        }
        let request = AuthorizationRequest {
            client: client.id.clone(),
            redirect_uri,
            challenge: self.code_challenge.unwrap_or_default(),
            state: self.state,
            nonce: self.nonce,
        };
        Ok((client, request))
    }

    fn objection(&self) -> Option<(&'static str, &'static str)> {
        let is = |value: &Option<String>, expected: &str| value.as_deref() == Some(expected);
        if self.request.is_some() {
            return Some(("request_not_supported", "request objects are not supported"));
        }
        if self.request_uri.is_some() {
            return Some((
                "request_uri_not_supported",
                "request objects are not supported",
            ));
        }
        if !is(&self.response_type, "code") {
            return Some((
                "unsupported_response_type",
                "only the code flow is supported",
            ));
        }
        if self.response_mode.is_some() && !is(&self.response_mode, "query") {
            return Some((
                "invalid_request",
                "only the response mode `query` is supported",
            ));
        }
        let scopes = self.scope.as_deref().unwrap_or_default();
        if !scopes.split(' ').any(|scope| scope == "openid") {
            return Some(("invalid_scope", "the scope openid is missing"));
        }
        let challenge = self.code_challenge.as_deref().unwrap_or_default();
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let is_digest = challenge.len() == CHALLENGE && challenge.bytes().all(is_plain);
        if !is_digest || !is(&self.code_challenge_method, "S256") {
            return Some(("invalid_request", "PKCE with S256 is required"));
        }
        let is_long =
            |mark: &Option<String>| mark.as_ref().is_some_and(|mark| mark.len() > LONGEST_MARK);
        if is_long(&self.state) || is_long(&self.nonce) {
            return Some(("invalid_request", "state or nonce is too long"));
        }
        if is(&self.prompt, "none") {
            return Some((
                "login_required",
                "there are no sessions, so each login needs a person",
            ));
        }
        None
    }
}

impl Client {
    /// Returns whether a browser may return to an address: compared to the letter, because two readers of an address
    /// may disagree about its host.
    pub(super) fn returns_to(&self, address: &str) -> bool {
        match &self.redirect {
            Redirect::Loopback(_) => is_loopback(address),
            Redirect::Exact(addresses) => addresses.iter().any(|known| known == address),
        }
    }
}

/// Returns whether an address is this machine's, at any port, with the one path (RFC 8252, section 7.3).
fn is_loopback(address: &str) -> bool {
    // No IPv6: the policy of the page, by which browsers allow the redirect, has no words for its addresses.
    let hosts = ["http://localhost:", "http://127.0.0.1:"];
    let rest = hosts.iter().find_map(|host| address.strip_prefix(host));
    let port = rest.and_then(|rest| rest.strip_suffix(LOOPBACK_PATH));
    port.is_some_and(|port| {
        port.bytes().all(|b| b.is_ascii_digit())
            && !port.starts_with('0')
            && port.parse::<u16>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Client;

    #[test]
    fn returns_to_this_machine_and_nowhere_else() {
        let client = Client::sigstore();
        for address in [
            "http://localhost:41234/auth/callback",
            "http://127.0.0.1:1/auth/callback",
            "http://127.0.0.1:65535/auth/callback",
        ] {
            assert!(client.returns_to(address), "{address}");
        }
        for address in [
            "http://localhost/auth/callback",
            "http://[::1]:1/auth/callback",
            "http://localhost:0/auth/callback",
            "http://localhost:065/auth/callback",
            "http://localhost:65536/auth/callback",
            "http://localhost:+1/auth/callback",
            "http://localhost:1/auth/callback/",
            "http://localhost:1/auth/callback?x",
            "http://localhost:1/auth/callback#x",
            "http://localhost:1/x/auth/callback",
            "http://localhost:1/auth/../auth/callback",
            "http://localhost:1@evil.example/auth/callback",
            "http://localhost:1.evil.example/auth/callback",
            "http://localhost.evil.example:1/auth/callback",
            "http://evil.example/?http://localhost:1/auth/callback",
            "http://localhost:1\\@evil.example/auth/callback",
            "http://127.0.0.2:1/auth/callback",
            "https://localhost:1/auth/callback",
            "HTTP://localhost:1/auth/callback",
            "http://localhost:1/auth/callback ",
            "//localhost:1/auth/callback",
            "javascript:alert(1)//auth/callback",
            "",
        ] {
            assert!(!client.returns_to(address), "{address}");
        }
    }

    #[test]
    fn returns_to_registered_addresses_to_the_letter() {
        let client = Client {
            redirect: Redirect::Exact(vec!["https://metacpan.example/login".to_owned()]),
            ..Client::sigstore()
        };
        assert!(client.returns_to("https://metacpan.example/login"));
        for address in [
            "https://metacpan.example/login/",
            "https://metacpan.example/login/../evil",
            "https://metacpan.example/loginevil",
            "https://metacpan.example/login?next=evil",
            "https://metacpan.example.evil.example/login",
            "https://metacpan.example:443/login",
            "https://METACPAN.example/login",
            "http://metacpan.example/login",
            "http://localhost:1/auth/callback",
        ] {
            assert!(!client.returns_to(address), "{address}");
        }
    }
}
