//! The addresses of PAUSE.

use cpan_sigstore_core::text::without_credentials;
use cpan_sigstore_http::is_protected;
use url::Url;

/// The form by which `cpan-upload` and `dzil release` upload.
pub const DEFAULT: &str = "https://pause.perl.org/pause/authenquery?ACTION=add_uri";

/// The two addresses at which one PAUSE takes uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    form: Url,
    api: Url,
}

/// The address is no place to upload to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no address at all.
    #[error("invalid upload address: expected one such as {DEFAULT}, found `{0}`")]
    Form(String),
    /// A password would be readable on the way.
    #[error("invalid upload address {0}: expected https, which protects the password")]
    Plain(String),
    /// The address has a password.
    #[error("invalid upload address: expected one without a password, found one with it")]
    Password,
}

impl Pause {
    /// The PAUSE whose upload form is at this address, as in `CPAN_UPLOADER_UPLOAD_URI`. Uploads with
    /// a token go to `/api/upload` of the same server.
    ///
    /// # Errors
    /// Where it is no address, has a password in it, or is neither `https` nor on this machine.
    pub fn at(upload_uri: &str) -> Result<Self, AddressError> {
        let no_address = || AddressError::Form(without_credentials(upload_uri));
        let mut form = Url::parse(upload_uri).map_err(|_| no_address())?;
        if form.password().is_some() || !form.username().is_empty() {
            return Err(AddressError::Password);
        }
        match form.scheme() {
            "https" | "http" if is_protected(&form) => {}
            "http" => return Err(AddressError::Plain(without_credentials(form.as_str()))),
            _ => return Err(no_address()),
        }
        // Without it the upload works, and PAUSE does not say so.
        if !form.query_pairs().any(|(name, _)| name == "ACTION") {
            form.query_pairs_mut().append_pair("ACTION", "add_uri");
        }
        let mut api = form.clone();
        api.set_path("/api/upload");
        api.set_query(None);
        Ok(Self { form, api })
    }

    /// The upload form.
    pub fn form(&self) -> &Url {
        &self.form
    }

    /// The interface for tokens.
    pub fn api(&self) -> &Url {
        &self.api
    }

    /// The files that it has published, as it shows them to accounts. No mirror has them earlier.
    pub fn published(&self) -> Url {
        let mut url = self.form.clone();
        url.set_path("/pub/PAUSE/");
        url.set_query(None);
        url
    }

    /// The server's name, for people.
    pub fn host(&self) -> &str {
        self.form.host_str().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_to_the_server_of_the_form() {
        let pause = Pause::at(DEFAULT).unwrap();
        assert_eq!(pause.form().as_str(), DEFAULT);
        assert_eq!(pause.api().as_str(), "https://pause.perl.org/api/upload");
        assert_eq!(
            pause.published().as_str(),
            "https://pause.perl.org/pub/PAUSE/"
        );
        let own = Pause::at("http://127.0.0.1:81/pause/authenquery").unwrap();
        assert_eq!(
            own.form().as_str(),
            "http://127.0.0.1:81/pause/authenquery?ACTION=add_uri"
        );
    }

    #[test]
    fn a_password_does_not_travel_in_the_open() {
        let refused = |uri| Pause::at(uri).unwrap_err();
        assert!(matches!(
            refused("http://pause.example.org/pause/authenquery"),
            AddressError::Plain(_)
        ));
        assert!(matches!(
            refused("http://127.0.0.1.example.org/"),
            AddressError::Plain(_)
        ));
        assert_eq!(
            refused("https://me:secret@pause.perl.org/"),
            AddressError::Password
        );
        assert!(matches!(
            refused("ftp://pause.perl.org/"),
            AddressError::Form(_)
        ));
        assert!(matches!(refused("pause.perl.org"), AddressError::Form(_)));
    }
}
