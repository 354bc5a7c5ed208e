//! OTTL, the language of statements and conditions in collector configurations.
//!
//! [`statement`] and [`condition`] read a text into plain data, which says what becomes of attributes; `check` says what
//! a component would refuse. Nothing is evaluated. Source: `pkg/ottl` in the contrib repository.

mod check;
mod lexer;
mod parser;

use super::state::LISTS;

pub(super) use self::check::problem;
pub(super) use self::parser::{condition, statement};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A path such as `span.attributes["user.email"]`.
    Path(Path),
    /// A text.
    Text(String),
    /// `nil`.
    Nil,
    /// A list.
    List(Vec<Self>),
    /// The values of a map.
    Map(Vec<Self>),
    /// A call of a converter.
    Call(Call),
    /// The name of an enum, or of a function that is handed over.
    Name(String),
    /// A number, a boolean or bytes.
    Constant(Constant),
    /// Arithmetic over these.
    Math(Vec<Self>),
    /// An expression over names of its own.
    Lambda(Box<(Vec<String>, Body)>),
}

/// What a lambda expression gives.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    Condition(Condition),
    Value(Value),
}

/// The kinds of constant that are no text; what they say matters to nobody here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Constant {
    Bool,
    Int,
    Float,
    Bytes,
}

impl Value {
    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// Whether it says the same of every item: nothing of it is read from the data.
    pub(super) fn is_constant(&self) -> bool {
        match self {
            Self::Text(_) | Self::Nil | Self::Name(_) | Self::Constant(_) => true,
            Self::List(values) | Self::Map(values) | Self::Math(values) => {
                values.iter().all(Self::is_constant)
            }
            Self::Path(_) | Self::Call(_) | Self::Lambda(_) => false,
        }
    }
}

/// A path: the names of fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Path {
    pub(super) segments: Vec<Segment>,
}

/// A field, and the keys that index it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Segment {
    pub(super) name: String,
    pub(super) keys: Vec<Value>,
}

impl Path {
    /// The names, as written.
    pub(super) fn names(&self) -> Vec<&str> {
        let names = self.segments.iter().map(|segment| segment.name.as_str());
        names.collect()
    }

    /// The keys of the last field.
    pub(super) fn keys(&self) -> &[Value] {
        self.segments.last().map_or(&[], |last| &last.keys)
    }

    /// The only key of the last field, where it is a text.
    pub(super) fn key(&self) -> Option<&str> {
        match self.keys() {
            [key] => key.as_text(),
            _ => None,
        }
    }

    /// The names with their context first, where there is one; without keys.
    fn in_context<'a>(&'a self, context: &'a str) -> Vec<&'a str> {
        let names = self.names();
        match names[..] {
            [name] if !context.is_empty() => vec![context, name],
            _ => names,
        }
    }

    /// The names with dots between them.
    pub(super) fn dotted(&self) -> String {
        self.names().join(".")
    }
}

/// A call with its arguments in order, and the names that some are given by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) args: Vec<(Option<String>, Value)>,
    /// What is picked out of the result.
    pub(super) keys: Vec<Value>,
}

impl Call {
    /// An argument by its position.
    pub(super) fn arg(&self, index: usize) -> Option<&Value> {
        self.args.get(index).map(|(_, value)| value)
    }
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub(super) call: Call,
    pub(super) condition: Option<Condition>,
}

impl Statement {
    /// Whether some items are left as they are, in a context that paths without one mean.
    pub(super) fn is_conditional(&self, context: &str) -> bool {
        let condition = self.condition.as_ref();
        condition.is_some_and(|condition| !self.is_foreseen(condition, context))
    }

    /// Whether a condition is met wherever there is what the call is about.
    pub(super) fn is_foreseen(&self, condition: &Condition, context: &str) -> bool {
        match condition {
            Condition::Constant(value) => *value,
            Condition::Or(any) => any.iter().any(|one| self.is_foreseen(one, context)),
            Condition::And(all) => all.iter().all(|one| self.is_foreseen(one, context)),
            Condition::Not(_) => false,
            // A value of another kind, or an empty one, holds no text that somebody wrote.
            Condition::Call(asked) => match (asked.name.as_str(), asked.arg(0), asked.arg(1)) {
                ("IsString", Some(Value::Path(path)), _) => {
                    !self.names_list() && self.is_about(path, context)
                }
                ("IsMatch", Some(Value::Path(path)), Some(Value::Text(pattern))) => {
                    [".*", ".+"].contains(&pattern.as_str()) && self.is_about(path, context)
                }
                _ => false,
            },
            Condition::Compare(compared) => match &**compared {
                (Value::Path(path), "!=", Value::Nil) => self.is_about(path, context),
                (Value::Path(path), "!=", Value::Text(text)) if text.is_empty() => {
                    self.is_about(path, context)
                }
                _ => false,
            },
        }
    }

    /// Whether the call is about an attribute that is a list.
    fn names_list(&self) -> bool {
        let own = self.call.arg(0);
        let own = own.and_then(|own| {
            if let Value::Path(path) = own {
                path.key()
            } else {
                None
            }
        });
        let key = own.or_else(|| self.call.arg(1)?.as_text());
        key.is_some_and(|key| LISTS.is_match(key))
    }

    fn is_about(&self, asked: &Path, context: &str) -> bool {
        let is_own = |own: &Path| own.in_context(context) == asked.in_context(context);
        match (self.call.arg(0), self.call.arg(1)) {
            (Some(Value::Path(own)), Some(Value::Text(name))) if own.keys().is_empty() => {
                is_own(own) && asked.key() == Some(name)
            }
            (Some(Value::Path(own)), _) => is_own(own) && own.keys() == asked.keys(),
            _ => false,
        }
    }
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    /// Two values and the sign between them.
    Compare(Box<(Value, &'static str, Value)>),
    Call(Call),
    Constant(bool),
}

impl Condition {
    /// The path with a key, where the condition says only that it has a value: `attributes["k"] != nil`.
    pub(super) fn presence(&self) -> Option<&Path> {
        let Self::Compare(compared) = self else {
            return None;
        };
        match &**compared {
            (Value::Path(path), "!=", Value::Nil) if path.key().is_some() => Some(path),
            _ => None,
        }
    }
}

/// Why a text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum OttlError {
    #[error("a quote is not closed")]
    Quote,
    #[error("`\\{0}` is no escape: a backslash in a text is written as two")]
    Escape(char),
    #[error("`{found}` is no sign of the language{}{instead}", if instead.is_empty() { "" } else { ": " })]
    Sign {
        found: String,
        instead: &'static str,
    },
    #[error("a statement starts with a function and its arguments in brackets")]
    NoCall,
    #[error(
        "`{0}` gives a value and changes nothing: a statement starts with a function in lower case"
    )]
    ConverterAlone(String),
    #[error(
        "`{0}` gives no value: inside a statement, only functions that begin with a capital do"
    )]
    EditorInside(String),
    #[error("`{0}` is no field: fields are written in lower case")]
    UpperField(String),
    #[error("a key is a text, a number, a path or a function")]
    Key,
    #[error("only numbers, paths and functions can be calculated with")]
    Arithmetic,
    #[error("{wanted} belongs {}", found.as_ref().map_or_else(|| "at its end".to_owned(), |found| format!("where `{found}` stands")))]
    Expected {
        wanted: &'static str,
        /// What stands there; nothing at the end.
        found: Option<String>,
    },
    #[error("brackets lie too deep in each other")]
    Depth,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_against_nothing_is_no_condition() {
        for text in [
            "set(attributes[\"a\"], \"x\") where attributes[\"a\"] != nil",
            "delete_key(span.attributes, \"a\") where attributes[\"a\"] != nil",
            "delete_key(attributes, \"a\") where true",
            "delete_key(attributes, \"a\") where attributes[\"a\"] != nil or attributes[\"b\"] != nil",
            "delete_key(attributes, \"a\") where attributes[\"a\"] != nil and attributes[\"a\"] != \"\"",
            "set(attributes[\"a\"], \"x\") where IsString(attributes[\"a\"])",
            "delete_key(attributes, \"a\") where IsMatch(attributes[\"a\"], \".+\")",
        ] {
            assert!(!statement(text).unwrap().is_conditional("span"), "{text}");
        }
        for text in [
            "set(attributes[\"a\"], \"x\") where attributes[\"b\"] != nil",
            "delete_key(attributes, \"a\") where resource.attributes[\"a\"] != nil",
            "delete_key(attributes, \"a\") where not (attributes[\"a\"] != nil)",
            "delete_key(attributes, \"a\") where attributes[\"a\"] != nil and name == \"x\"",
        ] {
            assert!(statement(text).unwrap().is_conditional("span"), "{text}");
        }
    }

    #[test]
    fn a_condition_on_presence_gives_its_path() {
        let asked = condition("span.attributes[\"k\"] != nil").unwrap();
        let path = asked.presence().unwrap();
        assert_eq!(
            (path.dotted().as_str(), path.key()),
            ("span.attributes", Some("k"))
        );
        for text in [
            "attributes[\"k\"] == nil",
            "attributes[\"k\"] != nil and name == \"x\"",
        ] {
            assert_eq!(condition(text).unwrap().presence(), None, "{text}");
        }
    }
}
