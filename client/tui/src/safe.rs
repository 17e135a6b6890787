//! Other people's text, made harmless for a terminal: nothing in it can move the cursor, change colours, or turn the
//! reading direction around.

/// Characters that change how the text around them is shown, or that nobody sees.
const fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// A text that may have several lines; the second and later ones are indented.
pub(crate) fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.trim_end_matches('\n').chars() {
        match c {
            '\n' => safe.push_str("\n    "),
            '\t' => safe.push(' '),
            c if c.is_control() || is_deceptive(c) => safe.push('\u{FFFD}'),
            c => safe.push(c),
        }
    }
    safe
}

/// A name: one line.
pub(crate) fn name(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || is_deceptive(c) { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_direction_marks_lose_their_power() {
        assert_eq!(text("a\u{1B}[31mred\u{7}\r"), "a\u{FFFD}[31mred\u{FFFD}\u{FFFD}");
        assert_eq!(text("user\u{202E}gpj.exe"), "user\u{FFFD}gpj.exe");
        assert_eq!(text("two\nlines\n"), "two\n    lines");
        assert_eq!(name("a\nb"), "a\u{FFFD}b");
        assert_eq!(text("你好 👋 é"), "你好 👋 é");
    }
}
