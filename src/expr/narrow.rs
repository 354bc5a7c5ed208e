//! Which elements of a list a test can be true of, as far as their kind or name tells.
//!
//! A test such as `o.kind == 'Service' && ...` is false of everything of another kind, whatever the rest of it comes to;
//! so only those elements are visited of which it may be true. What each visited element comes to stays the whole test.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the few operations that say something of an element's mark; all others say nothing"
)]

use crate::document::Mark;
use crate::expr::compile::Op;

/// What marks the elements of which a test can be anything but false.
#[derive(Debug)]
pub(super) struct Narrow {
    pub(super) mark: Mark,
    /// Texts, or values that are read before the elements are visited; any one of them will do.
    pub(super) wanted: Vec<Op>,
}

/// The range of a comprehension without the elements of which the test is false by their mark.
///
/// `local` is the slot of the element.
pub(super) fn range(range: Op, test: &Op, local: usize) -> Op {
    match narrow(test, local) {
        Some(narrow) => Op::Marked(Box::new(range), narrow),
        None => range,
    }
}

/// What a test asks of an element's mark; nothing where elements with any mark may do.
fn narrow(test: &Op, local: usize) -> Option<Narrow> {
    if let Op::And(a, b) = test {
        // Few have one name, many are of one kind.
        return match (narrow(a, local), narrow(b, local)) {
            (Some(a), Some(b)) if a.mark == Mark::Kind && b.mark == Mark::Name => Some(b),
            (a, b) => a.or(b),
        };
    }
    if let Op::Or(a, b) = test {
        let (mut either, other) = (narrow(a, local)?, narrow(b, local)?);
        either.wanted.extend(other.wanted);
        return (either.mark == other.mark).then_some(either);
    }
    let (marked, wanted) = match test {
        Op::Equal(a, b, true) if mark(a, local).is_some() => (a, vec![read(b, local)?]),
        Op::Equal(a, b, true) => (b, vec![read(a, local)?]),
        Op::Among(item, texts) => (item, texts.iter().cloned().map(Op::Str).collect()),
        _ => return None,
    };
    mark(marked, local).map(|mark| Narrow { mark, wanted })
}

/// The mark of the element that an operation reads. What it gives for an element without one does not matter: such an
/// element is always visited.
fn mark(op: &Op, local: usize) -> Option<Mark> {
    if let Op::OrValue(value, _) = op {
        return mark(value, local);
    }
    [Mark::Kind, Mark::Name]
        .into_iter()
        .find(|mark| reads(op, mark.path(), local))
}

fn reads(op: &Op, path: &[&str], local: usize) -> bool {
    match (op, path.split_last()) {
        (Op::Local(slot), None) => *slot == local,
        (Op::Select(from, field), Some((key, before))) => {
            field == key && reads(from, before, local)
        }
        _ => false,
    }
}

/// An operation again, if it only reads, and nothing of the element.
fn read(op: &Op, local: usize) -> Option<Op> {
    Some(match op {
        Op::Str(text) => Op::Str(text.clone()),
        Op::Variable(slot) => Op::Variable(*slot),
        Op::Local(slot) if *slot < local => Op::Local(*slot),
        Op::Select(from, field) => Op::Select(Box::new(read(from, local)?), field.clone()),
        Op::OrValue(value, fallback) => Op::OrValue(
            Box::new(read(value, local)?),
            Box::new(read(fallback, local)?),
        ),
        _ => return None,
    })
}
