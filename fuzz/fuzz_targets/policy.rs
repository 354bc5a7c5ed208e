//! Any text as a policy file: it loads or says why not.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanguard::engine::run_examples;
use spanguard::policy::PolicySet;

fuzz_target!(|text: &str| {
    let mut set = PolicySet::default();
    set.load([(
        "own/rule".to_owned(),
        "rule.yaml".to_owned(),
        text.to_owned(),
    )]);
    for rule in &set.rules {
        let _failures = run_examples(&set, rule);
    }
});
