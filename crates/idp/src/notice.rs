//! Mails to authors: one a day at most, by the operator's own mail program.

use std::{process::Stdio, time::Duration};

use jiff::Timestamp;
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::config::{Config, Notice};

/// Time that the mail program may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest address, in bytes (RFC 5321, section 4.5.3).
const LONGEST_ADDRESS: usize = 254;

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The program cannot be run.
    #[error("cannot run the mail program: {0}")]
    Run(#[from] std::io::Error),
    /// It failed.
    #[error("cannot send a mail: the mail program ended with {0}")]
    Failed(std::process::ExitStatus),
    /// It takes too long.
    #[error("cannot send a mail: the mail program takes longer than {PATIENCE:?}")]
    Slow,
}

/// The facts that a mail states.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The author.
    pub author: &'a str,
    /// The address of the author.
    pub to: &'a str,
    /// The name of the client.
    pub client: &'a str,
    /// Whether its tokens sign.
    pub signs: bool,
    /// The way of the login, for people.
    pub way: &'a str,
    /// The network of the request.
    pub network: &'a str,
    /// The time.
    pub time: Timestamp,
}

/// Returns whether a text is one address and nothing else. A mail program reads more: lists, names, further headers.
pub fn is_address(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-@".contains(&b);
    text.len() <= LONGEST_ADDRESS
        && text.bytes().all(is_plain)
        && !text.starts_with('-')
        && text
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'))
}

/// Returns a mail with its headers.
pub fn text(config: &Config, notice: &Notice, letter: &Letter<'_>) -> String {
    let site = &config.site;
    let Letter {
        author,
        to,
        client,
        way,
        network,
        time,
        ..
    } = letter;
    let time = time.strftime("%Y-%m-%d %H:%M:%S UTC");
    let purpose = if letter.signs {
        format!(
            "For five minutes, its holder can sign releases as {author}. A signature stays valid."
        )
    } else {
        format!("It shows to {client} that its holder is {author}.")
    };
    format!(
        "From: {from}\nTo: {to}\nSubject: {site}: an identity token for {author}\n\
         Auto-Submitted: auto-generated\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n\
         {site} issued an identity token for {author}.\n\n\
         time:    {time}\nfor:     {client}\nlogin:   by {way}\nnetwork: {network}\n\n\
         {purpose}\n\n\
         If this was you, there is nothing to do. There is at most one such mail a day.\n\n\
         If it was not you, somebody has your password or your token. Change your password at {site}, \
         revoke your tokens, and look for releases and signatures that are not yours:\n\n    \
         cpan-sigstore author check {author}\n",
        from = notice.from,
    )
}

/// Gives a mail to the operator's program.
///
/// # Errors
/// [`NoticeError`] if it does not take it.
pub async fn send(notice: &Notice, text: &str) -> Result<(), NoticeError> {
    let sent = tokio::time::timeout(PATIENCE, run(notice, text)).await;
    sent.unwrap_or(Err(NoticeError::Slow))
}

async fn run(notice: &Notice, text: &str) -> Result<(), NoticeError> {
    let (program, arguments) = notice
        .command
        .split_first()
        .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes()).await?;
    }
    let status = child.wait().await?;
    if status.success() {
        Ok(())
    } else {
        Err(NoticeError::Failed(status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_to_one_address_only() {
        assert!(is_address("andrea@example.org"));
        for text in [
            "",
            "andrea",
            "a@b@c",
            "@b",
            "a@",
            "-f@x",
            "a@b, c@d",
            "a@b\nBcc: c@d",
            "A <a@b>",
            "a@b c",
            "CENSORED",
        ] {
            assert!(!is_address(text), "{text:?}");
        }
    }
}
