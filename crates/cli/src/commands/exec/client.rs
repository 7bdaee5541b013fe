//! The clients, and what each needs to ask the mirror and nobody else.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    arguments::{Argument, is_address, is_local},
    conf_pm::conf_pm,
    cpanm, environment,
    folder::RunFolder,
    options::{CARTON, CPAN, CPM, MINICPAN},
    refusal::{Refusal, for_address, for_file, for_option},
};
use cpan_sigstore_mirror::server::RunSecret;

/// A client of CPAN, by the name of its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// App::cpanminus.
    Cpanm,
    /// App::cpm.
    Cpm,
    /// Carton.
    Carton,
    /// The program of CPAN.pm.
    Cpan,
    /// CPAN::Mini.
    Minicpan,
    /// Any other, by the proxy alone.
    Other,
}

/// The ways that lead round the mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways {
    /// There are none.
    Closed,
    /// The user lets arguments pass that need them: what the client asks for by itself is the mirror's still.
    Open,
}

/// The mirror and the proxy of a client, and a folder for files that it would else share with other runs.
///
/// The client has the secret of the run from the proxy's address, in its environment, which no other user can
/// read. So the mirror's address, which clients print and pass in arguments, needs no secret. Only without the
/// proxy it has one.
pub struct Surroundings {
    mirror: String,
    proxy: Option<Proxy>,
    folder: RunFolder,
}

/// The proxy of a run.
pub struct Proxy {
    /// Its address, with the secret in it.
    pub address: String,
    /// The user, for clients that need user and password each by itself.
    pub user: &'static str,
    /// The password.
    pub password: String,
}

impl Surroundings {
    /// For a mirror at an address.
    ///
    /// # Errors
    /// [`io::Error`] if the folder cannot be created.
    pub fn new(host: SocketAddr, secret: &RunSecret, ways: Ways) -> io::Result<Self> {
        let folder = RunFolder::new()?;
        // Settings of curl and wget, in the place of the user's.
        for settings in [".curlrc", "wgetrc"] {
            fs::write(folder.path().join(settings), "")?;
        }
        let (user, password) = secret.user_and_password();
        let (mirror, proxy) = match ways {
            Ways::Open => (secret.mirror(host), None),
            Ways::Closed => {
                let proxy = Proxy {
                    address: secret.proxy(host),
                    user,
                    password: password.to_owned(),
                };
                (format!("http://{host}"), Some(proxy))
            }
        };
        Ok(Self {
            mirror,
            proxy,
            folder,
        })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps the folder where a client has written something; gives its place.
    pub fn keep_logs(self) -> Option<PathBuf> {
        let has_logs = self.path().join("cpanm").exists() || self.path().join("cpan").exists();
        has_logs.then(|| self.folder.keep())
    }
}

impl Client {
    /// The client of this program.
    pub fn of(program: &OsStr) -> Self {
        match Path::new(program).file_name().and_then(OsStr::to_str) {
            Some("cpanm") => Self::Cpanm,
            Some("cpm") => Self::Cpm,
            Some("carton") => Self::Carton,
            Some("cpan") => Self::Cpan,
            Some("minicpan") => Self::Minicpan,
            _ => Self::Other,
        }
    }

    /// Refuses arguments that lead round the mirror.
    ///
    /// # Errors
    /// [`Refusal`]: which argument, and what to do.
    pub fn check_words(self, words: &[String]) -> Result<(), Refusal> {
        let (options, may_be_local) = match self {
            Self::Cpanm => return cpanm::check(words),
            Self::Other => return Ok(()),
            Self::Cpm => (CPM, false),
            Self::Carton => {
                // What `carton exec` runs is the user's own program.
                if words.first().is_some_and(|word| word == "exec") {
                    return Ok(());
                }
                (CARTON, false)
            }
            Self::Cpan => (CPAN, false),
            Self::Minicpan => (MINICPAN, true),
        };
        for argument in options.read(words) {
            match argument {
                Argument::Option { words, leads_round } if leads_round => {
                    return Err(Refusal::of_argument(&words.join(" "), for_option(&words)));
                }
                Argument::Option { .. } | Argument::End => {}
                Argument::Word(word) if is_address(&word) => {
                    return Err(Refusal::of_argument(&word, Some(for_address(&word))));
                }
                Argument::Word(word) => {
                    // cpm takes a folder of any name for a distribution.
                    let is_folder = self == Self::Cpm && Path::new(&word).is_dir();
                    if (is_local(&word) || is_folder) && !may_be_local {
                        return Err(Refusal::of_argument(&word, Some(for_file())));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a client with these arguments needs nothing of a CPAN, such as to show its version.
    pub fn needs_nothing(self, words: &[String]) -> bool {
        let is_question = |word: &String| {
            matches!(
                word.as_str(),
                "--version" | "-V" | "-v" | "--help" | "-h" | "-H"
            )
        };
        let installs = |names: &[&str]| words.first().is_none_or(|word| names.contains(&&**word));
        match self {
            Self::Cpanm | Self::Cpan | Self::Minicpan => words.iter().any(is_question),
            Self::Carton => !installs(&["install", "update", "bundle"]),
            Self::Cpm => !installs(&["install"]),
            Self::Other => false,
        }
    }

    /// The command, with what it needs.
    ///
    /// # Errors
    /// Where its configuration cannot be written.
    pub fn command(
        self,
        program: &OsStr,
        arguments: &[OsString],
        surroundings: &Surroundings,
    ) -> io::Result<Command> {
        let url = surroundings.mirror.as_str();
        let private = surroundings.path();
        let mut command = Command::new(program);
        environment::close(&mut command);
        match &surroundings.proxy {
            Some(proxy) => environment::lead_to_proxy(&mut command, &proxy.address, private),
            None => environment::lead_past_proxy(&mut command),
        }
        // Also for clients that run cpanm, as Carton does.
        command.env("PERL_CPANM_HOME", private.join("cpanm"));
        command.env("PERL_CPM_HOME", private.join("cpm"));
        let callers = std::env::var("PERL_CPANM_OPT").unwrap_or_default();
        command.env("PERL_CPANM_OPT", cpanm::options(&callers, url));
        command.env("PERL_CARTON_MIRROR", url);
        match self {
            Self::Cpan => {
                let file = private.join("conf.pm");
                fs::write(
                    &file,
                    conf_pm(url, &private.join("cpan"), surroundings.proxy.as_ref()),
                )?;
                command.arg("-j").arg(file).args(arguments);
            }
            Self::Minicpan => {
                // Behind a `--` it would be no option.
                command.args(["--remote", url]).args(arguments);
            }
            Self::Cpm => {
                // Options of a subcommand follow it.
                let (subcommand, rest) = arguments.split_at(arguments.len().min(1));
                command.args(subcommand);
                if subcommand.iter().any(|word| word == "install") {
                    command
                        .args(["--resolver", &format!("02packages,{url}")])
                        .arg("--no-default-resolvers")
                        .arg("--home")
                        .arg(private.join("cpm"));
                }
                command.args(rest);
            }
            Self::Cpanm | Self::Carton | Self::Other => {
                command.args(arguments);
            }
        }
        Ok(command)
    }
}
