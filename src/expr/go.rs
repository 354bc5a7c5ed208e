//! What Go's own libraries read: the collector takes its texts as they do.
//!
//! Sources: `time.ParseDuration`, and `regexp/syntax` for regular expressions.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{self, Ast, ErrorKind, Flag, RepetitionKind, RepetitionRange, Visitor};

use crate::expr::functions;

/// How often a regular expression of Go may ask for a repetition.
const MAX_REPEAT: u32 = 1000;

/// Whether a text is a duration, such as `1m30s`.
pub fn is_duration(text: &str) -> bool {
    functions::parse_duration(text).is_some()
}

/// Why Go does not take a regular expression, as far as that is certain: what this program's own parser refuses for a
/// reason that Go has, too.
pub fn regex_problem(pattern: &str) -> Option<&'static str> {
    // Literal runs and arithmetic with classes are read differently.
    let differs = ["\\Q", "[[", "&&", "--", "~~"]
        .iter()
        .any(|sign| pattern.contains(sign) && !(*sign == "[[" && pattern.contains("[[:")));
    if differs {
        return None;
    }
    match Parser::new().parse(pattern) {
        Ok(ast) => ast::visit(&ast, Foreign).err(),
        Err(error) => {
            let rest = pattern.get(error.span().start.offset..).unwrap_or("");
            shared(error.kind(), rest)
        }
    }
}

/// What an error of our parser is called, where Go's has it as well; `rest` starts where it was found.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what only the other parser refuses, or will refuse one day, says nothing of Go's"
)]
fn shared(kind: &ErrorKind, rest: &str) -> Option<&'static str> {
    match kind {
        ErrorKind::UnsupportedLookAround => Some("there is no looking ahead or behind"),
        ErrorKind::UnsupportedBackreference => Some("there are no references to groups"),
        ErrorKind::GroupUnclosed => Some("a `(` is not closed"),
        ErrorKind::GroupUnopened => Some("a `)` closes nothing"),
        ErrorKind::GroupNameEmpty => Some("the name of a group is empty"),
        ErrorKind::ClassRangeInvalid => Some("a range of characters ends before it starts"),
        ErrorKind::ClassUnclosed if !rest.contains(']') => Some("a `[` is not closed"),
        ErrorKind::RepetitionMissing if rest.starts_with(['*', '+', '?']) => {
            Some("a repetition has nothing to repeat")
        }
        ErrorKind::RepetitionCountInvalid => Some("a repetition has its largest number first"),
        ErrorKind::EscapeUnexpectedEof => Some("a backslash stands at the end"),
        ErrorKind::EscapeUnrecognized
            if rest.trim_start_matches('\\').starts_with(is_no_escape) =>
        {
            Some("an escape that does not exist")
        }
        _ => None,
    }
}

fn is_no_escape(c: char) -> bool {
    c.is_ascii_alphabetic() && !"aftnrvxQECdDsSwWbBAzpP".contains(c)
}

/// Looks for what Go alone refuses.
struct Foreign;

impl Visitor for Foreign {
    type Output = ();
    type Err = &'static str;

    fn finish(self) -> Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        let flags = if let Ast::Flags(set) = ast {
            Some(&set.flags)
        } else if let Ast::Group(group) = ast {
            group.flags()
        } else {
            None
        };
        let is_foreign = |flag| flags.is_some_and(|flags| flags.flag_state(flag).is_some());
        if [Flag::IgnoreWhitespace, Flag::Unicode, Flag::CRLF]
            .into_iter()
            .any(is_foreign)
        {
            return Err("a flag that does not exist");
        }
        let Ast::Repetition(repetition) = ast else {
            return Ok(());
        };
        if matches!(&*repetition.ast, Ast::Repetition(_)) {
            return Err("two repetitions follow each other");
        }
        let most = match &repetition.op.kind {
            RepetitionKind::Range(
                RepetitionRange::Exactly(most)
                | RepetitionRange::AtLeast(most)
                | RepetitionRange::Bounded(_, most),
            ) => *most,
            RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore => 0,
        };
        if most > MAX_REPEAT {
            return Err("a repetition of more than 1000");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_refuses_for_certain_has_a_reason() {
        for pattern in [
            "(?=a)", "(?<!a)b", "(a)\\1", "(a", "a)", "[z-a]", "[a", "*a", "a{3,2}", "a\\", "\\y",
            "a**", "a{1001}", "(?x) a b",
        ] {
            assert!(regex_problem(pattern).is_some(), "{pattern}");
        }
    }

    #[test]
    fn what_go_takes_or_may_take_has_none() {
        for pattern in [
            "",
            "^a.*$",
            "\\Qa(\\E",
            "[[]",
            "a{",
            "{",
            "a{,2}",
            "\\C",
            "[[:alpha:]]",
            "\\pN",
            "(?i)x",
            "a*?",
            "(a*)*",
            "\\x{10FFFF}",
            "\\z",
            "[^\\]]",
            "(?P<a>b)",
            "\\/",
            "\\-",
            "[]a]",
        ] {
            assert_eq!(regex_problem(pattern), None, "{pattern}");
        }
    }
}
