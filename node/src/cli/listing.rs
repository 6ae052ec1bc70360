//! Commands that list: orders, sessions, stock, and how far the till is with the server.

use std::{fmt, path::PathBuf};

use holdfast_schemas::{
    identity::{DocumentId, Sku},
    time::Timestamp,
    value::{Currency, MinorUnits, Money},
};
use serde::Serialize;

use super::{OutputFormat, error::CommandError, output, till_file::open_to_read, time};
use crate::{
    engine::{Engine, NodeView},
    enrol::{EnrolError, IdentityFolder, validity},
    node::{how_to_carry_over, store_place},
    random::SystemRandom,
    settings::Settings,
    store::{OrderSummary, SessionSummary, StockLevel},
};

/// An amount as people read it.
pub(super) fn money(minor: MinorUnits, currency: Currency) -> String {
    Money { currency, minor }.to_string()
}

/// A value of the core by the name that it has in JSON.
pub(super) fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(_) => "?".to_owned(),
    }
}

#[derive(Serialize)]
struct OrderList {
    orders: Vec<OrderSummary>,
    /// What to give as `--before` for the orders that follow; none at the end.
    next_before: Option<DocumentId>,
}

impl fmt::Display for OrderList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 6]> = self
            .orders
            .iter()
            .map(|order| {
                [
                    order.number.to_string(),
                    order.business_date.to_string(),
                    name(&order.status),
                    money(order.total_minor, order.currency),
                    money(order.held_minor, order.currency),
                    order.document.to_string(),
                ]
            })
            .collect();
        let heading = ["NUMBER", "DATE", "STATUS", "TOTAL", "HELD", "DOCUMENT"];
        output::columns(formatter, heading, &rows)
    }
}

pub(super) fn orders(
    settings: &Settings,
    before: Option<DocumentId>,
    limit: usize,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let orders = open_to_read(settings)?.orders_before(before, limit)?;
    let next_before = match orders.last() {
        Some(last) if orders.len() == limit => Some(last.document),
        Some(_) | None => None,
    };
    output::print(
        format,
        &OrderList {
            orders,
            next_before,
        },
    )
}

#[derive(Serialize)]
struct SessionList {
    sessions: Vec<SessionSummary>,
}

impl fmt::Display for SessionList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 5]> = self
            .sessions
            .iter()
            .map(|session| {
                [
                    session.business_date.to_string(),
                    session.till.to_string(),
                    if session.is_open { "open" } else { "closed" }.to_owned(),
                    session.currency.to_string(),
                    session.document.to_string(),
                ]
            })
            .collect();
        let heading = ["DATE", "TILL", "STATE", "CURRENCY", "DOCUMENT"];
        output::columns(formatter, heading, &rows)
    }
}

pub(super) fn sessions(
    settings: &Settings,
    limit: usize,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let sessions = open_to_read(settings)?.sessions(limit)?;
    output::print(format, &SessionList { sessions })
}

#[derive(Serialize)]
struct StockList {
    levels: Vec<StockLevel>,
}

impl fmt::Display for StockList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 3]> = self
            .levels
            .iter()
            .map(|level| {
                [
                    level.store.to_string(),
                    level.product.to_string(),
                    format!("{} {}", level.on_hand, level.measure.symbol())
                        .trim_end()
                        .to_owned(),
                ]
            })
            .collect();
        output::columns(formatter, ["STORE", "PRODUCT", "ON HAND"], &rows)
    }
}

pub(super) fn stock(
    settings: &Settings,
    product: Option<&Sku>,
    limit: usize,
    format: OutputFormat,
) -> Result<(), CommandError> {
    let file = open_to_read(settings)?;
    let levels = match (product, file.identity()?) {
        (Some(product), Some(till)) => file.stock_of(&till.store, product)?,
        (Some(_) | None, _) => file.stock_levels(None, limit)?,
    };
    output::print(format, &StockList { levels })
}

#[derive(Serialize)]
struct SyncReport {
    #[serde(flatten)]
    view: NodeView,
    /// Damaged files of this till that were kept: they may hold what was not sent.
    set_aside: Vec<PathBuf>,
    certificate_until: Timestamp,
    certificate_renewed_from: Timestamp,
}

impl fmt::Display for SyncReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NodeView { till, pending, .. } = &self.view;
        writeln!(formatter, "till                {till}")?;
        if self.view.frozen {
            writeln!(
                formatter,
                "FROZEN              one of its logs has two histories"
            )?;
        }
        if let Some(trouble) = &self.view.trouble {
            writeln!(formatter, "TROUBLE             {}", trouble.what)?;
            writeln!(formatter, "since               {}", time(trouble.since))?;
            writeln!(formatter, "what to do          {}", trouble.what_to_do)?;
        }
        for damaged in &self.set_aside {
            writeln!(formatter, "DAMAGED FILE        {}", damaged.display())?;
            writeln!(
                formatter,
                "what to do          get out what was not sent: {}; then move the file to a safe place",
                how_to_carry_over(damaged)
            )?;
        }
        let epoch = match self.view.sync.epoch {
            Some(epoch) => epoch.to_string(),
            None => "never met".to_owned(),
        };
        writeln!(formatter, "server epoch        {epoch}")?;
        writeln!(
            formatter,
            "feed taken to       {}",
            self.view.sync.feed.get()
        )?;
        writeln!(
            formatter,
            "reference data      version {}",
            self.view.reference.get()
        )?;
        let taken: Vec<String> = pending.taken.iter().map(ToString::to_string).collect();
        writeln!(
            formatter,
            "{}",
            format!(
                "not at the server   {} changes {}",
                pending.entries,
                taken.join(", ")
            )
            .trim_end()
        )?;
        if let Some(oldest) = pending.oldest {
            writeln!(formatter, "the oldest is of    {}", time(oldest))?;
        }
        writeln!(formatter, "misfits             {}", self.view.misfits)?;
        writeln!(formatter, "in quarantine       {}", self.view.quarantined)?;
        writeln!(
            formatter,
            "certificate until   {}",
            time(self.certificate_until)
        )
    }
}

/// What the file says; whether there is a line now, only the process that runs the till knows.
pub(super) fn sync_status(settings: &Settings, format: OutputFormat) -> Result<(), CommandError> {
    let engine = Engine::new(open_to_read(settings)?, &mut SystemRandom)?;
    let enrolment = IdentityFolder::within(&settings.data_dir.value).enrolment()?;
    let validity = validity(&enrolment.enrolled).map_err(EnrolError::from)?;
    let place = store_place(&settings.data_dir.value);
    let set_aside = place
        .damaged_files()
        .map_err(|source| CommandError::file(&settings.data_dir.value, source))?;
    output::print(
        format,
        &SyncReport {
            view: engine.view()?,
            set_aside,
            certificate_until: validity.until,
            certificate_renewed_from: validity.renew_at(),
        },
    )
}
