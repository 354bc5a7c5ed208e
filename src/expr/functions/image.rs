//! Container image references: `registry.example:5000/team/app:1.2@sha256:...`.
//!
//! Source: the grammar of the distribution project's reference package.

use std::rc::Rc;

use smol_str::SmolStr;

use super::{Function, Style, str_of};
use crate::expr::types::Type;
use crate::expr::value::{Data, Val};

/// The parts of an image reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The registry's host, `docker.io` when the reference names none.
    pub registry: String,
    /// The path inside the registry, without tag and digest.
    pub repository: String,
    /// The last part of the path.
    pub name: String,
    /// The tag, empty when there is none.
    pub tag: String,
    /// The digest with its algorithm, empty when there is none.
    pub digest: String,
}

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "image",
    style: Style::Global,
    params: &[Type::String],
    returns: Type::Any,
    doc: "The parts of an image reference: `registry`, `repository`, `name`, `tag`, `digest`; an absent tag or digest is an empty text.",
    run: |args| {
        let image = parse(str_of(args, 0)?);
        let fields = [
            ("registry", image.registry),
            ("repository", image.repository),
            ("name", image.name),
            ("tag", image.tag),
            ("digest", image.digest),
        ];
        let entries = fields
            .map(|(key, value)| (SmolStr::new_static(key), Val::new(Data::Str(value.into()))));
        Ok(Data::Table(Rc::new(entries.to_vec())))
    },
}];

/// Splits a reference; any text has parts, a malformed one merely odd ones.
pub fn parse(reference: &str) -> Image {
    let (rest, digest) = reference.split_once('@').unwrap_or((reference, ""));
    let slash = rest.rfind('/').map_or(0, |at| at + 1);
    let last = rest.get(slash..).unwrap_or("");
    let (path, tag) = match last.rfind(':') {
        Some(colon) => (
            rest.get(..slash + colon).unwrap_or(""),
            last.get(colon + 1..).unwrap_or(""),
        ),
        None => (rest, ""),
    };
    let (registry, repository) = match path.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
            (host, path.to_owned())
        }
        Some(_) => ("docker.io", path.to_owned()),
        None => ("docker.io", format!("library/{path}")),
    };
    Image {
        registry: registry.to_owned(),
        name: repository.rsplit('/').next().unwrap_or("").to_owned(),
        repository,
        tag: tag.to_owned(),
        digest: digest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_fall_into_their_parts() {
        let image = parse("ghcr.io/open-telemetry/collector/contrib:0.104.0@sha256:abc");
        assert_eq!(image.registry, "ghcr.io");
        assert_eq!(image.repository, "open-telemetry/collector/contrib");
        assert_eq!(image.name, "contrib");
        assert_eq!(image.tag, "0.104.0");
        assert_eq!(image.digest, "sha256:abc");
    }

    #[test]
    fn short_references_live_on_docker_hub_and_ports_are_no_tags() {
        assert_eq!(parse("nginx").repository, "library/nginx");
        assert_eq!(parse("nginx").tag, "");
        let local = parse("localhost:5000/app");
        assert_eq!(
            (local.registry.as_str(), local.tag.as_str()),
            ("localhost:5000", "")
        );
    }
}
