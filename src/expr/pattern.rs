//! Searches by regular expression: `matches`, `find` and `findAll`.

use std::rc::Rc;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use smol_str::SmolStr;

use crate::expr::compile::Op;
use crate::expr::types::Type;
use crate::expr::value::{Data, Val};

/// The largest compiled form of one regular expression, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// A search by regular expression. The expression is a literal or a parameter, so it is compiled once.
#[derive(Debug)]
pub(super) struct Pattern {
    search: Search,
    pub(super) text: Op,
    pub(super) wanted: Op,
    /// The last pattern that was compiled.
    compiled: OnceLock<(SmolStr, Regex)>,
}

/// What to do with a regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    Matches,
    Find,
    FindAll,
}

impl Pattern {
    pub(super) fn new(search: Search, text: Op, wanted: Op) -> Self {
        Self {
            search,
            text,
            wanted,
            compiled: OnceLock::new(),
        }
    }

    /// Compiles a pattern that is known beforehand, or says what is wrong with it.
    pub(super) fn prepare(&self, pattern: &str) -> Result<(), String> {
        let regex = regex(pattern)?;
        let _kept = self.compiled.set((pattern.into(), regex));
        Ok(())
    }

    /// Runs the search with the compiled form of a pattern, or says why it has none.
    pub(super) fn run<'a>(&self, text: &str, pattern: &str) -> Result<Data<'a>, String> {
        if let Some((known, regex)) = self.compiled.get()
            && known == pattern
        {
            return Ok(self.search.apply(regex, text));
        }
        let regex = regex(pattern)
            .map_err(|reason| format!("`{pattern}` is not a regular expression: {reason}"))?;
        let found = self.search.apply(&regex, text);
        // Another thread may have been first; its pattern is as good as ours.
        let _kept = self.compiled.set((pattern.into(), regex));
        Ok(found)
    }
}

impl Search {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "matches" => Some(Self::Matches),
            "find" => Some(Self::Find),
            "findAll" => Some(Self::FindAll),
            _ => None,
        }
    }

    pub(super) fn returns(self) -> Type {
        match self {
            Self::Matches => Type::Bool,
            Self::Find => Type::String,
            Self::FindAll => Type::List(&Type::String),
        }
    }

    fn apply<'a>(self, regex: &Regex, text: &str) -> Data<'a> {
        let owned = |text: &str| Data::Str(text.to_owned().into());
        match self {
            Self::Matches => Data::Bool(regex.is_match(text)),
            Self::Find => owned(regex.find(text).map_or("", |found| found.as_str())),
            Self::FindAll => {
                let all = regex
                    .find_iter(text)
                    .map(|found| Val::new(owned(found.as_str())));
                Data::Items(Rc::new(all.collect()))
            }
        }
    }
}

/// Compiles a regular expression, with a limit on its size.
fn regex(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern)
        .size_limit(MAX_REGEX_BYTES)
        .build();
    built.map_err(|error| {
        let text = error.to_string();
        text.lines()
            .last()
            .unwrap_or("")
            .trim_start_matches("error: ")
            .to_owned()
    })
}
