//! What a session wants of the store, carried out: each method reads or writes in one go and returns plain data.

use std::{collections::BTreeSet, sync::Arc};

use holdfast_schemas::{
    change::recognise,
    document::Document,
    identity::{ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, PriceListVersion},
    log::{LogEntry, LogHead},
    order::{OrderState, fold_order},
    planted::{self, Planted},
    sync::server::{Input, LogStanding, PeerIdentity},
    time::Timestamp,
    wire::{
        Answer, Buckets, FeedPosition, FoundOrder, HeldBecause, HeldRight, LogWant, OrderKey,
        Question, ReferencePage, ReferenceText, Right, RightKind,
        limits::{
            FEED_SILENCE_MAX, FOUND_CHANGES_MAX, FRAME_CHANGES_MAX, HASHES_MAX, PAGE_BYTES_TARGET,
            REFERENCE_RECORDS_MAX,
        },
    },
};

use crate::{
    customers::{customer_record, erased_customer},
    store::{
        self, FeedLimits, PageLimit, ReferenceRecord, Store, StoreError, StoredEntry, TakeOutcome,
    },
};

/// The store as one peer may see it.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) store: Arc<dyn Store>,
    pub(super) peer: PeerIdentity,
}

impl Desk {
    /// What the hello says, compared with the store. Its rights are learned durably, before the till counts as one that
    /// has told all that it has.
    pub(super) fn read_logs(
        &self,
        claims: &[LogHead],
        rights: &[HeldRight],
        now: Timestamp,
    ) -> Result<Input, StoreError> {
        let logs = claims
            .iter()
            .map(|claim| self.standing(claim))
            .collect::<Result<_, _>>()?;
        Ok(Input::LogsRead {
            logs,
            feed_end: self.store.feed_end(&self.peer.store)?,
            reference_end: self.store.reference_version()?,
            rights_lost: match rights {
                [] => Vec::new(),
                rights => self.claim_rights(rights, now)?,
            },
        })
    }

    fn standing(&self, claim: &LogHead) -> Result<LogStanding, StoreError> {
        let durable = self
            .store
            .log_head(claim.log)?
            .unwrap_or_else(|| LogHead::start(claim.log));
        let at_claim = if claim.position <= durable.position {
            self.store.chain_at(claim.log, claim.position)?
        } else {
            None
        };
        Ok(LogStanding { durable, at_claim })
    }

    /// Of the logs of the peer's own store, and of those that the server itself wrote, those that it is behind on.
    pub(super) fn compare_offer(&self, heads: &[LogHead]) -> Result<Vec<LogWant>, StoreError> {
        let mut wants = Vec::new();
        for head in heads {
            let neighbour = self
                .store
                .node(head.log.node())?
                .is_some_and(|node| node.store == self.peer.store);
            if !neighbour && head.log.node() != NodeNumber::SERVER {
                continue;
            }
            let durable = self
                .store
                .log_head(head.log)?
                .map_or(LogPosition::START, |known| known.position);
            if durable < head.position {
                wants.push(LogWant {
                    log: head.log,
                    after: durable,
                });
            }
        }
        Ok(wants)
    }

    pub(super) fn read_feed(
        &self,
        after: FeedPosition,
        held: &[(LogId, LogPosition)],
    ) -> Result<Input, StoreError> {
        let held = held.iter().copied().collect();
        let limits = FeedLimits {
            entries_max: limit(FRAME_CHANGES_MAX),
            bytes_target: PAGE_BYTES_TARGET as u64,
            looked_at_max: FEED_SILENCE_MAX,
        };
        let store = if planted::is(Planted::FeedOfAnotherStore) {
            &self.store.stores()?[0].store
        } else {
            &self.peer.store
        };
        self.store
            .feed_page(store, self.peer.node, after, &held, limits)
            .map(Input::FeedRead)
    }

    pub(super) fn read_reference(&self, after: PriceListVersion) -> Result<Input, StoreError> {
        let delta = self
            .store
            .reference_delta(after, PageLimit::clamped(limit(REFERENCE_RECORDS_MAX)))?;
        let mut page = ReferencePage {
            after,
            through: after,
            end: delta.newest,
            records: Vec::new(),
        };
        let mut bytes = 0;
        for (version, record) in delta.records {
            if bytes >= PAGE_BYTES_TARGET {
                return Ok(Input::ReferenceRead(page));
            }
            if let Some(json) = record.json {
                bytes += json.len();
                match ReferenceText::new(json) {
                    Ok(text) => page.records.push(text),
                    Err(error) => {
                        tracing::error!(key = %record.key.0, %error, "a record can't be sent");
                    }
                }
            }
            page.through = version;
        }
        Ok(Input::ReferenceRead(page))
    }

    fn digest_hashes(&self, through: FeedPosition) -> Result<BTreeSet<ChangeHash>, StoreError> {
        let hashes = self
            .store
            .feed_hashes(&self.peer.store, through, self.peer.node)?;
        Ok(hashes.into_iter().collect())
    }

    pub(super) fn read_digest(&self, through: FeedPosition) -> Result<Input, StoreError> {
        let mut buckets = Buckets::default();
        for hash in self.digest_hashes(through)? {
            buckets.add(&hash);
        }
        Ok(Input::DigestRead(buckets))
    }

    pub(super) fn read_hashes(
        &self,
        through: FeedPosition,
        bucket: u8,
        after: Option<ChangeHash>,
    ) -> Result<Input, StoreError> {
        let mut hashes: Vec<ChangeHash> = self
            .digest_hashes(through)?
            .into_iter()
            .filter(|hash| hash.as_bytes()[0] == bucket && after.is_none_or(|after| *hash > after))
            .take(HASHES_MAX + 1)
            .collect();
        let complete = hashes.len() <= HASHES_MAX;
        hashes.truncate(HASHES_MAX);
        Ok(Input::HashesRead { hashes, complete })
    }

    pub(super) fn read_changes(&self, hashes: Vec<ChangeHash>) -> Result<Input, StoreError> {
        let found = self
            .store
            .entries_by_hash(&self.peer.store, &hashes.into_iter().collect())?;
        Ok(Input::ChangesRead(up_to_a_page(found)))
    }

    /// Answers a till's question. A look-up sees what is projected; whoever asks waits for that first.
    pub(super) fn answer(&self, question: &Question, now: Timestamp) -> Result<Answer, StoreError> {
        match question {
            Question::FindOrder { key } => self.find_order(key, now),
            Question::TakeRight { right } => self.take_right(*right, now),
            Question::ReleaseRight { right } => {
                self.store.release_right(*right, self.peer.node)?;
                Ok(Answer::Released)
            }
            Question::GrantRight { right, to } => self.grant_right(*right, *to, now),
            Question::YieldRight { .. } => Ok(Answer::Refused),
            Question::KeepCustomer { record } => self.write_customer(customer_record(record)),
            Question::EraseCustomer { customer } => self.write_customer(erased_customer(customer)),
            Question::Unknown => Ok(Answer::NotUnderstood),
        }
    }

    /// Tells every till, durably, what a till says of a customer.
    fn write_customer(
        &self,
        record: Result<ReferenceRecord, serde_json::Error>,
    ) -> Result<Answer, StoreError> {
        // What can't be written as JSON never came as JSON.
        let Ok(record) = record else {
            return Ok(Answer::Refused);
        };
        self.store.import_reference(&[record])?;
        Ok(Answer::Kept)
    }

    /// An order of any store of the tenant, with its returns. From now on what happens to it comes through the feed.
    fn find_order(&self, key: &OrderKey, now: Timestamp) -> Result<Answer, StoreError> {
        let key = match key {
            OrderKey::Number(number) => store::OrderKey::Number(*number),
            OrderKey::Reference(reference) => store::OrderKey::Reference(reference.clone()),
            OrderKey::Document(document) => store::OrderKey::Document(*document),
        };
        // Where two go by one number, the till gets both: its customer's receipt is of one of them.
        let found = self.store.find_orders(&key)?;
        let Some(order) = found.first().copied() else {
            return Ok(Answer::NotFound { data_as_of: now });
        };
        let mut entries = Vec::new();
        for order in found {
            self.store.grant_scope(order, &self.peer.store)?;
            entries.extend(self.store.document_entries(order, None)?);
            for returned in self.store.referring_documents(order, None)? {
                entries.extend(self.store.document_entries(returned, None)?);
            }
        }
        entries.truncate(FOUND_CHANGES_MAX);
        let entries = up_to_a_page(entries);
        Ok(Answer::Found(FoundOrder {
            order,
            data_as_of: now,
            entries,
        }))
    }

    fn take_right(&self, right: Right, now: Timestamp) -> Result<Answer, StoreError> {
        if !self.store.in_scope(right.document, &self.peer.store)? {
            return Ok(Answer::Refused);
        }
        // Of what was granted and released after the backup that this server was restored from, only tills know.
        if !self.store.awaited()?.is_empty() {
            return Ok(Answer::NotYet);
        }
        match right.kind {
            RightKind::Resume => self.learn_suspension(right, now)?,
            RightKind::Refund => self.learn_seller(right, now)?,
            RightKind::Handover => {}
        }
        Ok(match self.store.take_right(right, self.peer.node, now)? {
            TakeOutcome::Taken { since } => Answer::Granted { since },
            TakeOutcome::Held { by, since: _ } => Answer::Held {
                by,
                because: HeldBecause::Away,
            },
        })
    }

    /// A till that puts a basket aside has the right to take it up from then on, with or without a line: where the server
    /// knows of no holder, it is that till, which is asked before another gets it. Not one that was shut out, since nobody
    /// can ask it.
    fn learn_suspension(&self, right: Right, now: Timestamp) -> Result<(), StoreError> {
        let order = self.read_order(right.document)?;
        if let (Some(suspension), None) = (&order.suspension, &order.end) {
            let till = self.store.node(suspension.till)?;
            if till.is_some_and(|till| till.revoked_at.is_none()) {
                self.store.take_right(right, suspension.till, now)?;
            }
        }
        Ok(())
    }

    /// What the till's file says it holds, compared with what is known here. The right to take up a basket that the till
    /// itself put aside was given by nobody, so nobody else can have told of it.
    fn claim_rights(&self, claims: &[HeldRight], now: Timestamp) -> Result<Vec<Right>, StoreError> {
        let mut lost = Vec::new();
        for right in self.store.claim_rights(self.peer.node, claims)? {
            let is_learned = self.may_have_put_aside(right)?
                && matches!(
                    self.store.take_right(right, self.peer.node, now)?,
                    TakeOutcome::Taken { .. }
                );
            if !is_learned {
                lost.push(right);
            }
        }
        Ok(lost)
    }

    /// Whether the till may have put this basket aside, and nobody took it up: it may not have sent that yet.
    fn may_have_put_aside(&self, right: Right) -> Result<bool, StoreError> {
        let till = self.peer.node;
        if right.kind != RightKind::Resume || right.document.node() != till {
            return Ok(false);
        }
        let order = self.read_order(right.document)?;
        let by_it = order.suspension.is_none_or(|put| put.till == till);
        Ok(by_it && order.end.is_none())
    }

    fn read_order(&self, order: DocumentId) -> Result<OrderState, StoreError> {
        let entries = self.store.document_entries(order, None)?;
        let changes = entries
            .iter()
            .filter_map(|entry| recognise(&entry.bytes).ok());
        let document = Document::from_changes(order, changes);
        Ok(fold_order(order, document.operations()))
    }

    /// A till has the right to refund what it sold, with or without a line: where the server knows of no holder, it is that
    /// till, which is asked before another gets it. One that was shut out has no rights.
    fn learn_seller(&self, right: Right, now: Timestamp) -> Result<(), StoreError> {
        let seller = self.store.node(right.document.node())?;
        if let Some(seller) = seller.filter(|seller| seller.revoked_at.is_none()) {
            self.store.take_right(right, seller.node, now)?;
        }
        Ok(())
    }

    /// The peer yielded a right to another till, which waits for it: passed on, or free where the peer did not hold it.
    pub(super) fn yielded(
        &self,
        right: Right,
        to: NodeNumber,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let passed = self.store.pass_right(right, self.peer.node, to, now)?;
        Ok(passed.map_or(Answer::NotYet, |since| Answer::Granted { since }))
    }

    /// Passes a right on: only its holder can, and only within the document's scope.
    fn grant_right(
        &self,
        right: Right,
        to: NodeNumber,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let Some(heir) = self.store.node(to)? else {
            return Ok(Answer::Refused);
        };
        if !self.store.in_scope(right.document, &heir.store)? {
            return Ok(Answer::Refused);
        }
        let passed = self.store.pass_right(right, self.peer.node, to, now)?;
        Ok(passed.map_or(Answer::Refused, |since| Answer::Granted { since }))
    }
}

fn limit(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}

/// As many entries as fit a page; one at least, where there is one.
fn up_to_a_page(stored: Vec<StoredEntry>) -> Vec<LogEntry> {
    let mut bytes = 0;
    stored
        .into_iter()
        .take_while(|entry| {
            let fits = bytes < PAGE_BYTES_TARGET;
            bytes += entry.bytes.len();
            fits
        })
        .map(LogEntry::from)
        .collect()
}

#[cfg(test)]
mod tests;
