//! What the program behind an Ingress does with requests: which ports it opens, what it speaks to the Service, what it
//! makes of the path.
//!
//! Sources: the Kubernetes API reference, `IngressSpec`; the pages of ingress-nginx, of NGINX Inc.'s controller and of the
//! AWS load balancer controller about annotations.

use crate::document::Node;
use crate::repository::topology::entrances::{Door, Doors, Host, Path};
use crate::repository::topology::inventory::{Inventory, Placed};

/// The prefix of the annotations of ingress-nginx.
const NGINX: &str = "nginx.ingress.kubernetes.io/";
/// The prefix of the annotations of NGINX Inc.'s controller.
const NGINX_INC: &str = "nginx.org/";
/// The prefix of the annotations of the AWS load balancer controller.
const ALB: &str = "alb.ingress.kubernetes.io/";
/// What ends the path of an Ingress that is an expression: the tail, and the group that holds the rest of the path.
const TAILS: [(&str, &str); 5] = [
    ("(/|$)(.*)", "$2"),
    ("/?(.*)", "$1"),
    ("/(.*)", "$1"),
    ("(.*)", "$1"),
    (".*", ""),
];

/// What becomes of a request on its way through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passing {
    /// `grpc`, or `http` for HTTP/1.1; nothing for what is passed on as it came, or not known.
    pub(super) protocol: Option<&'static str>,
    pub(super) tls: Tls,
    pub(super) path: Rewrite,
}

/// What becomes of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    /// It ends at the Service, not before.
    Kept,
    /// It ends here; whether the Service is spoken to in plain text, where that is known.
    Ended(Option<bool>),
}

/// What becomes of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rewrite {
    Kept,
    /// Another one, whatever it was.
    Whole(String),
    /// What a path starts with, and what it starts with then.
    Start(String, String),
    Unknown,
}

/// The program behind an Ingress.
pub(super) struct Proxy<'a> {
    annotations: Option<&'a Node>,
    is_nginx: bool,
    /// Whether it answers requests by itself.
    pub(super) is_answering: bool,
    /// Whether it is a second Ingress that takes a share of another one.
    pub(super) is_canary: bool,
}

impl Passing {
    /// What is passed on as it came.
    pub(super) fn unchanged() -> Self {
        Self {
            protocol: None,
            tls: Tls::Kept,
            path: Rewrite::Kept,
        }
    }
}

impl Rewrite {
    /// The path that arrives; nothing where that is not known.
    pub(super) fn of(&self, path: &str) -> Option<String> {
        match self {
            Self::Kept => Some(path.to_owned()),
            Self::Whole(whole) => Some(whole.clone()),
            Self::Start(from, to) => {
                let rest = path.strip_prefix(from.trim_end_matches('/'))?;
                let rest = rest.trim_start_matches('/');
                let to = to.trim_end_matches('/');
                Some(if rest.is_empty() && !to.is_empty() {
                    to.to_owned()
                } else {
                    format!("{to}/{rest}")
                })
            }
            Self::Unknown => None,
        }
    }
}

/// The program behind an Ingress, by its class and its annotations.
pub(super) fn of_ingress<'a>(inventory: &Inventory<'a>, placed: &Placed<'a>) -> Proxy<'a> {
    let annotations = placed.root.at(&["metadata", "annotations"]);
    let class = placed.root.str_at(&["spec", "ingressClassName"]);
    let class = class.or_else(|| annotations?.str_at(&["kubernetes.io/ingress.class"]));
    let mut classes = inventory.seen("IngressClass", placed.environment);
    let controller = classes
        .find(|object| class.is_some() && object.name() == class)
        .and_then(|object| object.root.str_at(&["spec", "controller"]));
    let keys = || annotations.map_or(&[][..], Node::entries).iter();
    let has = |prefix: &str| keys().any(|entry| entry.key.starts_with(prefix));
    let is_nginx = match controller {
        Some(controller) => controller.contains("nginx"),
        None => class.map_or_else(
            || has(NGINX) || has(NGINX_INC),
            |class| class.split(['-', '.', '_']).any(|word| word == "nginx"),
        ),
    };
    let answers = |key: &str| key.ends_with("redirect") && !key.ends_with("ssl-redirect");
    let text = |key: &str| annotations.and_then(|all| all.str_at(&[key]));
    Proxy {
        annotations,
        is_nginx,
        is_answering: keys().any(|entry| answers(&entry.key)),
        is_canary: text("nginx.ingress.kubernetes.io/canary") == Some("true"),
    }
}

impl Proxy<'_> {
    /// An annotation; an error where there is one that is not known.
    fn annotation(&self, prefix: &str, name: &str) -> Result<Option<&str>, ()> {
        let Some(all) = self.annotations else {
            return Ok(None);
        };
        match all.get(&format!("{prefix}{name}")) {
            Some(value) => value.as_str().map(Some).ok_or(()),
            None if all.openness().is_some() => Err(()),
            None => Ok(None),
        }
    }

    fn has_word(&self, words: &[&str]) -> bool {
        let keys = self.annotations.map_or(&[][..], Node::entries).iter();
        let mut keys = keys.map(|entry| entry.key.as_str());
        keys.any(|key| words.iter().any(|word| key.contains(word)))
    }

    fn is_passthrough(&self) -> bool {
        self.annotation(NGINX, "ssl-passthrough") == Ok(Some("true"))
    }

    /// The ports that are open for a host.
    pub(super) fn doors(&self, spec: &Node, host: &str) -> Doors {
        if let Ok(Some(listed)) = self.annotation(ALB, "listen-ports") {
            let doors = listed_doors(listed);
            // The Ingresses of a group share one load balancer, with the ports of all.
            let is_grouped = self.annotation(ALB, "group.name") != Ok(None);
            return Doors {
                are_all: doors.are_all && !is_grouped,
                ..doors
            };
        }
        let mut certified = spec.get("tls").map_or(&[][..], Node::items).iter();
        let is_stated = certified.any(|tls| {
            let hosts = tls.get("hosts").map_or(&[][..], Node::items);
            let covers = |own: &str| Host::ruled(own, false).fits(host).is_some();
            hosts.is_empty() || hosts.iter().any(|own| own.as_str().is_none_or(covers))
        });
        let is_stated = is_stated || self.has_word(&["certificate", "ssl-cert", "-cert"]);
        let doubt = if is_stated {
            ""
        } else {
            "the Ingress states no certificate for the host"
        };
        let door = |port, is_tls, doubt: &str| Door {
            port,
            is_tls: Some(is_tls),
            stated: None,
            doubt: doubt.to_owned(),
        };
        let mut all = vec![door(443, true, doubt)];
        if !self.is_passthrough() {
            all.push(door(80, false, ""));
        }
        Doors {
            all,
            are_all: false,
            other: None,
        }
    }

    /// The path that a path of a rule takes.
    pub(super) fn path(&self, path: Option<&Node>) -> Path {
        let Some(stated) = path.filter(|_| !self.is_passthrough()) else {
            return Path::All;
        };
        let text = match stated.get("path") {
            None => return Path::All,
            Some(text) => match text.as_str() {
                Some(text) => text,
                None => return Path::Unknown,
            },
        };
        if stated.str_at(&["pathType"]) == Some("Exact") && !self.is_expression(text) {
            return Path::Exact(text.to_owned());
        }
        match literal(text) {
            Some((start, _)) => Path::Prefix(start.to_owned()),
            None => Path::Unknown,
        }
    }

    fn is_expression(&self, path: &str) -> bool {
        self.is_nginx && path.contains(['(', '*', '[', '$', '|'])
    }

    /// What becomes of a request to a path of a rule, on its way to a Service.
    pub(super) fn passing(&self, service: &str, path: Option<&Node>) -> Passing {
        if self.is_passthrough() {
            return Passing::unchanged();
        }
        let path = path.and_then(|path| path.str_at(&["path"])).unwrap_or("/");
        let (protocol, is_plain) = self.spoken(service).unwrap_or((None, None));
        Passing {
            protocol,
            tls: Tls::Ended(is_plain),
            path: self.rewrite(path),
        }
    }

    /// What is spoken to a Service, and whether that is plain text; an error where an annotation is not known.
    fn spoken(&self, service: &str) -> Result<(Option<&'static str>, Option<bool>), ()> {
        if self.is_nginx {
            return self.spoken_by_nginx(service);
        }
        let protocol = match self.annotation(ALB, "backend-protocol-version")? {
            Some("GRPC") => Some("grpc"),
            Some("HTTP1") => Some("http"),
            _ => None,
        };
        let is_plain = match self.annotation(ALB, "backend-protocol")? {
            Some("HTTP") => Some(true),
            Some("HTTPS") => Some(false),
            _ => None,
        };
        Ok((protocol, is_plain))
    }

    fn spoken_by_nginx(&self, service: &str) -> Result<(Option<&'static str>, Option<bool>), ()> {
        let is_listed = |name: &str| {
            let listed = self.annotation(NGINX_INC, name)?.unwrap_or("");
            Ok(listed.split(',').any(|word| word.trim() == service))
        };
        let is_plain = !is_listed("ssl-services")?;
        if is_listed("grpc-services")? {
            return Ok((Some("grpc"), Some(is_plain)));
        }
        // Snippets hold whatever their author wants, and the old annotation was of releases before 0.21.
        if self.has_word(&["-snippet", "-snippets", "grpc-backend", "secure-backends"]) {
            return Ok((None, None));
        }
        let stated = self.annotation(NGINX, "backend-protocol")?;
        Ok(
            match stated
                .unwrap_or("HTTP")
                .trim()
                .to_ascii_uppercase()
                .as_str()
            {
                "HTTP" => (Some("http"), Some(is_plain)),
                "HTTPS" => (Some("http"), Some(false)),
                "AUTO_HTTP" => (Some("http"), None),
                "GRPC" => (Some("grpc"), Some(true)),
                "GRPCS" => (Some("grpc"), Some(false)),
                _ => (None, None),
            },
        )
    }

    /// What becomes of a path.
    fn rewrite(&self, path: &str) -> Rewrite {
        match self.annotation(NGINX, "rewrite-target") {
            Ok(Some(target)) if self.is_nginx => rewritten(path, target),
            Ok(None)
                if !self.has_word(&[
                    "rewrite",
                    "strip",
                    "middleware",
                    "path-prefix",
                    "transforms",
                    "snippet",
                ]) =>
            {
                Rewrite::Kept
            }
            _ => Rewrite::Unknown,
        }
    }
}

/// What a path starts with that ends with an expression for the rest, and the group that holds the rest.
fn literal(path: &str) -> Option<(&str, &'static str)> {
    let tail = TAILS
        .iter()
        .find_map(|(tail, group)| Some((path.strip_suffix(tail)?, *group)));
    let (start, group) = tail.unwrap_or((path, ""));
    // Load balancers of clouds write `/*`.
    let start = start.strip_suffix("/*").unwrap_or(start);
    (!start.contains(['(', ')', '[', '*', '+', '?', '|', '^', '$', '\\', '{']))
        .then_some((start, group))
}

/// What nginx makes of a path.
fn rewritten(path: &str, target: &str) -> Rewrite {
    if !target.contains('$') {
        return Rewrite::Whole(target.to_owned());
    }
    match literal(path) {
        Some((start, group)) if !group.is_empty() => match target.strip_suffix(group) {
            Some(to) if !to.contains('$') => Rewrite::Start(start.to_owned(), to.to_owned()),
            _ => Rewrite::Unknown,
        },
        _ => Rewrite::Unknown,
    }
}

/// The ports of a load balancer of AWS, as `[{"HTTP": 80}, {"HTTPS": 443}]`.
fn listed_doors(listed: &str) -> Doors {
    let mut all = Vec::new();
    let mut are_all = true;
    for part in listed.split('{').skip(1) {
        let number: String = part.chars().filter(char::is_ascii_digit).collect();
        match number.parse() {
            Ok(port) => all.push(Door {
                port,
                is_tls: Some(part.contains("HTTPS")),
                stated: None,
                doubt: String::new(),
            }),
            Err(_) => are_all = false,
        }
    }
    let is_empty = all.is_empty();
    Doors {
        all,
        are_all: are_all && !is_empty,
        other: is_empty.then(|| "the ports of the Ingress are not known".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_rewritten_as_nginx_does() {
        let of = |path: &str, target: &str, asked: &str| rewritten(path, target).of(asked);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            of("/otlp(/|$)(.*)", "/$2", "/otlp/v1/traces"),
            some("/v1/traces")
        );
        assert_eq!(of("/otlp(/|$)(.*)", "/$2", "/otlp"), some("/"));
        assert_eq!(
            of("/otlp/(.*)", "/in/$1", "/otlp/v1/traces"),
            some("/in/v1/traces")
        );
        assert_eq!(of("/", "/", "/v1/traces"), some("/"));
        assert_eq!(of("/(a|b)/(.*)", "/$2", "/a/v1/traces"), None);
        assert_eq!(of("/otlp(/|$)(.*)", "/$1", "/otlp/v1/traces"), None);
    }

    #[test]
    fn the_ports_of_a_load_balancer_are_listed() {
        let ports = |listed: &str| {
            let doors = listed_doors(listed);
            let all = doors.all.iter();
            let all: Vec<_> = all
                .map(|door| (door.port, door.is_tls == Some(true)))
                .collect();
            (all, doors.are_all)
        };
        assert_eq!(
            ports(r#"[{"HTTP": 80}, {"HTTPS": 4318}]"#),
            (vec![(80, false), (4318, true)], true)
        );
        assert_eq!(ports("?"), (vec![], false));
    }
}
