//! One till of the trading day: opens its session, sells, takes back, puts stock right, closes.

use std::{collections::BTreeSet, time::Duration};

use holdfast_node::{
    handle::NodeHandle,
    node::Node,
    replay::{Originals, ReplayTerms, Trade, Trader, TraderAccount},
    store::{Store, StoreError},
};
use holdfast_schemas::{
    document::Document,
    identity::{DocumentId, LogPosition, NodeNumber, Sku, StoreId},
    log::LogHead,
    operation::DocumentKind,
    order::fold_order,
    return_::fold_return,
    sync::till::Link,
    time::BusinessDate,
};
use rust_decimal::Decimal;
use tokio::time::timeout;

use super::{TradingError, report::Figures};

/// How many entries of the till's own logs are read at a time for its figures.
const ENTRIES_PER_READ: usize = 1_000;
/// And how many bytes of them.
const BYTES_PER_READ: usize = 16 * 1024 * 1024;
/// How many stock levels are read at a time.
const LEVELS_PER_READ: usize = 1_000;
/// The most own logs that a till has after one trading day.
const OWN_LOGS_MAX: usize = 64;

/// A till that trades.
pub(super) struct Till {
    pub(super) store: StoreId,
    pub(super) number: NodeNumber,
    node: Node,
    trader: Trader,
}

impl Till {
    pub(super) fn new(store: StoreId, number: NodeNumber, node: Node, terms: ReplayTerms) -> Self {
        let originals = Originals::Headquarters(node.sync());
        Self {
            trader: Trader::new(node.handle(), originals, terms),
            store,
            number,
            node,
        }
    }

    pub(super) fn handle(&self) -> NodeHandle {
        self.node.handle()
    }

    pub(super) async fn stop(self) {
        self.node.stop().await;
    }

    /// Does one trade on its business date; a session of another day is closed before.
    pub(super) async fn trade(
        &mut self,
        date: BusinessDate,
        trade: &Trade,
    ) -> Result<(), TradingError> {
        Ok(self.trader.trade(date, trade).await?)
    }

    /// Counts the drawer and closes the session, if one is open.
    pub(super) async fn close_session(&mut self) -> Result<(), TradingError> {
        Ok(self.trader.close_session().await?)
    }

    /// What the till did, as it counted itself.
    pub(super) fn account(&self) -> &TraderAccount {
        self.trader.account()
    }

    /// Waits until there is a line to headquarters, or `longest` has passed.
    pub(super) async fn online(&self, longest: Duration) {
        let mut status = self.node.sync().status();
        let online = status.wait_for(|status| status.link == Link::Online);
        // Who asks without a line gets no answer, and goes on as people do.
        drop(timeout(longest, online).await);
    }

    /// Waits until the till has nothing that headquarters lacks, or `longest` has passed.
    pub(super) async fn sent(&self, longest: Duration) {
        wait_until_sent(&self.handle(), longest).await;
    }

    /// How far the till's own logs go.
    pub(super) async fn own_heads(&self) -> Result<Vec<LogHead>, TradingError> {
        let handle = self.handle();
        let logs = handle.query(|file| file.own_logs(OWN_LOGS_MAX)).await?;
        Ok(logs.into_iter().map(|log| log.head).collect())
    }

    /// Waits until these logs are here, each up to its head.
    pub(super) async fn holds(&self, heads: Vec<LogHead>) -> Result<(), TradingError> {
        let mut views = self.handle().watch();
        for head in heads {
            let handle = self.handle();
            let reached = || handle.query(move |file| file.log_state(head.log));
            while reached()
                .await?
                .is_none_or(|here| here.head.position < head.position)
            {
                views.changed().await?;
            }
        }
        Ok(())
    }

    /// Waits until these documents are here.
    pub(super) async fn holds_documents(
        &self,
        documents: impl Iterator<Item = DocumentId>,
    ) -> Result<(), TradingError> {
        let mut views = self.handle().watch();
        for document in documents {
            while self.handle().document(document).await?.is_none() {
                views.changed().await?;
            }
        }
        Ok(())
    }

    /// The orders of which something came back at this till: which, in which store it was sold, and the return.
    pub(super) async fn own_returns(
        &self,
    ) -> Result<Vec<(DocumentId, StoreId, DocumentId)>, TradingError> {
        Ok(self.handle().query(own_returns).await?)
    }

    /// Units in stock in the till's own store, over all products, as far as its file knows.
    pub(super) async fn stock(&self) -> Result<Decimal, TradingError> {
        let store = self.store.clone();
        let handle = self.handle();
        let levels = handle.query(move |file| {
            let mut sum = Decimal::ZERO;
            let mut after: Option<(StoreId, Sku)> = None;
            loop {
                let from = after.as_ref().map(|(store, product)| (store, product));
                let levels = file.stock_levels(from, LEVELS_PER_READ)?;
                let Some(last) = levels.last() else {
                    return Ok(sum);
                };
                after = Some((last.store.clone(), last.product.clone()));
                let own = levels.iter().filter(|level| level.store == store);
                sum += own.map(|level| level.on_hand).sum::<Decimal>();
            }
        });
        Ok(levels.await?)
    }

    /// What the till's own documents come to, folded anew from its file.
    pub(super) async fn figures(&self) -> Result<Figures, TradingError> {
        Ok(self.handle().query(own_figures).await?)
    }
}

/// Waits until a till has nothing that headquarters lacks, or `longest` has passed.
pub(super) async fn wait_until_sent(till: &NodeHandle, longest: Duration) {
    let mut view = till.watch();
    let sent = view.wait_for(|view| view.pending.entries == 0);
    // Whoever waits looks at what is pending afterwards.
    drop(timeout(longest, sent).await);
}

/// Every document to which the till wrote.
fn own_documents(file: &Store) -> Result<BTreeSet<DocumentId>, StoreError> {
    let mut documents = BTreeSet::new();
    for log in file.own_logs(OWN_LOGS_MAX)? {
        let mut after = LogPosition::START;
        loop {
            let entries =
                file.entries_after(log.head.log, after, ENTRIES_PER_READ, BYTES_PER_READ)?;
            let Some(last) = entries.last() else { break };
            after = last.position;
            documents.extend(entries.iter().map(|entry| entry.document));
        }
    }
    Ok(documents)
}

fn own_returns(file: &Store) -> Result<Vec<(DocumentId, StoreId, DocumentId)>, StoreError> {
    let mut returns = Vec::new();
    for id in own_documents(file)? {
        let document = file.document(id)?;
        let returned = document.filter(|document| document.kind() == Some(DocumentKind::Return));
        let order = returned.and_then(|returned| fold_return(id, returned.operations()).order());
        if let Some(order) = order
            && let Some(sale) = file.document(order)?
            && let Some(sold) = fold_order(order, sale.operations()).header
        {
            returns.push((order, sold.store, id));
        }
    }
    Ok(returns)
}

fn own_figures(file: &Store) -> Result<Figures, StoreError> {
    let mut figures = Figures::default();
    for document in own_documents(file)? {
        if let Some(document) = file.document(document)? {
            figures = figures.plus(figures_of(&document));
        }
    }
    Ok(figures)
}

fn figures_of(document: &Document) -> Figures {
    let mut figures = Figures::default();
    match document.kind() {
        Some(DocumentKind::Order) => {
            figures.orders = 1;
            figures.gross_minor = fold_order(document.id(), document.operations()).total_minor();
        }
        Some(DocumentKind::Return) => {
            figures.returns = 1;
            figures.refunds_minor =
                fold_return(document.id(), document.operations()).refunded_minor();
        }
        Some(DocumentKind::TillSession | DocumentKind::Stock | DocumentKind::Safe) | None => {}
    }
    figures
}
