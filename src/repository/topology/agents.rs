//! What an image tells of the agent in it: its release, and the exporter that it finds.

use crate::document::Node;

/// What stands before the version of the agent for Java: in its names and addresses, and in the image of the operator.
const JAVA: [&str; 2] = ["opentelemetry-java", "autoinstrumentation-java:"];

/// The first number of the release of the agent for Java that a container's image downloads; nothing where no step names
/// one.
pub(super) fn java_major(container: &Node) -> Option<u64> {
    let steps = container.get("steps").map_or(&[][..], Node::items);
    let texts = || steps.iter().filter_map(|step| step.str_at(&["text"]));
    let found = texts().find_map(version)?;
    let number = match found.strip_prefix('$') {
        Some(name) => {
            let name = name.trim_matches(['{', '}']);
            texts().find_map(|text| argument(text, name))?
        }
        None => found,
    };
    let number = number.trim_start_matches(['v', '"', '\'']);
    number.split('.').next()?.parse().ok()
}

/// Whether a Python program has an exporter for OTLP over HTTP, and none for gRPC.
pub(super) fn sends_http_only(container: &Node) -> bool {
    const EXPORTER: &str = "opentelemetry-exporter-otlp";
    let lists = container
        .get("dependencies")
        .map_or(&[][..], Node::items)
        .iter();
    let packages = lists.filter_map(|list| list.get("packages"));
    let names = || {
        packages
            .clone()
            .flat_map(Node::entries)
            .map(|entry| entry.key.as_str())
    };
    let has = |wanted: &[&str]| {
        names().any(|name| {
            name.strip_prefix(EXPORTER)
                .is_some_and(|rest| wanted.contains(&rest))
        })
    };
    has(&["-proto-http"]) && !has(&["", "-proto-grpc"])
}

/// The version in an address or name of the agent: a number, or the variable that holds it.
fn version(text: &str) -> Option<&str> {
    let (_, rest) = JAVA.iter().find_map(|name| text.split_once(name))?;
    let rest = rest.split(char::is_whitespace).next()?;
    if rest.contains("/latest/") {
        return Some("2");
    }
    rest.split(['/', '-']).find_map(|part| {
        let part = part
            .strip_prefix('v')
            .unwrap_or(part)
            .trim_end_matches(".jar");
        let is_number = part.starts_with(|c: char| c.is_ascii_digit()) && part.contains('.');
        (is_number || part.starts_with('$')).then_some(part)
    })
}

/// The value that an `ARG` or `ENV` gives a name.
fn argument<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut words = text.split_whitespace();
    words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_stands_in_addresses_and_names() {
        let releases =
            "curl -L https://github.com/open-telemetry/opentelemetry-java-instrumentation/releases";
        let of = |text: &str| version(text).map(str::to_owned);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            of(&format!(
                "{releases}/download/v1.32.1/opentelemetry-javaagent.jar -o /a.jar"
            )),
            some("1.32.1")
        );
        assert_eq!(
            of(&format!(
                "{releases}/download/v${{V}}/opentelemetry-javaagent.jar"
            )),
            some("${V}")
        );
        assert_eq!(
            of(&format!(
                "{releases}/latest/download/opentelemetry-javaagent.jar"
            )),
            some("2")
        );
        assert_eq!(
            of("COPY opentelemetry-javaagent-2.9.0.jar /a.jar"),
            some("2.9.0")
        );
        assert_eq!(
            of("COPY agent/opentelemetry-javaagent.jar /otel/1.0/"),
            None
        );
        assert_eq!(argument("ARG OTEL=1.33.6", "OTEL"), Some("1.33.6"));
        assert_eq!(argument("ARG OTEL_X=1", "OTEL"), None);
    }
}
