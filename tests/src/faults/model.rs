//! What should come out: a plain list of what was asked for at the tills, in pence and pieces. It knows no documents, no
//! logs and no folds.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_node::engine::Receipt;
use holdfast_schemas::{
    identity::{ChangeHash, DocumentId, NodeNumber, OrderNumber, StoreId},
    operation::TenderKind,
};

use super::rights::Users;

/// Money by its kind, and stock by store and product, in thousandths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Effects {
    pub(super) money_minor: BTreeMap<TenderKind, i64>,
    pub(super) stock: BTreeMap<(StoreId, String), i64>,
}

impl Effects {
    pub(super) fn add_money(&mut self, kind: TenderKind, minor: i64) {
        *self.money_minor.entry(kind).or_default() += minor;
    }

    pub(super) fn add_stock(&mut self, store: &StoreId, product: &str, thousandths: i64) {
        let key = (store.clone(), product.to_owned());
        *self.stock.entry(key).or_default() += thousandths;
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (kind, minor) in &other.money_minor {
            self.add_money(*kind, *minor);
        }
        for ((store, product), thousandths) in &other.stock {
            self.add_stock(store, product, *thousandths);
        }
    }

    /// Without what came to nothing.
    pub(super) fn settled(mut self) -> Self {
        self.money_minor.retain(|_, minor| *minor != 0);
        self.stock.retain(|_, thousandths| *thousandths != 0);
        self
    }
}

/// By what a deed is found again, whoever wrote it down: a sale's reference, a return's customer, a paper's reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tag(pub(super) String);

/// What became of a deed, as far as the till's user could see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nobody heard an answer: it happened, or not.
    Unknown,
    /// The till gave a receipt.
    Committed {
        document: DocumentId,
        change: ChangeHash,
    },
}

/// One thing that was asked for at a till.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    pub(super) node: NodeNumber,
    pub(super) effects: Effects,
    pub(super) fate: Fate,
    /// It was on a disk that was thrown away, and nowhere else: it may be gone.
    pub(super) may_be_lost: bool,
}

/// A line that was sold.
#[derive(Debug, Clone)]
pub(super) struct SoldLine {
    pub(super) product: usize,
    pub(super) thousandths: i64,
    pub(super) total_minor: i64,
    /// What came back of it, or was tried to.
    pub(super) returned: i64,
}

/// A sale that a customer may come back with.
#[derive(Debug, Clone)]
pub(super) struct Sold {
    pub(super) tag: Tag,
    pub(super) document: DocumentId,
    pub(super) lines: Vec<SoldLine>,
}

/// Everything that was asked for, and what became of it.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) deeds: BTreeMap<Tag, Deed>,
    pub(super) sold: Vec<Sold>,
    /// Other changes that a till gave a receipt for: sessions and cash.
    pub(super) others: BTreeMap<ChangeHash, NodeNumber>,
    /// Of those, the ones that may be gone.
    pub(super) others_lost: BTreeSet<ChangeHash>,
    /// The last number that each till gave out.
    last_numbers: BTreeMap<NodeNumber, OrderNumber>,
    /// What each till took back of which line of a sale, in thousandths.
    taken_back: BTreeMap<(NodeNumber, Tag, usize), i64>,
    /// How many operations were written that this version does not know.
    pub(super) unknown_operations: u64,
    /// Who uses which right.
    pub(super) users: Users,
    next: u64,
}

impl Model {
    /// Somebody asks a till for something.
    pub(super) fn ask(&mut self, kind: &str, node: NodeNumber, effects: Effects) -> Tag {
        self.next += 1;
        let tag = Tag(format!("{kind}-{}", self.next));
        let deed = Deed {
            node,
            effects,
            fate: Fate::Unknown,
            may_be_lost: false,
        };
        self.deeds.insert(tag.clone(), deed);
        tag
    }

    pub(super) fn committed(&mut self, tag: &Tag, receipt: &Receipt) {
        if let Some(deed) = self.deeds.get_mut(tag) {
            deed.fate = Fate::Committed {
                document: receipt.document,
                change: receipt.change,
            };
        }
    }

    /// A till gave out a number. It is greater than the one before, whatever the clock says.
    ///
    /// # Panics
    /// Where it is not.
    pub(super) fn numbered(&mut self, node: NodeNumber, number: OrderNumber) {
        if let Some(last) = self.last_numbers.insert(node, number) {
            assert!(last < number, "till {node} gave out {number} after {last}");
        }
    }

    /// A till took back something of a line. It knows what it took back itself, and takes back no more than was sold.
    ///
    /// # Panics
    /// Where it does.
    pub(super) fn taken_back(
        &mut self,
        node: NodeNumber,
        sold: &Sold,
        at: usize,
        thousandths: i64,
    ) {
        let key = (node, sold.tag.clone(), at);
        let taken = self.taken_back.entry(key).or_default();
        *taken += thousandths;
        let of = sold.lines[at].thousandths;
        assert!(
            *taken <= of,
            "till {node} took back {taken} thousandths of the {of} that were sold"
        );
    }

    /// The till said no: it never happened.
    pub(super) fn refused(&mut self, tag: &Tag) {
        self.deeds.remove(tag);
    }

    /// All changes that a till gave a receipt for and that nobody threw away.
    pub(super) fn to_be_found(&self) -> BTreeMap<ChangeHash, NodeNumber> {
        let deeds = self.deeds.values().filter(|deed| !deed.may_be_lost);
        let deeds = deeds.filter_map(|deed| match deed.fate {
            Fate::Committed { change, .. } => Some((change, deed.node)),
            Fate::Unknown => None,
        });
        let others = self.others.iter();
        let others = others.filter(|(change, _)| !self.others_lost.contains(change));
        deeds
            .chain(others.map(|(change, node)| (*change, *node)))
            .collect()
    }

    /// A disk of this node was thrown away: what is not in `left` may be gone.
    pub(super) fn lose(&mut self, node: NodeNumber, left: &BTreeSet<ChangeHash>) {
        for deed in self.deeds.values_mut().filter(|deed| deed.node == node) {
            if let Fate::Committed { change, .. } = deed.fate {
                deed.may_be_lost |= !left.contains(&change);
            }
        }
        let of_node = self.others.iter().filter(|(_, other)| **other == node);
        let lost = of_node.filter(|(change, _)| !left.contains(*change));
        self.others_lost.extend(lost.map(|(change, _)| *change));
    }
}
