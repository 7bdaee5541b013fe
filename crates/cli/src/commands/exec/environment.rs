//! The environment of a client: no way past the proxy, and none of what the caller set to go elsewhere.

use std::{ffi::OsString, path::Path, process::Command};

/// What leads elsewhere, by the beginning of its name.
const CLOSED: [&str; 6] = [
    "PERL_CPANM_",
    "PERL_CPM_",
    "PERL_CPAN_",
    "PERL5_CPAN",
    "PERL_CARTON_MIRROR",
    // Options that the program `cpan` takes before all others.
    "CPAN_OPTS",
];
/// The variables that set a proxy for every kind of address.
const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy"];

/// Takes away what the caller set to go elsewhere.
pub fn close(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if is_closed(&name) {
            command.env_remove(name);
        }
    }
    command.env_remove("PERL5OPT");
}

/// Leads every request to the proxy.
pub fn lead_to_proxy(command: &mut Command, url: &str, private: &Path) {
    for name in PROXIES {
        command.env(name, url);
        command.env(name.to_ascii_uppercase(), url);
    }
    for name in ["no_proxy", "NO_PROXY"] {
        command.env_remove(name);
    }
    // The user's ~/.curlrc and ~/.wgetrc may name other proxies.
    command.env("CURL_HOME", private);
    command.env("WGETRC", private.join("wgetrc"));
}

/// Keeps requests to the mirror of this machine away from the user's own proxy.
pub fn lead_past_proxy(command: &mut Command) {
    for name in ["no_proxy", "NO_PROXY"] {
        let mut hosts = std::env::var_os(name).unwrap_or_default();
        if !hosts.is_empty() {
            hosts.push(",");
        }
        hosts.push("127.0.0.1");
        command.env(name, hosts);
    }
}

fn is_closed(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    CLOSED.iter().any(|closed| name.starts_with(closed))
}
