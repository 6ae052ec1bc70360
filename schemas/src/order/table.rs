//! Who may do what in which status, and where it leads: one constant table for each type of order.

use std::fmt;

use super::OrderStatus;
use crate::{
    operation::{OrderType, Role},
    refusal::Refusal,
};

/// What can be done to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderAction {
    /// Begin it.
    Open,
    /// Add a line.
    AddLine,
    /// Take a line off.
    VoidLine,
    /// Take money.
    TakeTender,
    /// Give a tender back.
    VoidTender,
    /// Hand goods over.
    HandOver,
    /// Finish it.
    Complete,
    /// Give it up.
    Cancel,
    /// Note another system's name for it.
    ClaimReference,
}

impl OrderAction {
    /// Every action.
    pub const ALL: [Self; 9] = [
        Self::Open,
        Self::AddLine,
        Self::VoidLine,
        Self::TakeTender,
        Self::VoidTender,
        Self::HandOver,
        Self::Complete,
        Self::Cancel,
        Self::ClaimReference,
    ];

    /// The action in words, for diagrams.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::AddLine => "add a line",
            Self::VoidLine => "take a line off",
            Self::TakeTender => "take money",
            Self::VoidTender => "give a tender back",
            Self::HandOver => "hand goods over",
            Self::Complete => "complete",
            Self::Cancel => "cancel",
            Self::ClaimReference => "note a reference",
        }
    }
}

/// One row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// From where.
    pub from: OrderStatus,
    /// What is done.
    pub action: OrderAction,
    /// By whom.
    pub roles: &'static [Role],
    /// Where it may lead: quantities and amounts decide between several.
    pub to: &'static [OrderStatus],
}

/// All that can be done to one type of order. What is not in it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransitionTable {
    /// For which type.
    pub order_type: OrderType,
    /// The rows: at most one for each status and action.
    pub rows: &'static [Transition],
}

impl TransitionTable {
    /// The row for `action` in `status`, where this role may do it.
    ///
    /// # Errors
    /// [`Refusal::NotInThisStatus`] and [`Refusal::RoleNotAllowed`].
    pub fn step(
        &self,
        status: OrderStatus,
        action: OrderAction,
        role: Role,
    ) -> Result<&'static Transition, Refusal> {
        let row = self
            .rows
            .iter()
            .find(|row| row.from == status && row.action == action)
            .ok_or(Refusal::NotInThisStatus { action, status })?;
        if row.roles.contains(&role) {
            Ok(row)
        } else {
            Err(Refusal::RoleNotAllowed { role })
        }
    }
}

/// The table for a type of order.
///
/// # Errors
/// [`Refusal::OrderTypeNotSold`] for types that have none yet.
pub fn transition_table(order_type: OrderType) -> Result<&'static TransitionTable, Refusal> {
    match order_type {
        OrderType::CarryOut => Ok(&CARRY_OUT),
        OrderType::Pickup
        | OrderType::Delivery
        | OrderType::ShipFromStore
        | OrderType::SpecialOrder
        | OrderType::Layaway => Err(Refusal::OrderTypeNotSold { order_type }),
    }
}

const STAFF: &[Role] = &[Role::Cashier, Role::Supervisor, Role::Manager, Role::System];
const IN_CHARGE: &[Role] = &[Role::Supervisor, Role::Manager, Role::System];
const STAFF_AND_OFFICE: &[Role] = &[
    Role::Cashier,
    Role::Supervisor,
    Role::Manager,
    Role::Headquarters,
    Role::System,
];

const fn row(
    from: OrderStatus,
    action: OrderAction,
    roles: &'static [Role],
    to: &'static [OrderStatus],
) -> Transition {
    Transition {
        from,
        action,
        roles,
        to,
    }
}

/// Taken along at once: paid, handed over, done.
///
/// A completed order is never cancelled and its tenders are never given back: that is a return. What is still open on
/// a completed order (two tills acted at once) can be settled; late money for a cancelled order can be given back.
static CARRY_OUT: TransitionTable = {
    use OrderAction as Do;
    use OrderStatus::{Cancelled, Completed, New, Paid, PendingPayment};
    TransitionTable {
        order_type: OrderType::CarryOut,
        rows: &[
            row(New, Do::Open, STAFF, &[PendingPayment]),
            row(PendingPayment, Do::AddLine, STAFF, &[PendingPayment, Paid]),
            row(PendingPayment, Do::VoidLine, STAFF, &[PendingPayment, Paid]),
            row(
                PendingPayment,
                Do::TakeTender,
                STAFF,
                &[PendingPayment, Paid],
            ),
            row(PendingPayment, Do::VoidTender, STAFF, &[PendingPayment]),
            row(PendingPayment, Do::Cancel, STAFF_AND_OFFICE, &[Cancelled]),
            row(
                PendingPayment,
                Do::ClaimReference,
                STAFF_AND_OFFICE,
                &[PendingPayment],
            ),
            row(Paid, Do::AddLine, STAFF, &[PendingPayment, Paid]),
            row(Paid, Do::VoidLine, STAFF, &[PendingPayment, Paid]),
            row(Paid, Do::VoidTender, STAFF, &[PendingPayment, Paid]),
            row(Paid, Do::HandOver, STAFF, &[Paid]),
            row(Paid, Do::Complete, STAFF, &[Completed]),
            row(Paid, Do::Cancel, STAFF_AND_OFFICE, &[Cancelled]),
            row(Paid, Do::ClaimReference, STAFF_AND_OFFICE, &[Paid]),
            row(Completed, Do::TakeTender, IN_CHARGE, &[Completed]),
            row(Completed, Do::HandOver, IN_CHARGE, &[Completed]),
            row(
                Completed,
                Do::ClaimReference,
                STAFF_AND_OFFICE,
                &[Completed],
            ),
            row(Cancelled, Do::VoidTender, IN_CHARGE, &[Cancelled]),
            row(
                Cancelled,
                Do::ClaimReference,
                STAFF_AND_OFFICE,
                &[Cancelled],
            ),
        ],
    }
};

impl fmt::Display for TransitionTable {
    /// As a Mermaid state diagram.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "stateDiagram-v2")?;
        for row in self.rows {
            for to in row.to {
                writeln!(
                    formatter,
                    "    {:?} --> {to:?}: {} ({})",
                    row.from,
                    row.action.words(),
                    roles(row.roles),
                )?;
            }
        }
        Ok(())
    }
}

fn roles(roles: &[Role]) -> String {
    let names: Vec<String> = roles
        .iter()
        .map(|role| format!("{role:?}").to_lowercase())
        .collect();
    names.join(", ")
}
