//! What the program writes in JSON is what its schemas promise.
//!
//! Knows the keywords that our schemas use, and fails at any other.

use serde_json::Value;

use crate::sandbox::here;

/// What is wrong with a value.
fn mistakes(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let keywords = schema.as_object().unwrap().iter();
    let found = keywords.flat_map(|(keyword, wanted)| match keyword.as_str() {
        "$schema" | "title" | "description" | "$defs" => Vec::new(),
        "$ref" => {
            let place = wanted.as_str().unwrap().trim_start_matches('#');
            mistakes(root, root.pointer(place).unwrap(), value, at)
        }
        "const" => told(value == wanted, at, keyword),
        "enum" => told(wanted.as_array().unwrap().contains(value), at, keyword),
        "minimum" => {
            let least = wanted.as_f64().unwrap();
            let number = value.as_f64();
            told(number.is_none_or(|number| number >= least), at, keyword)
        }
        "type" => told(is_of_type(value, wanted), at, keyword),
        "anyOf" => {
            let mut ways = wanted.as_array().unwrap().iter();
            let fits = ways.any(|way| mistakes(root, way, value, at).is_empty());
            told(fits, at, keyword)
        }
        _ => inside((root, schema), (keyword, wanted), value, at),
    });
    found.collect()
}

/// What is wrong with the items or fields of a value.
fn inside(
    (root, schema): (&Value, &Value),
    (keyword, wanted): (&str, &Value),
    value: &Value,
    at: &str,
) -> Vec<String> {
    let below = |name: &dyn std::fmt::Display| format!("{at}/{name}");
    match keyword {
        "items" => {
            let items = value.as_array().into_iter().flatten().enumerate();
            items
                .flat_map(|(number, item)| mistakes(root, wanted, item, &below(&number)))
                .collect()
        }
        "required" => {
            let names = wanted.as_array().unwrap().iter();
            let names = names.map(|name| name.as_str().unwrap());
            names
                .flat_map(|name| told(value.get(name).is_some(), &below(&name), keyword))
                .collect()
        }
        "properties" => {
            let known = wanted.as_object().unwrap().iter();
            let known = known.filter_map(|(name, of)| Some((name, of, value.get(name)?)));
            known
                .flat_map(|(name, of, value)| mistakes(root, of, value, &below(name)))
                .collect()
        }
        "additionalProperties" if wanted == &Value::Bool(false) => {
            let known = &schema["properties"];
            let names = value.as_object().into_iter().flat_map(|map| map.keys());
            names
                .flat_map(|name| told(known.get(name).is_some(), &below(name), keyword))
                .collect()
        }
        _ => told(false, at, keyword),
    }
}

/// A mistake unless a value fits.
fn told(fits: bool, at: &str, keyword: &str) -> Vec<String> {
    if fits {
        Vec::new()
    } else {
        vec![format!("{at}: {keyword}")]
    }
}

fn is_of_type(value: &Value, wanted: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    };
    match wanted.as_array() {
        Some(several) => several.iter().any(is),
        None => is(wanted),
    }
}

#[test]
fn pictures_are_what_their_schema_promises() {
    let schema: Value = serde_json::from_str(&here(&["schema", "topology"]).stdout).unwrap();
    let written = here(&["topology", "fixtures/repos", "--format", "json"]).stdout;
    let mut picture: Value = serde_json::from_str(&written).unwrap();
    for part in ["environments", "ends", "hops", "paths"] {
        assert!(!picture[part].as_array().unwrap().is_empty(), "{part}");
    }
    assert_eq!(
        mistakes(&schema, &schema, &picture, ""),
        Vec::<String>::new()
    );
    picture["hops"][0]["certainty"] = "perhaps".into();
    picture["ends"][0]["colour"] = "red".into();
    picture["paths"][0]
        .as_object_mut()
        .unwrap()
        .remove("verdict");
    let found = mistakes(&schema, &schema, &picture, "");
    for wanted in [
        "/hops/0/certainty: enum",
        "/ends/0/colour: additionalProperties",
        "/paths/0/verdict: required",
    ] {
        assert!(
            found.iter().any(|mistake| mistake == wanted),
            "{wanted}: {found:?}"
        );
    }
}
