//! Which Dockerfile and which lists of packages a container's image is built from.
//!
//! No file states that. A folder that has the name of the workload or of the image tells it, and so does a Dockerfile
//! that is the only one near the manifest of the only workload there.

use crate::document::Node;
use crate::engine::checklist::Basis;
use crate::repository::{Subject, SubjectKind};

/// The Dockerfile and the lists of packages of a container.
pub(super) fn of<'a>(
    basis: Basis<'a>,
    container: &Subject,
    (own, workload): (&Node, &Node),
) -> (Option<&'a Subject>, Vec<&'a Subject>) {
    let names = [workload.str_at(&["name"]), own.str_at(&["image_name"])];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    let search = Search {
        basis,
        names: &names,
        manifest: folder(path(basis, container)),
    };
    let image = match search.all(SubjectKind::Dockerfile)[..] {
        [one] => Some(one),
        _ => None,
    };
    let lists = basis.subjects(SubjectKind::Dependencies);
    let packages = match image {
        Some(image) => {
            let home = folder(path(basis, image));
            lists
                .filter(|list| folder(path(basis, list)) == home)
                .collect()
        }
        None => search.all(SubjectKind::Dependencies),
    };
    (image, packages)
}

/// A search for the sources of a container.
struct Search<'s, 'a> {
    basis: Basis<'a>,
    /// What the folder of the sources may be called.
    names: &'s [&'s str],
    /// The folder of the manifest.
    manifest: &'s str,
}

impl<'a> Search<'_, 'a> {
    /// The sources of a kind: by the name of their folder, else by being the only ones near the only workload.
    fn all(&self, kind: SubjectKind) -> Vec<&'a Subject> {
        let all = self.basis.subjects(kind);
        let named: Vec<&Subject> = all.filter(|source| self.is_named(source)).collect();
        if named.is_empty() {
            self.lonely(kind)
        } else {
            named
        }
    }

    /// Whether the file, its folder or the one above has one of the names.
    fn is_named(&self, source: &Subject) -> bool {
        let mut parts = path(self.basis, source).rsplit('/');
        let file = parts.next().unwrap_or("");
        let has = |part: &str| self.names.contains(&part);
        file.split('.').any(has) || parts.take(2).any(has)
    }

    /// The sources of a kind in the nearest folder above the manifest that has any, where one workload is there only.
    fn lonely(&self, kind: SubjectKind) -> Vec<&'a Subject> {
        let mut at = Some(self.manifest);
        while let Some(home) = at {
            let below = |kind| {
                let all = self.basis.subjects(kind);
                let is_here = |subject: &&Subject| is_below(path(self.basis, subject), home);
                all.filter(is_here).collect::<Vec<&'a Subject>>()
            };
            let found = below(kind);
            if !found.is_empty() {
                let is_alone = below(SubjectKind::Workload).len() == 1;
                return if is_alone { found } else { Vec::new() };
            }
            at = (!home.is_empty()).then(|| folder(home));
        }
        Vec::new()
    }
}

/// The path of the file that a subject stands in.
fn path<'a>(basis: Basis<'a>, subject: &Subject) -> &'a str {
    let file = basis.repository.file(subject.file);
    file.map_or("", |file| &file.path)
}

/// The folder of a path.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a path lies in a folder or below it.
fn is_below(path: &str, home: &str) -> bool {
    let rest = path.strip_prefix(home);
    home.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
}
