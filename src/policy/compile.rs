//! From the text of a policy file to a rule, or to everything that is wrong in it.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::config::PROFILES;
use crate::document::Node;
use crate::document::decode::{Problem, first_document};
use crate::document::embedded::Embedded;
use crate::expr::{CompileError, Program, Template, Type, Variable};
use crate::finding::{RuleInfo, Severity};
use crate::policy::format::POLICY;
use crate::policy::{
    EditAction, EditRule, Example, Parameter, PolicyError, Reading, Rule, edit, example,
};
use crate::repository::SubjectKind;
use crate::source::{FileId, SourceFile, Span};

/// Families whose findings are about security.
const SECURITY: [&str; 2] = ["privacy/", "security/"];

/// Compiles one policy file.
pub(super) fn rule(
    id: &str,
    path: &str,
    text: &str,
    reading: Reading,
) -> Result<Rule, Vec<PolicyError>> {
    let file = SourceFile::new(FileId(0), path, text);
    let fail = |problems: Vec<Problem>| -> Vec<PolicyError> {
        let error = |problem| PolicyError {
            file: file.clone(),
            problem,
        };
        problems.into_iter().map(error).collect()
    };
    if !id
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c))
    {
        let problem = Problem {
            span: Span::new(file.id, 0, 0),
            message:
                "the path of a policy file is its rule's id: letters, digits, `-`, `_` and `.` only"
                    .to_owned(),
            help: Some("rename the file".to_owned()),
        };
        return Err(fail(vec![problem]));
    }
    let root = root(&file).map_err(|problem| fail(vec![problem]))?;
    let mut problems = POLICY.problems(&root);
    if reading == Reading::WithoutExamples {
        problems.retain(|problem| !problem.message.ends_with("needs the key `examples`"));
    }
    if !problems.is_empty() {
        return Err(fail(problems));
    }
    let mut compiler = Compiler {
        file: &file,
        root: &root,
        reading,
        problems: Vec::new(),
    };
    let rule = compiler.rule(id);
    let problems = compiler.problems;
    match rule {
        Some(rule) if problems.is_empty() => Ok(rule),
        _ => Err(fail(problems)),
    }
}

fn root(file: &SourceFile) -> Result<Node, Problem> {
    match first_document(file)? {
        None => Err(Problem::new(
            Span::new(file.id, 0, 0),
            "the policy file is empty",
        )),
        Some((root, Some(_))) => Err(Problem::new(
            root.span,
            "a policy file holds one rule, and this one has several documents",
        )),
        Some((root, None)) => Ok(root),
    }
}

struct Compiler<'a> {
    file: &'a SourceFile,
    root: &'a Node,
    reading: Reading,
    problems: Vec<Problem>,
}

impl Compiler<'_> {
    fn rule(&mut self, id: &str) -> Option<Rule> {
        let subject = SubjectKind::parse(self.root.str_at(&["subject"])?)?;
        let params = self.params();
        let base = variables(subject, &params);
        let each = self.expression("each", &base);
        let mut all = base.clone();
        if each.is_some() {
            all.push(Variable {
                name: "item".into(),
                ty: each
                    .as_ref()
                    .map_or(Type::Any, |each| element_of(each.ty())),
            });
        }
        let when = self.test("when", &base);
        let require = self.test("require", &all);
        let at = self.expression("at", &all);
        let related = self.expression("related", &all);
        let flow = self.expression("flow", &all);
        let message = self.message(&all);
        let edits = self.edits(&all);
        let (pass, fail) = (
            self.examples("pass", subject),
            self.examples("fail", subject),
        );
        let profiles = match self.root.get("profiles") {
            Some(_) => self.texts("profiles"),
            None => PROFILES.iter().map(|&name| name.to_owned()).collect(),
        };
        Some(Rule {
            id: id.into(),
            info: self.info(id)?,
            profiles,
            subject,
            when,
            each,
            require: require?,
            at,
            related,
            flow,
            supersedes: self.texts("supersedes"),
            message: message?,
            edits,
            params,
            pass,
            fail,
            file: self.file.clone(),
        })
    }

    /// The texts of a list.
    fn texts(&self, key: &str) -> Vec<String> {
        let items = self.root.get(key).map_or(&[][..], Node::items).iter();
        let texts = items.filter_map(Node::as_str);
        texts.map(str::to_owned).collect()
    }

    fn info(&self, id: &str) -> Option<RuleInfo> {
        let text = |key: &str| self.root.str_at(&[key]).map(|text| text.trim().to_owned());
        Some(RuleInfo {
            id: Arc::from(id),
            title: text("title")?,
            severity: Severity::parse(&text("severity")?)?,
            why: text("why")?,
            fix: text("fix")?,
            tags: self.texts("tags"),
            references: self.texts("references"),
            is_security: SECURITY.iter().any(|family| id.starts_with(family)),
        })
    }

    fn params(&mut self) -> Vec<Parameter> {
        let mut params = Vec::new();
        for entry in self.root.get("params").map_or(&[][..], Node::entries) {
            let text = |key: &str| entry.value.str_at(&[key]).unwrap_or("").to_owned();
            let default = entry
                .value
                .get("default")
                .cloned()
                .unwrap_or(Node::null(entry.key_span));
            let parameter = Parameter {
                name: entry.key.to_string(),
                kind: text("type"),
                description: text("description"),
                default,
            };
            if !parameter.fits(&parameter.default) {
                self.problems.push(Problem {
                    span: parameter.default.span,
                    message: format!(
                        "the default of `{}` is a {}, and its type is {}",
                        entry.key,
                        parameter.default.type_name(),
                        parameter.kind
                    ),
                    help: None,
                });
            }
            params.push(parameter);
        }
        params
    }

    fn edits(&mut self, variables: &[Variable]) -> Vec<EditRule> {
        let list = self.root.get("edits").map_or(&[][..], Node::items);
        list.iter()
            .filter_map(|node| self.edit(node, variables))
            .collect()
    }

    fn edit(&mut self, node: &Node, variables: &[Variable]) -> Option<EditRule> {
        let Some((key, path)) = edit::action(node) else {
            let message = format!("an edit has one of {}", edit::ACTIONS.join(", "));
            self.problems.push(Problem::new(node.label(), message));
            return None;
        };
        let value = |text: &str| Program::compile(text, variables);
        let action = match key {
            "insert" => {
                let text = path.as_str().unwrap_or("");
                let mut parts = Vec::new();
                for (head, keys) in edit::cuts(text) {
                    parts.push((self.compiled_at(Some(path), |_| value(head))?, keys));
                }
                EditAction::Insert(parts)
            }
            "replace" => EditAction::Replace(self.compiled_at(Some(path), value)?),
            "append" => EditAction::Append(self.compiled_at(Some(path), value)?),
            _ => EditAction::Remove(self.compiled_at(Some(path), value)?),
        };
        let text = node.get("text");
        if text.is_none() && key != "remove" {
            let message = format!("`{key}` needs `text`");
            self.problems.push(Problem::new(node.label(), message));
            return None;
        }
        let when = |text: &str| Program::compile_test(text, variables);
        Some(EditRule {
            when: node
                .get("when")
                .and_then(|node| self.compiled_at(Some(node), when)),
            action,
            text: text.and_then(|node| {
                self.compiled_at(Some(node), |text| Template::compile(text, variables))
            }),
            is_safe: node.get("safe").and_then(Node::as_bool).unwrap_or(false),
            written: edit::sentence(key, path, node),
        })
    }

    fn expression(&mut self, key: &str, variables: &[Variable]) -> Option<Program> {
        self.compiled(key, |text| Program::compile(text, variables))
    }

    fn test(&mut self, key: &str, variables: &[Variable]) -> Option<Program> {
        self.compiled(key, |text| Program::compile_test(text, variables))
    }

    fn message(&mut self, variables: &[Variable]) -> Option<Template> {
        self.compiled("message", |text| Template::compile(text, variables))
    }

    /// Compiles the text under a key.
    fn compiled<T>(
        &mut self,
        key: &str,
        compile: impl Fn(&str) -> Result<T, CompileError>,
    ) -> Option<T> {
        let root = self.root;
        self.compiled_at(root.get(key), compile)
    }

    /// Compiles a text of the policy; an error is moved to its place in the file.
    fn compiled_at<T>(
        &mut self,
        node: Option<&Node>,
        compile: impl Fn(&str) -> Result<T, CompileError>,
    ) -> Option<T> {
        let node = node?;
        let text = node.as_str()?;
        match compile(text) {
            Ok(compiled) => Some(compiled),
            Err(error) => {
                let inner = Span::new(self.file.id, error.range.start, error.range.end);
                let span = Embedded::new(&self.file.text, node.span, text).outer_span(inner);
                self.problems.push(Problem {
                    span,
                    message: error.message,
                    help: error.help,
                });
                None
            }
        }
    }

    fn examples(&mut self, key: &str, subject: SubjectKind) -> Vec<Example> {
        let list = self
            .root
            .at(&["examples", key])
            .map_or(&[][..], Node::items);
        if self.reading == Reading::WithoutExamples {
            return Vec::new();
        }
        if list.is_empty() {
            let span = self
                .root
                .get("examples")
                .map_or(self.root.span, Node::label);
            let message = format!("a rule needs at least one example under `{key}`");
            self.problems.push(Problem {
                span,
                message,
                help: Some("an example is a text, or a map of files".to_owned()),
            });
        }
        let mut examples = Vec::new();
        for node in list {
            let example = example::read(node, subject);
            if key == "fail" && example.expected.is_empty() {
                self.problems.push(Problem {
                    span: node.span,
                    message: "no line of this failing example is marked".to_owned(),
                    help: Some(format!(
                        "end the line at which the finding must stand with `{}`",
                        example::MARKER
                    )),
                });
            }
            examples.push(example);
        }
        examples
    }
}

/// The variables of a subject, then the parameters.
fn variables(subject: SubjectKind, params: &[Parameter]) -> Vec<Variable> {
    let of_subject = subject.variables().iter().map(|variable| Variable {
        name: SmolStr::new_static(variable.name),
        ty: variable.ty,
    });
    let of_params = params.iter().map(|param| Variable {
        name: format!("params.{}", param.name).into(),
        ty: match param.kind.as_str() {
            "string" => Type::String,
            "int" => Type::Int,
            "bool" => Type::Bool,
            _ => Type::List(&Type::String),
        },
    });
    of_subject.chain(of_params).collect()
}

fn element_of(ty: Type) -> Type {
    if let Type::List(item) = ty {
        return *item;
    }
    if matches!(ty, Type::Map(_) | Type::Record(_)) {
        Type::String
    } else {
        Type::Any
    }
}
