//! `config.toml`: the user's named instances, and the name of the selected one.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    Instance, InstanceError, Repository, TrustError, TrustSource,
    instance::{BUILT_IN, InstanceEntry},
    loader::read_root,
};

/// Largest `config.toml` that is read, in bytes.
const SIZE_LIMIT: u64 = 1 << 20;
/// Instance that is used if none is selected.
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
    instances: BTreeMap<String, InstanceEntry>,
}

/// Error of the configuration.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message names each field")]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The file is malformed.
    #[error("invalid configuration in {}: {reason}", path.display())]
    Syntax {
        path: PathBuf,
        /// The parser's message.
        reason: String,
    },
    /// There is no instance with this name.
    #[error("unknown instance `{name}`: expected one of {known}")]
    UnknownInstance {
        name: String,
        /// All known names.
        known: String,
    },
    /// There is already an instance with this name.
    #[error("the instance name `{0}` is taken")]
    Taken(String),
    /// The name is malformed.
    #[error("invalid instance name: expected letters, digits, `-` and `_`, found `{0}`")]
    Name(String),
    /// The root of a TUF repository cannot be used.
    #[error(transparent)]
    Root(#[from] TrustError),
    /// The instance is incomplete.
    #[error("invalid instance `{name}`: {source}")]
    Instance { name: String, source: InstanceError },
}

impl Config {
    /// Reads the configuration. A missing file is an empty configuration.
    ///
    /// # Errors
    /// [`ConfigError`] if the file exists and cannot be used.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let document = match read(path)? {
            None => Document::default(),
            Some(text) => toml::from_str(&text).map_err(|error| ConfigError::Syntax {
                path: path.to_owned(),
                reason: error.to_string(),
            })?,
        };
        // A built-in instance of the same name would hide it.
        let hidden = |name: &&String| BUILT_IN.contains(&name.as_str());
        if let Some(name) = document.instances.keys().find(hidden) {
            return Err(ConfigError::Taken(name.clone()));
        }
        Ok(Self {
            path: path.to_owned(),
            document,
        })
    }

    /// Returns the name of the selected instance.
    pub fn in_use(&self) -> &str {
        self.document.instance.as_deref().unwrap_or(DEFAULT)
    }

    /// Returns every name, the built-in ones first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let own = self.document.instances.keys().map(String::as_str);
        BUILT_IN.into_iter().chain(own)
    }

    /// Returns the instance with this name, or the selected one.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no such instance, or if it is incomplete.
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

    /// Adds an instance. A TUF root is copied beside the configuration, so that a change of the
    /// original does not change the pinned root.
    ///
    /// # Errors
    /// [`ConfigError`] if the name is taken, or if a file cannot be read or written.
    pub fn add(&mut self, name: &str, mut instance: Instance) -> Result<(), ConfigError> {
        let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(valid) {
            return Err(ConfigError::Name(name.to_owned()));
        }
        if self.names().any(|taken| taken == name) {
            return Err(ConfigError::Taken(name.to_owned()));
        }
        if let TrustSource::Repository(Repository::Private { root, .. }) = &mut instance.source {
            let bytes = read_root(root)?;
            let copy = PathBuf::from(format!("{name}.tuf-root.json"));
            write(&self.folder().join(&copy), &bytes)?;
            *root = copy;
        }
        self.document
            .instances
            .insert(name.to_owned(), InstanceEntry::from(&instance));
        self.save()
    }

    /// Selects an instance.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no such instance, or if the file cannot be written.
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

    /// Resolves paths, which are relative to the folder of the configuration.
    fn resolve(&self, source: &mut TrustSource) {
        let resolve = |path: &mut PathBuf| *path = self.folder().join(&*path);
        match source {
            TrustSource::Repository(Repository::PublicGood | Repository::Staging) => {}
            TrustSource::Repository(Repository::Private { root, .. }) => resolve(root),
            TrustSource::Files {
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
    let bytes = cpan_sigstore_files::read_limited(path, SIZE_LIMIT).map_err(failed)?;
    bytes
        .map(|bytes| {
            String::from_utf8(bytes).map_err(|error| {
                failed(std::io::Error::new(std::io::ErrorKind::InvalidData, error))
            })
        })
        .transpose()
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ConfigError> {
    cpan_sigstore_files::write_atomic(path, bytes).map_err(|source| ConfigError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_and_selects_an_instance_with_a_copied_root() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/config.toml");
        let root = folder.path().join("root.json");
        let bytes = sigstore_trust_root::SigstoreInstance::Staging.tuf_root();
        std::fs::write(&root, bytes).unwrap();
        let mut config = Config::load(&path).unwrap();
        assert_eq!(
            config.instance(None).unwrap().source,
            TrustSource::Repository(Repository::PublicGood)
        );
        let url = "https://tuf.example".to_owned();
        config
            .add(
                "mine",
                Instance::new(TrustSource::Repository(Repository::Private {
                    url: url.clone(),
                    root: root.clone(),
                })),
            )
            .unwrap();
        config.choose("mine").unwrap();
        std::fs::write(folder.path().join("none.json"), "{}").unwrap();
        let none = Repository::Private {
            url: url.clone(),
            root: folder.path().join("none.json"),
        };
        let refused = config.add("other", Instance::new(TrustSource::Repository(none)));
        assert!(matches!(refused, Err(ConfigError::Root(_))));
        // The pinned root is a copy, so this has no effect.
        std::fs::write(&root, "changed").unwrap();

        let config = Config::load(&path).unwrap();
        let TrustSource::Repository(Repository::Private { root, .. }) =
            config.instance(None).unwrap().source
        else {
            unreachable!("it was added as TUF");
        };
        assert_eq!(std::fs::read(root).unwrap(), bytes);
    }

    #[test]
    fn rejects_unknown_keys_and_incomplete_instances() {
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
