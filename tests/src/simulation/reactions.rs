//! What the server does with what it stored: scope, reactions, look-ups.

use std::collections::BTreeSet;

use holdfast_schemas::{
    change::recognise,
    document::Document,
    identity::{DocumentId, ExternalRef, NodeNumber, OrderNumberMint, StoreId},
    log::LogEntry,
    operation::DocumentKind,
    order::fold_order,
    reaction::{Numbered, react},
    return_::fold_return,
    stock::fold_stock,
    time::Timestamp,
    wire::{Answer, FoundOrder, OrderKey, Push, Question},
};

use super::{books::kind, server_store::ServerStore, till_store::EntryKey};

/// Whether an entry moves the stock of a store that is not its writer's.
pub(super) fn is_out_of_scope(entry: &LogEntry, store: &StoreId) -> bool {
    let change = recognise(&entry.change).expect("tills write good changes");
    let alone = Document::from_changes(entry.document, [change]);
    let stock = fold_stock(alone.id(), alone.operations());
    stock.moved.iter().any(|(_, moved)| moved.store != *store)
}

impl ServerStore {
    /// S2 and S3 for the documents of a frame, as far as it was stored. Gives what the server wrote.
    pub(super) fn react(&mut self, push: &Push, now: Timestamp) -> Vec<EntryKey> {
        let touched: BTreeSet<DocumentId> =
            push.entries.iter().map(|entry| entry.document).collect();
        for document in &touched {
            self.project(*document);
        }
        // What comes back of the server's own after a restore may have given numbers.
        let known = touched.iter().filter_map(|id| self.numbered.get(id));
        let numbers = known.filter_map(|known| known.numbers().current());
        let own = numbers.filter(|number| number.node() == NodeNumber::SERVER);
        self.last_number = self.last_number.max(own.max());
        let mut written = Vec::new();
        for document in touched {
            let Some(numbered) = self.numbered.get(&document) else {
                continue;
            };
            let references: BTreeSet<&ExternalRef> = numbered.references().collect();
            let related = |other: &&Numbered| {
                other.numbers().current() == numbered.numbers().current()
                    || other.references().any(|name| references.contains(name))
            };
            let others = self.numbered.values().filter(related);
            let others: Vec<Numbered> = others.cloned().collect();
            let mut mint = OrderNumberMint::new(NodeNumber::SERVER, self.last_number);
            let reactions = react(numbered, &others, now, &mut mint).expect("few numbers");
            self.last_number = mint.last();
            for reaction in reactions {
                written.push(self.write(reaction.document, reaction.operation));
                self.project(reaction.document);
            }
        }
        written
    }

    /// S2.
    fn project(&mut self, id: DocumentId) {
        let document = self.document(id);
        match kind(&document) {
            Some(DocumentKind::Order) => {
                let order = fold_order(id, document.operations());
                self.numbered.insert(id, Numbered::Order(order));
            }
            Some(DocumentKind::Return) => {
                let returned = fold_return(id, document.operations());
                self.numbered.insert(id, Numbered::Return(returned));
            }
            Some(DocumentKind::Stock | DocumentKind::Safe | DocumentKind::TillSession) | None => {}
        }
    }

    /// A sale with its returns, of whatever store.
    pub(super) fn answer(&self, question: &Question, now: Timestamp) -> Answer {
        let Question::FindOrder {
            key: OrderKey::Document(order),
        } = question
        else {
            return Answer::Refused;
        };
        let found = self.numbered.get(order).and_then(Numbered::order);
        let has_sale = found.is_some_and(|order| order.header.is_some());
        if !has_sale {
            return Answer::NotFound { data_as_of: now };
        }
        let returns = self.numbered.values().filter_map(|known| match known {
            Numbered::Return(returned) => Some(returned),
            Numbered::Order(_) => None,
        });
        let of_order = returns.filter(|returned| returned.order() == Some(*order));
        let documents = of_order.map(|returned| returned.id).chain([*order]);
        let entries = documents.flat_map(|id| self.by_document[&id].clone());
        Answer::Found(FoundOrder {
            order: *order,
            data_as_of: now,
            entries: entries.collect(),
        })
    }
}
