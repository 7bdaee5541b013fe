//! The date at which a CPAN says that it published a file.

use cpan_sigstore_http::Validators;
use jiff::{Timestamp, fmt::rfc2822};

/// Returns the date in `Last-Modified`, if there is a readable one. PAUSE's daemon sets it, and mirrors keep it; a
/// mirror may state any other.
pub fn published(validators: &Validators) -> Option<Timestamp> {
    let date = validators.last_modified.as_deref()?;
    Some(rfc2822::parse(date).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_date_of_a_server_and_no_other() {
        let of = |date: &str| {
            published(&Validators {
                etag: None,
                last_modified: Some(date.to_owned()),
            })
        };
        let date = of("Sat, 28 Nov 2026 01:02:03 GMT").unwrap();
        assert_eq!(date.to_string(), "2026-11-28T01:02:03Z");
        for other in ["", "yesterday", "2026-11-28T01:02:03Z"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
