//! The author at PAUSE, by flags, `~/.pause` or a question.

use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use cpan_sigstore_core::{release::PauseId, text::shown_path, variable::SecretVariable};
use cpan_sigstore_pause::{
    credentials::{Credentials, DotPause},
    server::{self, Pause},
    upload::Uploader,
};

use crate::{error::CommandError, flags::PauseArgs, folders, ui::Terminal};

/// Longest PAUSE id that is read from the terminal, in bytes.
const LINE_LIMIT: u64 = 256;

/// The author at PAUSE. Missing credentials are prompted for on the terminal.
///
/// # Errors
/// No usable credentials.
pub fn uploader(args: &PauseArgs, terminal: &Terminal) -> Result<Uploader, CommandError> {
    let pause = Pause::at(server(args))?;
    let credentials = match found(args, terminal)? {
        Found::Whole(credentials) => credentials,
        Found::User(user, missing) => ask_password(&pause, user, missing, terminal)?,
        Found::None => {
            let user = ask_user(&pause, terminal)?;
            ask_password(&pause, user, Missing::All, terminal)?
        }
    };
    Ok(Uploader::new(pause, credentials)?)
}

/// The account of an upload that is only shown.
pub struct Account {
    /// The PAUSE id; `None` if the terminal would ask for it.
    pub user: Option<PauseId>,
    /// The host of the server.
    pub host: String,
}

/// Returns the account of an upload, and asks for nothing.
///
/// # Errors
/// No usable credentials, and no terminal to ask for them.
pub fn account(args: &PauseArgs, terminal: &Terminal) -> Result<Account, CommandError> {
    let host = Pause::at(server(args))?.host().to_owned();
    let user = match found(args, terminal)? {
        Found::Whole(credentials) => Some(credentials.user().clone()),
        Found::User(user, missing) if !std::io::stdin().is_terminal() => {
            return Err(missing.of(Some(&user)));
        }
        Found::None if !std::io::stdin().is_terminal() => return Err(Missing::All.of(None)),
        Found::User(user, _) => Some(user),
        Found::None => None,
    };
    Ok(Account { user, host })
}

fn server(args: &PauseArgs) -> &str {
    match args.upload_uri.as_deref() {
        None | Some("") => server::DEFAULT,
        Some(uri) => uri,
    }
}

/// The credentials in the environment and in `~/.pause`.
enum Found {
    Whole(Credentials),
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
            _ => error.hinted("write `user` and `password` into ~/.pause (chmod 600), name such a file with `--pause-file FILE`, or set PAUSE_TOKEN; on a terminal you are prompted"),
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
        return of_user(args, credentials).map(Found::Whole);
    }
    let (path, file) = dot_pause(args, terminal)?;
    if let Some(token) = file.token {
        return of_user(args, token).map(Found::Whole);
    }
    let Some(user) = args.user.clone().or(file.user.clone()) else {
        return Ok(Found::None);
    };
    // A password belongs to the user beside it.
    let other = file.user.filter(|of| *of != user);
    Ok(match (file.password, other) {
        (Some(password), None) => Found::Whole(Credentials::password(user, password)),
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

/// Refuses a file that names a server or directory that this program would not follow: a private release must not
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
    match ignored.into_iter().find(|(is_ignored, ..)| *is_ignored) {
        None => Ok(()),
        Some((_, key, flag)) => Err(CommandError::usage(format!(
            "cannot follow `{key}` in {}: this program takes it from the command line only",
            shown_path(path)
        ))
        .hinted(format!(
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
