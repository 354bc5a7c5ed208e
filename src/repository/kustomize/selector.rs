//! Selectors of labels and annotations as one text.
//!
//! Source: the Kubernetes documentation, "Labels and Selectors".

use crate::document::Node;

/// What a selector asks for; all of it must hold.
pub(super) struct Selector(Vec<Requirement>);

/// A key, and the values that it may or may not have; none at all asks whether it is there.
struct Requirement {
    key: String,
    values: Vec<String>,
    is_negated: bool,
}

impl Selector {
    pub(super) fn new(text: &str) -> Self {
        Self(parts(text).into_iter().map(Requirement::new).collect())
    }

    pub(super) fn admits(&self, pairs: Option<&Node>) -> bool {
        let value = |key: &str| pairs.and_then(|pairs| pairs.get(key)?.value.told());
        self.0.iter().all(|one| match value(&one.key) {
            None => one.is_negated,
            Some(_) if one.values.is_empty() => !one.is_negated,
            Some(value) => one.values.contains(&value) != one.is_negated,
        })
    }
}

impl Requirement {
    fn new(text: &str) -> Self {
        let text = text.trim();
        let with = |key: &str, values: &str, is_negated| {
            let values = values.trim().trim_matches(['(', ')']).split(',');
            Self {
                key: key.trim().to_owned(),
                values: values.map(|value| value.trim().to_owned()).collect(),
                is_negated,
            }
        };
        for (sign, is_negated) in [("!=", true), ("==", false), ("=", false)] {
            if let Some((key, value)) = text.split_once(sign) {
                return with(key, value, is_negated);
            }
        }
        for (word, is_negated) in [(" notin ", true), (" in ", false)] {
            if let Some((key, values)) = text.split_once(word) {
                return with(key, values, is_negated);
            }
        }
        let key = text.strip_prefix('!');
        Self {
            key: key.unwrap_or(text).trim().to_owned(),
            values: Vec::new(),
            is_negated: key.is_some(),
        }
    }
}

/// The requirements of a text: commas inside of brackets part values.
fn parts(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let parts = text.split(move |sign: char| {
        depth += match sign {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        sign == ',' && depth == 0
    });
    parts.filter(|part| !part.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::MapBuilder;
    use crate::source::{FileId, Span};

    #[test]
    fn all_that_a_selector_asks_for_must_hold() {
        let at = Span::new(FileId(0), 0, 0);
        let mut labels = MapBuilder::new(at);
        labels.put("app", Node::string(at, "cart"));
        labels.put("tier", Node::string(at, "web"));
        let labels = labels.build();
        let admits = |text: &str| Selector::new(text).admits(Some(&labels));
        for text in [
            "",
            "app=cart",
            "app == cart, tier!=db",
            "tier in (db, web),app",
            "!old",
            "tier notin (db)",
        ] {
            assert!(admits(text), "{text}");
        }
        for text in [
            "app=shop",
            "app=cart,tier=db",
            "tier in (db,cache)",
            "!app",
            "old",
            "tier notin (db, web)",
        ] {
            assert!(!admits(text), "{text}");
        }
        assert!(!Selector::new("app").admits(None));
    }
}
