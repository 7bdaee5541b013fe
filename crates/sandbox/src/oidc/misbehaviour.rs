/// A misbehaviour of the OpenID provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderMisbehaviour {
    /// The token belongs to another login: its `nonce` differs from the one sent.
    WrongNonce,
    /// The token has no `nonce` although one was sent.
    MissingNonce,
    /// The token is for another service.
    WrongAudience,
    /// The token names another issuer.
    WrongIssuer,
    /// The token has expired.
    ExpiredToken,
    /// An unpublished key signed the token.
    ForeignKey,
    /// The token claims `alg: none` and has an empty signature.
    UnsignedToken,
    /// The token endpoint returns only an access token.
    NoIdToken,
    /// `email_verified` is false.
    EmailUnverified,
    /// The callback has no `state`.
    StateMissing,
    /// The callback has a `state` that nobody sent.
    StateWrong,
    /// The discovery document is that of another issuer.
    ForeignDiscovery,
    /// The login page in the discovery document is a file on the client's machine.
    FileEndpoint,
    /// The token endpoint's response is not JSON.
    GarbageToken,
    /// The first poll of every device login is answered with `slow_down`.
    SlowDown,
}
