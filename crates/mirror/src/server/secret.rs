//! The secret of one run, which the client of a private mirror has, and nobody else on the machine.

use aws_lc_rs::{constant_time::verify_slices_are_equal, rand};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The user beside the secret in the address of the proxy, for clients that expect one.
const USER: &str = "x";
/// The scheme of the credentials of a proxy.
const SCHEME: &[u8] = b"basic";

/// A random secret of 128 bits. It has no `Debug`, and the texts that it creates are for the client alone.
#[derive(Clone)]
pub struct RunSecret {
    hex: String,
    credentials: String,
}

/// The system has no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("cannot get random bytes from the system")]
pub struct NoRandomness;

impl RunSecret {
    /// A new secret.
    ///
    /// # Errors
    /// [`NoRandomness`] if the system has no random bytes.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut bytes = [0; 16];
        rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Self::from_bytes(bytes))
    }

    /// A secret of these random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let credentials = STANDARD.encode(format!("{USER}:{hex}"));
        Self { hex, credentials }
    }

    /// The user and the secret, for a client that is given each by itself.
    pub fn user_and_password(&self) -> (&'static str, &str) {
        (USER, &self.hex)
    }

    /// The address of a private mirror, with the secret in it.
    pub fn mirror(&self, host: impl std::fmt::Display) -> String {
        format!("http://{host}/{}", self.hex)
    }

    /// The address of its proxy, with the secret in it.
    pub fn proxy(&self, host: impl std::fmt::Display) -> String {
        format!("http://{USER}:{}@{host}", self.hex)
    }

    /// The path behind a first segment that is the secret.
    pub(super) fn strip<'a>(&self, path: &'a str) -> Option<&'a str> {
        let path = path.strip_prefix('/')?;
        let end = path.find('/').unwrap_or(path.len());
        let (segment, rest) = path.split_at(end);
        verify_slices_are_equal(segment.as_bytes(), self.hex.as_bytes()).ok()?;
        Some(if rest.is_empty() { "/" } else { rest })
    }

    /// Whether a value of `Proxy-Authorization` is the secret.
    pub(super) fn is_in(&self, value: &[u8]) -> bool {
        let Some((scheme, given)) = value.split_at_checked(SCHEME.len()) else {
            return false;
        };
        let is_separate = given.first() == Some(&b' ');
        let is_equal = verify_slices_are_equal(given.trim_ascii(), self.credentials.as_bytes());
        scheme.eq_ignore_ascii_case(SCHEME) && is_separate && is_equal.is_ok()
    }

    /// A text without the secret.
    pub(super) fn hide(&self, text: &str) -> String {
        text.replace(&self.hex, "[secret]")
    }
}
