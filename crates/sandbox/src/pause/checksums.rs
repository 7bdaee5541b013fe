//! The file CHECKSUMS of a folder, as CPAN::Checksums writes it: Perl data in the frame of a signed
//! message that is also valid Perl.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::Timestamp;
use md5::Md5;
use sha2::{Digest, Sha256, Sha512};

use super::{PauseMisbehaviour, compression::Compression, tree::PublishedFile};

/// Version of CPAN::Checksums with this format.
const WRITER: &str = "CPAN::Checksums (v2.14)";

/// Content of CHECKSUMS when it was last written.
pub(super) struct Checksums {
    written: Timestamp,
    /// Sorted by name.
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    cpan_path: String,
    content: Content,
}

enum Content {
    Folder,
    File(FileFacts),
}

struct FileFacts {
    size: usize,
    /// A date.
    mtime: String,
    sha256: String,
    md5: String,
    /// Digests of the unpacked content, and the suffix of their keys, such as `ungz`.
    unpacked: Option<UnpackedFacts>,
}

struct UnpackedFacts {
    key: &'static str,
    sha256: String,
    md5: String,
}

impl Checksums {
    /// Returns CHECKSUMS of `folder` with these subfolders and files.
    pub(super) fn of<'a>(
        folder: &str,
        subfolders: impl Iterator<Item = &'a str>,
        files: impl Iterator<Item = (&'a str, &'a PublishedFile)>,
        written: Timestamp,
    ) -> Self {
        let entry = |name: &str, content| Entry {
            name: name.to_owned(),
            cpan_path: folder.to_owned(),
            content,
        };
        let mut entries: Vec<_> = subfolders
            .map(|name| entry(name, Content::Folder))
            .collect();
        entries.extend(
            files
                .filter(|(name, _)| !name.to_lowercase().ends_with("readme"))
                .map(|(name, file)| entry(name, Content::File(FileFacts::of(name, file)))),
        );
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Self { written, entries }
    }

    /// Returns the bytes of the file.
    pub(super) fn render(&self, wrong: Option<PauseMisbehaviour>) -> String {
        let sha256_is_wrong = wrong == Some(PauseMisbehaviour::WrongChecksums);
        let entries: Vec<_> = self
            .entries
            .iter()
            .map(|entry| entry.render(sha256_is_wrong))
            .collect();
        let message = format!(
            "# CHECKSUMS file written on {} GMT by {WRITER}\n$cksum = {{\n{}\n}};\n__END__\n",
            self.written.strftime("%a %b %e %H:%M:%S %Y"),
            entries.join(",\n"),
        );
        if wrong == Some(PauseMisbehaviour::UnsignedChecksums) {
            message
        } else {
            framed(&message)
        }
    }
}

/// Returns the message in the frame of a cleartext signature (RFC 9580, section 7). Nobody has the
/// key to verify it, so the signature is a placeholder of the right length.
fn framed(message: &str) -> String {
    let signature = BASE64.encode(Sha512::digest(message));
    format!(
        "0&&<<''; # this PGP-signed message is also valid perl\n\
         -----BEGIN PGP SIGNED MESSAGE-----\n\
         Hash: SHA256\n\
         \n\
         {message}\
         -----BEGIN PGP SIGNATURE-----\n\
         \n\
         {}\n\
         {}\n\
         -----END PGP SIGNATURE-----\n",
        &signature[..64],
        &signature[64..],
    )
}

impl Entry {
    fn render(&self, sha256_is_wrong: bool) -> String {
        let mut fields = vec![("cpan_path".to_owned(), quote(&self.cpan_path))];
        match &self.content {
            Content::Folder => fields.push(("isdir".to_owned(), "1".to_owned())),
            Content::File(facts) => fields.extend(facts.fields(sha256_is_wrong)),
        }
        fields.sort();
        let fields: Vec<_> = fields
            .iter()
            .map(|(key, value)| format!("    {} => {value}", quote(key)))
            .collect();
        format!(
            "  {} => {{\n{}\n  }}",
            quote(&self.name),
            fields.join(",\n")
        )
    }
}

impl FileFacts {
    fn of(name: &str, file: &PublishedFile) -> Self {
        let unpacked = unpacking(name).and_then(|(key, compression)| {
            let unpacked = compression.unpack(&file.bytes)?;
            Some(UnpackedFacts {
                key,
                sha256: hex::encode(Sha256::digest(&unpacked.bytes)),
                md5: hex::encode(Md5::digest(&unpacked.bytes)),
            })
        });
        Self {
            size: file.bytes.len(),
            mtime: file.since.strftime("%Y-%m-%d").to_string(),
            sha256: hex::encode(Sha256::digest(&file.bytes)),
            md5: hex::encode(Md5::digest(&file.bytes)),
            unpacked,
        }
    }

    fn fields(&self, sha256_is_wrong: bool) -> Vec<(String, String)> {
        let sha256 = |right: &str| {
            let wrong = sha256_is_wrong.then(|| hex::encode(Sha256::digest(right)));
            quote(wrong.as_deref().unwrap_or(right))
        };
        let mut fields = vec![
            ("size".to_owned(), self.size.to_string()),
            ("mtime".to_owned(), quote(&self.mtime)),
            ("sha256".to_owned(), sha256(&self.sha256)),
            ("md5".to_owned(), quote(&self.md5)),
        ];
        if let Some(unpacked) = &self.unpacked {
            let key = unpacked.key;
            fields.push((format!("sha256-{key}"), sha256(&unpacked.sha256)));
            fields.push((format!("md5-{key}"), quote(&unpacked.md5)));
        }
        fields
    }
}

/// Returns the suffix of the keys, and the compression, by a file's name.
fn unpacking(name: &str) -> Option<(&'static str, Compression)> {
    match name.rsplit_once('.')?.1 {
        "gz" | "tgz" => Some(("ungz", Compression::Gzip)),
        "bz2" | "tbz" => Some(("unbz2", Compression::Bzip2)),
        _ => None,
    }
}

/// Returns a single-quoted Perl string.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}
