//! A card terminal that is none: it charges for one payment once, and then does what it is told to do wrong.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use holdfast_schemas::{
    identity::TenderReference,
    tendering::{Decline, PaymentId, TerminalAnswer, TerminalRequest},
    value::Money,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::device;

/// What the terminal does with a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Behaviour {
    /// Charges, and says so.
    Approve,
    /// Does not charge, and says so.
    Decline,
    /// Nobody holds a card to it: it says so only when it is asked.
    TimeOut,
    /// Charges, and cuts the line before it says so.
    DropAnswer,
    /// Charges once, and says so twice.
    AnswerTwice,
    /// Never got the charge: it cuts the line before it did anything.
    DropRequest,
}

/// What became of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Charged(Money, TenderReference),
    NotCharged(Decline),
}

/// What the terminal knows; kept in a file where there is one.
#[derive(Debug)]
struct Book {
    outcomes: BTreeMap<PaymentId, Outcome>,
    /// How often each payment was asked to be charged.
    charges_asked: BTreeMap<PaymentId, u32>,
    behaviours: Vec<Behaviour>,
    next: usize,
    ledger: Option<PathBuf>,
}

/// A terminal. Cheap to clone: all clones are one.
#[derive(Debug, Clone)]
pub struct Terminal(Arc<Mutex<Book>>);

impl Terminal {
    /// A terminal that does these, one charge after the other; the last one goes on. What an earlier one charged is read
    /// from the ledger.
    ///
    /// # Errors
    /// Where the ledger can't be read.
    pub fn open(behaviours: Vec<Behaviour>, ledger: Option<PathBuf>) -> io::Result<Self> {
        let mut outcomes = BTreeMap::new();
        let text = ledger.as_ref().filter(|path| path.exists());
        let text = text.map(std::fs::read_to_string).transpose()?;
        for line in text.unwrap_or_default().lines() {
            if let Ok(TerminalAnswer::Approved {
                payment,
                amount,
                reference,
            }) = serde_json::from_str(line)
            {
                outcomes.insert(payment, Outcome::Charged(amount, reference));
            }
        }
        Ok(Self(Arc::new(Mutex::new(Book {
            outcomes,
            charges_asked: BTreeMap::new(),
            behaviours,
            next: 0,
            ledger,
        }))))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was charged, by payment.
    #[must_use]
    pub fn charged(&self) -> BTreeMap<PaymentId, Money> {
        let book = self.book();
        let charged = book
            .outcomes
            .iter()
            .filter_map(|(payment, outcome)| match outcome {
                Outcome::Charged(amount, _) => Some((*payment, *amount)),
                Outcome::NotCharged(_) => None,
            });
        charged.collect()
    }

    /// How often charging was asked for, in all.
    #[must_use]
    pub fn charges_asked(&self) -> u32 {
        self.book().charges_asked.values().sum()
    }

    /// Serves until it is dropped; the address is told first.
    ///
    /// # Errors
    /// Where it can't listen.
    pub async fn serve(&self, listen: SocketAddr, told: impl FnOnce(SocketAddr)) -> io::Result<()> {
        device::serve(listen, told, |line| {
            let terminal = self.clone();
            async move { terminal.talk(line).await }
        })
        .await
    }

    async fn talk(&self, line: TcpStream) -> io::Result<()> {
        let (reader, mut writer) = line.into_split();
        let mut requests = BufReader::new(reader).lines();
        while let Some(request) = requests.next_line().await? {
            let Ok(request) = serde_json::from_str::<TerminalRequest>(&request) else {
                return Ok(());
            };
            let Some(answers) = self.book().answers(&request)? else {
                return Ok(());
            };
            for answer in answers {
                let mut text = serde_json::to_vec(&answer)?;
                text.push(b'\n');
                writer.write_all(&text).await?;
            }
            writer.flush().await?;
        }
        Ok(())
    }
}

impl Book {
    /// What is answered; `None` where the line is cut.
    fn answers(&mut self, request: &TerminalRequest) -> io::Result<Option<Vec<TerminalAnswer>>> {
        match request {
            TerminalRequest::Outcome { payment } => Ok(Some(vec![self.outcome(*payment)])),
            TerminalRequest::Charge { payment, amount } => self.charge(*payment, *amount),
        }
    }

    /// One that is not known will not be charged later either.
    fn outcome(&mut self, payment: PaymentId) -> TerminalAnswer {
        let never = Outcome::NotCharged(Decline::NeverArrived);
        let outcome = self.outcomes.entry(payment).or_insert(never);
        answer(payment, outcome)
    }

    fn charge(
        &mut self,
        payment: PaymentId,
        amount: Money,
    ) -> io::Result<Option<Vec<TerminalAnswer>>> {
        *self.charges_asked.entry(payment).or_default() += 1;
        if let Some(known) = self.outcomes.get(&payment) {
            return Ok(Some(vec![answer(payment, known)]));
        }
        let last = self.behaviours.len().saturating_sub(1);
        let behaviour = self.behaviours.get(self.next.min(last)).copied();
        self.next += 1;
        let behaviour = behaviour.unwrap_or(Behaviour::Approve);
        let outcome = match behaviour {
            Behaviour::Approve | Behaviour::DropAnswer | Behaviour::AnswerTwice => {
                self.charged(payment, amount)?
            }
            Behaviour::Decline => Outcome::NotCharged(Decline::Refused),
            Behaviour::TimeOut => Outcome::NotCharged(Decline::TimedOut),
            Behaviour::DropRequest => return Ok(None),
        };
        let said = answer(payment, &outcome);
        self.outcomes.insert(payment, outcome);
        Ok(match behaviour {
            Behaviour::Approve | Behaviour::Decline => Some(vec![said]),
            Behaviour::AnswerTwice => Some(vec![said.clone(), said]),
            Behaviour::TimeOut => Some(Vec::new()),
            Behaviour::DropAnswer | Behaviour::DropRequest => None,
        })
    }

    /// Charges, durably where there is a ledger.
    fn charged(&mut self, payment: PaymentId, amount: Money) -> io::Result<Outcome> {
        let count = self.outcomes.len() + 1;
        let reference = TenderReference::new(format!("SIM-{count:06}"));
        let reference = reference.map_err(io::Error::other)?;
        let outcome = Outcome::Charged(amount, reference);
        if let Some(path) = &self.ledger {
            let mut line = serde_json::to_vec(&answer(payment, &outcome))?;
            line.push(b'\n');
            let mut options = std::fs::OpenOptions::new();
            let mut ledger = options.create(true).append(true).open(path)?;
            ledger.write_all(&line)?;
            ledger.sync_data()?;
        }
        Ok(outcome)
    }
}

fn answer(payment: PaymentId, outcome: &Outcome) -> TerminalAnswer {
    match outcome {
        Outcome::Charged(amount, reference) => TerminalAnswer::Approved {
            payment,
            amount: *amount,
            reference: reference.clone(),
        },
        Outcome::NotCharged(because) => TerminalAnswer::Declined {
            payment,
            because: *because,
        },
    }
}
