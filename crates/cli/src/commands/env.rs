//! `cpan-sigstore env`.

use clap::{Args, ValueEnum};
use cpan_sigstore_core::{finding::Exit, text::without_credentials};
use url::Url;

use crate::{error::CommandError, session::Session};

/// Print shell settings for clients of a running mirror.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  cpan-sigstore mirror &\n  eval \"$(cpan-sigstore env --mirror http://127.0.0.1:8199/)\"\n  cpanm Foo::Bar"
)]
pub struct EnvArgs {
    /// Address of the mirror
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8199/")]
    mirror: String,
    /// Client to configure
    #[arg(long, value_enum, default_value = "all")]
    client: EnvClient,
}

/// A client whose settings are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EnvClient {
    Cpanm,
    Cpm,
    Carton,
    Cpan,
    Minicpan,
    All,
}

/// Runs the command.
pub fn run(args: &EnvArgs, session: &Session<'_>) -> Result<Exit, CommandError> {
    let terminal = session.terminal();
    let url = address(&args.mirror)?;
    for client in [
        EnvClient::Cpanm,
        EnvClient::Cpm,
        EnvClient::Carton,
        EnvClient::Cpan,
        EnvClient::Minicpan,
    ] {
        if args.client == EnvClient::All || args.client == client {
            for line in settings(client, &url).lines() {
                terminal.line(line);
            }
        }
    }
    Ok(Exit::Success)
}

/// The address, safe between the quotes of a shell.
fn address(text: &str) -> Result<String, CommandError> {
    let refused = || {
        CommandError::usage(format!(
            "invalid mirror address: expected one such as http://127.0.0.1:8199/, found `{}`",
            without_credentials(text)
        ))
    };
    let url = Url::parse(text).map_err(|_| refused())?;
    let url = url.as_str().trim_end_matches('/').to_owned();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ":/.-_[]~%".contains(c);
    if url.starts_with("http") && url.chars().all(is_plain) {
        Ok(url)
    } else {
        Err(refused())
    }
}

fn settings(client: EnvClient, url: &str) -> String {
    match client {
        EnvClient::Cpanm => format!(
            "# cpanm; `--mirror` on its command line still adds others\n\
             export PERL_CPANM_OPT='--from {url}'"
        ),
        EnvClient::Cpm => format!(
            "# cpm has no variable for its options\n\
             cpm() {{ if [ \"$1\" = install ]; then shift; command cpm install --resolver '02packages,{url}' --no-default-resolvers \"$@\"; else command cpm \"$@\"; fi; }}"
        ),
        EnvClient::Carton => format!(
            "# Carton always adds two mirrors of its own; through the proxy they are this one\n\
             carton() {{ http_proxy='{url}' https_proxy='{url}' no_proxy= NO_PROXY= PERL_CARTON_MIRROR='{url}' command carton \"$@\"; }}"
        ),
        EnvClient::Cpan => format!(
            "# CPAN.pm, once in its shell; sources that it has already are used again, so remove them first:\n\
             #   o conf urllist {url}\n\
             #   o conf pushy_https 0\n\
             #   o conf commit\n\
             # or each time:\n\
             cpan() {{ cpan-sigstore exec --upstream '{url}/' -- cpan \"$@\"; }}"
        ),
        EnvClient::Minicpan => format!(
            "# CPAN::Mini; it removes bundles, which it does not fetch\n\
             minicpan() {{ command minicpan \"$@\" --remote '{url}'; }}"
        ),
        EnvClient::All => String::new(),
    }
}
