//! The blocks of receivers that listen.

/// A block of a receiver's settings that makes it listen on a port.
#[derive(Debug)]
pub(in crate::repository) struct Block {
    /// The type of the receiver in today's spelling.
    of_type: &'static str,
    /// The keys that lead there.
    pub(in crate::repository) path: &'static [&'static str],
    /// What is spoken there: `grpc` and `http` for OTLP, else the type and its protocol.
    pub(in crate::repository) protocol: &'static str,
    /// The port, unless the block states another one.
    pub(in crate::repository) port: u16,
}

/// Source: the pages of the receivers.
const BLOCKS: [Block; 8] = [
    block("otlp", &["protocols", "grpc"], "grpc", 4317),
    block("otlp", &["protocols", "http"], "http", 4318),
    block("jaeger", &["protocols", "grpc"], "jaeger grpc", 14250),
    block(
        "jaeger",
        &["protocols", "thrift_http"],
        "jaeger thrift_http",
        14268,
    ),
    block(
        "jaeger",
        &["protocols", "thrift_compact"],
        "jaeger thrift_compact",
        6831,
    ),
    block(
        "jaeger",
        &["protocols", "thrift_binary"],
        "jaeger thrift_binary",
        6832,
    ),
    block("zipkin", &[], "zipkin", 9411),
    block("opencensus", &[], "opencensus", 55678),
];

const fn block(
    of_type: &'static str,
    path: &'static [&'static str],
    protocol: &'static str,
    port: u16,
) -> Block {
    Block {
        of_type,
        path,
        protocol,
        port,
    }
}

/// The blocks that receivers of a type have.
pub(in crate::repository) fn blocks(of_type: &str) -> impl Iterator<Item = &'static Block> {
    BLOCKS.iter().filter(move |block| block.of_type == of_type)
}
