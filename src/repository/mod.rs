//! The joined picture of one repository: its artifacts, and the subjects that rules look at.
//!
//! The main type is [`Repository`]. Each subject binds variables to nodes whose shape [`schema`] documents. A fact that
//! needs a second file (an autoscaler, a `LimitRange`, a ConfigMap) is looked up here, and is unknown where the
//! repository holds more than one answer. This room judges nothing.

mod assertions;
mod canaries;
mod collectors;
mod command_line;
mod containers;
mod dockerfiles;
mod effective;
mod environments;
mod fields;
mod index;
mod kustomize;
mod language;
mod named;
pub(crate) mod operator;
mod options;
mod owners;
mod recipes;
mod registry;
mod releases;
mod runners;
pub mod schema;
mod secrets;
mod topology;
mod variables;
mod views;
mod whole;
mod workloads;

use rayon::prelude::*;

use crate::artifact::{self, Artifact, DocumentState, Reading};
use crate::document::{MapBuilder, Node, Reason};
use crate::picture::Picture;
use crate::source::{FileId, SourceFile, Span, Views};

pub use self::schema::SubjectKind;
pub use self::views::{AROUND, View};

use self::index::{Index, Seen};
use self::kustomize::Built;

/// Everything that is known of one repository.
#[derive(Debug)]
pub struct Repository {
    /// The files that were read, in the order of their paths; a file's id is its index.
    pub files: Vec<SourceFile>,
    /// What each file came to, by the same index.
    pub readings: Vec<Reading>,
    /// The subjects in file order.
    pub subjects: Vec<Subject>,
    /// How traces will flow.
    pub picture: Picture,
    /// The environments that were looked at one by one, where builds of one base differ; else none.
    pub views: Vec<View>,
}

/// One thing that a rule looks at.
#[derive(Debug)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// The values of [`SubjectKind::variables`], in their order.
    pub bindings: Vec<Node>,
    /// The file that it stands in.
    pub file: FileId,
    /// Where to point when nothing more precise is known.
    pub label: Span,
    /// The logical name that survives moved lines: `Deployment/shop/cart/app`.
    pub object: String,
    /// The views in which it is seen like this.
    pub views: Views,
    /// The views in which it is like this but for what is around it; none where another subject stands for them.
    pub alike: Views,
}

impl Subject {
    /// What is seen in every view.
    fn new(
        kind: SubjectKind,
        (file, label): (FileId, Span),
        object: String,
        bindings: Vec<Node>,
    ) -> Self {
        Self {
            kind,
            bindings,
            file,
            label,
            object,
            views: Views::ALL,
            alike: Views::ALL,
        }
    }
}

impl Repository {
    /// Reads files and joins what they hold.
    pub fn build(files: Vec<SourceFile>) -> Self {
        let mut readings: Vec<Reading> = files.par_iter().map(artifact::read).collect();
        assertions::apply(&files, &mut readings);
        let built = kustomize::views(&files, &mut readings);
        let (views, subjects, picture) = if built.is_empty() {
            let (subjects, picture) = seen((&files, &readings), &Built::default());
            (Vec::new(), subjects, picture)
        } else {
            let each = built.into_par_iter().map(|view| {
                let (mut subjects, mut picture) = seen((&files, &view.readings), &view.built);
                let elsewhere = &view.built.elsewhere;
                subjects.retain(|subject| !elsewhere.contains(&subject.file));
                picture.narrow(|file| !elsewhere.contains(&file));
                let (name, by) = (view.built.name, view.by);
                (View { name, by }, subjects, picture)
            });
            views::joined(each.collect())
        };
        Self {
            files,
            readings,
            subjects,
            picture,
            views,
        }
    }

    /// The file of an id.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }
}

/// The subjects of files, and how traces flow between them.
fn seen((files, readings): (&[SourceFile], &[Reading]), built: &Built) -> (Vec<Subject>, Picture) {
    let index = Index::new(files, Seen { readings, built });
    let of_file = |(file, reading): (&SourceFile, &Reading)| subjects(&index, file, reading);
    let nested: Vec<Vec<Subject>> = files.par_iter().zip(readings).map(of_file).collect();
    let inventory = &index.around.inventory;
    let whole = whole::subject((files, readings), inventory);
    let clusters = topology::kafka_clusters(inventory);
    let nested = nested.into_iter().flatten();
    let mut subjects: Vec<Subject> = nested.chain(clusters).chain(whole).collect();
    let drawn = topology::draw(&index, (files, readings), &subjects);
    for (at, changed) in drawn.changed {
        let bindings = subjects.get_mut(at).map(|subject| &mut subject.bindings);
        if let Some(own) = bindings.and_then(|bindings| bindings.first_mut()) {
            *own = changed;
        }
    }
    subjects.extend(drawn.subjects);
    (subjects, drawn.picture)
}

/// The subjects of one file.
fn subjects(index: &Index<'_>, file: &SourceFile, reading: &Reading) -> Vec<Subject> {
    let mut found = Vec::new();
    for artifact in &reading.artifacts {
        match artifact {
            Artifact::Dockerfile(dockerfile) => {
                dockerfiles::subjects(file, &dockerfile.root, &mut found);
            }
            Artifact::Object(object) => objects(index, file, &object.root, &mut found),
            Artifact::SysConfig(config) if config.variables.openness().is_none() => {
                found.push(environments::of_sys_config(file, &config.variables));
            }
            Artifact::Code(root) => found.push(Subject::new(
                SubjectKind::Code,
                (file.id, root.label()),
                "code".to_owned(),
                vec![root.clone()],
            )),
            // Services and commands are judged when everything else is known.
            Artifact::SysConfig(_) | Artifact::Inventory(_) | Artifact::Runbook(_) => {}
            Artifact::Collector(collector) => {
                collectors::subjects(index, (file, reading), collector, &mut found);
            }
            Artifact::Dependencies(dependencies) => {
                let root = index.applications.joined(&file.path, &dependencies.root);
                let installs = texts(root.label(), index.recipes.installs(&file.path));
                let mut node = derived(&root);
                let root = node.share_all(&root).put("installs", installs).build();
                found.push(Subject::new(
                    SubjectKind::Dependencies,
                    (file.id, root.label()),
                    "dependencies".to_owned(),
                    vec![root],
                ));
            }
        }
    }
    found
}

fn objects(index: &Index<'_>, file: &SourceFile, root: &Node, found: &mut Vec<Subject>) {
    found.push(Subject::new(
        SubjectKind::Object,
        (file.id, object_label(root)),
        object_name(root),
        vec![root.clone()],
    ));
    workloads::subjects(index, file, root, found);
    environments::of_instrumentation(file, root, found);
    environments::of_collector_resource(index, file, root, found);
}

/// Where to point at an object: its name, else its kind.
fn object_label(root: &Node) -> Span {
    let metadata = root.get("metadata").and_then(Node::as_map);
    let name = metadata.and_then(|map| map.entry("name").or_else(|| map.entry("generateName")));
    let kind = root.as_map().and_then(|map| map.entry("kind"));
    name.or(kind)
        .map_or(root.span, |entry| entry.key_span.to(entry.value.span))
}

/// `Kind/namespace/name` of an object; a part that is not known is `?`, one that is absent is empty.
fn object_name(root: &Node) -> String {
    let part = |node: Option<&Node>| match node {
        None => String::new(),
        Some(node) => node.as_str().unwrap_or("?").to_owned(),
    };
    let name = root
        .at(&["metadata", "name"])
        .or_else(|| root.at(&["metadata", "generateName"]));
    format!(
        "{}/{}/{}",
        part(root.get("kind")),
        part(root.at(&["metadata", "namespace"])),
        part(name)
    )
}

/// A list of texts as one list node.
fn texts(span: Span, items: impl IntoIterator<Item = (Span, String)>) -> Node {
    Node::list(
        span,
        items
            .into_iter()
            .map(|(at, text)| Node::string(at, text))
            .collect(),
    )
}

/// An unknown value for something that no file tells.
fn untold(span: Span, what: &str) -> Node {
    Node::unknown(span, "", Reason::Elsewhere(what.into()))
}

/// A map under construction that stands, and is pointed at, where another node is.
fn derived(from: &Node) -> MapBuilder {
    let mut map = MapBuilder::new(from.span);
    map.label(from.label());
    map
}

/// Marks a document of a reading as set aside.
fn set_aside(reading: &mut Reading, state: DocumentState) {
    reading.artifacts.clear();
    reading.errors.clear();
    for document in &mut reading.documents {
        if *document != DocumentState::Skipped(artifact::Skip::Empty) {
            *document = state;
        }
    }
}

#[cfg(test)]
mod tests;
