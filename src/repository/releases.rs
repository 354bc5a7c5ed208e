//! Releases of Erlang programs, with what their own applications ask for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::artifact::{Application, Artifact, Reading};
use crate::document::{List, Node, Reason, Value};
use crate::repository::derived;
use crate::source::{SourceFile, folder};

/// Applications that come with Erlang and ask for nothing else.
const OF_ERLANG: [&str; 31] = [
    "asn1",
    "common_test",
    "compiler",
    "crypto",
    "debugger",
    "dialyzer",
    "diameter",
    "edoc",
    "eldap",
    "erl_interface",
    "erts",
    "et",
    "eunit",
    "ftp",
    "inets",
    "kernel",
    "mnesia",
    "observer",
    "odbc",
    "os_mon",
    "parsetools",
    "public_key",
    "reltool",
    "runtime_tools",
    "sasl",
    "snmp",
    "ssh",
    "ssl",
    "stdlib",
    "syntax_tools",
    "tools",
];

/// Public packages that are often taken from their repositories, and ask for no SDK.
const PUBLIC: [&str; 24] = [
    "brod",
    "cowboy",
    "cowlib",
    "eleveldb",
    "emqtt",
    "epgsql",
    "erlcloud",
    "gproc",
    "grpcbox",
    "gun",
    "hackney",
    "jiffy",
    "jsone",
    "jsx",
    "lager",
    "meck",
    "pgo",
    "poolboy",
    "prometheus",
    "ranch",
    "recon",
    "rocksdb",
    "telemetry",
    "uuid",
];

/// Folders below which a project keeps its applications.
const PROJECTS: [&str; 2] = ["apps", "lib"];

/// The Erlang applications of a repository.
pub(super) struct Applications<'a> {
    by_name: BTreeMap<&'a str, Vec<(&'a str, &'a Application)>>,
    /// The folders that hold a `rebar.config`.
    projects: Vec<&'a str>,
}

impl<'a> Applications<'a> {
    pub(super) fn new(files: &'a [SourceFile], readings: &'a [Reading]) -> Self {
        let mut by_name: BTreeMap<&str, Vec<(&str, &Application)>> = BTreeMap::new();
        let mut projects = Vec::new();
        for (file, reading) in files.iter().zip(readings) {
            if let Some(application) = &reading.application {
                let own = by_name.entry(&application.name).or_default();
                own.push((&file.path, application));
            }
            let is_rebar = |artifact: &Artifact| match artifact {
                Artifact::Dependencies(dependencies) => {
                    dependencies.root.str_at(&["ecosystem"]) == Some("rebar3")
                }
                Artifact::Object(_)
                | Artifact::Dockerfile(_)
                | Artifact::Collector(_)
                | Artifact::Inventory(_)
                | Artifact::SysConfig(_)
                | Artifact::Runbook(_)
                | Artifact::Code(_) => false,
            };
            if reading.artifacts.iter().any(is_rebar) {
                projects.push(folder(&file.path));
            }
        }
        Self { by_name, projects }
    }

    /// A list of packages as rules see it: releases with what their own applications ask for, and open where
    /// applications of the project have lists of their own.
    pub(super) fn joined(&self, path: &str, root: &Node) -> Node {
        if root.str_at(&["ecosystem"]) != Some("rebar3") {
            return root.clone();
        }
        let home = folder(path);
        let packages = root.get("packages");
        let releases = root.get("releases").map_or(&[][..], Node::items);
        let releases = releases.iter().map(|release| {
            let required = self.required(home, release, packages);
            let mut node = derived(release);
            node.share_all(release);
            node.put("required", required).build()
        });
        let releases = Node::list(root.label(), releases.collect());
        let mut node = derived(root);
        node.share_all(root);
        if let Some(packages) = packages.filter(|_| self.is_umbrella(home)) {
            node.put("packages", opened(packages));
        }
        node.put("releases", releases).build()
    }

    /// Whether a project has applications with a `rebar.config` of their own.
    fn is_umbrella(&self, home: &str) -> bool {
        self.projects.iter().any(|project| {
            let inside = inside(home, project);
            let first = inside.and_then(|inside| inside.split('/').next());
            first.is_some_and(|first| PROJECTS.contains(&first))
        })
    }

    /// What the own applications of a release ask for; open where one of them is not among the files.
    fn required(&self, home: &str, release: &Node, packages: Option<&Node>) -> Node {
        let mut found: Vec<&str> = Vec::new();
        let mut open = None;
        let listed = release.get("applications");
        let at = listed.map_or(release.label(), |listed| listed.span);
        let listed = listed.map_or(&[][..], Node::items).iter();
        let mut asked: Vec<&str> = listed.filter_map(|one| one.str_at(&["name"])).collect();
        while let Some(name) = asked.pop() {
            let package = packages.and_then(|packages| packages.get(name));
            if let Some(version) = package {
                if !asks_for_no_sdk(name, version) {
                    let reason = || Reason::Elsewhere(format!("what `{name}` asks for").into());
                    open.get_or_insert_with(reason);
                }
                continue;
            }
            if OF_ERLANG.contains(&name) {
                continue;
            }
            let known = self.by_name.get(name).map_or(&[][..], Vec::as_slice).iter();
            let own = known.filter(|(path, _)| inside(home, path).is_some());
            let own: Vec<&Application> = own.map(|(_, application)| *application).collect();
            if own.is_empty() || own.iter().any(|application| !application.is_whole) {
                let reason = || Reason::Elsewhere(format!("`{name}.app.src`").into());
                open.get_or_insert_with(reason);
            }
            for required in own.iter().flat_map(|application| &application.required) {
                if !found.contains(&required.as_str()) {
                    found.push(required);
                    asked.push(required);
                }
            }
        }
        let items = found.iter().map(|name| Node::string(at, *name)).collect();
        Node::new(at, Value::List(Arc::new(List::new(items, open))))
    }
}

/// Whether a package is known to ask for the API alone, if for anything: one that is published, and is not about
/// telemetry itself. What is taken from a repository may be an organisation's own, and bring the SDK along.
fn asks_for_no_sdk(name: &str, version: &Node) -> bool {
    let words = ["otel", "tracing", "observability"];
    let is_wrapper = words.iter().any(|word| name.contains(word));
    let is_published = !version.is_unknown() || PUBLIC.contains(&name);
    name.starts_with("opentelemetry") || is_published && !is_wrapper
}

/// The same packages, of which there may be more.
fn opened(packages: &Node) -> Node {
    let mut open = derived(packages);
    open.share_all(packages);
    let reason = Reason::Elsewhere("what the applications of the project list".into());
    open.open(packages.openness().unwrap_or(reason)).build()
}

/// A path from a folder, where it is inside.
fn inside<'p>(home: &str, path: &'p str) -> Option<&'p str> {
    match home {
        "" => Some(path).filter(|path| !path.is_empty()),
        _ => path.strip_prefix(home)?.strip_prefix('/'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{Repository, SubjectKind};
    use crate::source::sources;

    const REBAR: &str = "{deps, [{cowboy, \"2.0\"}, opentelemetry, {shop_lib, {git, \"https://h.example/x\"}}]}.\n{relx, [{release, {cart, \"1\"}, [cart, sasl]}]}.\n";

    /// What the first release asks for, and whether that is all; and whether the packages are.
    fn joined(files: &[(&str, &str)]) -> (String, bool, bool) {
        let repository = Repository::build(sources(files));
        let mut subjects = repository.subjects.iter();
        let found = subjects.find(|subject| subject.kind == SubjectKind::Dependencies);
        let root = &found.unwrap().bindings[0];
        let required = root.get("releases").unwrap().items()[0]
            .get("required")
            .unwrap();
        let names: Vec<&str> = required.items().iter().filter_map(Node::as_str).collect();
        let is_all = |node: &Node| node.openness().is_none();
        (
            names.join(" "),
            is_all(required),
            is_all(root.get("packages").unwrap()),
        )
    }

    #[test]
    fn own_applications_are_asked_for_what_they_ask_for() {
        let cart = "{application, cart, [{applications, [kernel, cowboy, cart_db]}, {included_applications, [tools]}]}.";
        let db = "{application, cart_db, [{applications, [stdlib, opentelemetry]}]}.";
        let files = [
            ("rebar.config", REBAR),
            ("apps/cart/src/cart.app.src", cart),
            ("apps/cart_db/src/cart_db.app.src", db),
        ];
        let all = "kernel cowboy cart_db tools stdlib opentelemetry";
        assert_eq!(joined(&files), (all.to_owned(), true, true));
        assert!(!joined(&files[..2]).1, "one is not among the files");
        assert_eq!(joined(&files[..1]), (String::new(), false, true));
        let foreign = cart.replace("cart_db", "shop_lib");
        let files = [files[0], ("src/cart.app.src", &foreign)];
        assert!(
            !joined(&files).1,
            "a package of their own may bring the SDK along"
        );
    }

    #[test]
    fn applications_of_an_umbrella_may_list_more_packages() {
        let files = [
            ("rebar.config", REBAR),
            ("apps/cart/rebar.config", "{deps, []}.\n"),
        ];
        assert!(!joined(&files).2);
        let files = [
            ("rebar.config", REBAR),
            ("other/rebar.config", "{deps, []}.\n"),
        ];
        assert!(joined(&files).2);
    }
}
