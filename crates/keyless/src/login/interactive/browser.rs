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

/// Opens the browser: the program in `BROWSER`, without a shell and with the address as its only
/// argument, else the desktop's default.
///
/// A failure is ignored: the person can also open the address by hand.
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
}
