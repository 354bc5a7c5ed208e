//! The speed of the stages and of whole runs, beside the floor: reading the same bytes and draining the YAML parser's
//! events. `cargo bench` runs it on `fixtures/` and, where it is there, on a folder of real repositories.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use granit_parser::Parser;
use spanguard::config::Settings;
use spanguard::discover::{Found, Request, discover};
use spanguard::engine::{Occasion, check};
use spanguard::finding::Date;
use spanguard::output::{Format, Look, render};
use spanguard::policy::{PolicySet, Reading};
use spanguard::repository::Repository;

/// Inputs by name: one file, a small repository, real repositories.
fn inputs() -> Vec<(&'static str, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = [
        (
            "one-file",
            root.join("fixtures/repos/clean/deploy/cart.yaml"),
        ),
        ("small", root.join("fixtures/repos")),
        ("mid", root.join("../shared/corpus/jaegertracing+jaeger")),
        ("corpus", root.join("../shared/corpus")),
    ];
    all.into_iter().filter(|(_, path)| path.exists()).collect()
}

fn read(path: &Path) -> Found {
    let request = Request {
        roots: vec![path.to_owned()],
        base: PathBuf::from("/"),
        ..Request::default()
    };
    discover(request).unwrap_or_default()
}

/// Drains the events of every YAML file, on all cores.
fn drain(found: &Found) -> usize {
    use rayon::prelude::*;
    let is_yaml = |path: &str| {
        [".yaml", ".yml"]
            .iter()
            .any(|ending| path.ends_with(ending))
    };
    let count = |text: &str| Parser::new_from_str(text).take_while(Result::is_ok).count();
    found
        .files
        .par_iter()
        .filter(|file| is_yaml(&file.path))
        .map(|file| count(&file.text))
        .sum()
}

fn whole(path: &Path, policies: &PolicySet, settings: &Settings) -> usize {
    let found = read(path);
    let occasion = Occasion {
        is_whole: true,
        unread: found.unread,
        missing: found.missing,
        explicit: found.explicit,
        frame: spanguard::finding::Frame::default(),
        base: PathBuf::new(),
        today: Date::from_seconds(0),
        baseline: None,
    };
    let repository = Repository::build(found.files);
    let mut report = check(&repository, &occasion, policies, settings);
    report.finish();
    let mut out = Vec::new();
    let _written = render(Format::Concise, &report, &Look::default(), &mut out);
    out.len()
}

fn stages(criterion: &mut Criterion) {
    let settings = Settings {
        profile: "strict".to_owned(),
        ..Settings::default()
    };
    let policies = PolicySet::built_in(Reading::WithoutExamples);
    criterion.bench_function("policies", |bench| {
        bench.iter(|| black_box(PolicySet::built_in(Reading::WithoutExamples).rules.len()));
    });
    for (name, path) in inputs() {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10);
        group.bench_function("floor", |bench| {
            bench.iter(|| black_box(drain(&read(&path))));
        });
        group.bench_function("read", |bench| {
            bench.iter(|| black_box(read(&path).files.len()));
        });
        group.bench_function("run", |bench| {
            bench.iter(|| black_box(whole(&path, &policies, &settings)));
        });
        group.finish();
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
