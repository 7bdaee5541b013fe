//! What a provider can do wrong.

/// One misbehaviour of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderMisbehaviour {
    /// The token answers another login: its `nonce` is not the one that was sent.
    WrongNonce,
    /// The token has no `nonce` although one was sent.
    MissingNonce,
    /// The token is meant for another service.
    WrongAudience,
    /// The token names another issuer than the one that was asked.
    WrongIssuer,
    /// The token's time is over.
    ExpiredToken,
    /// The token is signed by a key that is not among the published ones.
    ForeignKey,
    /// The token claims `alg: none` and has an empty signature.
    UnsignedToken,
    /// The token endpoint gives an access token and nothing else.
    NoIdToken,
    /// `email_verified` is false.
    EmailUnverified,
    /// The answer to the authorization request has no `state`.
    StateMissing,
    /// The answer to the authorization request has a `state` that nobody sent.
    StateWrong,
    /// The discovery document is about another issuer.
    ForeignDiscovery,
    /// The login page named in the discovery document is a file of the client's machine.
    FileEndpoint,
    /// The token endpoint's answer is not JSON.
    GarbageToken,
    /// The first poll of every device login is told to slow down.
    SlowDown,
}
