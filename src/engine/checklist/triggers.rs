//! Whether alerts watch the rollback triggers of the strategy (2.3), and the tracing system itself.

use crate::document::Node;
use crate::engine::checklist::{Basis, against, node};
use crate::finding::{Answer, Evidence, Line, Said};
use crate::repository::SubjectKind;

/// What the rules about alerts take for alerts about the tracing system.
const OWN_METRICS: &str = "otelcol_";

/// The triggers, each with the rules that look for its alert, and with words of which such an alert has one; no words where
/// the rules always look.
const TRIGGERS: [(&str, &[&str], &[&str]); 5] = [
    (
        "Service latency increases >5% for 10 minutes",
        &["alerts/no-latency-alert"],
        &[],
    ),
    (
        "Error rate increases >2% for 5 minutes",
        &["alerts/no-error-rate-alert"],
        &[],
    ),
    (
        "OTel Collector CPU >90% sustained",
        &["alerts/no-collector-cpu-alert"],
        &[],
    ),
    (
        "Elasticsearch disk >95%",
        &["alerts/no-storage-alert", "alerts/storage-alert-too-late"],
        &["elasticsearch", "opensearch", "volume_stats"],
    ),
    (
        "Kafka lag >1 million messages",
        &["alerts/no-kafka-lag-alert"],
        &["kafka", "lag"],
    ),
];

/// A line for each trigger.
pub(super) fn lines(basis: Basis<'_>) -> Vec<Line> {
    let lines = TRIGGERS.iter().map(|(text, rules, words)| {
        let said = watched(basis, rules);
        let is_asked = words.is_empty() || alerts(basis).iter().any(|alert| names(alert, words));
        if said.answer == Answer::Yes && !is_asked {
            let reason = "no alert and no object of the files is about it, so no rule asks for one";
            return Line::new(text, Said::open(reason));
        }
        Line::new(text, said)
    });
    lines.collect()
}

/// Whether the alerts of the repository satisfy some rules.
fn watched(basis: Basis<'_>, rules: &[&str]) -> Said {
    if let Some(off) = basis.switched_off(rules) {
        return off;
    }
    let names: Vec<String> = rules.iter().map(|rule| format!("`{rule}`")).collect();
    held(basis, &names.join(" and "), |rule| rules.contains(&rule))
}

/// Whether every rule about alerts holds.
pub(super) fn operational(basis: Basis<'_>) -> Said {
    let off = basis.family_off("alerts/");
    off.unwrap_or_else(|| {
        held(basis, "every rule of `alerts/`", |rule| {
            rule.starts_with("alerts/")
        })
    })
}

/// Whether rules about alerts hold; open where no alert is about the tracing system, since the rules then ask for none.
fn held(basis: Basis<'_>, what: &str, is_rule: impl Fn(&str) -> bool) -> Said {
    if let Some(no) = against(basis.found(|found| is_rule(&found.rule))) {
        return no;
    }
    let undecided = basis.undecided(|unknown| is_rule(&unknown.rule));
    let alerts = alerts(basis);
    let is_own = |alert: &&Node| names(alert, &[OWN_METRICS]);
    match (
        Said::by(Answer::Open, undecided),
        alerts.iter().find(is_own),
    ) {
        (Some(open), _) => open,
        (None, None) => Said::open(
            "no alert about the collectors is among the files, so no rule asks for this one",
        ),
        (None, Some(first)) => {
            let text = format!("{} alerts satisfy {what}", alerts.len());
            Said::yes(Evidence::at(first.label(), text))
        }
    }
}

/// The alerts of the repository.
fn alerts(basis: Basis<'_>) -> &[Node] {
    let own = basis.subjects(SubjectKind::Repository).find_map(node);
    let alerts = own.and_then(|own| own.get("alerts"));
    alerts.map_or(&[][..], Node::items)
}

/// Whether the expression of an alert has one of some words in it.
fn names(alert: &Node, words: &[&str]) -> bool {
    let text = alert.str_at(&["expr"]).unwrap_or("");
    words.iter().any(|word| text.contains(word))
}
