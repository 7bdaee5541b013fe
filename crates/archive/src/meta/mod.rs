//! The release name that META.json and META.yml declare.

mod json;
pub mod toolchain;
mod yaml;

/// Name, version and release status from META. Any of them may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredName {
    /// The distribution.
    pub name: Option<String>,
    /// The version, exactly as written.
    pub version: Option<String>,
    /// `release_status`: `stable`, `testing` or `unstable`. META 1.x has none.
    pub status: Option<String>,
}

/// The fields that are read.
const FIELDS: [&str; 3] = ["name", "version", "release_status"];

/// Format of a META file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetaFile {
    /// `META.json`
    Json,
    /// `META.yml`
    Yaml,
    /// `META6.json` of Raku distributions. Its fields are not read.
    Raku,
}

/// Error for META without a usable name and version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetaError {
    /// It states name, version or release status twice, with different values.
    #[error("`{0}` twice")]
    Twice(&'static str),
    /// It is not a document of its format.
    #[error("{0}")]
    Malformed(String),
}

impl MetaFile {
    /// Returns the format of a member with this name in the top folder.
    pub fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"META.json" => Some(Self::Json),
            b"META.yml" => Some(Self::Yaml),
            b"META6.json" => Some(Self::Raku),
            _ => None,
        }
    }

    /// Reads name, version and release status, and nothing else. Old files have no fixed encoding, but these
    /// fields are ASCII.
    ///
    /// # Errors
    /// [`MetaError::Twice`] if a field has two values, [`MetaError::Malformed`] if the file cannot be
    /// read.
    pub fn read(self, content: &[u8]) -> Result<DeclaredName, MetaError> {
        let text = String::from_utf8_lossy(content);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        match self {
            Self::Json => json::read(text),
            Self::Yaml => yaml::read(text),
            Self::Raku => Ok(DeclaredName::default()),
        }
    }
}

impl DeclaredName {
    /// Sets one of the three fields and ignores all others.
    fn set(&mut self, key: &str, value: Option<String>) -> Result<(), MetaError> {
        let (field, place) = match key {
            "name" => ("name", &mut self.name),
            "version" => ("version", &mut self.version),
            "release_status" => ("release_status", &mut self.status),
            _ => return Ok(()),
        };
        let value = value.filter(|value| !value.is_empty());
        if place.is_some() && *place != value {
            return Err(MetaError::Twice(field));
        }
        *place = value;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(name: &str, version: &str) -> DeclaredName {
        DeclaredName {
            name: Some(name.into()),
            version: Some(version.into()),
            status: None,
        }
    }

    #[test]
    fn reads_the_release_status_of_the_release_alone() {
        let status = |form: MetaFile, text: &str| form.read(text.as_bytes()).unwrap().status;
        let json = r#"{"x":{"release_status":"stable"},"release_status":"testing","name":"A","version":"1"}"#;
        assert_eq!(status(MetaFile::Json, json).as_deref(), Some("testing"));
        let yaml = "name: A\nx:\n  release_status: stable\nrelease_status: unstable\nversion: 1\n";
        assert_eq!(status(MetaFile::Yaml, yaml).as_deref(), Some("unstable"));
        assert_eq!(status(MetaFile::Yaml, "name: A\nversion: 1\n"), None);
        let twice = br#"{"release_status":"stable","release_status":"testing"}"#;
        assert_eq!(
            MetaFile::Json.read(twice),
            Err(MetaError::Twice("release_status"))
        );
    }

    #[test]
    fn reads_meta_name_and_version_as_written() {
        let json = br#"{"provides":{"A":{"version":"9"}},"name":"Foo-Bar","version":"1.10"}"#;
        assert_eq!(MetaFile::Json.read(json), Ok(declared("Foo-Bar", "1.10")));
        let number = br#"{"name":"Foo-Bar","version":1.5}"#;
        assert_eq!(MetaFile::Json.read(number), Ok(declared("Foo-Bar", "1.5")));
        // YAML would read a number here. For a version, trailing zeros matter.
        let yaml = b"--- #YAML:1.0\nname:                Foo-Bar\nversion:             1.10\n\
            author:\n    - me\nprovides:\n    name:\n        version: 9\n";
        assert_eq!(MetaFile::Yaml.read(yaml), Ok(declared("Foo-Bar", "1.10")));
        let latin1 = b"---\nabstract: Gr\xfc\xdfe\nname: Foo-Bar\nversion: v1.2.3\n";
        assert_eq!(
            MetaFile::Yaml.read(latin1),
            Ok(declared("Foo-Bar", "v1.2.3"))
        );
    }

    #[test]
    fn rejects_meta_that_repeats_name_or_version() {
        assert_eq!(
            MetaFile::Json.read(br#"{"name":"A","version":"1","name":"B"}"#),
            Err(MetaError::Twice("name"))
        );
        assert_eq!(
            MetaFile::Yaml.read(b"name: A\nversion: 1\nversion: 2\n"),
            Err(MetaError::Twice("version"))
        );
        for nothing in ["null", "\"\""] {
            let json = format!(r#"{{"name":"A","version":"1","version":{nothing}}}"#);
            let read = MetaFile::Json.read(json.as_bytes());
            assert_eq!(read, Err(MetaError::Twice("version")));
        }
        // Every reader reads the same.
        let same = br#"{"name":"A","version":"1","version":"1"}"#;
        assert_eq!(MetaFile::Json.read(same), Ok(declared("A", "1")));
    }

    #[test]
    fn rejects_deep_nesting_and_expands_no_alias_in_meta() {
        let bomb = "a: &a [x,x,x]\nb: &b [*a,*a]\nc: [*b,*b]\nname: Foo\nversion: 1\n";
        assert_eq!(
            MetaFile::Yaml.read(bomb.as_bytes()),
            Ok(declared("Foo", "1"))
        );
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(
            MetaFile::Yaml.read(deep.as_bytes()),
            Err(MetaError::Malformed(_))
        ));
        // Skipped JSON is not nested in memory.
        assert_eq!(
            MetaFile::Json.read(deep.as_bytes()),
            Ok(DeclaredName::default())
        );
        let alias = "x: &n Foo\nname: *n\nversion: 1\n";
        assert!(matches!(
            MetaFile::Yaml.read(alias.as_bytes()),
            Err(MetaError::Malformed(_))
        ));
    }
}
