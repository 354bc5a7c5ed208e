//! What is known of OTTL: its functions with their parameters, its contexts with their fields.
//!
//! The tables stand beside this file. What they lack, no release up to [`newest`](super::newest) has.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::repository::registry::{cells, words};

/// A function.
#[derive(Debug)]
pub(in crate::repository) struct Function {
    /// The contexts that have it; none for all.
    pub(in crate::repository) contexts: Vec<&'static str>,
    pub(in crate::repository) parameters: Vec<Parameter>,
}

/// A parameter of a function.
#[derive(Debug)]
pub(in crate::repository) struct Parameter {
    pub(in crate::repository) name: &'static str,
    pub(in crate::repository) takes: &'static str,
    pub(in crate::repository) is_optional: bool,
}

/// A context.
#[derive(Debug)]
pub(in crate::repository) struct Context {
    /// The contexts whose fields it can name, too.
    pub(in crate::repository) above: Vec<&'static str>,
    pub(in crate::repository) enums: Vec<&'static str>,
    /// The fields, dotted, with `[]` behind those that keys may follow.
    pub(in crate::repository) fields: Vec<&'static str>,
}

static FUNCTIONS: LazyLock<BTreeMap<&'static str, Function>> = LazyLock::new(|| {
    let rows = include_str!("ottl_functions.tsv").lines();
    let functions = rows.filter_map(|row| match cells(row)[..] {
        [Some(name), contexts, parameters] => {
            let parameters = words(parameters).into_iter().filter_map(parameter);
            let function = Function {
                contexts: words(contexts),
                parameters: parameters.collect(),
            };
            Some((name, function))
        }
        _ => None,
    });
    functions.collect()
});

static CONTEXTS: LazyLock<BTreeMap<&'static str, Context>> = LazyLock::new(|| {
    let rows = include_str!("ottl_contexts.tsv").lines();
    let contexts = rows.filter_map(|row| match cells(row)[..] {
        [Some(name), above, enums, fields] => {
            let context = Context {
                above: words(above),
                enums: words(enums),
                fields: words(fields),
            };
            Some((name, context))
        }
        _ => None,
    });
    contexts.collect()
});

fn parameter(written: &'static str) -> Option<Parameter> {
    let (name, takes) = written.split_once(':')?;
    Some(Parameter {
        name,
        takes: takes.trim_end_matches('?'),
        is_optional: takes.ends_with('?'),
    })
}

/// A function by its name.
pub(in crate::repository) fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.get(name)
}

/// The names of all functions.
pub(in crate::repository) fn functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.keys().copied()
}

/// A context by its name; both names of the scope are one.
pub(in crate::repository) fn context(name: &str) -> Option<&'static Context> {
    let name = if name == "instrumentation_scope" {
        "scope"
    } else {
        name
    };
    CONTEXTS.get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_read_in_full() {
        for (text, read) in [
            (include_str!("ottl_functions.tsv"), FUNCTIONS.len()),
            (include_str!("ottl_contexts.tsv"), CONTEXTS.len()),
        ] {
            let rows = text.lines().filter(|row| !row.starts_with('#'));
            assert_eq!(rows.count(), read);
        }
        let contexts = FUNCTIONS.values().flat_map(|function| &function.contexts);
        let above = CONTEXTS.values().flat_map(|context| &context.above);
        for name in contexts.chain(above).filter(|name| **name != "otelcol") {
            assert!(context(name).is_some(), "{name}");
        }
        let limit = function("limit").unwrap();
        assert_eq!(limit.parameters.len(), 3);
        assert!(function("flatten").unwrap().parameters[2].is_optional);
    }
}
