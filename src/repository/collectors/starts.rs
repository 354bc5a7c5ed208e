//! Whether a collector starts with a configuration, as far as the shape of its pipelines and its TLS tells.
//!
//! Rules say what is wrong, and more than this; here it is only worked out what a way of traces comes to at a collector
//! that will not run. Source: `service/pipelines/config.go`, `otelcol/config.go` and `config/configtls/configtls.go`.

use crate::document::{Node, Value};
use crate::repository::collectors::{graph, type_of};

const SIGNALS: [&str; 4] = ["traces", "metrics", "logs", "profiles"];

/// The lists of a pipeline, and whether each is needed.
const LISTS: [(&str, bool); 3] = [
    ("receivers", true),
    ("processors", false),
    ("exporters", true),
];

/// Whether the collector refuses a configuration for certain.
pub(in crate::repository) fn is_refused(root: &Node) -> bool {
    let pipelines = root.at(&["service", "pipelines"]);
    let mut pipelines = pipelines.map_or(&[][..], Node::entries).iter();
    pipelines.any(|pipeline| {
        let is_named = SIGNALS.contains(&type_of(&pipeline.key));
        !is_named
            || LISTS
                .iter()
                .any(|list| is_refused_list(&pipeline.value, *list))
    }) || root.openness().is_none() && graph::names_undefined(root)
        || has_half_of_tls(root)
}

fn is_refused_list(pipeline: &Node, (name, is_needed): (&str, bool)) -> bool {
    let Some(list) = pipeline.get(name).filter(|list| !list.is_null()) else {
        return is_needed && pipeline.openness().is_none();
    };
    if let Value::List(found) = &list.value {
        return found.items.is_empty() && is_needed && found.open.is_none();
    }
    !list.is_unknown()
}

/// Whether a receiver has a certificate without its key, or a key without its certificate.
fn has_half_of_tls(root: &Node) -> bool {
    let receivers = root.get("receivers").map_or(&[][..], Node::entries).iter();
    let mut blocks = receivers.flat_map(|receiver| {
        let protocols = receiver
            .value
            .get("protocols")
            .map_or(&[][..], Node::entries);
        let blocks = protocols.iter().map(|protocol| &protocol.value);
        blocks
            .chain([&receiver.value])
            .filter_map(|block| block.get("tls"))
    });
    blocks.any(|tls| {
        let has = |half: &str| {
            let given = ["file", "pem"].map(|form| tls.get(&format!("{half}_{form}")));
            given
                .into_iter()
                .flatten()
                .any(|text| text.as_str() != Some("") && !text.is_null())
        };
        tls.as_map().is_some() && tls.openness().is_none() && has("cert") != has("key")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::yaml::{Dialect, Input, parse};
    use crate::source::FileId;

    #[test]
    fn what_the_collector_cannot_build_is_refused() {
        let config = |receivers: &str, pipeline: &str| {
            format!(
                "receivers: {{otlp: {receivers}}}\nexporters: {{debug: }}\nservice: {{pipelines: {{{pipeline}}}}}\n"
            )
        };
        let plain = "{protocols: {grpc: }}";
        let refused = [
            config(plain, "traces: {receivers: [otlp]}"),
            config(plain, "traces: {receivers: [], exporters: [debug]}"),
            config(plain, "spans: {receivers: [otlp], exporters: [debug]}"),
            config(plain, "traces: {receivers: [otlp], exporters: [nope]}"),
            config(plain, "traces: {receivers: otlp, exporters: [debug]}"),
            config(
                "{protocols: {grpc: {tls: {cert_file: a}}}}",
                "traces: {receivers: [otlp], exporters: [debug]}",
            ),
        ];
        let judge = |text: &str| {
            let stream = parse(Input::plain(FileId(0), text, Dialect::Collector));
            is_refused(stream.documents[0].root.as_ref().unwrap())
        };
        for text in refused {
            assert!(judge(&text), "{text}");
        }
        let taken = [
            config(
                plain,
                "traces: {receivers: [otlp ], processors: , exporters: [debug]}",
            ),
            config(
                "{protocols: {grpc: {tls: {cert_file: a, key_pem: b}}}}",
                "traces: {receivers: [otlp], exporters: [debug]}",
            ),
        ];
        for text in taken {
            assert!(!judge(&text), "{text}");
        }
    }
}
