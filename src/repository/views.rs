//! Joins what is seen in several environments: a subject that is the same in two of them is judged once.

use std::collections::BTreeMap;

use crate::document::Node;
use crate::picture::{Picture, join};
use crate::repository::{Subject, SubjectKind};
use crate::source::{FileId, Span, Views};

/// The field that shows what is not the subject's own, and is too much to be copied or to be compared often.
pub const AROUND: &str = "around";

/// An environment of builds that differ from those of others.
#[derive(Debug)]
pub struct View {
    /// What tells the folders of its kustomizations from others, or what settings call them.
    pub name: String,
    /// The kustomizations.
    pub by: Vec<FileId>,
}

/// What is the same of the subjects that may be one.
type Key<'a> = (SubjectKind, FileId, Span, &'a str);

/// All views, with their subjects and their picture; no views where there is but one.
pub(super) fn joined(
    mut each: Vec<(View, Vec<Subject>, Picture)>,
) -> (Vec<View>, Vec<Subject>, Picture) {
    if each.len() < 2 {
        let (subjects, picture) = each
            .pop()
            .map_or_else(Default::default, |(_, subjects, picture)| {
                (subjects, picture)
            });
        return (Vec::new(), subjects, picture);
    }
    let mut views = Vec::new();
    let mut pictures = Vec::new();
    let mut all: Vec<Subject> = Vec::new();
    // The subject that stands for each.
    let mut leaders: Vec<usize> = Vec::new();
    for (at, (view, subjects, picture)) in each.into_iter().enumerate() {
        pictures.push((view.name.clone(), picture));
        views.push(view);
        let view = Views::one(at);
        let places = places(&all, &subjects);
        for (mut subject, place) in subjects.into_iter().zip(places) {
            let new = all.len();
            let leader = place.map_or(new, |(place, _)| leaders.get(place).copied().unwrap_or(new));
            let known = place.filter(|(_, is_same)| *is_same);
            if let Some(known) = known.and_then(|(place, _)| all.get_mut(place)) {
                known.views = known.views.or(view);
            } else {
                subject.views = view;
                subject.alike = Views::NONE;
                all.push(subject);
                leaders.push(leader);
            }
            if let Some(leader) = all.get_mut(leader) {
                leader.alike = leader.alike.or(view);
            }
        }
    }
    (views, all, join(&pictures))
}

/// Where each of some subjects is known already, and whether what is around it is the same, too.
fn places(known: &[Subject], subjects: &[Subject]) -> Vec<Option<(usize, bool)>> {
    let mut by_key: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
    for (at, subject) in known.iter().enumerate() {
        by_key.entry(key(subject)).or_default().push(at);
    }
    let place = |subject: &Subject| {
        let candidates = by_key.get(&key(subject))?.iter();
        let candidates = candidates.filter_map(|at| Some((*at, known.get(*at)?)));
        let mut alike = candidates
            .filter(|(_, one)| is_alike(one, subject))
            .peekable();
        let first = alike.peek().map(|(at, _)| (*at, false));
        let same = alike.find(|(_, one)| one.bindings == subject.bindings);
        same.map(|(at, _)| (at, true)).or(first)
    };
    subjects.iter().map(place).collect()
}

/// Whether two subjects differ in nothing but what is around them.
fn is_alike(one: &Subject, other: &Subject) -> bool {
    let is_alike = |(one, other): (&Node, &Node)| {
        let (left, right) = (one.entries(), other.entries());
        let mut pairs = left.iter().zip(right);
        let is_map = one.as_map().is_some() && other.as_map().is_some();
        if !is_map {
            return one == other;
        }
        one.span == other.span
            && one.openness() == other.openness()
            && left.len() == right.len()
            && pairs.all(|(one, other)| one.key == other.key && (one.key == AROUND || one == other))
    };
    let mut pairs = one.bindings.iter().zip(&other.bindings);
    one.bindings.len() == other.bindings.len() && pairs.all(is_alike)
}

fn key(subject: &Subject) -> Key<'_> {
    (subject.kind, subject.file, subject.label, &subject.object)
}
