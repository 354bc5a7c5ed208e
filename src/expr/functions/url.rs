//! Addresses: `http://collector.obs:4317/v1/traces` and, as gRPC clients take them, `collector:4317`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operation names the few types that it applies to; all others are refused alike"
)]

use std::rc::Rc;

use super::{Function, Style, arg, str_of};
use crate::expr::types::Type;
use crate::expr::value::{Data, Val};

/// The parts of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// The whole text.
    pub text: String,
    /// The scheme in lower case, empty when there is none.
    pub scheme: String,
    /// The host without brackets.
    pub host: String,
    /// The port, empty when there is none.
    pub port: String,
    /// The path with its leading slash, empty when there is none.
    pub path: String,
}

macro_rules! part {
    ($name:literal, $doc:literal, $field:ident) => {
        Function {
            name: $name,
            style: Style::Receiver,
            params: &[Type::Url],
            returns: Type::String,
            doc: $doc,
            run: |args| Ok(Data::Str(url_of(args)?.$field.clone().into())),
        }
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "url",
        style: Style::Global,
        params: &[Type::String],
        returns: Type::Url,
        doc: "The parts of an address; `host:port` without a scheme is accepted, as gRPC clients do.",
        run: |args| {
            let text = str_of(args, 0)?;
            let url = Url::parse(text).ok_or_else(|| format!("`{text}` is not an address"))?;
            Ok(Data::Url(Rc::new(url)))
        },
    },
    Function {
        name: "isURL",
        style: Style::Global,
        params: &[Type::String],
        returns: Type::Bool,
        doc: "Whether the text is an address with a scheme and a host.",
        run: |args| {
            let url = Url::parse(str_of(args, 0)?);
            Ok(Data::Bool(url.is_some_and(|url| {
                !url.scheme.is_empty() && !url.host.is_empty()
            })))
        },
    },
    part!(
        "getScheme",
        "The scheme in lower case, or an empty text.",
        scheme
    ),
    part!("getHostname", "The host without port and brackets.", host),
    part!("getPort", "The port, or an empty text.", port),
    part!(
        "getEscapedPath",
        "The path with its leading slash, or an empty text.",
        path
    ),
];

fn url_of<'v>(args: &'v [Val<'_>]) -> Result<&'v Url, String> {
    match &arg(args, 0)?.data {
        Data::Url(url) => Ok(url),
        _ => Err("an address is needed".to_owned()),
    }
}

impl Url {
    /// Reads an address.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest))
                if scheme
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) =>
            {
                (scheme, rest)
            }
            Some(_) => return None,
            None => ("", text),
        };
        let path_at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(path_at)?;
        let path_end = tail.find(['?', '#']).unwrap_or(tail.len());
        let host_port = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let (host, port) = split_port(host_port)?;
        let fits = !host.chars().any(|c| c.is_whitespace() || c.is_control());
        (fits && port.chars().all(|c| c.is_ascii_digit())).then(|| Self {
            text: text.to_owned(),
            scheme: scheme.to_ascii_lowercase(),
            host: host.to_owned(),
            port: port.to_owned(),
            path: tail.get(..path_end).unwrap_or("").to_owned(),
        })
    }
}

fn split_port(host_port: &str) -> Option<(&str, &str)> {
    if let Some(rest) = host_port.strip_prefix('[') {
        let (host, tail) = rest.split_once(']')?;
        return Some((host, tail.strip_prefix(':').unwrap_or("")));
    }
    Some(host_port.rsplit_once(':').unwrap_or((host_port, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, String, String) {
        let url = Url::parse(text).unwrap();
        (url.scheme, url.host, url.port, url.path)
    }

    #[test]
    fn addresses_fall_into_their_parts() {
        let of = |a: &str, b: &str, c: &str, d: &str| {
            (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned())
        };
        assert_eq!(
            parts("http://a.b:4318/v1/traces?x=1"),
            of("http", "a.b", "4318", "/v1/traces")
        );
        assert_eq!(parts("collector:4317"), of("", "collector", "4317", ""));
        assert_eq!(
            parts("HTTPS://u:p@[::1]:443"),
            of("https", "::1", "443", "")
        );
        assert_eq!(parts("0.0.0.0:4317"), of("", "0.0.0.0", "4317", ""));
        assert_eq!(parts(":4317"), of("", "", "4317", ""));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["a b:1", "http://a:port", "??://x"] {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }
}
