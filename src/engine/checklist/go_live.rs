//! The go-live checklist of the strategy (8.4), with the exit criteria of its five phases.

use crate::engine::checklist::{
    Basis, PEOPLE, RUNS, arrival, components, open, privacy, services, triggers,
};
use crate::finding::{Checklist, Line, Section};

/// Why lines about documents stay open.
const DOCUMENTS: &str = "no file says whether it is";

/// Pilot services of phase 2.
const PILOTS: usize = 5;
/// Services that phase 3 asks for at least.
const HIGH_TRAFFIC: usize = 15;

/// The go-live checklist of a repository.
pub fn go_live(basis: Basis<'_>) -> Checklist {
    let section = |title, lines| Section { title, lines };
    Checklist {
        title: "Go-live",
        subject: String::new(),
        heads: Vec::new(),
        sections: vec![
            section("Infrastructure", components::lines(basis)),
            section("Rollback Triggers", triggers::lines(basis)),
            section("Phase 1: Infrastructure Setup", infrastructure()),
            section("Phase 2: Pilot Services", pilots(basis)),
            section("Phase 3: High-Traffic Services", high_traffic(basis)),
            section("Phase 4: Remaining Services", remaining(basis)),
            section("Phase 5: Optimization & Training", optimization()),
            section("Go-Live Checklist", final_list(basis)),
        ],
    }
}

fn infrastructure() -> Vec<Line> {
    vec![
        open("All infrastructure components healthy", RUNS),
        open("Synthetic traces flowing end-to-end", RUNS),
        open("Query latency <500ms (p99)", RUNS),
        open("Monitoring dashboards operational", RUNS),
        open("Runbooks complete", DOCUMENTS),
        open("Team trained on basics", PEOPLE),
    ]
}

fn pilots(basis: Basis<'_>) -> Vec<Line> {
    vec![
        Line::new(
            "All 5 pilot services instrumented",
            services::of_phase(basis, "pilot", PILOTS),
        ),
        Line::new("End-to-end traces visible in Jaeger", arrival::all(basis)),
        open("Performance impact <1%", RUNS),
        open("No production incidents", RUNS),
        open("Team feedback positive", PEOPLE),
        open("Process documented", DOCUMENTS),
    ]
}

fn high_traffic(basis: Basis<'_>) -> Vec<Line> {
    vec![
        Line::new(
            "15-20 services instrumented",
            services::counted(basis, HIGH_TRAFFIC),
        ),
        Line::new(
            "All services appear in Jaeger service list",
            arrival::all(basis),
        ),
        open("Service dependency graph accurate", RUNS),
        open("No P1/P2 incidents", RUNS),
        open("Performance SLAs met", RUNS),
    ]
}

fn remaining(basis: Basis<'_>) -> Vec<Line> {
    vec![
        Line::new(
            "100% of production services instrumented",
            services::covered(basis),
        ),
        Line::new(
            "All service types covered (APIs, workers, jobs)",
            services::types(basis),
        ),
        open("Documentation complete", DOCUMENTS),
        open("Self-service process validated", PEOPLE),
    ]
}

fn optimization() -> Vec<Line> {
    vec![
        open("System optimized for production load", RUNS),
        open("All teams trained", PEOPLE),
        open("Documentation complete and accessible", DOCUMENTS),
        open("Support process established", PEOPLE),
        open("Success metrics tracked", RUNS),
    ]
}

fn final_list(basis: Basis<'_>) -> Vec<Line> {
    vec![
        open("All Phase 1 services in production", RUNS),
        Line::new("Traces of every service reach a store", arrival::all(basis)),
        Line::new("No personal data in traces", privacy::everywhere(basis)),
        open("Performance impact validated", RUNS),
        open("No P1/P2 incidents in past week", RUNS),
        open("Documentation complete", DOCUMENTS),
        open("Training sessions delivered", PEOPLE),
        open("Support process established", PEOPLE),
        Line::new(
            "Monitoring & alerting operational",
            triggers::operational(basis),
        ),
        open("Budget approved for ongoing costs", PEOPLE),
        open("Security review passed", PEOPLE),
        open("Architecture review approved", PEOPLE),
    ]
}
