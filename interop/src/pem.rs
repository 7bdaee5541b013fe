//! PEM (RFC 7468), as far as the services' files need it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Returns DER as a PEM block.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(64) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

/// Returns the DER of the blocks in a PEM text, in order.
pub(crate) fn pem_blocks(text: &str) -> Vec<Vec<u8>> {
    text.split("-----BEGIN ")
        .skip(1)
        .filter_map(|block| block.split("-----").nth(1))
        .filter_map(|body| {
            STANDARD
                .decode(body.split_whitespace().collect::<String>())
                .ok()
        })
        .collect()
}
