//! The person's browser.

use std::process::{Command, Stdio};

use url::Url;

use super::super::Env;

/// Whether a browser opened here would be seen by the person: somebody chose one (`BROWSER`), or
/// this is a desktop, and not a session from another machine.
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

/// Opens the browser: the program in `BROWSER` with the address as its one argument, without a
/// shell, else what the desktop prefers.
///
/// Where none opens, nothing is lost: the person was shown the address.
pub(super) fn open(env: &Env, url: &Url) {
    let _ = match env.get("BROWSER") {
        Some(program) => Command::new(program)
            .arg(url.as_str())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(drop),
        None => open::that_detached(url.as_str()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(not(any(windows, target_os = "macos")))]
    fn a_display_is_a_desktop_or_a_browser_of_ones_choice() {
        let on = |variables: &[(&str, &str)]| has_display(&Env::given(variables.iter().copied()));
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
}
