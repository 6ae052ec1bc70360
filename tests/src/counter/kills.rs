//! Kills a till that trades, at random moments, and holds what comes back to what was shown.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::Path,
    process::Stdio,
};

use holdfast_node::Node;
use holdfast_schemas::{
    operation::TenderKind,
    order::{OrderEnd, fold_order},
    value::MinorUnits,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    sync::oneshot,
    task::JoinSet,
};

use super::{Shown, day::Screen, settings, start, till};
use crate::{
    printer::Printer,
    process::program,
    terminal::{Behaviour, Terminal},
};

/// How many lines a till may say before it is killed, at most.
const LINES_MAX: u64 = 40;
/// How many of the newest orders the last check reads.
const ORDERS_MAX: usize = 100_000;

/// What came of it.
#[derive(Debug, Default)]
pub struct KillReport {
    /// How often the till was killed.
    pub kills: u32,
    /// How many sales were shown as paid.
    pub paid: usize,
    /// How many cards were charged.
    pub charged: usize,
    /// What was wrong; nothing, where all is well.
    pub findings: Vec<String>,
}

/// What was shown so far.
#[derive(Default)]
struct Seen {
    screen: Screen,
    /// What a step that was begun and not shown may lead to.
    pending: Option<(String, Vec<i64>)>,
    paid: BTreeMap<String, i64>,
}

/// Lets a till trade in this folder and kills it this often; `seed` draws the moments, and what it trades.
///
/// # Panics
/// Where a program can't be run: nothing can be said of the till then.
pub async fn kill_and_check(folder: &Path, kills: u32, seed: u64) -> KillReport {
    let mut devices = JoinSet::new();
    let printer = Printer::default();
    let paper = serve_printer(&mut devices, printer.clone()).await;
    let behaviours = vec![
        Behaviour::Approve,
        Behaviour::DropAnswer,
        Behaviour::Decline,
        Behaviour::AnswerTwice,
        Behaviour::DropRequest,
        Behaviour::Approve,
    ];
    let ledger = Some(folder.join("terminal.jsonl"));
    let terminal = Terminal::open(behaviours, ledger).expect("a ledger");
    let counter = serve_terminal(&mut devices, terminal.clone()).await;
    let mut seen = Seen::default();
    let mut report = KillReport::default();
    for round in 0..kills {
        let drawn = seed.wrapping_mul(31).wrapping_add(u64::from(round));
        let lines = 1 + drawn.wrapping_mul(0x9e37_79b9_7f4a_7c15) % LINES_MAX;
        one_life(
            folder,
            (counter, paper),
            (drawn, lines),
            &mut seen,
            &mut report,
        )
        .await;
        report.kills += 1;
        if !report.findings.is_empty() {
            break;
        }
    }
    let node = start(&settings(folder, Some(counter), Some(paper))).expect("a till");
    last_check(node, &terminal, &printer, &seen, &mut report).await;
    report
}

async fn serve_printer(devices: &mut JoinSet<()>, printer: Printer) -> SocketAddr {
    let (told, heard) = oneshot::channel();
    devices.spawn(async move {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let serving = printer.serve(listen, |address| {
            let _ = told.send(address);
        });
        serving.await.expect("a printer");
    });
    heard.await.expect("an address")
}

async fn serve_terminal(devices: &mut JoinSet<()>, terminal: Terminal) -> SocketAddr {
    let (told, heard) = oneshot::channel();
    devices.spawn(async move {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let serving = terminal.serve(listen, |address| {
            let _ = told.send(address);
        });
        serving.await.expect("a terminal");
    });
    heard.await.expect("an address")
}

/// One process, from its start to its kill.
async fn one_life(
    folder: &Path,
    (terminal, printer): (SocketAddr, SocketAddr),
    (seed, lines): (u64, u64),
    seen: &mut Seen,
    report: &mut KillReport,
) {
    let mut child = Command::new(program("counter-till").expect("built"))
        .arg(folder)
        .args(["--terminal", &terminal.to_string()])
        .args(["--printer", &printer.to_string()])
        .args(["--seed", &seed.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a till");
    let output = child.stdout.take().expect("its output");
    let mut output = BufReader::new(output).lines();
    for _ in 0..lines {
        if !hear(&mut output, seen, report).await {
            report.findings.push("the till ended by itself".to_owned());
            break;
        }
    }
    end(&mut child, output, seen, report).await;
}

/// Kills it, and takes in what it had said before.
async fn end(
    child: &mut Child,
    mut output: Lines<BufReader<ChildStdout>>,
    seen: &mut Seen,
    report: &mut KillReport,
) {
    child.kill().await.expect("killed");
    while hear(&mut output, seen, report).await {}
}

/// One line; `false` at the end.
async fn hear(
    output: &mut Lines<BufReader<ChildStdout>>,
    seen: &mut Seen,
    report: &mut KillReport,
) -> bool {
    let Ok(Some(line)) = output.next_line().await else {
        return false;
    };
    // The last line of a process that was killed may be half a one: it was not shown.
    if let Ok(shown) = serde_json::from_str::<Shown>(&line) {
        seen.take(shown, report);
    }
    true
}

impl Seen {
    fn take(&mut self, shown: Shown, report: &mut KillReport) {
        match shown {
            Shown::Begins { step, totals } => self.pending = Some((step, totals)),
            Shown::Paid { receipt, total } => {
                self.paid.insert(receipt, total);
            }
            Shown::Done(screen) => {
                self.screen = screen;
                self.pending = None;
            }
            Shown::Started(screen) => {
                let pending = self.pending.take();
                let as_shown = screen.is_like(&self.screen);
                let as_begun = pending
                    .iter()
                    .any(|(_, totals)| totals.contains(&screen.total));
                let session_lost = self.screen.session && !screen.session;
                if session_lost || !(as_shown || as_begun) {
                    report.findings.push(format!(
                        "shown: {:?}, begun: {pending:?}, given back: {screen:?}",
                        self.screen
                    ));
                }
                if screen.card {
                    self.pending = Some(("answer".to_owned(), vec![screen.total, 0]));
                }
                self.screen = screen;
            }
        }
    }
}

/// Lets the till come to rest, and compares its file, the terminal's ledger and the paper.
async fn last_check(
    node: Node,
    terminal: &Terminal,
    printer: &Printer,
    seen: &Seen,
    report: &mut KillReport,
) {
    let desk = node.desk();
    let mut views = desk.watch();
    let resting = |view: &holdfast_node::desk::DeskView| {
        let card = view.tendering.card.as_ref();
        let open = card.is_some_and(|card| card.state == holdfast_node::desk::CardState::Open);
        !open && view.printing.waiting == 0
    };
    views.wait_for(|view| resting(view)).await.expect("it runs");
    let orders = node.handle().orders_before(None, ORDERS_MAX).await;
    let orders = orders.expect("orders");
    let mut receipts: BTreeMap<String, i64> = BTreeMap::new();
    let mut counts = BTreeSet::new();
    let mut card_money = MinorUnits::ZERO;
    for order in orders {
        let document = node.handle().document(order.document).await;
        let document = document.expect("read").expect("a document");
        let state = fold_order(document.id(), document.operations());
        for tender in state.tenders.values() {
            if tender.taken.kind == TenderKind::Card {
                card_money = card_money.saturating_plus(tender.amount_minor);
            }
        }
        if !state.misfits.is_empty() {
            report
                .findings
                .push(format!("misfits: {:?}", state.misfits));
        }
        if let (Some(OrderEnd::Completed { .. }), Some(receipt)) = (&state.end, state.receipt) {
            counts.insert(receipt.count());
            let twice = receipts.insert(receipt.to_string(), state.total_minor().get());
            if twice.is_some() {
                report
                    .findings
                    .push(format!("receipt {receipt} is there twice"));
            }
        }
    }
    for (receipt, total) in &seen.paid {
        if receipts.get(receipt) != Some(total) {
            report
                .findings
                .push(format!("{receipt} over {total} was shown as paid"));
        }
    }
    let gaps = (1..)
        .zip(&counts)
        .any(|(expected, count)| expected != *count);
    if gaps {
        report
            .findings
            .push(format!("receipt numbers of till {} have gaps", till().node));
    }
    let charged = terminal.charged();
    let charged_money = charged.values().fold(MinorUnits::ZERO, |sum, money| {
        sum.saturating_plus(money.minor)
    });
    if charged_money != card_money {
        let text = format!("{charged_money} were charged, {card_money} are in the orders");
        report.findings.push(text);
    }
    let printed = printer.receipts();
    for receipt in receipts.keys() {
        if !printed.iter().any(|paper| paper.contains(receipt.as_str())) {
            report.findings.push(format!("{receipt} was not printed"));
        }
    }
    report.paid = seen.paid.len();
    report.charged = charged.len();
    drop(desk);
    node.stop().await;
}
