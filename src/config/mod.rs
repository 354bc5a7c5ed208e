//! Finds and resolves the settings into one plain struct.
//!
//! `spanguard.yaml` is looked for from each root upwards, as far as the top of the repository. Unknown keys are errors
//! with the nearest correct name. This room knows what settings say, and not what becomes of it.

mod rollout;
mod waiver;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};

use crate::artifact::SETTINGS_FILES;
use crate::document::decode::{self, Key, Kind, Problem, Shape, first_document, word};
use crate::document::{Entry, Node};
use crate::finding::Severity;
use crate::source::{FileId, SourceFile, Span};

pub use self::rollout::Planned;
pub use self::waiver::Waiver;

use self::waiver::WAIVER;

/// The name of the settings file.
pub const FILE_NAME: &str = "spanguard.yaml";

/// The largest settings or policy file that is read, in bytes.
pub const MAX_BYTES: u64 = 1024 * 1024;

/// The settings file.
pub static SETTINGS: Shape = Shape {
    name: "settings file",
    keys: &[
        key(
            "profile",
            Kind::Word(&PROFILES),
            "The set of rules to start from; `recommended` without this key.",
        ),
        key(
            "include",
            Kind::Texts,
            "Patterns of paths; where given, a file must match one.",
        ),
        key(
            "exclude",
            Kind::Texts,
            "Patterns of paths that are not looked at.",
        ),
        key(
            "policies",
            Kind::Texts,
            "Folders with more rules, relative to this file; `.spanguard/policies` is always read where it exists.",
        ),
        key(
            "fail-on",
            Kind::Word(&["error", "warning", "note", "never"]),
            "The severity from which findings fail the run; `error` without this key.",
        ),
        key(
            "suppressions",
            Kind::Bool,
            "Whether comments in files may suppress findings; true without this key.",
        ),
        key(
            "baseline",
            Kind::Text,
            "A file of known findings, relative to this file; `spanguard baseline` writes it.",
        ),
        key(
            "waivers",
            Kind::Maps(&WAIVER),
            "Findings that are accepted until a day.",
        ),
        key(
            "services",
            Kind::Named(&rollout::SERVICE),
            "The services of the rollout, by name.",
        ),
        key(
            "environments",
            Kind::NamedTexts,
            "Folders that belong together, by the name of their environment, from the folder of these settings; `*` stands for the name of one folder, as in `apps/*/production`.",
        ),
        key(
            "phases",
            Kind::NamedWord(rollout::STATES),
            "The phases of the rollout, by name: `enforced`, or `planned` for one whose findings fail no run yet.",
        ),
        key(
            "rules",
            Kind::NamedOrWord(&RULE, LEVELS),
            "What to change of rules, by id; `rule-id: off` is short for a severity. A pattern such as `privacy/*` sets the severity of those that the profile runs; a rule's own entry counts before it, and a longer pattern before a shorter one.",
        ),
    ],
};

/// The sets of rules, from the fewest to the most.
pub const PROFILES: [&str; 3] = ["essential", "recommended", "strict"];

/// What a rule can be set to.
const LEVELS: &[&str] = &["error", "warning", "note", "off"];

static RULE: Shape = Shape {
    name: "rule setting",
    keys: &[
        key(
            "severity",
            Kind::Word(LEVELS),
            "How bad it is here; `off` switches the rule off, anything else switches it on whatever the profile says.",
        ),
        key("params", Kind::Any, "Values for the rule's parameters."),
    ],
};

const fn key(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    decode::key(name, kind, false, doc)
}

/// Resolved settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The set of rules to start from.
    pub profile: String,
    /// The folder relative to which `include` and `exclude` are meant.
    pub folder: PathBuf,
    /// Patterns of which a path must match one, if there are any.
    pub include: Vec<String>,
    /// Patterns of which a path must match none.
    pub exclude: Vec<String>,
    /// Folders with more rules.
    pub policies: Vec<PathBuf>,
    /// The severity from which findings fail the run; nothing for never.
    pub fail_on: Option<Severity>,
    /// What to change of rules, by id.
    pub rules: BTreeMap<String, RuleSetting>,
    /// What patterns change of the severities of rules, the longest pattern first.
    pub families: Vec<Family>,
    /// The tag of the only rules that run; nothing for all.
    pub only: Option<String>,
    /// Whether comments in files and waivers may suppress findings.
    pub suppressions: bool,
    /// Findings that are accepted until a day.
    pub waivers: Vec<Waiver>,
    /// A file of known findings.
    pub baseline: Option<PathBuf>,
    /// Services whose phase has not begun.
    pub planned: Vec<Planned>,
    /// The file that they were read from, for messages about it.
    pub file: Option<SourceFile>,
    /// What in it cannot be used; the rest of it counts.
    pub problems: Vec<Problem>,
}

/// What to change of a rule.
#[derive(Debug, Clone)]
pub struct RuleSetting {
    /// Where its id stands in the settings file.
    pub place: Option<Span>,
    /// Its severity here; nothing leaves the rule's own.
    pub severity: Option<Level>,
    /// Values for its parameters, with their places.
    pub params: Vec<(String, Span, Node)>,
}

/// What a pattern changes of rules.
#[derive(Debug, Clone)]
pub struct Family {
    /// The pattern as written.
    pub pattern: String,
    /// Where it stands in the settings file.
    pub place: Span,
    /// The severity of its rules here.
    pub level: Level,
    glob: GlobMatcher,
}

impl Family {
    /// Whether a rule belongs to it.
    pub fn has(&self, rule: &str) -> bool {
        self.glob.is_match(rule)
    }
}

/// A severity or none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The rule does not run.
    Off,
    /// The rule runs with this severity.
    On(Severity),
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is larger than [`MAX_BYTES`] or not text.
    #[error("{path} is not a settings file: {detail}")]
    NotSettings {
        /// The file.
        path: String,
        /// What is wrong.
        detail: String,
    },
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: "recommended".to_owned(),
            folder: PathBuf::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            policies: Vec::new(),
            fail_on: Some(Severity::Error),
            rules: BTreeMap::new(),
            families: Vec::new(),
            only: None,
            suppressions: true,
            waivers: Vec::new(),
            baseline: None,
            planned: Vec::new(),
            file: None,
            problems: Vec::new(),
        }
    }
}

/// The nearest settings file at or above a path, not above the top of a repository.
pub fn find(from: &Path) -> Option<PathBuf> {
    let names = SETTINGS_FILES.iter();
    search(from, |folder| {
        let paths = names.clone().map(|name| folder.join(name));
        paths.into_iter().find(|path| path.is_file())
    })
}

/// The nearest folder of a name at or above a path, not above the top of a repository.
pub fn find_above(from: &Path, name: &str) -> Option<PathBuf> {
    search(from, |folder| {
        Some(folder.join(name)).filter(|path| path.is_dir())
    })
}

fn search(from: &Path, find: impl Fn(&Path) -> Option<PathBuf>) -> Option<PathBuf> {
    // `..` must be followed before the folders above are named.
    let start = std::fs::canonicalize(from).ok()?;
    let start = if start.is_dir() {
        start.as_path()
    } else {
        start.parent()?
    };
    for folder in start.ancestors() {
        if let Some(path) = find(folder) {
            return Some(path);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// Reads a settings file; `shown` is its path in messages.
pub fn load(path: &Path, shown: &str) -> Result<Settings, ConfigError> {
    let text = read_text(path, shown)?;
    let file = SourceFile::new(FileId(0), shown, text);
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(resolve(file, folder))
}

/// The text of one of our own files.
pub fn read_text(path: &Path, shown: &str) -> Result<String, ConfigError> {
    let read_error = |source| ConfigError::Read {
        path: shown.to_owned(),
        source,
    };
    let file = std::fs::File::open(path).map_err(read_error)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(read_error)?;
    let not_settings = |detail: String| ConfigError::NotSettings {
        path: shown.to_owned(),
        detail,
    };
    if bytes.len() as u64 > MAX_BYTES {
        return Err(not_settings(format!("it is larger than {MAX_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| not_settings(error.to_string()))
}

/// What a file says, and what in it cannot be used.
fn resolve(file: SourceFile, folder: &Path) -> Settings {
    let mut settings = Settings::default();
    match root(&file) {
        Err(problem) => settings.problems.push(problem),
        Ok(root) if root.is_null() => {}
        Ok(root) => {
            let problems = &mut settings.problems;
            problems.extend(SETTINGS.problems(&root));
            let keys = ["include", "exclude"].iter();
            problems.extend(
                keys.flat_map(|key| root.get(key).map_or(&[][..], Node::items))
                    .filter_map(bad_pattern),
            );
            problems.extend(missing_folders(&root, folder));
            problems.extend(waiver::problems(&root));
            fill(&mut settings, &root, folder);
        }
    }
    settings.file = Some(file);
    settings
}

/// Folders of policies that are not there.
fn missing_folders(root: &Node, folder: &Path) -> Vec<Problem> {
    let names = root.get("policies").map_or(&[][..], Node::items).iter();
    let missing = names.filter(|name| {
        name.as_str()
            .is_some_and(|name| !folder.join(name).is_dir())
    });
    let problem = |name: &Node| Problem::new(name.span, "there is no such folder");
    missing.map(problem).collect()
}

/// Reads what a pattern changes of rules; parameters belong to one rule.
fn family(settings: &mut Settings, entry: &Entry, level: Option<Level>) {
    if let Some(params) = entry.value.as_map().and_then(|map| map.entry("params")) {
        let message = "parameters are for one rule, not for a pattern";
        settings
            .problems
            .push(Problem::new(params.key_span, message.to_owned()));
    }
    let glob = Glob::new(&entry.key).map(|glob| glob.compile_matcher());
    if let (Some(level), Ok(glob)) = (level, glob) {
        settings.families.push(Family {
            pattern: entry.key.to_string(),
            place: entry.key_span,
            level,
            glob,
        });
        settings
            .families
            .sort_by_key(|family| std::cmp::Reverse(family.pattern.len()));
    }
}

/// What is wrong with a pattern, if anything is.
fn bad_pattern(pattern: &Node) -> Option<Problem> {
    let error = Glob::new(pattern.as_str()?).err()?;
    let message = format!("not a pattern: {}", error.kind());
    let mut problem = Problem::new(pattern.span, message);
    problem.help = Some(
        "`*` stands for any signs, `/` among them; `[` and `{` need their partners".to_owned(),
    );
    Some(problem)
}

fn root(file: &SourceFile) -> Result<Node, Problem> {
    let Some((root, second)) = first_document(file)? else {
        return Ok(Node::null(Span::new(file.id, 0, 0)));
    };
    match second.map(|document| document.root) {
        Some(Ok(second)) => Err(Problem::new(
            second.label(),
            "a settings file is one document",
        )),
        Some(Err(_)) | None => Ok(root),
    }
}

fn fill(settings: &mut Settings, root: &Node, folder: &Path) {
    let texts = |key: &str| -> Vec<String> {
        let items = root.get(key).map_or(&[][..], Node::items);
        items
            .iter()
            .filter_map(Node::as_str)
            .map(str::to_owned)
            .collect()
    };
    let profile = root.str_at(&["profile"]);
    if let Some(profile) = profile.filter(|profile| PROFILES.contains(profile)) {
        profile.clone_into(&mut settings.profile);
    }
    let patterns = |key: &str| {
        let all = texts(key).into_iter();
        all.filter(|pattern| Glob::new(pattern).is_ok()).collect()
    };
    settings.include = patterns("include");
    settings.exclude = patterns("exclude");
    let folders = texts("policies").into_iter().map(|path| folder.join(path));
    settings.policies = folders.filter(|path| path.is_dir()).collect();
    settings.suppressions = root
        .get("suppressions")
        .and_then(Node::as_bool)
        .unwrap_or(true);
    settings.waivers = waiver::all(root);
    settings.planned = rollout::planned(root);
    let baseline = root.str_at(&["baseline"]);
    settings.baseline = baseline.map(|path| folder.join(path));
    match root.str_at(&["fail-on"]) {
        Some("never") => settings.fail_on = None,
        Some(name) => settings.fail_on = Severity::parse(name).or(settings.fail_on),
        None => {}
    }
    for entry in root.get("rules").map_or(&[][..], Node::entries) {
        let severity = entry.value.get("severity").unwrap_or(&entry.value);
        let severity = word(severity).and_then(|name| match name {
            "off" => Some(Level::Off),
            name => Severity::parse(name).map(Level::On),
        });
        if entry.key.contains('*') {
            family(settings, entry, severity);
            continue;
        }
        let params = entry.value.get("params").map_or(&[][..], Node::entries);
        let params = params
            .iter()
            .map(|param| (param.key.to_string(), param.key_span, param.value.clone()));
        let setting = RuleSetting {
            place: Some(entry.key_span),
            severity,
            params: params.collect(),
        };
        settings.rules.insert(entry.key.to_string(), setting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        let file = SourceFile::new(FileId(0), FILE_NAME, text);
        resolve(file, Path::new("/r"))
    }

    #[test]
    fn settings_are_resolved() {
        let found = settings(
            "profile: strict\nexclude: [a]\npolicies: [p]\nfail-on: warning\nrules:\n  x/y: off\n  x/z: {severity: note, params: {n: 3}}\n",
        );
        assert_eq!(found.profile, "strict");
        assert_eq!(found.problems.len(), 1, "there is no folder `p`");
        assert_eq!(found.fail_on, Some(Severity::Warning));
        assert_eq!(found.rules["x/y"].severity, Some(Level::Off));
        assert_eq!(found.rules["x/z"].severity, Some(Level::On(Severity::Note)));
        assert_eq!(found.rules["x/z"].params[0].0, "n");
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(settings("# nothing\n").profile, "recommended");
    }

    #[test]
    fn a_typo_is_refused_with_the_nearest_key() {
        let found = settings("exlude: [a]\nprofile: strict\n");
        let help = found.problems[0].help.as_deref();
        assert_eq!(help, Some("did you mean `exclude`?"));
        assert_eq!(found.file.unwrap().slice(found.problems[0].span), "exlude");
        assert_eq!(found.profile, "strict", "the rest counts");
    }

    #[test]
    fn a_bad_pattern_is_refused_at_its_place() {
        let found = settings("exclude: [a, \"[\"]\n");
        assert_eq!(found.file.unwrap().slice(found.problems[0].span), "\"[\"");
        assert_eq!(found.exclude, ["a"]);
    }

    #[test]
    fn the_file_is_found_upwards_and_not_above_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("repo/a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(folder.path().join(FILE_NAME), "").unwrap();
        std::fs::create_dir(folder.path().join("repo/.git")).unwrap();
        assert_eq!(find(&deep), None);
        std::fs::write(folder.path().join("repo").join(FILE_NAME), "").unwrap();
        let wanted = std::fs::canonicalize(folder.path().join("repo")).unwrap();
        assert_eq!(find(&deep), Some(wanted.join(FILE_NAME)));
        let around = deep.join("../../../repo/a");
        assert_eq!(find(&around), Some(wanted.join(FILE_NAME)));
    }
}
