//! Walks the roots and reads candidate files in a stable order.
//!
//! `.gitignore`, `.ignore` and `.spanguardignore` are honoured, hidden folders are entered, links are not followed.
//! A file named explicitly is read whatever it is called and whoever ignores it. What cannot be read is returned
//! beside what can.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::{WalkBuilder, WalkState};
use rayon::prelude::*;

use crate::artifact::{Skip, candidate, is_kept};
use crate::source::{FileId, SourceFile, offset};

/// How many folders, its own first, may hold what says what a file is.
const FOLDERS_AROUND: usize = 3;

/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Folders that hold a version control system's own files.
const NEVER: [&str; 4] = [".git", ".hg", ".svn", ".jj"];

/// What to walk.
#[derive(Debug, Default)]
pub struct Request {
    /// Files and folders.
    pub roots: Vec<PathBuf>,
    /// The folder relative to which paths are shown.
    pub base: PathBuf,
    /// The folder, with links resolved, relative to which patterns are meant.
    pub folder: PathBuf,
    /// Patterns of which a file must match one, if there are any.
    pub include: Vec<String>,
    /// Patterns of which a file must match none.
    pub exclude: Vec<String>,
    /// A text given on standard input, with the path to show for it.
    pub stdin: Option<(String, Vec<u8>)>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The files, sorted by path; a file's id is its index.
    pub files: Vec<SourceFile>,
    /// Files that could not be read, sorted by path.
    pub unread: Vec<Unread>,
    /// Roots that do not exist or cannot be entered.
    pub missing: Vec<(String, String)>,
    /// Paths of the files that were named explicitly.
    pub explicit: BTreeSet<String>,
}

/// A file that could not be read.
#[derive(Debug, Clone)]
pub struct Unread {
    /// The path as shown.
    pub path: String,
    /// Why.
    pub reason: Skip,
    /// The details.
    pub detail: String,
    /// Whether the file was named explicitly.
    pub is_explicit: bool,
}

/// A pattern that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is not a file pattern")]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    #[source]
    pub source: globset::Error,
}

/// Finds and reads files.
pub fn discover(request: Request) -> Result<Found, PatternError> {
    let filter = Filter {
        include: globs(&request.include)?,
        exclude: globs(&request.exclude)?,
        base: request.base.clone(),
        folder: request.folder.clone(),
    };
    let mut found = Found::default();
    let mut paths = BTreeMap::new();
    for root in &request.roots {
        match std::fs::metadata(root) {
            Err(error) => found
                .missing
                .push((root.display().to_string(), error.to_string())),
            Ok(metadata) if metadata.is_dir() => walk(root, &filter, &mut paths, &mut found),
            Ok(_) => {
                let name = shown_root(root, &request.base);
                found.explicit.insert(name.clone());
                paths.insert(name, root.clone());
                for path in around(root) {
                    paths.insert(shown_root(&path, &request.base), path);
                }
            }
        }
    }
    // What is typed in an editor is read in place of what is saved.
    if let Some((name, _)) = &request.stdin {
        paths.remove(name);
    }
    let mut contents: Vec<(String, Result<String, Unread>)> = paths
        .into_par_iter()
        .map(|(name, path)| {
            let content = read(&name, &path);
            (name, content)
        })
        .collect();
    if let Some((name, bytes)) = request.stdin {
        found.explicit.insert(name.clone());
        let content = decode(&name, bytes);
        contents.push((name, content));
        contents.sort_by(|a, b| a.0.cmp(&b.0));
    }
    for (name, content) in contents {
        let is_explicit = found.explicit.contains(&name);
        match content {
            Ok(text) if !is_explicit && !is_kept(&name, &text) => {}
            Ok(text) => {
                let id = FileId(offset(found.files.len()));
                found.files.push(SourceFile::new(id, name, text));
            }
            Err(mut unread) => {
                unread.is_explicit = found.explicit.contains(&name);
                found.unread.push(unread);
            }
        }
    }
    Ok(found)
}

struct Filter {
    include: GlobSet,
    exclude: GlobSet,
    base: PathBuf,
    folder: PathBuf,
}

impl Filter {
    fn admits(&self, path: &str) -> bool {
        (self.include.is_empty() || self.include.is_match(path)) && !self.exclude.is_match(path)
    }
}

fn globs(patterns: &[String]) -> Result<GlobSet, PatternError> {
    let fail = |pattern: &str, source| PatternError {
        pattern: pattern.to_owned(),
        source,
    };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).map_err(|source| fail(pattern, source))?);
        let inside = format!("{}/**", pattern.trim_end_matches('/'));
        set.add(Glob::new(&inside).map_err(|source| fail(pattern, source))?);
    }
    set.build().map_err(|source| fail("", source))
}

/// Goes through a folder as `git` would.
fn seen(root: &Path) -> Seen {
    let collected = Mutex::new(Seen::default());
    let walker = WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .follow_links(false)
        .add_custom_ignore_filename(".spanguardignore")
        .filter_entry(|entry| !NEVER.iter().any(|name| entry.file_name() == *name))
        .build_parallel();
    walker.run(|| {
        let mut batch = Batch {
            seen: Seen::default(),
            into: &collected,
        };
        Box::new(move |entry| {
            match entry {
                Ok(entry) => {
                    let kind = entry.file_type();
                    let is_candidate = candidate(&entry.file_name().to_string_lossy()).is_some();
                    if kind.is_some_and(|kind| kind.is_symlink()) {
                        batch.seen.links.push(entry.into_path());
                    } else if kind.is_some_and(|kind| kind.is_file()) && is_candidate {
                        batch.seen.paths.push(entry.into_path());
                    }
                }
                Err(error) => {
                    let about = (error_path(&error), error.to_string());
                    batch.seen.errors.push(about);
                }
            }
            WalkState::Continue
        })
    });
    let mut seen = collected.into_inner().unwrap_or_default();
    seen.links.sort();
    seen
}

fn walk(root: &Path, filter: &Filter, paths: &mut BTreeMap<String, PathBuf>, found: &mut Found) {
    let Seen {
        paths: files,
        links,
        errors,
    } = seen(root);
    // Who names an excluded folder means it.
    let resolved = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    let is_meant = filter.exclude.is_match(shown(&resolved, &filter.folder));
    let name = shown_root(root, &filter.base);
    for path in files {
        let inside = path.strip_prefix(root).unwrap_or(&path);
        if is_meant || filter.admits(&shown(&resolved.join(inside), &filter.folder)) {
            let name = shown(&Path::new(&name).join(inside), &filter.base);
            paths.insert(name, path);
        }
    }
    for link in links {
        let is_lost = leads_out(&link, &resolved);
        found.unread.extend(is_lost.map(|detail| Unread {
            path: shown(&link, &filter.base),
            reason: Skip::Link,
            detail,
            is_explicit: false,
        }));
    }
    for (path, detail) in errors {
        let path = path.unwrap_or_else(|| root.to_owned());
        if path == root {
            found.missing.push((shown(root, &filter.base), detail));
            continue;
        }
        found.unread.push(Unread {
            path: shown(&path, &filter.base),
            reason: Skip::Unreadable,
            detail,
            is_explicit: false,
        });
    }
}

/// What a walk has seen: files, links, and what went wrong where.
#[derive(Default)]
struct Seen {
    paths: Vec<PathBuf>,
    links: Vec<PathBuf>,
    errors: Vec<(Option<PathBuf>, String)>,
}

/// Where a link leads that would have been read: to a folder, or to a file that may be checked, outside of a folder.
fn leads_out(link: &Path, folder: &Path) -> Option<String> {
    let target = std::fs::canonicalize(link).ok()?;
    let name = link.file_name()?.to_string_lossy();
    let is_read = target.is_dir() || candidate(&name).is_some();
    let stated = std::fs::read_link(link).ok()?;
    let is_lost = is_read && !target.starts_with(folder);
    is_lost.then(|| format!("to `{}`", stated.display()))
}

/// The path that an error of the walk is about.
fn error_path(error: &ignore::Error) -> Option<PathBuf> {
    if let ignore::Error::WithPath { path, .. } = error {
        return Some(path.clone());
    }
    if let ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } = error
    {
        return error_path(err);
    }
    None
}

/// What one thread of a walk has seen; handed over when the thread ends.
struct Batch<'a> {
    seen: Seen,
    into: &'a Mutex<Seen>,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if let Ok(mut collected) = self.into.lock() {
            collected.paths.append(&mut self.seen.paths);
            collected.links.append(&mut self.seen.links);
            collected.errors.append(&mut self.seen.errors);
        }
    }
}

/// Files that say what a file is which is named by itself: kustomizations, whether it is a patch; CODEOWNERS, who answers
/// for it.
const AROUND: [&str; 7] = [
    "kustomization.yaml",
    "kustomization.yml",
    "Kustomization",
    ".github/CODEOWNERS",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    ".gitlab/CODEOWNERS",
];

/// The files around a file that is named by itself which say what it is.
fn around(file: &Path) -> Vec<PathBuf> {
    let folders = file.ancestors().skip(1).take(FOLDERS_AROUND);
    let paths = folders.flat_map(|folder| AROUND.map(|name| folder.join(name)));
    paths.filter(|path| path.is_file()).collect()
}

/// A path as people see it: relative to the base where it lies inside, with forward slashes and no leading `./`.
pub fn shown(path: &Path, base: &Path) -> String {
    let relative = path.strip_prefix(base).unwrap_or(path);
    let text = relative.to_string_lossy().replace('\\', "/");
    let text = text.strip_prefix("./").unwrap_or(&text);
    text.replace("/./", "/")
}

/// A root as people see it: two ways to one file inside the base have one name.
fn shown_root(root: &Path, base: &Path) -> String {
    let resolved = std::fs::canonicalize(root);
    match resolved
        .as_deref()
        .map(|resolved| resolved.strip_prefix(base))
    {
        Ok(Ok(inside)) => shown(inside, base),
        _ => shown(root, base),
    }
}

fn read(name: &str, path: &Path) -> Result<String, Unread> {
    let unreadable = |error: &std::io::Error| Unread {
        path: name.to_owned(),
        reason: Skip::Unreadable,
        detail: error.to_string(),
        is_explicit: false,
    };
    let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    if size > MAX_FILE_BYTES {
        return Err(too_large(name, size));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    decode(name, bytes)
}

fn too_large(name: &str, size: u64) -> Unread {
    let megabytes = |bytes: u64| bytes / 1024 / 1024;
    Unread {
        path: name.to_owned(),
        reason: Skip::TooLarge,
        detail: format!(
            "{} MiB, and the limit is {} MiB",
            megabytes(size),
            megabytes(MAX_FILE_BYTES)
        ),
        is_explicit: false,
    }
}

fn decode(name: &str, bytes: Vec<u8>) -> Result<String, Unread> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large(name, bytes.len() as u64));
    }
    let not_text = |detail: String| Unread {
        path: name.to_owned(),
        reason: Skip::NotText,
        detail,
        is_explicit: false,
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        not_text(format!("byte {at} is not UTF-8"))
    })?;
    match text.find('\0') {
        Some(at) => Err(not_text(format!("byte {at} is zero"))),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        folder
    }

    fn names(folder: &tempfile::TempDir, roots: &[&str], exclude: &[&str]) -> Vec<String> {
        let request = Request {
            roots: roots.iter().map(|root| folder.path().join(root)).collect(),
            base: folder.path().to_owned(),
            folder: std::fs::canonicalize(folder.path()).unwrap(),
            exclude: exclude.iter().map(|&pattern| pattern.to_owned()).collect(),
            ..Request::default()
        };
        discover(request)
            .unwrap()
            .files
            .iter()
            .map(|file| file.path.to_string())
            .collect()
    }

    #[test]
    fn ignore_files_count_and_hidden_folders_are_entered() {
        let folder = tree(&[
            (".gitignore", b"git.yaml\n"),
            (".ignore", b"plain.yaml\n"),
            (".spanguardignore", b"own.yaml\n"),
            ("git.yaml", b"a"),
            ("plain.yaml", b"a"),
            ("own.yaml", b"a"),
            (".k8s/a.yaml", b"a"),
            (".git/b.yaml", b"a"),
            ("z/Dockerfile", b"FROM a"),
            ("main.rs", b""),
        ]);
        assert_eq!(names(&folder, &["."], &[]), [".k8s/a.yaml", "z/Dockerfile"]);
        assert_eq!(
            names(&folder, &["own.yaml", "main.rs", "z"], &[]),
            ["main.rs", "own.yaml", "z/Dockerfile"]
        );
        assert_eq!(names(&folder, &["."], &["z"]), [".k8s/a.yaml"]);
        assert_eq!(names(&folder, &["z"], &["z"]), ["z/Dockerfile"]);
    }

    #[test]
    fn what_says_what_a_named_file_is_comes_with_it() {
        let folder = tree(&[
            (".github/CODEOWNERS", b"* @a\n"),
            ("deploy/kustomization.yaml", b"a"),
            ("deploy/a.yaml", b"a"),
            ("deploy/b.yaml", b"a"),
        ]);
        assert_eq!(
            names(&folder, &["deploy/a.yaml"], &[]),
            [
                ".github/CODEOWNERS",
                "deploy/a.yaml",
                "deploy/kustomization.yaml"
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_returned_beside_the_rest() {
        let folder = tree(&[
            ("Dockerfile", b"\xff\xfe\x00"),
            ("a.yaml", b"a: \0"),
            ("b.yaml", b"a: 1"),
        ]);
        let request = Request {
            roots: vec![folder.path().to_owned(), folder.path().join("nowhere")],
            base: folder.path().to_owned(),
            folder: std::fs::canonicalize(folder.path()).unwrap(),
            ..Request::default()
        };
        let found = discover(request).unwrap();
        assert_eq!(found.files.len(), 1);
        assert_eq!(found.unread.len(), 2);
        assert!(
            found
                .unread
                .iter()
                .all(|unread| unread.reason == Skip::NotText)
        );
        assert_eq!(found.missing.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tree(&[("a/x.yaml", b"a: 1")]);
        std::os::unix::fs::symlink(folder.path().join("a"), folder.path().join("b")).unwrap();
        assert_eq!(names(&folder, &["."], &[]), ["a/x.yaml"]);
        // One that leads out of what is looked at is named.
        let out = |root: &Path| leads_out(&folder.path().join("b"), &root.canonicalize().unwrap());
        assert_eq!(out(folder.path()), None);
        assert!(out(&folder.path().join("a")).is_none());
        let other = tree(&[("y.yaml", b"a: 1")]);
        assert!(out(other.path()).is_some());
    }
}
