//! `rebar.config` with its profiles and releases, the releases of `mix.exs`, and `*.app.src`.
//!
//! Source: the documentation of rebar3, "Configuration", "Profiles" and "Releases", and of `mix release`.

use std::sync::LazyLock;

use regex::Regex;

use super::Packages;
use crate::artifact::erlang::{Shape, Term, terms};
use crate::document::{List, MapBuilder, Node, Reason, Value};
use crate::source::{SourceFile, Span};

/// Profiles whose packages are in no release.
const FOR_DEVELOPMENT: [&str; 12] = [
    "test", "dev", "local", "check", "lint", "docs", "ct", "eunit", "proper", "bench", "dialyzer",
    "format",
];

/// The applications that an Erlang application asks for.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// What must be started before it, and what it includes.
    pub required: Vec<String>,
    /// Whether the list holds everything.
    pub is_whole: bool,
}

/// Reads `rebar.config`.
pub(super) fn rebar(file: &SourceFile, packages: &mut Packages) {
    let found = terms(file);
    if !found.is_whole {
        packages.open("what does not parse");
    }
    packages.label = Some(packages.file);
    for term in &found.terms {
        match term.setting() {
            Some(("deps", [deps, ..])) => {
                packages.label = term.tuple().first().map(|name| name.span);
                add(deps, packages, false);
            }
            Some(("relx", rest)) => rest.iter().for_each(|relx| releases(relx, packages)),
            Some(("profiles", [profiles, ..])) => {
                for profile in profiles.list().unwrap_or_default() {
                    self::profile(profile, packages);
                }
            }
            _ => {}
        }
    }
}

/// What a profile adds: to what is released, unless it is one for development.
fn profile(profile: &Term, packages: &mut Packages) {
    let Some((name, [settings, ..])) = profile.setting() else {
        return;
    };
    let is_dev = FOR_DEVELOPMENT.contains(&name);
    if let Some(deps) = settings.value("deps") {
        add(deps, packages, is_dev);
    }
    if let Some(relx) = settings.value("relx").filter(|_| !is_dev) {
        releases(relx, packages);
    }
}

/// Adds a list of packages: `name`, `{name, "1.2"}`, `{name, {git, ...}}`.
fn add(deps: &Term, packages: &mut Packages, is_dev: bool) {
    let Some(deps) = deps.list() else {
        packages.open("a list that is not written out");
        return;
    };
    for dep in deps {
        let Some(name) = dep.tuple().first().or(Some(dep)) else {
            continue;
        };
        let Some(text) = name.atom() else { continue };
        let version = dep.tuple().get(1).and_then(version);
        if is_dev {
            packages.add_dev(text, name.span, version);
        } else {
            packages.add(text, name.span, version);
        }
    }
}

/// The version of a package; unknown for one that is taken from a repository.
fn version(term: &Term) -> Option<Node> {
    match &term.shape {
        Shape::Text(text) => Some(Node::string(term.span, text.as_str())),
        Shape::Tuple(_) if term.setting().is_some_and(|(tool, _)| tool != "pkg") => {
            let reason = Reason::Opaque("it is taken from a repository".into());
            Some(Node::unknown(term.span, "", reason))
        }
        Shape::Atom(_)
        | Shape::Number(_)
        | Shape::List(_)
        | Shape::Tuple(_)
        | Shape::Map(_)
        | Shape::Other => None,
    }
}

/// Adds the releases of `relx`: `{release, {name, "1.0"}, [applications]}`.
fn releases(relx: &Term, packages: &mut Packages) {
    for setting in relx.list().unwrap_or_default() {
        let Some(("release", [id, rest @ ..])) = setting.setting() else {
            continue;
        };
        let Some(name) = id.tuple().first().and_then(Term::atom) else {
            continue;
        };
        let extends = |part: &Term| part.setting().is_some_and(|(word, _)| word == "extend");
        let is_extended = rest.iter().any(extends);
        let list = rest.iter().find(|part| part.list().is_some());
        let applications = list.and_then(Term::list).unwrap_or_default();
        let applications = applications.iter().filter_map(application);
        let open = (is_extended || list.is_none())
            .then(|| Reason::Elsewhere("what the release is extended from".into()));
        let at = list.map_or(setting.span, |list| list.span);
        packages
            .releases
            .push(release((name, id.span), at, applications.collect(), open));
    }
}

/// An application of a release: `name`, `{name, type}`, `{name, "1.0", type}`.
fn application(term: &Term) -> Option<Node> {
    let name = term.tuple().first().unwrap_or(term);
    let mut words = term.tuple().iter().skip(1).rev().filter_map(Term::atom);
    let kind = words.next().unwrap_or("permanent");
    Some(entry(name.span, name.atom()?, kind))
}

fn entry(at: Span, name: &str, kind: &str) -> Node {
    MapBuilder::new(at)
        .label(at)
        .put("name", Node::string(at, name))
        .put("type", Node::string(at, kind))
        .build()
}

fn release((name, at): (&str, Span), list: Span, items: Vec<Node>, open: Option<Reason>) -> Node {
    let applications = Value::List(List::new(items, open).into());
    MapBuilder::new(at.to(list))
        .label(at)
        .put("name", Node::string(at, name))
        .put("applications", Node::new(list, applications))
        .build()
}

/// `name: [version: "1.0", applications: [one: :permanent]]` behind `releases`.
#[expect(clippy::expect_used, reason = "constant patterns, compiled by a test")]
static MIX_RELEASE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<name>[a-z_]\w*):\s*\[(?:[^\[\]]|\[[^\[\]]*\])*?\bapplications:\s*\[(?P<list>[^\[\]]*)\]")
        .expect("a constant pattern is valid")
});
/// `name: :type`.
#[expect(clippy::expect_used, reason = "constant patterns, compiled by a test")]
static MIX_APPLICATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?P<name>[a-z_]\w*):\s*:(?P<type>[a-z]+)").expect("a constant pattern is valid")
});

/// Adds the releases of `mix.exs`.
pub(super) fn mix_releases(file: &SourceFile, packages: &mut Packages) {
    let Some(start) = file.text.find("releases") else {
        return;
    };
    let text = file.text.get(start..).unwrap_or("");
    let span =
        |range: std::ops::Range<usize>| Span::new(file.id, start + range.start, start + range.end);
    for captures in MIX_RELEASE.captures_iter(text) {
        let (Some(name), Some(list)) = (captures.name("name"), captures.name("list")) else {
            continue;
        };
        let found = MIX_APPLICATION.captures_iter(list.as_str());
        let applications = found.filter_map(|captures| {
            let (name, kind) = (captures.name("name")?, captures.name("type")?);
            let from = list.start();
            let at = span(from + name.start()..from + kind.end());
            Some(entry(at, name.as_str(), kind.as_str()))
        });
        let applications: Vec<Node> = applications.collect();
        if applications.is_empty() {
            continue;
        }
        // Mix adds every package to the release.
        let open = Some(Reason::Elsewhere("what Mix adds to the release".into()));
        let place = (name.as_str(), span(name.range()));
        packages
            .releases
            .push(release(place, span(list.range()), applications, open));
    }
}

/// Reads `*.app.src`; nothing for a file that is none.
pub(in crate::artifact) fn app_src(file: &SourceFile) -> Option<Application> {
    let found = terms(file);
    let mut settings = found.terms.iter().filter_map(|term| match term.setting()? {
        ("application", [name, settings, ..]) => Some((name.atom()?, settings)),
        _ => None,
    });
    let (name, settings) = settings.next()?;
    let lists = ["applications", "included_applications"].map(|key| settings.value(key));
    let lists = || lists.iter().flatten();
    let names = lists().filter_map(|list| list.list()).flatten();
    Some(Application {
        name: name.to_owned(),
        required: names.filter_map(Term::atom).map(str::to_owned).collect(),
        is_whole: found.is_whole && lists().all(|list| list.list().is_some()),
    })
}
