//! What annotations ask the operator to inject into pods: the agent of a language as an Instrumentation says, and a
//! collector as a sidecar.
//!
//! Source: the README of the OpenTelemetry operator.

use crate::document::Node;
use crate::picture::{Fault, Step};
use crate::repository::object_label;
use crate::repository::operator::{self, INJECT_AGENT, INJECT_SIDECAR};
use crate::repository::topology::inventory::{Inventory, Placed};
use crate::repository::topology::works::{Work, full_name};
use crate::repository::topology::{Parts, slips};
use crate::source::Span;

/// What the operator can inject an agent into.
const LANGUAGES: [&str; 8] = [
    "java",
    "nodejs",
    "python",
    "dotnet",
    "go",
    "sdk",
    "apache-httpd",
    "nginx",
];

/// What annotations ask the operator to inject.
struct Asked<'a> {
    what: What,
    /// The language of an agent.
    language: &'a str,
    /// What the annotation says: `true`, a name, or a namespace and a name.
    value: &'a Node,
    namespace: Option<&'a str>,
    /// Nothing for the only one of the namespace.
    name: Option<&'a str>,
}

/// What is injected.
#[derive(Debug, Clone, Copy)]
enum What {
    Agent,
    Sidecar,
}

impl What {
    /// The kind of the objects that tell how.
    fn kind(self) -> &'static str {
        match self {
            Self::Agent => "Instrumentation",
            Self::Sidecar => "OpenTelemetryCollector",
        }
    }

    /// Whether an object tells how.
    fn is_told_by(self, root: &Node) -> bool {
        let api = root.str_at(&["apiVersion"]);
        api.is_some_and(|api| api.starts_with("opentelemetry.io/"))
            && match self {
                Self::Agent => true,
                Self::Sidecar => root.str_at(&["spec", "mode"]) == Some("sidecar"),
            }
    }

    /// The faults of one that is not there, and of several to choose from.
    fn faults(self) -> (&'static str, &'static str) {
        match self {
            Self::Agent => ("no-instrumentation", "several-instrumentations"),
            Self::Sidecar => ("no-sidecar", "several-sidecars"),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Agent => "Instrumentation",
            Self::Sidecar => "sidecar collector",
        }
    }
}

/// What the annotations of a workload ask for, first of all or for a container.
fn asked<'a>(work: &Work<'a>, what: What, container: Option<&Node>) -> Option<Asked<'a>> {
    let annotations = work.node.get("annotations")?.entries().iter();
    let mut asked = annotations.filter_map(|entry| match what {
        What::Agent => {
            let language = entry.key.strip_prefix(INJECT_AGENT)?;
            let is_for = |container| operator::is_chosen(work.node, container, language);
            (LANGUAGES.contains(&language) && container.is_none_or(is_for))
                .then_some((language, &entry.value))
        }
        What::Sidecar => (entry.key == INJECT_SIDECAR).then_some(("", &entry.value)),
    });
    let (language, value) = asked.next()?;
    if operator::refuses(value) {
        return None;
    }
    let wanted = match value.as_bool() {
        Some(_) => "true",
        None => value.as_str()?,
    };
    let (namespace, name) = match wanted.split_once('/') {
        Some((namespace, name)) => (Some(namespace), Some(name)),
        None => (
            work.namespace(),
            Some(wanted).filter(|name| !name.eq_ignore_ascii_case("true")),
        ),
    };
    Some(Asked {
        what,
        language,
        value,
        namespace,
        name,
    })
}

/// How many languages the annotations of a workload ask for.
pub(super) fn languages(work: &Work<'_>) -> usize {
    let annotations = work.node.get("annotations").map_or(&[][..], Node::entries);
    let asking = annotations
        .iter()
        .filter(|entry| entry.key.starts_with(INJECT_AGENT));
    asking.count()
}

/// The objects that fit what is asked for, of the nearest environment that has any.
fn fitting<'a>(
    inventory: &Inventory<'a>,
    environment: usize,
    asked: &Asked<'_>,
) -> Vec<Placed<'a>> {
    let levels = inventory.levels(environment).iter();
    let mut found = levels.map(|level| {
        let seen = seen(inventory, environment, asked.what);
        let own = seen.filter(|placed| placed.environment == *level);
        let fits = own.filter(|placed| {
            let is_here = placed.namespace() == asked.namespace || placed.namespace().is_none();
            is_here && (asked.name.is_none() || placed.name() == asked.name)
        });
        fits.collect::<Vec<Placed<'a>>>()
    });
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

/// The objects that are seen from an environment.
fn seen<'a>(
    inventory: &Inventory<'a>,
    environment: usize,
    what: What,
) -> impl Iterator<Item = Placed<'a>> {
    let seen = inventory.seen(what.kind(), environment);
    seen.filter(move |placed| what.is_told_by(placed.root))
}

/// The Instrumentation that the operator injects into a container of a workload, where the files tell one, and the
/// language.
pub(super) fn agent<'a, 'w>(
    inventory: &Inventory<'a>,
    (work, container): (&Work<'w>, &Node),
) -> Option<(&'a Node, &'w str)> {
    let asked = asked(work, What::Agent, Some(container))?;
    match fitting(inventory, work.environment, &asked)[..] {
        [one] => Some((one.root, asked.language)),
        _ => None,
    }
}

/// The collector that the operator puts beside the containers of a workload, where the files tell one.
pub(super) fn sidecar<'a>(inventory: &Inventory<'a>, work: &Work<'_>) -> Option<&'a Node> {
    let asked = asked(work, What::Sidecar, None)?;
    match fitting(inventory, work.environment, &asked)[..] {
        [one] => Some(one.root),
        _ => None,
    }
}

/// What keeps the operator from injecting, with the place of the annotation.
pub(super) fn faults(
    parts: &Parts<'_>,
    work: &Work<'_>,
) -> impl Iterator<Item = (Fault, Span, Vec<Step>)> {
    let all = [What::Agent, What::Sidecar].into_iter();
    all.filter_map(|what| fault(parts, work, &asked(work, what, None)?))
}

/// Whether some workload is meant by an object that tells how to inject.
fn is_taken(parts: &Parts<'_>, what: What, object: &Placed<'_>) -> bool {
    parts.works.iter().any(|work| {
        let asked = asked(work, what, None);
        let found = asked.map(|asked| fitting(parts.inventory, work.environment, &asked));
        let mut found = found.into_iter().flatten();
        found.any(|one| std::ptr::eq(one.root, object.root))
    })
}

/// The mode of the collector that is asked for as a sidecar and is none.
fn of_other_mode<'a>(
    inventory: &Inventory<'a>,
    work: &Work<'_>,
    asked: &Asked<'_>,
) -> Option<&'a str> {
    let mut all = inventory.seen(asked.what.kind(), work.environment);
    let found =
        all.find(|placed| placed.name() == asked.name && placed.namespace() == asked.namespace);
    let root = found.filter(|_| matches!(asked.what, What::Sidecar))?.root;
    match root.at(&["spec", "mode"]) {
        None => Some("deployment"),
        Some(mode) => mode.as_str().filter(|mode| *mode != "sidecar"),
    }
}

/// No object of that name, or several to choose from.
fn fault(
    parts: &Parts<'_>,
    work: &Work<'_>,
    asked: &Asked<'_>,
) -> Option<(Fault, Span, Vec<Step>)> {
    let inventory = parts.inventory;
    let found = fitting(inventory, work.environment, asked);
    // Where a manifest states no namespace, the deployment tool decides who meets whom.
    let namespace = asked.namespace?;
    let all: Vec<Placed<'_>> = seen(inventory, work.environment, asked.what).collect();
    let shown = |placed: &Placed<'_>| full_name(placed.namespace(), placed.name().unwrap_or("?"));
    // Others of the namespace show that it is among the files what is in it.
    let is_meant = |name: &str| {
        let mut others = all.iter().filter(|other| other.namespace().is_some());
        others.any(|other| other.name() == Some(name) || other.namespace() == Some(namespace))
            || slips::meant(name, all.iter().filter_map(Placed::name)).is_some()
    };
    let is_exact = found
        .iter()
        .all(|placed| placed.namespace() == Some(namespace));
    let (missing, several) = asked.what.faults();
    let words = asked.what.words();
    let (kind, detail, named) = match (found.len(), asked.name) {
        (0, Some(name)) if let Some(other) = of_other_mode(inventory, work, asked) => (
            missing,
            format!(
                "OpenTelemetryCollector `{name}` in namespace `{namespace}` is of mode `{other}`"
            ),
            &found,
        ),
        (0, Some(name)) if is_meant(name) => (
            missing,
            format!("there is no {words} `{name}` in namespace `{namespace}`"),
            &all,
        ),
        // Those of other namespaces that nothing asks for were meant.
        (0, None)
            if !all.is_empty()
                && !inventory.is_open(work.environment)
                && all.iter().all(|placed| {
                    placed.namespace().is_some() && !is_taken(parts, asked.what, placed)
                }) =>
        {
            (
                missing,
                format!(
                    "there is no {words} in namespace `{namespace}`, where `true` looks for it"
                ),
                &all,
            )
        }
        (count, None) if count > 1 && is_exact => (
            several,
            format!("namespace `{namespace}` has {count} {words}s, and the annotation names none"),
            &found,
        ),
        _ => return None,
    };
    let steps = named.iter().map(|placed| Step {
        place: object_label(placed.root),
        text: format!("{} `{}`", asked.what.kind(), shown(placed)),
    });
    let fault = Fault {
        kind,
        detail,
        nearest: named.iter().map(shown).collect::<Vec<_>>().join(", "),
    };
    Some((fault, asked.value.span, steps.collect()))
}
