//! The person's browser.

use std::process::{Command, Stdio};

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

/// Opens the browser: the first command of `BROWSER` that can be run, else the desktop's default.
///
/// A failure is ignored: the person can also open the address by hand.
pub(super) fn open(env: &Env, url: &Url) {
    let Some(browser) = env.get("BROWSER") else {
        let _ = open::that_detached(url.as_str());
        return;
    };
    let _ = commands(&browser, url.as_str()).into_iter().any(|words| {
        let Some((program, arguments)) = words.split_first() else {
            return false;
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().is_ok()
    });
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
