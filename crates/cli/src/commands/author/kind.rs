//! The values of `--releases`.

use cpan_sigstore_records::record::Releases;

/// `signed` or `mixed`
pub fn kind(text: &str) -> Result<Releases, String> {
    match text {
        "signed" => Ok(Releases::Signed),
        "mixed" => Ok(Releases::Mixed),
        other => Err(format!(
            "invalid kind: expected signed or mixed, found `{other}`"
        )),
    }
}
