//! Customers' records at the till: kept here at once, sent to headquarters by a task of its own, erased for good.

use holdfast_schemas::{
    customer::Customer,
    identity::CustomerId,
    staff::{TillAction, TillRequest},
    sync::till::Link,
    wire::{Answer, Question},
};

use super::{
    CUSTOMERS_FOUND_MAX, CustomerDetails, DeskDone, DeskRefusal, ScanDone,
    ask::typed_words,
    state::{Acting, AtDesk},
};
use crate::{
    handle::NodeHandle,
    net::SyncHandle,
    store::{StoreError, customer},
};

/// The characters of a drawn customer number: digits and capitals that are not taken for one another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many of them follow the till's number: 30 bits, so that a store's customers hardly ever clash, and a clash is drawn
/// again.
const DRAWN_CHARACTERS: usize = 6;

impl AtDesk<'_> {
    /// Makes a customer's record, or puts one right.
    pub(super) fn put_customer(
        &mut self,
        acting: &Acting<'_>,
        number: Option<&CustomerId>,
        details: &CustomerDetails,
    ) -> Result<DeskDone, DeskRefusal> {
        self.allowed(acting, TillRequest::new(TillAction::KeepCustomer))?;
        if self.desk.is_training() {
            return Err(DeskRefusal::InTraining);
        }
        // Attached it is to be, so that there must be a session and nothing paid.
        self.open_session_document()?;
        self.refuse_money()?;
        let customer = match number {
            Some(known) => {
                let known = self.known_customer(known)?;
                known.ok_or(DeskRefusal::NoSuchCustomer)?.customer
            }
            None => self.draw_customer()?,
        };
        self.main.put_customer(&Customer {
            customer: customer.clone(),
            called: details.called.clone(),
            email: details.email.clone(),
            phone: details.phone.clone(),
        })?;
        self.set_customer(acting, Some(&customer))?;
        Ok(DeskDone::Scanned(ScanDone::Customer(customer)))
    }

    fn draw_customer(&mut self) -> Result<CustomerId, DeskRefusal> {
        loop {
            let mut drawn = self.random.next_u64();
            let mut text = format!("{}-", self.main.till().node);
            for _ in 0..DRAWN_CHARACTERS {
                let index = usize::try_from(drawn % 32).unwrap_or(0);
                text.push(char::from(ALPHABET[index]));
                drawn >>= 5;
            }
            let number = CustomerId::new(text)
                .map_err(|error| StoreError::unreadable("customer", &error))?;
            if self.known_customer(&number)?.is_none() {
                return Ok(number);
            }
        }
    }

    /// Erases a customer's record. The documents that name their number stay as they are.
    pub(super) fn erase_customer(
        &mut self,
        acting: &Acting<'_>,
        number: &CustomerId,
    ) -> Result<DeskDone, DeskRefusal> {
        self.allowed(acting, TillRequest::new(TillAction::EraseCustomer))?;
        if self.desk.is_training() {
            return Err(DeskRefusal::InTraining);
        }
        self.main.erase_customer(number)?;
        Ok(DeskDone::Done)
    }

    /// The customer with this number, as far as this till knows.
    pub(super) fn known_customer(
        &self,
        number: &CustomerId,
    ) -> Result<Option<Customer>, DeskRefusal> {
        let store = self.main.store();
        Ok(store.read(|transaction| customer::customer(transaction, number))?)
    }

    /// Customers by the beginnings of words.
    pub(super) fn find_customers(&self, words: &str) -> Result<Vec<Customer>, DeskRefusal> {
        let mut words = typed_words(words);
        // A telephone number is one word, however it is divided.
        if words
            .iter()
            .all(|word| word.chars().all(|digit| digit.is_ascii_digit()))
        {
            words = vec![words.concat()];
        }
        words.retain(|word| !word.is_empty());
        let store = self.main.store();
        Ok(store
            .read(|transaction| customer::customers(transaction, &words, CUSTOMERS_FOUND_MAX))?)
    }
}

/// Tells headquarters what was written or erased here, whenever there is a line.
pub(crate) struct CustomerTask {
    handle: NodeHandle,
    sync: SyncHandle,
}

impl CustomerTask {
    pub(crate) fn new(handle: NodeHandle, sync: SyncHandle) -> Self {
        Self { handle, sync }
    }

    /// Works until the engine or the sync is gone.
    pub(crate) async fn run(self) {
        let mut views = self.handle.watch();
        let mut status = self.sync.status();
        loop {
            if status.latest().link == Link::Online {
                self.send_all().await;
            }
            let ended = tokio::select! {
                biased;
                shown = views.changed() => shown.is_err(),
                linked = status.changed() => linked.is_err(),
            };
            if ended {
                return;
            }
        }
    }

    /// Sends what waits, one after the other; what the server does not take now is tried at the next change.
    async fn send_all(&self) {
        loop {
            let next = self.handle.query(|store| store.read(customer::next_unsent));
            let Ok(Some(unsent)) = next.await else {
                return;
            };
            let question = match unsent.record.clone() {
                Some(record) => Question::KeepCustomer {
                    record: Box::new(record),
                },
                None => Question::EraseCustomer {
                    customer: unsent.customer.clone(),
                },
            };
            if self.sync.ask(question).await != Answer::Kept {
                return;
            }
            let told = self
                .handle
                .engine(move |engine, _| engine.customer_sent(&unsent));
            if told.await.is_err() {
                return;
            }
        }
    }
}
