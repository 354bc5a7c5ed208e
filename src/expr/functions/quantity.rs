//! Kubernetes quantities, kept exactly in billionths.
//!
//! Source: the quantity grammar of the Kubernetes API conventions (`resource.Quantity`): decimal suffixes `n u m k M G
//! T P E`, binary suffixes `Ki Mi Gi Ti Pi Ei`, or a decimal exponent.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operation names the few types that it applies to; all others are refused alike"
)]

use super::{Function, Style, arg, str_of};
use crate::expr::types::Type;
use crate::expr::value::Data;

/// Billionths in one.
const ONE: i128 = 1_000_000_000;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "quantity",
        style: Style::Global,
        params: &[Type::Any],
        returns: Type::Quantity,
        doc: "The quantity that a text such as `512Mi`, `250m` or `1.5`, or a number, stands for; quantities compare with `<` and `==` and add with `+`.",
        run: |args| {
            let text = arg(args, 0)?.to_string();
            parse(&text)
                .map(Data::Quantity)
                .ok_or_else(|| format!("`{text}` is not a quantity"))
        },
    },
    Function {
        name: "isQuantity",
        style: Style::Global,
        params: &[Type::Any],
        returns: Type::Bool,
        doc: "Whether the value is a quantity.",
        run: |args| Ok(Data::Bool(parse(&arg(args, 0)?.to_string()).is_some())),
    },
    Function {
        name: "asApproximateFloat",
        style: Style::Receiver,
        params: &[Type::Quantity],
        returns: Type::Double,
        doc: "The quantity as a number.",
        run: |args| match arg(args, 0)?.data {
            Data::Quantity(value) => Ok(Data::Double(approximate(value))),
            _ => str_of(args, 0).and(Err("a quantity is needed".to_owned())),
        },
    },
];

#[expect(clippy::cast_precision_loss, reason = "approximate by name")]
fn approximate(value: i128) -> f64 {
    value as f64 / ONE as f64
}

/// The billionths that a quantity stands for; parts of a billionth round up, as Kubernetes does.
fn parse(text: &str) -> Option<i128> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits_end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (digits, suffix) = unsigned.split_at_checked(digits_end)?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || digits.len() > 30 {
        return None;
    }
    let scale = i128::try_from(10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?).ok()?;
    let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
    let (numerator, denominator) = factor(suffix)?;
    let scaled = mantissa.checked_mul(ONE)?.checked_mul(numerator)?;
    let divisor = scale.checked_mul(denominator)?;
    let value = (scaled + divisor - 1) / divisor;
    Some(if negative { -value } else { value })
}

/// What a suffix multiplies by, as a fraction.
fn factor(suffix: &str) -> Option<(i128, i128)> {
    let binary = |power: u32| Some((1_i128 << (10 * power), 1));
    let decimal = |power: u32| Some((10_i128.pow(power), 1));
    match suffix {
        "" => Some((1, 1)),
        "n" => Some((1, 1_000_000_000)),
        "u" => Some((1, 1_000_000)),
        "m" => Some((1, 1_000)),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let power = 10_i128
                .checked_pow(exponent.unsigned_abs())
                .filter(|_| exponent.abs() <= 18)?;
            Some(if exponent < 0 { (1, power) } else { (power, 1) })
        }
    }
}

/// A short form of a quantity: the largest binary unit that divides it, else plain digits.
pub(in crate::expr) fn show(value: i128) -> String {
    if value % ONE != 0 {
        return format!("{}m", value / 1_000_000);
    }
    let whole = value / ONE;
    let units = [("Gi", 1_i128 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
    let unit = units
        .iter()
        .find(|(_, size)| whole != 0 && whole % size == 0);
    unit.map_or_else(
        || whole.to_string(),
        |(name, size)| format!("{}{name}", whole / size),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact() {
        assert_eq!(parse("512Mi"), Some(536_870_912 * ONE));
        assert_eq!(parse("0.1"), parse("100m"));
        assert_eq!(parse("1.5Gi"), parse("1536Mi"));
        assert_eq!(parse("1e3"), parse("1k"));
        assert_eq!(parse("-2"), Some(-2 * ONE));
        assert_eq!(parse("3"), Some(3 * ONE));
    }

    #[test]
    fn what_kubernetes_refuses_is_refused() {
        for text in ["", "Mi", "1 Gi", "512MiB", "1.2.3", "abc", "1e99", "0x10"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn quantities_are_shown_in_their_own_units() {
        assert_eq!(show(parse("1536Mi").unwrap()), "1536Mi");
        assert_eq!(show(parse("250m").unwrap()), "250m");
        assert_eq!(show(parse("2").unwrap()), "2");
    }
}
