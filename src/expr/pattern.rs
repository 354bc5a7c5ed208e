//! Searches by regular expression: `matches`, `find` and `findAll`.

use std::rc::Rc;
use std::sync::RwLock;

use regex::{Regex, RegexBuilder};
use smol_str::SmolStr;

use crate::expr::compile::Op;
use crate::expr::types::Type;
use crate::expr::value::{Data, Val};

/// The longest match, in bytes, of a pattern that is surely small enough.
const SMALL_MATCH: usize = 500;

/// The largest compiled form of one regular expression, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// Compiled expressions that one search keeps. Most search for a literal; a few for what a file states.
const MAX_KEPT: usize = 16;

/// A search by regular expression, with the expressions that it has compiled.
#[derive(Debug)]
pub(super) struct Pattern {
    search: Search,
    pub(super) text: Op,
    pub(super) wanted: Op,
    compiled: Compiled,
}

/// Regular expressions that were compiled.
#[derive(Debug, Default)]
pub(super) struct Compiled(RwLock<Vec<(SmolStr, Regex)>>);

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
            compiled: Compiled::default(),
        }
    }

    /// Says what is wrong with a pattern that is known beforehand.
    ///
    /// It is compiled when it is first searched for; only one that may be too large is compiled here.
    pub(super) fn check(pattern: &str) -> Result<(), String> {
        let parsed = regex_syntax::parse(pattern).map_err(|error| last_line(&error.to_string()))?;
        let properties = parsed.properties();
        let lengths = [properties.minimum_len(), properties.maximum_len()];
        if lengths.iter().flatten().any(|len| *len > SMALL_MATCH) {
            regex(pattern)?;
        }
        Ok(())
    }

    /// Runs the search with the compiled form of a pattern, or says why it has none.
    pub(super) fn run<'a>(&self, text: &str, pattern: &str) -> Result<Data<'a>, String> {
        self.compiled
            .with(pattern, |regex| self.search.apply(regex, text))
    }
}

impl Compiled {
    /// Does something with the compiled form of a pattern, or says why it has none.
    pub(super) fn with<T>(&self, pattern: &str, apply: impl Fn(&Regex) -> T) -> Result<T, String> {
        let kept = self.0.read().ok().and_then(|kept| {
            let found = kept.iter().find(|(known, _)| known == pattern);
            found.map(|(_, regex)| apply(regex))
        });
        if let Some(found) = kept {
            return Ok(found);
        }
        let regex = regex(pattern)
            .map_err(|reason| format!("`{pattern}` is not a regular expression: {reason}"))?;
        self.keep(pattern, &regex);
        Ok(apply(&regex))
    }

    /// Keeps a compiled pattern while there is room; two threads may keep the same one.
    fn keep(&self, pattern: &str, regex: &Regex) {
        if let Ok(mut kept) = self.0.write()
            && kept.len() < MAX_KEPT
        {
            kept.push((pattern.into(), regex.clone()));
        }
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
                Data::Items(Rc::new(all.collect()), None)
            }
        }
    }
}

/// Compiles a regular expression, with a limit on its size.
fn regex(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern)
        .size_limit(MAX_REGEX_BYTES)
        .build();
    built.map_err(|error| last_line(&error.to_string()))
}

/// What an error says after it has drawn the pattern.
fn last_line(error: &str) -> String {
    let last = error.lines().last().unwrap_or("");
    last.trim_start_matches("error: ").to_owned()
}
