//! Cuts OTTL into tokens.
//!
//! The main function is [`tokens`]. Source: the lexer of `pkg/ottl/grammar.go` in the contrib repository.

use super::OttlError;

/// A token; what it is made of, where that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// Letters, digits and underscores, from a letter on; or one underscore.
    Word(&'t str),
    /// A text, its escapes resolved.
    Text(String),
    /// A whole number.
    Int(&'t str),
    /// A number with a point.
    Float,
    /// Bytes: `0x0a`.
    Bytes,
    /// A sign of one or two characters.
    Sign(&'static str),
}

/// Longer signs stand before those that they begin with.
const SIGNS: [&str; 19] = [
    "==", "!=", ">=", "<=", "=>", ">", "<", "=", "+", "-", "*", "/", "(", ")", "[", "]", "{", "}",
    ",",
];

/// Signs of other languages that people write, with what this one has instead.
const FOREIGN: [(&str, &str); 5] = [
    ("&&", "conditions are joined by `and`"),
    ("||", "conditions are joined by `or`"),
    ("!", "a condition is negated by `not`"),
    ("'", "texts stand in double quotes"),
    ("#", "there are no comments"),
];

/// The tokens of a text, in order.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, OttlError> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (token, after) = token(rest)?;
        found.push(token);
        rest = after.trim_start();
    }
    Ok(found)
}

fn token(rest: &str) -> Result<(Token<'_>, &str), OttlError> {
    if let Some(inner) = rest.strip_prefix('"') {
        return quoted(inner);
    }
    if let Some(digits) = rest.strip_prefix("0x") {
        let (digits, after) = while_(digits, |c| c.is_ascii_hexdigit());
        if !digits.is_empty() {
            return Ok((Token::Bytes, after));
        }
    }
    if rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        let (word, after) = while_(rest, |c| c.is_ascii_alphanumeric() || c == '_');
        return Ok((Token::Word(word), after));
    }
    if let Some(number) = number(rest) {
        return Ok(number);
    }
    let mut signs = SIGNS.iter().chain(&[".", ":"]);
    if let Some(sign) = signs.find(|sign| rest.starts_with(**sign)) {
        return Ok((Token::Sign(sign), rest.get(sign.len()..).unwrap_or("")));
    }
    let mut foreign = FOREIGN.iter().copied();
    let (found, instead) = foreign
        .find(|(sign, _)| rest.starts_with(sign))
        .unwrap_or_else(|| (while_(rest, |c| !c.is_whitespace()).0, ""));
    Err(OttlError::Sign {
        found: found.to_owned(),
        instead,
    })
}

/// What stands before the first character that does not fit, and the rest.
fn while_(text: &str, fits: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !fits(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Digits, or digits around a point and perhaps an exponent behind.
fn number(rest: &str) -> Option<(Token<'_>, &str)> {
    let (whole, after) = while_(rest, |c| c.is_ascii_digit());
    let fraction = after
        .strip_prefix('.')
        .map(|after| while_(after, |c| c.is_ascii_digit()));
    let is_float = |digits: &str| !(whole.is_empty() && digits.is_empty());
    if let Some((_, after)) = fraction.filter(|(digits, _)| is_float(digits)) {
        return Some((Token::Float, exponent(after).unwrap_or(after)));
    }
    (!whole.is_empty()).then_some((Token::Int(whole), after))
}

/// What follows an exponent, where there is one.
fn exponent(after: &str) -> Option<&str> {
    let power = after.strip_prefix(['e', 'E'])?;
    let power = power.strip_prefix(['+', '-']).unwrap_or(power);
    let (digits, rest) = while_(power, |c| c.is_ascii_digit());
    (!digits.is_empty()).then_some(rest)
}

/// A text from behind its opening quote; escapes are those of Go.
fn quoted(inner: &str) -> Result<(Token<'_>, &str), OttlError> {
    let mut value = String::new();
    let mut rest = inner;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or("");
        match c {
            '"' => return Ok((Token::Text(value), rest)),
            '\\' => {
                let (meant, length) = escaped(rest)?;
                value.push(meant);
                rest = rest.get(length..).unwrap_or("");
            }
            c => value.push(c),
        }
    }
    Err(OttlError::Quote)
}

/// What an escape stands for, and how many characters it has behind the backslash.
fn escaped(escape: &str) -> Result<(char, usize), OttlError> {
    let first = escape.chars().next().ok_or(OttlError::Quote)?;
    let plain = match first {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '"' => first,
        'x' => return code(escape, 1, 2, 16),
        'u' => return code(escape, 1, 4, 16),
        'U' => return code(escape, 1, 8, 16),
        '0'..='7' => return code(escape, 0, 3, 8),
        _ => return Err(OttlError::Escape(first)),
    };
    Ok((plain, 1))
}

/// A character by its number: `digits` digits from `start` on.
fn code(escape: &str, start: usize, digits: usize, radix: u32) -> Result<(char, usize), OttlError> {
    let end = start + digits;
    let number = escape.get(start..end);
    let number = number.and_then(|number| u32::from_str_radix(number, radix).ok());
    let first = escape.chars().next().unwrap_or('\\');
    let meant = number.and_then(char::from_u32);
    meant
        .map(|meant| (meant, end))
        .ok_or(OttlError::Escape(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_tokens() {
        assert_eq!(
            tokens("set(a.b[\"k\\\"\\\\d\"], -1.5e3) >= 0xff").unwrap(),
            [
                Token::Word("set"),
                Token::Sign("("),
                Token::Word("a"),
                Token::Sign("."),
                Token::Word("b"),
                Token::Sign("["),
                Token::Text("k\"\\d".to_owned()),
                Token::Sign("]"),
                Token::Sign(","),
                Token::Sign("-"),
                Token::Float,
                Token::Sign(")"),
                Token::Sign(">="),
                Token::Bytes,
            ]
        );
        assert_eq!(tokens("12").unwrap(), [Token::Int("12")]);
        assert_eq!(
            tokens("\"\\u00e9\\101\"").unwrap(),
            [Token::Text("éA".to_owned())]
        );
    }

    #[test]
    fn what_is_no_token_is_named() {
        assert_eq!(tokens("\"a"), Err(OttlError::Quote));
        assert_eq!(tokens("\"\\d\""), Err(OttlError::Escape('d')));
        assert_eq!(tokens("\"\\u00\""), Err(OttlError::Escape('u')));
        let found = tokens("a && b").unwrap_err().to_string();
        assert!(found.contains("`and`"), "{found}");
        assert!(tokens("a @ b").unwrap_err().to_string().contains("`@`"));
    }
}
