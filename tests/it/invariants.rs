//! What a change must not do to the picture of an organisation, and to what is said of it.

use proptest::prelude::*;

use spanguard::picture::Verdict;
use spanguard::policy::{PolicySet, Reading};

use crate::mutations::{Texts, found, organisation, report};

/// A collector that passes on what it gets.
const RELAY: &str = r#"apiVersion: opentelemetry.io/v1beta1
kind: OpenTelemetryCollector
metadata: {name: relay, namespace: observability}
spec:
  replicas: 3
  config:
    receivers: {otlp: {protocols: {grpc: {endpoint: "0.0.0.0:4317"}}}}
    exporters: {otlp_grpc: {endpoint: "otel-collector-gateway.observability.svc:4317", tls: {insecure: true}}}
    service: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}}
"#;

/// The built-in policies, compiled once for all tests.
fn policies() -> &'static PolicySet {
    static SET: std::sync::OnceLock<PolicySet> = std::sync::OnceLock::new();
    SET.get_or_init(|| PolicySet::built_in(Reading::WithoutExamples))
}

/// Replaces a text wherever it stands.
fn replace_everywhere(texts: &mut Texts, find: &str, replace: &str) {
    let mut count = 0;
    for text in texts.values_mut() {
        count += text.matches(find).count();
        *text = text.replace(find, replace);
    }
    assert!(count > 0, "{find} is nowhere");
}

/// Where the traces of each service come to.
fn verdicts(texts: &Texts) -> Vec<(String, Verdict)> {
    let picture = report(texts, policies()).0.picture;
    let paths = picture.paths.iter();
    let verdicts = paths.map(|path| (picture.name(Some(path.service)).to_owned(), path.verdict));
    verdicts.collect()
}

/// The findings of some families, as rules with their counts.
fn of_families(texts: &Texts, families: &[&str]) -> Vec<(String, usize)> {
    let all = found(texts, policies()).into_iter();
    let is_of = |rule: &str| families.iter().any(|family| rule.starts_with(family));
    all.filter(|(rule, _)| is_of(rule)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn a_service_that_is_renamed_with_all_who_name_it_changes_nothing(name in "[a-z]{4,12}-[a-z]{3,8}") {
        let before = organisation();
        let mut after = before.clone();
        replace_everywhere(&mut after, "otel-collector-gateway.observability.svc", &format!("{name}.observability.svc"));
        let service = after.get_mut("infrastructure/gateway/service.yaml").unwrap();
        *service = service.replace("{name: otel-collector-gateway,", &format!("{{name: {name},"));
        prop_assert_eq!(verdicts(&before), verdicts(&after));
        prop_assert!(found(&after, policies()).is_empty());
    }

    #[test]
    fn a_namespace_that_has_nothing_to_do_with_it_changes_nothing(name in "[a-z]{4,12}") {
        let before = organisation();
        let mut after = before.clone();
        let other = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: otel-collector-gateway, namespace: x-{name}}}\nspec: {{selector: {{app: {name}}}, ports: [{{port: 4317}}]}}\n"
        );
        after.insert(format!("other/{name}.yaml"), other);
        prop_assert_eq!(verdicts(&before), verdicts(&after));
        prop_assert!(found(&after, policies()).is_empty());
    }
}

#[test]
fn a_collector_that_passes_everything_on_keeps_every_verdict() {
    let before = organisation();
    let mut after = before.clone();
    after.insert("infrastructure/relay.yaml".to_owned(), RELAY.to_owned());
    let agent = after.get_mut("infrastructure/agent/config.yaml").unwrap();
    *agent = agent.replace(
        "otel-collector-gateway.observability.svc.cluster.local",
        "relay-collector.observability.svc.cluster.local",
    );
    assert_eq!(verdicts(&before), verdicts(&after));
    let families = ["topology/", "privacy/"];
    assert_eq!(of_families(&after, &families), []);
}

#[test]
fn a_scrubber_that_goes_only_adds_findings_about_personal_data() {
    let mut after = organisation();
    let gateway = after.get_mut("infrastructure/gateway/config.yaml").unwrap();
    *gateway = gateway.replace("[memory_limiter, redaction]", "[memory_limiter]");
    assert!(!of_families(&after, &["privacy/"]).is_empty());
    assert_eq!(of_families(&after, &["topology/"]), []);
}

#[test]
fn more_replicas_only_take_findings_about_availability_away() {
    let counted = |replicas: usize| -> usize {
        let mut texts = organisation();
        let files = [
            "infrastructure/jaeger/ingester.yaml",
            "infrastructure/jaeger/query.yaml",
        ];
        for file in files {
            let text = texts.get_mut(file).unwrap();
            for old in ["replicas: 3", "replicas: 2"] {
                *text = text.replace(old, &format!("replicas: {replicas}"));
            }
        }
        let scaler = texts
            .get_mut("infrastructure/gateway/scaling.yaml")
            .unwrap();
        *scaler = scaler.replace("minReplicas: 3", &format!("minReplicas: {replicas}"));
        let all = of_families(&texts, &["availability/"]);
        all.into_iter().map(|(_, count)| count).sum()
    };
    let counts: Vec<usize> = (1..=6).map(counted).collect();
    assert!(counts[0] > 0 && counts[5] == 0, "{counts:?}");
    assert!(
        counts.is_sorted_by(|more, fewer| more >= fewer),
        "{counts:?}"
    );
}
