//! Any text as an expression over a document: it compiles or is refused, and its evaluation ends.

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanguard::document::yaml::{Dialect, Input, Masks, parse};
use spanguard::expr::{Program, Template, Type, Variable};
use spanguard::source::FileId;

const DOCUMENT: &str = "a: {b: [1, 2, x], c: null, d: 1.5}\ne: text\nf: true\n";

fuzz_target!(|text: &str| {
    let variables = [Variable {
        name: "o".into(),
        ty: Type::Any,
    }];
    let stream = parse(Input {
        file: FileId(0),
        text: DOCUMENT,
        written: None,
        dialect: Dialect::Kubernetes,
        masks: Masks::NONE,
    });
    let Some(Ok(root)) = stream
        .documents
        .into_iter()
        .next()
        .map(|document| document.root)
    else {
        return;
    };
    if let Ok(program) = Program::compile(text, &variables) {
        let _value = program.evaluate(&[Some(&root)]).to_string();
    }
    if let Ok(template) = Template::compile(text, &variables) {
        let _text = template.render(&[Some(&root)], &|_| None);
    }
});
