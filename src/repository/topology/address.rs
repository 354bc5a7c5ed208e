//! Where something sends to: an address in its parts, and what kind of host it names.

use crate::expr::Url;
use crate::repository::topology::values::{HOST_IP, POD_IP};

/// An address with its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) scheme: String,
    pub(super) host: String,
    pub(super) port: Option<u16>,
    /// Whether the port is written, not that of the scheme.
    pub(super) has_port: bool,
    pub(super) path: String,
}

/// What a host name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// The process itself, or another one that shares its network.
    Loopback,
    /// The node that the pod runs on.
    Node,
    /// A Service of the cluster: its name, and its namespace where the host states one.
    Service(String, Option<String>),
    /// Two words: a Service with its namespace, or a name of the internet.
    Either(String, String),
    /// A name or number that belongs to no cluster.
    External,
}

impl Address {
    /// Reads an address as clients do; a scheme of resolvers, such as `dns:///`, is no part of it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = ["dns:///", "passthrough:///", "dns://"]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix))
            .unwrap_or(text);
        let url = Url::parse(text)?;
        if url.host.is_empty() {
            return None;
        }
        let port = match (url.port.as_str(), url.scheme.as_str()) {
            ("", "http") => Some(80),
            ("", "https") => Some(443),
            ("", _) => None,
            (port, _) => Some(port.parse().ok()?),
        };
        Some(Self {
            has_port: !url.port.is_empty(),
            scheme: url.scheme,
            // Names of DNS have no case.
            host: url.host.to_ascii_lowercase(),
            port,
            path: url.path,
        })
    }

    /// The port of an address, where it is a number that no port has.
    pub(super) fn impossible_port(text: &str) -> Option<String> {
        let port = Url::parse(text)?.port;
        let is_number = !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
        (is_number && port.parse::<u16>().is_err()).then_some(port)
    }

    /// A port of a host inside the cluster.
    pub(super) fn inside(host: &str, port: Option<u16>) -> Self {
        Self {
            scheme: String::new(),
            host: host.to_owned(),
            port,
            has_port: true,
            path: String::new(),
        }
    }

    /// What the host names.
    pub(super) fn kind(&self) -> Host {
        host(&self.host)
    }
}

/// What a host names, by its words.
fn host(name: &str) -> Host {
    if name == HOST_IP {
        return Host::Node;
    }
    let is_own = name == POD_IP || name == "localhost" || name.starts_with("127.") || name == "::1";
    if is_own || name == "0.0.0.0" {
        return Host::Loopback;
    }
    let is_number = name.contains(':') || name.chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_number {
        return Host::External;
    }
    let words: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    match words.as_slice() {
        [service] => Host::Service((*service).to_owned(), None),
        [service, namespace] => Host::Either((*service).to_owned(), (*namespace).to_owned()),
        // The second one is the pod of a StatefulSet, by its headless Service.
        [service, namespace, "svc", ..] | [_, service, namespace, "svc", ..] => {
            Host::Service((*service).to_owned(), Some((*namespace).to_owned()))
        }
        _ => Host::External,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_apart_by_their_words() {
        let service = |name: &str, namespace: Option<&str>| {
            Host::Service(name.to_owned(), namespace.map(str::to_owned))
        };
        assert_eq!(host("gateway"), service("gateway", None));
        assert_eq!(host("gateway.obs.svc"), service("gateway", Some("obs")));
        assert_eq!(
            host("gateway.obs.svc.cluster.local"),
            service("gateway", Some("obs"))
        );
        assert_eq!(
            host("es-0.es.obs.svc.cluster.local"),
            service("es", Some("obs"))
        );
        let spelled = Address::parse("http://Gateway.OBS:4317");
        assert_eq!(spelled.unwrap().host, "gateway.obs");
        assert_eq!(host("localhost"), Host::Loopback);
        assert_eq!(host("10.0.0.1"), Host::External);
        assert_eq!(host("traces.example.com"), Host::External);
        assert_eq!(
            host("gateway.obs"),
            Host::Either("gateway".to_owned(), "obs".to_owned())
        );
    }

    #[test]
    fn addresses_have_the_port_of_their_scheme() {
        let of = |text: &str| Address::parse(text).map(|address| (address.host, address.port));
        assert_eq!(of("http://a:4317"), Some(("a".to_owned(), Some(4317))));
        assert_eq!(of("https://a"), Some(("a".to_owned(), Some(443))));
        assert_eq!(of("dns:///a:4317"), Some(("a".to_owned(), Some(4317))));
        assert_eq!(of("a"), Some(("a".to_owned(), None)));
        assert_eq!(of(":4317"), None);
        assert_eq!(of("a:99999"), None);
    }
}
