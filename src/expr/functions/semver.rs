//! Versions: `1.2.3`, `v0.104.0`, `2.31.0-rc.1`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operation names the few types that it applies to; all others are refused alike"
)]

use std::cmp::Ordering;
use std::rc::Rc;

use super::{Function, Style, arg, str_of};
use crate::expr::types::Type;
use crate::expr::value::Data;

/// A version by the precedence rules of SemVer 2.0.0; missing numbers are 0 and a leading `v` is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Semver {
    /// First number.
    pub major: u64,
    /// Second number.
    pub minor: u64,
    /// Third number.
    pub patch: u64,
    /// The dot-separated part after a hyphen, empty for a release.
    pub pre: Vec<String>,
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "semver",
        style: Style::Global,
        params: &[Type::String],
        returns: Type::Semver,
        doc: "The version that a text such as `v0.104.0` stands for; versions compare with `<` and `==`.",
        run: |args| {
            let text = str_of(args, 0)?;
            let version =
                Semver::parse(text).ok_or_else(|| format!("`{text}` is not a version"))?;
            Ok(Data::Semver(Rc::new(version)))
        },
    },
    Function {
        name: "isSemver",
        style: Style::Global,
        params: &[Type::String],
        returns: Type::Bool,
        doc: "Whether the text is a version.",
        run: |args| Ok(Data::Bool(Semver::parse(str_of(args, 0)?).is_some())),
    },
    Function {
        name: "major",
        style: Style::Receiver,
        params: &[Type::Semver],
        returns: Type::Int,
        doc: "The first number of a version.",
        run: |args| match &arg(args, 0)?.data {
            Data::Semver(version) => {
                Ok(Data::Int(i64::try_from(version.major).unwrap_or(i64::MAX)))
            }
            _ => Err("a version is needed".to_owned()),
        },
    },
    Function {
        name: "minor",
        style: Style::Receiver,
        params: &[Type::Semver],
        returns: Type::Int,
        doc: "The second number of a version.",
        run: |args| match &arg(args, 0)?.data {
            Data::Semver(version) => {
                Ok(Data::Int(i64::try_from(version.minor).unwrap_or(i64::MAX)))
            }
            _ => Err("a version is needed".to_owned()),
        },
    },
];

impl Semver {
    /// Reads a version.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
        let mut parts = numbers.split('.');
        let mut next = || parts.next().map_or(Some(0), |part| part.parse().ok());
        let (major, minor, patch) = (next()?, next()?, next()?);
        if numbers.is_empty() || parts.next().is_some() {
            return None;
        }
        let pre = pre
            .split('.')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        Some(Self {
            major,
            minor,
            patch,
            pre,
        })
    }
}

impl Ord for Semver {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers =
            (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch));
        numbers.then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare_pre(&self.pre, &other.pre),
        })
    }
}

impl PartialOrd for Semver {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn compare_pre(a: &[String], b: &[String]) -> Ordering {
    for (left, right) in a.iter().zip(b) {
        let order = match (left.parse::<u64>(), right.parse::<u64>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => left.cmp(right),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_follow_semver_precedence() {
        let order = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "v1.2",
            "2",
        ];
        for pair in order.windows(2) {
            assert!(Semver::parse(pair[0]) < Semver::parse(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn tags_that_are_no_versions_are_refused() {
        for text in ["latest", "", "1.2.3.4", "main-abc", "v"] {
            assert_eq!(Semver::parse(text), None, "{text}");
        }
    }
}
