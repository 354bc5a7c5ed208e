//! The parts of Jaeger before version 2, which take their settings from flags and variables.
//!
//! Source: the command line flags of Jaeger 1.76, and its deployment page.

use crate::document::Node;
use crate::picture::EndKind;
use crate::repository::topology::listeners::{Bound, Listener};
use crate::repository::topology::senders::{Sender, Store, Target, Topic};
use crate::repository::topology::values::Values;
use crate::source::Span;

/// A part of Jaeger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Collector,
    Ingester,
    Query,
    AllInOne,
}

/// The part that an image is.
pub(super) fn part(image: &str) -> Option<Part> {
    match image {
        "jaeger-collector" => Some(Part::Collector),
        "jaeger-ingester" => Some(Part::Ingester),
        "jaeger-query" => Some(Part::Query),
        "all-in-one" => Some(Part::AllInOne),
        _ => None,
    }
}

impl Part {
    pub(super) fn kind(self) -> EndKind {
        match self {
            Self::Collector | Self::Ingester | Self::AllInOne => EndKind::Collector,
            Self::Query => EndKind::Query,
        }
    }
}

/// The ports on which a part takes spans, with what is spoken there.
const PORTS: [(u16, &str); 4] = [
    (4317, "grpc"),
    (4318, "http"),
    (14250, "jaeger grpc"),
    (14268, "jaeger thrift_http"),
];

/// The listeners of a part.
pub(super) fn listeners(part: Part, container: &Node) -> Vec<Listener> {
    if !matches!(part, Part::Collector | Part::AllInOne) {
        return Vec::new();
    }
    let options = Options { container };
    let is = |flag: &str, word: &str| options.text(flag, "").is_ok_and(|text| text == word);
    let takes_otlp = !is("collector.otlp.enabled", "false");
    let listener = |(port, protocol): (u16, &str)| Listener {
        receiver: "jaeger".to_owned(),
        port: Some(port),
        protocol: protocol.to_owned(),
        bound: Bound::All,
        is_tls: is(&format!("collector.otlp.{protocol}.tls.enabled"), "true"),
        wants_certificate: false,
        authenticator: None,
        path: "/v1/traces".to_owned(),
        place: container.label(),
    };
    let is_otlp = |protocol: &str| protocol == "grpc" || protocol == "http";
    let ports = PORTS.into_iter();
    let open = ports.filter(|(_, protocol)| takes_otlp || !is_otlp(protocol));
    open.map(listener).collect()
}

/// What a flag or variable of a container says, with its place.
struct Options<'a> {
    container: &'a Node,
}

impl Options<'_> {
    fn get(&self, flag: &str) -> Option<(Result<String, String>, Span)> {
        let values = Values {
            container: Some(self.container),
        };
        let words = self.container.get("command").map_or(&[][..], Node::items);
        let start = format!("--{flag}=");
        for word in words {
            let text = values.text(word);
            if let Some(value) = text
                .as_deref()
                .ok()
                .and_then(|text| text.strip_prefix(&start))
            {
                return Some((Ok(value.to_owned()), word.span));
            }
        }
        let name = flag.replace(['.', '-'], "_").to_uppercase();
        let entry = self.container.get("env")?.as_map()?.entry(&name)?;
        Some((values.text(&entry.value), entry.key_span))
    }

    fn text(&self, flag: &str, default: &str) -> Result<String, String> {
        self.get(flag)
            .map_or_else(|| Ok(default.to_owned()), |(text, _)| text)
    }

    fn list(&self, flag: &str, default: &str) -> Result<Vec<String>, String> {
        let text = self.text(flag, default)?;
        Ok(text.split(',').map(|part| part.trim().to_owned()).collect())
    }

    fn place(&self, flag: &str) -> Span {
        self.get(flag)
            .map_or(self.container.label(), |(_, place)| place)
    }

    fn topic(&self, side: &str) -> Topic {
        let flag = |name: &str| format!("kafka.{side}.{name}");
        let encoding = self
            .text(&flag("encoding"), "protobuf")
            .map(|word| match word.as_str() {
                "protobuf" => "jaeger_proto".to_owned(),
                "json" => "jaeger_json".to_owned(),
                "zipkin-thrift" => "zipkin_thrift".to_owned(),
                other => other.to_owned(),
            });
        Topic {
            is_tls: None,
            brokers: self.list(&flag("brokers"), "127.0.0.1:9092"),
            is_default: self.get(&flag("topic")).is_none(),
            name: self.text(&flag("topic"), "jaeger-spans"),
            encoding,
            place: self.place(&flag("topic")),
            encoding_place: self.place(&flag("encoding")),
        }
    }

    fn storage(&self) -> String {
        self.text("span-storage-type", "cassandra")
            .unwrap_or_default()
    }

    fn store(&self) -> Store {
        let kind = self.storage();
        let addresses = match kind.as_str() {
            "elasticsearch" | "opensearch" => self.list("es.server-urls", "http://127.0.0.1:9200"),
            _ => Err("its addresses are not followed".to_owned()),
        };
        let is_aliased = self
            .text("es.use-aliases", "false")
            .map(|text| text == "true");
        Store {
            addresses: match &is_aliased {
                Ok(_) => addresses,
                Err(reason) => Err(reason.clone()),
            },
            is_aliased: is_aliased.unwrap_or(false),
            prefix: self.text("es.index-prefix", "").unwrap_or_default(),
            place: self.place("es.server-urls"),
            kind,
        }
    }
}

/// Where a part sends spans.
pub(super) fn senders(part: Part, container: &Node) -> Vec<Sender> {
    let options = Options { container };
    let is_kafka = options.storage() == "kafka";
    let target = match part {
        Part::Collector if is_kafka => Target::Kafka(options.topic("producer")),
        Part::Collector | Part::Ingester => Target::Store(options.store()),
        Part::AllInOne if options.get("span-storage-type").is_some() => {
            Target::Store(options.store())
        }
        Part::AllInOne => Target::Store(Store {
            kind: "memory".to_owned(),
            addresses: Err("it is in memory".to_owned()),
            prefix: String::new(),
            is_aliased: false,
            place: container.label(),
        }),
        Part::Query => return Vec::new(),
    };
    vec![Sender {
        id: "storage".to_owned(),
        words: "the storage of Jaeger".to_owned(),
        place: container.label(),
        target,
    }]
}

/// The topics that a part reads.
pub(super) fn topics(part: Part, container: &Node) -> Vec<Topic> {
    match part {
        Part::Ingester => vec![Options { container }.topic("consumer")],
        Part::Collector | Part::Query | Part::AllInOne => Vec::new(),
    }
}

/// The store that a query reads.
pub(super) fn queried(part: Part, container: &Node) -> Option<Store> {
    matches!(part, Part::Query).then(|| Options { container }.store())
}
