//! Reads tokens of OTTL into calls, conditions and values.
//!
//! The main type is [`Reader`]. What is not there is told with what would have been right. Source: the grammar of
//! `pkg/ottl` in the contrib repository.

use super::lexer::{Token, tokens};
use super::{Body, Call, Condition, Constant, OttlError, Path, Segment, Statement, Value};

/// How deep brackets may lie in each other.
const MAX_DEPTH: usize = 64;

/// Reads a statement: an editor, and perhaps a `where` with a condition.
pub(in crate::repository::collectors) fn statement(text: &str) -> Result<Statement, OttlError> {
    let tokens = tokens(text)?;
    let mut reader = Reader::new(&tokens);
    let Some((name, true)) = reader.word().map(|name| (name, reader.takes("("))) else {
        return Err(OttlError::NoCall);
    };
    if name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Err(OttlError::ConverterAlone(name.to_owned()));
    }
    let call = Call {
        name: name.to_owned(),
        args: reader.arguments()?,
        keys: Vec::new(),
    };
    let condition = if reader.takes_word("where") {
        Some(reader.condition()?)
    } else {
        None
    };
    reader.end("`where` or the end")?;
    Ok(Statement { call, condition })
}

/// Reads a condition.
pub(in crate::repository::collectors) fn condition(text: &str) -> Result<Condition, OttlError> {
    let tokens = tokens(text)?;
    let mut reader = Reader::new(&tokens);
    let condition = reader.condition()?;
    reader.end("`and`, `or` or the end")?;
    Ok(condition)
}

struct Reader<'t> {
    tokens: &'t [Token<'t>],
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn new(tokens: &'t [Token<'t>]) -> Self {
        Self {
            tokens,
            at: 0,
            depth: 0,
        }
    }

    fn peek(&self) -> Option<&'t Token<'t>> {
        self.tokens.get(self.at)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(is_it);
        is_it
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_it = self.peek() == Some(&Token::Word(word));
        self.at += usize::from(is_it);
        is_it
    }

    fn word(&mut self) -> Option<&'t str> {
        let Some(Token::Word(word)) = self.peek() else {
            return None;
        };
        self.at += 1;
        Some(word)
    }

    fn wants(&mut self, sign: &'static str, wanted: &'static str) -> Result<(), OttlError> {
        if self.takes(sign) {
            Ok(())
        } else {
            Err(self.expected(wanted))
        }
    }

    fn expected(&self, wanted: &'static str) -> OttlError {
        OttlError::Expected {
            wanted,
            found: self.peek().map(describe),
        }
    }

    fn end(&self, wanted: &'static str) -> Result<(), OttlError> {
        if self.at == self.tokens.len() {
            Ok(())
        } else {
            Err(self.expected(wanted))
        }
    }

    /// Reads something that lies in brackets of its own.
    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, OttlError>,
    ) -> Result<T, OttlError> {
        if self.depth == MAX_DEPTH {
            return Err(OttlError::Depth);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn condition(&mut self) -> Result<Condition, OttlError> {
        self.joined(
            "or",
            |reader| reader.joined("and", Self::unit, Condition::And),
            Condition::Or,
        )
    }

    /// Conditions with a word between them; one alone stands for itself.
    fn joined(
        &mut self,
        word: &str,
        each: impl Fn(&mut Self) -> Result<Condition, OttlError>,
        join: impl FnOnce(Vec<Condition>) -> Condition,
    ) -> Result<Condition, OttlError> {
        let first = each(self)?;
        let mut rest = Vec::new();
        while self.takes_word(word) {
            rest.push(each(self)?);
        }
        if rest.is_empty() {
            return Ok(first);
        }
        rest.insert(0, first);
        Ok(join(rest))
    }

    fn unit(&mut self) -> Result<Condition, OttlError> {
        if self.takes_word("not") {
            let inner = self.positive()?;
            return Ok(Condition::Not(Box::new(inner)));
        }
        self.positive()
    }

    fn positive(&mut self) -> Result<Condition, OttlError> {
        let start = self.at;
        let compared = self.comparison();
        if compared.is_ok() {
            return compared;
        }
        let reached = self.at;
        self.at = start;
        if self.takes("(") {
            let inner = self.deeper(Self::condition)?;
            self.wants(")", "`)`")?;
            return Ok(inner);
        }
        if self.takes_word("true") {
            return Ok(Condition::Constant(true));
        }
        if self.takes_word("false") {
            return Ok(Condition::Constant(false));
        }
        if let Ok(Value::Call(call)) = self.value() {
            return Ok(Condition::Call(call));
        }
        self.at = reached;
        compared
    }

    fn comparison(&mut self) -> Result<Condition, OttlError> {
        let left = self.value()?;
        let Some(Token::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">="))) = self.peek() else {
            return Err(self.expected("a comparison such as `==`"));
        };
        self.at += 1;
        let right = self.value()?;
        Ok(Condition::Compare(Box::new((left, sign, right))))
    }

    /// The arguments of a call, from behind its opening bracket.
    fn arguments(&mut self) -> Result<Vec<(Option<String>, Value)>, OttlError> {
        self.deeper(|reader| {
            let mut arguments = Vec::new();
            if reader.takes(")") {
                return Ok(arguments);
            }
            loop {
                arguments.push(reader.argument()?);
                if reader.takes(")") {
                    return Ok(arguments);
                }
                reader.wants(",", "`,` or `)`")?;
            }
        })
    }

    /// The items of a list, from behind its opening bracket; the first ones may stand without commas.
    fn list(&mut self) -> Result<Vec<Value>, OttlError> {
        let mut items = Vec::new();
        while !matches!(self.peek(), None | Some(Token::Sign("," | "]"))) {
            items.push(self.value()?);
        }
        while self.takes(",") {
            items.push(self.value()?);
        }
        self.wants("]", "`,` or `]`")?;
        Ok(items)
    }

    fn argument(&mut self) -> Result<(Option<String>, Value), OttlError> {
        let name = match self.tokens.get(self.at..self.at + 2) {
            Some([Token::Word(name), Token::Sign("=")]) => {
                self.at += 2;
                Some((*name).to_owned())
            }
            _ => None,
        };
        Ok((name, self.value()?))
    }

    /// A value, or several with signs of arithmetic between them.
    fn value(&mut self) -> Result<Value, OttlError> {
        let first = self.operand()?;
        let mut all = vec![first];
        while all.last().is_some_and(is_numeric)
            && ["+", "-", "*", "/"].iter().any(|sign| self.takes(sign))
        {
            let next = self.operand()?;
            if !is_numeric(&next) {
                return Err(OttlError::Arithmetic);
            }
            all.push(next);
        }
        Ok(match <[Value; 1]>::try_from(all) {
            Ok([one]) => one,
            Err(all) => Value::Math(all),
        })
    }

    fn operand(&mut self) -> Result<Value, OttlError> {
        if self.takes("-") || self.takes("+") {
            let operand = self.deeper(Self::operand)?;
            return if is_numeric(&operand) {
                Ok(Value::Math(vec![operand]))
            } else {
                Err(OttlError::Arithmetic)
            };
        }
        if let Some(names) = self.lambda() {
            return self.deeper(|reader| reader.body(names));
        }
        if self.takes("(") {
            let inner = self.deeper(Self::value)?;
            self.wants(")", "`)`")?;
            return Ok(Value::Math(vec![inner]));
        }
        if self.takes("[") {
            return Ok(Value::List(self.deeper(Self::list)?));
        }
        if self.takes("{") {
            return Ok(Value::Map(self.deeper(Self::fields)?));
        }
        let token = self.peek().ok_or_else(|| self.expected("a value"))?;
        self.at += 1;
        match token {
            Token::Text(text) => Ok(Value::Text(text.clone())),
            Token::Int(_) => Ok(Value::Constant(Constant::Int)),
            Token::Float => Ok(Value::Constant(Constant::Float)),
            Token::Bytes => Ok(Value::Constant(Constant::Bytes)),
            Token::Word(name) => self.named(name),
            Token::Sign(_) => {
                self.at -= 1;
                Err(self.expected("a value"))
            }
        }
    }

    /// The names of a lambda expression, up to its arrow, where one begins here.
    fn lambda(&mut self) -> Option<Vec<String>> {
        let rest = self.tokens.get(self.at..)?;
        let close = rest.iter().position(|token| *token == Token::Sign(")"))?;
        let [Token::Sign("("), names @ ..] = rest.get(..close)? else {
            return None;
        };
        let is_name = |token: &Token<'_>| matches!(token, Token::Word(_) | Token::Sign(","));
        if rest.get(close + 1) != Some(&Token::Sign("=>")) || !names.iter().all(is_name) {
            return None;
        }
        self.at += close + 2;
        let words = names.iter().filter_map(|token| match token {
            Token::Word(word) => Some((*word).to_owned()),
            Token::Text(_) | Token::Int(_) | Token::Float | Token::Bytes | Token::Sign(_) => None,
        });
        Some(words.collect())
    }

    /// What a lambda expression gives: a condition or a value.
    fn body(&mut self, names: Vec<String>) -> Result<Value, OttlError> {
        let start = self.at;
        let condition = self.condition();
        let body = if let Ok(condition) = condition {
            Body::Condition(condition)
        } else {
            self.at = start;
            Body::Value(self.value()?)
        };
        Ok(Value::Lambda(Box::new((names, body))))
    }

    /// The fields of a map, from behind its opening bracket.
    fn fields(&mut self) -> Result<Vec<Value>, OttlError> {
        let mut values = Vec::new();
        while !self.takes("}") {
            let Some(Token::Text(_)) = self.peek() else {
                return Err(self.expected("a key in double quotes, or `}`"));
            };
            self.at += 1;
            self.wants(":", "`:`")?;
            values.push(self.value()?);
            self.takes(",");
        }
        Ok(values)
    }

    fn named(&mut self, name: &'t str) -> Result<Value, OttlError> {
        let is_upper = name.starts_with(|c: char| c.is_ascii_uppercase());
        if self.takes("(") {
            let call = Call {
                name: name.to_owned(),
                args: self.arguments()?,
                keys: self.keys()?,
            };
            return if is_upper {
                Ok(Value::Call(call))
            } else {
                Err(OttlError::EditorInside(name.to_owned()))
            };
        }
        match name {
            "nil" => return Ok(Value::Nil),
            "true" | "false" => return Ok(Value::Constant(Constant::Bool)),
            _ if is_upper => return Ok(Value::Name(name.to_owned())),
            _ => {}
        }
        let mut segments = vec![self.segment(name)?];
        while self.takes(".") {
            let next = self
                .word()
                .ok_or_else(|| self.expected("the name of a field"))?;
            segments.push(self.segment(next)?);
        }
        Ok(Value::Path(Path { segments }))
    }

    fn segment(&mut self, name: &str) -> Result<Segment, OttlError> {
        if name.contains(|c: char| c.is_ascii_uppercase()) {
            return Err(OttlError::UpperField(name.to_owned()));
        }
        Ok(Segment {
            name: name.to_owned(),
            keys: self.keys()?,
        })
    }

    fn keys(&mut self) -> Result<Vec<Value>, OttlError> {
        let mut keys = Vec::new();
        while self.takes("[") {
            let key = self.deeper(Self::value)?;
            if !(is_numeric(&key) || matches!(key, Value::Text(_))) {
                return Err(OttlError::Key);
            }
            keys.push(key);
            self.wants("]", "`]`")?;
        }
        Ok(keys)
    }
}

/// Whether arithmetic may be done with a value.
fn is_numeric(value: &Value) -> bool {
    match value {
        Value::Path(_) | Value::Call(_) | Value::Math(_) => true,
        Value::Constant(constant) => matches!(constant, Constant::Int | Constant::Float),
        Value::Text(_)
        | Value::Nil
        | Value::List(_)
        | Value::Map(_)
        | Value::Name(_)
        | Value::Lambda(_) => false,
    }
}

fn describe(token: &Token<'_>) -> String {
    match token {
        Token::Word(word) | Token::Int(word) => (*word).to_owned(),
        Token::Text(text) => format!("\"{text}\""),
        Token::Float => "a number".to_owned(),
        Token::Bytes => "bytes".to_owned(),
        Token::Sign(sign) => (*sign).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        statement(text).unwrap_err().to_string()
    }

    #[test]
    fn statements_that_people_write_are_read() {
        for text in [
            "set(attributes[\"a\"], \"x\\\"\") where IsMatch(name, \"^a\")",
            "keep_keys(target=resource.attributes, keys=[\"a\", \"b\"])",
            "set(span.attributes[\"a\"], SHA256(span.attributes[\"a\"]))",
            "set(status.code, STATUS_CODE_OK)",
            "set(attributes[\"a\"][\"b\"][0], ParseJSON(body)[\"x\"])",
            "set(a, (b + 1) * -2 / Len(c))",
            "set(a, {\"k\": [1, 2.5], \"l\": nil})",
            "replace_pattern(attributes[\"a\"], \"x\", \"$1\", SHA256, \"%s\")",
            "set(a, 1) where not (b == nil or (c != 1 and IsString(d))) and true",
            "set(a, 1) where (b + 1) > 2",
            "set(trace_id, 0x01)",
            "set(a, [1 2, 3])",
            "set(a, Filter(b, (x) => x > 1 and x < 5))",
            "set(a, MapEach(b, (_, x) => Concat([x, \"!\"], \"\")))",
        ] {
            let found = statement(text);
            assert!(found.is_ok(), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_is_no_statement_says_what_would_be_one() {
        for (text, wanted) in [
            ("set(a, \"b\"", "`,` or `)`"),
            ("attributes[\"a\"] == 1", "starts with a function"),
            ("Set(a, 1)", "`Set`"),
            ("set(a, concat(b))", "`concat`"),
            ("set(a, 1) when b == 1", "`where`"),
            ("set(a, 1) where b = 1", "`==`"),
            ("set(a, 1) where b", "`==`"),
            ("set(a.fooBar, 1)", "`fooBar`"),
            ("set(a, 1,)", "a value"),
            ("set(a, \"x\" + \"y\")", "`,` or `)`"),
            ("set(a, 5s)", "`,` or `)`"),
            ("set(a, 1)[0]", "`where`"),
            ("set(a[nil], 1)", "a key is"),
            ("set(a, [1, 2 3])", "`,` or `]`"),
            ("set(a, 1); set(b, 1)", "`;"),
        ] {
            let found = error(text);
            assert!(found.contains(wanted), "{text}: {found}");
        }
    }

    #[test]
    fn depth_has_a_limit() {
        let deep = format!("set(a, {}1{})", "(".repeat(10_000), ")".repeat(10_000));
        assert_eq!(statement(&deep), Err(OttlError::Depth));
        let deep = format!("{}a == 1{}", "(".repeat(40), ")".repeat(40));
        assert!(condition(&deep).is_ok());
        let deep = format!("set(a, {}1)", "-".repeat(10_000));
        assert_eq!(statement(&deep), Err(OttlError::Depth));
    }
}
