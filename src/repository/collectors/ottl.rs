//! Reads OTTL statements as far as they say what becomes of attributes.
//!
//! The main function is [`statement`]: one editor call with its arguments, and whether a `where` makes it conditional.
//! Conditions are not evaluated. Source: the grammar of `pkg/ottl` in the contrib repository.

use crate::source::nearest;

/// An argument.
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
    /// A call of a converter.
    Call(Call),
    /// A number, a boolean, a map or an enum: a constant that is no text.
    Constant,
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

    fn into_text(self) -> Option<String> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }
}

/// A path: names, and the keys that index the last of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Path {
    pub(super) names: Vec<String>,
    /// Keys in brackets; nothing for one that is computed.
    pub(super) keys: Vec<Option<String>>,
}

/// A call with its arguments in order, those with names behind.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) args: Vec<Value>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub(super) call: Call,
    pub(super) is_conditional: bool,
}

/// Why a text is no statement, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum OttlError {
    /// A quote is not closed.
    #[error("a quote is not closed")]
    Quote,
    /// A bracket is not closed, or closes nothing.
    #[error("a bracket has no partner")]
    Bracket,
    /// The text does not start with a call.
    #[error("a statement starts with a function")]
    NoCall,
    /// Something that this program does not follow.
    #[error("an expression that is not followed")]
    NotFollowed,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Number,
    Sign(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, OttlError> {
    let mut found = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        if c == '"' {
            let mut value = String::new();
            loop {
                match chars.next() {
                    None => return Err(OttlError::Quote),
                    Some((_, '"')) => break,
                    Some((_, '\\')) => value.extend(chars.next().map(|(_, c)| match c {
                        'n' => '\n',
                        't' => '\t',
                        c => c,
                    })),
                    Some((_, c)) => value.push(c),
                }
            }
            found.push(Token::Text(value));
        } else if c.is_alphabetic() || c == '_' || c.is_ascii_digit() {
            let mut end = at + c.len_utf8();
            let in_word =
                |c: char| c.is_alphanumeric() || c == '_' || c == '.' && !c.is_whitespace();
            let is_number = c.is_ascii_digit();
            while let Some((_, c)) = chars.next_if(|(_, next)| {
                if is_number {
                    in_word(*next)
                } else {
                    next.is_alphanumeric() || *next == '_'
                }
            }) {
                end += c.len_utf8();
            }
            let word = text.get(at..end).unwrap_or("");
            found.push(if is_number {
                Token::Number
            } else {
                Token::Name(word.to_owned())
            });
        } else {
            found.push(Token::Sign(c));
        }
    }
    balanced(&found)?;
    Ok(found)
}

/// Whether every bracket has its partner.
fn balanced(tokens: &[Token]) -> Result<(), OttlError> {
    let mut open = Vec::new();
    for token in tokens {
        match token {
            Token::Sign('(') => open.push(')'),
            Token::Sign('[') => open.push(']'),
            Token::Sign('{') => open.push('}'),
            Token::Sign(close @ (')' | ']' | '}')) if open.pop() != Some(*close) => {
                return Err(OttlError::Bracket);
            }
            Token::Sign(_) | Token::Name(_) | Token::Text(_) | Token::Number => {}
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(OttlError::Bracket)
    }
}

/// Reads a statement.
pub(super) fn statement(text: &str) -> Result<Statement, OttlError> {
    let tokens = tokens(text)?;
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
    };
    let Some(Token::Name(name)) = reader.next() else {
        return Err(OttlError::NoCall);
    };
    if !reader.takes('(') {
        return Err(OttlError::NoCall);
    }
    let name = name.clone();
    let args = reader.arguments()?;
    let is_conditional = match reader.next() {
        None => false,
        Some(Token::Name(word)) if word == "where" => {
            let condition = tokens.get(reader.at..).unwrap_or_default();
            !is_always_met(condition, &args)
        }
        Some(_) => return Err(OttlError::NotFollowed),
    };
    Ok(Statement {
        call: Call { name, args },
        is_conditional,
    })
}

/// Whether a condition takes nothing out: it is `true`, or asks whether there is what the call is about.
fn is_always_met(condition: &[Token], args: &[Value]) -> bool {
    if condition == [Token::Name("true".to_owned())] {
        return true;
    }
    let mut reader = Reader {
        tokens: condition,
        at: 0,
    };
    let Ok(Value::Path(asked)) = reader.value() else {
        return false;
    };
    let nil = Token::Name("nil".to_owned());
    let rest = condition.get(reader.at..);
    let [Some(key)] = asked.keys.as_slice() else {
        return false;
    };
    let asks_presence = rest == Some(&[Token::Sign('!'), Token::Sign('='), nil][..]);
    let is_own = |own: &Path| own.names.last() == asked.names.last();
    asks_presence
        && match args {
            [Value::Path(own), Value::Text(name), ..] if own.keys.is_empty() => {
                is_own(own) && name == key
            }
            [Value::Path(own), ..] => is_own(own) && own.keys == asked.keys,
            _ => false,
        }
}

/// The path of a condition that says only that the path has a value: `attributes["k"] != nil`.
pub(super) fn presence(text: &str) -> Option<Path> {
    let tokens = tokens(text).ok()?;
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
    };
    let Value::Path(path) = reader.value().ok()? else {
        return None;
    };
    let rest = tokens.get(reader.at..)?;
    let nil = Token::Name("nil".to_owned());
    (rest == [Token::Sign('!'), Token::Sign('='), nil]).then_some(path)
}

/// The names at the starts of all paths and calls in a text, with whether each is a call.
fn names(text: &str) -> Vec<(String, bool)> {
    let tokens = tokens(text).unwrap_or_default();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        if let Token::Name(name) = token
            && before != Some(&Token::Sign('.'))
        {
            let is_call = tokens.get(index + 1) == Some(&Token::Sign('('));
            found.push((name.clone(), is_call));
        }
    }
    found
}

/// The editors of the `transform` processor.
/// Source: `pkg/ottl/ottlfuncs` and `processor/transformprocessor` in the contrib repository.
const EDITORS: [&str; 28] = [
    "aggregate_on_attribute_value",
    "aggregate_on_attributes",
    "append",
    "convert_exponential_histogram_to_histogram",
    "convert_gauge_to_sum",
    "convert_sum_to_gauge",
    "convert_summary_count_val_to_sum",
    "convert_summary_quantile_val_to_gauge",
    "convert_summary_sum_val_to_sum",
    "copy_metric",
    "delete_index",
    "delete_key",
    "delete_matching_keys",
    "extract_count_metric",
    "extract_sum_metric",
    "flatten",
    "keep_keys",
    "keep_matching_keys",
    "limit",
    "merge_maps",
    "replace_all_matches",
    "replace_all_patterns",
    "replace_match",
    "replace_pattern",
    "scale_metric",
    "set",
    "set_semconv_span_name",
    "truncate_all",
];

/// Contexts in paths, with the signals in whose statements they may stand.
const CONTEXTS: [(&str, &[&str]); 6] = [
    ("span", &["traces"]),
    ("spanevent", &["traces"]),
    ("metric", &["metrics"]),
    ("datapoint", &["metrics"]),
    ("log", &["logs"]),
    ("profile", &["profiles"]),
];

/// What is wrong with a statement about a signal, as far as can be told for certain.
pub(super) fn problem(text: &str, signal: &str) -> Option<String> {
    if let Err(error @ (OttlError::Quote | OttlError::Bracket | OttlError::NoCall)) =
        statement(text)
    {
        return Some(error.to_string());
    }
    let names = names(text);
    let (editor, _) = names.first()?;
    let near = nearest(editor, EDITORS).filter(|near| near != editor);
    if !EDITORS.contains(&editor.as_str()) {
        // A function of a later release is not a mistake; one that is nearly another is.
        return near.map(|near| format!("there is no function `{editor}`: did you mean `{near}`?"));
    }
    let paths = names.iter().filter(|(_, is_call)| !is_call);
    let mut foreign = paths.filter_map(|(name, _)| {
        let (_, signals) = CONTEXTS.iter().find(|(context, _)| context == name)?;
        (!signals.contains(&signal)).then_some(name)
    });
    let name = foreign.next()?;
    // In a context of its own, `metric` or `log` may be the name of a field.
    text.contains(&format!("{name}."))
        .then(|| format!("`{name}` does not exist in statements about {signal}"))
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<&'t Token> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    fn takes(&mut self, sign: char) -> bool {
        let is_it = self.tokens.get(self.at) == Some(&Token::Sign(sign));
        self.at += usize::from(is_it);
        is_it
    }

    /// The arguments after an opening bracket; names of arguments are dropped.
    fn arguments(&mut self) -> Result<Vec<Value>, OttlError> {
        let mut args = Vec::new();
        while !self.takes(')') {
            let is_named = matches!(
                self.tokens.get(self.at..self.at + 2),
                Some([Token::Name(_), Token::Sign('=')])
            );
            if is_named {
                self.at += 2;
            }
            args.push(self.value()?);
            if !self.takes(',') && self.tokens.get(self.at) != Some(&Token::Sign(')')) {
                return Err(OttlError::NotFollowed);
            }
        }
        Ok(args)
    }

    fn value(&mut self) -> Result<Value, OttlError> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Value::Text(text.clone())),
            Some(Token::Number) => Ok(Value::Constant),
            Some(Token::Sign('-')) => self.value(),
            Some(Token::Sign('[')) => {
                let mut items = Vec::new();
                while !self.takes(']') {
                    items.push(self.value()?);
                    self.takes(',');
                }
                Ok(Value::List(items))
            }
            Some(Token::Sign('{')) => {
                while self.next().is_some_and(|token| *token != Token::Sign('}')) {}
                Ok(Value::Constant)
            }
            Some(Token::Name(name)) => self.named(name),
            Some(Token::Sign(_)) | None => Err(OttlError::NotFollowed),
        }
    }

    fn named(&mut self, name: &str) -> Result<Value, OttlError> {
        if self.takes('(') {
            let call = Call {
                name: name.to_owned(),
                args: self.arguments()?,
            };
            // What is picked out of a converter's result does not matter here.
            self.keys()?;
            return Ok(Value::Call(call));
        }
        let is_enum = name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
        match name {
            "nil" => return Ok(Value::Nil),
            "true" | "false" => return Ok(Value::Constant),
            _ if is_enum => return Ok(Value::Constant),
            _ => {}
        }
        let mut path = Path {
            names: vec![name.to_owned()],
            keys: Vec::new(),
        };
        path.keys = self.keys()?;
        while self.takes('.') {
            let Some(Token::Name(next)) = self.next() else {
                return Err(OttlError::NotFollowed);
            };
            path.names.push(next.clone());
            path.keys = self.keys()?;
        }
        Ok(Value::Path(path))
    }

    fn keys(&mut self) -> Result<Vec<Option<String>>, OttlError> {
        let mut keys = Vec::new();
        while self.takes('[') {
            keys.push(self.value()?.into_text());
            if !self.takes(']') {
                return Err(OttlError::NotFollowed);
            }
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(names: &[&str], key: Option<&str>) -> Value {
        Value::Path(Path {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            keys: key.map(|key| Some(key.to_owned())).into_iter().collect(),
        })
    }

    #[test]
    fn statements_give_their_call() {
        let found = statement("delete_key(span.attributes, \"user.email\")").unwrap();
        assert_eq!(found.call.name, "delete_key");
        assert_eq!(
            found.call.args,
            [
                path(&["span", "attributes"], None),
                Value::Text("user.email".to_owned())
            ]
        );
        assert!(!found.is_conditional);
        let found =
            statement("set(attributes[\"a\"], \"x\\\"\") where IsMatch(name, \"^a\")").unwrap();
        assert!(found.is_conditional);
        assert_eq!(found.call.args[0], path(&["attributes"], Some("a")));
        let found =
            statement("keep_keys(target=resource.attributes, keys=[\"a\", \"b\"])").unwrap();
        assert_eq!(
            found.call.args[1],
            Value::List(vec![
                Value::Text("a".to_owned()),
                Value::Text("b".to_owned())
            ])
        );
        let found =
            statement("set(span.attributes[\"a\"], SHA256(span.attributes[\"a\"]))").unwrap();
        assert!(matches!(&found.call.args[1], Value::Call(call) if call.name == "SHA256"));
        assert!(statement("set(status.code, STATUS_CODE_OK)").is_ok());
    }

    #[test]
    fn a_guard_against_nothing_is_no_condition() {
        for text in [
            "set(attributes[\"a\"], \"x\") where attributes[\"a\"] != nil",
            "delete_key(span.attributes, \"a\") where attributes[\"a\"] != nil",
            "delete_key(attributes, \"a\") where true",
        ] {
            assert!(!statement(text).unwrap().is_conditional, "{text}");
        }
        for text in [
            "set(attributes[\"a\"], \"x\") where attributes[\"b\"] != nil",
            "delete_key(attributes, \"a\") where resource.attributes[\"b\"] != nil",
            "delete_key(attributes, \"a\") where attributes[\"a\"] != nil and name == \"x\"",
        ] {
            assert!(statement(text).unwrap().is_conditional, "{text}");
        }
    }

    #[test]
    fn what_is_no_statement_says_why() {
        assert_eq!(statement("set(a, \"b)"), Err(OttlError::Quote));
        assert_eq!(statement("set(a, \"b\""), Err(OttlError::Bracket));
        assert_eq!(statement("attributes[\"a\"] == 1"), Err(OttlError::NoCall));
        assert_eq!(statement("set(a, b + 1)"), Err(OttlError::NotFollowed));
    }

    #[test]
    fn a_condition_on_presence_gives_its_path() {
        assert_eq!(
            presence("span.attributes[\"k\"] != nil").map(Value::Path),
            Some(path(&["span", "attributes"], Some("k")))
        );
        assert_eq!(presence("span.attributes[\"k\"] == nil"), None);
        assert_eq!(presence("attributes[\"k\"] != nil and name == \"x\""), None);
    }

    #[test]
    fn problems_are_what_the_collector_refuses_for_certain() {
        let found = problem("delet_key(span.attributes, \"a\")", "traces").unwrap();
        assert!(found.contains("`delete_key`"), "{found}");
        let found = problem("set(log.body, span.name)", "logs").unwrap();
        assert!(found.contains("`span`"), "{found}");
        assert!(problem("set(a, \"b)", "traces").is_some());
        assert_eq!(problem("brand_new_function(a)", "traces"), None);
        assert_eq!(
            problem(
                "set(span.name, Concat([resource.attributes[\"a\"], \"b\"], \"-\")) where kind == 2",
                "traces"
            ),
            None
        );
    }

    #[test]
    fn names_are_those_of_paths_and_calls() {
        assert_eq!(
            names("set(log.body, Concat([span.name], \"x\"))"),
            [
                ("set".to_owned(), true),
                ("log".to_owned(), false),
                ("Concat".to_owned(), true),
                ("span".to_owned(), false)
            ]
        );
    }
}
