//! Any text below the parts of a collector configuration: ids, statements and pipelines are followed without a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanguard::repository::Repository;
use spanguard::source::{FileId, SourceFile};

fuzz_target!(|text: &str| {
    let statement = text.replace(['\'', '\n', '\r'], " ");
    let configuration = format!(
        "receivers: {{otlp: }}\nprocessors:\n  transform:\n    trace_statements:\n      - '{statement}'\n  redaction: {{blocked_key_patterns: ['{statement}']}}\nexporters: {{debug: {{verbosity: detailed}}}}\nservice:\n  pipelines:\n    traces: {{receivers: [otlp], processors: [transform, redaction], exporters: [debug]}}\n"
    );
    for text in [configuration.as_str(), text] {
        let file = SourceFile::new(FileId(0), "collector.yaml", text);
        let _repository = Repository::build(vec![file]);
    }
});
