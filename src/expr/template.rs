//! Texts with expressions in braces: `container {container.name} sets no limit`.

use crate::document::Node;
use crate::expr::{CompileError, Data, Program, Variable};
use crate::source::Span;

/// A text with expressions to fill in.
#[derive(Debug)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Value(Program),
}

impl Template {
    /// Compiles a text; `{{` and `}}` stand for braces.
    pub fn compile(source: &str, variables: &[Variable]) -> Result<Self, CompileError> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = source.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let doubled = rest
                .next_if(|(_, next)| *next == c && (c == '{' || c == '}'))
                .is_some();
            if c == '}' && !doubled {
                return Err(unbalanced(at));
            }
            if c != '{' || doubled {
                text.push(c);
                continue;
            }
            let start = at + 1;
            let end = rest
                .find(|(_, c)| *c == '}')
                .map(|(end, _)| end)
                .ok_or_else(|| unbalanced(at))?;
            let inner = source.get(start..end).unwrap_or("");
            let program = Program::compile(inner, variables).map_err(|mut error| {
                error.range = error.range.start + start..error.range.end + start;
                error
            })?;
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(Part::Value(program));
        }
        parts.push(Part::Text(text));
        Ok(Self { parts })
    }

    /// The text with every expression replaced by its value.
    ///
    /// Of a value that is not known, `written` gives the text that stands in the file: `{{ .Values.name }}` tells a
    /// reader more than nothing.
    pub fn render(
        &self,
        variables: &[Option<&Node>],
        written: &dyn Fn(Span) -> Option<String>,
    ) -> String {
        let mut out = String::new();
        for part in &self.parts {
            let program = match part {
                Part::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Part::Value(program) => program,
            };
            let value = program.evaluate(variables);
            let origin = value.origin.filter(|origin| origin.is_scalar);
            let text = match (&value.data, origin) {
                (Data::Unknown(_), Some(origin)) => written(origin.span),
                _ => None,
            };
            out.push_str(&text.unwrap_or_else(|| value.to_string()));
        }
        out
    }
}

fn unbalanced(at: usize) -> CompileError {
    CompileError {
        message: "a brace without its partner".to_owned(),
        help: Some("write `{{` or `}}` for a brace that stands for itself".to_owned()),
        range: at..at + 1,
    }
}
