//! Waivers: findings that somebody accepts until a day.

use globset::{Glob, GlobMatcher};

use crate::config::bad_pattern;
use crate::document::Node;
use crate::document::decode::{Kind, Problem, Shape, key};
use crate::finding::Date;
use crate::source::Span;

/// One waiver.
pub(super) static WAIVER: Shape = Shape {
    name: "waiver",
    keys: &[
        key(
            "rule",
            Kind::Text,
            true,
            "The id of the rule, or a pattern such as `resources/*`; rules of `syntax` and `suppression` by a name that begins with that.",
        ),
        key(
            "paths",
            Kind::Texts,
            false,
            "Patterns of paths from the folder of the settings on, as in `exclude`; where given, the file or a folder that it is in must match one.",
        ),
        key(
            "objects",
            Kind::Texts,
            false,
            "Patterns of what a finding is about, or of the object that it is shown in, such as `Deployment/shop/cart` or `*/shop/*`; where given, one must match that or what it belongs to.",
        ),
        key("owner", Kind::Text, true, "Who answers for it."),
        key("reason", Kind::Text, true, "Why it is accepted."),
        key("ticket", Kind::Text, false, "Where the work is planned."),
        key(
            "expires",
            Kind::Text,
            true,
            "The last day on which it counts, as `2027-01-31`.",
        ),
    ],
};

/// A waiver that was understood.
#[derive(Debug, Clone)]
pub struct Waiver {
    rule: GlobMatcher,
    paths: Vec<GlobMatcher>,
    objects: Vec<GlobMatcher>,
    /// The rule or pattern as written.
    pub pattern: String,
    /// Who answers for it.
    pub owner: String,
    /// Why it is accepted.
    pub reason: String,
    /// Where the work is planned.
    pub ticket: Option<String>,
    /// The last day on which it counts.
    pub expires: Date,
    /// Where its rule stands in the settings file.
    pub place: Span,
    /// Where its last day stands.
    pub expires_place: Span,
}

impl Waiver {
    /// Whether it is about a finding of a rule about one of some objects, at a path from the folder of the settings on.
    pub fn is_about(&self, rule: &str, path: &str, objects: &[&str]) -> bool {
        let on_path = |glob: &GlobMatcher| heads(path).any(|head| glob.is_match(head));
        let on_object = |glob: &GlobMatcher| {
            let mut heads = objects.iter().flat_map(|object| heads(object));
            heads.any(|head| glob.is_match(head))
        };
        self.is_about_rule(rule)
            && (self.paths.is_empty() || self.paths.iter().any(on_path))
            && (self.objects.is_empty() || self.objects.iter().any(on_object))
    }

    /// Whether it is about findings of a rule.
    ///
    /// What cannot be read, and what is said of suppressions, is waived by name only.
    pub fn is_about_rule(&self, rule: &str) -> bool {
        let is_own = |family: &&str| rule.starts_with(*family);
        let family = ["syntax/", "suppression/"]
            .into_iter()
            .find(|family| is_own(family));
        self.rule.is_match(rule) && family.is_none_or(|family| self.pattern.starts_with(family))
    }
}

/// A path and its folders; or a logical name, and what it belongs to: a container, its workload.
fn heads(object: &str) -> impl Iterator<Item = &str> {
    let outer = object.match_indices('/').map(|(at, _)| at);
    outer
        .chain([object.len()])
        .filter_map(|at| object.get(..at))
}

/// What is wrong with waivers beyond their shape.
pub(super) fn problems(root: &Node) -> Vec<Problem> {
    let mut found = Vec::new();
    for waiver in root.get("waivers").map_or(&[][..], Node::items) {
        if let Some(expires) = waiver.get("expires")
            && let Some(text) = expires.as_str()
            && Date::parse(text).is_none()
        {
            let mut problem = Problem::new(expires.span, format!("`{text}` is not a day"));
            problem.help = Some("write it as `2027-01-31`".to_owned());
            found.push(problem);
        }
        for key in ["owner", "reason"] {
            if let Some(node) = waiver.get(key)
                && node.as_str().is_some_and(|text| text.trim().is_empty())
            {
                found.push(Problem::new(node.span, format!("a waiver needs its {key}")));
            }
        }
        let patterns = ["paths", "objects"]
            .iter()
            .filter_map(|key| waiver.get(key));
        let patterns = patterns.flat_map(Node::items).chain(waiver.get("rule"));
        found.extend(patterns.filter_map(bad_pattern));
    }
    found
}

/// The waivers that can be used.
pub(super) fn all(root: &Node) -> Vec<Waiver> {
    let list = root.get("waivers").map_or(&[][..], Node::items);
    list.iter().filter_map(read).collect()
}

fn read(node: &Node) -> Option<Waiver> {
    let text = |key: &str| node.str_at(&[key]).map(str::to_owned);
    let glob = |text: &str| Glob::new(text).ok().map(|glob| glob.compile_matcher());
    let plain = |text: &str| {
        let text = text.strip_prefix("./").unwrap_or(text);
        text.trim_end_matches('/').to_owned()
    };
    let globs = |key: &str| -> Option<Vec<GlobMatcher>> {
        let items = node.get(key).map_or(&[][..], Node::items);
        items
            .iter()
            .map(|item| glob(&plain(item.as_str()?)))
            .collect()
    };
    let said = |key: &str| text(key).filter(|text| !text.trim().is_empty());
    let pattern = text("rule")?;
    let expires = node.get("expires")?;
    Some(Waiver {
        rule: glob(&pattern)?,
        paths: globs("paths")?,
        objects: globs("objects")?,
        place: node.get("rule")?.span,
        pattern,
        owner: said("owner")?,
        reason: said("reason")?,
        ticket: text("ticket"),
        expires: Date::parse(expires.as_str()?)?,
        expires_place: expires.span,
    })
}
