//! Checks Dockerfiles, Kubernetes manifests and OpenTelemetry Collector configurations as one picture of how traces
//! will flow.
//!
//! This library is the inside of the `spanguard` command; its interface may change with any release.
//! `ARCHITECTURE.md` says what each room is for and which rooms it may use.

pub mod artifact;
pub mod cli;
pub mod config;
pub mod discover;
pub mod document;
pub mod engine;
pub mod expr;
pub mod finding;
pub mod output;
pub mod picture;
pub mod policy;
pub mod repository;
pub mod source;
