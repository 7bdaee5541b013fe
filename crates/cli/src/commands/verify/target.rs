//! What is to be verified: a release by its path, or by the name of a module in it.

use std::ffi::OsStr;

use cpan_sigstore_core::{
    release::{PackageName, PauseId, ReleasePath, ReleasePathError},
    text::{shown_path, without_credentials},
};

/// A release that is fetched from a CPAN.
#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    /// By its path.
    Release(ReleasePath),
    /// By a module that the index knows.
    Module(PackageName),
}

/// The text as it may be printed and logged: an address of any kind may have a password or a token.
pub fn shown(text: impl AsRef<OsStr>) -> String {
    let text = shown_path(text);
    match text.contains("://") {
        true => without_credentials(&text),
        false => text,
    }
}

/// The start of the address of a page of MetaCPAN, which shows what is on CPAN and has no archives itself.
const METACPAN: &str = "https://metacpan.org/";
/// A usual suffix, for examples.
const SUFFIX: &str = ".tar.gz";

/// Reads what was named, where it can be a release or a module.
pub fn parse(text: &str) -> Option<Target> {
    let text = documented(text).unwrap_or(text);
    if let Some(module) = module(text) {
        return Some(Target::Module(module));
    }
    release(text).ok().map(Target::Release)
}

/// The module that a page of MetaCPAN documents.
fn documented(text: &str) -> Option<&str> {
    let page = text.strip_prefix(METACPAN)?;
    let name = page
        .strip_prefix("pod/")
        .or_else(|| page.strip_prefix("module/"))?;
    let name = name.split(['?', '#']).next()?.trim_end_matches('/');
    is_module(name).then_some(name)
}

/// Reads a module, such as `Foo::Bar`, or `Foo/Bar.pm` as `require` names it.
fn module(text: &str) -> Option<PackageName> {
    let name = match text.strip_suffix(".pm") {
        Some(path) if path.contains('/') => path.replace('/', "::"),
        _ => text.to_owned(),
    };
    name.parse().ok().filter(|_| is_module(&name))
}

/// Returns the advice for a text that names no release clearly enough.
pub fn advice(text: &str) -> Option<String> {
    if is_address(text) {
        return Some(about_address(text));
    }
    let is_path = ["file://", "cpan:", "/authors/id/", "id/"]
        .iter()
        .any(|prefix| text.starts_with(prefix));
    if is_path && let Some(path) = release_in(text) {
        return Some(format!("name the release by its path: `{path}`"));
    }
    if let Some(package) = text.strip_prefix("pkg:cpan/") {
        return about_package_url(package);
    }
    nearly_a_release(text).or_else(|| about_name(text))
}

/// Whether it is an address of the web; a scheme may have capital letters.
fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        ["http", "https"]
            .iter()
            .any(|it| scheme.eq_ignore_ascii_case(it))
    })
}

/// The author and file of a release that some text ends with.
fn release_in(text: &str) -> Option<String> {
    let text = text.split(['?', '#']).next()?;
    let at = text.rfind("id/").map(|at| at + "id/".len());
    let path = text.get(at.or_else(|| text.find(':').map(|at| at + 1))?..)?;
    let path = release(path).ok()?;
    path.name.version().map(|_| path.short())
}

/// The advice for a package URL such as `pkg:cpan/TIMLEGGE/Foo-Bar@1.02`.
fn about_package_url(package: &str) -> Option<String> {
    let package = package.split(['?', '#']).next()?;
    let (author, rest) = package.split_once('/')?;
    let (name, version) = rest.split_once('@')?;
    let path = format!("{author}/{name}-{version}");
    let is_one = nearly_a_release(&path).is_some();
    is_one.then(|| format!("name the release by its path, such as `{path}{SUFFIX}`"))
}

/// The advice for an address.
fn about_address(text: &str) -> String {
    let named = text.strip_prefix(METACPAN).and_then(|page| {
        let page = page.split(['?', '#']).next().unwrap_or_default();
        let of_release = page.strip_prefix("release/");
        let name = of_release.or_else(|| page.strip_prefix("dist/"))?;
        // Pages below one of a release show its files.
        let parts: Vec<_> = name.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            [id, name, ..] if of_release.is_some() => nearly_a_release(&format!("{id}/{name}")),
            [name, ..] => about_name(name)
                .or_else(|| is_module(name).then(|| format!("name the module `{name}`"))),
            [] => None,
        }
    });
    named.unwrap_or_else(|| {
        "name the release by its path, such as AUTHOR/Foo-Bar-1.02.tar.gz, or by the address of the archive at a CPAN mirror".to_owned()
    })
}

/// The advice for a release with an author in lower case, or without its suffix.
fn nearly_a_release(text: &str) -> Option<String> {
    let (id, rest) = text.split_once('/')?;
    let id: PauseId = id.to_uppercase().parse().ok()?;
    let is_one = |path: &str| release(path).is_ok_and(|it| it.name.version().is_some());
    let path = format!("{id}/{rest}");
    if is_one(&path) {
        return Some(format!("name the author in capital letters: `{path}`"));
    }
    if let Some(archive) = path.strip_suffix(cpan_sigstore_core::bundle::SUFFIX)
        && is_one(archive)
    {
        return Some(format!("name the archive and not its bundle: `{archive}`"));
    }
    // A suffix with something behind it is another mistake.
    if path.contains(SUFFIX) {
        return None;
    }
    let path = format!("{path}{SUFFIX}");
    is_one(&path).then(|| format!("name the archive with its suffix, such as `{path}`"))
}

/// The advice for the name of a distribution, with or without a version, or of a module with one.
fn about_name(text: &str) -> Option<String> {
    // As cpanm, cpm and a cpanfile write it.
    if let Some((name, version)) = text.split_once(['@', '~', '=', '-', ' ', ','])
        && is_module(name)
        && version
            .trim_start_matches(['=', ' '])
            .starts_with(|c: char| c.is_ascii_digit() || c == 'v')
        && (name.contains("::") || !text.contains('-'))
    {
        return Some(format!(
            "name the release of that version by its path, such as AUTHOR/{}-VERSION.tar.gz; `{name}` is the newest",
            name.replace("::", "-")
        ));
    }
    let name = text.trim_end_matches(|c: char| c.is_ascii_digit() || "._v".contains(c));
    let distribution = name.trim_end_matches('-');
    let is_distribution = distribution.contains('-')
        && is_module(&distribution.replace('-', "::"))
        && (name.ends_with('-') || name.len() == text.len());
    is_distribution.then(|| {
        format!(
            "name the module `{}`, or the release by its path, such as AUTHOR/{}.tar.gz",
            distribution.replace('-', "::"),
            match name == text {
                true => format!("{distribution}-VERSION"),
                false => text.to_owned(),
            }
        )
    })
}

/// Reads a release: `TIMLEGGE/[sub/]Foo-1.0.tar.gz`, or with `T/TI/` or `authors/id/T/TI/` before it, or the
/// address of one at any mirror. Only the path in an address has a meaning: every mirror has the same files.
///
/// # Errors
/// Where it is none.
pub fn release(text: &str) -> Result<ReleasePath, ReleasePathError> {
    if is_address(text) {
        let text = text.split(['?', '#']).next().unwrap_or_default();
        // Old links name the same directory in another way.
        let path = ["/authors/id/", "/modules/by-authors/id/"]
            .iter()
            .find_map(|folder| Some(format!("authors/id/{}", text.split_once(folder)?.1)));
        return path.as_deref().unwrap_or(text).parse();
    }
    ReleasePath::from_short(text)
}

/// A local file as the release of an author.
///
/// # Errors
/// Where its name is no release's.
pub fn of_author(author: &PauseId, file_name: &str) -> Result<ReleasePath, ReleasePathError> {
    format!("{}{file_name}", author.directory()).parse()
}

/// Whether it is the name of a module, such as `Foo::Bar`.
fn is_module(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.split("::").all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_and_modules_are_told_apart() {
        for text in [
            "TIMLEGGE/Foo-1.0.tar.gz",
            "T/TI/TIMLEGGE/Foo-1.0.tar.gz",
            "authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz",
        ] {
            let path = "authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz".parse().unwrap();
            assert_eq!(parse(text), Some(Target::Release(path)), "{text}");
        }
        assert!(matches!(
            parse("TIMLEGGE/sub/Foo-1.0.tar.gz"),
            Some(Target::Release(path)) if path.subdirectory.is_some()
        ));
        let address = "https://cpan.metacpan.example/authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz";
        for address in [
            address,
            "HTTPS://cpan.metacpan.example/authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz",
            "https://cpan.metacpan.example/authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz?x=1#top",
            "http://www.cpan.example/modules/by-authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz",
        ] {
            assert_eq!(
                parse(address),
                parse("TIMLEGGE/Foo-1.0.tar.gz"),
                "{address}"
            );
        }
        for text in ["Foo::Bar", "Foo", "_x::2"] {
            assert_eq!(parse(text), Some(Target::Module(text.parse().unwrap())));
        }
        assert_eq!(
            parse("Foo/Bar.pm"),
            Some(Target::Module("Foo::Bar".parse().unwrap()))
        );
        for page in ["pod/Foo::Bar", "pod/Foo::Bar#NAME", "module/Foo::Bar/"] {
            assert_eq!(
                parse(&format!("https://metacpan.org/{page}")),
                parse("Foo::Bar")
            );
        }
        for text in [
            "Foo-1.0.tar.gz",
            "./Foo-1.0.tar.gz",
            "timlegge/Foo-1.0.tar.gz",
            "TIMLEGGE/../OTHER/Foo-1.0.tar.gz",
            "Foo::",
            "::Foo",
            "https://cpan.metacpan.example/authors/id/T/TI/TIMLEGGE/../OTHER/Foo-1.0.tar.gz",
            "https://cpan.metacpan.example/Foo-1.0.tar.gz",
            "Foo.pm",
            "-",
            "sha256:00",
            "",
            "TIMLEGGE/Foo-1.0",
            "https://metacpan.org/pod/Foo-Bar",
            "https://metacpan.example/pod/Foo::Bar",
            "https://metacpan.org/release/TIMLEGGE/Foo-1.0",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn shows_no_password_or_token_of_an_address() {
        for address in [
            "https://u:SECRET@cpan.example/authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz",
            "HTTPS://SECRET@cpan.example/Foo-1.0.tar.gz",
            "https://cpan.example/Foo-1.0.tar.gz?token=SECRET",
            "http://cpan.example/Foo-1.0.tar.gz#SECRET",
        ] {
            assert!(!shown(address).contains("SECRET"), "{address}");
        }
        for text in ["TIMLEGGE/Foo-1.0.tar.gz", "Foo::Bar", "Foo::Bar@1.0"] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn advises_on_distributions_and_versions() {
        for (text, named) in [
            ("Foo-Bar", "`Foo::Bar`"),
            ("Foo-Bar-1.02", "AUTHOR/Foo-Bar-1.02.tar.gz"),
            ("Foo-Bar-v1.2.3", "`Foo::Bar`"),
            ("Foo::Bar@1.02", "AUTHOR/Foo-Bar-VERSION.tar.gz"),
            ("Foo::Bar~1.02", "AUTHOR/Foo-Bar-VERSION.tar.gz"),
            ("Foo::Bar==1.02", "AUTHOR/Foo-Bar-VERSION.tar.gz"),
            ("Foo::Bar-1.02", "AUTHOR/Foo-Bar-VERSION.tar.gz"),
            ("Foo::Bar 1.02", "AUTHOR/Foo-Bar-VERSION.tar.gz"),
            ("Foo::Bar@v1.2", "AUTHOR/Foo-Bar-VERSION.tar.gz"),
            (
                "pkg:cpan/TIMLEGGE/Foo-Bar@1.02",
                "`TIMLEGGE/Foo-Bar-1.02.tar.gz`",
            ),
            ("cpan:TIMLEGGE/Foo-1.0.tar.gz", "`TIMLEGGE/Foo-1.0.tar.gz`"),
            (
                "file:///srv/cpan/authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz",
                "`TIMLEGGE/Foo-1.0.tar.gz`",
            ),
            (
                "/authors/id/T/TI/TIMLEGGE/Foo-1.0.tar.gz",
                "`TIMLEGGE/Foo-1.0.tar.gz`",
            ),
            (
                "id/T/TI/TIMLEGGE/Foo-1.0.tar.gz",
                "`TIMLEGGE/Foo-1.0.tar.gz`",
            ),
            (
                "TIMLEGGE/Foo-1.0.tar.gz.sigstore.json",
                "not its bundle: `TIMLEGGE/Foo-1.0.tar.gz`",
            ),
            ("TIMLEGGE/Foo-1.0", "`TIMLEGGE/Foo-1.0.tar.gz`"),
            ("timlegge/Foo-1.0.zip", "`TIMLEGGE/Foo-1.0.zip`"),
            ("timlegge/Foo-1.0", "`TIMLEGGE/Foo-1.0.tar.gz`"),
            (
                "https://metacpan.org/release/TIMLEGGE/Foo-1.0",
                "`TIMLEGGE/Foo-1.0.tar.gz`",
            ),
            (
                "https://metacpan.org/release/TIMLEGGE/Foo-1.0/view/lib/Foo.pm",
                "`TIMLEGGE/Foo-1.0.tar.gz`",
            ),
            ("https://metacpan.org/release/Foo-Bar", "`Foo::Bar`"),
            ("https://metacpan.org/dist/Foo-Bar/changes", "`Foo::Bar`"),
            ("https://metacpan.org/dist/Foo", "`Foo`"),
            ("https://metacpan.org/author/TIMLEGGE", "by its path"),
            ("https://cpan.example/Foo-1.0.tar.gz", "by its path"),
        ] {
            assert!(
                advice(text).unwrap().contains(named),
                "{text}: {:?}",
                advice(text)
            );
        }
        for text in [
            "Foo-Bar-1.02.tar.gz",
            "-",
            "./Foo-Bar",
            "sha256:00",
            "a@b",
            "../Foo-1.0.tar.gz",
            "/x/Foo-1.0.tar.gz",
            "TIMLEGGE/Foo-1.0.tar.gz@sha256",
            "pkg:npm/foo@1.0",
            "file:///x/Foo-1.0.tar.gz",
        ] {
            let found = advice(text);
            assert!(found.is_none() || text == "a@b", "{text}: {found:?}");
        }
    }
}
