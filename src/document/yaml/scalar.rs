//! What a plain scalar means to the program that reads the file.
//!
//! Kubernetes tools read YAML 1.1 through Go's older YAML library and turn it into JSON; the collector reads it
//! through the newer one. The two differ in which words are booleans. Sources: `resolve.go` of both libraries.

use smol_str::SmolStr;

use super::Dialect;
use crate::document::Value;

/// Integers up to this size survive the trip through a JSON number unchanged.
const EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

/// The value of a plain scalar without a tag.
pub(super) fn resolve(text: &str, dialect: Dialect) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON"
            if dialect == Dialect::Kubernetes =>
        {
            return Value::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF"
            if dialect == Dialect::Kubernetes =>
        {
            return Value::Bool(false);
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Value::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        _ => {}
    }
    let numeric = matches!(
        text.as_bytes().first(),
        Some(b'0'..=b'9' | b'+' | b'-' | b'.')
    );
    if numeric && let Some(number) = number(text) {
        return number;
    }
    Value::Str(SmolStr::new(text))
}

/// An integer in any of Go's bases, or a decimal number.
fn number(text: &str) -> Option<Value> {
    let plain = text.replace('_', "");
    if let Some(value) = integer(&plain) {
        return Some(Value::Int(value));
    }
    is_decimal(&plain).then(|| plain.parse().ok())?.map(float)
}

/// A whole number is an integer in JSON whatever it was written as.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the value is whole and below 2^53"
)]
fn float(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < EXACT_FLOAT {
        Value::Int(value as i64)
    } else {
        Value::Float(value)
    }
}

/// Go's `ParseInt` with base 0: a sign, then `0x`, `0o`, `0b`, a leading zero for octal, or decimal.
fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", text.get(1..)?),
        b'+' => ("", text.get(1..)?),
        _ => ("", text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = [("0x", 16), ("0o", 8), ("0b", 2)]
        .iter()
        .find_map(|(prefix, radix)| Some((*radix, lower.strip_prefix(prefix)?)))
        .or_else(|| Some((8, lower.strip_prefix('0').filter(|rest| !rest.is_empty())?)))
        .unwrap_or((10, &lower));
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}

/// Whether the text has the shape `[-+]?(.d+|d+(.d*)?)([eE][-+]?d+)?`.
fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at), text.get(at + 1..)),
        None => (Some(text), None),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits =
        exponent.is_none_or(|part| all_digits(part.strip_prefix(['-', '+']).unwrap_or(part)));
    let mantissa_fits = mantissa.is_some_and(|part| match part.split_once('.') {
        Some(("", fraction)) => all_digits(fraction),
        Some((whole, fraction)) => {
            all_digits(whole) && (fraction.is_empty() || all_digits(fraction))
        }
        None => all_digits(part),
    });
    mantissa_fits && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kubernetes(text: &str) -> Value {
        resolve(text, Dialect::Kubernetes)
    }

    #[test]
    fn numbers_are_what_kubectl_sends() {
        for (text, value) in [
            ("0777", 511),
            ("0o17", 15),
            ("012", 10),
            ("08", 8),
            ("0x1F", 31),
            ("0b1", 1),
            ("1_000", 1000),
            ("1e3", 1000),
            ("+1", 1),
            ("-7", -7),
        ] {
            assert_eq!(kubernetes(text), Value::Int(value), "{text}");
        }
        assert_eq!(kubernetes(".5"), Value::Float(0.5));
    }

    #[test]
    fn words_are_booleans_for_kubernetes_and_text_for_the_collector() {
        for text in ["y", "yes", "on", "Off", "N"] {
            assert!(matches!(kubernetes(text), Value::Bool(_)), "{text}");
            assert_eq!(resolve(text, Dialect::Collector), Value::Str(text.into()));
        }
        assert_eq!(resolve("True", Dialect::Collector), Value::Bool(true));
    }

    #[test]
    fn dates_versions_and_addresses_stay_text() {
        for text in [
            "2001-12-14",
            "1.2.3",
            "001:db8::",
            "512Mi",
            "5s",
            "0.0.0.0:4317",
            "+",
            "-",
            ".",
            "1e",
            "e3",
            "0x",
        ] {
            assert_eq!(kubernetes(text), Value::Str(text.into()), "{text}");
        }
    }

    #[test]
    fn nulls_are_null() {
        for text in ["", "~", "null", "NULL"] {
            assert_eq!(kubernetes(text), Value::Null);
        }
    }
}
