//! Conversions between types.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operation names the few types that it applies to; all others are refused alike"
)]

use super::{Function, Style, arg};
use crate::expr::types::Type;
use crate::expr::value::{Data, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "int",
        style: Style::Global,
        params: &[Type::Any],
        returns: Type::Int,
        doc: "The integer that a text or number stands for.",
        run: |args| {
            let value = arg(args, 0)?;
            let parsed = match &value.data {
                Data::Int(number) => Some(*number),
                Data::Str(text) => text.trim().parse().ok(),
                Data::Double(number) => whole(*number),
                _ => None,
            };
            parsed.map(Data::Int).ok_or_else(|| refuse(value, "an int"))
        },
    },
    Function {
        name: "double",
        style: Style::Global,
        params: &[Type::Any],
        returns: Type::Double,
        doc: "The number that a text or integer stands for.",
        run: |args| {
            let value = arg(args, 0)?;
            let parsed = match &value.data {
                Data::Double(number) => Some(*number),
                Data::Int(number) => number.to_string().parse().ok(),
                Data::Str(text) => text.trim().parse().ok(),
                _ => None,
            };
            parsed
                .map(Data::Double)
                .ok_or_else(|| refuse(value, "a double"))
        },
    },
    Function {
        name: "string",
        style: Style::Global,
        params: &[Type::Any],
        returns: Type::String,
        doc: "The value as text.",
        run: |args| Ok(Data::Str(arg(args, 0)?.to_string().into())),
    },
    Function {
        name: "type",
        style: Style::Global,
        params: &[Type::Any],
        returns: Type::String,
        doc: "The name of the value's type: `string`, `int`, `double`, `bool`, `list`, `map`, `null`.",
        run: |args| Ok(Data::Str(arg(args, 0)?.type_name().into())),
    },
];

#[expect(
    clippy::cast_possible_truncation,
    reason = "checked to be whole and far inside the range"
)]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

fn refuse(value: &Val<'_>, wanted: &str) -> String {
    format!("`{value}` is not {wanted}")
}
