//! Whether a name is another one that was written wrongly.
//!
//! Names of a rollout are much alike on purpose: `gateway-eu` is no misspelt `gateway-us`. Only a slip inside one word
//! counts, and no difference in numbers.

/// The name among some that a name was meant to be.
pub(super) fn meant<'n>(wanted: &str, among: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let slips = among
        .into_iter()
        .filter_map(|name| Some((distance(wanted, name)?, name)));
    slips.min().map(|(_, name)| name)
}

/// How many letters of one word differ, where nothing else does.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    let words = |text: &str| -> Vec<String> {
        text.split(['-', '.', '_', '/'])
            .map(str::to_owned)
            .collect()
    };
    let (own, other) = (words(wanted), words(name));
    if own.len() != other.len() {
        return None;
    }
    if own == other {
        // The signs between the words differ.
        return (wanted != name).then_some(1);
    }
    let mut differing = own.iter().zip(&other).filter(|(one, two)| one != two);
    let (one, two) = differing.next()?;
    let letters = |word: &str| {
        word.chars()
            .filter(|c| !c.is_ascii_digit())
            .collect::<String>()
    };
    let distance = strsim::damerau_levenshtein(one, two);
    let most = match one.chars().count().min(two.chars().count()) {
        0..=2 => 0,
        3 | 4 => 1,
        _ => 2,
    };
    let (short, long) = if one.len() < two.len() {
        (one, two)
    } else {
        (two, one)
    };
    let is_cut = short.len() > 3 && long.starts_with(short.as_str()) && distance <= 2;
    let is_near = distance <= most || is_cut;
    let is_slip = differing.next().is_none() && letters(one) != letters(two) && is_near;
    is_slip.then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_inside_one_word() {
        assert_eq!(
            meant("otel-gatway", ["otel-agent", "otel-gateway"]),
            Some("otel-gateway")
        );
        assert_eq!(meant("otlp_span", ["otlp_spans"]), Some("otlp_spans"));
        assert_eq!(
            meant("observabilty", ["observability"]),
            Some("observability")
        );
    }

    #[test]
    fn other_words_and_numbers_are_no_slips() {
        for (one, two) in [
            ("gateway-eu", "gateway-us"),
            ("collector-2", "collector-1"),
            ("tempo", "temporal"),
            ("spans", "enriched-spans"),
            ("gateway", "otel-gateway"),
            ("same", "same"),
            ("otel-agent", "otel-gateway"),
        ] {
            assert_eq!(meant(one, [two]), None, "{one} {two}");
        }
    }
}
