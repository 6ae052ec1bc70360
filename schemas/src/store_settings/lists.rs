//! Tenders, reasons and departments: lists that a store fills.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Label;
use crate::{
    identity::{DepartmentCode, ReasonCode},
    operation::TenderKind,
    value::MinorUnits,
};

/// The most entries of one list.
const LIST_MAX: usize = 500;

/// Why a list is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// More than are allowed.
    #[error("a list has at most {LIST_MAX} entries, this has {0}")]
    TooMany(usize),
    /// One code twice.
    #[error("{0} is there twice")]
    Twice(Box<str>),
}

macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $entry:ident, $list:literal, |$one:ident| $key:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = $list, into = $list)]
        pub struct $name(#[schemars(length(max = 500))] Vec<$entry>);

        impl $name {
            /// Checks that there are not too many, and each is there once. Their order is kept: it is that of the keys.
            ///
            /// # Errors
            /// [`ListError`].
            pub fn new(entries: impl IntoIterator<Item = $entry>) -> Result<Self, ListError> {
                let entries: Vec<$entry> = entries.into_iter().collect();
                if entries.len() > LIST_MAX {
                    return Err(ListError::TooMany(entries.len()));
                }
                let mut seen = BTreeSet::new();
                let twice = entries.iter().find(|$one| !seen.insert($key));
                match twice {
                    Some($one) => Err(ListError::Twice(format!("{:?}", $key).into())),
                    None => Ok(Self(entries)),
                }
            }

            /// The entries, in their order.
            pub fn iter(&self) -> impl Iterator<Item = &$entry> {
                self.0.iter()
            }

            /// Whether there is none.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
        }

        impl TryFrom<Vec<$entry>> for $name {
            type Error = ListError;
            fn try_from(entries: Vec<$entry>) -> Result<Self, ListError> {
                Self::new(entries)
            }
        }

        impl From<$name> for Vec<$entry> {
            fn from(list: $name) -> Self {
                list.0
            }
        }
    };
}

/// How one kind of money is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TenderSetting {
    /// Which kind.
    pub kind: TenderKind,
    /// What its key says.
    pub label: Label,
    /// Whether the drawer opens for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opens_drawer: bool,
    /// The most that one tender of it may be; no limit without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_max_minor: Option<MinorUnits>,
    /// Whether it is also taken while the till can't reach the server.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub offline: bool,
}

/// What a reason is given for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReasonUse {
    /// Cash put in that is no sale.
    PaidIn,
    /// Cash taken out that is no refund.
    PaidOut,
    /// The drawer opened without a sale.
    NoSale,
    /// A line taken off.
    LineVoid,
    /// A basket given up.
    BasketVoid,
    /// A tender given back.
    TenderVoid,
    /// A price overridden.
    PriceOverride,
    /// A discount by hand.
    Discount,
    /// Goods brought back.
    Return,
    /// A drawer over or short.
    OverShort,
    /// An override for somebody else.
    Override,
    /// Stock adjusted.
    StockAdjustment,
}

/// Why something is done that is out of the ordinary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The code that documents hold.
    pub code: ReasonCode,
    /// What it is called.
    pub label: Label,
    /// What it is given for.
    pub uses: BTreeSet<ReasonUse>,
}

/// A department of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Department {
    /// The code that products and documents hold.
    pub code: DepartmentCode,
    /// What it is called.
    pub label: Label,
}

list!(
    /// The kinds of money that a store takes, in the order of their keys. None: cash and cards.
    Tenders, TenderSetting, "Vec<TenderSetting>", |tender| tender.kind
);
list!(
    /// The reasons that a store's people choose from. None for a use: any code is taken.
    Reasons, Reason, "Vec<Reason>", |reason| reason.code.clone()
);
list!(
    /// The departments of a store.
    Departments, Department, "Vec<Department>", |department| department.code.clone()
);

impl Tenders {
    /// How a kind of money is taken; `None` where it is not. A store that says nothing takes cash, and cards while it
    /// can reach their terminal.
    #[must_use]
    pub fn setting(&self, kind: TenderKind) -> Option<TenderTaking> {
        if self.is_empty() {
            return match kind {
                TenderKind::Cash => Some(TenderTaking {
                    opens_drawer: true,
                    amount_max_minor: None,
                    offline: true,
                }),
                TenderKind::Card => Some(TenderTaking {
                    opens_drawer: false,
                    amount_max_minor: None,
                    offline: true,
                }),
                TenderKind::Voucher | TenderKind::StoreCredit | TenderKind::OnAccount => None,
            };
        }
        let mut settings = self.iter();
        let setting = settings.find(|setting| setting.kind == kind)?;
        Some(TenderTaking {
            opens_drawer: setting.opens_drawer,
            amount_max_minor: setting.amount_max_minor,
            offline: setting.offline,
        })
    }
}

/// How a kind of money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenderTaking {
    /// Whether the drawer opens for it.
    pub opens_drawer: bool,
    /// The most that one tender of it may be; no limit without.
    pub amount_max_minor: Option<MinorUnits>,
    /// Whether it is also taken while the till can't reach the server.
    pub offline: bool,
}

impl Reasons {
    /// The reasons to choose from for one use.
    pub fn for_use(&self, reason_use: ReasonUse) -> impl Iterator<Item = &Reason> {
        self.iter()
            .filter(move |reason| reason.uses.contains(&reason_use))
    }

    /// Whether a reason may be given for a use: any may, where the store lists none for it.
    #[must_use]
    pub fn allow(&self, code: &ReasonCode, reason_use: ReasonUse) -> bool {
        let mut listed = self.for_use(reason_use).peekable();
        listed.peek().is_none() || listed.any(|reason| reason.code == *code)
    }
}

impl Departments {
    /// What a department is called; `None` where it is not listed.
    #[must_use]
    pub fn label(&self, code: &DepartmentCode) -> Option<&Label> {
        let mut departments = self.iter();
        departments
            .find(|department| department.code == *code)
            .map(|department| &department.label)
    }
}
