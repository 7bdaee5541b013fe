//! Packages of a distribution with their versions, as PAUSE's indexer finds them.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::members::{self, Member};

/// Version of a package that declares none.
const NO_VERSION: &str = "undef";

/// Names of developer releases.
static DEVELOPER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\d\.\d+_\d|TRIAL").ok());
/// A package statement, with its version if it has one. A line break before the name hides the
/// package from the indexer.
static PACKAGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*package\s+([A-Za-z_][\w:']*)(?:\s+(v?[\d._]+))?\s*[;{]").ok()
});
/// An assignment of a version.
static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\$(?:[\w:']+::)?VERSION\s*=\s*(?:version->(?:declare|parse|new)\(\s*|qv\(\s*)?['"]?(v?[\d._]+)"#)
        .ok()
});

/// A package with its version, as the distribution writes them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
}

/// Returns the packages to index from the file `name`: none if it is not a distribution or is not
/// indexed.
pub(super) fn of(name: &str, bytes: &[u8]) -> Vec<Package> {
    if DEVELOPER.as_ref().is_none_or(|names| names.is_match(name)) {
        return Vec::new();
    }
    let Some(members) = members::read(name, bytes) else {
        return Vec::new();
    };
    let Some(files) = in_one_folder(&members) else {
        return Vec::new();
    };
    if files.iter().any(|(path, _)| path.starts_with("blib/")) {
        return Vec::new();
    }
    let meta = files.iter().find(|(path, _)| *path == "META.json");
    let meta = meta.and_then(|(_, content)| serde_json::from_slice::<Value>(content).ok());
    let meta = meta.unwrap_or_default();
    if matches!(
        meta["release_status"].as_str(),
        Some("testing" | "unstable")
    ) {
        return Vec::new();
    }
    provided(&meta).unwrap_or_else(|| scanned(&files, &meta))
}

/// Returns the files that the indexer writes beside an archive: its META file and its README.
pub(super) fn companions(name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let stem = [".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".zip"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix));
    let (Some(stem), Some(members)) = (stem, members::read(name, bytes)) else {
        return Vec::new();
    };
    let Some(files) = in_one_folder(&members) else {
        return Vec::new();
    };
    let content = |wanted: &[&str]| {
        let found = files.iter().find(|(path, _)| wanted.contains(path));
        found.map(|(_, content)| content.to_vec())
    };
    let meta = content(&["META.json", "META.yml"]).map(|text| (format!("{stem}.meta"), text));
    let readme = content(&["README"]).map(|text| (format!("{stem}.readme"), text));
    meta.into_iter().chain(readme).collect()
}

/// Returns paths below the one top folder, with contents, or `None` if there are several top
/// folders.
fn in_one_folder(members: &[Member]) -> Option<Vec<(&str, &[u8])>> {
    let mut top = None;
    let mut files = Vec::new();
    for member in members {
        let (folder, path) = member.path.split_once('/')?;
        if *top.get_or_insert(folder) != folder {
            return None;
        }
        files.push((path, member.content.as_slice()));
    }
    Some(files)
}

/// Returns the packages that META.json declares as provided.
fn provided(meta: &Value) -> Option<Vec<Package>> {
    let provides = meta["provides"].as_object()?;
    let packages = provides.iter().map(|(name, facts)| Package {
        name: name.clone(),
        version: match &facts["version"] {
            Value::String(version) => version.clone(),
            Value::Number(version) => version.to_string(),
            _ => NO_VERSION.to_owned(),
        },
    });
    Some(packages.collect())
}

/// Returns the packages that modules declare, except those of tests and those that META.json
/// excludes.
fn scanned(files: &[(&str, &[u8])], meta: &Value) -> Vec<Package> {
    let excepted = |key: &str| -> Vec<&str> {
        let paths = meta["no_index"][key].as_array();
        paths
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let (folders, names) = (excepted("directory"), excepted("file"));
    let is_below = |path: &str, folder: &str| {
        let rest = path.strip_prefix(folder.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    files
        .iter()
        .filter(|(path, _)| path.ends_with(".pm"))
        .filter(|(path, _)| !is_below(path, "t") && !is_below(path, "inc"))
        .filter(|(path, _)| !names.contains(path))
        .filter(|(path, _)| !folders.iter().any(|folder| is_below(path, folder)))
        .flat_map(|(path, content)| declared(path, &String::from_utf8_lossy(content)))
        .collect()
}

/// Returns a module's packages whose names end like its file name, with the first assigned version.
fn declared(path: &str, source: &str) -> Vec<Package> {
    let (Some(statement), Some(assignment)) = (PACKAGE.as_ref(), VERSION.as_ref()) else {
        return Vec::new();
    };
    let base = path.rsplit('/').next().unwrap_or(path);
    let base = base.trim_end_matches(".pm");
    let mut version = None;
    let mut packages: Vec<(String, Option<String>)> = Vec::new();
    for line in code(source) {
        if let Some(found) = statement.captures(line)
            && found[1].rsplit("::").next() == Some(base)
        {
            let own = found.get(2).map(|own| own.as_str().to_owned());
            packages.push((found[1].to_owned(), own));
        }
        if version.is_none() {
            version = assignment.captures(line).map(|found| found[1].to_owned());
        }
    }
    let or_assigned = |own: Option<String>| own.or_else(|| version.clone());
    let packages = packages.into_iter().map(|(name, own)| Package {
        name,
        version: or_assigned(own).unwrap_or_else(|| NO_VERSION.to_owned()),
    });
    packages.collect()
}

/// Returns the lines of code, without documentation, comments and the text after the end.
fn code(source: &str) -> impl Iterator<Item = &str> {
    let mut documentation = false;
    source
        .lines()
        .take_while(|line| !matches!(line.trim_end(), "__END__" | "__DATA__"))
        .filter(move |line| {
            let directive = line.starts_with('=') && line[1..].starts_with(char::is_alphabetic);
            if directive {
                documentation = !line.starts_with("=cut");
            }
            !directive && !documentation && !line.trim_start().starts_with('#')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared_in(source: &str) -> Vec<(String, String)> {
        let packages = declared("lib/Foo/Bar.pm", source);
        packages
            .into_iter()
            .map(|package| (package.name, package.version))
            .collect()
    }

    #[test]
    fn finds_versions_where_modules_declare_them() {
        for (source, version) in [
            ("package Foo::Bar;\nour $VERSION = '1.02';", "1.02"),
            ("package Foo::Bar 1.5;\nour $VERSION = '9';", "1.5"),
            ("package Foo::Bar v1.2.3 {\n}", "v1.2.3"),
            ("package Foo::Bar;\n$Foo::Bar::VERSION = \"0.1\";", "0.1"),
            (
                "package Foo::Bar;\nuse version; our $VERSION = version->declare('v2.0.1');",
                "v2.0.1",
            ),
            (
                "package Foo::Bar;\n=pod\n\n$VERSION = 3;\n\n=cut\n",
                NO_VERSION,
            ),
            ("package Foo::Bar;\n1;\n__END__\n$VERSION = 3;", NO_VERSION),
        ] {
            let expected = vec![("Foo::Bar".to_owned(), version.to_owned())];
            assert_eq!(declared_in(source), expected, "{source}");
        }
    }

    #[test]
    fn ignores_hidden_packages_and_those_of_other_modules() {
        for source in [
            "package # hidden\n  Foo::Bar;",
            "package Foo::Other;",
            "# package Foo::Bar;",
        ] {
            assert_eq!(declared_in(source), [], "{source}");
        }
    }
}
