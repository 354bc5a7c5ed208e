//! Components as nodes: what is written of them, who uses them, and what the registry knows of their type.

use crate::document::{Entry, MapBuilder, Node, Reason};
use crate::repository::collectors::{
    SECTIONS, expansions, mentions, normal_id, ottl, ports, type_of, with_normal_id,
};
use crate::repository::registry::{self, Known, Misfit, Ottl};
use crate::repository::texts;
use crate::source::Span;

/// Settings in which a component names an extension, and the kinds of component that have them.
const REFERENCES: [(&str, &[&str]); 12] = [
    ("auth.authenticator", &["receiver", "exporter", "extension"]),
    (
        "auth.sasl.oauthbearer_token_source",
        &["receiver", "exporter"],
    ),
    ("middlewares", &["receiver", "exporter", "extension"]),
    ("protocol.otlp.auth.authenticator", &["exporter"]),
    ("protocol.otlp.middlewares", &["exporter"]),
    ("protocol.otlp.sending_queue.storage", &["exporter"]),
    ("protocols.grpc.auth.authenticator", &["receiver"]),
    ("protocols.grpc.middlewares", &["receiver"]),
    ("protocols.http.auth.authenticator", &["receiver"]),
    ("protocols.http.middlewares", &["receiver"]),
    ("sending_queue.storage", &["exporter"]),
    ("storage", &["receiver"]),
];

/// Why there may be more components than the file shows.
pub(super) fn open_sections(root: &Node) -> Option<Reason> {
    let sections = SECTIONS.iter().filter_map(|(section, _)| root.get(section));
    sections.chain([root]).find_map(Node::openness)
}

/// Every component that a configuration defines.
pub(super) fn all(root: &Node) -> Vec<Node> {
    let mut found = Vec::new();
    for (section, kind) in SECTIONS {
        for entry in root.get(section).map_or(&[][..], Node::entries) {
            found.push(component(root, kind, entry));
        }
    }
    found
}

fn component(root: &Node, kind: &str, entry: &Entry) -> Node {
    let at = entry.key_span;
    let written = type_of(&entry.key);
    let users = mentions(root, kind, &entry.key);
    let known = registry::find(kind, written);
    let name = known.map_or(written, |known| known.name);
    let mut component = MapBuilder::new(at.to(entry.value.span));
    component
        .label(at)
        .put("id", Node::string(at, normal_id(&entry.key)))
        .put("type", Node::string(at, name))
        .put("written_type", Node::string(at, written))
        .put("kind", Node::string(at, kind))
        .put_at("config", at, entry.value.clone())
        .put("is_used", is_used(root, kind, entry, !users.is_empty()))
        .put("references", references(kind, entry));
    if kind == "connector" {
        for (field, list) in [("ends", "exporters"), ("starts", "receivers")] {
            let of_list = users.iter().filter(|user| user.list == list);
            let signals = of_list.map(|user| (user.place, type_of(&user.pipeline).to_owned()));
            component.put(field, texts(at, signals));
        }
    }
    let pipelines = users.into_iter().map(|user| (user.place, user.pipeline));
    component.put("pipelines", texts(at, pipelines));
    describe(&mut component, (kind, written, at), known);
    let judged = registry::judge(&format!("{kind}/{name}"), &entry.value);
    let owner = format!("{kind} `{}`", normal_id(&entry.key));
    component
        .put("misfits", misfits_of(&owner, at, judged.misfits))
        .put(
            "ports",
            ports::of_component(kind, name, known.is_some(), &entry.value),
        )
        .put(
            "bare_variables",
            Node::list(at, expansions::bare(&entry.value)),
        )
        .put("statement_problems", ottl_problems(at, &judged.ottl, true))
        .put("condition_problems", ottl_problems(at, &judged.ottl, false));
    component.build()
}

/// The settings of the components and of the service that they do not take, each where it stands.
pub(super) fn misfits(root: &Node, components: &[Node], label: Span) -> Node {
    let of_components = components
        .iter()
        .filter_map(|component| component.get("misfits"));
    let service = root.get("service");
    let of_service = service.map(|service| {
        let judged = registry::judge("service", service);
        misfits_of("the service", label, judged.misfits)
    });
    let all = of_components.chain(&of_service).flat_map(Node::items);
    Node::list(label, all.cloned().collect())
}

fn misfits_of(owner: &str, label: Span, misfits: Vec<Misfit>) -> Node {
    let nodes = misfits.into_iter().map(|misfit| {
        let at = misfit.place;
        MapBuilder::new(at)
            .label(at)
            .put("owner", Node::string(at, owner))
            .put("path", Node::string(at, misfit.path))
            .put("problem", Node::string(at, misfit.problem.name()))
            .put("expected", Node::string(at, misfit.expected))
            .put("found", Node::string(at, misfit.found))
            .put("nearest", Node::string(at, misfit.nearest))
            .put("variable", Node::string(at, misfit.variable))
            .build()
    });
    Node::list(label, nodes.collect())
}

/// What is wrong with the statements, or the conditions, of a component, each where it stands.
fn ottl_problems(at: Span, all: &[Ottl<'_>], statements: bool) -> Node {
    let problems = all
        .iter()
        .filter(|ottl| ottl.is_statement == statements)
        .filter_map(|ottl| Some((ottl.node.span, ottl::problem(ottl)?)));
    texts(at, problems)
}

fn is_used(root: &Node, kind: &str, entry: &Entry, is_mentioned: bool) -> Node {
    let at = entry.key_span;
    let enabled = root.at(&["service", "extensions"]);
    let is_enabled = enabled.is_some_and(|list| names(list, &entry.key));
    let is_used = if kind == "extension" {
        is_enabled
    } else {
        is_mentioned
    };
    match open_service(root) {
        Some(reason) if !is_used => Node::unknown(at, "", reason),
        _ => Node::bool(at, is_used),
    }
}

fn references(kind: &str, entry: &Entry) -> Node {
    let paths = REFERENCES.iter().filter(|(_, kinds)| kinds.contains(&kind));
    let settings = paths.filter_map(|(path, _)| {
        let keys: Vec<&str> = path.split('.').collect();
        entry.value.at(&keys)
    });
    let named = settings.flat_map(|setting| {
        // Middlewares are a list, each with its extension under `id`.
        let listed = setting.items().iter().filter_map(|item| item.get("id"));
        listed.chain(setting.as_str().is_some().then_some(setting))
    });
    Node::list(entry.key_span, named.map(with_normal_id).collect())
}

/// What the registry knows of a type; of one that it does not know, signals and distributions are unknown.
fn describe(into: &mut MapBuilder, (kind, written, at): (&str, &str, Span), known: Option<&Known>) {
    let text = |text: &str| Node::string(at, text);
    let list = |words: &[&str]| texts(at, words.iter().map(|word| (at, (*word).to_owned())));
    let removed = registry::removed(kind, written);
    into.put(
        "is_known",
        Node::bool(at, known.is_some() || removed.is_some()),
    );
    if let Some(known) = known {
        into.put("signals", list(&known.signals))
            .put("distributions", list(&known.distributions));
        let is_old = known.old == Some(written) && written != known.name;
        if let Some(version) = known.renamed_in {
            into.put("renamed_in", text(version))
                .put("is_old_spelling", Node::bool(at, is_old))
                .put("old_spelling", text(known.old.unwrap_or("")))
                .put("takes_old_spelling", Node::bool(at, known.takes_old));
        }
    } else {
        let reason = || Reason::Opaque(format!("`{written}` is not among the known types").into());
        let near = registry::nearest(kind, written).unwrap_or("");
        into.put("signals", Node::unknown(at, "", reason()))
            .put("distributions", Node::unknown(at, "", reason()))
            .put("nearest", text(near));
    }
    if let Some(removed) = removed {
        into.put("kept_until", text(removed.last))
            .put("removed_in", text(removed.absent))
            .put("replacement", text(removed.replacement));
    }
}

/// Why pipelines or lists in them may hold more than the file shows.
fn open_service(root: &Node) -> Option<Reason> {
    let service = root.get("service")?;
    let pipelines = service.get("pipelines");
    let all = pipelines.map_or(&[][..], Node::entries).iter();
    let lists = all
        .clone()
        .flat_map(|entry| entry.value.entries())
        .map(|entry| &entry.value);
    let nodes = [Some(service), pipelines, service.get("extensions")]
        .into_iter()
        .flatten()
        .chain(all.map(|entry| &entry.value))
        .chain(lists);
    nodes.into_iter().find_map(Node::openness)
}

fn names(list: &Node, id: &str) -> bool {
    let id = normal_id(id);
    let mut items = list.items().iter().filter_map(Node::as_str);
    items.any(|item| normal_id(item) == id)
}
