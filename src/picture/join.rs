//! Joins the pictures of several views: what is the same in two of them, with all that it leads to, is drawn once.

use std::collections::{BTreeMap, BTreeSet};

use super::{End, EndKind, Environment, Event, Hop, Path, Picture, Verdict};
use crate::source::{FileId, Span, Views};

/// The name of an environment, and what tells an end from the others in it.
type Key<'a> = (&'a str, EndKind, &'a str);

/// A hop without the indices of its ends, and what these are.
type Told<'a> = (Hop, Option<Key<'a>>, Option<Key<'a>>);

/// A path without indices.
type Way<'a> = (Vec<&'a Told<'a>>, Verdict, &'a [Event]);

/// An end with what leaves it.
#[derive(Default, PartialEq)]
struct Part<'a> {
    place: Option<Span>,
    replicas: Option<i64>,
    hops: Vec<&'a Told<'a>>,
    paths: Vec<Way<'a>>,
}

/// The most names that a list of them shows.
pub const MAX_NAMED: usize = 3;

/// Joins the pictures of views, in their order, each with the name of the view.
pub fn join(views: &[(String, Picture)]) -> Picture {
    let classes = classes(views);
    let mut seen: BTreeMap<usize, Views> = BTreeMap::new();
    for (view, classes) in classes.iter().enumerate() {
        for class in classes {
            let own = seen.entry(*class).or_insert(Views::NONE);
            *own = own.or(Views::one(view));
        }
    }
    let mut joined = Joined::default();
    joined.environments(views, (&classes, &seen));
    for ((_, picture), classes) in views.iter().zip(&classes) {
        joined.add(picture, classes);
    }
    joined.picture
}

/// The class of each end of each view: those of one class are the same, and so is all that they lead to.
fn classes(views: &[(String, Picture)]) -> Vec<Vec<usize>> {
    let told: Vec<Vec<Told<'_>>> = views.iter().map(|(_, picture)| told(picture)).collect();
    let mut known: BTreeMap<Option<Key<'_>>, Vec<(Part<'_>, usize)>> = BTreeMap::new();
    let mut count = 0;
    let mut classes = Vec::new();
    for ((_, picture), told) in views.iter().zip(&told) {
        let parts = parts(picture, told).into_iter().enumerate();
        let of_view = parts.map(|(at, part)| {
            let alike = known.entry(key(picture, at)).or_default();
            if let Some((_, class)) = alike.iter().find(|(other, _)| *other == part) {
                return *class;
            }
            alike.push((part, count));
            count += 1;
            count - 1
        });
        classes.push(of_view.collect::<Vec<usize>>());
    }
    loop {
        let mut next: BTreeMap<(usize, Vec<Option<usize>>), usize> = BTreeMap::new();
        for ((_, picture), classes) in views.iter().zip(&mut classes) {
            let mut leads: Vec<Vec<Option<usize>>> = vec![Vec::new(); classes.len()];
            for hop in &picture.hops {
                let to = hop.to.and_then(|to| classes.get(to).copied());
                leads
                    .get_mut(hop.from)
                    .into_iter()
                    .for_each(|all| all.push(to));
            }
            for (class, leads) in classes.iter_mut().zip(leads) {
                let number = next.len();
                *class = *next.entry((*class, leads)).or_insert(number);
            }
        }
        if next.len() == count {
            return classes;
        }
        count = next.len();
    }
}

impl Picture {
    /// Leaves out what stands in other files than some, unless something of these leads there.
    pub fn narrow(&mut self, is_own: impl Fn(FileId) -> bool) {
        let is_kept = |end: &End| end.place.is_none_or(|place| is_own(place.file));
        if self.ends.iter().all(is_kept) {
            return;
        }
        let is_from_own = |at: usize| self.ends.get(at).is_some_and(is_kept);
        let paths = self.paths.iter().filter(|path| is_from_own(path.service));
        let mut hops: BTreeSet<usize> = paths.flat_map(|path| &path.hops).copied().collect();
        let all = self.hops.iter().enumerate();
        hops.extend(
            all.filter(|(_, hop)| is_from_own(hop.from))
                .map(|(at, _)| at),
        );
        let left = hops.iter().filter_map(|at| self.hops.get(*at));
        let mut ends: BTreeSet<usize> = left
            .flat_map(|hop| [Some(hop.from), hop.to])
            .flatten()
            .collect();
        ends.extend((0..self.ends.len()).filter(|at| {
            self.ends
                .get(*at)
                .is_some_and(|end| end.place.is_some() && is_kept(end))
        }));
        let all = &self.ends;
        self.paths
            .retain(|path| all.get(path.service).is_some_and(is_kept));
        let new = |all: &BTreeSet<usize>| -> BTreeMap<usize, usize> {
            all.iter().copied().zip(0..).collect()
        };
        let (end, hop) = (new(&ends), new(&hops));
        let renumber = |at: &mut usize, new: &BTreeMap<usize, usize>| {
            *at = new.get(at).copied().unwrap_or(0);
        };
        for path in &mut self.paths {
            renumber(&mut path.service, &end);
            path.hops.iter_mut().for_each(|at| renumber(at, &hop));
        }
        for one in &mut self.hops {
            renumber(&mut one.from, &end);
            one.to.iter_mut().for_each(|at| renumber(at, &end));
        }
        let mut number = 0..;
        self.hops
            .retain(|_| number.next().is_some_and(|at| hops.contains(&at)));
        let mut number = 0..;
        self.ends
            .retain(|_| number.next().is_some_and(|at| ends.contains(&at)));
    }
}

/// A picture in the making.
#[derive(Default)]
struct Joined {
    picture: Picture,
    /// The environments by their names in the views, and by the views.
    environments: BTreeMap<(String, Views), usize>,
    /// The environment of each class.
    of_class: BTreeMap<usize, usize>,
    /// The end of each class, and the hops that leave it.
    ends: BTreeMap<usize, (usize, Vec<usize>)>,
}

impl Joined {
    /// Finds the environments: what is in some views only is in one of its own.
    fn environments(
        &mut self,
        views: &[(String, Picture)],
        (classes, seen): (&[Vec<usize>], &BTreeMap<usize, Views>),
    ) {
        let all = Views::first(views.len());
        let mut names = BTreeMap::new();
        for ((_, picture), classes) in views.iter().zip(classes) {
            for (end, class) in picture.ends.iter().zip(classes) {
                let own = picture.environments.get(end.environment);
                let own = own.map_or("", |own| own.name.as_str());
                let views = seen.get(class).copied().unwrap_or(all);
                names.insert(*class, (own, !views.cover(all), views));
            }
        }
        let sorted: BTreeSet<_> = names.values().copied().collect();
        for (own, is_partly, seen) in sorted {
            let listed = seen.indices(views.len());
            let listed = listed.filter_map(|at| Some(views.get(at)?.0.as_str()));
            let listed = self::listed(&listed.collect::<Vec<_>>());
            let name = match (own, is_partly) {
                (own, false) => own.to_owned(),
                ("", true) => listed,
                (own, true) => format!("{own} ({listed})"),
            };
            let number = self.environments.len();
            self.environments.insert((own.to_owned(), seen), number);
            self.picture
                .environments
                .push(Environment { name, views: seen });
        }
        let place = |(own, _, views): (&str, bool, Views)| {
            let place = self.environments.get(&(own.to_owned(), views));
            place.copied().unwrap_or(0)
        };
        self.of_class = names
            .into_iter()
            .map(|(class, own)| (class, place(own)))
            .collect();
    }

    /// Draws what is not drawn yet.
    fn add(&mut self, picture: &Picture, classes: &[usize]) {
        let mut is_new = BTreeSet::new();
        let ends = picture.ends.iter().zip(classes).enumerate();
        let ends: Vec<usize> = ends
            .map(|(at, (end, class))| {
                if let Some((known, _)) = self.ends.get(class) {
                    return *known;
                }
                is_new.insert(at);
                let number = self.picture.ends.len();
                self.ends.insert(*class, (number, Vec::new()));
                self.picture.ends.push(End {
                    environment: self.of_class.get(class).copied().unwrap_or(0),
                    ..end.clone()
                });
                number
            })
            .collect();
        let end = |at: usize| ends.get(at).copied().unwrap_or(0);
        let mut passed: BTreeMap<usize, usize> = BTreeMap::new();
        let mut hops = Vec::new();
        for hop in &picture.hops {
            let class = classes.get(hop.from).copied().unwrap_or(0);
            let (_, known) = self.ends.entry(class).or_default();
            let number = passed.entry(hop.from).or_default();
            if is_new.contains(&hop.from) {
                known.push(self.picture.hops.len());
                self.picture.hops.push(Hop {
                    from: end(hop.from),
                    to: hop.to.map(end),
                    ..hop.clone()
                });
            }
            hops.push(known.get(*number).copied().unwrap_or(0));
            *number += 1;
        }
        let new = picture
            .paths
            .iter()
            .filter(|path| is_new.contains(&path.service));
        self.picture.paths.extend(new.map(|path| {
            Path {
                service: end(path.service),
                hops: path
                    .hops
                    .iter()
                    .filter_map(|at| hops.get(*at).copied())
                    .collect(),
                ..path.clone()
            }
        }));
    }
}

/// Some names, and how many more there are.
pub fn listed(names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().take(MAX_NAMED).copied().collect();
    match names.len().saturating_sub(MAX_NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn key(picture: &Picture, end: usize) -> Option<Key<'_>> {
    let end = picture.ends.get(end)?;
    let environment = picture.environments.get(end.environment)?;
    Some((&environment.name, end.kind, &end.name))
}

fn told(picture: &Picture) -> Vec<Told<'_>> {
    let hops = picture.hops.iter().map(|hop| {
        let bare = Hop {
            from: 0,
            to: None,
            ..hop.clone()
        };
        let to = hop.to.and_then(|to| key(picture, to));
        (bare, key(picture, hop.from), to)
    });
    hops.collect()
}

fn parts<'a>(picture: &'a Picture, told: &'a [Told<'a>]) -> Vec<Part<'a>> {
    let ends = picture.ends.iter().map(|end| Part {
        place: end.place,
        replicas: end.replicas,
        ..Part::default()
    });
    let mut parts: Vec<Part<'_>> = ends.collect();
    for (hop, told) in picture.hops.iter().zip(told) {
        if let Some(part) = parts.get_mut(hop.from) {
            part.hops.push(told);
        }
    }
    for path in &picture.paths {
        let hops = path.hops.iter().filter_map(|at| told.get(*at)).collect();
        if let Some(part) = parts.get_mut(path.service) {
            part.paths.push((hops, path.verdict, &path.events));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(kind: EndKind, name: &str, replicas: i64) -> End {
        End {
            environment: 0,
            kind,
            name: name.to_owned(),
            place: Some(Span::new(
                FileId(u32::from(kind == EndKind::Collector)),
                0,
                1,
            )),
            replicas: Some(replicas),
        }
    }

    /// Two services of which one sends through a gateway with some replicas.
    fn picture(replicas: i64) -> Picture {
        let mut picture = Picture {
            environments: vec![Environment {
                name: String::new(),
                views: Views::ALL,
            }],
            ..Picture::default()
        };
        picture.ends = vec![
            end(EndKind::Service, "cart", 1),
            end(EndKind::Service, "edge", 1),
            end(EndKind::Collector, "gateway", replicas),
        ];
        for from in [0, 2] {
            picture.hops.push(Hop {
                from,
                to: (from == 0).then_some(2),
                sender: String::new(),
                address: String::new(),
                protocol: String::new(),
                is_tls: None,
                place: Span::new(FileId(0), 0, 1),
                certainty: crate::picture::Certainty::Exact,
                reason: String::new(),
                fault: None,
                steps: Vec::new(),
                via: Vec::new(),
            });
        }
        picture.paths.push(Path {
            service: 0,
            hops: vec![0, 1],
            verdict: Verdict::Lost,
            events: Vec::new(),
        });
        picture
    }

    /// The ends with their environments.
    fn shown(picture: &Picture) -> Vec<String> {
        let told = |end: &End| {
            let environment = &picture.environments[end.environment].name;
            format!("{}@{environment}", end.name)
        };
        picture.ends.iter().map(told).collect()
    }

    #[test]
    fn what_leads_to_the_same_is_drawn_once() {
        let views = [2, 3, 2].map(|replicas| (format!("v{replicas}"), picture(replicas)));
        let joined = join(&views);
        let expected = [
            "cart@v2, v2",
            "edge@",
            "gateway@v2, v2",
            "cart@v3",
            "gateway@v3",
        ];
        assert_eq!(shown(&joined), expected);
        let hops: Vec<_> = joined.hops.iter().map(|hop| (hop.from, hop.to)).collect();
        assert_eq!(hops, [(0, Some(2)), (2, None), (3, Some(4)), (4, None)]);
        let paths: Vec<_> = joined
            .paths
            .iter()
            .map(|path| (path.service, &path.hops))
            .collect();
        assert_eq!(paths, [(0, &vec![0, 1]), (3, &vec![2, 3])]);
    }

    #[test]
    fn what_is_judged_elsewhere_stays_where_something_leads_there() {
        let mut narrow = picture(2);
        narrow.narrow(|file| file == FileId(0));
        assert_eq!(shown(&narrow), ["cart@", "edge@", "gateway@"]);
        assert_eq!(narrow.hops.len(), 2);
        let mut narrow = picture(2);
        narrow.narrow(|file| file == FileId(1));
        assert_eq!(shown(&narrow), ["gateway@"]);
        assert_eq!(
            (narrow.hops.len(), narrow.hops[0].from, narrow.paths.len()),
            (1, 0, 0)
        );
    }
}
