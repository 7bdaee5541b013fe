//! The sentences of this program about a verdict: those that name its flags and commands.

use cpan_sigstore_core::{hint::Hint, policy::Origin, reason::Reason, release::ReleasePath};

/// Returns the next step, with the flags and commands of this program.
pub const fn hint(hint: Hint) -> &'static str {
    match hint {
        Hint::OldFormat => {
            "ask the author to sign again, or accept cosign's old format with `--allow-old-format`; its only proof is the log's promise"
        }
        Hint::KeyKind => {
            "use `--certificate-identity` and `--certificate-oidc-issuer` for a bundle with a certificate, and `--key` for one with a public key"
        }
        Hint::CheckTrustedRoot => {
            "check that the trusted root belongs to the instance that signed (`--instance`, `--trusted-root`) and is up to date; otherwise do not use the file"
        }
        Hint::SignAgain => "ask the author to sign with `cpan-sigstore sign`",
        Hint::SignRelease => {
            "ask the author to sign the release itself, with `cpan-sigstore release`; a statement about something else, such as a list of parts, does not say that it may be installed"
        }
        Hint::TryAgain => {
            "try again with a network connection, or name the trust material with `--trusted-root FILE`; nothing was verified"
        }
        Hint::FetchIndex => {
            "fetch the author index with `cpan-sigstore index use`, or stop using one with `cpan-sigstore index use --none`; nothing is known of what it says"
        }
        Hint::RefreshIndex => {
            "fetch the author index now with `cpan-sigstore index use URL --identity NAME --issuer URL`, and ask its operator if it stays old; changes of authors since then are not known here"
        }
        Hint::BundleMissing => {
            "fetch the bundle from the source of the file; if the author confirms the end of signing, forget the author with `cpan-sigstore trust forget --author ID`"
        }
        Hint::PackageBundleMissing => {
            "fetch the bundle from the source of the file; if the authors of the module confirm the end of signing, forget it with `cpan-sigstore trust forget --package NAME`"
        }
        Hint::ConfirmOwner => {
            "do not use the file unless you know that the module changed hands; then accept the change with `cpan-sigstore trust accept RELEASE`, or name its `authors` in the section of policy.toml that denies it, or else in `[module.\"NAME\"]`; its old author can state it with `cpan-sigstore author hand-over`, and the operator of an author index with `cpan-sigstore index build --accept-owner`"
        }
        Hint::ConfirmRollback => {
            "ask the author whether the newer release was deleted; if so, forget the distribution with `cpan-sigstore trust forget --distribution NAME`"
        }
        Hint::AskToSign => {
            "ask the author to sign with `cpan-sigstore release`; a file without a bundle is not known to be its author's"
        }
        Hint::NewRecord => {
            "use an author index (`cpan-sigstore index use`), or ask the author and pin the identity in policy.toml; anybody with the author's PAUSE account could have published this record"
        }
        Hint::ConfirmChange => {
            "do not use the file unless the author confirms this identity through another channel; then accept it with `cpan-sigstore trust accept RELEASE`, or pin the new identity in policy.toml; the author can connect both with `cpan-sigstore author enroll`, signed by the old identity, and without that one with `cpan-sigstore author recover` and the operator of an author index"
        }
        Hint::NotInRecord => {
            "do not use the file: the author's record does not name this identity; the author can add it with `cpan-sigstore author add`"
        }
        Hint::OtherRelease => {
            "do not use the file unless its author confirms it: META is of another release, such as an old one under a new name; then make this the first line of policy.toml:"
        }
        Hint::PublishFork => {
            "use nothing that rests on this log: publish both checkpoints, which prove to everybody that it signed two histories, and ask its operator; `cpan-sigstore trust list` shows them again"
        }
        other => other.text(),
    }
}

/// Returns the same about a release, so that its commands can be copied.
pub fn hint_about(about: Hint, path: &ReleasePath) -> String {
    hint(about)
        .replace(
            "trust accept RELEASE",
            &format!("trust accept {}", path.short()),
        )
        .replace("--author ID", &format!("--author {}", path.author))
        .replace(
            "--distribution NAME",
            &format!("--distribution {}", path.name.distribution()),
        )
}

/// Returns a reason as a sentence, with the flags of this program.
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::RequireSigned(Origin::Caller) => "decided by `--require-signed`".to_owned(),
        other => other.to_string(),
    }
}
