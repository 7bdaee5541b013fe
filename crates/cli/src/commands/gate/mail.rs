//! The texts of an answer: one line for the log, and paragraphs for the author.

use cpan_sigstore_gate::server::{
    UploadAnswer, UploadDecision, UploadKind, UploadPath, UploadReason,
};

/// Returns one line for the log and the list of files.
pub fn line(answer: &UploadAnswer) -> String {
    let mut line = summary(answer);
    let values = [("expected", &answer.expected), ("found", &answer.found)];
    let mut separator = ": ";
    for (label, value) in values {
        if let Some(value) = value {
            line.push_str(&format!("{separator}{label} {value}"));
            separator = ", ";
        }
    }
    line
}

fn summary(answer: &UploadAnswer) -> String {
    let finding = || {
        let code = answer.finding.map_or("none", |finding| finding.code());
        match answer.cause() {
            Some(cause) => format!("{code} ({cause})"),
            None => code.to_owned(),
        }
    };
    match answer.reason {
        UploadReason::Signed => match &answer.signer {
            Some(signer) => format!("signed by {signer}"),
            None => "signed".to_owned(),
        },
        UploadReason::NotRequired => match answer.finding {
            Some(_) => format!("{}, not required", finding()),
            None => "not judged".to_owned(),
        },
        UploadReason::Unchanged => "published already with the same bytes".to_owned(),
        UploadReason::AwaitsBundle => "waits for its bundle".to_owned(),
        UploadReason::AwaitsArchive => "waits for its archive".to_owned(),
        UploadReason::AwaitsRecord => "waits for its record".to_owned(),
        UploadReason::AwaitsVersion => "waits for the version of the record before it".to_owned(),
        UploadReason::Continues => "continues the records of the author".to_owned(),
        UploadReason::Denied => finding(),
        UploadReason::OtherSigner => format!("{}, not by the signer before", finding()),
        UploadReason::WouldBeChanged => "PAUSE would change the archive".to_owned(),
        UploadReason::RecordRefused => match answer.outcome {
            Some(outcome) => format!("refused record ({outcome})"),
            None => "refused record".to_owned(),
        },
        UploadReason::Name => "name of no release and no record".to_owned(),
        UploadReason::Undetermined => "undetermined".to_owned(),
    }
}

/// Returns the paragraphs for the author's mail; none if there is nothing to report.
pub fn text(path: &UploadPath, answer: &UploadAnswer) -> String {
    let mut paragraphs = Vec::new();
    match answer.decision {
        UploadDecision::Reject => {
            paragraphs.push(format!(
                "PAUSE has not published {}.\nReason: {}",
                path.as_str(),
                line(answer)
            ));
            if answer.required {
                paragraphs.push(format!(
                    "The signing record of {} (version {}) requires signatures for all releases.",
                    path.author(),
                    answer.record_version
                ));
            }
            paragraphs.push(advice(path.kind(), answer.reason).to_owned());
            paragraphs.push(
                "If you did not upload this file, somebody else has your PAUSE password.\nChange it now, and tell the administrators of PAUSE."
                    .to_owned(),
            );
        }
        UploadDecision::Later => paragraphs.push(format!(
            "PAUSE has not published {} yet.\nReason: {}\n{}",
            path.as_str(),
            line(answer),
            advice(path.kind(), answer.reason)
        )),
        UploadDecision::Accept => paragraphs.extend(accepted(path, answer)),
    }
    paragraphs.join("\n\n")
}

fn accepted(path: &UploadPath, answer: &UploadAnswer) -> Vec<String> {
    let mut paragraphs = Vec::new();
    if let (UploadReason::Signed, Some(signer)) = (answer.reason, &answer.signer) {
        paragraphs.push(format!("Signed by: {signer}"));
    }
    let is_denied = answer
        .finding
        .is_some_and(|finding| finding.exit() > cpan_sigstore_core::finding::Exit::Unsigned);
    if answer.reason == UploadReason::NotRequired && is_denied {
        paragraphs.push(format!(
            "Warning: the bundle beside this release does not fit it.\nFound: {}\nPrograms that verify signatures will refuse the release. If you did not upload\nthese bytes, another account uploaded a file of this name at the same time.",
            line(answer)
        ));
    }
    if let (UploadReason::Continues, Some(signer)) = (answer.reason, &answer.signer) {
        paragraphs.push(format!(
            "A signing record of {} was published, signed by {signer}.\nIf you did not make it, change your PAUSE password now, and tell the\nadministrators of PAUSE.",
            path.author()
        ));
    }
    if answer.reason == UploadReason::Continues && answer.record_version == 0 {
        paragraphs.push(
            "It is your first one. PAUSE holds uploads to it after some days. Until then the\nadministrators can remove it if it is not yours."
                .to_owned(),
        );
    }
    paragraphs
}

/// Returns what the author can do.
fn advice(kind: UploadKind, reason: UploadReason) -> &'static str {
    match reason {
        UploadReason::AwaitsBundle => {
            "Upload the bundle of the file, which ends in .sigstore.json.\n`cpan-sigstore release` signs a release and uploads both in the right order."
        }
        UploadReason::WouldBeChanged => {
            "PAUSE repacks such an archive, and no signature survives that.\nRun `cpan-sigstore check --fix`, and release it again."
        }
        UploadReason::Name => "Give the file a name such as Foo-Bar-1.02.tar.gz.",
        UploadReason::RecordRefused => {
            "Only an identity of the newest published record can sign the next version.\nInspect your records with `cpan-sigstore author check`."
        }
        UploadReason::OtherSigner => {
            "The bundle that is published remains. To sign with another identity, publish a\nrecord first with `cpan-sigstore author enroll`."
        }
        UploadReason::AwaitsVersion => "Upload the version before it, with its bundle.",
        UploadReason::Undetermined => "PAUSE tries again by itself.",
        _ if kind == UploadKind::Bundle => {
            "What is published remains. Sign with an identity of your record, as\n`cpan-sigstore release` does, and upload the new bundle."
        }
        _ => {
            "Sign the release with an identity of your record, as `cpan-sigstore release` does.\nThe name is free: you can upload the file again."
        }
    }
}
