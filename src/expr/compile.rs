//! Turns CEL source into operations whose names are resolved and whose shape is checked.

use std::cmp::Ordering;

use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::parser::PrattParser;
use smol_str::SmolStr;

use crate::expr::functions::{self, Function};
use crate::expr::narrow::{self, Narrow};
use crate::expr::passage::{self, Passage};
use crate::expr::pattern::{Pattern, Search};
use crate::expr::types::Type;
use crate::expr::value::{Data, Val};
use crate::source::nearest;

/// The longest expression that is accepted, in bytes.
pub const MAX_EXPRESSION_BYTES: usize = 8 * 1024;

/// How many comprehensions (`all`, `exists`, `map`, ...) may stand inside one another.
pub const MAX_NESTED_MACROS: usize = 3;

/// How deep operations may nest.
const MAX_DEPTH: usize = 200;

/// Why an expression is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CompileError {
    /// What is wrong.
    pub message: String,
    /// What to do about it, where that is clear.
    pub help: Option<String>,
    /// The bytes of the expression that are at fault.
    pub range: std::ops::Range<usize>,
}

/// A variable that an expression may use.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name.
    pub name: SmolStr,
    /// Its type.
    pub ty: Type,
}

/// A resolved operation.
#[derive(Debug)]
pub(super) enum Op {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Str(SmolStr),
    Variable(usize),
    Local(usize),
    Select(Box<Self>, SmolStr),
    Has(Box<Self>, SmolStr),
    Index(Box<Self>, Box<Self>),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Choose(Box<[Self; 3]>),
    Equal(Box<Self>, Box<Self>, bool),
    Order(Box<Self>, Box<Self>, fn(Ordering) -> bool),
    In(Box<Self>, Box<Self>),
    /// `in` a list of literal texts.
    Among(Box<Self>, Vec<SmolStr>),
    Arithmetic(Arithmetic, Box<Self>, Box<Self>),
    List(Vec<Self>),
    Table(Vec<(SmolStr, Self)>),
    Call(&'static Function, Vec<Self>),
    Pattern(Box<Pattern>),
    Passage(Box<Passage>),
    OrValue(Box<Self>, Box<Self>),
    Fold(Box<Fold>),
    /// A list without the elements of which a test cannot be true.
    Marked(Box<Self>, Narrow),
}

/// An operation over the elements of a collection.
#[derive(Debug)]
pub(super) enum Fold {
    All {
        range: Op,
        test: Op,
    },
    Exists {
        range: Op,
        test: Op,
    },
    One {
        range: Op,
        test: Op,
    },
    Map {
        range: Op,
        test: Option<Op>,
        result: Op,
    },
}

impl Fold {
    pub(super) fn range(&self) -> &Op {
        match self {
            Self::All { range, .. }
            | Self::Exists { range, .. }
            | Self::One { range, .. }
            | Self::Map { range, .. } => range,
        }
    }
}

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Arithmetic {
    /// The result, or what is wrong with the operands.
    pub(super) fn apply<'a>(self, a: &Val<'a>, b: &Val<'a>) -> Result<Data<'a>, String> {
        let whole = |f: fn(i64, i64) -> Option<i64>, a: i64, b: i64| {
            f(a, b)
                .map(Data::Int)
                .ok_or("the result is out of range".to_owned())
        };
        match (&a.data, &b.data) {
            (Data::Int(a), Data::Int(b)) => whole(self.integer(), *a, *b),
            (Data::Double(a), Data::Double(b)) => Ok(Data::Double(self.double(*a, *b))),
            (Data::Str(a), Data::Str(b)) if self == Self::Add => {
                Ok(Data::Str(format!("{a}{b}").into()))
            }
            (Data::Duration(a), Data::Duration(b)) if self == Self::Add => {
                Ok(Data::Duration(a.saturating_add(*b)))
            }
            (Data::Quantity(a), Data::Quantity(b)) if self == Self::Add => {
                Ok(Data::Quantity(a.saturating_add(*b)))
            }
            _ if self == Self::Add
                && matches!((a.elements(), b.elements()), (Some(_), Some(_))) =>
            {
                functions::concatenate(a, b)
            }
            _ => Err(format!(
                "no such operation between a {} and a {}",
                a.type_name(),
                b.type_name()
            )),
        }
    }

    fn integer(self) -> fn(i64, i64) -> Option<i64> {
        match self {
            Self::Add => i64::checked_add,
            Self::Subtract => i64::checked_sub,
            Self::Multiply => i64::checked_mul,
            Self::Divide => i64::checked_div,
            Self::Modulo => i64::checked_rem,
        }
    }

    fn double(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Modulo => a % b,
        }
    }
}

type Compiled = Result<(Op, Type), CompileError>;

/// Compiles an expression that may use the given variables.
pub(super) fn compile(source: &str, variables: &[Variable]) -> Compiled {
    if source.len() > MAX_EXPRESSION_BYTES {
        return Err(CompileError {
            message: format!("the expression is longer than {MAX_EXPRESSION_BYTES} bytes"),
            help: Some("split the rule in two".to_owned()),
            range: 0..source.len(),
        });
    }
    let parser = PrattParser::new().enable_optional_syntax(true);
    let ast = parser
        .parse(source)
        .map_err(|errors| syntax_error(source, &errors))?;
    let mut compiler = Compiler {
        source,
        variables,
        locals: Vec::new(),
        depth: 0,
    };
    compiler.expression(&ast)
}

fn syntax_error(source: &str, errors: &cel::ParseErrors) -> CompileError {
    let first = errors.errors.first();
    let (line, column) = first.map_or((1, 1), |error| error.pos);
    let line = usize::try_from(line).unwrap_or(1).max(1);
    let column = usize::try_from(column).unwrap_or(1).max(1);
    let before: usize = source
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let at = (before + column - 1).min(source.len());
    let detail = first.map_or("", |error| error.msg.as_str());
    let detail = detail.strip_prefix("Syntax error: ").unwrap_or(detail);
    CompileError {
        message: format!("not a CEL expression: {detail}"),
        help: None,
        range: at..(at + 1).min(source.len()).max(at),
    }
}

struct Local {
    name: String,
    ty: Type,
}

struct Compiler<'a> {
    source: &'a str,
    variables: &'a [Variable],
    locals: Vec<Local>,
    depth: usize,
}

impl Compiler<'_> {
    /// An error at the first place where `word` stands in the source.
    fn error(&self, word: &str, message: String, help: Option<String>) -> CompileError {
        let is_word = |at: usize| {
            let end = self
                .source
                .get(at + word.len()..)
                .and_then(|rest| rest.chars().next());
            let start = self
                .source
                .get(..at)
                .and_then(|rest| rest.chars().next_back());
            let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !inside(start) && !inside(end)
        };
        let found = self
            .source
            .match_indices(word)
            .map(|(at, _)| at)
            .find(|at| is_word(*at));
        let at = found.or_else(|| self.source.find(word));
        CompileError {
            message,
            help,
            range: at.map_or(0..self.source.len(), |at| at..at + word.len()),
        }
    }

    fn expression(&mut self, node: &IdedExpr) -> Compiled {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(
                self.source,
                "the expression nests too deep".to_owned(),
                None,
            ));
        }
        let result = match &node.expr {
            Expr::Literal(literal) => self.literal(literal),
            Expr::Ident(name) => self.identifier(name),
            Expr::Select(select) => self.select(&select.operand, &select.field, select.test),
            Expr::Call(call) => self.call(&call.func_name, call.target.as_deref(), &call.args),
            Expr::List(list) => {
                let items: Result<Vec<_>, _> = list
                    .elements
                    .iter()
                    .map(|item| self.expression(item))
                    .collect();
                let items = items?;
                let ty = list_type(items.first().map(|(_, ty)| *ty));
                Ok((Op::List(items.into_iter().map(|(op, _)| op).collect()), ty))
            }
            Expr::Map(map) => self.table(map),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Struct(_) => {
                Err(self.error("{", "message types do not exist in rules".to_owned(), None))
            }
            Expr::Unspecified => {
                Err(self.error(self.source, "the expression is empty".to_owned(), None))
            }
        };
        self.depth -= 1;
        result
    }

    fn literal(&self, literal: &LiteralValue) -> Compiled {
        Ok(match literal {
            LiteralValue::Null => (Op::Null, Type::Any),
            LiteralValue::Boolean(value) => (Op::Bool(*value.inner()), Type::Bool),
            LiteralValue::Int(value) => (Op::Int(*value.inner()), Type::Int),
            LiteralValue::UInt(value) => (
                Op::Int(i64::try_from(*value.inner()).unwrap_or(i64::MAX)),
                Type::Int,
            ),
            LiteralValue::Double(value) => (Op::Double(*value.inner()), Type::Double),
            LiteralValue::String(value) => (Op::Str(SmolStr::new(value.inner())), Type::String),
            LiteralValue::Bytes(_) => {
                return Err(self.error(
                    "b",
                    "byte strings do not exist in documents".to_owned(),
                    None,
                ));
            }
        })
    }

    fn identifier(&self, name: &str) -> Compiled {
        if let Some(index) = self.locals.iter().rposition(|local| local.name == name) {
            let ty = self.locals.get(index).map_or(Type::Any, |local| local.ty);
            return Ok((Op::Local(index), ty));
        }
        if let Some(slot) = self
            .variables
            .iter()
            .position(|variable| variable.name == name)
        {
            let ty = self
                .variables
                .get(slot)
                .map_or(Type::Any, |variable| variable.ty);
            return Ok((Op::Variable(slot), ty));
        }
        let known: Vec<&str> = self
            .variables
            .iter()
            .map(|variable| variable.name.as_str())
            .collect();
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("this subject knows: {}", known.join(", ")),
        };
        Err(self.error(name, format!("unknown variable `{name}`"), Some(help)))
    }

    fn select(&mut self, operand: &IdedExpr, field: &str, test: bool) -> Compiled {
        if let Some(parameter) = self.parameter(operand, field)? {
            return Ok(parameter);
        }
        let (operand, ty) = self.expression(operand)?;
        let field_type = self.field_type(ty, field)?;
        let (operand, field) = (Box::new(operand), SmolStr::new(field));
        Ok(if test {
            (Op::Has(operand, field), Type::Bool)
        } else {
            (Op::Select(operand, field), field_type)
        })
    }

    /// `params.name` is a variable of its own, so that each parameter has its own type.
    fn parameter(
        &self,
        operand: &IdedExpr,
        field: &str,
    ) -> Result<Option<(Op, Type)>, CompileError> {
        if !matches!(&operand.expr, Expr::Ident(name) if name == "params") {
            return Ok(None);
        }
        let names = || {
            self.variables
                .iter()
                .filter_map(|variable| variable.name.strip_prefix("params."))
        };
        let slot = self
            .variables
            .iter()
            .position(|variable| variable.name.strip_prefix("params.") == Some(field));
        let Some((slot, variable)) = slot.and_then(|slot| Some((slot, self.variables.get(slot)?)))
        else {
            let help = match nearest(field, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names().next().is_none() => "this rule has no parameters".to_owned(),
                None => format!("this rule has: {}", names().collect::<Vec<_>>().join(", ")),
            };
            return Err(self.error(field, format!("unknown parameter `{field}`"), Some(help)));
        };
        Ok(Some((Op::Variable(slot), variable.ty)))
    }

    fn field_type(&self, ty: Type, field: &str) -> Result<Type, CompileError> {
        match ty {
            Type::Any => Ok(Type::Any),
            Type::Map(value) => Ok(*value),
            Type::Record(record) => {
                if let Some(found) = record.field(field) {
                    Ok(found.ty)
                } else {
                    let known: Vec<&str> = record.fields.iter().map(|field| field.name).collect();
                    let help = match nearest(field, known.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("`{}` has: {}", record.name, known.join(", ")),
                    };
                    Err(self.error(
                        field,
                        format!("`{}` has no field `{field}`", record.name),
                        Some(help),
                    ))
                }
            }
            Type::Bool
            | Type::Int
            | Type::Double
            | Type::String
            | Type::List(_)
            | Type::Quantity
            | Type::Duration
            | Type::Url
            | Type::Semver
            | Type::Ip
            | Type::Cidr => Err(self.error(
                field,
                format!("a {} has no field `{field}`", ty.name()),
                None,
            )),
        }
    }

    fn table(&mut self, map: &cel::common::ast::MapExpr) -> Compiled {
        let mut entries = Vec::new();
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else {
                continue;
            };
            let Expr::Literal(LiteralValue::String(key)) = &entry.key.expr else {
                return Err(self.error("{", "the keys of a map must be texts".to_owned(), None));
            };
            let (value, _) = self.expression(&entry.value)?;
            entries.push((SmolStr::new(key.inner()), value));
        }
        Ok((Op::Table(entries), Type::Any))
    }

    fn call(&mut self, name: &str, target: Option<&IdedExpr>, args: &[IdedExpr]) -> Compiled {
        if name == operators::OPT_SELECT
            && let [operand, field] = args
            && let Expr::Literal(LiteralValue::String(field)) = &field.expr
        {
            return self.select(operand, field.inner(), false);
        }
        let count = args.len() + usize::from(target.is_some());
        let is_named = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let (name, target) = match target {
            Some(target) if is_namespace(target, name) => (format!("sets.{name}"), None),
            target => (name.to_owned(), target),
        };
        let count = if name.starts_with("sets.") {
            args.len()
        } else {
            count
        };
        let receiver = target.is_some();
        let or_value = name == "orValue" && receiver && args.len() == 1;
        if is_named && !or_value && functions::find(&name, receiver, count).is_none() {
            return Err(self.unknown_function(&name, receiver, count));
        }
        let mut ops = Vec::new();
        let mut types = Vec::new();
        for arg in target.into_iter().chain(args) {
            let (op, ty) = self.expression(arg)?;
            ops.push(op);
            types.push(ty);
        }
        if let Some(result) = self.operator(&name, &mut ops, &types)? {
            return Ok(result);
        }
        if or_value {
            let ty = types.first().copied().unwrap_or(Type::Any);
            let [value, fallback] = pair(ops);
            return Ok((Op::OrValue(value, fallback), ty));
        }
        self.function(&name, receiver, ops, &types)
    }

    /// The built-in operators; nothing for any other name.
    fn operator(
        &self,
        name: &str,
        ops: &mut Vec<Op>,
        types: &[Type],
    ) -> Result<Option<(Op, Type)>, CompileError> {
        let order: Option<fn(Ordering) -> bool> = match name {
            operators::LESS => Some(Ordering::is_lt),
            operators::LESS_EQUALS => Some(Ordering::is_le),
            operators::GREATER => Some(Ordering::is_gt),
            operators::GREATER_EQUALS => Some(Ordering::is_ge),
            _ => None,
        };
        if let Some(accept) = order {
            self.require_order(types)?;
            let [a, b] = pair(std::mem::take(ops));
            return Ok(Some((Op::Order(a, b, accept), Type::Bool)));
        }
        if [operators::EQUALS, operators::NOT_EQUALS].contains(&name) {
            self.require_equality(types)?;
        }
        let arithmetic = match name {
            operators::ADD => Some(Arithmetic::Add),
            operators::SUBSTRACT => Some(Arithmetic::Subtract),
            operators::MULTIPLY => Some(Arithmetic::Multiply),
            operators::DIVIDE => Some(Arithmetic::Divide),
            operators::MODULO => Some(Arithmetic::Modulo),
            _ => None,
        };
        if let Some(kind) = arithmetic {
            self.require_arithmetic(kind, types)?;
            let [a, b] = pair(std::mem::take(ops));
            let ty = types.first().copied().unwrap_or(Type::Any);
            return Ok(Some((Op::Arithmetic(kind, a, b), ty)));
        }
        if [
            operators::LOGICAL_AND,
            operators::LOGICAL_OR,
            operators::LOGICAL_NOT,
        ]
        .contains(&name)
        {
            self.require_bools(name, types)?;
        }
        Ok(logic(name, ops, types))
    }

    /// Values of different types have no order; what is only known when it runs may have one.
    fn require_order(&self, types: &[Type]) -> Result<(), CompileError> {
        match types {
            [a, b] if !a.compares_with(*b) => {
                Err(self.unlike(format!("a {} and a {} have no order", a.name(), b.name())))
            }
            _ => Ok(()),
        }
    }

    /// Values of different types are never equal, so a comparison of them is a mistake.
    fn require_equality(&self, types: &[Type]) -> Result<(), CompileError> {
        match types {
            [a, b] if !(a.compares_with(*b) || a.is_collection() && b.is_collection()) => {
                Err(self.unlike(format!("a {} is never equal to a {}", a.name(), b.name())))
            }
            _ => Ok(()),
        }
    }

    /// Numbers of one type are computed with; texts, lists, durations and quantities are only added.
    fn require_arithmetic(&self, kind: Arithmetic, types: &[Type]) -> Result<(), CompileError> {
        let [a, b] = types else {
            return Ok(());
        };
        let is_open = |ty: Type| ty == Type::Any;
        let are_lists = matches!((a, b), (Type::List(_), Type::List(_)));
        let adds = matches!(a, Type::String | Type::Duration | Type::Quantity) && a == b;
        let computes = matches!(a, Type::Int | Type::Double) && a == b;
        let fits = is_open(*a) || is_open(*b) || computes;
        if fits || kind == Arithmetic::Add && (adds || are_lists) {
            return Ok(());
        }
        Err(self.unlike(format!(
            "no such operation between a {} and a {}",
            a.name(),
            b.name()
        )))
    }

    fn unlike(&self, message: String) -> CompileError {
        let help = "convert one of them, for example with `int()`, `quantity()` or `semver()`";
        self.error(self.source, message, Some(help.to_owned()))
    }

    fn require_bools(&self, name: &str, types: &[Type]) -> Result<(), CompileError> {
        let sign = name.trim_matches('_');
        match types.iter().find(|ty| !ty.fits(Type::Bool)) {
            None => Ok(()),
            Some(ty) => {
                let message = format!("`{sign}` needs bools, and this is a {}", ty.name());
                Err(self.error(sign, message, None))
            }
        }
    }

    fn function(&self, name: &str, receiver: bool, ops: Vec<Op>, types: &[Type]) -> Compiled {
        let Some(function) = functions::find(name, receiver, ops.len()) else {
            return Err(self.unknown_function(name, receiver, ops.len()));
        };
        for (ty, wanted) in types.iter().zip(function.params) {
            if !ty.fits(*wanted) {
                let message = format!("`{name}` does not take a {}", ty.name());
                return Err(self.error(name, message, Some(format!("write {}", function.usage()))));
            }
        }
        if function.name == passage::NAME {
            let [route, key] = pair(ops);
            return Ok((
                Op::Passage(Box::new(Passage::new(*route, *key))),
                Type::Bool,
            ));
        }
        match Search::named(function.name) {
            Some(search) => self.pattern(search, ops),
            None => Ok((Op::Call(function, ops), function.returns)),
        }
    }

    /// A search; a pattern that is a literal is compiled now, so that a mistake in it is one in the policy.
    fn pattern(&self, search: Search, ops: Vec<Op>) -> Compiled {
        let [text, pattern] = pair(ops);
        let literal = if let Op::Str(literal) = &*pattern {
            Some(literal.clone())
        } else {
            None
        };
        let pattern = Pattern::new(search, *text, *pattern);
        if let Some(literal) = literal {
            Pattern::check(&literal).map_err(|reason| {
                let message = format!("not a regular expression: {reason}");
                self.error(&literal, message, None)
            })?;
        }
        Ok((Op::Pattern(Box::new(pattern)), search.returns()))
    }

    fn unknown_function(&self, name: &str, receiver: bool, count: usize) -> CompileError {
        let same: Vec<&Function> = functions::all()
            .filter(|function| function.name == name)
            .collect();
        if let Some(function) = same.first() {
            let given = count - usize::from(receiver);
            let message = format!("`{name}` is not called like this, with {given} arguments");
            return self.error(name, message, Some(format!("write {}", function.usage())));
        }
        if ["all", "exists", "exists_one", "map", "filter", "has"].contains(&name) {
            let help = "write `list.all(x, test)`, `list.exists(x, test)`, `list.exists_one(x, test)`, `list.map(x, value)`, `list.filter(x, test)` or `has(a.b)`";
            return self.error(
                name,
                format!("`{name}` is not called like this"),
                Some(help.to_owned()),
            );
        }
        let names = functions::all().map(|function| function.name);
        let help = nearest(name, names).map(|near| format!("did you mean `{near}`?"));
        self.error(name, format!("unknown function `{name}`"), help)
    }

    fn comprehension(&mut self, fold: &ComprehensionExpr) -> Compiled {
        if self.locals.len() >= MAX_NESTED_MACROS {
            let message =
                format!("more than {MAX_NESTED_MACROS} comprehensions stand inside one another");
            return Err(self.error(&fold.iter_var, message, None));
        }
        let (range, range_type) = self.expression(&fold.iter_range)?;
        let Some((kind, test, result)) = recognise(fold) else {
            let message = "this macro is not supported".to_owned();
            return Err(self.error(&fold.iter_var, message, None));
        };
        self.locals.push(Local {
            name: fold.iter_var.clone(),
            ty: if matches!(range_type, Type::Map(_) | Type::Record(_)) {
                Type::String
            } else {
                element_type(range_type)
            },
        });
        let test = test.map(|test| self.test(test)).transpose();
        let result = result.map(|result| self.expression(result)).transpose();
        self.locals.pop();
        let (test, result) = (test?, result?);
        let range = self.narrowed(range, &kind, test.as_ref());
        let always = || Op::Bool(true);
        Ok(match kind {
            Macro::All => (
                fold_op(Fold::All {
                    range,
                    test: test.unwrap_or_else(always),
                }),
                Type::Bool,
            ),
            Macro::Exists => (
                fold_op(Fold::Exists {
                    range,
                    test: test.unwrap_or_else(always),
                }),
                Type::Bool,
            ),
            Macro::One => (
                fold_op(Fold::One {
                    range,
                    test: test.unwrap_or_else(always),
                }),
                Type::Bool,
            ),
            Macro::Map => {
                let (result, ty) = result.unwrap_or((Op::Null, Type::Any));
                (
                    fold_op(Fold::Map {
                        range,
                        test,
                        result,
                    }),
                    list_type(Some(ty)),
                )
            }
        })
    }

    /// The range without what need not be visited; `all` is decided by those of which its test is false.
    fn narrowed(&self, range: Op, kind: &Macro, test: Option<&Op>) -> Op {
        match (kind, test) {
            (Macro::All, _) | (_, None) => range,
            (_, Some(test)) => narrow::range(range, test, self.locals.len()),
        }
    }

    fn test(&mut self, test: &IdedExpr) -> Result<Op, CompileError> {
        let (op, ty) = self.expression(test)?;
        if ty.fits(Type::Bool) {
            return Ok(op);
        }
        Err(self.error(
            self.source,
            format!("a test must be a bool, and this is a {}", ty.name()),
            None,
        ))
    }
}

/// The operators of logic, equality, membership and access; nothing for any other name.
fn logic(name: &str, ops: &mut Vec<Op>, types: &[Type]) -> Option<(Op, Type)> {
    let known = [
        operators::LOGICAL_AND,
        operators::LOGICAL_OR,
        operators::LOGICAL_NOT,
        operators::NEGATE,
        operators::EQUALS,
        operators::NOT_EQUALS,
        operators::IN,
        operators::INDEX,
        operators::OPT_INDEX,
        operators::CONDITIONAL,
    ];
    if !known.contains(&name) {
        return None;
    }
    let first = types.first().copied().unwrap_or(Type::Any);
    let mut taken = std::mem::take(ops);
    if name == operators::CONDITIONAL {
        let parts: Box<[Op; 3]> = taken.try_into().ok().map(Box::new)?;
        return Some((
            Op::Choose(parts),
            types.get(1).copied().unwrap_or(Type::Any),
        ));
    }
    if name == operators::LOGICAL_NOT {
        return Some((Op::Not(Box::new(taken.pop()?)), Type::Bool));
    }
    if name == operators::NEGATE {
        let zero = if first == Type::Double {
            Op::Double(0.0)
        } else {
            Op::Int(0)
        };
        let value = Box::new(taken.pop()?);
        return Some((
            Op::Arithmetic(Arithmetic::Subtract, Box::new(zero), value),
            first,
        ));
    }
    let [a, b] = pair(taken);
    Some(match name {
        operators::LOGICAL_AND => (Op::And(a, b), Type::Bool),
        operators::LOGICAL_OR => (Op::Or(a, b), Type::Bool),
        operators::EQUALS => (Op::Equal(a, b, true), Type::Bool),
        operators::NOT_EQUALS => (Op::Equal(a, b, false), Type::Bool),
        operators::IN => (membership(a, *b), Type::Bool),
        _ => (Op::Index(a, b), element_type(first)),
    })
}

/// `in`; a list of literal texts is made once.
fn membership(item: Box<Op>, list: Op) -> Op {
    let text = |op: &Op| {
        if let Op::Str(text) = op {
            Some(text.clone())
        } else {
            None
        }
    };
    if let Op::List(items) = &list
        && let Some(texts) = items.iter().map(text).collect()
    {
        return Op::Among(item, texts);
    }
    Op::In(item, Box::new(list))
}

fn fold_op(fold: Fold) -> Op {
    Op::Fold(Box::new(fold))
}

fn pair(mut ops: Vec<Op>) -> [Box<Op>; 2] {
    let b = ops.pop().unwrap_or(Op::Null);
    let a = ops.pop().unwrap_or(Op::Null);
    [Box::new(a), Box::new(b)]
}

fn list_type(item: Option<Type>) -> Type {
    match item {
        Some(Type::String) => Type::List(&Type::String),
        Some(Type::Int) => Type::List(&Type::Int),
        _ => Type::List(&Type::Any),
    }
}

fn element_type(ty: Type) -> Type {
    if let Type::List(item) | Type::Map(item) = ty {
        *item
    } else {
        Type::Any
    }
}

/// Whether a call such as `sets.contains(a, b)` names a function with a dot rather than a method of a value.
fn is_namespace(target: &IdedExpr, name: &str) -> bool {
    matches!(&target.expr, Expr::Ident(ident) if ident == "sets")
        && functions::all().any(|function| function.name.strip_prefix("sets.") == Some(name))
}

enum Macro {
    All,
    Exists,
    One,
    Map,
}

/// A macro with its test and its result expression.
type Recognised<'a> = (Macro, Option<&'a IdedExpr>, Option<&'a IdedExpr>);

/// Finds the macro that the parser expanded, by the shape of the expansion.
fn recognise(fold: &ComprehensionExpr) -> Option<Recognised<'_>> {
    let Expr::Call(step) = &fold.loop_step.expr else {
        return None;
    };
    match (
        step.func_name.as_str(),
        step.args.as_slice(),
        &fold.accu_init.expr,
    ) {
        (operators::LOGICAL_AND, [_, test], _) => Some((Macro::All, Some(test), None)),
        (operators::LOGICAL_OR, [_, test], _) => Some((Macro::Exists, Some(test), None)),
        (operators::CONDITIONAL, [test, _, _], Expr::Literal(_)) => {
            Some((Macro::One, Some(test), None))
        }
        (operators::CONDITIONAL, [test, added, _], Expr::List(_)) => {
            Some((Macro::Map, Some(test), Some(appended(added)?)))
        }
        (operators::ADD, [_, _], Expr::List(_)) => {
            Some((Macro::Map, None, Some(appended(&fold.loop_step)?)))
        }
        _ => None,
    }
}

/// The element of `accumulator + [element]`.
fn appended(add: &IdedExpr) -> Option<&IdedExpr> {
    let Expr::Call(call) = &add.expr else {
        return None;
    };
    let Expr::List(list) = &call.args.get(1)?.expr else {
        return None;
    };
    list.elements.first()
}
