//! Files that hold bundles in another form, as services and their clients hand them out.

use std::{borrow::Cow, path::Path};

use cpan_sigstore_core::text::{decoded, shown_path};
use serde_json::{Deserializer, Value};

use crate::error::CommandError;

/// A form in which bundles are handed out. None of them is verified: which bundle is meant is the user's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// JSON objects one after the other, such as `gh attestation download` writes.
    Lines(usize),
    /// The answer of GitHub's or npm's API: `{"attestations": [{"bundle": …}]}`.
    Attestations,
    /// PyPI's provenance: `{"attestation_bundles": [{"attestations": […]}]}`.
    Provenance,
    /// PyPI's attestation, which has the parts of a bundle under other names.
    PypiAttestation,
    /// A JSON list of bundles, or of what `gh attestation verify --format json` prints.
    List(usize),
    /// One bundle in an object: `{"bundle": …}`.
    Wrapped,
    /// A DSSE envelope without the rest of a bundle, such as the file of a SLSA generator.
    Envelope,
    /// JSON behind a byte order mark, or in UTF-16, as editors and shells on Windows write it.
    Marked,
    /// A compressed file.
    Compressed,
}

impl Container {
    /// Returns the form of a file, by its JSON alone; `None` for a bundle and for anything else.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x1f\x8b") {
            return Some(Self::Compressed);
        }
        if matches!(decoded(bytes), Cow::Owned(_)) || decoded(bytes).len() < bytes.len() {
            return Some(Self::Marked);
        }
        let mut values = Deserializer::from_slice(bytes).into_iter::<Value>();
        let first = values.next()?.ok()?;
        let rest: Result<Vec<_>, _> = values.collect();
        match rest {
            // Other text behind a bundle makes it malformed, which the strict reader reports.
            Ok(rest) if !rest.is_empty() && is_bundle(&first) && rest.iter().all(is_bundle) => {
                return Some(Self::Lines(rest.len() + 1));
            }
            Ok(rest) if rest.is_empty() => {}
            _ => return None,
        }
        if let Some(list) = first.as_array() {
            let is_known = |value: &Value| is_bundle(value) || value.get("attestation").is_some();
            let is_list = !list.is_empty() && list.iter().all(is_known);
            return is_list.then_some(Self::List(list.len()));
        }
        let has = |key| first.get(key).is_some();
        if has("mediaType") {
            None
        } else if has("attestations") {
            Some(Self::Attestations)
        } else if has("attestation_bundles") {
            Some(Self::Provenance)
        } else if has("verification_material") && has("envelope") {
            Some(Self::PypiAttestation)
        } else if first.get("bundle").is_some_and(is_bundle) {
            Some(Self::Wrapped)
        } else if has("payloadType") && has("signatures") {
            Some(Self::Envelope)
        } else {
            None
        }
    }

    /// The error of a command that needs one bundle.
    pub fn error(self, path: &Path) -> CommandError {
        let (form, hint) = match self {
            Self::Lines(count) => (
                format!("{count} JSON objects"),
                "write the one line that you mean into a file of its own, and use that file",
            ),
            Self::Attestations => (
                "a list of attestations of GitHub or npm".to_owned(),
                "write the value of `.attestations[0].bundle` into a file of its own, for example with jq, and use that file",
            ),
            Self::Provenance => (
                "a provenance file of PyPI".to_owned(),
                "verify it with the tools of PyPI: its attestations are no Sigstore bundles",
            ),
            Self::PypiAttestation => (
                "an attestation of PyPI".to_owned(),
                "verify it with the tools of PyPI: its attestations are no Sigstore bundles",
            ),
            Self::List(count) => (
                format!("a list of {count}"),
                "write the bundle that you mean into a file of its own, for example with `jq '.[0]'`, and use that file",
            ),
            Self::Wrapped => (
                "a bundle in another object".to_owned(),
                "write the value of `.bundle` into a file of its own, for example with jq, and use that file",
            ),
            Self::Envelope => (
                "an envelope without the proofs of a bundle".to_owned(),
                "get the whole bundle from the one who signed, or verify it with the tool that made it",
            ),
            Self::Marked => (
                "one in UTF-16, or behind a byte order mark".to_owned(),
                "save the file again as UTF-8 without a byte order mark",
            ),
            Self::Compressed => (
                "a compressed file".to_owned(),
                "unpack it with gzip, and use the bundle in it",
            ),
        };
        CommandError::failed(format!(
            "cannot use {}: expected one Sigstore bundle, found {form}",
            shown_path(path)
        ))
        .hinted(hint)
    }
}

/// Whether a value says that it is a bundle.
fn is_bundle(value: &Value) -> bool {
    value.get("mediaType").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_forms_by_their_keys() {
        let bundle = r#"{"mediaType": "x", "attestations": []}"#;
        for (text, form) in [
            (format!("{bundle}\n{bundle}\n"), Some(Container::Lines(2))),
            (format!("{bundle}\n\n"), None),
            (format!("{bundle}\n["), None),
            (format!("{bundle} 1"), None),
            (format!("{bundle}\n{{}}"), None),
            (
                r#"{"attestations": [{"bundle": {}}]}"#.into(),
                Some(Container::Attestations),
            ),
            (
                r#"{"attestation_bundles": []}"#.into(),
                Some(Container::Provenance),
            ),
            (
                r#"{"version": 1, "verification_material": {}, "envelope": {}}"#.into(),
                Some(Container::PypiAttestation),
            ),
            (format!("[{bundle}, {bundle}]"), Some(Container::List(2))),
            (
                r#"[{"attestation": {"bundle": {}}}]"#.into(),
                Some(Container::List(1)),
            ),
            ("[]".into(), None),
            ("[1]".into(), None),
            (
                format!(r#"{{"bundle": {bundle}}}"#),
                Some(Container::Wrapped),
            ),
            (r#"{"bundle": {}}"#.into(), None),
            (
                r#"{"payloadType": "x", "payload": "", "signatures": []}"#.into(),
                Some(Container::Envelope),
            ),
            (format!("\u{feff}{bundle}"), Some(Container::Marked)),
            ("{}".into(), None),
            ("<html>".into(), None),
            (String::new(), None),
        ] {
            assert_eq!(Container::of(text.as_bytes()), form, "{text}");
        }
        let utf16: Vec<u8> = format!("\u{feff}{bundle}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(Container::of(&utf16), Some(Container::Marked));
        assert_eq!(Container::of(b"\x1f\x8b\x08"), Some(Container::Compressed));
    }
}
