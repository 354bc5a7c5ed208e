//! Which collector configurations a container reads: its command line, its mounts, the `ConfigMaps` behind them.

use crate::document::Node;
use crate::picture::{Fault, Step};
use crate::repository::command_line::{Said, said};
use crate::repository::object_label;
use crate::repository::topology::held::Held;
use crate::repository::topology::inventory::{Inventory, Placed};
use crate::repository::topology::slips;
use crate::repository::topology::values::Values;
use crate::repository::topology::works::{Owner, Work, full_name};
use crate::source::{Span, nearest};

/// Where the images of the project look for a configuration when the command line names none.
/// Source: the Dockerfiles of the releases repository.
const DEFAULT_PATHS: [(&str, &str); 4] = [
    ("opentelemetry-collector", "/etc/otelcol/config.yaml"),
    (
        "opentelemetry-collector-contrib",
        "/etc/otelcol-contrib/config.yaml",
    ),
    (
        "opentelemetry-collector-k8s",
        "/etc/otelcol-k8s/config.yaml",
    ),
    (
        "opentelemetry-collector-otlp",
        "/etc/otelcol-otlp/config.yaml",
    ),
];

/// What the search for the configurations of a container came to.
#[derive(Default)]
pub(super) struct Found<'a> {
    /// The configurations, in the order in which they are merged.
    pub(super) roots: Vec<&'a Node>,
    /// Why it is not sure.
    pub(super) doubt: Option<String>,
    /// Whether there may be more, or others.
    pub(super) is_open: bool,
    /// What is wrong, and where.
    pub(super) fault: Option<(Fault, Span)>,
    pub(super) steps: Vec<Step>,
}

/// A volume that a container mounts.
struct Mount<'a> {
    /// The name of the volume.
    volume: &'a str,
    path: &'a str,
    sub_path: Option<&'a str>,
    /// The `ConfigMaps` of the volume: `configMap` or the sources of `projected`.
    maps: Vec<&'a Node>,
}

/// Whether a container mounts a configuration that was recognised, whatever its image.
pub(super) fn is_mounted<'a>(
    (inventory, held): (&Inventory<'a>, &Held<'a>),
    work: &Work<'a>,
    container: &Node,
) -> bool {
    let mut mounts = mounts(work, container).into_iter();
    mounts.any(|mount| {
        let maps = mount.maps.iter().filter_map(|source| source.get("name"));
        let mut found = maps.flat_map(|name| named(inventory, work.owner(), name));
        found.any(|map| !held.of_map(map.root).is_empty())
    })
}

/// The configurations that a container reads.
pub(super) fn of_container<'a>(
    (inventory, held): (&Inventory<'a>, &Held<'a>),
    work: &Work<'a>,
    container: &'a Node,
) -> Found<'a> {
    let mut found = Found::default();
    let asked = asked(container, &mut found);
    let mounts = mounts(work, container);
    for (path, place) in &asked {
        if let Some(variable) = path.strip_prefix("env:") {
            of_variable(
                (inventory, held),
                (work, container),
                (variable, *place),
                &mut found,
            );
            continue;
        }
        of_path(
            (inventory, held),
            (work, container),
            (path, *place),
            &mounts,
            &mut found,
        );
    }
    if found.roots.is_empty() && found.fault.is_none() {
        let mut seen = Vec::new();
        for source in mounts.iter().flat_map(|mount| &mount.maps) {
            let maps = source
                .get("name")
                .map(|name| named(inventory, work.owner(), name));
            seen.extend(
                maps.into_iter()
                    .flatten()
                    .flat_map(|map| held.of_map(map.root)),
            );
        }
        if let [only] = seen[..] {
            found.roots.push(only);
            found.doubt = Some("it is the only configuration that is mounted".to_owned());
        }
    }
    found
}

/// The paths that the command line names, or the default of the image.
fn asked(container: &Node, found: &mut Found<'_>) -> Vec<(String, Span)> {
    let values = Values {
        container: Some(container),
    };
    let words = container.get("command").map_or(&[][..], Node::items);
    let words = words.iter().map(|word| (values.text(word).ok(), word.span));
    let mut paths = Vec::new();
    for (said, place) in said(words) {
        match said {
            Said::Unknown => found.leave_open("a part of the command line is not known"),
            Said::Settings => found.leave_open("the command line has settings, too"),
            Said::Configuration(value) if value.starts_with('/') || value.starts_with("env:") => {
                paths.push((value, place));
            }
            Said::Configuration(value) => match value.strip_prefix("file:") {
                Some(path) => paths.push((path.to_owned(), place)),
                None => found.leave_open(&format!("`{value}` is read, too")),
            },
        }
    }
    if paths.is_empty() && !found.is_open {
        let path = default_path(container).map(|path| (path.to_owned(), container.label()));
        paths.extend(path);
    }
    paths
}

/// Where the image of a container looks by default; nothing for images that are not the project's.
fn default_path(container: &Node) -> Option<&'static str> {
    let image = container.str_at(&["image_name"])?;
    let default = DEFAULT_PATHS.iter().find(|(name, _)| *name == image);
    default.map(|(_, path)| *path)
}

impl Found<'_> {
    /// Notes that there may be more than what was found.
    fn leave_open(&mut self, reason: &str) {
        self.is_open = true;
        self.doubt = Some(reason.to_owned());
    }
}

/// The configuration in a variable that takes its value from a ConfigMap.
fn of_variable<'a>(
    (inventory, held): (&Inventory<'a>, &Held<'a>),
    (work, container): (&Work<'a>, &'a Node),
    (variable, place): (&str, Span),
    found: &mut Found<'a>,
) {
    let entries = container.at(&["spec", "env"]).map_or(&[][..], Node::items);
    let is_it = |entry: &&Node| entry.str_at(&["name"]) == Some(variable);
    let entry = entries.iter().rev().find(is_it);
    let source = entry.and_then(|entry| entry.at(&["valueFrom", "configMapKeyRef"]));
    let Some(root) = source.and_then(|source| {
        let maps = named(inventory, work.owner(), source.get("name")?);
        let [map] = maps[..] else {
            return None;
        };
        held.of_key(map.root, source.str_at(&["key"])?)
    }) else {
        found.leave_open(&format!(
            "`{variable}` holds a configuration that is not known"
        ));
        return;
    };
    let text = format!("the container reads `env:{variable}`");
    found.steps.push(Step { place, text });
    found.roots.push(root);
}

/// The configuration at a path in the container.
fn of_path<'a>(
    (inventory, held): (&Inventory<'a>, &Held<'a>),
    (work, container): (&Work<'a>, &Node),
    (path, place): (&str, Span),
    mounts: &[Mount<'a>],
    found: &mut Found<'a>,
) {
    let covers = |mount: &&Mount<'_>| {
        let rest = path.strip_prefix(mount.path.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let covering = mounts.iter().filter(covers);
    let Some(mount) = covering.max_by_key(|mount| mount.path.len()) else {
        found.leave_open(&format!("`{path}` comes with the image"));
        found.fault = unmounted((inventory, held), (work, container), path, mounts)
            .map(|fault| (fault, place));
        return;
    };
    let rest = path.strip_prefix(mount.path.trim_end_matches('/'));
    let inside = rest.unwrap_or("").trim_start_matches('/');
    let inside = mount.sub_path.unwrap_or(inside);
    for source in &mount.maps {
        let file = (path, inside, place);
        of_source((inventory, held), work, (source, file), found);
    }
    if mount.maps.is_empty() {
        found.leave_open(&format!("what is mounted at `{}` is not known", mount.path));
        made_before((inventory, held), work, mount, found);
    }
}

/// The configuration in a file that a source of a volume makes: its path in the container, that in the volume, and where
/// it is asked for.
fn of_source<'a>(
    (inventory, held): (&Inventory<'a>, &Held<'a>),
    work: &Work<'a>,
    (source, (path, inside, place)): (&'a Node, (&str, &str, Span)),
    found: &mut Found<'a>,
) {
    let Some(name) = source.get("name") else {
        return;
    };
    let maps = named(inventory, work.owner(), name);
    let [map] = maps[..] else {
        // Those who look for what is defined twice want to know where.
        found.steps.extend(maps.iter().map(|map| Step {
            place: object_label(map.root),
            text: format!("ConfigMap `{}`", name.as_str().unwrap_or("?")),
        }));
        let fault = misnamed((inventory, held), work, name).filter(|_| maps.is_empty());
        found.fault = fault.map(|fault| (fault, name.span));
        let what = name.as_str().unwrap_or("?");
        let reason = if maps.is_empty() {
            "is not among the files"
        } else {
            "is there more than once"
        };
        found.leave_open(&format!("ConfigMap `{what}` {reason}"));
        return;
    };
    found.steps.push(Step {
        place,
        text: format!("the container reads `{path}`"),
    });
    if map.is_made {
        found.steps.push(Step {
            place: object_label(map.root),
            text: format!(
                "a kustomization makes ConfigMap `{}`",
                map.name().unwrap_or("?")
            ),
        });
    }
    let Some(key) = key_of(source, inside) else {
        found.leave_open("`items` of the volume leaves the file out");
        found.fault = Some((left_out(source, inside), place));
        return;
    };
    if let Some(root) = held.of_key(map.root, key) {
        found.roots.push(root);
    } else if let Some(fault) = without_key(map.root, key)
        && (map.is_made || map.namespace() == work.namespace())
    {
        found.fault = Some((fault, place));
    } else {
        let value = map.root.at(&["data", key]).and_then(Node::openness);
        found.leave_open(&value.map_or_else(
            || format!("`{key}` of the ConfigMap is no configuration that can be read"),
            |reason| reason.to_string(),
        ));
    }
}

/// The configuration that an init container makes of the only one that it mounts, in a volume that it shares.
fn made_before<'a>(
    (inventory, held): (&Inventory<'a>, &Held<'a>),
    work: &Work<'a>,
    mount: &Mount<'a>,
    found: &mut Found<'a>,
) {
    let inits = work
        .node
        .get("init_containers")
        .map_or(&[][..], Node::items);
    let mut made = Vec::new();
    for mounts in inits.iter().map(|init| mounts(work, init)) {
        if mounts.iter().all(|other| other.volume != mount.volume) {
            continue;
        }
        for source in mounts.iter().flat_map(|mount| &mount.maps) {
            let maps = source
                .get("name")
                .map(|name| named(inventory, work.owner(), name));
            made.extend(
                maps.into_iter()
                    .flatten()
                    .flat_map(|map| held.of_map(map.root)),
            );
        }
    }
    if let [only] = made[..] {
        found.roots.push(only);
        found.doubt = Some("an init container makes the configuration".to_owned());
    }
}

/// What is wrong with a path that nothing is mounted at, where an image of the project has no such file and a
/// configuration is mounted elsewhere.
fn unmounted(
    (inventory, held): (&Inventory<'_>, &Held<'_>),
    (work, container): (&Work<'_>, &Node),
    path: &str,
    mounts: &[Mount<'_>],
) -> Option<Fault> {
    if default_path(container)? == path {
        return None;
    }
    let holding = mounts.iter().find(|mount| {
        let names = mount.maps.iter().filter_map(|source| source.get("name"));
        let mut maps = names.flat_map(|name| named(inventory, work.owner(), name));
        maps.any(|map| !held.of_map(map.root).is_empty())
    })?;
    Some(Fault {
        kind: "config-not-mounted",
        detail: format!("the container reads `{path}`, and nothing is mounted there"),
        nearest: holding.path.to_owned(),
    })
}

/// What is wrong with a volume whose `items` make no file of a name.
fn left_out(source: &Node, file: &str) -> Fault {
    let items = source.get("items").map_or(&[][..], Node::items);
    let paths: Vec<&str> = items
        .iter()
        .filter_map(|item| item.str_at(&["path"]))
        .collect();
    Fault {
        kind: "config-key-missing",
        detail: format!("`items` of the volume makes no file `{file}`"),
        nearest: paths.first().copied().unwrap_or("").to_owned(),
    }
}

/// The key of a ConfigMap that becomes a file of a name.
fn key_of<'a>(source: &'a Node, file: &'a str) -> Option<&'a str> {
    let Some(items) = source.get("items") else {
        return Some(file);
    };
    let mut items = items.items().iter();
    let item = items.find(|item| item.str_at(&["path"]) == Some(file))?;
    item.str_at(&["key"])
}

/// What is wrong with a key that a ConfigMap does not have.
pub(super) fn without_key(map: &Node, key: &str) -> Option<Fault> {
    let data = map.get("data")?;
    if data.openness().is_some() || data.get(key).is_some() || map.get("binaryData").is_some() {
        return None;
    }
    let keys: Vec<&str> = data
        .entries()
        .iter()
        .map(|entry| entry.key.as_str())
        .collect();
    Some(Fault {
        kind: "config-key-missing",
        detail: format!(
            "ConfigMap `{}` has no key `{key}`",
            map.str_at(&["metadata", "name"])?
        ),
        nearest: nearest(key, keys.iter().copied())
            .or(keys.first().copied())
            .unwrap_or("")
            .to_owned(),
    })
}

/// What is wrong with the name of a ConfigMap that does not exist, where another one was surely meant.
fn misnamed(
    (inventory, held): (&Inventory<'_>, &Held<'_>),
    work: &Work<'_>,
    name: &Node,
) -> Option<Fault> {
    let wanted = name.as_str()?;
    if inventory.has_generators {
        return None;
    }
    let own = work.namespace();
    let maps: Vec<Placed<'_>> = inventory.seen("ConfigMap", work.environment).collect();
    let holding = || maps.iter().filter(|map| !held.of_map(map.root).is_empty());
    let elsewhere = holding().find(|map| {
        let is_apart = map.namespace().is_some() && own.is_some() && map.namespace() != own;
        map.name() == Some(wanted) && is_apart
    });
    let here = holding().filter(|map| map.namespace() == own);
    let (detail, meant) = match (
        elsewhere,
        slips::meant(wanted, here.filter_map(Placed::name)),
    ) {
        (Some(map), _) => (
            format!("ConfigMap `{wanted}` is in another namespace"),
            full_name(map.namespace(), wanted),
        ),
        (None, Some(near)) => (format!("there is no ConfigMap `{wanted}`"), near.to_owned()),
        (None, None) => return None,
    };
    Some(Fault {
        kind: "config-map-missing",
        detail,
        nearest: meant,
    })
}

/// The `ConfigMaps` of a name that a workload can mount.
pub(super) fn named<'a>(
    inventory: &Inventory<'a>,
    owner: Owner<'a>,
    name: &Node,
) -> Vec<Placed<'a>> {
    let Some(wanted) = name.as_str() else {
        return Vec::new();
    };
    let made = inventory.made_beside(owner.file, wanted);
    if !made.is_empty() {
        return made;
    }
    for level in inventory.levels(owner.environment) {
        let here = inventory.everywhere("ConfigMap").iter();
        let here = here.filter(|map| map.environment == *level && map.name() == Some(wanted));
        let here: Vec<Placed<'a>> = here.copied().collect();
        let exact = here.iter().filter(|map| map.namespace() == owner.namespace);
        let exact: Vec<Placed<'a>> = exact.copied().collect();
        let is_loose = |map: &&Placed<'_>| map.namespace().is_none() || owner.namespace.is_none();
        let found = if exact.is_empty() {
            here.iter().filter(is_loose).copied().collect()
        } else {
            exact
        };
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// The volumes that a container mounts, as far as they hold `ConfigMaps`.
fn mounts<'a>(work: &Work<'a>, container: &Node) -> Vec<Mount<'a>> {
    let volumes = work
        .node
        .at(&["pod", "volumes"])
        .map_or(&[][..], Node::items);
    let place = container.at(&["spec"]).map(|spec| spec.span);
    let pods = ["containers", "initContainers"];
    let raw = pods.iter().find_map(|list| {
        let all = work.node.at(&["pod", list])?.items();
        all.iter().find(|raw| Some(raw.span) == place)
    });
    let mounts = raw
        .and_then(|raw| raw.get("volumeMounts"))
        .map_or(&[][..], Node::items);
    let mount = |mount: &'a Node| {
        let name = mount.str_at(&["name"])?;
        let volume = volumes
            .iter()
            .find(|volume| volume.str_at(&["name"]) == Some(name))?;
        let projected = volume
            .at(&["projected", "sources"])
            .map_or(&[][..], Node::items);
        let projected = projected
            .iter()
            .filter_map(|source| source.get("configMap"));
        Some(Mount {
            volume: name,
            path: mount.str_at(&["mountPath"])?,
            sub_path: mount.str_at(&["subPath"]),
            maps: volume
                .get("configMap")
                .into_iter()
                .chain(projected)
                .collect(),
        })
    };
    mounts.iter().filter_map(mount).collect()
}
