//! A trading day, end to end: a server, stores, tills, real trade, and a line that is cut in the middle.

mod figures;
mod report;
mod shop;
mod till;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    num::NonZeroU32,
    path::PathBuf,
    time::{Duration, Instant},
};

use holdfast_node::{
    handle::CallError,
    node::StartError,
    replay::{ReplayError, Trade, TradePlan, TraderError, plan, read_rows, taker},
    settings::SettingsError,
    store::StoreError,
    watched::WatchEnded,
};
use holdfast_schemas::{
    identity::{DocumentId, ExternalValue, NodeNumber, StoreId},
    time::BusinessDate,
    value::Currency,
};
use tokio::{task::JoinSet, time::timeout};

pub use report::{Figures, Refusals, Report, TillReport};

use crate::{headquarters::HeadquartersError, process::ProgramError};
use shop::Shop;

/// The currency of the replayed files.
pub const CURRENCY: Currency = Currency::GBP;

/// How long tills may take to bring headquarters all that they have, once they are joined.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(600);
/// How long a till waits for a line, and for a neighbour's sale to be at headquarters, before it looks the sale up.
const NEIGHBOUR_TIME_MAX: Duration = Duration::from_secs(60);
/// The line is cut from this share of the trades to that, in hundredths.
const CUT: std::ops::Range<usize> = 40..60;
/// How long a till may take to get what concerns it, once that is at headquarters.
const FEED_TIME_MAX: Duration = Duration::from_secs(60);
/// How often progress is shown, in trades.
const PROGRESS_TRADES: usize = 250;

/// What a trading day is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// The file that is traded.
    pub input: PathBuf,
    /// How many stores.
    pub stores: u32,
    /// How many tills each has.
    pub tills: u32,
    /// Where everything is put; what is there is removed first.
    pub folder: PathBuf,
}

/// Why a trading day broke off.
#[derive(Debug, thiserror::Error)]
pub enum TradingError {
    /// The file.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A folder or file could not be made.
    #[error("{} can't be written", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A program failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// A line could not be opened.
    #[error("a line could not be opened")]
    Line(#[source] io::Error),
    /// The answer to an enrolment could not be read.
    #[error("an enrolment's answer could not be read")]
    Enrolled(#[source] serde_json::Error),
    /// A till's settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A till did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A till did not take a trade.
    #[error(transparent)]
    Trade(#[from] TraderError),
    /// A till's file could not be asked.
    #[error("a till's file could not be asked")]
    Query(#[from] CallError<StoreError>),
    /// Headquarters did not answer.
    #[error(transparent)]
    Headquarters(#[from] HeadquartersError),
    /// A till's engine ended.
    #[error("a till ended while it was waited for")]
    Ended(#[from] WatchEnded),
    /// A till did not get all that concerns it.
    #[error("after {} s till {till} still lacks changes of other tills", FEED_TIME_MAX.as_secs())]
    NotFed {
        /// Which till.
        till: NodeNumber,
    },
    /// Tills could not bring headquarters all that they had.
    #[error("after {} s headquarters still lacks {pending} changes", DRAIN_TIME_MAX.as_secs())]
    NotDrained {
        /// How many.
        pending: u64,
    },
}

/// Where a trading day is, for whoever watches.
pub trait Progress {
    /// A stage begins, or says how far it is.
    fn say(&self, elapsed: Duration, text: &str);
}

/// A trading day that is over; the server runs on until this is dropped.
pub struct Closed {
    /// What it came to.
    pub report: Report,
    /// One order, by number, to look at.
    pub example: Option<String>,
    shop: Shop,
    key: String,
}

impl Closed {
    /// How to ask the server for the example order: a command to copy.
    #[must_use]
    pub fn curl(&self) -> String {
        let authority = self.shop.server.data_dir().join("pki").join("ca.pem");
        format!(
            "curl --cacert {} -H 'Authorization: Bearer {}' https://localhost:{}/v1/orders/{}",
            authority.display(),
            self.key,
            self.shop.server.addresses().http.port(),
            self.example.as_deref().unwrap_or_default(),
        )
    }

    /// The example order as headquarters sees it, with its timeline.
    ///
    /// # Errors
    /// [`TradingError::Headquarters`].
    pub fn timeline(&self) -> Result<Option<serde_json::Value>, TradingError> {
        let Some(number) = &self.example else {
            return Ok(None);
        };
        Ok(Some(
            self.shop
                .headquarters
                .get(&format!("/v1/orders/{number}"))?,
        ))
    }

    /// Stops tills and server in order.
    ///
    /// # Errors
    /// [`TradingError::Program`] where the server does not end as it should.
    pub async fn stop(self) -> Result<(), TradingError> {
        for till in self.shop.tills {
            till.stop().await;
        }
        Ok(self.shop.server.stop().await?)
    }

    /// Stops the tills and leaves the server running, and gives its process id.
    pub async fn leave_running(self) -> Option<u32> {
        for till in self.shop.tills {
            till.stop().await;
        }
        self.shop.server.leave_running()
    }
}

/// A trading day that is under way.
struct Day<'a> {
    began: Instant,
    progress: &'a dyn Progress,
    shop: Shop,
    plan: TradePlan,
    /// The store whose line is cut in the middle.
    cut_store: StoreId,
    cut: bool,
}

/// Trades a file from its first row to its last figure.
///
/// # Errors
/// [`TradingError`].
pub async fn run(
    options: &Options,
    began: Instant,
    progress: &dyn Progress,
) -> Result<Closed, TradingError> {
    progress.say(
        began.elapsed(),
        &format!("reading {}", options.input.display()),
    );
    let plan = plan(&read_rows(&options.input)?, CURRENCY);
    let report = Report::of_rows(options.input.display().to_string(), &plan);
    let folder = |source| TradingError::Folder {
        path: options.folder.clone(),
        source,
    };
    match fs::remove_dir_all(&options.folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(folder(error)),
        Ok(()) | Err(_) => {}
    }
    fs::create_dir_all(&options.folder).map_err(folder)?;

    let counts = (options.stores, options.tills);
    progress.say(
        began.elapsed(),
        &format!("opening {} stores with {} tills each", counts.0, counts.1),
    );
    let shop = shop::open(options, &plan).await?;
    let cut_store = shop::store_id(options.stores);
    let mut day = Day {
        began,
        progress,
        shop,
        plan,
        cut_store,
        cut: false,
    };
    day.trade().await?;
    day.close(report).await
}

impl Day<'_> {
    fn say(&self, text: &str) {
        self.progress.say(self.began.elapsed(), text);
    }

    /// Which till takes an invoice, as a place in the list of tills.
    fn till_of(&self, number: &ExternalValue) -> usize {
        let tills = u32::try_from(self.shop.tills.len()).unwrap_or(u32::MAX);
        let tills = NonZeroU32::new(tills).unwrap_or(NonZeroU32::MIN);
        usize::try_from(taker(number, tills).get() - 1).unwrap_or(usize::MAX)
    }

    fn is_cut(&self, till: usize) -> bool {
        self.cut && self.shop.tills[till].store == self.cut_store
    }

    /// Cuts or joins the lines of one store's tills.
    fn set_cut(&mut self, cut: bool) {
        self.cut = cut;
        let lines = self.shop.tills.iter().zip(&self.shop.lines);
        for (_, line) in lines.filter(|(till, _)| till.store == self.cut_store) {
            if cut { line.cut() } else { line.join() }
        }
    }

    /// What a till finds at headquarters, or in its own file while the line is cut, is to follow from the trade and the
    /// cut, and not from how fast the machine is: so all come together before the cut, and after it.
    async fn trade(&mut self) -> Result<(), TradingError> {
        self.come_together().await?;
        let trades = std::mem::take(&mut self.plan.trades);
        let cut_from = trades.len() * CUT.start / 100;
        let join_from = trades.len() * CUT.end / 100;
        for (index, (date, trade)) in trades.iter().enumerate() {
            if index == cut_from {
                self.come_together().await?;
                self.set_cut(true);
                self.say(&format!("the line of {} is cut", self.cut_store));
            }
            if index == join_from {
                self.set_cut(false);
                self.say("the line is joined again");
                self.come_together().await?;
            }
            if index % PROGRESS_TRADES == 0 {
                let pending = self.pending();
                self.say(&format!(
                    "{date}: {index} of {} trades, {pending} changes not at headquarters",
                    trades.len()
                ));
            }
            self.trade_one(*date, trade).await?;
        }
        self.plan.trades = trades;
        Ok(())
    }

    async fn trade_one(&mut self, date: BusinessDate, trade: &Trade) -> Result<(), TradingError> {
        let at = self.till_of(trade.number());
        if let Trade::Cancellation(cancellation) = trade
            && !self.is_cut(at)
        {
            self.shop.tills[at].online(NEIGHBOUR_TIME_MAX).await;
            // People walk from one store to the other more slowly than a sale travels.
            for part in cancellation
                .parts
                .iter()
                .filter_map(|part| part.original.as_ref())
            {
                let origin = self.till_of(&part.invoice);
                if origin != at && !self.is_cut(origin) {
                    self.shop.tills[origin].sent(NEIGHBOUR_TIME_MAX).await;
                }
            }
        }
        self.shop.tills[at].trade(date, trade).await
    }

    fn pending(&self) -> u64 {
        self.shop
            .tills
            .iter()
            .map(|till| till.handle().watch().latest().pending.entries)
            .sum()
    }

    /// Closes the sessions, brings everything to headquarters and compares.
    async fn close(mut self, mut report: Report) -> Result<Closed, TradingError> {
        // Each till is watched by itself: one that is slow does not make the next one look slow.
        let mut sending = JoinSet::new();
        for till in &mut self.shop.tills {
            till.close_session().await?;
            let (number, handle) = (till.number, till.handle());
            let (began, closed_at) = (self.began, self.began.elapsed());
            sending.spawn(async move {
                till::wait_until_sent(&handle, DRAIN_TIME_MAX).await;
                (number, began.elapsed().saturating_sub(closed_at))
            });
        }
        let pending = self.pending();
        self.say(&format!(
            "closed; {pending} changes not at headquarters yet"
        ));
        let lags: BTreeMap<NodeNumber, Duration> = sending.join_all().await.into_iter().collect();
        self.come_together().await?;
        for (till, line) in self.shop.tills.iter().zip(&self.shop.lines) {
            let lag = lags.get(&till.number).copied().unwrap_or(DRAIN_TIME_MAX);
            let account = figures::of_till(till, line.bytes(), lag).await?;
            report.each_till.push(account);
        }
        self.say("everything is at headquarters; asking it for its figures");
        let example = figures::compare(&mut report, &self.shop, &self.plan)?;
        report.seconds = self.began.elapsed().as_secs();
        let key = self.shop.headquarters.key().to_owned();
        Ok(Closed {
            report,
            example,
            shop: self.shop,
            key,
        })
    }

    /// Waits until headquarters has all that the tills wrote, and each till has all that concerns it.
    async fn come_together(&self) -> Result<(), TradingError> {
        let since = self.began.elapsed();
        for till in &self.shop.tills {
            let waited = self.began.elapsed().saturating_sub(since);
            till.online(DRAIN_TIME_MAX.saturating_sub(waited)).await;
            let waited = self.began.elapsed().saturating_sub(since);
            till.sent(DRAIN_TIME_MAX.saturating_sub(waited)).await;
        }
        let pending = self.pending();
        if pending > 0 {
            return Err(TradingError::NotDrained { pending });
        }
        self.wait_until_fed().await
    }

    /// Waits until each till has all that its store's tills wrote, and each order of which something came back with its
    /// returns, where its store has to do with one of them: what was sold there, or what was looked up there.
    async fn wait_until_fed(&self) -> Result<(), TradingError> {
        let mut returned: BTreeMap<DocumentId, Returned> = BTreeMap::new();
        for till in &self.shop.tills {
            for (order, sold_at, document) in till.own_returns().await? {
                let returned = returned.entry(order).or_default();
                returned.documents.extend([order, document]);
                returned.stores.extend([sold_at, till.store.clone()]);
            }
        }
        for till in &self.shop.tills {
            let mut heads = Vec::new();
            let neighbours = self.shop.tills.iter();
            for neighbour in neighbours.filter(|neighbour| neighbour.store == till.store) {
                heads.extend(neighbour.own_heads().await?);
            }
            let here = returned.values();
            let here = here.filter(|returned| returned.stores.contains(&till.store));
            let documents = here.flat_map(|returned| returned.documents.iter().copied());
            let fed = async {
                till.holds(heads).await?;
                till.holds_documents(documents).await
            };
            match timeout(FEED_TIME_MAX, fed).await {
                Ok(held) => held?,
                Err(_) => return Err(TradingError::NotFed { till: till.number }),
            }
        }
        Ok(())
    }
}

/// An order of which something came back: its documents, and the stores that have to do with them.
#[derive(Default)]
struct Returned {
    documents: BTreeSet<DocumentId>,
    stores: BTreeSet<StoreId>,
}
