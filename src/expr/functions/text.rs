//! Functions on text.

use std::rc::Rc;

use globset::GlobBuilder;

use super::{Function, Style, str_of};
use crate::expr::go::regex_problem;
use crate::expr::types::Type;
use crate::expr::value::{Data, Val};
use crate::source::nearest;

const TEXT: &[Type] = &[Type::String];
const TWO_TEXTS: &[Type] = &[Type::String, Type::String];

macro_rules! text_function {
    ($name:literal, $params:expr, $returns:expr, $doc:literal, $run:expr) => {
        Function {
            name: $name,
            style: Style::Receiver,
            params: $params,
            returns: $returns,
            doc: $doc,
            run: $run,
        }
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    text_function!(
        "contains",
        TWO_TEXTS,
        Type::Bool,
        "Whether the text holds the other one.",
        |args| { Ok(Data::Bool(str_of(args, 0)?.contains(str_of(args, 1)?))) }
    ),
    text_function!(
        "startsWith",
        TWO_TEXTS,
        Type::Bool,
        "Whether the text starts with the other one.",
        |args| { Ok(Data::Bool(str_of(args, 0)?.starts_with(str_of(args, 1)?))) }
    ),
    text_function!(
        "endsWith",
        TWO_TEXTS,
        Type::Bool,
        "Whether the text ends with the other one.",
        |args| { Ok(Data::Bool(str_of(args, 0)?.ends_with(str_of(args, 1)?))) }
    ),
    text_function!(
        "matches",
        TWO_TEXTS,
        Type::Bool,
        "Whether the regular expression (RE2 syntax) matches anywhere in the text.",
        searched
    ),
    text_function!(
        "find",
        TWO_TEXTS,
        Type::String,
        "The first match of the regular expression, or an empty text.",
        searched
    ),
    text_function!(
        "findAll",
        TWO_TEXTS,
        Type::List(&Type::String),
        "Every match of the regular expression.",
        searched
    ),
    Function {
        name: "lets",
        style: Style::Receiver,
        params: &[Type::Any, Type::String],
        returns: Type::Bool,
        doc: "Whether an attribute of this name can still be there at the end of the route.",
        run: searched,
    },
    text_function!(
        "lowerAscii",
        TEXT,
        Type::String,
        "The text with ASCII letters in lower case.",
        |args| { Ok(Data::Str(str_of(args, 0)?.to_ascii_lowercase().into())) }
    ),
    text_function!(
        "upperAscii",
        TEXT,
        Type::String,
        "The text with ASCII letters in upper case.",
        |args| { Ok(Data::Str(str_of(args, 0)?.to_ascii_uppercase().into())) }
    ),
    text_function!(
        "trim",
        TEXT,
        Type::String,
        "The text without white space at its ends.",
        |args| { Ok(Data::Str(str_of(args, 0)?.trim().to_owned().into())) }
    ),
    text_function!(
        "split",
        TWO_TEXTS,
        Type::List(&Type::String),
        "The parts of the text between the separators.",
        |args| {
            Ok(texts(
                str_of(args, 0)?.split(str_of(args, 1)?).map(str::to_owned),
            ))
        }
    ),
    text_function!(
        "replace",
        &[Type::String, Type::String, Type::String],
        Type::String,
        "The text with every occurrence of the second replaced by the third.",
        |args| {
            Ok(Data::Str(
                str_of(args, 0)?
                    .replace(str_of(args, 1)?, str_of(args, 2)?)
                    .into(),
            ))
        }
    ),
    Function {
        name: "hint",
        style: Style::Receiver,
        params: &[Type::String, Type::Any],
        returns: Type::String,
        doc: "The end of a message: `: did you mean ...?` with the text of the list that is most like this one, or nothing where none is.",
        run: hint,
    },
    text_function!(
        "regexProblem",
        TEXT,
        Type::String,
        "Why Go, which the collector is written in, does not take the regular expression, as far as that is certain; else an empty text.",
        |args| {
            let problem = regex_problem(str_of(args, 0)?);
            Ok(Data::Str(problem.unwrap_or_default().into()))
        }
    ),
    Function {
        name: "glob",
        style: Style::Global,
        params: TWO_TEXTS,
        returns: Type::Bool,
        doc: "Whether the pattern (`*`, `**`, `?`, `[a-z]`, `{a,b}`) matches the whole of the second text; `*` stops at `/`.",
        run: |args| {
            let pattern = str_of(args, 0)?;
            let glob = GlobBuilder::new(pattern)
                .literal_separator(true)
                .build()
                .map_err(|error| error.to_string())?;
            Ok(Data::Bool(
                glob.compile_matcher().is_match(str_of(args, 1)?),
            ))
        },
    },
];

fn hint<'a>(args: &[Val<'a>]) -> Result<Data<'a>, String> {
    let known = args.get(1).and_then(Val::elements);
    let known = known.map_or_else(Vec::new, |(known, _)| known);
    let near = nearest(str_of(args, 0)?, known.iter().filter_map(Val::as_str));
    let hint = near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
    Ok(Data::Str(hint.into()))
}

/// Searches are compiled into operations of their own, which keep the compiled expression.
fn searched<'a>(_: &[Val<'a>]) -> Result<Data<'a>, String> {
    Err("a search is no ordinary function".to_owned())
}

fn texts<'a>(parts: impl Iterator<Item = String>) -> Data<'a> {
    Data::Items(
        Rc::new(parts.map(|part| Val::new(Data::Str(part.into()))).collect()),
        None,
    )
}
