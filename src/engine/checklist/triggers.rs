//! Whether alerts watch the rollback triggers of the strategy (2.3), and the tracing system itself.

use crate::document::Node;
use crate::engine::checklist::{Basis, against, node};
use crate::finding::{Answer, Evidence, Line, Said};
use crate::repository::SubjectKind;

/// What the rules about alerts take for alerts about the tracing system.
const OWN_METRICS: &str = "otelcol_";

/// The triggers, each with the rules that look for its alert.
const TRIGGERS: [(&str, &[&str]); 5] = [
    (
        "Service latency increases >5% for 10 minutes",
        &["alerts/no-latency-alert"],
    ),
    (
        "Error rate increases >2% for 5 minutes",
        &["alerts/no-error-rate-alert"],
    ),
    (
        "OTel Collector CPU >90% sustained",
        &["alerts/no-collector-cpu-alert"],
    ),
    (
        "Elasticsearch disk >95%",
        &["alerts/no-storage-alert", "alerts/storage-alert-too-late"],
    ),
    (
        "Kafka lag >1 million messages",
        &["alerts/no-kafka-lag-alert"],
    ),
];

/// A line for each trigger.
pub(super) fn lines(basis: Basis<'_>) -> Vec<Line> {
    let line = |(text, rules): &(&'static str, &[&str])| Line::new(text, watched(basis, rules));
    TRIGGERS.iter().map(line).collect()
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
    let own = basis.subjects(SubjectKind::Repository).find_map(node);
    let alerts = own.and_then(|own| own.get("alerts"));
    let alerts = alerts.map_or(&[][..], Node::items);
    let is_own = |alert: &&Node| {
        alert
            .str_at(&["expr"])
            .is_some_and(|text| text.contains(OWN_METRICS))
    };
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
