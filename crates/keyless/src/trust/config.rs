//! `config.toml`: the user's instances, by name, and the one in use.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    Instance, InstanceError, Repository, Source, TrustError,
    instance::{BUILT_IN, Stated},
    tuf::read_root,
};

/// Largest `config.toml` that is read, in bytes.
const SIZE_LIMIT: u64 = 1 << 20;
/// The instance in use where none was chosen.
const DEFAULT: &str = "public-good";

/// The user's instances.
#[derive(Clone, Debug)]
pub struct Config {
    path: PathBuf,
    document: Document,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Document {
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    instances: BTreeMap<String, Stated>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("expected to read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It cannot be written.
    #[error("expected to write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It says something that has no meaning.
    #[error("expected a configuration in {}, found {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        reason: String,
    },
    /// No instance has this name.
    #[error("expected the name of an instance, found `{name}`; known are {known}")]
    UnknownInstance {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// An instance of this name is there already.
    #[error("expected a new name, found `{0}`, which is taken")]
    Taken(String),
    /// The name is no name.
    #[error("expected a name of letters, digits, `-` and `_`, found `{0}`")]
    Name(String),
    /// The file from which trust in a repository should begin cannot be used.
    #[error(transparent)]
    Root(#[from] TrustError),
    /// The instance is incomplete.
    #[error("instance `{name}`: {source}")]
    Instance {
        /// Its name.
        name: String,
        /// What is wrong.
        source: InstanceError,
    },
}

impl Config {
    /// Reads the configuration; a missing file is an empty one.
    ///
    /// # Errors
    /// Where it is there and cannot be used.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let document = match read(path)? {
            None => Document::default(),
            Some(text) => toml::from_str(&text).map_err(|error| ConfigError::Syntax {
                path: path.to_owned(),
                reason: error.to_string(),
            })?,
        };
        // It would never be used, whatever its author thinks.
        let hidden = |name: &&String| BUILT_IN.contains(&name.as_str());
        if let Some(name) = document.instances.keys().find(hidden) {
            return Err(ConfigError::Taken(name.clone()));
        }
        Ok(Self {
            path: path.to_owned(),
            document,
        })
    }

    /// The name of the instance in use.
    pub fn in_use(&self) -> &str {
        self.document.instance.as_deref().unwrap_or(DEFAULT)
    }

    /// Every name, the built-in ones first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let own = self.document.instances.keys().map(String::as_str);
        BUILT_IN.into_iter().chain(own)
    }

    /// The instance of a name, or the one in use.
    ///
    /// # Errors
    /// Where there is none of this name, or it is incomplete.
    pub fn instance(&self, name: Option<&str>) -> Result<Instance, ConfigError> {
        let name = name.unwrap_or(self.in_use());
        if let Some(instance) = Instance::built_in(name) {
            return Ok(instance);
        }
        let stated = self
            .document
            .instances
            .get(name)
            .ok_or_else(|| self.unknown(name))?;
        let mut instance =
            Instance::try_from(stated.clone()).map_err(|source| ConfigError::Instance {
                name: name.to_owned(),
                source,
            })?;
        self.resolve(&mut instance.source);
        Ok(instance)
    }

    /// Adds an instance. A TUF root is copied beside the configuration: what is pinned must not
    /// change with a file elsewhere.
    ///
    /// # Errors
    /// Where the name is taken, or a file cannot be read or written.
    pub fn add(&mut self, name: &str, mut instance: Instance) -> Result<(), ConfigError> {
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(valid) {
            return Err(ConfigError::Name(name.to_owned()));
        }
        if self.names().any(|taken| taken == name) {
            return Err(ConfigError::Taken(name.to_owned()));
        }
        if let Source::Repository(Repository::Own { root, .. }) = &mut instance.source {
            let bytes = read_root(root)?;
            let copy = PathBuf::from(format!("{name}.tuf-root.json"));
            write(&self.folder().join(&copy), &bytes)?;
            *root = copy;
        }
        self.document
            .instances
            .insert(name.to_owned(), Stated::from(&instance));
        self.save()
    }

    /// Chooses the instance in use.
    ///
    /// # Errors
    /// Where there is none of this name, or the file cannot be written.
    pub fn choose(&mut self, name: &str) -> Result<(), ConfigError> {
        self.instance(Some(name))?;
        self.document.instance = Some(name.to_owned());
        self.save()
    }

    fn save(&self) -> Result<(), ConfigError> {
        let text = toml::to_string(&self.document).map_err(|error| ConfigError::Syntax {
            path: self.path.clone(),
            reason: error.to_string(),
        })?;
        write(&self.path, text.as_bytes())
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Paths in the configuration are relative to its folder.
    fn resolve(&self, source: &mut Source) {
        let resolve = |path: &mut PathBuf| *path = self.folder().join(&*path);
        match source {
            Source::Repository(Repository::PublicGood | Repository::Staging) => {}
            Source::Repository(Repository::Own { root, .. }) => resolve(root),
            Source::Files {
                trusted_root,
                signing_config,
            } => {
                resolve(trusted_root);
                signing_config.as_mut().map(resolve).unwrap_or_default();
            }
        }
    }

    fn unknown(&self, name: &str) -> ConfigError {
        ConfigError::UnknownInstance {
            name: name.to_owned(),
            known: self.names().collect::<Vec<_>>().join(", "),
        }
    }
}

fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    let failed = |source| ConfigError::Read {
        path: path.to_owned(),
        source,
    };
    let bytes = cpan_sigstore_files::read(path, SIZE_LIMIT).map_err(failed)?;
    bytes
        .map(|bytes| {
            String::from_utf8(bytes).map_err(|error| {
                failed(std::io::Error::new(std::io::ErrorKind::InvalidData, error))
            })
        })
        .transpose()
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ConfigError> {
    cpan_sigstore_files::write(path, bytes).map_err(|source| ConfigError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_added_chosen_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/config.toml");
        let root = folder.path().join("root.json");
        let bytes = sigstore_trust_root::SigstoreInstance::Staging.tuf_root();
        std::fs::write(&root, bytes).unwrap();
        let mut config = Config::load(&path).unwrap();
        assert_eq!(
            config.instance(None).unwrap().source,
            Source::Repository(Repository::PublicGood)
        );
        let url = "https://tuf.example".to_owned();
        config
            .add(
                "mine",
                Instance::new(Source::Repository(Repository::Own {
                    url: url.clone(),
                    root: root.clone(),
                })),
            )
            .unwrap();
        config.choose("mine").unwrap();
        std::fs::write(folder.path().join("none.json"), "{}").unwrap();
        let none = Repository::Own {
            url: url.clone(),
            root: folder.path().join("none.json"),
        };
        let refused = config.add("other", Instance::new(Source::Repository(none)));
        assert!(matches!(refused, Err(ConfigError::Root(_))));
        // The pinned root is a copy: changing the original changes nothing.
        std::fs::write(&root, "changed").unwrap();

        let config = Config::load(&path).unwrap();
        let Source::Repository(Repository::Own { root, .. }) =
            config.instance(None).unwrap().source
        else {
            unreachable!("it was added as TUF");
        };
        assert_eq!(std::fs::read(root).unwrap(), bytes);
    }

    #[test]
    fn unknown_keys_and_half_instances_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "instanse = 'x'").unwrap();
        assert!(matches!(
            Config::load(&path),
            Err(ConfigError::Syntax { .. })
        ));
        std::fs::write(&path, "[instances.x]\ntuf-url = 'https://tuf.example'").unwrap();
        let config = Config::load(&path).unwrap();
        assert!(matches!(
            config.instance(Some("x")),
            Err(ConfigError::Instance { .. })
        ));
        assert!(matches!(
            config.instance(Some("y")),
            Err(ConfigError::UnknownInstance { .. })
        ));
    }
}
