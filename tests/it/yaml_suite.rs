//! The official YAML test suite, where `SPANGUARD_YAML_SUITE` names the folder with its cases: what it calls an error
//! is refused at a place in the text, everything else is read with its values. [`EXCEPTIONS`] says where we differ.
//! `.ci/try_yaml_suite.py` fetches the cases and runs this.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Deserializer, Value as Json};
use spanguard::document::yaml::{Dialect, Document, Input, Masks, ParseError, parse};
use spanguard::document::{Node, Value};
use spanguard::source::{FileId, Span};

/// How many cases there are, and how many of them are errors.
const COUNTS: (usize, usize) = (402, 94);

const BOTH: &[Dialect] = &[Dialect::Kubernetes, Dialect::Collector];

/// Cases in which we do not do what the suite demands.
struct Exception {
    cases: &'static [&'static str],
    dialects: &'static [Dialect],
    /// What we do instead.
    does: Outcome,
    why: &'static str,
}

/// What reading a case came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// What the suite demands.
    Fits,
    /// It is an error, and was read.
    Read,
    /// It is none, and was refused.
    Refused,
    /// It was read with other values.
    Differs,
}

const EXCEPTIONS: [Exception; 7] = [
    Exception {
        cases: &[
            "2JQS", "6M2F", "CFD4", "DFF7", "FH7J", "FRK4", "NHX8", "NKF9", "PW8X", "S3PD",
            "SM9W/01", "UKK6/00",
        ],
        dialects: &[Dialect::Kubernetes],
        does: Outcome::Refused,
        why: "a key is null: kubectl has no JSON for it",
    },
    Exception {
        cases: &[
            "4FJ6", "6BFJ", "6PBE", "9MMW", "KK5P", "LX3P", "M2N8/00", "M2N8/01", "M5DY", "Q9WF",
            "RZP5", "SBG9", "V9D5", "X38W", "XW4D",
        ],
        dialects: BOTH,
        does: Outcome::Refused,
        why: "a key is a map or a list: an invalid map key to Go's libraries",
    },
    Exception {
        cases: &["6CA3", "DK95/00", "DK95/03", "DK95/04", "DK95/07", "Q5MG"],
        dialects: BOTH,
        does: Outcome::Refused,
        why: "a tab starts the line: Go's libraries take it in brackets and scalars only",
    },
    Exception {
        cases: &["DK95/05"],
        dialects: BOTH,
        does: Outcome::Refused,
        why: "a blank and a tab on a line of their own: only Go's libraries take it, behind a plain scalar",
    },
    Exception {
        cases: &["9C9N", "DK95/01", "QB6E", "Y79Y/03"],
        dialects: BOTH,
        does: Outcome::Read,
        why: "brackets and quotes go on in column 1 or behind a tab: Go's libraries take it",
    },
    Exception {
        cases: &["JEF9/02", "L24T/01"],
        dialects: &[Dialect::Collector],
        does: Outcome::Differs,
        why: "a block scalar ends with the file, without a line break: Go's library adds none",
    },
    Exception {
        cases: &["C4HZ"],
        dialects: &[Dialect::Kubernetes],
        does: Outcome::Differs,
        why: "the key `y` is the boolean true in YAML 1.1",
    },
];

struct Case {
    name: String,
    text: String,
    is_error: bool,
    /// One for each document; nothing where JSON cannot tell them.
    values: Option<Vec<Json>>,
}

#[test]
fn the_yaml_test_suite_is_read_as_it_demands() {
    let Some(folder) = std::env::var_os("SPANGUARD_YAML_SUITE") else {
        return;
    };
    let cases = cases(Path::new(&folder));
    let errors = cases.iter().filter(|case| case.is_error).count();
    assert_eq!((cases.len(), errors), COUNTS, "cases, errors among them");
    let mut complaints = Vec::new();
    for dialect in BOTH {
        let mut excepted = excepted(*dialect);
        for case in &cases {
            let (wanted, why) = excepted
                .remove(case.name.as_str())
                .unwrap_or((Outcome::Fits, "no exception"));
            let outcome = outcome(case, *dialect);
            if outcome != wanted {
                complaints.push(format!(
                    "{} as {dialect:?}: {outcome:?}, not {wanted:?} ({why}): {:?}",
                    case.name, case.text
                ));
            }
        }
        assert!(excepted.is_empty(), "no such cases: {excepted:?}");
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let excepted = excepted(Dialect::Kubernetes).len();
    let valued = cases.iter().filter(|case| case.values.is_some()).count();
    let is_refused = |case: &&Case| read(case, Dialect::Kubernetes).is_err();
    let refused = cases.iter().filter(is_refused).count();
    println!(
        "{} cases, {errors} of them errors, {valued} with values; {refused} refused, {excepted} excepted",
        cases.len()
    );
}

/// What is excepted in a dialect, by case.
fn excepted(dialect: Dialect) -> BTreeMap<&'static str, (Outcome, &'static str)> {
    let of_dialect = EXCEPTIONS
        .iter()
        .filter(|exception| exception.dialects.contains(&dialect));
    of_dialect
        .flat_map(|exception| {
            let said = (exception.does, exception.why);
            exception.cases.iter().map(move |case| (*case, said))
        })
        .collect()
}

/// The cases of all files, by name; a file with one case gives it its name.
fn cases(folder: &Path) -> Vec<Case> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "js"))
        .filter(|path| path.file_stem().unwrap() != "index")
        .collect();
    paths.sort();
    paths
        .iter()
        .flat_map(|path| cases_of(&std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// The cases of a file, which holds JSON behind `export default`. What a case does not give is that of the one before.
fn cases_of(module: &str) -> Vec<Case> {
    let (_, json) = module.split_once("export default").unwrap();
    let file: Json = serde_json::from_str(json).unwrap();
    let id = file.get("id").and_then(Json::as_str).unwrap();
    let listed = file.get("cases").and_then(Json::as_array).unwrap();
    let mut values = &Json::Null;
    let mut found = Vec::new();
    for (index, case) in listed.iter().enumerate() {
        values = case.get("json").unwrap_or(values);
        let is_error = case["fail"].as_bool().unwrap_or(false);
        found.push(Case {
            name: if listed.len() == 1 {
                id.to_owned()
            } else {
                format!("{id}/{index:02}")
            },
            text: case["yaml"].as_str().unwrap().to_owned(),
            is_error,
            values: values.as_str().filter(|_| !is_error).map(documents),
        });
    }
    found
}

fn documents(json: &str) -> Vec<Json> {
    let values = Deserializer::from_str(json).into_iter();
    values.map(|value| value.unwrap()).collect()
}

fn outcome(case: &Case, dialect: Dialect) -> Outcome {
    match (read(case, dialect), &case.values) {
        (Err(_), _) if case.is_error => Outcome::Fits,
        (Err(_), _) => Outcome::Refused,
        (Ok(_), _) if case.is_error => Outcome::Read,
        (Ok(roots), Some(values)) if !are_equal(&roots, values) => Outcome::Differs,
        (Ok(_), _) => Outcome::Fits,
    }
}

/// The roots of all documents, or why one of them has none.
fn read(case: &Case, dialect: Dialect) -> Result<Vec<Node>, ParseError> {
    let stream = parse(Input {
        file: FileId(0),
        text: &case.text,
        written: None,
        dialect,
        masks: Masks::NONE,
    });
    for document in &stream.documents {
        places_are_inside(document, case);
    }
    stream.documents.into_iter().map(|d| d.root).collect()
}

/// What is read and what is refused has a line of the text.
fn places_are_inside(document: &Document, case: &Case) {
    let is_inside = |span: Span| span.start <= span.end && span.start as usize <= case.text.len();
    let mut spans = Vec::new();
    match &document.root {
        Ok(root) => collect_spans(root, &mut spans),
        Err(error) => spans.push(error.span),
    }
    assert!(spans.into_iter().all(is_inside), "{}", case.name);
}

fn collect_spans(node: &Node, spans: &mut Vec<Span>) {
    spans.push(node.span);
    for item in node.items() {
        collect_spans(item, spans);
    }
    for entry in node.entries() {
        spans.push(entry.key_span);
        collect_spans(&entry.value, spans);
    }
}

fn are_equal(nodes: &[Node], values: &[Json]) -> bool {
    let mut pairs = nodes.iter().zip(values);
    nodes.len() == values.len() && pairs.all(|(node, value)| is_equal(node, value))
}

fn is_equal(node: &Node, json: &Json) -> bool {
    match (&node.value, json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(ours), Json::Bool(theirs)) => ours == theirs,
        (Value::Str(ours), Json::String(theirs)) => ours == theirs,
        // `450.00` is a number with a fraction to one side and none to the other: both print as `450`.
        (Value::Int(ours), Json::Number(_)) => {
            json.as_f64().unwrap().to_string() == ours.to_string()
        }
        (Value::Float(ours), Json::Number(_)) => json.as_f64() == Some(*ours),
        (Value::List(_), Json::Array(theirs)) => are_equal(node.items(), theirs),
        (Value::Map(ours), Json::Object(theirs)) => {
            let has_equal = |key: &str, value: &Node| {
                theirs
                    .get(key)
                    .is_some_and(|theirs| is_equal(value, theirs))
            };
            let mut entries = ours.entries.iter();
            ours.entries.len() == theirs.len() && entries.all(|e| has_equal(&e.key, &e.value))
        }
        _ => false,
    }
}
