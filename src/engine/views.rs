//! Joins what rules found in several environments: what is so in all of them is told once, what is so in some names
//! these.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::select::Active;
use crate::finding::{Finding, Related, Unknown};
use crate::picture::{MAX_NAMED, listed};
use crate::repository::{Repository, Subject, SubjectKind, View};
use crate::source::{FileId, MAX_VIEWS, Span, Views, folder};

/// The tag of rules about what a small environment may go without: they count where every environment lacks it.
pub(super) const FLOOR: &str = "floor";

/// The findings of all views; each stands next to the index of its subject.
pub(super) fn join(
    repository: &Repository,
    active: &[Active<'_>],
    mut found: Vec<(usize, Finding)>,
) -> Vec<Finding> {
    if repository.views.is_empty() {
        return found.into_iter().map(|(_, finding)| finding).collect();
    }
    let floors = Floors::of(repository, active, &found);
    found.retain(|(subject, finding)| {
        let subject = repository.subjects.get(*subject);
        subject.is_none_or(|subject| !floors.spare(&finding.rule, subject))
    });
    // Each with the views in which there is what it is about.
    let seen = found.into_iter().map(|(subject, finding)| {
        let seen = floors.seen(repository.subjects.get(subject));
        (finding, seen)
    });
    let joined = once(
        seen,
        |(one, _)| (one.span, one.rule.to_string(), one.message.clone()),
        |(known, all), (finding, seen)| {
            known.views = known.views.or(finding.views);
            *all = all.or(seen);
        },
    );
    let mut told: Vec<(Finding, Views)> = Vec::new();
    for (finding, seen) in joined {
        let is_it = |(other, _): &&mut (Finding, Views)| {
            let same = (other.span, &other.rule, &other.object);
            same == (finding.span, &finding.rule, &finding.object)
                && !other.views.meet(finding.views)
        };
        // What another environment says of the same place in other words is told with it.
        match told.iter_mut().rev().take(MAX_VIEWS).find(is_it) {
            Some((other, all)) => {
                *all = all.or(seen);
                name_views(repository, other, (finding.views, &finding.message));
                other.views = other.views.or(finding.views);
            }
            None => told.push((finding, seen)),
        }
    }
    for (finding, _) in told
        .iter_mut()
        .filter(|(one, seen)| !one.views.cover(*seen))
    {
        let views = finding.views;
        if !name_views(repository, finding, (views, "so it is built here")) {
            continue;
        }
        let names = views.indices(repository.views.len());
        let names = names.filter_map(|at| Some(repository.views.get(at)?.name.as_str()));
        let names = listed(&names.collect::<Vec<_>>());
        finding.message = format!("{} (in {names})", finding.message);
    }
    told.into_iter().map(|(finding, _)| finding).collect()
}

/// Adds the kustomizations of views with what is to be said of them, but for the only one if the finding stands beside it;
/// says whether there is one to be named.
fn name_views(
    repository: &Repository,
    finding: &mut Finding,
    (views, words): (Views, &str),
) -> bool {
    let mut is_named = false;
    let file = repository.file(finding.span.file);
    let here = file.map_or("", |file| folder(&file.path));
    let indices = views.indices(repository.views.len());
    let views: Vec<&View> = indices.filter_map(|at| repository.views.get(at)).collect();
    let more = views.len().saturating_sub(MAX_NAMED);
    for (number, view) in views.iter().take(MAX_NAMED).enumerate() {
        let Some((own, place)) = nearest(repository, view, here) else {
            continue;
        };
        if own == here && views.len() == 1 {
            continue;
        }
        let is_last = number + 1 == MAX_NAMED && more > 0;
        let others = if is_last {
            format!(", and {more} more")
        } else {
            String::new()
        };
        finding.related.push(Related {
            span: place,
            message: format!("{words}{others}"),
        });
        is_named = true;
    }
    is_named
}

/// Of the kustomizations of a view the one that is nearest to a folder: its own folder, and where it begins.
fn nearest<'a>(repository: &'a Repository, view: &View, here: &str) -> Option<(&'a str, Span)> {
    let begin = |file: &FileId| {
        let reading = repository.readings.get(file.0 as usize)?;
        let root = reading.kustomizations.first()?;
        let first = root.entries().iter().map(|entry| entry.key_span).min()?;
        let file = repository.file(*file)?;
        Some((folder(&file.path), file.first_line(first)))
    };
    let all = view.by.iter().filter_map(begin);
    let shared = |folder: &str| {
        let pairs = folder.split('/').zip(here.split('/'));
        pairs.take_while(|(one, other)| one == other).count()
    };
    // The first of several that are as near.
    all.min_by_key(|(folder, _)| std::cmp::Reverse(shared(folder)))
}

/// What makes a subject the same in several views: where it stands, or what it is called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sameness<'a> {
    Repository,
    Place(SubjectKind, Span),
    /// Kind and name of an object; builds may put it into different namespaces.
    Name(SubjectKind, &'a str, &'a str),
}

impl<'a> Sameness<'a> {
    fn of(subject: &'a Subject) -> [Self; 2] {
        if subject.kind == SubjectKind::Repository {
            return [Self::Repository; 2];
        }
        let (kind, rest) = subject.object.split_once('/').unwrap_or_default();
        let (_, name) = rest.split_once('/').unwrap_or_default();
        [
            Self::Place(subject.kind, subject.label),
            Self::Name(subject.kind, kind, name),
        ]
    }
}

/// In which views rules with the tag [`FLOOR`] fail, and in which there is something that they look at.
struct Floors<'a> {
    failing: BTreeMap<(&'a str, Sameness<'a>), Views>,
    seen: BTreeMap<Sameness<'a>, Views>,
}

impl<'a> Floors<'a> {
    fn of(
        repository: &'a Repository,
        active: &'a [Active<'_>],
        found: &[(usize, Finding)],
    ) -> Self {
        let rules = active.iter().map(|active| active.rule);
        let rules = rules.filter(|rule| rule.info.tags.iter().any(|tag| tag == FLOOR));
        let rules: BTreeSet<&str> = rules.map(|rule| &*rule.id).collect();
        let mut floors = Self {
            failing: BTreeMap::new(),
            seen: BTreeMap::new(),
        };
        for (subject, finding) in found {
            if let Some(rule) = rules.get(&*finding.rule)
                && let Some(subject) = repository.subjects.get(*subject)
            {
                for same in Sameness::of(subject) {
                    let views = floors.failing.entry((*rule, same)).or_insert(Views::NONE);
                    *views = views.or(finding.views);
                }
            }
        }
        for subject in &repository.subjects {
            let [place, _] = Sameness::of(subject);
            floors.see(place, subject.views);
        }
        let all = Views::first(repository.views.len());
        for subject in &repository.subjects {
            let [place, name] = Sameness::of(subject);
            // What stands in every view under the same name is another thing.
            let is_everywhere = floors.seen.get(&place).is_some_and(|seen| seen.cover(all));
            if !is_everywhere {
                floors.see(name, subject.views);
            }
        }
        floors
    }

    /// The views in which something stands where a subject does, or is called like it.
    fn seen(&self, subject: Option<&'a Subject>) -> Views {
        let both = subject.map_or([Sameness::Repository; 2], Sameness::of);
        let seen = both.iter().filter_map(|same| self.seen.get(same));
        seen.fold(Views::NONE, |all, seen| all.or(*seen))
    }

    fn see(&mut self, same: Sameness<'a>, views: Views) {
        let seen = self.seen.entry(same).or_insert(Views::NONE);
        *seen = seen.or(views);
    }

    /// Whether a rule asks for something that a subject has in some other environment, where that is enough.
    fn spare(&self, rule: &str, subject: &Subject) -> bool {
        let mut both = Sameness::of(subject).into_iter();
        both.any(|same| {
            let failing = self.failing.get(&(rule, same));
            let seen = self.seen.get(&same);
            failing
                .zip(seen)
                .is_some_and(|(failing, seen)| !failing.cover(*seen))
        })
    }
}

/// What is undecided in all views, each once.
pub(super) fn undecided(repository: &Repository, unknowns: Vec<Unknown>) -> Vec<Unknown> {
    if repository.views.is_empty() {
        return unknowns;
    }
    once(
        unknowns.into_iter(),
        |one| {
            (
                one.span,
                one.rule.to_string(),
                one.object.clone(),
                one.reason.clone(),
            )
        },
        |known, unknown| known.views = known.views.or(unknown.views),
    )
}

/// Each thing once, in the order of the first of those with one key, to which the others are added.
fn once<T, K: Ord>(
    all: impl Iterator<Item = T>,
    key: impl Fn(&T) -> K,
    add: impl Fn(&mut T, T),
) -> Vec<T> {
    let mut known: BTreeMap<K, usize> = BTreeMap::new();
    let mut joined: Vec<T> = Vec::new();
    for one in all {
        let at = *known.entry(key(&one)).or_insert(joined.len());
        match joined.get_mut(at) {
            Some(known) => add(known, one),
            None => joined.push(one),
        }
    }
    joined
}
