//! Texts as a process reads them: variables of its container filled in, as far as files tell.

use crate::document::{Node, Value};
use crate::repository::fields::{self, Address};
use crate::repository::variables;

/// What stands for an address that a pod gets when it runs.
pub(super) const POD_IP: &str = "pod.ip.invalid";
/// What stands for the address of the node that a pod runs on.
pub(super) const HOST_IP: &str = "node.ip.invalid";

/// How many variables may refer to each other.
const MAX_NESTING: usize = 8;

/// A container, for its variables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    /// The container as a subject; nothing for a process without one.
    pub(super) container: Option<&'a Node>,
}

impl Values<'_> {
    /// The text of a scalar with what it refers to, or why it is not known.
    pub(super) fn text(self, node: &Node) -> Result<String, String> {
        if let Some(text) = node.value.told() {
            return Ok(text);
        }
        match &node.value {
            Value::Unknown(unknown) if !unknown.text.is_empty() && !unknown.text.contains("{{") => {
                let filled = self.filled(&unknown.text, MAX_NESTING);
                filled.ok_or_else(|| unknown.reason.to_string())
            }
            Value::Unknown(unknown) => Err(unknown.reason.to_string()),
            Value::Null => Err("nothing is set".to_owned()),
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::List(_)
            | Value::Map(_) => Err(format!("a {} stands here", node.type_name())),
        }
    }

    /// A text with `$(NAME)` and `${env:NAME:-default}` filled in; nothing where one is not known.
    fn filled(self, text: &str, nesting: usize) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(rest.get(..at)?);
            let tail = rest.get(at + 1..)?;
            let (inner, after) = match tail.chars().next() {
                Some('(') => tail.get(1..)?.split_once(')')?,
                Some('{') => tail.get(1..)?.split_once('}')?,
                _ => return None,
            };
            let inner = inner.strip_prefix("env:").unwrap_or(inner);
            let (name, default) = match inner.split_once(":-") {
                Some((name, default)) => (name, Some(default.to_owned())),
                None => (inner, None),
            };
            out.push_str(&self.variable(name, default, nesting)?);
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }

    /// The value of a variable; the default where it is surely not set, or nothing runs the configuration.
    fn variable(self, name: &str, default: Option<String>, nesting: usize) -> Option<String> {
        let Some(container) = self.container else {
            return default;
        };
        let variables = container.get("env")?;
        match variables.get(name).map(|node| &node.value) {
            Some(Value::Str(text)) => Some(text.to_string()),
            Some(Value::Unknown(unknown)) => {
                // A variable can refer to another one.
                let nested = || self.filled(&unknown.text, nesting.checked_sub(1)?);
                let is_written = !unknown.text.is_empty() && !unknown.text.contains("{{");
                let field = field(container, name).map(str::to_owned);
                field.or_else(|| is_written.then(nested).flatten())
            }
            Some(_) => None,
            None if default.is_none() => variables::injected_field(name)
                .and_then(of_field)
                .map(str::to_owned),
            None => default.filter(|_| variables.openness().is_none()),
        }
    }
}

/// The address that a variable takes from a field of the pod.
fn field(container: &Node, name: &str) -> Option<&'static str> {
    let entries = container.at(&["spec", "env"])?.items();
    let entry = entries
        .iter()
        .rfind(|entry| entry.str_at(&["name"]) == Some(name))?;
    let path = entry.str_at(&["valueFrom", "fieldRef", "fieldPath"])?;
    of_field(path)
}

fn of_field(path: &str) -> Option<&'static str> {
    Some(match fields::address(path)? {
        Address::Pod => POD_IP,
        Address::Node => HOST_IP,
    })
}
