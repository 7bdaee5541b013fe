//! The form of a checkpoint (C2SP `tlog-checkpoint` and `signed-note`).
//!
//! The library trims lines, and ignores all that follows a second empty line. Here the text has its one form.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::fields::is_whole_number;

/// Largest checkpoint, in bytes. Real ones have less than 1 KiB.
const SIZE_LIMIT: usize = 16 * 1024;
/// Most signatures: the log's, and those of its witnesses.
const SIGNATURE_LIMIT: usize = 32;
/// Length of a root hash, in bytes.
const HASH_LENGTH: usize = 32;
/// Length of the hint before a signature, in bytes.
const HINT_LENGTH: usize = 4;

/// Returns whether a text is a checkpoint: origin, size and root of a log, and signatures behind an empty line.
pub(crate) fn is_checkpoint(note: &str) -> bool {
    let Some((text, signatures)) = note.split_once("\n\n") else {
        return false;
    };
    note.len() <= SIZE_LIMIT && is_text(text) && are_signatures(signatures)
}

fn is_text(text: &str) -> bool {
    let is_visible = |c: char| c == '\n' || !c.is_ascii_control();
    let mut lines = text.split('\n');
    let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
        return false;
    };
    let is_root = STANDARD
        .decode(root)
        .is_ok_and(|root| root.len() == HASH_LENGTH);
    text.chars().all(is_visible) && !origin.is_empty() && is_whole_number(size) && is_root
}

fn are_signatures(signatures: &str) -> bool {
    let Some(lines) = signatures.strip_suffix('\n') else {
        return false;
    };
    lines.split('\n').count() <= SIGNATURE_LIMIT && lines.split('\n').all(is_signature)
}

fn is_signature(line: &str) -> bool {
    let Some((name, signature)) = line
        .strip_prefix("— ")
        .and_then(|line| line.split_once(' '))
    else {
        return false;
    };
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    is_name
        && STANDARD
            .decode(signature)
            .is_ok_and(|bytes| bytes.len() > HINT_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_checkpoint_in_one_form_only() {
        let root = STANDARD.encode([1; HASH_LENGTH]);
        let signature = STANDARD.encode([2; 70]);
        let note = |text: &str| text.replace("ROOT", &root).replace("SIG", &signature);
        for valid in [
            "log\n4\nROOT\n\n— log SIG\n",
            "log\n4\nROOT\nmore\n\n— log SIG\n— witness SIG\n",
        ] {
            assert!(is_checkpoint(&note(valid)), "{valid}");
        }
        for invalid in [
            "log\n4\nROOT\n\n— log SIG",
            "log\n4\nROOT\n\n— log SIG\n\n",
            "log\n4\nROOT\n\n— log SIG\n\n— log SIG\n",
            "log\n4\nROOT\n\n\n— log SIG\n",
            "log\n4\nROOT\n\n— log SIG \n",
            "log\n4\nROOT\n\n— log SIG\u{3000}\n",
            "log\n4\nROOT\n\n— a b SIG\n",
            "log\n4\nROOT\n\n— a\u{a0}b SIG\n",
            "log\n4\nROOT\n\n- log SIG\n",
            "log\n4\nROOT\n\n— log AAAA\n",
            "log\n04\nROOT\n\n— log SIG\n",
            "log\n 4\nROOT\n\n— log SIG\n",
            "log\n4\nROOT\r\n\n— log SIG\n",
            "log\n4\nAAAA\n\n— log SIG\n",
            "\n4\nROOT\n\n— log SIG\n",
            "log\n4\nROOT\n\n",
        ] {
            assert!(!is_checkpoint(&note(invalid)), "{invalid}");
        }
        let many = note("log\n4\nROOT\n\n") + &note("— log SIG\n").repeat(SIGNATURE_LIMIT + 1);
        assert!(!is_checkpoint(&many));
    }
}
