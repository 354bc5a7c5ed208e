//! GitHub's `primaryLocationLineHash`: a rolling hash of the hundred characters from the start of a line.
//!
//! White space does not count, and all line breaks count alike. Source: the fingerprints of the code scanning upload
//! action; the test vectors were computed with an independent implementation.

/// Characters that a hash covers.
const WINDOW: usize = 100;

const FACTOR: u64 = 37;

/// The hash of every line of a text, with its ordinal among equal ones.
pub(super) fn line_hashes(text: &str) -> Vec<String> {
    let (units, starts) = significant_units(text);
    let power = (0..WINDOW).fold(1_u64, |power, _| power.wrapping_mul(FACTOR));
    let unit = |at: usize| u64::from(units.get(at).copied().unwrap_or(0));
    let mut hashes = Vec::with_capacity(starts.len());
    let mut hash = 0_u64;
    let mut taken = 0;
    for start in starts {
        while taken < start + WINDOW {
            let leaving = if taken >= WINDOW {
                unit(taken - WINDOW)
            } else {
                0
            };
            hash = hash
                .wrapping_mul(FACTOR)
                .wrapping_add(unit(taken))
                .wrapping_sub(power.wrapping_mul(leaving));
            taken += 1;
        }
        hashes.push(hash);
    }
    let mut seen = std::collections::BTreeMap::new();
    hashes
        .into_iter()
        .map(|hash| {
            let ordinal: &mut u32 = seen.entry(hash).or_default();
            *ordinal += 1;
            format!("{hash:x}:{ordinal}")
        })
        .collect()
}

/// The UTF-16 units that count, an end marker after them, and where in them each line starts.
fn significant_units(text: &str) -> (Vec<u16>, Vec<usize>) {
    let mut units = Vec::with_capacity(text.len() + 1);
    let mut starts = vec![0];
    let mut after_return = false;
    for unit in text.encode_utf16() {
        let (line_feed, carriage_return) = (u16::from(b'\n'), u16::from(b'\r'));
        if unit == u16::from(b' ')
            || unit == u16::from(b'\t')
            || (unit == line_feed && after_return)
        {
            after_return = false;
            continue;
        }
        after_return = unit == carriage_return;
        if unit == line_feed || unit == carriage_return {
            units.push(line_feed);
            starts.push(units.len());
        } else {
            units.push(unit);
        }
    }
    units.push(u16::MAX);
    (units, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_that_github_computes() {
        let two = "FROM alpine:3.20\nENV OTEL_SERVICE_NAME=orders\n";
        let expected = [
            "1ea4eaed3426ba4a:1",
            "62f108423aff506:1",
            "c129715d7a2bc9a3:1",
        ];
        assert_eq!(line_hashes(two), expected);
        assert_eq!(line_hashes(&two.replace('\n', "\r\n")), expected);
        assert_eq!(
            line_hashes(&two.replace(" OTEL", "  OTEL").replace("ENV", "\tENV")),
            expected
        );
        assert_eq!(
            line_hashes(two.trim_end()),
            ["c98747003edc7a2c:1", "4ea5856293cd5068:1"]
        );
        assert_eq!(
            line_hashes(&format!("\u{feff}{two}"))[0],
            "d2823546d4bf1ea5:1"
        );
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
        let long = format!("{}\n", "a".repeat(120)).repeat(4);
        assert_eq!(
            &line_hashes(&long)[..4],
            [
                "871f6af4d0d4dd7c:1",
                "871f6af4d0d4dd7c:2",
                "871f6af4d0d4dd7c:3",
                "871f6af4d0d4dd7c:4"
            ]
        );
    }
}
