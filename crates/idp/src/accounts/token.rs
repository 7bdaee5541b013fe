//! Tokens of accounts, as PAUSE makes them: `ID:token_id:token`.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use cpan_sigstore_core::release::PauseId;
use ipnet::IpNet;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use super::typed_id;

/// The only scope of tokens that get ID tokens. A token that uploads is no token that signs: it is in the CI.
pub const SCOPE: &str = "sign:sigstore";
/// Longest part of a token, in bytes.
const LONGEST_PART: usize = 128;

/// A token as a program sends it.
pub struct SentToken {
    /// The account that it names.
    pub user: PauseId,
    /// The name of the token.
    pub id: String,
    secret: SecretString,
}

/// A token as its row states it.
#[derive(Clone)]
pub struct TokenRow {
    /// The hash: HMAC-SHA256 with the token as the key and its name as the message, in hexadecimal.
    pub hash: SecretString,
    /// The end of its life.
    pub expires: Timestamp,
    /// Its scope.
    pub scope: String,
    /// Whether it was revoked.
    pub revoked: bool,
    /// The networks from which it may be used, one in each line; all if empty.
    pub networks: String,
}

impl SentToken {
    /// Reads a token.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (user, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let is_plain = |part: &str| {
            !part.is_empty()
                && part.len() <= LONGEST_PART
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if parts.next().is_some() || !is_plain(id) || !is_plain(secret) {
            return None;
        }
        Some(Self {
            user: typed_id(user)?,
            id: id.to_owned(),
            secret: secret.to_owned().into(),
        })
    }

    /// Returns whether the row is that of this token, and lets it sign now, from this address.
    pub fn is_valid(
        &self,
        row: Option<&TokenRow>,
        address: std::net::IpAddr,
        now: Timestamp,
    ) -> bool {
        let hash = token_hash(&self.id, self.secret.expose_secret());
        // Compared even without a row, so that both take as long.
        let stored = row.map_or("", |row| row.hash.expose_secret());
        let is_same = verify_slices_are_equal(hash.as_bytes(), stored.as_bytes()).is_ok();
        row.is_some_and(|row| {
            is_same
                && !row.revoked
                && now < row.expires
                && row.scope.trim() == SCOPE
                && row.allows(address)
        })
    }
}

impl TokenRow {
    /// Returns whether the token may be used from an address. A line that is no network allows nothing.
    fn allows(&self, address: std::net::IpAddr) -> bool {
        let mut lines = self
            .networks
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .peekable();
        let address = address.to_canonical();
        lines.peek().is_none()
            || lines.any(|line| {
                let network = line.parse::<IpNet>();
                let network =
                    network.or_else(|_| line.parse::<std::net::IpAddr>().map(IpNet::from));
                network.is_ok_and(|network| network.contains(&address))
            })
    }
}

/// Returns the hash of a token, as PAUSE stores it.
pub fn token_hash(id: &str, secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hex::encode(hmac::sign(&key, id.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_tokens_as_pause_does() {
        // Digest::SHA::hmac_sha256_hex("token_id", "token")
        assert_eq!(
            token_hash("token_id", "token"),
            "66a1297e71ce121e65779159a0e6de4efbb9f95e62de1acc21d36f7ca6541118"
        );
    }

    #[test]
    fn lets_only_a_valid_token_of_its_own_scope_sign() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let here: std::net::IpAddr = "192.0.2.9".parse().unwrap();
        let good = TokenRow {
            hash: token_hash("id", "secret").into(),
            expires: now + jiff::SignedDuration::from_secs(1),
            scope: SCOPE.to_owned(),
            revoked: false,
            networks: String::new(),
        };
        let valid = |text: &str, row: &TokenRow| {
            SentToken::parse(text).is_some_and(|token| token.is_valid(Some(row), here, now))
        };
        assert!(valid("andrea:id:secret", &good));
        for text in [
            "ANDREA:id:secret2",
            "ANDREA:id2:secret",
            "ANDREA:id",
            "ANDREA:id:secret:x",
            "ANDREA :id:secret",
            "ANDREA:id:",
            "ANDREA:i d:secret",
            "",
        ] {
            assert!(!valid(text, &good), "{text}");
        }
        for scope in [
            "upload:distributions",
            "upload:distributions sign:sigstore",
            "SIGN:SIGSTORE",
            "",
            "sign:*",
        ] {
            let row = TokenRow {
                scope: scope.to_owned(),
                ..good.clone()
            };
            assert!(!valid("ANDREA:id:secret", &row), "{scope}");
        }
        assert!(!valid(
            "ANDREA:id:secret",
            &TokenRow {
                revoked: true,
                ..good.clone()
            }
        ));
        assert!(!valid(
            "ANDREA:id:secret",
            &TokenRow {
                expires: now,
                ..good.clone()
            }
        ));
        assert!(!valid(
            "ANDREA:id:secret",
            &TokenRow {
                hash: String::new().into(),
                ..good.clone()
            }
        ));
        for (networks, allowed) in [
            ("192.0.2.0/24", true),
            ("10.0.0.0/8\r\n192.0.2.9\n", true),
            ("10.0.0.0/8", false),
            ("nonsense", false),
            (" \n", true),
        ] {
            let row = TokenRow {
                networks: networks.to_owned(),
                ..good.clone()
            };
            assert_eq!(valid("ANDREA:id:secret", &row), allowed, "{networks:?}");
        }
        let token = SentToken::parse("ANDREA:id:secret").unwrap();
        assert!(!token.is_valid(None, here, now));
    }
}
