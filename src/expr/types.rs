//! The types that expressions are checked against before anything runs.

/// What an expression can evaluate to, as far as can be told without evaluating it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Anything: raw documents, whose shape the files decide.
    Any,
    /// `true` or `false`.
    Bool,
    /// An integer.
    Int,
    /// A number with a fraction.
    Double,
    /// Text.
    String,
    /// A list of one type.
    List(&'static Self),
    /// A map from text to one type; its keys are data.
    Map(&'static Self),
    /// A map with known fields.
    Record(&'static Record),
    /// A Kubernetes quantity.
    Quantity,
    /// A span of time.
    Duration,
    /// An address, made by `url()`.
    Url,
    /// A version, made by `semver()`.
    Semver,
    /// An IP address, made by `ip()`.
    Ip,
    /// An IP range, made by `cidr()`.
    Cidr,
}

/// A named set of fields.
#[derive(Debug, PartialEq, Eq)]
pub struct Record {
    /// The name by which rules and documentation call it.
    pub name: &'static str,
    /// One sentence on what it is.
    pub doc: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// One field of a record.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// The field's name.
    pub name: &'static str,
    /// What it holds.
    pub ty: Type,
    /// One sentence on what it means.
    pub doc: &'static str,
}

impl Record {
    /// The field of a name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Type {
    /// The name that documentation and error messages use.
    pub fn name(self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Int => "int".to_owned(),
            Self::Double => "double".to_owned(),
            Self::String => "string".to_owned(),
            Self::List(item) => format!("list of {}", item.name()),
            Self::Map(value) => format!("map of {}", value.name()),
            Self::Record(record) => record.name.to_owned(),
            Self::Quantity => "quantity".to_owned(),
            Self::Duration => "duration".to_owned(),
            Self::Url => "url".to_owned(),
            Self::Semver => "semver".to_owned(),
            Self::Ip => "ip".to_owned(),
            Self::Cidr => "cidr".to_owned(),
        }
    }

    /// Whether a value of this type can stand where `wanted` is required.
    pub fn fits(self, wanted: Self) -> bool {
        self == wanted || self == Self::Any || wanted == Self::Any
    }

    /// Whether values of the two types can be compared: those of one type, and numbers.
    pub(super) fn compares_with(self, other: Self) -> bool {
        let is_number = |ty: Self| matches!(ty, Self::Int | Self::Double);
        self.fits(other) || is_number(self) && is_number(other)
    }

    /// Whether values of the type hold others.
    pub(super) fn is_collection(self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_) | Self::Record(_))
    }
}
