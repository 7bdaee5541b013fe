//! The environment variables of this program that may hold secrets.
//!
//! `exec` takes all of them out of the environment of foreign code. So each reader names its variable by a constant of
//! this list, and none can be forgotten.

use std::ffi::OsString;

/// An environment variable whose value may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretVariable(&'static str);

macro_rules! secret_variables {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        impl SecretVariable {
            $($(#[$doc])* pub const $name: Self = Self(stringify!($name));)*

            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

secret_variables! {
    /// The secret of a job of GitHub Actions, for its identity token.
    ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    /// The address for the same, which may hold one.
    ACTIONS_ID_TOKEN_REQUEST_URL,
    /// More arguments for the program that decrypts `~/.pause`, such as a passphrase.
    CI_GPG_ARGUMENTS,
    /// The CPAN to read, whose address may hold a password.
    CPAN_SIGSTORE_CPAN,
    /// The trust store, whose address may hold a password.
    CPAN_SIGSTORE_TRUST_STORE,
    /// The address for alerts, which is a secret at many services.
    CPAN_SIGSTORE_WEBHOOK,
    /// The upload form of another PAUSE, whose address may hold a password.
    CPAN_UPLOADER_UPLOAD_URI,
    /// The identity token of a CI job for PAUSE.
    PAUSE_ID_TOKEN,
    /// A token of PAUSE.
    PAUSE_TOKEN,
    /// The password of a PostgreSQL database, which its driver reads.
    PGPASSWORD,
    /// An identity token.
    SIGSTORE_ID_TOKEN,
}

impl SecretVariable {
    /// Its name.
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// Returns its value; an empty one is none.
    pub fn read(self) -> Option<OsString> {
        std::env::var_os(self.0).filter(|value| !value.is_empty())
    }
}
