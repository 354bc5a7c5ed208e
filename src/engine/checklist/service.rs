//! The service that a checklist is about: its container, and what belongs to it.

use crate::document::{Entry, Node};
use crate::engine::checklist::{Basis, node};
use crate::finding::{Evidence, Finding};
use crate::picture::{End, EndKind, Hop, Path};
use crate::repository::{Subject, SubjectKind};
use crate::source::{Span, Views};

/// A container that is a service, with everything that belongs to it.
pub(super) struct Service<'a> {
    pub(super) basis: Basis<'a>,
    /// Its name in the picture, such as `shop/cart`.
    pub(super) name: String,
    /// Its end in the picture; nothing for one that sends nothing over OTLP.
    pub(super) end: Option<usize>,
    pub(super) subject: &'a Subject,
    pub(super) container: &'a Node,
    pub(super) workload: &'a Node,
    /// The environment of the container.
    pub(super) environment: Option<&'a Node>,
    /// The Dockerfile of its image, where one of the repository can be told to be it.
    pub(super) image: Option<&'a Subject>,
    /// Its lists of packages.
    pub(super) packages: Vec<&'a Subject>,
}

/// The services of a name: those that are traced, else those that are not.
pub(super) fn called<'a>(basis: Basis<'a>, wanted: &str) -> Vec<Service<'a>> {
    let containers = basis.subjects(SubjectKind::Container);
    let mut found: Vec<Service<'a>> = containers
        .flat_map(|subject| services(basis, subject, Some(wanted)))
        .collect();
    if found.iter().any(|service| service.end.is_some()) {
        found.retain(|service| service.end.is_some());
    }
    found
}

/// The services that are traced.
pub(super) fn traced(basis: Basis<'_>) -> Vec<Service<'_>> {
    let containers = basis.subjects(SubjectKind::Container);
    let all = containers.flat_map(|subject| services(basis, subject, None));
    all.filter(|service| service.end.is_some()).collect()
}

/// A container as the service of a name, or of any, in each environment whose ways differ; nothing for init containers,
/// for collectors and for others.
fn services<'a>(basis: Basis<'a>, subject: &'a Subject, wanted: Option<&str>) -> Vec<Service<'a>> {
    let [container, workload, _] = subject.bindings.as_slice() else {
        return Vec::new();
    };
    let Some(name) = service_name((container, workload), wanted) else {
        return Vec::new();
    };
    let picture = &basis.repository.picture;
    let views = |end: &End| {
        let own = picture.environments.get(end.environment);
        own.map_or(subject.views, |own| own.views.both(subject.views))
    };
    let here = |end: &End| end.place == Some(workload.label()) && views(end) != Views::NONE;
    let is_it = |end: &End| here(end) && end.kind == EndKind::Service && end.name == name;
    let is_part = |end: &End| here(end) && end.kind != EndKind::Service;
    let ends = picture.ends.iter().enumerate();
    let own: Vec<(usize, Views)> = ends
        .filter(|(_, end)| is_it(end))
        .map(|(at, end)| (at, views(end)))
        .collect();
    let service = |end: Option<usize>, views: Views| {
        let basis = Basis { views, ..basis };
        let environments = basis.subjects(SubjectKind::Environment);
        let mut own = environments.filter(|environment| environment.label == subject.label);
        Service {
            basis,
            name: name.clone(),
            end,
            subject,
            container,
            workload,
            environment: own.find_map(node),
            image: image(basis, container),
            packages: packages(basis, container),
        }
    };
    if own.is_empty() && !picture.ends.iter().any(is_part) {
        return vec![service(None, subject.views.both(basis.views))];
    }
    own.into_iter()
        .map(|(end, views)| service(Some(end), views))
        .collect()
}

/// The name of a service, if it is the wanted one.
fn service_name((container, workload): (&Node, &Node), wanted: Option<&str>) -> Option<String> {
    if container.get("is_init").and_then(Node::as_bool) == Some(true) {
        return None;
    }
    let whole = full_name(workload)?;
    let containers = workload.get("containers").map_or(&[][..], Node::items);
    let name = match containers {
        [_] => whole.clone(),
        _ => format!("{whole}/{}", container.str_at(&["name"]).unwrap_or("?")),
    };
    let is_meant = |wanted| is_called(&name, wanted) || is_called(&whole, wanted);
    wanted.is_none_or(is_meant).then_some(name)
}

/// The Dockerfile that a container's image is built from, as far as files tell or let guess.
fn image<'a>(basis: Basis<'a>, container: &Node) -> Option<&'a Subject> {
    let path = container.str_at(&["recipe", "path"])?;
    let mut dockerfiles = basis.subjects(SubjectKind::Dockerfile);
    dockerfiles.find(|subject| path_of(basis, subject) == path)
}

/// The lists of packages that belong to a container's image.
fn packages<'a>(basis: Basis<'a>, container: &Node) -> Vec<&'a Subject> {
    let paths = container.get("packages").map_or(&[][..], Node::items);
    let paths: Vec<&str> = paths.iter().filter_map(Node::as_str).collect();
    let lists = basis.subjects(SubjectKind::Dependencies);
    let own = lists.filter(|subject| paths.contains(&path_of(basis, subject)));
    own.collect()
}

/// The path of the file that a subject stands in.
fn path_of<'a>(basis: Basis<'a>, subject: &Subject) -> &'a str {
    let file = basis.repository.file(subject.file);
    file.map_or("", |file| &file.path)
}

/// The name of a workload with its namespace.
fn full_name(workload: &Node) -> Option<String> {
    let name = workload.str_at(&["name"])?;
    Some(match workload.str_at(&["namespace"]) {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    })
}

/// Whether a name is the wanted one, with or without what stands before it.
fn is_called(name: &str, wanted: &str) -> bool {
    let before = name.strip_suffix(wanted);
    before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

impl<'a> Service<'a> {
    /// The name of its workload.
    pub(super) fn workload_name(&self) -> &'a str {
        self.workload.str_at(&["name"]).unwrap_or("?")
    }

    /// Its paths in the picture.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'a Path> {
        let (paths, end) = (self.basis.repository.picture.paths.iter(), self.end);
        paths.filter(move |path| Some(path.service) == end)
    }

    /// The hops of a path.
    pub(super) fn hops(&self, path: &'a Path) -> impl Iterator<Item = &'a Hop> {
        let hops = &self.basis.repository.picture.hops;
        path.hops.iter().filter_map(|at| hops.get(*at))
    }

    /// The hops that leave the service itself.
    pub(super) fn first_hops(&self) -> impl Iterator<Item = &'a Hop> {
        let (hops, end) = (self.basis.repository.picture.hops.iter(), self.end);
        hops.filter(move |hop| Some(hop.from) == end)
    }

    /// A variable that its process sees.
    pub(super) fn variable(&self, name: &str) -> Option<&'a Entry> {
        self.variables().find(|entry| entry.key == name)
    }

    /// The variables that its process sees, then those of an image that may be its own.
    pub(super) fn variables(&self) -> impl Iterator<Item = &'a Entry> {
        let image = self.image.and_then(node);
        let of_image = image.and_then(|image| image.at(&["final_stage", "env"]));
        let effective = self.environment.and_then(|own| own.get("effective"));
        let both = [effective, of_image];
        both.into_iter().flatten().flat_map(Node::entries)
    }

    /// Whether something that was judged is the service, or belongs to it.
    pub(super) fn owns(&self, span: Span, object: &str) -> bool {
        self.owns_object(span, object) || self.sources().any(|source| source.file == span.file)
    }

    /// Whether something that was judged is the workload, the container or a way of the service.
    pub(super) fn owns_object(&self, span: Span, object: &str) -> bool {
        let container = self.subject.object.as_str();
        let workload = container
            .rsplit_once('/')
            .map_or("", |(workload, _)| workload);
        let way = format!("service/{}", self.name);
        let is_own = object == workload || within(object, container) || within(object, &way);
        is_own && !self.is_namesake_in(span)
    }

    /// Whether a span is in a file that holds a container of the same name: that of another environment.
    fn is_namesake_in(&self, span: Span) -> bool {
        let mut all = self.basis.subjects(SubjectKind::Container);
        span.file != self.subject.file
            && all.any(|other| other.file == span.file && other.object == self.subject.object)
    }

    /// What rules of a family found about the service.
    pub(super) fn found(&self, family: &str, is_it: impl Fn(&Finding) -> bool) -> Vec<Evidence> {
        self.basis.found(|found| {
            let is_ours = found.rule.starts_with(family) && is_it(found);
            is_ours && self.owns(found.span, &found.object)
        })
    }

    /// The Dockerfile and the lists of packages.
    pub(super) fn sources(&self) -> impl Iterator<Item = &'a Subject> {
        self.image.into_iter().chain(self.packages.iter().copied())
    }

    /// What its program is written in, and where that shows.
    pub(super) fn language(&self) -> Option<Evidence> {
        let listed = self.environment.and_then(|own| own.get("languages"));
        let by_container = listed.and_then(|list| list.items().first());
        let of_source = |source: &'a Subject| node(source)?.get("language");
        let mut all = by_container
            .into_iter()
            .chain(self.sources().filter_map(of_source));
        let told = |language: &'a Node| Some(Evidence::at(language.span, language.as_str()?));
        all.find_map(told)
    }
}

/// Whether a logical name is another one, or below it.
fn within(object: &str, top: &str) -> bool {
    let rest = object.strip_prefix(top);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
