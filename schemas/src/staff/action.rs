//! What can be done at a till, and in which parts people work there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::operation::Role;

/// In which part somebody works at a till. A later one may do what an earlier one may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    /// Sells.
    Cashier,
    /// Helps cashiers out.
    Supervisor,
    /// Runs the store.
    Manager,
}

impl StaffRole {
    /// Every role, the one with the least rights first.
    pub const ALL: [Self; 3] = [Self::Cashier, Self::Supervisor, Self::Manager];
}

impl From<StaffRole> for Role {
    fn from(role: StaffRole) -> Self {
        match role {
            StaffRole::Cashier => Self::Cashier,
            StaffRole::Supervisor => Self::Supervisor,
            StaffRole::Manager => Self::Manager,
        }
    }
}

macro_rules! till_actions {
    ($($(#[$doc:meta])* $variant:ident = $least:ident $(, override by $by:ident)?;)+) => {
        /// Something at a till that not everybody may do.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum TillAction {
            $($(#[$doc])* $variant,)+
        }

        impl TillAction {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Who may do it where the store says nothing else, and whose override lets others do it.
            pub(super) fn usual(self) -> (StaffRole, Option<StaffRole>) {
                match self {
                    $(Self::$variant => (StaffRole::$least, till_actions!(@by $($by)?)),)+
                }
            }
        }
    };
    (@by) => { None };
    (@by $by:ident) => { Some(StaffRole::$by) };
}

till_actions! {
    /// Sell.
    Sell = Cashier;
    /// Sell at a price that is not the price list's; by how much less is limited.
    OverridePrice = Supervisor, override by Supervisor;
    /// Give a discount by hand, on a line or the basket; how much is limited.
    GiveDiscount = Cashier, override by Supervisor;
    /// Take a line off a basket.
    VoidLine = Cashier;
    /// Give a basket up.
    VoidBasket = Cashier;
    /// Give a tender back before the sale is finished.
    VoidTender = Cashier, override by Supervisor;
    /// Put a basket aside.
    SuspendBasket = Cashier;
    /// Take up a basket that another till holds and can't give: the till may be dead.
    ResumeWithoutRight = Manager, override by Manager;
    /// Take a return of a sale that was looked at.
    TakeVerifiedReturn = Cashier;
    /// Take it after the time for returns.
    TakeLateReturn = Supervisor, override by Supervisor;
    /// Take a return without its sale; up to what amount is limited by the store's return policy.
    TakeBlindReturn = Cashier, override by Supervisor;
    /// Take it over that amount.
    TakeBlindReturnOverCap = Supervisor, override by Supervisor;
    /// Print a receipt once more.
    ReprintReceipt = Cashier;
    /// Open the drawer without a sale.
    OpenDrawer = Cashier, override by Supervisor;
    /// Put cash in or take it out, bring it to the safe, fetch change money; how much is taken out is limited.
    MoveCash = Cashier, override by Supervisor;
    /// Open and close the till's session, count its drawer.
    RunSession = Cashier;
    /// Close a session that another left open, as what is known says.
    ForceClose = Manager, override by Manager;
    /// Count the safe, bring cash to the bank, read the totals of the store.
    RunStoreDay = Manager, override by Manager;
    /// Keep a customer's record: make it, or put it right.
    KeepCustomer = Cashier;
    /// Erase a customer's record for ever.
    EraseCustomer = Manager, override by Manager;
    /// Refund a sale whose till has the right to and can't be asked.
    RefundWithoutRight = Manager, override by Manager;
    /// Read the figures of the session before it is closed (X report).
    ReadFigures = Supervisor, override by Supervisor;
    /// Receive, adjust and count stock.
    MoveStock = Cashier;
    /// Turn training mode on and off.
    Train = Supervisor, override by Supervisor;
    /// Unlock the till while another user is signed on.
    TakeOver = Supervisor, override by Supervisor;
}
