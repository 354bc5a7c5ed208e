//! Single mistakes in an organisation without any: each must be told by the rules that are meant for it, and by no other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

use spanguard::config::Settings;
use spanguard::document::Node;
use spanguard::document::yaml::{Dialect, Input, parse};
use spanguard::engine::{Occasion, check};
use spanguard::finding::{Date, Frame, Report};
use spanguard::policy::{PolicySet, Reading};
use spanguard::repository::Repository;
use spanguard::source::{FileId, SourceFile};

/// The organisation.
const FOLDER: &str = "fixtures/repos/rollout";

/// The fewest mistakes that must be told as they ought to be.
const FEWEST: usize = 60;

/// The texts of a repository by path.
pub(crate) type Texts = BTreeMap<String, String>;

fn read(folder: &Path, top: &Path, texts: &mut Texts) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, top, texts);
        } else {
            let name = path.strip_prefix(top).unwrap().to_str().unwrap();
            texts.insert(
                name.replace('\\', "/"),
                std::fs::read_to_string(&path).unwrap(),
            );
        }
    }
}

/// The organisation as it is.
pub(crate) fn organisation() -> Texts {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let mut texts = Texts::new();
    read(&top, &top, &mut texts);
    texts
}

/// The rules that find something, with how often they do.
pub(crate) fn found(texts: &Texts, policies: &PolicySet) -> BTreeMap<String, usize> {
    let mut rules = BTreeMap::new();
    for finding in report(texts, policies).1.findings {
        *rules.entry(finding.rule.to_string()).or_default() += 1;
    }
    rules
}

/// What the strict rules say of a repository, and the repository.
pub(crate) fn report(texts: &Texts, policies: &PolicySet) -> (Repository, Report) {
    let files = texts.iter().enumerate().map(|(at, (path, text))| {
        let id = FileId(u32::try_from(at).unwrap());
        SourceFile::new(id, path.as_str(), text.as_str())
    });
    let occasion = Occasion {
        is_whole: true,
        unread: Vec::new(),
        missing: Vec::new(),
        explicit: BTreeSet::new(),
        frame: Frame::default(),
        base: std::path::PathBuf::new(),
        today: Date::parse("2026-06-15").unwrap(),
        baseline: None,
    };
    let settings = Settings {
        profile: "strict".to_owned(),
        ..Settings::default()
    };
    let repository = Repository::build(files.collect());
    let report = check(&repository, &occasion, policies, &settings);
    (repository, report)
}

fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.str_at(&[key]).unwrap_or_default()
}

/// The texts after a mistake was made in them.
fn mutated(texts: &Texts, mutation: &Node) -> Texts {
    let mut texts = texts.clone();
    let edits = mutation.get("edits").map(Node::items);
    for edit in edits.unwrap_or(std::slice::from_ref(mutation)) {
        let text_of = texts.get_mut(text(edit, "file")).unwrap();
        let find = text(edit, "find");
        let count = text_of.matches(find).count();
        let is_all = edit.get("all").and_then(Node::as_bool) == Some(true);
        assert!(
            count == 1 || is_all && count > 1,
            "{}: {find:?} occurs {count} times",
            text(mutation, "name")
        );
        *text_of = text_of.replace(find, text(edit, "replace"));
    }
    texts
}

#[test]
fn each_mistake_is_told_by_the_rules_that_are_meant_for_it() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let texts = organisation();
    let list = std::fs::read_to_string(top.join("tests/mutations.yaml")).unwrap();
    let stream = parse(Input::plain(FileId(0), &list, Dialect::Collector));
    let root = stream.documents[0].root.as_ref().unwrap();
    let policies = PolicySet::built_in(Reading::WithoutExamples);
    let before = found(&texts, &policies);
    assert!(
        before.is_empty(),
        "the organisation has findings: {before:?}"
    );
    let judged: Vec<(bool, String)> = root
        .items()
        .par_iter()
        .map(|mutation| {
            let expected = mutation.get("expect").map_or(&[][..], Node::items);
            let expected: BTreeSet<&str> = expected.iter().filter_map(Node::as_str).collect();
            let told = found(&mutated(&texts, mutation), &policies);
            let told: BTreeSet<&str> = told.keys().map(String::as_str).collect();
            let is_gap = mutation.get("gap").is_some();
            let name = text(mutation, "name");
            let words = match (told == expected, is_gap) {
                (true, true) => format!("{name}: the gap is closed"),
                (false, false) => format!("{name}: expected {expected:?}, and found {told:?}"),
                _ => String::new(),
            };
            (told == expected, words)
        })
        .collect();
    let wrong: Vec<&str> = judged
        .iter()
        .map(|(_, words)| words.as_str())
        .filter(|words| !words.is_empty())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(judged.iter().filter(|(is_told, _)| *is_told).count() >= FEWEST);
}
