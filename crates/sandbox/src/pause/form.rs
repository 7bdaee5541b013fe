//! The forms for password logins: `/pause/authenquery?ACTION=add_uri` for uploads, and
//! `?ACTION=delete_files`.

use std::collections::BTreeMap;

use axum::extract::{Multipart, Query, State, multipart::MultipartRejection};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{
    Pause,
    account::{AccountState, basic},
    multipart::{Form, SentFile},
    page,
    path::LONGEST_PATH,
    queue::Interface,
    submission::{Refusal, Submission},
};

/// Field with the file.
const FILE: &str = "pause99_add_uri_httpupload";
/// Button without which the file is ignored.
const BUTTON: &str = "SUBMIT_pause99_add_uri_httpupload";
/// Field with the name of a file to delete, and its button.
const DELETED: &str = "pause99_delete_files_FILE";
const DELETE: &str = "SUBMIT_pause99_delete_files_delete";

type Parameters = Query<BTreeMap<String, String>>;

pub(super) async fn show(State(pause): State<Pause>, headers: HeaderMap) -> Response {
    match pause.login(&headers) {
        Some(user) => match pause.account_state(user) {
            AccountState::Active => page::form(StatusCode::OK),
            AccountState::NoLogin => page::no_login(),
            AccountState::MustChangePassword => page::password_form(),
        },
        None => unauthorized(),
    }
}

pub(super) async fn submit(
    State(pause): State<Pause>,
    Query(parameters): Parameters,
    headers: HeaderMap,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    // Like PAUSE, read everything before responding.
    let form = Form::received(sent).await;
    let Some(user) = pause.login(&headers).map(str::to_owned) else {
        return unauthorized();
    };
    match pause.account_state(&user) {
        AccountState::Active => {}
        AccountState::NoLogin => return page::no_login(),
        // The form that was sent is none that PAUSE has shown.
        AccountState::MustChangePassword => return page::failed_csrf_check(),
    }
    let form = match form {
        Ok(form) => form,
        Err(refusal) => return refusal,
    };
    let action = parameters.get("ACTION").map(String::as_str);
    let action = action.unwrap_or_else(|| form.value("ACTION"));
    // Without an action, the upload succeeds and only the page differs.
    let says_so = action == "add_uri";
    if action == "delete_files" {
        pause.delete_form(&user, &form);
        return page::form(StatusCode::OK);
    }
    if !says_so && !action.is_empty() {
        return page::form(StatusCode::OK);
    }
    if let Some(refusal) = pause.not_their_own(&user, form.value("HIDDENNAME")) {
        return refusal;
    }
    answer(pause.upload_form(user, form), says_so)
}

impl Pause {
    /// Returns the account that logs in with these headers: the name as typed, or else in upper
    /// case. The database ignores blanks at the end of a name.
    pub(super) fn login(&self, headers: &HeaderMap) -> Option<&str> {
        let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (name, password) = basic(header)?;
        let name = name.trim_end_matches(' ');
        let account = self
            .account(name)
            .or_else(|| self.account(&name.to_uppercase()))?;
        (account.password == password).then_some(&account.id)
    }

    fn account_state(&self, user: &str) -> AccountState {
        let states = &self.state().account_states;
        states.get(user).copied().unwrap_or_default()
    }

    /// Returns the response to a user who acts for another user.
    fn not_their_own(&self, user: &str, hidden_name: &str) -> Option<Response> {
        let acting_for = hidden_name.to_uppercase();
        if acting_for.is_empty() || acting_for == user {
            None
        } else if self.account(&acting_for).is_some() {
            Some(page::died())
        } else {
            Some(page::error_message("There is no such user."))
        }
    }

    /// Deletes a user's file. PAUSE waits three days, in which the user can undo it; the sandbox
    /// deletes at once.
    fn delete_form(&self, user: &str, form: &Form) {
        if !form.value(DELETE).is_empty() {
            self.delete(user, form.value(DELETED));
        }
    }

    fn upload_form(&self, user: String, mut form: Form) -> Result<String, Refusal> {
        let file = form.files.remove(FILE);
        let (false, Some(SentFile { name, bytes })) = (form.value(BUTTON).is_empty(), file) else {
            return Err(Refusal::Silent);
        };
        self.accept(Submission {
            user,
            name,
            subdirectory: form.value("pause99_add_uri_subdirtext").to_owned(),
            bytes,
            via: Interface::Form,
        })
    }
}

fn answer(outcome: Result<String, Refusal>, says_so: bool) -> Response {
    let answer = match outcome {
        Ok(path) => page::success(&path),
        Err(Refusal::Empty | Refusal::Silent) => page::form(StatusCode::OK),
        Err(Refusal::Reserved) => {
            page::error_message("Files with the name CHECKSUMS cannot be uploaded to CPAN.")
        }
        Err(Refusal::TooLong { path }) => page::error_message(&format!(
            "Path name too long: {path} is longer than {LONGEST_PATH} characters."
        )),
        Err(Refusal::Duplicate { path, taken }) => page::duplicate(&path, &taken),
        Err(Refusal::Database) => {
            page::database_error(StatusCode::NOT_ACCEPTABLE, "Lock wait timeout exceeded")
        }
    };
    if says_so {
        answer
    } else {
        page::form(answer.status())
    }
}

pub(super) fn unauthorized() -> Response {
    (
        StatusCode::UNAUTHORIZED,
        [(header::WWW_AUTHENTICATE, "Basic realm=\"PAUSE\"")],
        "Authorization required",
    )
        .into_response()
}
