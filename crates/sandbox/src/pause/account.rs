use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use rand_core::{OsRng, RngCore as _};

/// A PAUSE id with its password.
pub(super) struct PauseAccount {
    pub(super) id: String,
    pub(super) password: String,
}

/// The state of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountState {
    #[default]
    Active,
    /// `ustatus` is `nologin`: every page is an error.
    NoLogin,
    /// `forcechange` is 1: every page is the form for a new password.
    MustChangePassword,
}

/// Characters of passwords and tokens, apart from those that are there to test clients.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl PauseAccount {
    /// Creates an account with its own password.
    pub(super) fn new(id: &str) -> Self {
        // A client that decodes it as a URL, or splits it at white space, gets another password.
        let password = format!("{}%4a {}", random_text(7), random_text(9));
        Self {
            id: id.to_owned(),
            password,
        }
    }

    /// Returns the file `~/.pause`, which CPAN::Uploader and similar programs read.
    pub(super) fn dot_pause(&self) -> String {
        format!(
            "# An account of the sandbox.\nuser {}\npassword {}\n",
            self.id, self.password
        )
    }
}

/// Returns name and password from an `Authorization` header of the Basic scheme (RFC 7617, section
/// 2).
pub(super) fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

fn random_text(length: usize) -> String {
    let mut bytes = vec![0; length];
    OsRng.fill_bytes(&mut bytes);
    let letter = |byte: u8| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]);
    bytes.into_iter().map(letter).collect()
}
