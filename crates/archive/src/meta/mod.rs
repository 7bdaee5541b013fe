//! What META.json and META.yml say the release is called.

mod json;
mod yaml;

/// Name and version as META states them; either may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// The distribution.
    pub name: Option<String>,
    /// The version, as it is written there.
    pub version: Option<String>,
}

/// Which form of META.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetaFile {
    /// `META.json`
    Json,
    /// `META.yml`
    Yaml,
    /// `META6.json`, which Raku distributions have; what it states is not read.
    Raku,
}

/// Why META says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetaError {
    /// It states the name or the version twice.
    #[error("`{0}` twice")]
    Twice(&'static str),
    /// It is no document of its form.
    #[error("{0}")]
    Malformed(String),
}

impl MetaFile {
    /// The form that a member of this name in the top folder has.
    pub fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"META.json" => Some(Self::Json),
            b"META.yml" => Some(Self::Yaml),
            b"META6.json" => Some(Self::Raku),
            _ => None,
        }
    }

    /// Reads name and version, and no more. Old files are in no particular encoding; these two are ASCII.
    ///
    /// # Errors
    /// Where they are stated twice, or cannot be made out.
    pub fn read(self, content: &[u8]) -> Result<Stated, MetaError> {
        let text = String::from_utf8_lossy(content);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        match self {
            Self::Json => json::read(text),
            Self::Yaml => yaml::read(text),
            Self::Raku => Ok(Stated::default()),
        }
    }
}

impl Stated {
    /// Takes in what stands under a key.
    fn set(&mut self, key: &str, value: Option<String>) -> Result<(), MetaError> {
        let (field, place) = match key {
            "name" => ("name", &mut self.name),
            "version" => ("version", &mut self.version),
            _ => return Ok(()),
        };
        if place.is_some() {
            return Err(MetaError::Twice(field));
        }
        *place = value.filter(|value| !value.is_empty());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(name: &str, version: &str) -> Stated {
        Stated {
            name: Some(name.into()),
            version: Some(version.into()),
        }
    }

    #[test]
    fn name_and_version_are_read_as_they_are_written() {
        let json = br#"{"provides":{"A":{"version":"9"}},"name":"Foo-Bar","version":"1.10"}"#;
        assert_eq!(MetaFile::Json.read(json), Ok(stated("Foo-Bar", "1.10")));
        let number = br#"{"name":"Foo-Bar","version":1.5}"#;
        assert_eq!(MetaFile::Json.read(number), Ok(stated("Foo-Bar", "1.5")));
        // What YAML would take for a number is a version here: zeros at its end stay.
        let yaml = b"--- #YAML:1.0\nname:                Foo-Bar\nversion:             1.10\n\
            author:\n    - me\nprovides:\n    name:\n        version: 9\n";
        assert_eq!(MetaFile::Yaml.read(yaml), Ok(stated("Foo-Bar", "1.10")));
        let latin1 = b"---\nabstract: Gr\xfc\xdfe\nname: Foo-Bar\nversion: v1.2.3\n";
        assert_eq!(MetaFile::Yaml.read(latin1), Ok(stated("Foo-Bar", "v1.2.3")));
    }

    #[test]
    fn what_is_stated_twice_is_refused() {
        assert_eq!(
            MetaFile::Json.read(br#"{"name":"A","version":"1","name":"B"}"#),
            Err(MetaError::Twice("name"))
        );
        assert_eq!(
            MetaFile::Yaml.read(b"name: A\nversion: 1\nversion: 2\n"),
            Err(MetaError::Twice("version"))
        );
    }

    #[test]
    fn no_alias_is_expanded_and_no_nesting_is_too_deep() {
        let bomb = "a: &a [x,x,x]\nb: &b [*a,*a]\nc: [*b,*b]\nname: Foo\nversion: 1\n";
        assert_eq!(MetaFile::Yaml.read(bomb.as_bytes()), Ok(stated("Foo", "1")));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(
            MetaFile::Yaml.read(deep.as_bytes()),
            Err(MetaError::Malformed(_))
        ));
        // JSON that is passed over is not nested in memory.
        assert_eq!(MetaFile::Json.read(deep.as_bytes()), Ok(Stated::default()));
        let alias = "x: &n Foo\nname: *n\nversion: 1\n";
        assert!(matches!(
            MetaFile::Yaml.read(alias.as_bytes()),
            Err(MetaError::Malformed(_))
        ));
    }
}
