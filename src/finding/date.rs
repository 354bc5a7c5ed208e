//! A day of the calendar, for suppressions that end.

use std::fmt;

/// A day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(i32);

/// Days in 400 years, after which the calendar repeats.
const CYCLE: i32 = 146_097;

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i32 = 719_468;

impl Date {
    /// The day on which a moment lies, given in seconds since 1970-01-01 in UTC.
    pub fn from_seconds(seconds: u64) -> Self {
        Self(i32::try_from(seconds / 86_400).unwrap_or(i32::MAX))
    }

    /// Reads `2027-01-31`; nothing for a day that no calendar has.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut next = |digits: usize| {
            let part = parts.next()?;
            let fits = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| part.parse::<i32>().ok())?
        };
        let (year, month, day) = (next(4)?, next(2)?, next(2)?);
        if parts.next().is_some() {
            return None;
        }
        let date = Self::from_civil(year, month, day);
        (date.civil() == (year, month, day)).then_some(date)
    }

    /// How many days from this day to another; negative for one before.
    pub fn days_to(self, other: Self) -> i32 {
        other.0.saturating_sub(self.0)
    }

    /// Counts years from March on, so that the day that some years have more comes last.
    fn from_civil(year: i32, month: i32, day: i32) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let (cycle, of_cycle) = (year.div_euclid(400), year.rem_euclid(400));
        let months = (month + 9) % 12;
        let of_year = (153 * months + 2) / 5 + day - 1;
        let of_cycle = of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year;
        Self(cycle * CYCLE + of_cycle - EPOCH)
    }

    /// Year, month and day.
    fn civil(self) -> (i32, i32, i32) {
        let days = self.0.saturating_add(EPOCH);
        let (cycle, of_cycle) = (days.div_euclid(CYCLE), days.rem_euclid(CYCLE));
        let year = (of_cycle - of_cycle / 1460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
        let of_year = of_cycle - (365 * year + year / 4 - year / 100);
        let months = (5 * of_year + 2) / 153;
        let day = of_year - (153 * months + 2) / 5 + 1;
        let month = if months < 10 { months + 3 } else { months - 9 };
        let year = cycle * 400 + year + i32::from(month <= 2);
        (year, month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(Date::parse("1970-01-01"), Some(Date(0)));
        assert_eq!(Date::parse("2000-03-01"), Some(Date(11_017)));
        assert_eq!(Date::from_seconds(1_795_530_792).to_string(), "2026-11-24");
        for text in [
            "2027-02-29",
            "2027-13-01",
            "2027-1-1",
            "2027-01-01T00",
            "x",
            "2027-00-10",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert!(Date::parse("2028-02-29").is_some());
    }

    proptest! {
        #[test]
        fn every_day_is_read_as_it_is_written(days in -700_000_i32..2_000_000) {
            let text = Date(days).to_string();
            prop_assert_eq!(Date::parse(&text), Some(Date(days)));
        }
    }
}
