//! Reads our own files (policies, settings) out of a tree, with the place of everything that is wrong.
//!
//! A [`Shape`] lists the keys of a map with their types and documentation. The same table refuses unknown keys, checks
//! types and becomes the JSON Schema that editors use.

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::document::yaml::{Dialect, Document, Input, parse};
use crate::document::{Node, Value};
use crate::source::{SourceFile, Span, nearest};

/// Something wrong in one of our own files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What.
    pub message: String,
    /// What to do about it, where that is clear.
    pub help: Option<String>,
}

impl Problem {
    /// A problem whose message says all.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
        }
    }
}

/// Reads the first document of one of our own files, if there is any, and hands out the second for the caller to judge.
pub fn first_document(file: &SourceFile) -> Result<Option<(Node, Option<Document>)>, Problem> {
    let stream = parse(Input::plain(file.id, &file.text, Dialect::Collector));
    let mut documents = stream.documents.into_iter();
    let Some(document) = documents.next() else {
        return Ok(None);
    };
    if let Some(duplicate) = document.duplicates.first() {
        let message = format!("the key `{}` is given twice", duplicate.key);
        return Err(Problem::new(duplicate.again, message));
    }
    match document.root {
        Ok(root) => Ok(Some((root, documents.next()))),
        Err(error) => Err(Problem::new(error.span, error.message)),
    }
}

/// The keys that a map may have.
#[derive(Debug)]
pub struct Shape {
    /// What such a map is called in messages.
    pub name: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// One key of a map.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// One sentence on what it means.
    pub doc: &'static str,
}

/// A key with its kind, whether it must be there, and what it means.
pub const fn key(name: &'static str, kind: Kind, required: bool, doc: &'static str) -> Key {
    Key {
        name,
        kind,
        required,
        doc,
    }
}

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text.
    Text,
    /// A boolean.
    Bool,
    /// A whole number from 0 on.
    Count,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A list of words out of a few.
    Words(&'static [&'static str]),
    /// A map of a known shape.
    Map(&'static Shape),
    /// A map from any name to maps of one shape.
    Named(&'static Shape),
    /// A map from any name to one of a few words.
    NamedWord(&'static [&'static str]),
    /// A map from any name to lists of texts.
    NamedTexts,
    /// A map from any name to maps of one shape, or to one of a few words.
    NamedOrWord(&'static Shape, &'static [&'static str]),
    /// A list of maps of a shape.
    Maps(&'static Shape),
    /// A list of texts or maps of a shape.
    TextsOrMaps(&'static Shape),
    /// Anything.
    Any,
}

impl Shape {
    /// Everything that does not fit: unknown and missing keys, wrong types, at any depth.
    pub fn problems(&self, node: &Node) -> Vec<Problem> {
        let mut found = Vec::new();
        self.check(node, &mut found);
        found
    }

    fn check(&self, node: &Node, found: &mut Vec<Problem>) {
        if node.as_map().is_none() {
            found.push(wrong_type(node, &format!("a map ({})", self.name)));
            return;
        }
        for entry in node.entries() {
            if let Some(key) = self.keys.iter().find(|key| key.name == entry.key) {
                key.kind.check(&entry.value, found);
            } else {
                let names = self.keys.iter().map(|key| key.name);
                let help = match nearest(&entry.key, names.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!(
                        "{} has: {}",
                        article(self.name),
                        names.collect::<Vec<_>>().join(", ")
                    ),
                };
                found.push(Problem {
                    span: entry.key_span,
                    message: format!("unknown key `{}` in {}", entry.key, article(self.name)),
                    help: Some(help),
                });
            }
        }
        for key in self
            .keys
            .iter()
            .filter(|key| key.required && node.get(key.name).is_none())
        {
            found.push(Problem {
                span: node.label(),
                message: format!("{} needs the key `{}`", article(self.name), key.name),
                help: Some(key.doc.to_owned()),
            });
        }
    }

    /// The JSON Schema as the text of a file of its own.
    pub fn schema_file(&self, title: &str) -> String {
        let mut schema = self.json_schema();
        if let Some(object) = schema.as_object_mut() {
            let dialect = json!("https://json-schema.org/draft/2020-12/schema");
            object.insert("$schema".to_owned(), dialect);
            object.insert("title".to_owned(), json!(title));
        }
        format!("{schema:#}\n")
    }

    /// The JSON Schema of such a map.
    pub fn json_schema(&self) -> Json {
        let mut properties = JsonMap::new();
        for key in self.keys {
            let mut schema = key.kind.json_schema();
            if let Some(object) = schema.as_object_mut() {
                object.insert("description".to_owned(), json!(key.doc));
            }
            properties.insert(key.name.to_owned(), schema);
        }
        let required: Vec<&str> = self
            .keys
            .iter()
            .filter(|key| key.required)
            .map(|key| key.name)
            .collect();
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
            "required": required,
        })
    }
}

impl Kind {
    fn check(self, node: &Node, found: &mut Vec<Problem>) {
        match self {
            Self::Any => {}
            Self::Text => expect(node, node.as_str().is_some(), "a text", found),
            Self::Bool => expect(node, node.as_bool().is_some(), "true or false", found),
            Self::Count => {
                let is_count = node.as_int().is_some_and(|number| number >= 0);
                expect(node, is_count, "a whole number", found);
            }
            Self::Word(words) => check_word(node, words, found),
            Self::Texts => each(node, found, |item, found| Self::Text.check(item, found)),
            Self::Words(words) => each(node, found, |item, found| check_word(item, words, found)),
            Self::Map(shape) => shape.check(node, found),
            Self::Named(shape) => {
                expect(node, node.as_map().is_some(), "a map", found);
                node.entries()
                    .iter()
                    .for_each(|entry| shape.check(&entry.value, found));
            }
            Self::NamedWord(words) => {
                expect(node, node.as_map().is_some(), "a map", found);
                node.entries()
                    .iter()
                    .for_each(|entry| check_word(&entry.value, words, found));
            }
            Self::NamedTexts => {
                expect(node, node.as_map().is_some(), "a map", found);
                let lists = node.entries().iter();
                lists.for_each(|entry| Self::Texts.check(&entry.value, found));
            }
            Self::NamedOrWord(shape, words) => {
                expect(node, node.as_map().is_some(), "a map", found);
                for entry in node.entries() {
                    if word(&entry.value).is_some() {
                        check_word(&entry.value, words, found);
                    } else {
                        shape.check(&entry.value, found);
                    }
                }
            }
            Self::Maps(shape) => each(node, found, |item, found| shape.check(item, found)),
            Self::TextsOrMaps(shape) => each(node, found, |item, found| {
                if item.as_str().is_none() {
                    shape.check(item, found);
                }
            }),
        }
    }

    fn json_schema(self) -> Json {
        match self {
            Self::Any => json!({}),
            Self::Text => json!({"type": "string"}),
            Self::Count => json!({"type": "integer", "minimum": 0}),
            Self::Bool => json!({"type": "boolean"}),
            Self::Word(words) => json!({"enum": words}),
            Self::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Self::Words(words) => json!({"type": "array", "items": {"enum": words}}),
            Self::Map(shape) => shape.json_schema(),
            Self::Named(shape) => {
                json!({"type": "object", "additionalProperties": shape.json_schema()})
            }
            Self::NamedWord(words) => {
                json!({"type": "object", "additionalProperties": {"enum": words}})
            }
            Self::NamedTexts => {
                json!({"type": "object", "additionalProperties": Self::Texts.json_schema()})
            }
            Self::NamedOrWord(shape, words) => {
                let either = json!([shape.json_schema(), {"enum": words}]);
                json!({"type": "object", "additionalProperties": {"anyOf": either}})
            }
            Self::Maps(shape) => json!({"type": "array", "items": shape.json_schema()}),
            Self::TextsOrMaps(shape) => {
                json!({"type": "array", "items": {"anyOf": [{"type": "string"}, shape.json_schema()]}})
            }
        }
    }
}

fn each(node: &Node, found: &mut Vec<Problem>, check: impl Fn(&Node, &mut Vec<Problem>)) {
    expect(node, node.as_list().is_some(), "a list", found);
    node.items().iter().for_each(|item| check(item, found));
}

fn expect(node: &Node, fits: bool, wanted: &str, found: &mut Vec<Problem>) {
    if !fits {
        found.push(wrong_type(node, wanted));
    }
}

fn wrong_type(node: &Node, wanted: &str) -> Problem {
    let is_plain = matches!(
        &node.value,
        Value::Bool(_) | Value::Int(_) | Value::Float(_)
    );
    let help = (is_plain && wanted == "a text").then(|| "put it in quotes".to_owned());
    Problem {
        span: node.span,
        message: format!(
            "{wanted} is needed here, and this is {}",
            article(node.type_name())
        ),
        help,
    }
}

/// A noun with its article.
pub fn article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {noun}")
}

/// YAML reads `off` and `on` as booleans; where those are words, they are meant as words.
pub fn word(node: &Node) -> Option<&str> {
    match node.as_bool() {
        Some(false) => Some("off"),
        Some(true) => Some("on"),
        None => node.as_str(),
    }
}

fn check_word(node: &Node, words: &[&str], found: &mut Vec<Problem>) {
    let Some(text) = word(node) else {
        found.push(wrong_type(node, &format!("one of {}", words.join(", "))));
        return;
    };
    if !words.contains(&text) {
        let near = nearest(text, words.iter().copied());
        found.push(Problem {
            span: node.span,
            message: format!("`{text}` is not one of {}", words.join(", ")),
            help: near.map(|near| format!("did you mean `{near}`?")),
        });
    }
}
