//! What a screen asks of the desk, and what came of it. Plain data, both ways.

use holdfast_schemas::{
    basket::BasketCommand,
    customer::ContactText,
    identity::{BadgeCode, BankBag, CustomerId, DocumentId, OperationId, ReasonCode, Sku, UserId},
    operation::{BlindReason, CashCounted, Disposition, LineNumber, SignOffCause, TenderKind},
    return_::VerifiedLine,
    scan::PriceLookUpCode,
    staff::{PersonName, Pin},
    value::{MinorUnits, Quantity, UnitPrice},
};

use super::{DocumentFigures, Returnable};

/// By what somebody shows who they are. It is in no log: neither a PIN nor a badge's code is printed by `Debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A user's number, and their PIN. Checking it takes tens of milliseconds, beside the engine.
    Pin {
        /// Who.
        user: UserId,
        /// What they typed.
        pin: Pin,
    },
    /// A badge that was scanned.
    Badge(BadgeCode),
}

/// What somebody at the till wants. Whoever is signed on is its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskCommand {
    /// Sign on; unlock the till; or, while it is locked by somebody else, take it over.
    SignOn(Credential),
    /// Leave the till locked: the basket stays. `Locked` by hand, `Idle` after a while without a touch.
    Lock(SignOffCause),
    /// Sign off. Only with an empty basket.
    SignOff,
    /// The same command once more, with the override of somebody with more rights: after
    /// [`super::DeskRefusal::NeedsOverride`]. The override is for this one command and is written into the session's
    /// journal with both users' numbers before the command is done.
    Overridden {
        /// What was refused without.
        command: Box<DeskCommand>,
        /// Who overrides. The one who is signed on can't.
        credential: Credential,
        /// Why.
        reason: ReasonCode,
    },

    /// Open the till's session with its float, counted by denomination or as one amount.
    OpenSession {
        /// What is in the drawer.
        float: CashCounted,
    },
    /// Put cash in that is no sale.
    PayIn {
        /// How much.
        amount_minor: MinorUnits,
        /// Why; one of the store's list for it, where there is one.
        reason: ReasonCode,
    },
    /// Take cash out that is no refund. Limited by the role.
    PayOut {
        /// How much.
        amount_minor: MinorUnits,
        /// Why.
        reason: ReasonCode,
    },
    /// Fetch change money from the safe.
    ReceiveLoan {
        /// How much.
        amount_minor: MinorUnits,
    },
    /// Bring cash to the safe. Limited by the role.
    DropCash {
        /// How much.
        amount_minor: MinorUnits,
    },
    /// Open the drawer without a sale.
    OpenDrawer {
        /// What for.
        reason: ReasonCode,
    },
    /// Count the drawer, blind: nothing says what is expected. The last count before the close is the one that counts.
    CountCash(CashCounted),
    /// Close the session and print its Z report. After a count; only with an empty basket.
    CloseSession {
        /// Why the drawer is over or short, where it is: asked for by
        /// [`holdfast_schemas::refusal::Refusal::OverShortReason`].
        over_short_reason: Option<ReasonCode>,
    },
    /// Print the X report of the open session.
    PrintFigures,
    /// Close a session of the store that was left open, of whatever till, as what is known of it here says; its Z report is
    /// printed here.
    ForceClose {
        /// Which.
        session: DocumentId,
        /// Why.
        reason: ReasonCode,
    },
    /// Write down what was counted in the store's safe.
    CountSafe(CashCounted),
    /// Write down that cash left the safe for the bank.
    BankCash {
        /// How much.
        amount_minor: MinorUnits,
        /// The number of its bag.
        bag: Option<BankBag>,
    },

    /// A scanned or typed code, as the scanner gave it. [`DeskDone::Scanned`] says what it was.
    Scan {
        /// The characters.
        code: Box<str>,
        /// How many or how much, where somebody said so before the scan (`3` `*`); what the label says without.
        quantity: Option<Quantity>,
        /// Somebody was asked and said to sell it although it is discontinued.
        discontinued_accepted: bool,
    },
    /// A product chosen from a list or a quick key.
    Add {
        /// Which.
        product: Sku,
        /// How much; one piece without. Goods that are weighed need it.
        quantity: Option<Quantity>,
        /// The price of one, keyed: for products without a price of their own. It must be more than nothing.
        unit_price: Option<UnitPrice>,
        /// Somebody was asked and said to sell it although it is discontinued.
        discontinued_accepted: bool,
    },
    /// Anything else that is done to the basket: quantity, price, discounts, note, line off, age answer, customer, undo.
    /// [`BasketCommand::Add`] is refused here: values are resolved by the desk alone.
    Basket(BasketCommand),
    /// Attach a customer by reference, or take them off.
    SetCustomer(Option<CustomerId>),
    /// Make a customer's record, or put one right, and attach them to the basket: [`ScanDone::Customer`] says their number.
    KeepCustomer {
        /// Whose; a new customer's without.
        customer: Option<CustomerId>,
        /// What is known of them.
        details: CustomerDetails,
    },
    /// Erase a customer's record here and at headquarters, for good. Documents keep the number.
    EraseCustomer {
        /// Whose.
        customer: CustomerId,
    },
    /// Begin an exchange: these goods come back, and what is rung up, before or after, is paid with their worth. What is left
    /// is paid as any sale; [`DeskCommand::Finish`] ends it where nothing is left to pay, and refunds what is left over, or
    /// all of it where nothing was rung up.
    BeginExchange(ExchangeGoods),
    /// End an exchange: nothing comes back.
    EndExchange,
    /// Give the basket up. Only while no money is held for it.
    VoidBasket {
        /// Why.
        reason: ReasonCode,
    },
    /// Put the basket aside. Only while no money is held for it.
    Suspend,
    /// Take a basket up that was put aside, here or at another till of the store. The right to do so is asked for; with
    /// the override of a manager also where its holder can't be asked.
    Resume {
        /// Which order.
        order: DocumentId,
    },

    /// Take cash: all that is due and more (the change is in the answer), or a part. What pays the rest also finishes the
    /// sale, in the same commit.
    TakeCash {
        /// What the customer handed over.
        tendered_minor: MinorUnits,
    },
    /// Take other money than cash or cards, exactly. What pays the rest also finishes the sale.
    TakeTender {
        /// Which kind.
        kind: TenderKind,
        /// How much.
        amount_minor: MinorUnits,
    },
    /// Charge a card: written down, then asked, then asked about until the answer is known. The answer comes in
    /// [`super::DeskView::tendering`]; while it is not known, nothing else is done with this sale.
    PayByCard {
        /// How much; all that is due without.
        amount_minor: Option<MinorUnits>,
    },
    /// Give a tender back that was taken for the sale that is being paid.
    VoidTender {
        /// Its place, as in [`super::TenderLine::place`].
        place: usize,
    },
    /// Finish a sale that is paid: one that costs nothing, or whose card answer came while nobody was there.
    Finish,

    /// Take goods back of a sale that was looked up.
    Return(VerifiedReturn),
    /// Take goods back without their sale.
    BlindReturn(BlindReturn),

    /// Print a receipt once more, marked as a copy. Written into the journal.
    Reprint {
        /// Of which order or return; the last one without.
        document: Option<DocumentId>,
    },
    /// Print a receipt without prices.
    PrintGiftReceipt {
        /// Of which order; the last one without.
        document: Option<DocumentId>,
    },
    /// Give up what waits to be printed; each can be printed again as a copy. Z reports stay: there is one of each.
    DiscardPrints,
    /// Turn training mode on or off. On: everything goes to a file that is thrown away. Only with an empty basket.
    SetTraining(bool),
}

/// What is known of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerDetails {
    /// What they are called.
    pub called: PersonName,
    /// Their e-mail address.
    pub email: Option<ContactText>,
    /// Their telephone number.
    pub phone: Option<ContactText>,
}

/// Goods that come back in an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExchangeGoods {
    /// Of a sale that was looked up.
    Verified(VerifiedReturn),
    /// Without their sale.
    Blind(BlindReturn),
}

/// Goods of a sale that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedReturn {
    /// The order: [`Returnable::order`].
    pub order: DocumentId,
    /// Which of its lines, how much of each, why, and what becomes of it.
    pub lines: Vec<VerifiedLine>,
}

/// Goods without their sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindReturn {
    /// Why there is no sale to look at.
    pub because: BlindReason,
    /// What comes back.
    pub lines: Vec<BlindReturnLine>,
    /// In which money it is refunded, where policy allows it; cash is rounded to what can be paid.
    pub refund: TenderKind,
}

/// A line of a blind return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindReturnLine {
    /// What.
    pub product: Sku,
    /// How much.
    pub quantity: Quantity,
    /// What one is refunded at; the price list's without.
    pub unit_price: Option<UnitPrice>,
    /// Why it comes back.
    pub reason: ReasonCode,
    /// What becomes of it.
    pub disposition: Disposition,
}

/// What came of a command. It is durable when this is there; what there is to see is in [`super::DeskView`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskDone {
    /// Done.
    Done,
    /// A scan did this.
    Scanned(ScanDone),
    /// The product is in the basket, on this line.
    Added(LineNumber),
    /// The tender is taken, and so much is left to pay.
    Tendered {
        /// What is left.
        due_minor: MinorUnits,
    },
    /// The terminal is being asked.
    CardBegun {
        /// The payment.
        payment: OperationId,
    },
    /// A sale is finished: paid, durable, its receipt queued. In an exchange [`DocumentFigures::exchanged`] names the return
    /// that was written with it.
    Sold(DocumentFigures),
    /// Goods are taken back: durable, refunded, the receipt queued.
    Returned(DocumentFigures),
    /// A basket was put aside.
    Suspended {
        /// As which order.
        order: DocumentId,
    },
}

/// What a scan did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanDone {
    /// Rung up, on this line.
    Added(LineNumber),
    /// It must be weighed or measured, or have a price keyed: ask, then [`DeskCommand::Add`].
    AskAmount {
        /// Which product.
        product: Sku,
    },
    /// Loose goods whose number no product has.
    UnknownPriceLookUp(PriceLookUpCode),
    /// A receipt: here is what can be taken back of it. Nothing is done yet.
    Receipt(Box<Returnable>),
    /// A customer card, or a record that was kept: they are attached to the basket.
    Customer(CustomerId),
}
