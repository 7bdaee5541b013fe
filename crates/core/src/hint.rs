//! The next step of a person who read a verdict, as data.
//!
//! The texts here name no program and no flag; a program writes its own where it can say more.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! hints {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $text:literal;)+) => {
        /// The next step of a person who read a verdict.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Hint {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Hint {
            /// Every hint.
            pub const ALL: &'static [Hint] = &[$(Hint::$variant,)+];

            /// The stable kebab-case code.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// One imperative sentence that names no program and no flag.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

hints! {
    // Signatures that prove nothing.
    /// The bundle is damaged.
    FetchBundleAgain = "fetch-bundle-again", "fetch the bundle again; if it stays so, ask the author for a new one and do not use the file";
    /// Somebody altered the bundle.
    BundleForged = "bundle-forged", "do not use the file: somebody altered the bundle, or made it without being able to sign as the author; report it to the author";
    /// The trusted root may be another instance's, or old.
    CheckTrustedRoot = "check-trusted-root", "check that the trusted root is that of the instance that signed, and up to date; otherwise do not use the file";
    /// cosign's old format.
    OldFormat = "old-format", "ask the author to sign again: cosign's old format rests on the log's promise alone";
    /// A key and an identity were confused.
    KeyKind = "key-kind", "verify a bundle with a certificate by its identity and issuer, and a bundle with a public key by that key";
    /// The algorithm cannot be checked.
    SignAgain = "sign-again", "ask the author to sign with another algorithm";
    /// The statement is about something else.
    SignRelease = "sign-release", "ask the author to sign the release itself: a statement about something else, such as a list of parts, does not say that it may be installed";
    /// The timestamp has fractions of a second.
    WholeSeconds = "whole-seconds", "ask the author to sign with a timestamp authority that answers in whole seconds";
    /// The clock may be wrong.
    CheckClock = "check-clock", "check this machine's clock; otherwise do not use the file";
    /// The bytes are other ones.
    FetchFilesAgain = "fetch-files-again", "fetch file and bundle again; if they still differ, do not use the file: it is not what was signed";

    // Undetermined.
    /// The trust material is missing or old.
    TryAgain = "try-again", "try again with a network, or give a trusted root: nothing was verified";
    /// The author index was never fetched.
    FetchIndex = "fetch-index", "fetch the author index, or stop using one: nothing is known of what it says";
    /// The clock differs from the author index.
    SetClock = "set-clock", "set the clock of this machine: by a wrong one, old statements pass for new ones, and valid ones fail";
    /// The author index is too old.
    IndexWithheld = "index-withheld", "try again with a network, or ask the operator: somebody who withholds the index hides what authors have changed";
    /// The author index is stale.
    RefreshIndex = "refresh-index", "refresh the author index: changes of authors since then are not known here";

    /// The bundle may still follow.
    AwaitBundle = "await-bundle", "try again later: PAUSE may publish an archive some time before its bundle";

    // Archives.
    /// The archive has no META.
    AskForMeta = "ask-for-meta", "ask the author for META.json: the name of the file alone says which release it is";
    /// The archive is another release.
    OtherRelease = "other-release", "do not use the file unless its author confirms it: META is of another release, such as an old one under a new name; then state its digest in the first line of policy.toml";
    /// The policy states other bytes.
    OtherBytes = "other-bytes", "do not use the file: your policy states another digest for this release, and a release never changes; fetch it from another mirror";
    /// The archive is hostile.
    HostileArchive = "hostile-archive", "do not use the file: it does what no release needs, or is damaged; fetch it again, and report it to the author if it stays so";

    // The CPAN log.
    /// The log may not have it yet.
    AwaitLog = "await-log", "try again later if the file is new, or fetch it from another mirror: without the log, nobody can say whether everybody gets these bytes";
    /// The log has other bytes.
    NotAsLogged = "not-as-logged", "do not use the file: everybody else gets other bytes under this path; keep it as evidence, report it, and fetch the file from another mirror";
    /// The log has two histories.
    PublishFork = "publish-fork", "use nothing that rests on this log: publish both checkpoints, which prove to everybody that it signed two histories, and ask its operator";
    /// The log may be withheld.
    RefreshLog = "refresh-log", "check the network and the clock of this machine, or ask the log's operator: somebody who withholds the log hides what was logged since then";

    // No signature.
    /// The author's record says that everything is signed.
    FetchBundle = "fetch-bundle", "fetch the bundle from where the file came from: the author says that a file without one is not theirs";
    /// The author signed before.
    BundleMissing = "bundle-missing", "fetch the bundle from where the file came from: an author who signs does not stop without a word. If they did, forget the author";
    /// Nobody signed.
    AskToSign = "ask-to-sign", "ask the author to sign: a file without a bundle is not known to be its author's";

    /// A release of the module was signed before.
    PackageBundleMissing = "package-bundle-missing", "fetch the bundle from where the file came from: a module that was signed does not lose its signature without a word. If its authors stopped to sign, forget the package";
    /// The module changed hands.
    ConfirmOwner = "confirm-owner", "do not use the file unless you know that the module changed hands; then name its authors as `authors` of the module in policy.toml, or forget the package";
    /// The index leads to an older release.
    ConfirmRollback = "confirm-rollback", "ask the author whether the newer release was deleted; if so, forget the distribution";

    // Signers.
    /// Nothing is known of the author.
    PinAuthor = "pin-author", "ask the author, not the bundle, whether this identity is theirs, and pin it in policy.toml";
    /// The record is new.
    NewRecord = "new-record", "use an author index, or ask the author and pin the identity in policy.toml: somebody with the author's PAUSE account can have made this record";
    /// The signer changed.
    ConfirmChange = "confirm-change", "do not use the file unless the author confirms this identity through another channel; the author can publish a record that connects the two, and you can pin the new identity in policy.toml or forget the old one";
    /// A pin is over.
    ExtendPin = "extend-pin", "do not use the file unless the author confirms that it was signed at that time; then change `from` or `until` in policy.toml";
    /// A pin names somebody else.
    AddPin = "add-pin", "do not use the file unless the author confirms this identity through another channel; then add it to policy.toml";
    /// The author retired the identity.
    RetiredByAuthor = "retired-by-author", "do not use the file: the author says that this identity did not sign any more at that time, or not yet";
    /// The author does not name the identity.
    NotInRecord = "not-in-record", "do not use the file: the author's record does not name this identity; the author can add it";
    /// PAUSE names another author.
    OtherPauseAuthor = "other-pause-author", "do not use the file: PAUSE says that another of its authors signed it";
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Serialize for Hint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_no_flag_and_no_command() {
        for hint in Hint::ALL {
            let text = hint.text();
            assert!(!text.contains("--"), "{text}");
            assert!(!text.contains("cpan-sigstore"), "{text}");
        }
    }

    #[test]
    fn has_distinct_kebab_case_codes() {
        let mut codes: Vec<_> = Hint::ALL.iter().map(|hint| hint.code()).collect();
        let is_kebab = |code: &&str| code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        assert!(codes.iter().all(is_kebab));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Hint::ALL.len());
    }
}
