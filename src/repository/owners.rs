//! Who answers for what: CODEOWNERS and the catalogue of Backstage.
//!
//! The main type is [`Ownership`]. A component of the catalogue names the owner of what it describes. A line of
//! CODEOWNERS names the owner of what it matches, unless it matches everything and others have lines of their own: who
//! gets what nobody else has need not know it.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::artifact::{Artifact, Owners, OwnersLine, Reading};
use crate::document::{Entry, MapBuilder, Node};
use crate::repository::recipes::{from_settings, shared_folders};
use crate::repository::{object_label, texts};
use crate::source::{SourceFile, Span, folder};

/// The annotation and the label by which Backstage finds the objects of a component.
const ID: &str = "backstage.io/kubernetes-id";

/// Places of a CODEOWNERS file in its repository, in the order in which GitHub looks; then GitLab's own.
const PLACES: [&str; 4] = [
    ".github/CODEOWNERS",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    ".gitlab/CODEOWNERS",
];

/// What the files say of owners.
pub(super) struct Ownership<'a> {
    /// CODEOWNERS by the folder of its repository.
    codes: BTreeMap<&'a str, Codes<'a>>,
    /// Components of the catalogue with the paths of their files.
    components: Vec<(&'a str, &'a Node)>,
}

/// A CODEOWNERS file that can be asked.
struct Codes<'a> {
    owners: &'a Owners,
    globs: GlobSet,
    /// For each glob the index of its line.
    lines: Vec<usize>,
    /// Whether a program has a line that is not for everything.
    is_for_programs: bool,
}

/// Who answers for something.
#[derive(Debug, Default)]
pub(super) struct Answerable {
    names: Vec<(String, Span)>,
    /// Whether only a line for everything gives it.
    is_for_all: bool,
    /// Whether other programs have lines of their own.
    are_others_told: bool,
}

impl<'a> Ownership<'a> {
    pub(super) fn new(files: &'a [SourceFile], readings: &'a [Reading]) -> Self {
        let mut found: BTreeMap<&str, (usize, &Owners)> = BTreeMap::new();
        let mut components = Vec::new();
        for (file, reading) in files.iter().zip(readings) {
            let objects = reading.artifacts.iter().filter_map(Artifact::object);
            let own = objects
                .map(|object| &object.root)
                .filter(|root| is_component(root));
            components.extend(own.map(|root| (&*file.path, root)));
            if let Some(owners) = &reading.owners {
                let rank = PLACES.iter().position(|place| file.path.ends_with(place));
                let rank = rank.unwrap_or(PLACES.len());
                let known = found.entry(&owners.home).or_insert((rank, owners));
                if rank < known.0 {
                    *known = (rank, owners);
                }
            }
        }
        let programs = dockerfiles(files, readings);
        let codes = found.into_iter().filter_map(|(home, (_, owners))| {
            let mut codes = Codes::new(owners)?;
            let inside = programs.iter().filter_map(|path| inside(home, path));
            let mut told = inside.filter_map(|path| codes.of(path));
            codes.is_for_programs = told.any(|told| !told.is_for_all);
            Some((home, codes))
        });
        Self {
            codes: codes.collect(),
            components,
        }
    }

    /// Who answers for some paths of one program, the most telling path first: by the first line that is not for
    /// everything, else by the one that is.
    pub(super) fn of_paths<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Answerable {
        let mut fallback = None;
        for path in paths {
            // The topmost file is that of the repository.
            let mut homes = self.codes.iter();
            let code = homes.find_map(|(home, code)| Some((code, inside(home, path)?)));
            let Some((code, inside)) = code else { continue };
            match code.of(inside) {
                Some(told) if told.is_for_all => fallback = fallback.or(Some((told, code))),
                Some(told) => return told,
                None => {}
            }
        }
        let Some((mut told, code)) = fallback else {
            return Answerable::default();
        };
        told.are_others_told = code.is_for_programs;
        told
    }

    /// The component of the catalogue that describes a workload: the only one, or the nearest.
    fn component(&self, owned: Owned<'_>) -> Option<&'a Node> {
        let metadata = owned.root.get("metadata");
        let label = metadata.and_then(|metadata| metadata.at(&["labels", ID]));
        let label = label.or_else(|| owned.labels?.get(ID));
        let name = label.or_else(|| metadata?.get("name"))?.as_str()?;
        let describes = |root: &Node| {
            let id = root.at(&["metadata", "annotations", ID]);
            let own = id.or_else(|| root.at(&["metadata", "name"]));
            own.and_then(Node::as_str) == Some(name)
        };
        let fitting = self.components.iter().filter(|(_, root)| describes(root));
        let near = |path: &str| shared_folders(folder(path), folder(owned.manifest));
        let fitting: Vec<(usize, &Node)> =
            fitting.map(|(path, root)| (near(path), *root)).collect();
        let nearest = fitting.iter().map(|(near, _)| *near).max()?;
        let mut best = fitting.iter().filter(|(near, _)| *near == nearest);
        let (_, found) = best.next()?;
        best.next().is_none().then_some(found)
    }
}

impl<'a> Codes<'a> {
    /// Nothing for a file with patterns that cannot be followed.
    fn new(owners: &'a Owners) -> Option<Self> {
        let mut set = GlobSetBuilder::new();
        let mut lines = Vec::new();
        for (at, line) in owners.lines.iter().enumerate() {
            for glob in &line.globs {
                let mut builder = GlobBuilder::new(glob);
                builder.literal_separator(true).backslash_escape(true);
                set.add(builder.build().ok()?);
                lines.push(at);
            }
        }
        Some(Self {
            owners,
            globs: set.build().ok()?,
            lines,
            is_for_programs: false,
        })
    }

    /// Who answers for a path of the repository: the last line that matches it, of each section.
    fn of(&self, path: &str) -> Option<Answerable> {
        let mut last: BTreeMap<usize, &OwnersLine> = BTreeMap::new();
        for glob in self.globs.matches(path) {
            let line = self
                .lines
                .get(glob)
                .and_then(|at| self.owners.lines.get(*at));
            if let Some(line) = line {
                last.insert(line.section, line);
            }
        }
        let mut told: Vec<&OwnersLine> = last.into_values().collect();
        told.retain(|line| !line.owners.is_empty());
        let is_for_all = told.iter().all(|line| line.is_for_all);
        if !is_for_all {
            told.retain(|line| !line.is_for_all);
        }
        let names = told.iter().flat_map(|line| line.owners.iter().cloned());
        let names: Vec<(String, Span)> = names.collect();
        (!names.is_empty()).then_some(Answerable {
            names,
            is_for_all,
            are_others_told: false,
        })
    }
}

impl Answerable {
    /// Whether a line names somebody for this and not for everything.
    pub(super) fn is_own(&self) -> bool {
        !self.names.is_empty() && !self.is_for_all
    }

    /// The names as a list, which stands at the first of them.
    pub(super) fn node(&self, otherwise: Span) -> Node {
        let at = self.names.first().map_or(otherwise, |(_, span)| *span);
        let names = self.names.iter().map(|(name, span)| (*span, name.clone()));
        texts(at, names)
    }

    /// The same where others are known to have lines of their own, or to have none.
    pub(super) fn beside(mut self, are_others_told: bool) -> Self {
        self.are_others_told = are_others_told;
        self
    }

    /// Whether it is left to those who answer for everything that others do not have.
    pub(super) fn is_left_over(&self) -> bool {
        self.is_for_all && self.are_others_told
    }

    /// Whether somebody is named for this, and not for what is left over.
    pub(super) fn is_told(&self) -> bool {
        !self.names.is_empty() && !self.is_left_over()
    }

    /// Whether one of the names is another spelling of a name: `@shop/orders` of `Orders team`.
    pub(super) fn has(&self, name: &str) -> bool {
        let wanted = spelling(name);
        self.names.iter().any(|(own, _)| spelling(own) == wanted)
    }
}

/// A workload, for the question who answers for it.
#[derive(Clone, Copy)]
pub(super) struct Owned<'n> {
    pub(super) root: &'n Node,
    /// The labels of its pods.
    pub(super) labels: Option<&'n Node>,
    pub(super) containers: &'n Node,
    /// The path of its file.
    pub(super) manifest: &'n str,
}

/// What the files say of the owner of a workload, for its node: the component, who answers, and what tells it.
pub(super) fn put(node: &mut MapBuilder, ownership: &Ownership<'_>, owned: Owned<'_>) {
    let at = object_label(owned.root);
    let component = ownership.component(owned);
    let owner = component.and_then(|component| component.at(&["spec", "owner"]));
    let code = ownership.of_paths(paths(owned.containers, owned.manifest));
    let (names, told_by) = match owner.filter(|owner| is_somebody(owner)) {
        Some(owner) => (Node::list(owner.span, vec![owner.clone()]), "catalog"),
        None if code.is_told() => (code.node(at), "codeowners"),
        None => (Node::list(at, Vec::new()), ""),
    };
    node.put_some("component", component.cloned())
        .put("owners", names)
        .put("owners_told_by", Node::string(at, told_by));
}

/// The paths that tell the owner of a workload: the Dockerfiles of its images, then its manifest.
pub(super) fn paths<'n>(containers: &'n Node, manifest: &'n str) -> Vec<&'n str> {
    let containers = containers.items().iter();
    let built = containers.filter(|container| container.get("built").is_some());
    let dockerfiles = built.filter_map(|container| container.str_at(&["recipe", "path"]));
    dockerfiles.chain([manifest]).collect()
}

/// Whether a value names anybody.
pub(super) fn is_somebody(owner: &Node) -> bool {
    owner.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// The folders that the settings give a service, as paths of something inside.
pub(super) fn folders(settings: &str, service: &Entry) -> Vec<String> {
    let folders = service.value.get("paths").map_or(&[][..], Node::items);
    let folders = folders.iter().filter_map(Node::as_str);
    let inside = |folder: &str| {
        let path = from_settings(settings, folder.trim_end_matches('/'));
        format!("{path}/Dockerfile")
    };
    folders.map(inside).collect()
}

/// What an owner is called, without the organisation, the kind and the word for a team.
fn spelling(name: &str) -> String {
    let name = name.trim().to_lowercase().replace([' ', '_'], "-");
    let name = name.rsplit(['/', ':']).next().unwrap_or("");
    let name = name.trim_start_matches('@');
    let name = name.strip_suffix("-team").unwrap_or(name);
    name.strip_prefix("team-").unwrap_or(name).to_owned()
}

fn is_component(root: &Node) -> bool {
    let api = root.str_at(&["apiVersion"]);
    root.str_at(&["kind"]) == Some("Component")
        && api.is_some_and(|api| api.starts_with("backstage.io/"))
}

/// The paths of the Dockerfiles of a repository.
fn dockerfiles<'a>(files: &'a [SourceFile], readings: &'a [Reading]) -> Vec<&'a str> {
    let is_dockerfile = |artifact: &Artifact| matches!(artifact, Artifact::Dockerfile(_));
    let all = files.iter().zip(readings);
    let those = all.filter(|(_, reading)| reading.artifacts.iter().any(is_dockerfile));
    those.map(|(file, _)| &*file.path).collect()
}

/// A path from the folder of a repository, where it is inside.
fn inside<'p>(home: &str, path: &'p str) -> Option<&'p str> {
    if home.is_empty() {
        return Some(path);
    }
    path.strip_prefix(home)?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{Repository, SubjectKind};
    use crate::source::sources;

    const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: order, namespace: shop}\nspec: {template: {spec: {containers: [{name: app, image: 'registry.example.com/shop/order:1'}]}}}\n";

    /// The owners of the first workload, and what tells them.
    fn owners(files: &[(&str, &str)]) -> String {
        let repository = Repository::build(sources(files));
        let mut subjects = repository.subjects.iter();
        let found = subjects.find(|subject| subject.kind == SubjectKind::Workload);
        let workload = &found.unwrap().bindings[0];
        let names = workload.get("owners").unwrap().items().iter();
        let names: Vec<&str> = names.filter_map(Node::as_str).collect();
        let told_by = workload.str_at(&["owners_told_by"]).unwrap();
        format!("{} {told_by}", names.join(","))
    }

    /// The owners of a workload by the lines of CODEOWNERS.
    fn by(lines: &str) -> String {
        owners(&[
            (".github/CODEOWNERS", lines),
            ("deploy/shop/order.yaml", MANIFEST),
        ])
    }

    #[test]
    fn the_last_line_that_matches_tells() {
        for (lines, wanted) in [
            ("/deploy/ @a\n/deploy/shop/ @b @c\n", "@b,@c codeowners"),
            ("/deploy/shop/ @b\n*.yaml @a\n", "@a codeowners"),
            ("deploy/* @a\n", " "),
            ("deploy/**/order.yaml @a\n", "@a codeowners"),
            ("shop/ @a\n", "@a codeowners"),
            ("/shop/ @a\n", " "),
            ("/deploy @a\n/deploy/shop/\n", " "),
            ("order.yaml @a\n", "@a codeowners"),
            ("/deploy/[s]hop/ @a\n", " "),
            ("* @all\n", "@all codeowners"),
        ] {
            assert_eq!(by(lines), wanted, "{lines}");
        }
    }

    #[test]
    fn sections_each_tell() {
        let lines = "* @all\n[Shop] @shop\ndeploy/shop/\n[Manifests]\n*.yaml @ops\n";
        assert_eq!(by(lines), "@shop,@ops codeowners");
    }

    #[test]
    fn the_dockerfile_tells_more_than_the_manifest() {
        let lines = "/deploy/ @ops\n/services/order/ @orders\n";
        let files = [
            ("CODEOWNERS", lines),
            ("deploy/order.yaml", MANIFEST),
            ("services/order/Dockerfile", "FROM scratch\n"),
        ];
        assert_eq!(owners(&files), "@orders codeowners");
    }

    #[test]
    fn what_is_left_over_is_nobodys_where_other_programs_have_owners() {
        let files = [
            ("CODEOWNERS", "* @all\n/services/cart/ @cart\n"),
            ("deploy/order.yaml", MANIFEST),
            ("services/cart/Dockerfile", "FROM scratch\n"),
        ];
        assert_eq!(owners(&files), " ");
        let alone = [files[0], files[1]];
        assert_eq!(owners(&alone), "@all codeowners");
    }

    #[test]
    fn github_takes_one_file_of_a_repository() {
        let files = [
            ("a/.github/CODEOWNERS", "* @first\n"),
            ("a/CODEOWNERS", "* @second\n"),
            ("a/deploy/CODEOWNERS", "* @third\n"),
            ("a/deploy/order.yaml", MANIFEST),
            ("b/CODEOWNERS", "* @other\n"),
        ];
        assert_eq!(owners(&files), "@first codeowners");
    }

    #[test]
    fn the_catalogue_tells_first() {
        let component = "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: orders, annotations: {backstage.io/kubernetes-id: order}}\nspec: {owner: group:default/orders}\n";
        let files = [
            ("CODEOWNERS", "/deploy/ @ops\n"),
            ("catalog-info.yaml", component),
            ("deploy/order.yaml", MANIFEST),
        ];
        assert_eq!(owners(&files), "group:default/orders catalog");
        let nobody = component.replace("group:default/orders", "''");
        assert_eq!(
            owners(&[files[0], ("catalog-info.yaml", &nobody), files[2]]),
            "@ops codeowners"
        );
        let labelled = MANIFEST.replace(
            "name: order,",
            "name: x, labels: {backstage.io/kubernetes-id: order},",
        );
        assert_eq!(
            owners(&[files[0], files[1], ("deploy/order.yaml", &labelled)]),
            "group:default/orders catalog"
        );
    }

    #[test]
    fn names_are_spelled_in_many_ways() {
        for name in [
            "@shop/orders",
            "Orders Team",
            "group:default/orders",
            "team-orders",
            "orders_team",
        ] {
            assert_eq!(spelling(name), "orders", "{name}");
        }
    }
}
