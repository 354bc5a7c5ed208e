//! Build files that are programs: Gradle, Mix, and Go modules.
//!
//! They are not run. The usual ways to name a package are found by pattern; anything else leaves the list open.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Packages;
use crate::document::Node;
use crate::source::{SourceFile, Span};

#[expect(clippy::expect_used, reason = "constant patterns, compiled by a test")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern is valid")
}

/// `implementation("group:artifact:version")`, on a line of its own or behind others.
static GRADLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)(?:^|[{;])[ \t]*(?P<scope>[A-Za-z]+)\s*[( ]\s*(?:platform\s*\(\s*)?["'](?P<name>[\w.\-]+:[\w.\-]+)(?::(?P<version>[^"'@:]+))?[^"'\n]*["']"#,
    )
});
/// `{:name, "~> 1.2"}`.
static MIX: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"\{\s*:(?P<name>[a-z][a-z0-9_]*)\s*,(?:\s*"(?P<version>[^"]+)")?"#));
/// `require path v1.2.3` or a line of a require block.
static GO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^\s*(?:require\s+)?(?P<name>[\w.\-]+\.[\w.\-]+/[^\s]+)\s+(?P<version>v[^\s]+)")
});

/// The package of a match with its version.
fn found(
    file: &SourceFile,
    captures: &Captures<'_>,
    shift: usize,
) -> Option<(String, Span, Option<Node>)> {
    let name = captures.name("name")?;
    let span =
        |range: std::ops::Range<usize>| Span::new(file.id, range.start + shift, range.end + shift);
    let version = captures
        .name("version")
        .map(|version| Node::string(span(version.range()), version.as_str()));
    Some((name.as_str().to_owned(), span(name.range()), version))
}

pub(super) fn gradle(file: &SourceFile, packages: &mut Packages) {
    for captures in GRADLE.captures_iter(&file.text) {
        let Some((name, at, version)) = found(file, &captures, 0) else {
            continue;
        };
        let version =
            version.filter(|version| !version.as_str().is_some_and(|text| text.contains('$')));
        let scope = captures.name("scope").map_or("", |scope| scope.as_str());
        if scope.starts_with("test") {
            packages.add_dev(&name, at, version);
        } else {
            packages.add(&name, at, version);
        }
    }
    let elsewhere = [
        "apply from",
        "libs.",
        "subprojects",
        "allprojects",
        "apply(from",
        "buildSrc",
        "project(",
    ];
    if elsewhere.iter().any(|word| file.text.contains(word)) {
        packages.open("another build file");
    }
    packages.label = word(file, "dependencies");
}

pub(super) fn mix(file: &SourceFile, packages: &mut Packages) {
    for captures in MIX.captures_iter(&file.text) {
        let Some((name, at, version)) = found(file, &captures, 0) else {
            continue;
        };
        let line = file.slice(Span::new(
            file.id,
            at.start as usize,
            file.line_range(at.start).1,
        ));
        if line.contains("path:") {
            packages.open("a package that is named by its place");
        }
        if line.contains("only:") && !line.contains(":prod") {
            packages.add_dev(&name, at, version);
        } else {
            packages.add(&name, at, version);
        }
    }
    if file.text.contains("in_umbrella: true") || file.text.contains("apps_path:") {
        packages.open("the applications of the umbrella");
    }
    packages.label = word(file, "defp deps").or_else(|| word(file, "def project"));
}

pub(super) fn go(file: &SourceFile, packages: &mut Packages) {
    for captures in GO.captures_iter(&file.text) {
        if let Some((name, at, version)) = found(file, &captures, 0) {
            packages.add(&name, at, version);
        }
    }
    packages.label = word(file, "module");
}

/// The first place where a word stands.
fn word(file: &SourceFile, word: &str) -> Option<Span> {
    let at = file.text.find(word)?;
    Some(Span::new(file.id, at, at + word.len()))
}
