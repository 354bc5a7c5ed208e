//! Runbooks: the `kubectl` commands in Markdown that somebody types when something is on fire.
//!
//! Source: the reference of `kubectl`, and its short names of resources.

use crate::document::{MapBuilder, Node};
use crate::source::{SourceFile, Span};

/// Words in the names of files that hold such commands.
const NAMES: [&str; 6] = [
    "runbook", "rollback", "playbook", "incident", "oncall", "on-call",
];

/// Commands that change a workload; `rollout` and `set` have another word behind them.
const VERBS: [&str; 6] = ["scale", "delete", "patch", "set", "rollout", "restart"];

/// Kinds of workloads, by every name that `kubectl` takes.
const KINDS: [(&str, &[&str]); 4] = [
    (
        "Deployment",
        &[
            "deployment",
            "deployments",
            "deploy",
            "deployment.apps",
            "deployments.apps",
        ],
    ),
    (
        "DaemonSet",
        &[
            "daemonset",
            "daemonsets",
            "ds",
            "daemonset.apps",
            "daemonsets.apps",
        ],
    ),
    (
        "StatefulSet",
        &[
            "statefulset",
            "statefulsets",
            "sts",
            "statefulset.apps",
            "statefulsets.apps",
        ],
    ),
    ("CronJob", &["cronjob", "cronjobs", "cj"]),
];

/// Whether a file of this name, in lower case, is a runbook.
pub(super) fn is_one(name: &str) -> bool {
    name.strip_suffix(".md").is_some() && NAMES.iter().any(|word| name.contains(word))
}

/// The commands of a file that name a workload in full, each as a map; nothing without any.
pub(super) fn read(file: &SourceFile) -> Option<Node> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let mut words = words(line, at).into_iter();
        while words.any(|(word, _)| word == "kubectl") {
            let own: Vec<(&str, usize)> =
                words.by_ref().take_while(|(word, _)| !ends(word)).collect();
            found.extend(command(file, &own));
        }
        at += line.len();
    }
    let whole = Span::new(file.id, 0, file.text.len());
    (!found.is_empty()).then(|| Node::list(whole, found))
}

/// The words of a line, each with its place in the file.
fn words(line: &str, start: usize) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(begin) = rest.find(|c: char| !is_between(c)) {
        let word = rest.get(begin..).unwrap_or("");
        let end = word.find(is_between).unwrap_or(word.len());
        let (word, behind) = word.split_at(end);
        found.push((word, start + line.len() - behind.len() - word.len()));
        rest = behind;
    }
    found
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, '`' | '"' | '\'')
}

/// Whether a command ends before a word.
fn ends(word: &str) -> bool {
    word.starts_with('#') || matches!(word, "|" | "||" | "&&" | ";" | "\\")
}

/// What a command changes: the verb, the workload and its namespace.
fn command(file: &SourceFile, words: &[(&str, usize)]) -> Option<Node> {
    let verb = words.iter().position(|(word, _)| VERBS.contains(word))?;
    let targets = words.get(verb + 1..)?;
    let (kind, name, place) = targets
        .iter()
        .enumerate()
        .find_map(|(number, (word, place))| {
            if let Some((kind, name)) = word.split_once('/') {
                return Some((kind_of(kind)?, name, *place));
            }
            let (name, place) = targets.get(number + 1)?;
            Some((kind_of(word)?, *name, *place))
        })?;
    let name = name.trim_end_matches([';', ',']);
    let is_name = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
    };
    let namespace = namespace(words);
    if !is_name(name) || namespace.is_some_and(|namespace| !is_name(namespace)) {
        return None;
    }
    let text = file.text.get(place..)?;
    let length = text.find(name)? + name.len();
    let at = Span::new(file.id, place, place + length);
    let mut node = MapBuilder::new(at);
    node.label(at)
        .put("verb", Node::string(at, words.get(verb)?.0))
        .put("kind", Node::string(at, kind))
        .put("name", Node::string(at, name))
        .put_some(
            "namespace",
            namespace.map(|namespace| Node::string(at, namespace)),
        );
    Some(node.build())
}

fn kind_of(word: &str) -> Option<&'static str> {
    let mut kinds = KINDS.iter();
    kinds
        .find(|(_, names)| names.contains(&word))
        .map(|(kind, _)| *kind)
}

fn namespace<'t>(words: &[(&'t str, usize)]) -> Option<&'t str> {
    words
        .iter()
        .enumerate()
        .find_map(|(number, (word, _))| match *word {
            "-n" | "--namespace" => words.get(number + 1).map(|(next, _)| *next),
            word => word
                .strip_prefix("--namespace=")
                .or_else(|| word.strip_prefix("-n=")),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::sources;

    fn found(text: &str) -> Vec<String> {
        let files = sources(&[("runbook.md", text)]);
        let file = &files[0];
        let commands = read(file);
        let commands = commands.as_ref().map_or(&[][..], Node::items).iter();
        let part = |node: &Node, key: &str| node.str_at(&[key]).unwrap_or("-").to_owned();
        let shown = commands.map(|node| {
            let parts = ["verb", "kind", "namespace", "name"].map(|key| part(node, key));
            let place = file.position(node.span.start);
            format!("{} @{}:{}", parts.join(" "), place.line, place.column)
        });
        shown.collect()
    }

    #[test]
    fn commands_are_read_with_their_workload_and_place() {
        let text = "# Rollback\n\n```bash\nkubectl scale deployment/gateway --replicas=0 -n obs\n$ kubectl -n obs delete ds agent # now\n```\nOr `kubectl rollout undo deploy/cart --namespace=shop && kubectl get pods`.\n";
        assert_eq!(
            found(text),
            [
                "scale Deployment obs gateway @4:15",
                "delete DaemonSet obs agent @5:28",
                "rollout Deployment shop cart @7:26",
            ]
        );
    }

    #[test]
    fn placeholders_and_other_commands_are_left_out() {
        let text = "kubectl set env deployment/<service> A=b\nkubectl get deployment cart\nkubectl delete deployment/$NAME -n obs\nkubectl scale deployment/cart -n $NS\n";
        assert_eq!(found(text), [""; 0]);
    }
}
