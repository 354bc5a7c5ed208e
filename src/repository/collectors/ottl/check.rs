//! What a component refuses of its texts in OTTL: what it cannot read, functions, arguments and fields that do not exist.
//!
//! The main function is [`problem`]. It tells one thing for each text, the first that is found. Types are checked where
//! they are written; what a path or a function will give is left to the data. Sources: `functions.go` of `pkg/ottl`, and
//! its answers to some hundred statements.

use super::{Body, Call, Condition, Constant, OttlError, Path, Value, condition, statement};
use crate::expr::regex_problem;
use crate::repository::registry::Ottl;
use crate::repository::registry::ottl::{self, Context, Function, Parameter};
use crate::source::nearest;

/// The contexts that a signal's texts may be read in, where they name them themselves; the lowest first.
const SIGNALS: [(&str, &[&str]); 3] = [
    ("traces", &["spanevent", "span", "scope", "resource"]),
    (
        "metrics",
        &["exemplar", "datapoint", "metric", "scope", "resource"],
    ),
    ("logs", &["log", "scope", "resource"]),
];

/// What is wrong with a statement or a condition, as far as can be told for certain.
pub(in crate::repository::collectors) fn problem(ottl: &Ottl<'_>) -> Option<String> {
    let text = ottl.node.as_str()?;
    if ottl.context == "request" {
        return None;
    }
    let read = if ottl.is_statement {
        statement(text).map(|statement| (Some(statement.call), statement.condition))
    } else {
        condition(text).map(|condition| (None, Some(condition)))
    };
    let (editor, condition) = match read {
        Ok(read) => read,
        Err(OttlError::Depth) => return None,
        Err(error) => return Some(error.to_string()),
    };
    let scope = Scope::of(ottl.context)?;
    let of_editor = editor.and_then(|editor| scope.call(&editor, &[]).err());
    of_editor.or_else(|| condition.and_then(|condition| scope.condition(&condition, &[]).err()))
}

/// Where a text is read.
struct Scope<'a> {
    /// The context, or the signal.
    name: &'a str,
    contexts: Vec<(&'a str, &'static Context)>,
    /// Whether paths name their context themselves.
    is_signal: bool,
}

type Checked = Result<(), String>;

impl<'a> Scope<'a> {
    /// Nothing for a context that is not known.
    fn of(name: &'a str) -> Option<Self> {
        let signal = SIGNALS.iter().find(|(signal, _)| *signal == name);
        let one = match name {
            "*" => ["resource"],
            name => [name],
        };
        let names = signal.map_or(&one[..], |(_, contexts)| *contexts);
        let contexts = names.iter().map(|name| Some((*name, ottl::context(name)?)));
        Some(Self {
            name,
            contexts: contexts.collect::<Option<_>>()?,
            is_signal: signal.is_some(),
        })
    }

    fn condition(&self, condition: &Condition, locals: &[String]) -> Checked {
        match condition {
            Condition::Or(all) | Condition::And(all) => all
                .iter()
                .try_for_each(|inner| self.condition(inner, locals)),
            Condition::Not(inner) => self.condition(inner, locals),
            Condition::Compare(compared) => {
                self.value(&compared.0, locals)?;
                self.value(&compared.2, locals)
            }
            Condition::Call(call) => self.call(call, locals),
            Condition::Constant(_) => Ok(()),
        }
    }

    fn value(&self, value: &Value, locals: &[String]) -> Checked {
        match value {
            Value::Path(path) => self.path(path, locals),
            Value::Call(call) => self.call(call, locals),
            Value::List(all) | Value::Map(all) | Value::Math(all) => {
                all.iter().try_for_each(|inner| self.value(inner, locals))
            }
            Value::Lambda(lambda) => {
                let (names, body) = &**lambda;
                let locals = [locals, names].concat();
                match body {
                    Body::Condition(condition) => self.condition(condition, &locals),
                    Body::Value(value) => self.value(value, &locals),
                }
            }
            Value::Name(name) => self.symbol(name),
            Value::Text(_) | Value::Nil | Value::Constant(_) => Ok(()),
        }
    }

    fn symbol(&self, name: &str) -> Checked {
        let known = || {
            self.contexts
                .iter()
                .flat_map(|(_, context)| context.enums.iter().copied())
        };
        if known().any(|known| known == name) {
            return Ok(());
        }
        Err(format!(
            "there is no `{name}` here{}",
            instead(nearest(name, known()))
        ))
    }

    fn call(&self, call: &Call, locals: &[String]) -> Checked {
        let name = &call.name;
        let Some(function) = ottl::function(name) else {
            let meant = nearest(name, ottl::functions());
            return Err(format!("there is no function `{name}`{}", instead(meant)));
        };
        let is_here = |of: &str| self.contexts.iter().any(|(context, _)| *context == of);
        if !function.contexts.is_empty() && !function.contexts.iter().any(|of| is_here(of)) {
            let homes = function.contexts.join("`, `");
            return Err(format!("`{name}` exists in the context `{homes}` only"));
        }
        // Where a function has no parameters, nobody looks at its arguments.
        if !function.parameters.is_empty() {
            arguments(name, function, call)?;
        }
        for (parameter, value) in pairs(function, call) {
            match (parameter.takes, value) {
                // Which context is meant is found out before anybody asks for functions.
                ("Function", Value::Name(handed)) if self.is_signal => {
                    return Err(format!(
                        "`{handed}` is taken for an enum where the group of the statement names no `context`"
                    ));
                }
                ("Function", _) => {}
                _ => self.value(value, locals)?,
            }
            fits(name, parameter, value)?;
        }
        call.keys.iter().try_for_each(|key| self.value(key, locals))
    }

    fn path(&self, path: &Path, locals: &[String]) -> Checked {
        let keys = path.segments.iter().flat_map(|segment| &segment.keys);
        keys.into_iter()
            .try_for_each(|key| self.value(key, locals))?;
        let names = path.names();
        let Some((head, rest)) = names.split_first() else {
            return Ok(());
        };
        if locals.iter().any(|local| local == head) || *head == "otelcol" {
            return Ok(());
        }
        if let Some(context) = self.named(head).filter(|_| !rest.is_empty()) {
            let fields = path.segments.get(1..).unwrap_or_default();
            return field(head, context, fields);
        }
        match self.contexts[..] {
            [(name, context)] if !self.is_signal => field(name, context, &path.segments),
            _ if ottl::context(head).is_some() && !rest.is_empty() => {
                let signal = self.name;
                Err(format!("`{head}` does not exist among {signal}"))
            }
            _ => {
                let home = self.contexts.iter().find(|(_, context)| {
                    context
                        .fields
                        .iter()
                        .any(|known| known.trim_end_matches("[]") == *head)
                });
                let path = path.dotted();
                let example = home.map(|(home, _)| format!(", such as `{home}.{path}`"));
                let example = example.unwrap_or_default();
                Err(format!(
                    "`{path}` needs the name of its context in front{example}"
                ))
            }
        }
    }

    /// A context that a path may name.
    fn named(&self, name: &str) -> Option<&'static Context> {
        let is_named = self
            .contexts
            .iter()
            .any(|(own, context)| *own == name || context.above.contains(&name));
        ottl::context(name).filter(|_| is_named)
    }
}

/// Whether a context has the field that a path goes on with, and keys only where it takes them.
fn field(of: &str, context: &Context, segments: &[super::Segment]) -> Checked {
    let written = segments.iter().map(|segment| segment.name.as_str());
    let written = written.collect::<Vec<_>>().join(".");
    let plain = |field: &&'static str| field.trim_end_matches("[]");
    let Some(known) = context.fields.iter().find(|field| plain(field) == written) else {
        let first = segments.first().map_or("", |first| first.name.as_str());
        let takes_keys = context.fields.contains(&format!("{first}[]").as_str());
        let hint = match segments {
            [_, key, ..] if takes_keys => {
                format!(": a key is written as `{first}[\"{}\"]`", key.name)
            }
            _ => instead(nearest(&written, context.fields.iter().map(plain))),
        };
        return Err(format!("a {of} has no `{written}`{hint}"));
    };
    let last = segments.last().map_or(&[][..], |last| &last.keys);
    let before = segments.split_last().map_or(&[][..], |(_, before)| before);
    let is_indexed = before.iter().any(|segment| !segment.keys.is_empty());
    if is_indexed || !last.is_empty() && !known.ends_with("[]") {
        return Err(format!("`{written}` of a {of} takes no key"));
    }
    Ok(())
}

fn instead(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |meant| format!(": did you mean `{meant}`?"))
}

/// The arguments with the parameters that they are for.
fn pairs<'c>(
    function: &'static Function,
    call: &'c Call,
) -> impl Iterator<Item = (&'static Parameter, &'c Value)> {
    let args = call.args.iter().enumerate();
    args.filter_map(|(index, (name, value))| {
        let parameters = &function.parameters;
        let parameter = match name {
            Some(name) => parameters
                .iter()
                .find(|parameter| is_called(parameter, name)),
            None => parameters.get(index),
        };
        Some((parameter?, value))
    })
}

/// Whether a name is that of a parameter; `utf8_safe` and `utf8Safe` are one.
fn is_called(parameter: &Parameter, name: &str) -> bool {
    let plain = |text: &str| text.replace('_', "").to_ascii_lowercase();
    plain(parameter.name) == plain(name)
}

/// Whether there are as many arguments as a function takes, under names that it has.
fn arguments(name: &str, function: &Function, call: &Call) -> Checked {
    let parameters = &function.parameters;
    let required = parameters
        .iter()
        .filter(|parameter| !parameter.is_optional)
        .count();
    let (given, most) = (call.args.len(), parameters.len());
    if given < required || given > most {
        let takes = if required == most {
            required.to_string()
        } else {
            format!("{required} to {most}")
        };
        let list: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
        let list = list.join(", ");
        return Err(format!(
            "`{name}` takes {takes} arguments ({list}), and has {given}"
        ));
    }
    let names = call.args.iter().map(|(name, _)| name.as_deref());
    let mut named = names.clone().skip_while(Option::is_none);
    if named.any(|name| name.is_none()) {
        return Err(format!(
            "in `{name}`, an argument without a name follows one with a name"
        ));
    }
    let known = || parameters.iter().map(|parameter| parameter.name);
    let unknown = names
        .flatten()
        .find(|name| !known().any(|known| known == *name));
    match unknown {
        Some(unknown) => Err(format!(
            "`{name}` has no parameter `{unknown}`{}",
            instead(nearest(unknown, known()))
        )),
        None => Ok(()),
    }
}

/// Whether what is written can be an argument.
fn fits(function: &str, parameter: &Parameter, value: &Value) -> Checked {
    let (name, takes) = (parameter.name, parameter.takes);
    let wrong = |wanted: &str| Err(format!("`{name}` of `{function}` must be {wanted}"));
    match (takes, value) {
        ("Pattern", Value::Text(pattern)) => match regex_problem(pattern) {
            Some(problem) => wrong(&format!("a regular expression as Go reads it: {problem}")),
            None => Ok(()),
        },
        (words, Value::Text(text)) if words.contains('|') => {
            let mut known = words.split('|');
            if known.any(|known| known == text) {
                return Ok(());
            }
            wrong(&format!("one of `{}`", words.replace('|', "`, `")))
        }
        (takes, value) => match wanted(takes, value) {
            Some(wanted) => wrong(wanted),
            None => Ok(()),
        },
    }
}

/// What a parameter takes, in words, where a value cannot be it.
fn wanted(takes: &str, value: &Value) -> Option<&'static str> {
    let is_list = |each: &str| {
        let items = if let Value::List(items) = value {
            Some(items)
        } else {
            None
        };
        items.is_some_and(|items| items.iter().all(|item| wanted(each, item).is_none()))
    };
    let constant = if let Value::Constant(constant) = value {
        Some(*constant)
    } else {
        None
    };
    let is = |kinds: &[Constant]| constant.is_some_and(|constant| kinds.contains(&constant));
    let is_text = matches!(value, Value::Text(_));
    // What is calculated, or made of such, shows its type with the data.
    let is_open = !value.is_constant() || matches!(value, Value::Math(_));
    let is_path = matches!(value, Value::Path(_));
    let is_name = matches!(value, Value::Name(_));
    let is_nil = matches!(value, Value::Nil);
    let is_scalar = is_text || is_name || is_nil || constant.is_some();
    let (fits, words) = match takes {
        "text" => (is_text, "a text"),
        "int" => (is(&[Constant::Int]), "an integer"),
        "float" => (is(&[Constant::Float]), "a number with a point"),
        "bool" => (is(&[Constant::Bool]), "`true` or `false`"),
        "texts" => (is_list("text"), "a list of texts"),
        "floats" => (is_list("float"), "a list of numbers with a point"),
        "Values" => (is_list("Value"), "a list"),
        "Strings" => (is_list("String"), "a list of texts"),
        "StringLikes" => (is_list("StringLike"), "a list"),
        "Target" | "TargetMap" | "TargetList" => (is_path, "a path"),
        "Function" => (is_name, "the name of a function"),
        "Lambda" => (
            matches!(value, Value::Lambda(_)),
            "an expression such as `(x) => x > 1`",
        ),
        "String" | "Pattern" => (is_open || is_text, "a text"),
        "Int" => (is_open || is_name || is(&[Constant::Int]), "an integer"),
        "Float" => (is_open || is(&[Constant::Float]), "a number with a point"),
        "Bool" => (is_open || is(&[Constant::Bool]), "a boolean"),
        "Map" => (is_open || matches!(value, Value::Map(_)), "a map"),
        "List" => (is_open || matches!(value, Value::List(_)), "a list"),
        "Time" => (is_open, "a time"),
        "Duration" => (is_open, "a duration"),
        "BytesLike" | "IntLike" | "FloatLike" | "BoolLike" => (is_open || is_scalar, "a scalar"),
        words if words.contains('|') => (is_text, "a text"),
        _ => (true, ""),
    };
    (!fits).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Node;
    use crate::source::{FileId, Span};

    fn told(context: &str, text: &str, is_statement: bool) -> Option<String> {
        let node = Node::string(Span::new(FileId(0), 0, 0), text);
        problem(&Ottl {
            is_statement,
            context,
            node: &node,
        })
    }

    /// Contexts and texts that are refused, with a part of what is said.
    const REFUSED: &[(&str, &str, &str)] = &[
        (
            "traces",
            "replace_pattern(span.name, \"a\", \"x\", SHA256)",
            "`SHA256` is taken for an enum",
        ),
        (
            "traces",
            "delet_key(span.attributes, \"a\")",
            "`delete_key`",
        ),
        (
            "logs",
            "set(log.body, span.name)",
            "`span` does not exist among logs",
        ),
        ("traces", "set(a, \"b)", "quote"),
        (
            "traces",
            "set(attributes[\"a\"], 1)",
            "such as `spanevent.attributes`",
        ),
        ("span", "set(attributes.a, 1)", "`attributes[\"a\"]`"),
        ("span", "set(log.attributes[\"a\"], 1)", "`log.attributes`"),
        ("traces", "set(span.foo, 1)", "`foo`"),
        ("traces", "set(span.nam, 1)", "`name`"),
        ("traces", "set(span.name[\"a\"], 1)", "no key"),
        (
            "traces",
            "set(span.name, 1, 2)",
            "2 arguments (target, value), and has 3",
        ),
        ("traces", "limit(span.attributes, 10)", "and has 2"),
        ("traces", "set(target=span.name, valu=1)", "`value`"),
        ("traces", "set(target=span.name, 1)", "without a name"),
        ("traces", "delete_key(span.attributes, 1)", "a text"),
        ("traces", "delete_key(\"a\", \"b\")", "a path"),
        (
            "traces",
            "keep_keys(span.attributes, \"a\")",
            "a list of texts",
        ),
        (
            "traces",
            "keep_keys(span.attributes, [\"a\", 1])",
            "a list of texts",
        ),
        ("traces", "limit(span.attributes, \"a\", [])", "an integer"),
        ("traces", "truncate_all(span.attributes, -1)", "an integer"),
        ("metrics", "scale_metric(2)", "a number with a point"),
        (
            "traces",
            "replace_pattern(span.name, \"(?=a)\", \"b\")",
            "looking ahead",
        ),
        (
            "traces",
            "merge_maps(span.attributes, span.attributes, \"upser\")",
            "`upsert`",
        ),
        ("traces", "set(span.kind, SPAN_KIND_X)", "`SPAN_KIND_X`"),
        ("traces", "copy_metric()", "`metric`"),
        ("datapoint", "copy_metric()", "`metric`"),
        (
            "traces",
            "set(span.attributes[\"a\"], Any([1], (x) => y > 1))",
            "`y`",
        ),
    ];

    #[test]
    fn what_the_collector_refuses_has_a_reason() {
        for (context, text, wanted) in REFUSED {
            let told = told(context, text, true).unwrap_or_default();
            assert!(told.contains(wanted), "{text}: {told}");
        }
        let told = told("span", "spanevent.name == \"a\"", false).unwrap();
        assert!(told.contains("`spanevent.name`"), "{told}");
    }

    #[test]
    fn what_the_collector_takes_has_none() {
        for (context, text) in [
            ("traces", "set(span.attributes[\"a\"], spanevent.name)"),
            (
                "span",
                "set(span.attributes[\"a\"], resource.attributes[\"b\"])",
            ),
            ("span", "set(attributes[\"a\"][\"b\"], -1)"),
            ("span", "replace_pattern(span.name, \"a\", \"x\", SHA256)"),
            (
                "traces",
                "set(span.kind, SPAN_KIND_SERVER) where span.kind == SPAN_KIND_CLIENT",
            ),
            ("traces", "set(scope.name, \"a\")"),
            (
                "metrics",
                "convert_sum_to_gauge() where metric.name == \"a\"",
            ),
            (
                "metrics",
                "set(datapoint.value_double, 1.0) where metric.name == \"a\"",
            ),
            (
                "logs",
                "merge_maps(log.cache, ParseJSON(log.body), \"upsert\")",
            ),
            ("log", "set(severity_text, \"x\") where body.string != nil"),
            (
                "traces",
                "set(span.attributes[\"a\"], Filter([1], (x) => x > 1))",
            ),
            ("traces", "set(span.attributes[\"a\"], Len([]))"),
            ("profile", "set(anything.at.all, 1)"),
            (
                "traces",
                "set(span.name, \"a\") where otelcol.client.addr == \"b\"",
            ),
            ("resource", "keep_keys(attributes, [\"a\"])"),
            ("traces", "flatten(span.attributes, depth=2)"),
        ] {
            assert_eq!(told(context, text, true), None, "{text}");
        }
        assert_eq!(told("request", "request[\"X-Tenant\"] == 'a'", false), None);
        assert_eq!(told("*", "attributes[\"a\"] == \"b\"", false), None);
    }
}
