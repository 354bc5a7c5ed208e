//! Durations in Go's notation: `300ms`, `1m30s`, `1.5h`.

use super::{Function, Style, str_of};
use crate::expr::types::Type;
use crate::expr::value::Data;

const UNITS: [(&str, i64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "duration",
        style: Style::Global,
        params: &[Type::String],
        returns: Type::Duration,
        doc: "The span of time that a text such as `300ms` or `1m30s` stands for; durations compare with `<` and `==` and add with `+`.",
        run: |args| {
            let text = str_of(args, 0)?;
            parse(text)
                .map(Data::Duration)
                .ok_or_else(|| format!("`{text}` is not a duration"))
        },
    },
    Function {
        name: "isDuration",
        style: Style::Global,
        params: &[Type::String],
        returns: Type::Bool,
        doc: "Whether the text is a duration.",
        run: |args| Ok(Data::Bool(parse(str_of(args, 0)?).is_some())),
    },
];

/// The nanoseconds that a duration stands for.
pub(in crate::expr) fn parse(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0_i64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let unit_end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_end)?;
        let size = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        total = total.checked_add(scaled(number, size)?)?;
        rest = tail;
    }
    Some(sign * total)
}

/// A decimal number of units, in nanoseconds.
fn scaled(number: &str, size: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut value = whole.checked_mul(size)?;
    let mut place = size;
    for digit in fraction.chars() {
        place /= 10;
        value = value.checked_add(place.checked_mul(i64::from(digit.to_digit(10)?))?)?;
    }
    Some(value)
}

/// A duration in the largest unit that divides it.
pub(in crate::expr) fn show(nanoseconds: i64) -> String {
    let units = ["h", "m", "s", "ms", "us"];
    let unit = units.iter().find_map(|name| {
        let size = UNITS.iter().find(|(unit, _)| unit == name)?.1;
        (nanoseconds != 0 && nanoseconds % size == 0).then_some((*name, size))
    });
    unit.map_or_else(
        || format!("{nanoseconds}ns"),
        |(name, size)| format!("{}{name}", nanoseconds / size),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_what_go_reads() {
        assert_eq!(parse("1m30s"), Some(90_000_000_000));
        assert_eq!(parse("1.5s"), Some(1_500_000_000));
        assert_eq!(parse("300ms"), Some(300_000_000));
        assert_eq!(parse("-1h"), Some(-3_600_000_000_000));
        assert_eq!(parse("0"), Some(0));
        for text in ["", "5", "5 s", "s", "1x", ".s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_shown_in_their_own_units() {
        assert_eq!(show(90_000_000_000), "90s");
        assert_eq!(show(300_000_000), "300ms");
    }
}
