//! The functions that rules may call, each with its types and its documentation.
//!
//! Names follow the CEL libraries of Kubernetes where those have one. A function never sees an absent or unknown
//! argument: [`Function::apply`] passes those on, and gives the result the origin of the first argument that has one.

mod collections;
mod convert;
mod duration;
mod image;
mod net;
mod quantity;
mod semver;
mod text;
mod url;

use crate::expr::types::Type;
use crate::expr::value::{Data, Val};

pub(in crate::expr) use self::duration::{parse as parse_duration, show as show_duration};
pub use self::image::{Image, parse as parse_image};
pub(in crate::expr) use self::quantity::show as show_quantity;
pub use self::semver::Semver;
pub use self::url::Url;

pub(super) use self::collections::concatenate;

/// The body of a function.
type Run = for<'a> fn(&[Val<'a>]) -> Result<Data<'a>, String>;

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `f(x)`
    Global,
    /// `x.f()`
    Receiver,
    /// Either way.
    Both,
}

/// One function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) style: Style,
    /// Types of the arguments, the receiver first.
    pub(super) params: &'static [Type],
    pub(super) returns: Type,
    pub(super) doc: &'static str,
    run: Run,
}

/// A function as the documentation shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionDoc {
    /// How it is called.
    pub usage: String,
    /// The type of its result.
    pub returns: String,
    /// One sentence on what it does.
    pub doc: &'static str,
}

const GROUPS: [&[Function]; 9] = [
    text::FUNCTIONS,
    collections::FUNCTIONS,
    convert::FUNCTIONS,
    quantity::FUNCTIONS,
    duration::FUNCTIONS,
    semver::FUNCTIONS,
    url::FUNCTIONS,
    net::FUNCTIONS,
    image::FUNCTIONS,
];

/// Every function, in the order of the documentation.
pub(super) fn all() -> impl Iterator<Item = &'static Function> {
    GROUPS.into_iter().flatten()
}

/// The function of a name, way of calling and number of arguments, the receiver counted.
pub(super) fn find(name: &str, receiver: bool, count: usize) -> Option<&'static Function> {
    all().find(|function| {
        let style = match function.style {
            Style::Global => !receiver,
            Style::Receiver => receiver,
            Style::Both => true,
        };
        function.name == name && style && function.params.len() == count
    })
}

/// What the documentation says of every function.
pub fn documentation() -> Vec<FunctionDoc> {
    all()
        .map(|function| FunctionDoc {
            usage: function.usage(),
            returns: function.returns.name(),
            doc: function.doc,
        })
        .collect()
}

impl Function {
    /// The function's result; an argument that decides nothing is the result itself.
    pub(super) fn apply<'a>(&self, args: &[Val<'a>]) -> Val<'a> {
        let unknown = args.iter().find(|arg| matches!(arg.data, Data::Unknown(_)));
        if let Some(void) = unknown.or_else(|| args.iter().find(|arg| arg.is_void())) {
            return void.clone();
        }
        let origin = args.iter().find_map(|arg| arg.origin);
        match (self.run)(args) {
            Ok(data) => Val::from(data, origin),
            Err(message) => Val::from(Data::Fault(message.into()), origin),
        }
    }

    /// The way to write a call.
    pub(super) fn usage(&self) -> String {
        let names: Vec<String> = self.params.iter().map(|ty| ty.name()).collect();
        match (self.style, names.split_first()) {
            (Style::Receiver, Some((first, rest))) => {
                format!("`<{first}>.{}({})`", self.name, rest.join(", "))
            }
            _ => format!("`{}({})`", self.name, names.join(", ")),
        }
    }
}

/// The text of an argument.
fn str_of<'v>(args: &'v [Val<'_>], index: usize) -> Result<&'v str, String> {
    let arg = args.get(index).ok_or("an argument is missing")?;
    arg.as_str()
        .ok_or_else(|| format!("a {} stands where a string is needed", arg.type_name()))
}

/// The argument itself.
fn arg<'v, 'a>(args: &'v [Val<'a>], index: usize) -> Result<&'v Val<'a>, String> {
    args.get(index)
        .ok_or_else(|| "an argument is missing".to_owned())
}
