//! `sys.config` of an Erlang release: what it sets for the SDK and its exporter, under the names of the variables that
//! say the same. What a script of Elixir sets is not read: whatever it says of tracing is unknown.
//!
//! Source: the README files of `opentelemetry` and `opentelemetry_exporter`.

use crate::artifact::erlang::{Shape, Term, terms};
use crate::document::{MapBuilder, Node, Reason};
use crate::source::{SourceFile, Span};

/// Settings of the exporter, and the variables that say the same.
const EXPORTER: [(&str, &str); 4] = [
    ("otlp_endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ("otlp_traces_endpoint", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
    ("otlp_protocol", "OTEL_EXPORTER_OTLP_PROTOCOL"),
    ("otlp_traces_protocol", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"),
];

/// What a file sets of tracing.
#[derive(Debug, Clone)]
pub struct SysConfig {
    /// Variables with their values, each where the file says it.
    pub variables: Node,
}

/// Reads a file; nothing for one that sets nothing of tracing.
pub(super) fn read(file: &SourceFile) -> Option<SysConfig> {
    if file.path.ends_with(".exs") {
        return script(file);
    }
    let found = terms(file);
    let applications = found.terms.first()?;
    let whole = Span::new(file.id, 0, file.text.len());
    let start = file.first_line(Span::new(file.id, 0, 0));
    let mut variables = MapBuilder::new(whole);
    let mut count = 0;
    let mut put = |name: &str, value: Option<Node>| {
        if let Some(value) = value {
            variables.put(name, value);
            count += 1;
        }
    };
    if let Some(sdk) = applications.value("opentelemetry") {
        put("OTEL_SDK_DISABLED", sdk.value("sdk_disabled").map(plain));
        put(
            "OTEL_TRACES_EXPORTER",
            sdk.value("traces_exporter").map(exporter),
        );
        let propagators = sdk.value("text_map_propagators");
        put("OTEL_PROPAGATORS", propagators.and_then(propagation));
        put(
            "OTEL_RESOURCE_ATTRIBUTES",
            sdk.value("resource").map(resource),
        );
        put("OTEL_EXPORTER_OTLP_ENDPOINT", endpoints(sdk).map(first));
        put("OTEL_TRACES_SAMPLER", sdk.value("sampler").map(sampler));
    }
    if let Some(exporter) = applications.value("opentelemetry_exporter") {
        for (setting, variable) in EXPORTER {
            put(variable, exporter.value(setting).map(plain));
        }
    }
    (count > 0).then(|| SysConfig {
        variables: variables.label(start).build(),
    })
}

/// A value that is written as it is meant; unknown for anything that is put together.
fn plain(term: &Term) -> Node {
    match term.text() {
        // In `sys.config.src`, the release fills these in when it starts.
        Some(text) if text.contains("${") => dark(term),
        Some("http_protobuf") => Node::string(term.span, "http/protobuf"),
        Some(text) => Node::string(inner(term), text),
        None => dark(term),
    }
}

/// The exporter of traces: its name, or the module that is one.
fn exporter(term: &Term) -> Node {
    match term
        .text()
        .or_else(|| term.setting().map(|(module, _)| module))
    {
        Some("undefined" | "none") => Node::string(term.span, "none"),
        Some("otlp" | "opentelemetry_exporter") => Node::string(term.span, "otlp"),
        Some("otel_exporter_stdout") => Node::string(term.span, "console"),
        Some(_) | None => dark(term),
    }
}

/// The names of propagators in one text.
fn propagation(term: &Term) -> Option<Node> {
    let names = term.list()?.iter().map(|name| match name.atom()? {
        "trace_context" => Some("tracecontext"),
        other => Some(other),
    });
    let names: Option<Vec<&str>> = names.collect();
    let known = names.map(|names| Node::string(term.span, names.join(",")));
    Some(known.unwrap_or_else(|| dark(term)))
}

/// The sampler, where it keeps all or nothing; one that decides by more is unknown.
fn sampler(term: &Term) -> Node {
    match term.text() {
        Some(name @ ("always_on" | "always_off")) => Node::string(term.span, name),
        Some(_) | None => dark(term),
    }
}

/// The list `endpoints` of an exporter that stands inside of the settings of the SDK.
fn endpoints(term: &Term) -> Option<&Term> {
    match &term.shape {
        Shape::Map(entries) => {
            let own = entries
                .iter()
                .find(|(key, _)| key.atom() == Some("endpoints"));
            let below = || entries.iter().find_map(|(_, value)| endpoints(value));
            own.map(|(_, value)| value).or_else(below)
        }
        Shape::List(items) | Shape::Tuple(items) => items.iter().find_map(endpoints),
        Shape::Atom(_) | Shape::Text(_) | Shape::Number(_) | Shape::Other => None,
    }
}

/// The only address of a list.
fn first(list: &Term) -> Node {
    match list.list() {
        Some([only]) if matches!(only.shape, Shape::Text(_)) => plain(only),
        _ => dark(list),
    }
}

/// What a script sets, of which nothing but that is known.
fn script(file: &SourceFile) -> Option<SysConfig> {
    let is_about = file.text.contains("config :opentelemetry");
    let start = file.first_line(Span::new(file.id, 0, 0));
    let mut variables = MapBuilder::new(start);
    let reason = Reason::Opaque("a configuration in Elixir sets up tracing".into());
    is_about.then(|| SysConfig {
        variables: variables.label(start).open(reason).build(),
    })
}

/// The attributes of the resource in one text.
fn resource(term: &Term) -> Node {
    let mut found = Vec::new();
    match attributes(term, "", &mut found) {
        Some(()) => Node::string(term.span, found.join(",")),
        None => dark(term),
    }
}

/// Adds the attributes below a key as `key=value`; nothing where one of them is no plain value.
fn attributes(term: &Term, key: &str, found: &mut Vec<String>) -> Option<()> {
    let below = |inner: &Term| {
        let name = inner.text()?;
        Some(if key.is_empty() {
            name.to_owned()
        } else {
            format!("{key}.{name}")
        })
    };
    match &term.shape {
        Shape::Map(entries) => entries
            .iter()
            .try_for_each(|(inner, value)| attributes(value, &below(inner)?, found)),
        Shape::List(items) => items.iter().try_for_each(|item| match item.tuple() {
            [inner, value] => attributes(value, &below(inner)?, found),
            _ => None,
        }),
        Shape::Atom(text) | Shape::Text(text) | Shape::Number(text) if !text.contains("${") => {
            found.push(format!("{key}={text}"));
            Some(())
        }
        Shape::Atom(_) | Shape::Text(_) | Shape::Number(_) | Shape::Tuple(_) | Shape::Other => None,
    }
}

fn dark(term: &Term) -> Node {
    let reason = Reason::Opaque("a term that is no plain value".into());
    Node::unknown(term.span, "", reason)
}

/// The place of a text without its quotes.
fn inner(term: &Term) -> Span {
    let span = term.span;
    let is_quoted = matches!(term.shape, Shape::Text(_)) && span.len() > 2;
    if is_quoted {
        Span {
            start: span.start + 1,
            end: span.end - 1,
            ..span
        }
    } else {
        span
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn told(text: &str) -> Vec<String> {
        let file = SourceFile::new(FileId(0), "config/sys.config", text);
        let found = read(&file);
        let entries = found
            .as_ref()
            .map_or(&[][..], |found| found.variables.entries());
        let one = |entry: &crate::document::Entry| {
            format!("{}={}", entry.key, entry.value.as_str().unwrap_or("?"))
        };
        entries.iter().map(one).collect()
    }

    #[test]
    fn settings_of_the_sdk_are_named_like_variables() {
        let text = "%% c\n[{opentelemetry, [{span_processor, batch}, {traces_exporter, none}, {text_map_propagators, [trace_context, baggage]}]},\n {opentelemetry_exporter, [{otlp_protocol, http_protobuf}, {otlp_endpoint, \"http://collector:4318\"}, {otlp_traces_endpoint, [x]}]},\n {kernel, [{logger, [{handler, default, logger_std_h, #{}}]}]}].\n";
        assert_eq!(
            told(text),
            [
                "OTEL_TRACES_EXPORTER=none",
                "OTEL_PROPAGATORS=tracecontext,baggage",
                "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=?",
                "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            ]
        );
        let module = "[{opentelemetry, [{traces_exporter, {opentelemetry_exporter, #{}}}, {sdk_disabled, true}]}].";
        assert_eq!(
            told(module),
            ["OTEL_SDK_DISABLED=true", "OTEL_TRACES_EXPORTER=otlp"]
        );
        let resource = "[{opentelemetry, [{resource, [{service, #{name => \"chat\", version => <<\"1.4\">>}}, {'deployment.environment', prod}]}]}].";
        assert_eq!(
            told(resource),
            [
                "OTEL_RESOURCE_ATTRIBUTES=service.name=chat,service.version=1.4,deployment.environment=prod"
            ]
        );
        let sdk = "[{opentelemetry, [{sampler, always_off}, {span_processor, {otel_batch_processor, #{exporter => {opentelemetry_exporter, #{endpoints => [\"http://a:4318\"]}}}}}]}].";
        assert_eq!(
            told(sdk),
            [
                "OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4318",
                "OTEL_TRACES_SAMPLER=always_off"
            ]
        );
        let dark = "[{opentelemetry, [{resource, #{service => #{name => ${NAME}}}}]}].";
        assert_eq!(told(dark), ["OTEL_RESOURCE_ATTRIBUTES=?"]);
        for text in [
            "[].",
            "[{kernel, []}].",
            "",
            "[{opentelemetry, [{port, ${PORT}}]}].",
        ] {
            assert!(told(text).is_empty(), "{text}");
        }
    }
}
