//! The environment of a client: no way past the proxy, none of the user's settings that lead elsewhere, and no secret.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    process::Command,
};

use cpan_sigstore_core::variable::SecretVariable;

/// Settings that lead elsewhere, by the beginning of their names.
const CLOSED: [&str; 7] = [
    "PERL_CPANM_",
    "PERL_CPM_",
    "PERL_CPAN_",
    "PERL5_CPAN",
    "PERL_CARTON_MIRROR",
    // Options that the program `cpan` takes before all others.
    "CPAN_OPTS",
    // Options that come after a word are none then.
    "POSIXLY_CORRECT",
];
/// The variables that set a proxy for every kind of address.
const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy"];

/// Secrets of CI services and other programs whose names do not show it: addresses with a token in them, sockets that
/// hand tokens out, and passwords of other names.
const OTHER_SECRETS: [&str; 12] = [
    "AZURE_STORAGE_CONNECTION_STRING",
    "BUILDKITE_AGENT_JOB_API_SOCKET",
    "CI_REPOSITORY_URL",
    "DATABASE_URL",
    "DOCKER_AUTH_CONFIG",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "MYSQL_PWD",
    "PGPASSFILE",
    "SENTRY_DSN",
    "SYSTEM_OIDCREQUESTURI",
    "TRIGGER_PAYLOAD",
];
/// Words of a name that show a secret, such as in `CI_JOB_JWT_V2` and `GITHUB_TOKEN`.
const SECRET_WORDS: [&str; 10] = [
    "CREDENTIAL",
    "CREDENTIALS",
    "JWT",
    "NETRC",
    "PASS",
    "PASSPHRASE",
    "PAT",
    "SECRETS",
    "TOKENS",
    "APIKEY",
];
/// Ends of a word that show a secret, such as in `SYSTEM_ACCESSTOKEN` and `PGPASSWORD`.
const SECRET_ENDS: [&str; 4] = ["TOKEN", "PASSWORD", "PASSWD", "SECRET"];
/// Words before `KEY` that make it a secret.
const SECRET_KEYS: [&str; 9] = [
    "API",
    "ACCESS",
    "PRIVATE",
    "DEPLOY",
    "ENCRYPTION",
    "GPG",
    "MASTER",
    "SIGNING",
    "SSH",
];

/// Takes away the settings of the user that lead elsewhere.
pub fn close(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if is_closed(&name) {
            command.env_remove(name);
        }
    }
    command.env_remove("PERL5OPT");
}

/// Whether a variable is an address with a login in it, such as `PIP_INDEX_URL`. Proxies are not among them.
fn is_address_with_login(name: &OsStr, value: &OsStr) -> bool {
    let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
    let is_address = name.ends_with("_URL") || name.ends_with("_URI");
    let authority = value
        .split_once("://")
        .map(|(_, rest)| rest.split('/').next());
    is_address
        && authority
            .flatten()
            .is_some_and(|authority| authority.contains('@'))
}

/// Returns the names of all secrets in the environment but the `kept` ones.
pub fn secrets(kept: &[OsString]) -> Vec<OsString> {
    let all = std::env::vars_os();
    let secret = all.filter(|(name, value)| is_secret(name) || is_address_with_login(name, value));
    let names = secret.map(|(name, _)| name);
    let mut secrets: Vec<_> = names.filter(|name| !kept.contains(name)).collect();
    secrets.sort();
    secrets
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

/// Whether a variable leads the client to the mirror, or could lead it past.
pub fn leads_to_mirror(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_proxy = PROXIES.contains(&&*lower) || lower == "no_proxy";
    is_proxy || matches!(name, "CURL_HOME" | "WGETRC") || is_closed(OsStr::new(name))
}

fn is_closed(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    CLOSED.iter().any(|closed| name.starts_with(closed))
}

/// Whether it is a variable of this program, which no client needs.
pub fn is_own(name: &OsStr) -> bool {
    SecretVariable::ALL.iter().any(|own| name == own.name())
}

/// Whether a variable holds a secret: of this program, by the list that its readers share, or by its name.
fn is_secret(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    if SecretVariable::ALL.iter().any(|own| own.name() == name) || OTHER_SECRETS.contains(&&*name) {
        return true;
    }
    let words: Vec<_> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let is_secret_word = |word: &&str| {
        SECRET_WORDS.contains(word) || SECRET_ENDS.iter().any(|end| word.ends_with(end))
    };
    let is_secret_key =
        |pair: &[&str]| matches!(pair, [before, "KEY"] if SECRET_KEYS.contains(before));
    words.iter().any(is_secret_word) || words.windows(2).any(is_secret_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_addresses_with_a_login() {
        let is = |name, value| is_address_with_login(OsStr::new(name), OsStr::new(value));
        assert!(is("PIP_INDEX_URL", "https://user:pw@pypi.example/simple"));
        assert!(is("REDIS_URI", "redis://:pw@127.0.0.1"));
        assert!(!is("CI_SERVER_URL", "https://gitlab.example/@group"));
        assert!(!is("http_proxy", "http://user:pw@proxy.example"));
    }

    #[test]
    fn knows_secrets_of_this_program_and_of_ci_services() {
        for own in SecretVariable::ALL {
            assert!(is_secret(OsStr::new(own.name())), "{own:?}");
        }
        for name in [
            "ACTIONS_RUNTIME_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "BITBUCKET_STEP_OIDC_TOKEN",
            "BUILDKITE_AGENT_ACCESS_TOKEN",
            "CI_JOB_JWT_V2",
            "CI_JOB_TOKEN",
            "CI_REGISTRY_PASSWORD",
            "CI_REPOSITORY_URL",
            "DOCKER_AUTH_CONFIG",
            "RAILS_MASTER_KEY",
            "SSH_KEY",
            "CIRCLE_OIDC_TOKEN",
            "CIRCLE_OIDC_TOKEN_V2",
            "DRONE_NETRC_PASSWORD",
            "GH_TOKEN",
            "GITHUB_TOKEN",
            "GITLAB_OIDC_TOKEN",
            "ID_TOKEN_1",
            "OPENAI_API_KEY",
            "SYSTEM_ACCESSTOKEN",
            "VAULT_ID_TOKEN",
            "npm_config__authToken",
            "pause_password",
        ] {
            assert!(is_secret(OsStr::new(name)), "{name}");
        }
        for name in [
            "CI",
            "GITHUB_ACTIONS",
            "HOME",
            "KEYBOARD",
            "MAKEFLAGS",
            "PATH",
            "PERL5LIB",
            "PERL_MM_OPT",
            "PWD",
            "SSH_AUTH_SOCK",
            "TOKENIZERS_PARALLELISM",
        ] {
            assert!(!is_secret(OsStr::new(name)), "{name}");
        }
    }
}
