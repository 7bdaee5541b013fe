//! The author at PAUSE, by flags, the environment, `~/.pause`, a CI job, or a question.
//!
//! The order is: `PAUSE_TOKEN`, the file of `--pause-file`, `PAUSE_ID_TOKEN`, `~/.pause`, the CI job itself, and the
//! terminal. A file is for PAUSE alone, and a job may have an identity for other reasons. So a release that worked before
//! continues to work when PAUSE begins to offer trusted publishing.

use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::{release::PauseId, text::shown_path, variable::SecretVariable};
use cpan_sigstore_keyless::login::{CiJob, Env};
use cpan_sigstore_pause::{
    credentials::{Credentials, DotPause},
    server::{self, Pause},
    upload::Uploader,
};

use crate::{
    error::CommandError, flags::PauseArgs, folders, session::Session, trusted_publishing::Offer,
    ui::Terminal,
};

/// Longest PAUSE id that is read from the terminal, in bytes.
const LINE_LIMIT: u64 = 256;

/// The author at PAUSE. Missing credentials are prompted for on the terminal.
///
/// # Errors
/// No usable credentials.
pub fn uploader(args: &PauseArgs, session: &Session<'_>) -> Result<Uploader, CommandError> {
    let terminal = session.terminal();
    let pause = Pause::at(server(args))?;
    let (user, missing) = match found(args, terminal)? {
        Found::Whole(credentials, _) => return Ok(Uploader::new(pause, credentials)?),
        Found::CiToken => {
            let offer = Offer::find(&pause, session)?.ok_or_else(|| not_offered(&pause))?;
            let publisher = offer.log_in(args.user.as_ref(), session)?;
            return Ok(Uploader::trusted(pause, publisher)?);
        }
        Found::User(user, missing) => (Some(user), missing),
        Found::None => (None, Missing::All),
    };
    if let Some(offer) = Offer::find(&pause, session)? {
        let publisher = offer.log_in(user.as_ref(), session)?;
        return Ok(Uploader::trusted(pause, publisher)?);
    }
    let user = match user {
        Some(user) => user,
        None => ask_user(&pause, terminal)?,
    };
    let credentials = ask_password(&pause, user, missing, terminal)?;
    Ok(Uploader::new(pause, credentials)?)
}

/// The account and its password. No token can change a registration.
///
/// # Errors
/// No password.
pub fn with_password(
    args: &PauseArgs,
    session: &Session<'_>,
) -> Result<(Pause, Credentials), CommandError> {
    let terminal = session.terminal();
    let pause = Pause::at(server(args))?;
    let credentials = match in_file(args, terminal)? {
        Found::Whole(credentials, _) if credentials.has_password() => credentials,
        Found::Whole(credentials, _) => ask_password(
            &pause,
            credentials.user().clone(),
            Missing::Password,
            terminal,
        )?,
        Found::User(user, missing) => ask_password(&pause, user, missing, terminal)?,
        Found::CiToken | Found::None => {
            let user = ask_user(&pause, terminal)?;
            ask_password(&pause, user, Missing::All, terminal)?
        }
    };
    Ok((pause, credentials))
}

/// The account of an upload that is only shown.
pub struct Account {
    /// The PAUSE id; `None` if the terminal would ask for it, or PAUSE knows it.
    pub user: Option<PauseId>,
    /// The host of the server.
    host: String,
    /// The proof, for people.
    proof: String,
    /// Whether PAUSE decides by a registration who the author is.
    is_trusted: bool,
}

impl Account {
    /// Prints who would upload, where, and by which proof.
    pub fn print(&self, terminal: &Terminal) {
        let unknown = match self.is_trusted {
            true => "the author who registered this workflow",
            false => "the one that the terminal asks for",
        };
        let user = self.user.as_ref().map_or(unknown, PauseId::as_str);
        terminal.field("as", &format!("{user} at {}", self.host));
        terminal.field("by", &self.proof);
    }
}

/// Returns the account of an upload, and asks for nothing. No token of a CI job is used.
///
/// # Errors
/// No usable credentials, and no terminal to ask for them.
pub fn account(args: &PauseArgs, session: &Session<'_>) -> Result<Account, CommandError> {
    let pause = Pause::at(server(args))?;
    let host = pause.host().to_owned();
    let (user, missing) = match found(args, session.terminal())? {
        Found::Whole(credentials, proof) => {
            return Ok(Account {
                user: Some(credentials.user().clone()),
                host,
                proof,
                is_trusted: false,
            });
        }
        Found::CiToken => (args.user.clone(), None),
        Found::User(user, missing) => (Some(user), Some(missing)),
        Found::None => (None, Some(Missing::All)),
    };
    let offer = Offer::find(&pause, session)?;
    let is_trusted = offer.is_some();
    let proof = match (offer, missing) {
        (Some(offer), _) => format!("trusted publishing, by {}", offer.source()),
        (None, None) => return Err(not_offered(&pause)),
        (None, Some(missing)) if !std::io::stdin().is_terminal() => {
            return Err(missing.of(user.as_ref()));
        }
        (None, Some(_)) => "a password, which the terminal asks for".to_owned(),
    };
    Ok(Account {
        user,
        host,
        proof,
        is_trusted,
    })
}

fn not_offered(pause: &Pause) -> CommandError {
    CommandError::failed(format!(
        "cannot use the token in PAUSE_ID_TOKEN: {} does not offer trusted publishing",
        pause.host()
    ))
    .hinted("upload with a token of PAUSE in PAUSE_TOKEN")
}

fn server(args: &PauseArgs) -> &str {
    match args.upload_uri.as_deref() {
        None | Some("") => server::DEFAULT,
        Some(uri) => uri,
    }
}

/// The credentials in the environment and in `~/.pause`.
enum Found {
    /// All, and the place, for people.
    Whole(Credentials, String),
    /// The identity token of a CI job, for PAUSE.
    CiToken,
    /// A user without a password, and what was found instead.
    User(PauseId, Missing),
    None,
}

/// The part of the credentials that is not there.
enum Missing {
    All,
    /// The password; the file states only the user.
    Password,
    /// The password; the file has that of another user.
    PasswordOfUser {
        found: PauseId,
        path: PathBuf,
    },
}

impl Missing {
    /// The error without a terminal to prompt on.
    fn of(&self, user: Option<&PauseId>) -> CommandError {
        let expected = match user {
            None => "an id and a password".to_owned(),
            Some(user) => format!("the password of {user}"),
        };
        let found = match self {
            Self::All => "none".to_owned(),
            Self::Password => "only the id".to_owned(),
            Self::PasswordOfUser { found, path } => {
                format!("that of {found} in {}", shown_path(path))
            }
        };
        let error = CommandError::usage(format!(
            "missing PAUSE credentials: expected {expected}, found {found}"
        ));
        match self {
            Self::PasswordOfUser { found, .. } => error.hinted(format!(
                "use `--user {found}`, name a file with the credentials with `--pause-file FILE`, or set PAUSE_TOKEN; on a terminal you are prompted"
            )),
            _ => match CiJob::of(&Env::process()) {
                Some(CiJob::GitHubWithoutPermission) => error.hinted("add `id-token: write` to the permissions of the job for trusted publishing, or set PAUSE_TOKEN"),
                Some(CiJob::GitLabWithoutToken) => error.hinted("add PAUSE_ID_TOKEN to the id_tokens of the job for trusted publishing, or set PAUSE_TOKEN"),
                _ => error.hinted("write `user` and `password` into ~/.pause (chmod 600), name such a file with `--pause-file FILE`, or set PAUSE_TOKEN; on a terminal you are prompted"),
            },
        }
    }
}

fn found(args: &PauseArgs, terminal: &Terminal) -> Result<Found, CommandError> {
    if let Some(token) = SecretVariable::PAUSE_TOKEN.read() {
        let token = token.to_string_lossy();
        let credentials = Credentials::token(&token).map_err(|error| {
            CommandError::usage(format!("PAUSE_TOKEN: {error}"))
                .hinted("get a token from PAUSE's menu; it is valid for at most 180 days")
        })?;
        let proof = "the token in PAUSE_TOKEN".to_owned();
        return Ok(Found::Whole(of_user(args, credentials)?, proof));
    }
    if args.pause_file.is_none() && CiJob::of(&Env::process()) == Some(CiJob::Variable) {
        return Ok(Found::CiToken);
    }
    in_file(args, terminal)
}

/// The credentials in `~/.pause`, or in the file of the flag.
fn in_file(args: &PauseArgs, terminal: &Terminal) -> Result<Found, CommandError> {
    let (path, file) = dot_pause(args, terminal)?;
    let proof = |what: &str| format!("the {what} in {}", shown_path(&path));
    if let Some(token) = file.token {
        return Ok(Found::Whole(of_user(args, token)?, proof("token")));
    }
    let Some(user) = args.user.clone().or(file.user.clone()) else {
        return Ok(Found::None);
    };
    // A password belongs to the user beside it.
    let other = file.user.filter(|of| *of != user);
    Ok(match (file.password, other) {
        (Some(password), None) => {
            Found::Whole(Credentials::password(user, password), proof("password"))
        }
        (Some(_), Some(found)) => Found::User(user, Missing::PasswordOfUser { found, path }),
        (None, None) if args.user.is_none() => Found::User(user, Missing::Password),
        (None, _) => Found::User(user, Missing::All),
    })
}

/// A token names its user; a flag that names another is a mistake.
fn of_user(args: &PauseArgs, credentials: Credentials) -> Result<Credentials, CommandError> {
    match &args.user {
        Some(user) if user != credentials.user() => Err(CommandError::usage(format!(
            "invalid PAUSE token: expected one of {user}, found one of {}",
            credentials.user()
        ))
        .hinted(format!(
            "use `--user {}`, or a token of {user}",
            credentials.user()
        ))),
        _ => Ok(credentials),
    }
}

fn dot_pause(args: &PauseArgs, terminal: &Terminal) -> Result<(PathBuf, DotPause), CommandError> {
    let (path, named) = match &args.pause_file {
        Some(path) => (path.clone(), true),
        None => (folders::home()?.join(".pause"), false),
    };
    let Some(file) = DotPause::read(&path)? else {
        if named {
            return Err(CommandError::read(path)(cpan_sigstore_files::no_such_file()));
        }
        return Ok((path, DotPause::default()));
    };
    refuse_other_destination(args, &file, &path)?;
    if file.exposed {
        terminal.warning(&format!(
            "other users of this machine can read {0}; deny them access with `chmod 600 {0}`",
            shown_path(&path)
        ));
    }
    Ok((path, file))
}

/// Refuses a file that names a server, a directory or anything else that this program would not follow: a private release must not
/// go to another PAUSE.
fn refuse_other_destination(
    args: &PauseArgs,
    file: &DotPause,
    path: &Path,
) -> Result<(), CommandError> {
    let ignored = [
        (
            file.has_server && args.upload_uri.is_none(),
            "upload_uri",
            "--upload-uri URL",
        ),
        (
            file.has_subdirectory && args.subdirectory.is_none(),
            "subdir",
            "--subdirectory DIR",
        ),
    ];
    let cannot = |key: &str, place: &str| {
        let path = shown_path(path);
        CommandError::usage(format!(
            "cannot follow `{key}` in {path}: this program takes it from the {place} only"
        ))
    };
    if file.is_dry_run {
        let hint = "remove the line: this command would upload the files";
        return Err(cannot("dry_run", "command line").hinted(hint));
    }
    if file.has_proxy {
        let hint = "name the proxy in HTTPS_PROXY, and remove the line";
        return Err(cannot("http_proxy", "environment").hinted(hint));
    }
    match ignored.into_iter().find(|(is_ignored, ..)| *is_ignored) {
        None => Ok(()),
        Some((_, key, flag)) => Err(cannot(key, "command line").hinted(format!(
            "name the same value with `{flag}`, or remove the line"
        ))),
    }
}

fn ask_user(pause: &Pause, terminal: &Terminal) -> Result<PauseId, CommandError> {
    if !std::io::stdin().is_terminal() {
        return Err(Missing::All.of(None));
    }
    let answer = terminal
        .ask(&format!("PAUSE id at {}:", pause.host()), LINE_LIMIT)
        .map_err(|source| CommandError::system("cannot read a PAUSE id", source))?;
    let answer = answer.ok_or_else(|| Missing::All.of(None))?;
    // The answer is not repeated: it may be a password that was typed at the wrong question.
    answer.parse().map_err(|_| {
        CommandError::usage(
            "invalid PAUSE id: expected 2 to 12 letters, digits and hyphens".to_owned(),
        )
    })
}

fn ask_password(
    pause: &Pause,
    user: PauseId,
    missing: Missing,
    terminal: &Terminal,
) -> Result<Credentials, CommandError> {
    let question = format!("Password of {user} at {}:", pause.host());
    let password = terminal
        .ask_secret(&question)
        .map_err(|_| missing.of(Some(&user)))?;
    if password.is_empty() {
        return Err(missing.of(Some(&user)));
    }
    Ok(Credentials::password(user, password.into_bytes().into()))
}
