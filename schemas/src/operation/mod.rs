//! Operations: what can happen to a document.
//!
//! An operation is `{at, by, critical, body}`, stored as one JSON string under the root key `op/<operation id>`.
//! *Facts* (money taken, goods handed over) happened and are always counted; *intents* (complete, cancel) may be
//! refused, or have no effect.

mod codec;
mod order;
mod payment;
mod return_;
mod safe;
mod session_breakdown;
mod stock;
mod suspension;
mod till_journal;
mod till_session;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use codec::{
    OPERATION_BYTES_MAX, OPERATION_DEPTH_MAX, OperationError, Recorded, parse_operation,
    write_operation,
};
pub use order::*;
pub use payment::*;
pub use return_::*;
pub use safe::*;
pub use session_breakdown::*;
pub use stock::*;
pub use suspension::*;
pub use till_journal::*;
pub use till_session::*;

use crate::{
    identity::{ReactionId, UserId},
    time::Timestamp,
};

/// The five kinds of document.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    /// A sale, in any channel.
    Order,
    /// An after-sale: refers to an order, whose money it never edits.
    Return,
    /// One till's trading from open to close.
    TillSession,
    /// One receipt, adjustment, count or transfer of stock.
    Stock,
    /// One count of a store's safe, or one bag that left it for the bank.
    Safe,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Order,
        Self::Return,
        Self::TillSession,
        Self::Stock,
        Self::Safe,
    ];

    /// The kind's name, as stored under the document's root key `kind`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Return => "return",
            Self::TillSession => "till-session",
            Self::Stock => "stock",
            Self::Safe => "safe",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// In which part somebody acts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The customer, on the web or at a terminal.
    Customer,
    /// At the till or the pickup desk.
    Cashier,
    /// A cashier with more rights.
    Supervisor,
    /// The store's manager.
    Manager,
    /// Headquarters' people.
    Headquarters,
    /// The software itself: timers, the server's decisions, imports.
    System,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Customer,
        Self::Cashier,
        Self::Supervisor,
        Self::Manager,
        Self::Headquarters,
        Self::System,
    ];
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    /// In which part.
    pub role: Role,
    /// Which user; none for the system and for customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
}

/// One thing that happened to a document, or that somebody wants to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Operation {
    /// When, by the author's clock. Data only: it orders nothing.
    pub at: Timestamp,
    /// Who did it.
    pub by: Author,
    /// A reader that does not know this operation may no longer decide on the document, only add facts.
    pub critical: bool,
    /// What a decision of the server reacts to; of two operations with one cause in a document the first counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<ReactionId>,
    /// What happened.
    pub body: Body,
}

impl Operation {
    /// Stamps what was decided with time and author; `critical` follows from the body.
    #[must_use]
    pub fn new(at: Timestamp, by: Author, body: Body) -> Self {
        Self {
            at,
            by,
            critical: body.is_critical(),
            cause: None,
            body,
        }
    }
}

/// Declares the operations of all kinds of document: one enum a kind, and [`Body`] over them, which is written as
/// an object with the operation's name as its only key.
macro_rules! bodies {
    ($($(#[$group_doc:meta])* $group:ident / $kind:ident / $body:ident {
        $($(#[$doc:meta])* $variant:ident = $name:literal: $nature:ident $(, $critical:ident)?;)+
    })+) => {
        $(
            $(#[$group_doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
            pub enum $body {
                $($(#[$doc])* #[serde(rename = $name)] $variant($variant),)+
            }

            $(impl From<$variant> for Body {
                fn from(body: $variant) -> Self {
                    Self::$group($body::$variant(body))
                }
            })+
        )+

        /// What happened, to any kind of document.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
        #[serde(untagged)]
        pub enum Body {
            $(
                #[doc = concat!("To a document of kind [`DocumentKind::", stringify!($kind), "`].")]
                $group($body),
            )+
        }

        impl Body {
            /// The name of every operation that this version knows.
            pub const NAMES: &'static [&'static str] = &[$($($name,)+)+];

            /// The operation's name, as it is written.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $($(Self::$group($body::$variant(_)) => $name,)+)+
                }
            }

            /// The kind of document to which it can happen.
            #[must_use]
            pub fn kind(&self) -> DocumentKind {
                match self {
                    $(Self::$group(_) => DocumentKind::$kind,)+
                }
            }

            /// Whether it is a fact, which is always counted, and not an intent, which may be refused.
            #[must_use]
            pub fn is_fact(&self) -> bool {
                match self {
                    $($(Self::$group($body::$variant(_)) => bodies!(@nature $nature),)+)+
                }
            }

            /// Whether a reader must know it to decide on the document.
            #[must_use]
            pub fn is_critical(&self) -> bool {
                match self {
                    $($(Self::$group($body::$variant(_)) => bodies!(@critical $($critical)?),)+)+
                }
            }
        }

        impl<'de> Deserialize<'de> for Body {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = Body;
                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str("an object with one operation's name as its only key")
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
                        use serde::de::Error;
                        let name: std::borrow::Cow<'de, str> =
                            map.next_key()?.ok_or_else(|| A::Error::custom("an operation without a body"))?;
                        let body = match name.as_ref() {
                            $($($name => Body::$group($body::$variant(map.next_value()?)),)+)+
                            other => return Err(A::Error::unknown_variant(other, Body::NAMES)),
                        };
                        match map.next_key::<serde::de::IgnoredAny>()? {
                            Some(_) => Err(A::Error::custom("an operation with two bodies")),
                            None => Ok(body),
                        }
                    }
                }
                deserializer.deserialize_map(Visitor)
            }
        }
    };
    (@nature fact) => { true };
    (@nature intent) => { false };
    (@critical) => { false };
    (@critical critical) => { true };
}

bodies! {
    /// What can happen to an order.
    Order / Order / OrderBody {
        /// The order begins: its snapshot of where, when and under which rules.
        OrderOpened = "order_opened": intent;
        /// A line, with its price, tax and discounts as they were at the sale.
        LineAdded = "line_added": intent;
        /// A line is taken off before it is paid.
        LineVoided = "line_voided": intent;
        /// Money was taken.
        TenderTaken = "tender_taken": fact;
        /// Money that was taken was given back.
        TenderVoided = "tender_voided": fact;
        /// A till is about to ask a terminal to charge a card.
        PaymentIntended = "payment_intended": fact;
        /// The terminal's answer is known.
        PaymentAnswered = "payment_answered": fact;
        /// The basket is put aside.
        OrderSuspended = "order_suspended": intent;
        /// The basket was taken up again, as an order of its own.
        OrderResumed = "order_resumed": fact, critical;
        /// Goods were handed over.
        GoodsHandedOver = "goods_handed_over": fact;
        /// The order is finished.
        OrderCompleted = "order_completed": intent;
        /// The order will not be carried out.
        OrderCancelled = "order_cancelled": intent, critical;
        /// Another system calls this order by this name.
        ReferenceClaimed = "reference_claimed": fact;
        /// Two documents are one order (server).
        OrderAliased = "order_aliased": fact, critical;
        /// Two documents are two orders after all (server).
        OrderUnaliased = "order_unaliased": fact, critical;
        /// The order's number had been minted twice; it goes by a further one (server).
        NumberReassigned = "number_reassigned": fact, critical;
    }
    /// What can happen to a return.
    Return / Return / ReturnBody {
        /// The return begins.
        ReturnOpened = "return_opened": intent;
        /// A line that is given back.
        ReturnLineAdded = "return_line_added": intent;
        /// Goods were taken back.
        GoodsTakenBack = "goods_taken_back": fact;
        /// Money was refunded.
        RefundPaid = "refund_paid": fact;
        /// The return is finished.
        ReturnCompleted = "return_completed": intent;
        /// The return's number had been minted twice; it goes by a further one (server).
        ReturnNumberReassigned = "return_number_reassigned": fact, critical;
    }
    /// What can happen in a till session.
    TillSession / TillSession / TillSessionBody {
        /// The session opens, with its float.
        SessionOpened = "session_opened": intent;
        /// How the float was made up.
        FloatCounted = "float_counted": fact;
        /// Cash was put into the drawer that is no sale.
        PaidIn = "paid_in": fact;
        /// Cash was taken out of the drawer that is no refund.
        PaidOut = "paid_out": fact;
        /// Change money came from the safe.
        LoanReceived = "loan_received": fact;
        /// Cash went to the safe.
        CashDropped = "cash_dropped": fact;
        /// The drawer was counted.
        CashCounted = "cash_counted": fact;
        /// The drawer was opened without a sale.
        NoSale = "no_sale": fact;
        /// A basket was given up before it was paid.
        BasketVoided = "basket_voided": fact;
        /// Somebody signed on, or unlocked the till.
        SignedOn = "signed_on": fact;
        /// Somebody signed off, or the till was locked.
        SignedOff = "signed_off": fact;
        /// A PIN was wrong so often that the till made its user wait.
        SignOnRefused = "sign_on_refused": fact;
        /// Somebody with more rights let another do one single thing.
        OverrideGranted = "override_granted": fact;
        /// A receipt was printed once more.
        ReceiptReprinted = "receipt_reprinted": fact;
        /// Somebody was asked for their age.
        AgeChecked = "age_checked": fact;
        /// The session is closed: its Z report.
        SessionClosed = "session_closed": intent;
    }
    /// What can happen to stock.
    Stock / Stock / StockBody {
        /// Stock rose or fell for a reason that is no sale and no return.
        StockMoved = "stock_moved": fact;
    }
    /// What can happen to a store's safe.
    Safe / Safe / SafeBody {
        /// The safe was counted.
        SafeCounted = "safe_counted": fact;
        /// Cash left the safe for the bank.
        CashBanked = "cash_banked": fact;
    }
}
