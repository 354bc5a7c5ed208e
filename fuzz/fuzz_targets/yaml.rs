//! Any text as YAML, in both dialects: spans lie inside the text, and nothing panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanguard::document::Node;
use spanguard::document::yaml::{Dialect, Input, Masks, parse};
use spanguard::source::FileId;

fn inside(node: &Node, len: usize) {
    assert!(node.span.start <= node.span.end && node.span.end as usize <= len);
    node.items().iter().for_each(|item| inside(item, len));
    for entry in node.entries() {
        assert!(entry.key_span.end as usize <= len);
        inside(&entry.value, len);
    }
}

fuzz_target!(|text: &str| {
    for dialect in [Dialect::Kubernetes, Dialect::Collector] {
        let stream = parse(Input {
            file: FileId(0),
            text,
            written: None,
            dialect,
            masks: Masks::NONE,
        });
        for document in stream.documents {
            if let Ok(root) = document.root {
                inside(&root, text.len());
            }
        }
    }
});
