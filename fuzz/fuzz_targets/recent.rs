//! The files RECENT. Parsed events keep their order and never leave the tree. Written plainly, they
//! parse as the same events.

#![no_main]

use cpan_sigstore_cpan::recent::{EventKind, Recent};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(recent) = Recent::parse(bytes) else {
        return;
    };
    let mut plain = format!(
        "meta:\n  protocol: 1\n  interval: {}\n",
        quoted(recent.interval())
    );
    if let Some(mark) = recent.dirtymark() {
        plain.push_str(&format!("  dirtymark: {mark}\n"));
    }
    plain.push_str("recent: [\n");
    for event in recent.events() {
        assert!(!event.path.starts_with('/'));
        assert!(!event.path.split('/').any(|part| part == ".."));
        let kind = match event.kind {
            EventKind::New => "new",
            EventKind::Delete => "delete",
        };
        let (epoch, path) = (&event.epoch, quoted(&event.path));
        plain.push_str(&format!(
            "  {{epoch: {epoch}, path: {path}, type: {kind}}},\n"
        ));
    }
    plain.push_str("  ]\n");
    assert!(
        recent
            .events()
            .is_sorted_by(|one, other| one.epoch >= other.epoch)
    );
    assert_eq!(Recent::parse(plain.as_bytes()), Ok(recent));
});

/// Returns a double-quoted text with every character outside plain ASCII as its number.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '/' | '.' | '-' | '_' => quoted.push(c),
            other => quoted.push_str(&format!("\\U{:08X}", u32::from(other))),
        }
    }
    quoted.push('"');
    quoted
}
