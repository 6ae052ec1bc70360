//! The desk's own small transactions: what a screen shows that is no document.

use holdfast_schemas::{
    customer::Customer,
    identity::{CustomerId, NodeNumber, UserId},
    staff::SignOnThrottle,
    time::Timestamp,
};

use super::{BasketAfter, Engine, submit::write_basket};
use crate::{
    desk::SUSPENDED_MAX,
    store::{
        OrderSummary, StoreError,
        customer::{self, UnsentCustomer},
        desk::{self, DeskRow, NewPrint, WaitingPrints},
    },
};

impl Engine {
    /// What happened to the open basket, and the desk's row where that changes with it (basket).
    pub(crate) fn write_basket(
        &mut self,
        basket: &BasketAfter,
        row: Option<&DeskRow>,
    ) -> Result<(), StoreError> {
        let transaction = self.desk_store_mut().begin()?;
        write_basket(&transaction, basket)?;
        if let Some(row) = row {
            desk::put_row(&transaction, row)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Writes a customer's record, to be sent (customer).
    pub(crate) fn put_customer(&mut self, record: &Customer) -> Result<(), StoreError> {
        let transaction = self.store_mut().begin()?;
        customer::put_own(&transaction, record)?;
        transaction.commit()?;
        Ok(())
    }

    /// Erases a customer's record here, and has headquarters erase it (customer).
    pub(crate) fn erase_customer(&mut self, number: &CustomerId) -> Result<(), StoreError> {
        let transaction = self.store_mut().begin()?;
        customer::erase_own(&transaction, number)?;
        transaction.commit()?;
        Ok(())
    }

    /// Headquarters was told of a customer (customer).
    pub(crate) fn customer_sent(&mut self, told: &UnsentCustomer) -> Result<(), StoreError> {
        let transaction = self.store_mut().begin()?;
        customer::sent(&transaction, told)?;
        transaction.commit()?;
        Ok(())
    }

    /// Who is at the till (desk).
    pub(crate) fn write_desk(&mut self, row: &DeskRow) -> Result<(), StoreError> {
        self.write_basket(&BasketAfter::Stays, Some(row))
    }

    /// The tries of a user to sign on (try): before the try is answered.
    pub(crate) fn write_try(
        &mut self,
        user: &UserId,
        throttle: &SignOnThrottle,
    ) -> Result<(), StoreError> {
        let transaction = self.desk_store_mut().begin()?;
        desk::put_throttle(&transaction, user, throttle)?;
        transaction.commit()?;
        Ok(())
    }

    /// The store's baskets that were put aside and not taken up, with the tills that did it; [`SUSPENDED_MAX`] at most.
    pub(crate) fn suspended_orders(&self) -> Result<&[(OrderSummary, NodeNumber)], StoreError> {
        let read = || {
            self.store()
                .suspended_orders(&self.till().store, SUSPENDED_MAX)
        };
        self.known.suspended.or_read(read).map(Vec::as_slice)
    }

    /// The receipts that are to be printed.
    pub(crate) fn waiting_prints(&self) -> Result<WaitingPrints, StoreError> {
        let read = || self.store().read(desk::waiting_prints);
        self.known.waiting_prints.or_read(read).copied()
    }

    /// Queues something to be printed that no document is written for (print).
    pub(crate) fn queue_print(
        &mut self,
        print: &NewPrint,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let transaction = self.desk_store_mut().begin()?;
        desk::queue_print(&transaction, print, now)?;
        transaction.commit()?;
        self.known.waiting_prints.forget();
        Ok(())
    }

    /// Bytes of a job are about to be sent (print).
    pub(crate) fn begin_print(&mut self, number: i64) -> Result<(), StoreError> {
        let transaction = self.desk_store_mut().begin()?;
        desk::begin_print(&transaction, number)?;
        transaction.commit()?;
        Ok(())
    }

    /// A job is printed, or given up; all of them without a number (print).
    pub(crate) fn end_print(&mut self, number: Option<i64>) -> Result<(), StoreError> {
        let transaction = self.desk_store_mut().begin()?;
        desk::end_print(&transaction, number)?;
        transaction.commit()?;
        self.known.waiting_prints.forget();
        Ok(())
    }
}
