//! Settings of agents that stand on a command line or among the options of a JVM, under the names of the variables that say
//! the same.

use crate::document::{Entry, Node, Reason, Value};
use crate::repository::derived;
use crate::source::Span;

/// The variables in which a JVM, or the script that starts it, finds options, in the order in which they are read; those of
/// the command line come last.
const OPTIONS: [&str; 5] = [
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "JVM_OPTS",
    "JAVA_OPTS",
    "CATALINA_OPTS",
];

/// The system properties about tracing of a container's JVM, under the names of the variables that say the same.
/// Source: the documentation of the agent for Java, "Configuration".
pub(super) fn properties<'n>(
    words: Option<&Node>,
    variable: impl Fn(&str) -> Option<&'n Node>,
) -> Vec<Entry> {
    let words = words.map_or(&[][..], Node::items).iter();
    let line: Vec<&str> = words.clone().filter_map(Node::as_str).collect();
    let line = line.join(" ");
    // What stands behind the program is for the program.
    let words = words.take_while(|word| word.as_str() != Some("-jar"));
    let read = OPTIONS.iter().filter(|name| is_read(name, &line));
    // References in a variable are resolved as far as they ever will be.
    let options = read.filter_map(|name| Some((variable(name)?, true)));
    let mut found = Vec::new();
    for (node, is_final) in options.chain(words.map(|word| (word, false))) {
        let (text, is_final) = match &node.value {
            Value::Str(text) => (text, is_final),
            Value::Unknown(unknown) => (&unknown.text, false),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::List(_)
            | Value::Map(_) => continue,
        };
        let words = text.split_whitespace();
        found.extend(words.filter_map(|word| property(word, node.span, is_final)));
    }
    found
}

/// Whether options in a variable are read: a JVM that no script starts reads its own two.
fn is_read(name: &str, line: &str) -> bool {
    let mut words = line.split(' ');
    let starts_java = words.any(|word| word.rsplit('/').next() == Some("java"));
    let is_named = || line.contains(&format!("${name}")) || line.contains(&format!("${{{name}"));
    name.ends_with("_OPTIONS") || !starts_java || is_named()
}

/// The flags of `opentelemetry-instrument`, under the names of the variables that they set.
/// Source: the package `opentelemetry-instrumentation` for Python, its module for automatic instrumentation.
pub(super) fn flags(words: Option<&Node>) -> Vec<Entry> {
    let words = words.map_or(&[][..], Node::items).iter();
    let parts = words.flat_map(|word| {
        let parts = word.as_str().unwrap_or("").split_whitespace();
        parts.map(|part| (part.trim_matches(['"', '\'']), word.span))
    });
    let is_it = |part: &str| part.rsplit('/').next() == Some("opentelemetry-instrument");
    let mut parts = parts.skip_while(|(part, _)| !is_it(part)).skip(1);
    let mut found = Vec::new();
    while let Some((flag, at)) = parts.next() {
        let Some(flag) = flag.strip_prefix("--") else {
            break;
        };
        let (name, value, at) = match flag.split_once('=') {
            Some((name, value)) => (name, value, at),
            None => match parts.next() {
                Some((value, at)) => (flag, value, at),
                None => break,
            },
        };
        found.push(entry(name, value, at, false));
    }
    found
}

/// Variables with the system properties of a JVM, and the flags of an agent, that say the same, out of the variables and of
/// a command line.
pub(super) fn with_properties(variables: &Node, words: Option<&Node>) -> Node {
    let mut found = properties(words, |name| variables.get(name));
    found.extend(flags(words));
    if found.is_empty() || variables.as_map().is_none() {
        return variables.clone();
    }
    let mut both = derived(variables);
    both.share_all(variables);
    for entry in found {
        both.put_at(&entry.key, entry.key_span, entry.value);
    }
    if let Some(reason) = variables.openness() {
        both.open(reason);
    }
    both.build()
}

/// An option such as `-Dotel.service.name=cart`.
fn property(word: &str, at: Span, is_final: bool) -> Option<Entry> {
    let (name, value) = word
        .trim_matches(['"', '\''])
        .strip_prefix("-D")?
        .split_once('=')?;
    let name = name.strip_prefix("otel.")?;
    Some(entry(name, value.trim_matches(['"', '\'']), at, is_final))
}

/// A variable, by its name without prefix as properties and flags spell it; unless it is final, what a dollar sign begins is
/// filled in later.
fn entry(name: &str, value: &str, at: Span, is_final: bool) -> Entry {
    let name = name.to_ascii_uppercase().replace(['.', '-'], "_");
    Entry {
        key: format!("OTEL_{name}").into(),
        key_span: at,
        value: if value.contains('$') && !is_final {
            let reason = Reason::Opaque("a variable in it is filled in where it starts".into());
            Node::unknown(at, value, reason)
        } else {
            Node::string(at, value)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn flags_of_the_agent_for_python_set_variables() {
        let at = Span::new(FileId(0), 0, 1);
        let line = [
            "opentelemetry-instrument --service_name=pay --exporter_otlp_endpoint",
            "http://a:4317",
            "gunicorn",
            "--bind",
            "x",
        ];
        let words = Node::list(at, line.map(|word| Node::string(at, word)).to_vec());
        let told = flags(Some(&words));
        let told: Vec<String> = told
            .iter()
            .map(|entry| format!("{}={}", entry.key, entry.value.as_str().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                "OTEL_SERVICE_NAME=pay",
                "OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4317"
            ]
        );
    }
}
