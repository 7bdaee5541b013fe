//! The person's browser.

use std::{
    io,
    process::{Command, Stdio},
};

use url::Url;

use super::super::Env;

/// Returns whether the person would see a browser that opens here. This is so if `BROWSER` is set,
/// or on a desktop without a remote session.
pub(super) fn has_display(env: &Env) -> bool {
    if env.has("BROWSER") {
        return true;
    }
    if ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"]
        .iter()
        .any(|name| env.has(name))
    {
        return false;
    }
    cfg!(any(windows, target_os = "macos")) || env.has("DISPLAY") || env.has("WAYLAND_DISPLAY")
}

/// The reason why no browser opens. The login continues: the person can also open the address by hand.
#[derive(Debug, thiserror::Error)]
pub enum BrowserFailure {
    /// No command of `BROWSER` starts.
    #[error("cannot start {program}, which `BROWSER` names: {source}")]
    Program {
        /// The first program of the list.
        program: String,
        /// Its failure.
        source: io::Error,
    },
    /// `BROWSER` has no command.
    #[error("invalid `BROWSER`: expected a command, found none")]
    NoCommand,
    /// The desktop's default does not start.
    #[error("cannot open the default browser: {0}")]
    Default(io::Error),
}

/// Opens the browser: the first command of `BROWSER` that can be run, else the desktop's default.
///
/// # Errors
/// [`BrowserFailure`] if no program starts.
pub(super) fn open(env: &Env, url: &Url) -> Result<(), BrowserFailure> {
    let Some(browser) = env.get("BROWSER") else {
        return open::that_detached(url.as_str()).map_err(BrowserFailure::Default);
    };
    let mut first = None;
    for words in commands(&browser, url.as_str()) {
        let Some((program, arguments)) = words.split_first() else {
            continue;
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(_) => return Ok(()),
            Err(source) => {
                let program = program.clone();
                first.get_or_insert(BrowserFailure::Program { program, source });
            }
        }
    }
    Err(first.unwrap_or(BrowserFailure::NoCommand))
}

/// Returns the commands of `BROWSER`, each as words: a list with colons, as Debian and Python read it. The
/// address replaces `%s`, or follows the last word.
///
/// # Security
///
/// No shell reads the words, and the address is always within one of them.
fn commands(browser: &str, url: &str) -> Vec<Vec<String>> {
    let is_program = std::path::Path::new(browser).is_file();
    let list: Vec<_> = match is_program || cfg!(windows) {
        true => vec![browser],
        false => browser.split(':').collect(),
    };
    list.into_iter()
        .filter_map(|command| {
            let mut words = match is_program {
                true => vec![command.to_owned()],
                false => shlex::split(command)?,
            };
            if words.is_empty() {
                return None;
            }
            if words.iter().any(|word| word.contains("%s")) {
                words = words.iter().map(|word| word.replace("%s", url)).collect();
            } else {
                words.push(url.to_owned());
            }
            Some(words)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(not(any(windows, target_os = "macos")))]
    fn detects_a_display_or_a_chosen_browser() {
        let on = |variables: &[(&str, &str)]| {
            has_display(&Env::with_variables(variables.iter().copied()))
        };
        assert!(on(&[("DISPLAY", ":0")]));
        assert!(on(&[("WAYLAND_DISPLAY", "wayland-0")]));
        assert!(on(&[("BROWSER", "w3m"), ("SSH_TTY", "/dev/pts/1")]));
        assert!(!on(&[]));
        assert!(!on(&[("DISPLAY", "")]));
        assert!(!on(&[
            ("DISPLAY", "localhost:10.0"),
            ("SSH_CONNECTION", "a")
        ]));
    }

    #[test]
    #[cfg(unix)]
    fn names_the_first_browser_only_if_none_starts() {
        let url = Url::parse("https://example.org/").unwrap();
        let opened = |browser| {
            open(&Env::with_variables([("BROWSER", browser)]), &url)
                .map_err(|error| error.to_string())
        };
        assert_eq!(opened("/no/such/browser:true"), Ok(()));
        let error = opened("/no/such/browser -x:/no/other").unwrap_err();
        assert!(
            error.starts_with("cannot start /no/such/browser,"),
            "{error}"
        );
        assert!(opened(":'").unwrap_err().contains("found none"));
    }

    #[test]
    #[cfg(not(windows))]
    fn reads_lists_words_and_places_of_the_address() {
        let url = "https://example.org/?a=b;c&d='e'";
        assert_eq!(
            commands("w3m:firefox --new-tab:lynx '%s' -x:'my browser':", url),
            [
                vec!["w3m", url],
                vec!["firefox", "--new-tab", url],
                vec!["lynx", url, "-x"],
                vec!["my browser", url],
            ]
        );
        assert!(commands(":' :", url).is_empty());
    }
}
