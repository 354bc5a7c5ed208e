//! Compiles and evaluates CEL over nodes, with our functions, limits and origins.
//!
//! The main types are [`Program`], a checked expression, and [`Verdict`], what a test came to. CEL's grammar and macros
//! come from the `cel` crate, which only this room names; evaluation is ours because every result must carry the place
//! in a file that decided it, and an unknown must stay one. This room reads no files and knows no subjects.

mod compile;
mod eval;
mod functions;
mod go;
mod narrow;
mod passage;
mod pattern;
mod template;
mod types;
mod value;

pub use self::compile::{CompileError, MAX_EXPRESSION_BYTES, MAX_NESTED_MACROS, Variable};
pub use self::eval::MAX_STEPS;
pub use self::functions::{FunctionDoc, Image, Semver, Url, documentation, parse_image};
pub use self::go::{is_duration, regex_problem};
pub use self::template::Template;
pub use self::types::{Field, Record, Type};
pub use self::value::{Data, Origin, Val};

use crate::document::{Node, Reason};
use crate::expr::compile::Op;
use crate::expr::eval::Evaluation;

/// A checked expression.
#[derive(Debug)]
pub struct Program {
    op: Op,
    ty: Type,
}

/// What a test came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The test is true.
    Holds,
    /// The test is false, or what it asks for is absent: the place that decided it.
    Fails(Option<Origin>),
    /// The files do not tell, or the data does not fit the test: why, and the place.
    Unknown(Reason, Option<Origin>),
}

impl Program {
    /// Compiles an expression; every name in it must be a variable, a field or a function that exists.
    pub fn compile(source: &str, variables: &[Variable]) -> Result<Self, CompileError> {
        let (op, ty) = compile::compile(source, variables)?;
        Ok(Self { op, ty })
    }

    /// Compiles an expression that must be a test.
    pub fn compile_test(source: &str, variables: &[Variable]) -> Result<Self, CompileError> {
        let program = Self::compile(source, variables)?;
        if program.ty.fits(Type::Bool) {
            return Ok(program);
        }
        Err(CompileError {
            message: format!("a test must be a bool, and this is a {}", program.ty.name()),
            help: Some("compare it with something, or use `has(...)`".to_owned()),
            range: 0..source.len(),
        })
    }

    /// What the expression evaluates to, as far as that is known beforehand.
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// Evaluates the expression; `variables` are in the order in which they were declared.
    pub fn evaluate<'a>(&'a self, variables: &[Option<&'a Node>]) -> Val<'a> {
        Evaluation::new(variables, MAX_STEPS).value(&self.op)
    }

    /// Evaluates a test.
    pub fn test(&self, variables: &[Option<&Node>]) -> Verdict {
        self.test_within(variables, &mut { MAX_STEPS })
    }

    /// Evaluates a test within what is left of a number of steps, and takes off what it used.
    pub fn test_within(&self, variables: &[Option<&Node>], left: &mut u32) -> Verdict {
        let own = MAX_STEPS.min(*left);
        let mut evaluation = Evaluation::new(variables, own);
        let result = evaluation.value(&self.op);
        *left -= own - evaluation.steps_left();
        match result.data {
            Data::Bool(true) => Verdict::Holds,
            Data::Bool(false) | Data::Absent(_) => Verdict::Fails(result.origin),
            Data::Unknown(reason) => Verdict::Unknown(reason, result.origin),
            Data::Fault(message) => Verdict::Unknown(Reason::Opaque(message), result.origin),
            Data::Null
            | Data::Int(_)
            | Data::Double(_)
            | Data::Str(_)
            | Data::List(_)
            | Data::Map(_)
            | Data::Items(..)
            | Data::Table(_)
            | Data::Quantity(_)
            | Data::Duration(_)
            | Data::Url(_)
            | Data::Semver(_)
            | Data::Ip(_)
            | Data::Cidr(..) => {
                let message = format!("a {} stands where a bool is needed", result.type_name());
                Verdict::Unknown(Reason::Opaque(message.into()), result.origin)
            }
        }
    }
}

#[cfg(test)]
mod tests;
