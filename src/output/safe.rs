//! Takes the power out of text that comes from a repository.

use std::borrow::Cow;

/// Whether a character steers a terminal or reorders text instead of showing something.
fn is_steering(c: char) -> bool {
    let reorders = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    (c.is_control() && c != '\t') || reorders
}

/// The text for a terminal or a log, on one line: steering characters are shown as escapes, and what CI systems read
/// as commands (`##[`, `##vso[`, `::` at the start of a line) is broken.
pub fn text(raw: &str) -> Cow<'_, str> {
    if !raw.contains(is_steering) && !raw.contains("##") && !raw.trim_start().starts_with("::") {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '\n' => out.push(' '),
            '\r' => {}
            c if is_steering(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    let out = out.replace("##[", "# #[").replace("##vso[", "# #vso[");
    Cow::Owned(match out.trim_start().strip_prefix("::") {
        Some(rest) => format!(": :{rest}"),
        None => out,
    })
}

/// A line of source for a snippet: as many bytes as before, so that columns stay true.
pub fn snippet(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        if c != '\n' && is_steering(c) {
            out.extend(std::iter::repeat_n('?', c.len_utf8()));
        } else {
            out.push(c);
        }
    }
    out.replace("##[", "#?[").replace("##vso[", "#?vso[")
}

/// Every line of a text made safe; its line breaks stay.
pub fn lines(raw: &str) -> String {
    let safe: Vec<Cow<'_, str>> = raw.split('\n').map(text).collect();
    safe.join("\n")
}

/// The message of a workflow command.
pub fn command_message(raw: &str) -> String {
    lines(raw)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property of a workflow command.
pub fn command_property(raw: &str) -> String {
    command_message(raw).replace(':', "%3A").replace(',', "%2C")
}

/// The text for XML, in content and in attributes; characters that XML cannot hold are shown as escapes.
pub fn xml(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in text(raw).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// The text for a cell of a Markdown table: it shows what it says, and is neither markup, HTML, a link nor a mention.
///
/// What stands in back-ticks, as in our own messages, is shown as code.
pub fn markdown(raw: &str) -> String {
    with_code(raw, ["<code>", "</code>"], escaped)
}

/// The same for a list that people read as it is written, too: code stays in back-ticks, where nothing is markup.
pub fn markdown_list(raw: &str) -> String {
    with_code(raw, ["`", "`"], str::to_owned)
}

/// A text with what stands between back-ticks in other signs.
fn with_code(raw: &str, [open, close]: [&str; 2], code: fn(&str) -> String) -> String {
    let shown = text(raw);
    let parts: Vec<&str> = shown.split('`').collect();
    let is_balanced = parts.len() % 2 == 1;
    let mut out = String::with_capacity(raw.len());
    for (index, part) in parts.iter().enumerate() {
        let is_code = is_balanced && index % 2 == 1;
        out.push_str(match (index, is_balanced) {
            (0, _) => "",
            (_, false) => "&#96;",
            (_, true) if is_code => open,
            (_, true) => close,
        });
        out.push_str(&if is_code { code(part) } else { escaped(part) });
    }
    out
}

/// A text in which no sign means anything to Markdown.
fn escaped(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    let mut signs = part.chars().peekable();
    while let Some(c) = signs.next() {
        // A colon before a space is neither of a link nor of a picture.
        let is_plain = c == ':' && signs.peek().is_none_or(|next| *next == ' ');
        if c.is_ascii_punctuation() && !"-,;.()'\"/?%".contains(c) && !is_plain {
            out.extend(["&#", &u32::from(c).to_string(), ";"]);
        } else {
            out.push(c);
        }
    }
    out
}

/// A path as a relative URI: every byte but the unreserved ones and `/` is percent-encoded.
pub fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    out
}

/// A hexadecimal digit in capitals.
fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16)
        .unwrap_or('0')
        .to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_shown_and_commands_are_broken() {
        assert_eq!(text("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(text("##[error]x ##vso[y]"), "# #[error]x # #vso[y]");
        assert_eq!(text("::error::x"), ": :error::x");
        assert_eq!(text("a\nb"), "a b");
        assert_eq!(text("\u{202e}x"), "\\u{202e}x");
        assert_eq!(text("plain"), "plain");
    }

    #[test]
    fn snippets_keep_their_length() {
        assert_eq!(snippet("a\u{1b}b##[c"), "a?b#?[c");
        assert_eq!(snippet("\u{202e}"), "???");
    }

    #[test]
    fn markdown_shows_code_and_obeys_nothing() {
        assert_eq!(
            markdown("`a|b` is <i>"),
            "<code>a&#124;b</code> is &#60;i&#62;"
        );
        assert_eq!(markdown("a ` b"), "a &#96; b");
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a b/ü.yaml"), "a%20b/%C3%BC.yaml");
    }

    proptest! {
        #[test]
        fn nothing_that_commands_is_left(raw in ".{0,40}|##\\[.*|::.*") {
            let shown = text(&raw);
            prop_assert!(!shown.contains("##[") && !shown.contains("##vso[") && !shown.contains('\n'));
            prop_assert!(!shown.trim_start().starts_with("::"));
            prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\t'));
            prop_assert_eq!(snippet(&raw).len(), raw.len());
            let message = command_message(&raw);
            prop_assert!(!message.contains('\n') && !message.contains('\r'));
            let table = markdown(&raw);
            prop_assert!(!table.contains(['|', '@', '[', '\\']) && !table.contains("://"));
            let tags = table.replace("<code>", "").replace("</code>", "");
            prop_assert!(!tags.contains(['<', '>']));
            prop_assert!(!xml(&raw).contains(['<', '>', '"', '\'']));
            let property = command_property(&raw);
            prop_assert!(!property.contains(':') && !property.contains(','));
        }
    }
}
