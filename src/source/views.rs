//! In which of several environments something is seen.
//!
//! Builds of one base are looked at one by one, each as if it were all there is. What two of them come to alike is kept
//! once, with the views in which it is seen.

/// The most views that there may be.
pub const MAX_VIEWS: usize = 64;

/// Some of the views of a repository, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Views(u64);

impl Views {
    /// Every view, however many there are.
    pub const ALL: Self = Self(u64::MAX);

    /// No view.
    pub const NONE: Self = Self(0);

    /// One view; none for an index that is too large.
    pub fn one(at: usize) -> Self {
        let bit = u32::try_from(at).ok();
        Self(bit.and_then(|at| 1_u64.checked_shl(at)).unwrap_or(0))
    }

    /// The first of some number of views.
    pub fn first(count: usize) -> Self {
        (0..count).fold(Self::NONE, |all, at| all.or(Self::one(at)))
    }

    /// Those of either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are in both.
    #[must_use]
    pub fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether some view is one of both.
    pub fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all others are among these.
    pub fn cover(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    /// The indices of those that are among the first of some number.
    pub fn indices(self, count: usize) -> impl Iterator<Item = usize> {
        (0..count).filter(move |at| self.meet(Self::one(*at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_sets_of_indices() {
        let two = Views::one(0).or(Views::one(63));
        assert_eq!(two.indices(MAX_VIEWS).collect::<Vec<_>>(), [0, 63]);
        assert!(two.meet(Views::one(63)) && !two.meet(Views::one(1)));
        assert!(Views::ALL.cover(two) && !two.cover(Views::first(2)));
        assert!(two.cover(Views::first(1)));
        assert_eq!(Views::one(64), Views::NONE);
    }
}
