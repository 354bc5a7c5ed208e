//! `lets`: whether a key can still be there at the end of a route.
//!
//! A route states what is taken away on it (`removed`, `pattern`), what alone is left (`kept`, `kept_pattern`), what is
//! brought in again (`added`), and the route before it (`before`).

use smol_str::SmolStr;

use crate::document::{Map, Node, Reason, Value};
use crate::expr::compile::Op;
use crate::expr::pattern::Compiled;

/// The name of the function.
pub(super) const NAME: &str = "lets";

/// Routes that lead to one another, at most.
const MAX_BEFORE: usize = 64;

/// A call of `lets`, with the expressions that it has compiled.
#[derive(Debug)]
pub(super) struct Passage {
    pub(super) route: Op,
    pub(super) key: Op,
    compiled: Compiled,
}

/// Whether a key gets through; or why that cannot be said.
type Answer = Result<bool, Reason>;

impl Passage {
    pub(super) fn new(route: Op, key: Op) -> Self {
        Self {
            route,
            key,
            compiled: Compiled::default(),
        }
    }

    /// Whether a key gets through a route and all before it.
    pub(super) fn run(&self, route: &Map, key: &str) -> Answer {
        let mut unknown = None;
        let mut route = Some(route);
        for _ in 0..MAX_BEFORE {
            let Some(own) = route else { break };
            if names(own.get("added"), key) {
                break;
            }
            match self.alone(own, key) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(reason) => unknown = unknown.or(Some(reason)),
            }
            route = own.get("before").and_then(Node::as_map);
        }
        unknown.map_or(Ok(true), Err)
    }

    /// Whether a key gets through one route, whatever was before.
    fn alone(&self, route: &Map, key: &str) -> Answer {
        if names(route.get("removed"), key) {
            return Ok(false);
        }
        if let Some(kept) = route.get("kept")
            && !names(Some(kept), key)
            && !self.matches(route.get("kept_pattern"), key)?
        {
            return Ok(false);
        }
        self.matches(route.get("pattern"), key)
            .map(|is_taken| !is_taken)
    }

    /// Whether a pattern matches; an empty one matches nothing.
    fn matches(&self, pattern: Option<&Node>, key: &str) -> Answer {
        match pattern.map(|node| &node.value) {
            Some(Value::Unknown(unknown)) => Err(unknown.reason.clone()),
            Some(Value::Str(pattern)) if !pattern.is_empty() => {
                let found = self.compiled.with(pattern, |regex| regex.is_match(key));
                found.map_err(|reason| Reason::Opaque(SmolStr::new(reason)))
            }
            _ => Ok(false),
        }
    }
}

fn names(list: Option<&Node>, key: &str) -> bool {
    let items = list.map_or(&[][..], Node::items);
    items.iter().any(|item| item.as_str() == Some(key))
}
