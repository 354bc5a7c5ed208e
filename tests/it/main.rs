//! The built program, and the shape of the repository.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

mod check;
mod checklists;
mod commands;
mod corpus;
mod floors;
mod generated;
mod invariants;
mod mutations;
mod sandbox;
mod schemas;
mod topology;
mod truth;
mod yaml_suite;
