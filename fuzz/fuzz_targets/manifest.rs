//! Any text as a manifest, in YAML and in JSON, judged by every rule: locations lie inside the file, fixes apply, and
//! nothing panics.

#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use spanguard::config::Settings;
use spanguard::engine::{Occasion, check, patch};
use spanguard::finding::Date;
use spanguard::policy::{PolicySet, Reading};
use spanguard::repository::Repository;
use spanguard::source::{FileId, SourceFile};

static POLICIES: LazyLock<PolicySet> =
    LazyLock::new(|| PolicySet::built_in(Reading::WithoutExamples));

fuzz_target!(|text: &str| {
    let settings = Settings {
        profile: "strict".to_owned(),
        ..Settings::default()
    };
    let occasion = Occasion {
        is_whole: true,
        unread: Vec::new(),
        missing: Vec::new(),
        explicit: BTreeSet::new(),
        frame: spanguard::finding::Frame::default(),
        base: std::path::PathBuf::new(),
        today: Date::from_seconds(0),
        baseline: None,
    };
    for name in ["a.yaml", "a.json"] {
        let file = SourceFile::new(FileId(0), name, text);
        let repository = Repository::build(vec![file.clone()]);
        let mut report = check(&repository, &occasion, &POLICIES, &settings);
        report.finish();
        let fixes = report
            .findings
            .iter()
            .filter_map(|finding| finding.fix.as_ref());
        let _patched = patch(&file, &fixes.collect::<Vec<_>>());
        for finding in &report.findings {
            assert!(finding.span.end as usize <= text.len());
        }
    }
});
