//! `~/.pause`, as CPAN::Uploader and Config::Identity read it: lines `key value`, `#` for comments,
//! the whole possibly encrypted with GPG. The key `token` is ours.

use std::{
    borrow::Cow,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::{
    release::PauseId,
    text::{count, decoded},
};

use super::{Credentials, GpgError, Secret, TokenError, gpg};

/// Largest file that is read, in bytes.
const SIZE_LIMIT: u64 = 64 * 1024;
/// The keys with a meaning here; `username` means `user`.
const KEYS: [&str; 8] = [
    "user",
    "username",
    "password",
    "token",
    "upload_uri",
    "subdir",
    "dry_run",
    "http_proxy",
];

/// The contents of a `~/.pause`.
#[derive(Debug, Default)]
pub struct DotPause {
    /// The account.
    pub user: Option<PauseId>,
    /// Its password.
    pub password: Option<Secret>,
    /// A token, with its own account.
    pub token: Option<Credentials>,
    /// Whether it names another server (`upload_uri`), as CPAN::Uploader reads it.
    pub has_server: bool,
    /// Whether it names a directory below the author's own (`subdir`).
    pub has_subdirectory: bool,
    /// Whether uploads are only tried (`dry_run`), as Minilla reads it.
    pub is_dry_run: bool,
    /// Whether it names a proxy (`http_proxy`).
    pub has_proxy: bool,
    /// Whether other users of the machine can read the file.
    pub exposed: bool,
}

/// A `~/.pause` that cannot be used. Its text is never shown.
#[derive(Debug, thiserror::Error)]
pub enum DotPauseError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is too large to be one.
    #[error("invalid size of {}: expected at most {SIZE_LIMIT} bytes, found more", .0.display())]
    TooLarge(PathBuf),
    /// It is encrypted, and cannot be decrypted.
    #[error(transparent)]
    Gpg(#[from] GpgError),
    /// A line is no key with a value.
    #[error("invalid line {line} of {}: expected `key value`, such as `user TIMLEGGE`", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its number, from 1.
        line: usize,
    },
    /// A key occurs twice, so that its value is ambiguous.
    #[error("invalid line {line} of {}: expected `{key}` once, found it again", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// The number of the second line, from 1.
        line: usize,
    },
    /// The user is no PAUSE id.
    #[error(
        "invalid user in line {line} of {}: expected a PAUSE id, found something else ({})",
        path.display(), count(*length, "character")
    )]
    User {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// The length of the value, in characters.
        length: usize,
    },
    /// The token is none.
    #[error("invalid token in line {line} of {}: {source}", path.display())]
    Token {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// Why.
        source: TokenError,
    },
}

impl DotPause {
    /// Reads a file, decrypting it where it is encrypted; `None` where there is none.
    ///
    /// # Errors
    /// A file that cannot be read, decrypted or parsed.
    pub fn read(path: &Path) -> Result<Option<Self>, DotPauseError> {
        let failed = |source| DotPauseError::Read {
            path: path.to_owned(),
            source,
        };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let exposed = is_exposed(&file).map_err(failed)?;
        let text = cpan_sigstore_files::read_open(file, SIZE_LIMIT).map_err(failed)?;
        if text.len() as u64 > SIZE_LIMIT {
            return Err(DotPauseError::TooLarge(path.to_owned()));
        }
        let is_marked =
            matches!(decoded(&text), Cow::Owned(_)) || decoded(&text).len() < text.len();
        if !is_marked && gpg::is_encrypted(&text) {
            let text = gpg::decrypt(path, SIZE_LIMIT)?;
            return Self::parse(&text, path).map(Some);
        }
        Ok(Some(Self {
            exposed,
            ..Self::parse(&text, path)?
        }))
    }

    /// Reads the text of a file; its path is for messages.
    ///
    /// # Errors
    /// An invalid line or value.
    pub fn parse(text: &[u8], path: &Path) -> Result<Self, DotPauseError> {
        let mut read = Self::default();
        let text = decoded(text);
        for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let number = number + 1;
            let (key, value) = pair(line).ok_or_else(|| DotPauseError::Line {
                path: path.to_owned(),
                line: number,
            })?;
            // Others belong to other programs.
            let Some(key) = KEYS.into_iter().find(|known| known.as_bytes() == key) else {
                continue;
            };
            if !read.take(key, value, path, number)? {
                return Err(DotPauseError::Twice {
                    path: path.to_owned(),
                    key,
                    line: number,
                });
            }
        }
        Ok(read)
    }

    /// Takes a value; false where there was one before.
    fn take(
        &mut self,
        key: &str,
        value: &[u8],
        path: &Path,
        line: usize,
    ) -> Result<bool, DotPauseError> {
        let text = String::from_utf8_lossy(value);
        Ok(match key {
            "upload_uri" => !std::mem::replace(&mut self.has_server, true),
            "subdir" => !std::mem::replace(&mut self.has_subdirectory, true),
            "dry_run" => {
                // Perl's false values.
                !std::mem::replace(&mut self.is_dry_run, !matches!(value, b"" | b"0"))
            }
            "http_proxy" => !std::mem::replace(&mut self.has_proxy, !value.is_empty()),
            "password" => self.password.replace(value.to_vec().into()).is_none(),
            "token" => {
                let token = Credentials::token(&text).map_err(|source| DotPauseError::Token {
                    path: path.to_owned(),
                    line,
                    source,
                })?;
                self.token.replace(token).is_none()
            }
            _ => {
                // The parser would quote the value, which may be a password that slipped into the line.
                let user = text.parse().map_err(|_| DotPauseError::User {
                    path: path.to_owned(),
                    line,
                    length: text.chars().count(),
                })?;
                self.user.replace(user).is_none()
            }
        })
    }
}

/// A word, blanks, and the rest.
fn pair(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = line.iter().position(u8::is_ascii_whitespace)?;
    let (key, value) = line.split_at(end);
    let word = key
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    word.then(|| (key, value.trim_ascii()))
}

/// Whether users other than the owner may read the file. A pipe is private.
#[cfg(unix)]
fn is_exposed(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = file.metadata()?;
    Ok(metadata.is_file() && metadata.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn is_exposed(_file: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    fn parse(text: &str) -> Result<DotPause, DotPauseError> {
        DotPause::parse(text.as_bytes(), Path::new(".pause"))
    }

    #[test]
    fn every_spelling_is_understood() {
        for text in [
            "user author\npassword a b%c #d\n",
            "# mine\r\n\r\nusername   AUTHOR\r\npassword\ta b%c #d\r\nnon_interactive\t1",
            "  user AUTHOR  \n  password a b%c #d  \n",
        ] {
            let read = parse(text).unwrap();
            assert_eq!(read.user.unwrap().as_str(), "AUTHOR");
            assert_eq!(read.password.unwrap().expose_secret(), b"a b%c #d");
        }
        let read = parse("upload_uri https://darkpan.example/\nsubdir a\n").unwrap();
        assert!(read.has_server && read.has_subdirectory);
        let read = parse("dry_run 1\nhttp_proxy http://proxy.example\n").unwrap();
        assert!(read.is_dry_run && read.has_proxy);
        assert!(!parse("dry_run 0\n").unwrap().is_dry_run);
        let utf16 = "\u{feff}user AUTHOR\r\npassword a b%c #d\r\n".encode_utf16();
        let utf16: Vec<u8> = utf16.flat_map(u16::to_le_bytes).collect();
        for text in [
            &utf16[..],
            "\u{feff}user AUTHOR\npassword a b%c #d".as_bytes(),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(".pause");
            std::fs::write(&path, text).unwrap();
            let read = DotPause::read(&path).unwrap().unwrap();
            assert_eq!(read.user.unwrap().as_str(), "AUTHOR");
            assert_eq!(read.password.unwrap().expose_secret(), b"a b%c #d");
        }
        let read = parse("token AUTHOR:17:abc").unwrap();
        assert_eq!(read.token.unwrap().user().as_str(), "AUTHOR");
    }

    #[test]
    fn a_line_that_is_not_understood_is_named_and_not_shown() {
        for (text, line) in [
            ("user AUTHOR\npassword\n", "line 2"),
            ("s3cret!\n", "line 1"),
            ("password s3cret\npassword s3cret2\n", "line 2"),
            ("user A\nusername AUTHOR", "PAUSE id"),
            ("user AUTHOR password s3cret", "line 1"),
            ("password x\nusername s3cret!", "line 2"),
            ("token s3cret", "USER:TOKEN-ID:TOKEN"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(line), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = DotPause::parse(&text, Path::new(".pause"));
        }

        #[test]
        fn shows_no_part_of_a_malformed_file(
            before in "[ -~\n\t]{0,20}",
            key in "(user|username|password|token|pass|USER|)",
            between in "[ \t:=\n]{0,3}",
            after in "[ -~\n\t]{0,20}",
        ) {
            let text = format!("{before}\n{key}{between}s3cret!Zq{after}");
            let shown = match parse(&text) {
                Ok(read) => format!("{read:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!shown.contains("s3cret!Zq"), "{}", shown);
        }
    }
}
