//! Foreign text that people are shown.

/// Whether a character shows as itself and leaves what is around it alone.
///
/// Control characters move the cursor or change what stands above. Format characters without a shape
/// of their own (Unicode's directional overrides, zero-width characters) make one name look like
/// another.
pub fn shows_as_itself(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The text with a space for each character that does not show as itself.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if shows_as_itself(c) { c } else { ' ' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_move_the_cursor_or_turn_round() {
        assert_eq!(printable("a\x1b[2Kb\rc\u{9b}d"), "a [2Kb c d");
        assert_eq!(printable("a\u{202e}b\u{200b}"), "a b ");
        assert_eq!(printable("Grüße, 作者"), "Grüße, 作者");
    }
}
