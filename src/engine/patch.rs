//! Applies fixes to a text, and makes sure that they change nothing else.

use std::ops::Range;

use crate::artifact::{self, Artifact, Reading};
use crate::document::{Map, Node, Value};
use crate::finding::{Edit, Fix};
use crate::source::SourceFile;

/// A text with fixes applied.
#[derive(Debug)]
pub struct Patched {
    /// The new text.
    pub text: String,
    /// How many fixes are in it.
    pub applied: usize,
}

/// Applies fixes to a file, one by one: one that overlaps another, or that changes more than it says, is left out.
pub fn patch(file: &SourceFile, fixes: &[&Fix]) -> Patched {
    let mut kept = apart(fixes);
    let before = artifact::read(file);
    // Nearly always all are good, and one look at the file says so.
    if !is_faithful(file, &before, &kept) {
        for fix in std::mem::take(&mut kept) {
            kept.push(fix);
            if !is_faithful(file, &before, &kept) {
                kept.pop();
            }
        }
    }
    let (text, _) = applied(file, &kept);
    Patched {
        text,
        applied: kept.len(),
    }
}

/// The fixes of a file that can be applied, each at least without the others.
pub fn possible<'f>(file: &SourceFile, fixes: &[&'f Fix]) -> Vec<&'f Fix> {
    let before = artifact::read(file);
    if is_faithful(file, &before, &apart(fixes)) {
        return fixes.to_vec();
    }
    let alone = fixes
        .iter()
        .filter(|fix| is_faithful(file, &before, &[**fix]));
    alone.copied().collect()
}

/// The fixes that overlap none before them.
fn apart<'f>(fixes: &[&'f Fix]) -> Vec<&'f Fix> {
    let mut apart: Vec<&Fix> = Vec::new();
    for fix in fixes {
        if !apart.iter().any(|other| overlap(other, fix)) {
            apart.push(*fix);
        }
    }
    apart
}

fn overlap(a: &Fix, b: &Fix) -> bool {
    a.edits.iter().any(|one| {
        b.edits.iter().any(|two| {
            let (one, two) = (one.span, two.span);
            one.start < two.end && two.start < one.end || one.start == two.start
        })
    })
}

/// The new text, and where in it the new parts are.
fn applied(file: &SourceFile, fixes: &[&Fix]) -> (String, Vec<Range<usize>>) {
    let mut edits: Vec<&Edit> = fixes.iter().flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| edit.span.start);
    let mut text = String::with_capacity(file.text.len());
    let mut new = Vec::new();
    let mut at = 0;
    for edit in edits {
        text.push_str(file.text.get(at..edit.span.start as usize).unwrap_or(""));
        let start = text.len();
        text.push_str(&edit.text);
        new.push(start..text.len());
        at = edit.span.end as usize;
    }
    text.push_str(file.text.get(at..).unwrap_or(""));
    (text, new)
}

/// Whether the text still reads as before, but for the places of the edits.
fn is_faithful(file: &SourceFile, before: &Reading, fixes: &[&Fix]) -> bool {
    let (text, new) = applied(file, fixes);
    let edits = fixes.iter().flat_map(|fix| &fix.edits);
    let touched = Touched {
        old: edits
            .map(|edit| edit.span.start as usize..edit.span.end as usize)
            .collect(),
        new,
    };
    let patched = SourceFile::new(file.id, file.path.clone(), text);
    let after = artifact::read(&patched);
    let has_more_errors = after.errors.len() > before.errors.len();
    if has_more_errors || before.artifacts.len() != after.artifacts.len() {
        return false;
    }
    before
        .artifacts
        .iter()
        .zip(&after.artifacts)
        .all(|(old, new)| match (root(old), root(new)) {
            (Some(old), Some(new)) => touched.explains(old, new),
            _ => true,
        })
}

/// The tree of an artifact that is compared.
fn root(artifact: &Artifact) -> Option<&Node> {
    match artifact {
        Artifact::Object(object) => Some(&object.root),
        Artifact::Collector(collector) => Some(&collector.root),
        Artifact::Dependencies(dependencies) => dependencies.root.get("packages"),
        Artifact::Dockerfile(dockerfile) => dockerfile.root.get("stages"),
        Artifact::Inventory(root) | Artifact::Runbook(root) | Artifact::Code(root) => Some(root),
        Artifact::SysConfig(config) => Some(&config.variables),
    }
}

/// What was taken out of the old text, and what stands in its place in the new one.
struct Touched {
    old: Vec<Range<usize>>,
    new: Vec<Range<usize>>,
}

/// Whether a node lies in one of the ranges.
fn is_inside(ranges: &[Range<usize>], node: &Node) -> bool {
    let (start, end) = (node.span.start as usize, node.span.end as usize);
    ranges
        .iter()
        .any(|range| range.start <= start && end <= range.end)
}

/// Whether a scalar holds one of the ranges, at its end only one of text that was there, or of a text block.
fn holds(node: &Node, ranges: &[Range<usize>]) -> bool {
    let (start, end) = (node.span.start as usize, node.span.end as usize);
    let is_block = node.as_str().is_some_and(|text| text.contains('\n'));
    ranges.iter().any(|range| {
        let ends_with = range.end == end && (is_block || !range.is_empty());
        let reaches = range.end < end || ends_with;
        start < range.start && reaches
    })
}

impl Touched {
    /// Whether every difference between two trees lies where the text was changed.
    fn explains(&self, old: &Node, new: &Node) -> bool {
        match (&old.value, &new.value) {
            (Value::Map(old), Value::Map(new)) => self.explains_maps(old, new),
            (Value::List(old), Value::List(new)) => {
                let kept = |items: &[Node], ranges: &[Range<usize>], more: bool| -> Vec<Node> {
                    let is_kept = |item: &&Node| !more || !is_inside(ranges, item);
                    items.iter().filter(is_kept).cloned().collect()
                };
                let less = new.items.len() < old.items.len();
                let more = new.items.len() > old.items.len();
                let before = kept(&old.items, &self.old, less);
                let after = kept(&new.items, &self.new, more);
                before.len() == after.len()
                    && before
                        .iter()
                        .zip(&after)
                        .all(|(old, new)| self.explains(old, new))
            }
            (old_value, new_value) => {
                old_value == new_value || is_inside(&self.new, new) || holds(old, &self.old)
            }
        }
    }

    fn explains_maps(&self, old: &Map, new: &Map) -> bool {
        let is_kept = old.entries.iter().all(|entry| match new.get(&entry.key) {
            Some(value) => self.explains(&entry.value, value),
            None => is_inside(&self.old, &entry.value),
        });
        let mut added = new
            .entries
            .iter()
            .filter(|entry| old.get(&entry.key).is_none());
        is_kept && added.all(|entry| is_inside(&self.new, &entry.value))
    }
}
