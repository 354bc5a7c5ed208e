//! Evaluates a compiled expression over borrowed nodes.
//!
//! Every result carries the origin that decided it, so a verdict knows where to point. An absent or unknown operand
//! makes the result absent or unknown unless the other operands decide it alone, which is CEL's own rule for errors.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an operation names the few types that it applies to; all others are refused alike"
)]

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use smol_str::SmolStr;

use crate::document::{Node, Reason};
use crate::expr::compile::{Arithmetic, Fold, Op};
use crate::expr::narrow::Narrow;
use crate::expr::passage::Passage;
use crate::expr::pattern::Pattern;
use crate::expr::value::{Data, Origin, Val};

/// How many operations one evaluation may take before it is given up.
pub const MAX_STEPS: u32 = 2_000_000;

/// One evaluation: the variables it sees and what it has used up.
pub(super) struct Evaluation<'a, 'v> {
    variables: &'v [Option<&'a Node>],
    locals: Vec<Val<'a>>,
    /// The operations that are left.
    steps: u32,
}

impl<'a, 'v> Evaluation<'a, 'v> {
    /// An evaluation that may take so many operations.
    pub(super) fn new(variables: &'v [Option<&'a Node>], steps: u32) -> Self {
        Self {
            variables,
            locals: Vec::new(),
            steps,
        }
    }

    /// The operations that are left.
    pub(super) fn steps_left(&self) -> u32 {
        self.steps
    }

    /// The value of an operation.
    pub(super) fn value(&mut self, op: &'a Op) -> Val<'a> {
        let Some(left) = self.steps.checked_sub(1) else {
            return Val::new(Data::Fault(
                "the expression takes too many steps on this input".into(),
            ));
        };
        self.steps = left;
        match op {
            Op::Null => Val::new(Data::Null),
            Op::Bool(value) => Val::new(Data::Bool(*value)),
            Op::Int(value) => Val::new(Data::Int(*value)),
            Op::Double(value) => Val::new(Data::Double(*value)),
            Op::Str(text) => Val::new(Data::Str(Cow::Borrowed(text))),
            Op::Variable(slot) => self.variable(*slot),
            Op::Local(index) => self
                .locals
                .get(*index)
                .cloned()
                .unwrap_or(Val::new(Data::Null)),
            Op::Select(operand, field) => self.value(operand).select(field),
            Op::Has(operand, field) => has(&self.value(operand), field),
            Op::Index(operand, index) => self.index(operand, index),
            Op::Not(operand) => self.not(operand),
            Op::And(a, b) => self.connect(a, b, false),
            Op::Or(a, b) => self.connect(a, b, true),
            Op::Choose(parts) => self.choose(parts),
            Op::Equal(a, b, wanted) => self.equal(a, b, *wanted),
            Op::Order(a, b, accept) => self.order(a, b, *accept),
            Op::In(a, b) => self.within(a, b),
            Op::Among(item, texts) => self.among(item, texts),
            Op::Arithmetic(kind, a, b) => self.arithmetic(*kind, a, b),
            Op::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.value(item)).collect();
                Val::new(Data::Items(Rc::new(items), None))
            }
            Op::Table(entries) => {
                let table = entries
                    .iter()
                    .map(|(key, value)| (key.clone(), self.value(value)));
                Val::new(Data::Table(Rc::new(table.collect())))
            }
            Op::Call(function, args) => {
                let args: Vec<_> = args.iter().map(|arg| self.value(arg)).collect();
                function.apply(&args)
            }
            Op::Pattern(pattern) => self.pattern(pattern),
            Op::Passage(passage) => self.passage(passage),
            Op::OrValue(value, fallback) => {
                let value = self.value(value);
                if matches!(value.data, Data::Absent(_)) {
                    self.value(fallback)
                } else {
                    value
                }
            }
            Op::Fold(fold) => self.fold(fold),
            Op::Marked(list, narrow) => self.marked(list, narrow),
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern) -> Val<'a> {
        let (text, wanted) = (self.value(&pattern.text), self.value(&pattern.wanted));
        if text.is_void() || wanted.is_void() {
            return either_void(text, wanted);
        }
        match (text.as_str(), wanted.as_str()) {
            (Some(raw), Some(wanted)) => match pattern.run(raw, wanted) {
                Ok(data) => Val::from(data, text.origin),
                Err(message) => text.fault(message),
            },
            _ => text.fault(format!("a {} is no text to search", text.type_name())),
        }
    }

    fn passage(&mut self, passage: &'a Passage) -> Val<'a> {
        let (route, key) = (self.value(&passage.route), self.value(&passage.key));
        if route.is_void() || key.is_void() {
            return either_void(route, key);
        }
        let answer = match (&route.data, key.as_str()) {
            (Data::Map(map), Some(key)) => passage.run(map, key),
            _ => return route.fault("`lets` takes a route and a key"),
        };
        let data = match answer {
            Ok(lets) => Data::Bool(lets),
            Err(reason) => Data::Unknown(reason),
        };
        Val::from(data, route.origin)
    }

    fn variable(&self, slot: usize) -> Val<'a> {
        match self.variables.get(slot).copied().flatten() {
            Some(node) => Val::read(node, None),
            None => Val::new(Data::Absent("variable".into())),
        }
    }

    fn index(&mut self, operand: &'a Op, index: &'a Op) -> Val<'a> {
        let (operand, index) = (self.value(operand), self.value(index));
        if index.is_void() {
            return index;
        }
        match (&operand.data, &index.data) {
            (Data::Map(_) | Data::Table(_) | Data::Null, Data::Str(key)) => operand.select(key),
            // Which element comes first, nobody can say where some may be among them or not.
            (Data::Items(_, Some(reason)), Data::Int(_)) => {
                Val::from(Data::Unknown(reason.clone()), operand.origin)
            }
            (Data::List(_) | Data::Items(..), Data::Int(at)) => {
                let (items, open) = operand.elements().unwrap_or_default();
                let found = usize::try_from(*at)
                    .ok()
                    .and_then(|at| items.into_iter().nth(at));
                found.unwrap_or_else(|| match open {
                    Some(reason) => Val::from(Data::Unknown(reason), operand.origin),
                    None => Val::from(Data::Absent(at.to_string().into()), operand.origin),
                })
            }
            _ if operand.is_void() => operand,
            _ => operand.fault(format!(
                "a {} cannot be indexed by a {}",
                operand.type_name(),
                index.type_name()
            )),
        }
    }

    fn not(&mut self, operand: &'a Op) -> Val<'a> {
        let value = self.value(operand);
        strict(&value, value.as_bool().map(|value| Data::Bool(!value)), "!")
    }

    /// `&&` and `||`: `decisive` is the operand value that settles the result.
    fn connect(&mut self, a: &'a Op, b: &'a Op, decisive: bool) -> Val<'a> {
        let left = self.value(a);
        if left.as_bool() == Some(decisive) {
            return left;
        }
        let right = self.value(b);
        if right.as_bool() == Some(decisive) {
            return right;
        }
        match (left.as_bool(), right.as_bool()) {
            (Some(_), Some(_)) => Val::from(left.data, Origin::telling(left.origin, right.origin)),
            (None, Some(_)) => boolean_or_void(left),
            (Some(_), None) => boolean_or_void(right),
            (None, None) => weaker(boolean_or_void(left), boolean_or_void(right)),
        }
    }

    fn choose(&mut self, parts: &'a [Op; 3]) -> Val<'a> {
        let [condition, then, otherwise] = parts;
        let chosen = self.value(condition);
        match chosen.as_bool() {
            Some(true) => or_origin(self.value(then), &chosen),
            Some(false) => or_origin(self.value(otherwise), &chosen),
            None => boolean_or_void(chosen),
        }
    }

    fn equal(&mut self, a: &'a Op, b: &'a Op, wanted: bool) -> Val<'a> {
        let (a, b) = (self.value(a), self.value(b));
        if a.is_void() || b.is_void() {
            return either_void(a, b);
        }
        let data = match a.equals(&b) {
            Some(equal) => Data::Bool(equal == wanted),
            None => Data::Unknown(
                inner_reason(&a)
                    .or_else(|| inner_reason(&b))
                    .unwrap_or(Reason::Template),
            ),
        };
        Val::from(data, a.origin.or(b.origin))
    }

    fn order(&mut self, a: &'a Op, b: &'a Op, accept: fn(Ordering) -> bool) -> Val<'a> {
        let (a, b) = (self.value(a), self.value(b));
        if a.is_void() || b.is_void() {
            return either_void(a, b);
        }
        if let Some(order) = a.compare(&b) {
            Val::from(Data::Bool(accept(order)), a.origin.or(b.origin))
        } else {
            let message = format!("a {} and a {} have no order", a.type_name(), b.type_name());
            Val::from(Data::Fault(message.into()), a.origin.or(b.origin))
        }
    }

    fn within(&mut self, a: &'a Op, b: &'a Op) -> Val<'a> {
        let (item, list) = (self.value(a), self.value(b));
        if item.is_void() || list.is_void() {
            return either_void(item, list);
        }
        let origin = item.origin.or(list.origin);
        let Some((elements, open)) = list.elements() else {
            return list.fault(format!("a {} has no elements", list.type_name()));
        };
        let mut unknown = open;
        for element in &elements {
            match element.equals(&item) {
                Some(true) => return Val::from(Data::Bool(true), origin),
                Some(false) => {}
                None => {
                    unknown = unknown
                        .or_else(|| inner_reason(element))
                        .or(Some(Reason::Template));
                }
            }
        }
        let data = unknown.map_or(Data::Bool(false), Data::Unknown);
        Val::from(data, origin)
    }

    fn among(&mut self, item: &'a Op, texts: &[SmolStr]) -> Val<'a> {
        let item = self.value(item);
        if item.is_void() {
            return item;
        }
        let is_in = item
            .as_str()
            .is_some_and(|item| texts.iter().any(|text| text == item));
        Val::from(Data::Bool(is_in), item.origin)
    }

    fn marked(&mut self, list: &'a Op, narrow: &'a Narrow) -> Val<'a> {
        let list = self.value(list);
        let Data::List(all) = &list.data else {
            return list;
        };
        let wanted: Vec<Val<'a>> = narrow.wanted.iter().map(|op| self.value(op)).collect();
        let texts: Option<Vec<&str>> = wanted.iter().map(Val::as_str).collect();
        let Some(items) = texts.and_then(|texts| all.marked(narrow.mark, &texts)) else {
            return list;
        };
        let items = items.into_iter().map(|item| Val::read(item, None));
        let items = Data::Items(Rc::new(items.collect()), all.open.clone());
        Val::from(items, list.origin)
    }

    fn arithmetic(&mut self, kind: Arithmetic, a: &'a Op, b: &'a Op) -> Val<'a> {
        let (a, b) = (self.value(a), self.value(b));
        if a.is_void() || b.is_void() {
            return either_void(a, b);
        }
        let origin = a.origin.or(b.origin);
        match kind.apply(&a, &b) {
            Ok(data) => Val::from(data, origin),
            Err(message) => Val::from(Data::Fault(message.into()), origin),
        }
    }

    fn fold(&mut self, fold: &'a Fold) -> Val<'a> {
        let range = self.value(fold.range());
        if range.is_void() {
            return range;
        }
        let Some((elements, open)) = range.elements() else {
            return range.fault(format!("a {} has no elements", range.type_name()));
        };
        match fold {
            Fold::All { test, .. } => self.quantify(&range, (elements, open), test, false),
            Fold::Exists { test, .. } => self.quantify(&range, (elements, open), test, true),
            Fold::One { test, .. } => self.exactly_one(&range, (elements, open), test),
            Fold::Map { test, result, .. } => {
                self.collect(&range, (elements, open), (test.as_ref(), result))
            }
        }
    }

    fn with_local(&mut self, value: Val<'a>, op: &'a Op) -> Val<'a> {
        self.locals.push(value);
        let result = self.value(op);
        self.locals.pop();
        result
    }

    /// `all` and `exists`: `decisive` is the element result that settles it.
    fn quantify(
        &mut self,
        range: &Val<'a>,
        (elements, open): (Vec<Val<'a>>, Option<Reason>),
        test: &'a Op,
        decisive: bool,
    ) -> Val<'a> {
        let mut undecided = open.map(|reason| Val::from(Data::Unknown(reason), range.origin));
        for element in elements {
            let origin = element.origin;
            let result = self.with_local(element, test);
            match result.as_bool() {
                Some(value) if value == decisive => {
                    return Val::from(Data::Bool(decisive), result.origin.or(origin));
                }
                Some(_) => {}
                None => {
                    let result = boolean_or_void(result);
                    undecided = Some(match undecided {
                        Some(other) => weaker(other, result),
                        None => result,
                    });
                }
            }
        }
        undecided.unwrap_or(Val::from(Data::Bool(!decisive), range.origin))
    }

    fn exactly_one(
        &mut self,
        range: &Val<'a>,
        (elements, open): (Vec<Val<'a>>, Option<Reason>),
        test: &'a Op,
    ) -> Val<'a> {
        let mut found = Vec::new();
        let mut undecided = open.map(|reason| Val::from(Data::Unknown(reason), range.origin));
        for element in elements {
            let result = self.with_local(element.clone(), test);
            match result.as_bool() {
                Some(true) => found.push(element),
                Some(false) => {}
                None => undecided = undecided.or(Some(boolean_or_void(result))),
            }
        }
        if let [_, second, ..] = found.as_slice() {
            return Val::from(Data::Bool(false), second.origin);
        }
        undecided.unwrap_or(Val::from(Data::Bool(found.len() == 1), range.origin))
    }

    /// `map` and `filter`. An element that cannot be judged is left out, and leaves the list open.
    fn collect(
        &mut self,
        range: &Val<'a>,
        (elements, open): (Vec<Val<'a>>, Option<Reason>),
        (test, result): (Option<&'a Op>, &'a Op),
    ) -> Val<'a> {
        let mut items = Vec::new();
        let mut open = open;
        for element in elements {
            if let Some(test) = test {
                let chosen = self.with_local(element.clone(), test);
                match chosen.as_bool() {
                    Some(true) => {}
                    Some(false) => continue,
                    None => {
                        let Data::Unknown(reason) = chosen.data else {
                            return boolean_or_void(chosen);
                        };
                        open.get_or_insert(reason);
                        continue;
                    }
                }
            }
            items.push(self.with_local(element, result));
        }
        Val::from(Data::Items(Rc::new(items), open), range.origin)
    }
}

/// Whether a key is there; a key with a null value is there, as in CEL.
fn has<'a>(operand: &Val<'a>, field: &str) -> Val<'a> {
    let at_key = |origin| Val::from(Data::Bool(true), origin);
    match &operand.data {
        Data::Map(map) if map.entry(field).is_some() => at_key(operand.select(field).origin),
        Data::Table(entries) if entries.iter().any(|(name, _)| name == field) => {
            at_key(operand.origin)
        }
        Data::Absent(_) => Val::from(Data::Bool(false), operand.origin),
        _ => {
            let value = operand.select(field);
            match value.data {
                Data::Absent(_) => Val::from(Data::Bool(false), value.origin),
                _ => value,
            }
        }
    }
}

/// The result of an operation that needs its operand to be a certain type.
fn strict<'a>(operand: &Val<'a>, result: Option<Data<'a>>, name: &str) -> Val<'a> {
    match result {
        Some(data) => Val::from(data, operand.origin),
        None if operand.is_void() => operand.clone(),
        None => operand.fault(format!(
            "`{name}` does not apply to a {}",
            operand.type_name()
        )),
    }
}

/// A value where a boolean is needed: anything else is a fault.
fn boolean_or_void(value: Val<'_>) -> Val<'_> {
    if value.is_void() || value.as_bool().is_some() {
        return value;
    }
    value.fault(format!(
        "a {} stands where a bool is needed",
        value.type_name()
    ))
}

/// Of two undecided operands: an unknown first, since it may decide; then a fault; then what is absent.
fn weaker<'a>(a: Val<'a>, b: Val<'a>) -> Val<'a> {
    let rank = |value: &Val<'_>| match value.data {
        Data::Unknown(_) => 0,
        Data::Fault(_) => 1,
        _ => 2,
    };
    if rank(&b) < rank(&a) { b } else { a }
}

fn either_void<'a>(a: Val<'a>, b: Val<'a>) -> Val<'a> {
    match (a.is_void(), b.is_void()) {
        (true, true) => weaker(a, b),
        (true, false) => a,
        _ => b,
    }
}

fn or_origin<'a>(mut value: Val<'a>, other: &Val<'a>) -> Val<'a> {
    value.origin = value.origin.or(other.origin);
    value
}

/// Why a collection, or something inside it, is not known.
fn inner_reason(value: &Val<'_>) -> Option<Reason> {
    match &value.data {
        Data::Unknown(reason) => Some(reason.clone()),
        Data::List(list) => list.open.clone().or_else(|| {
            list.items
                .iter()
                .find_map(|item| inner_reason(&Val::read(item, None)))
        }),
        Data::Map(map) => map.open.clone().or_else(|| {
            map.entries
                .iter()
                .find_map(|entry| inner_reason(&Val::read(&entry.value, None)))
        }),
        Data::Items(items, open) => {
            let mut items = items.iter();
            open.clone().or_else(|| items.find_map(inner_reason))
        }
        _ => None,
    }
}
