//! What the settings say of the Dockerfiles of services.

use crate::artifact::{Artifact, Reading};
use crate::document::{Entry, Node};
use crate::expr::{Image, parse_image};
use crate::repository::recipes::Asked;
use crate::source::{SourceFile, Span, folder};

/// The Dockerfiles that the settings name.
pub(super) struct Mappings<'a>(Vec<Mapping<'a>>);

/// A service with its Dockerfile.
pub(super) struct Mapping<'a> {
    service: &'a Entry,
    /// The path of the Dockerfile.
    pub(super) dockerfile: String,
    /// Where it is named.
    pub(super) place: Span,
}

impl<'a> Mappings<'a> {
    pub(super) fn new(files: &'a [SourceFile], readings: &'a [Reading]) -> Self {
        let mut all = Vec::new();
        for (file, reading) in files.iter().zip(readings) {
            for root in reading.artifacts.iter().filter_map(Artifact::inventory) {
                let services = root.get("services").map_or(&[][..], Node::entries);
                let own = services.iter().filter_map(|service| mapping(file, service));
                all.extend(own);
            }
        }
        Self(all)
    }

    /// The mapping of a container, where just one fits.
    pub(super) fn of(&self, asked: Asked<'_>) -> Option<&Mapping<'a>> {
        let mut fitting = self.0.iter().filter(|mapping| mapping.fits(asked));
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }
}

fn mapping<'a>(file: &SourceFile, service: &'a Entry) -> Option<Mapping<'a>> {
    let node = service.value.get("dockerfile")?;
    Some(Mapping {
        service,
        dockerfile: from_settings(&file.path, node.as_str()?),
        place: node.span,
    })
}

/// A path that the settings give, from their own folder.
pub(in crate::repository) fn from_settings(settings: &str, path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    match folder(settings) {
        "" => path.to_owned(),
        home => format!("{home}/{path}"),
    }
}

impl Mapping<'_> {
    /// Whether a container is that of the service: by its image, else as the only one or by its name.
    fn fits(&self, asked: Asked<'_>) -> bool {
        let workload = self.service.value.str_at(&["workload"]);
        let workload = workload.unwrap_or(&self.service.key);
        let (namespace, name) = match workload.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, workload),
        };
        let is_workload =
            asked.workload == Some(name) && (namespace.is_none() || asked.namespace == namespace);
        let is_container = match self.service.value.str_at(&["image"]) {
            Some(image) => {
                let own = parse_image(image);
                let same = |image: &Image| {
                    image.registry == own.registry && image.repository == own.repository
                };
                asked.image.is_some_and(same)
            }
            None => {
                asked.is_only
                    || asked.container == Some(name)
                    || asked.container == Some(&self.service.key)
            }
        };
        is_workload && is_container
    }
}
