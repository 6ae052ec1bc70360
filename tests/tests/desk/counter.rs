//! A counter that runs in the test, with its devices.

use std::{net::SocketAddr, sync::Arc};

use holdfast_node::{
    Node,
    desk::{Credential, DeskCommand, DeskDone, DeskHandle, DeskView, DocumentFigures},
};
use holdfast_schemas::{operation::CashCounted, value::MinorUnits};
use holdfast_tests::{
    counter::{badge, settings, start},
    printer::Printer,
    terminal::{Behaviour, Terminal},
};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinSet};

pub(crate) struct Counter {
    node: Node,
    pub(crate) desk: DeskHandle,
    pub(crate) printer: Printer,
    pub(crate) terminal: Terminal,
    addresses: (SocketAddr, SocketAddr),
    devices: JoinSet<()>,
    folder: TempDir,
}

impl Counter {
    /// A till whose cashier is signed on and whose session is open.
    pub(crate) async fn open(behaviours: Vec<Behaviour>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut devices = JoinSet::new();
        let printer = Printer::default();
        let terminal = Terminal::open(behaviours, None).expect("no ledger");
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let (told, paper) = oneshot::channel();
        let serving = printer.clone();
        devices.spawn(async move {
            let served = serving.serve(listen, |address| {
                let _ = told.send(address);
            });
            served.await.expect("a printer");
        });
        let (told, counter) = oneshot::channel();
        let serving = terminal.clone();
        devices.spawn(async move {
            let served = serving.serve(listen, |address| {
                let _ = told.send(address);
            });
            served.await.expect("a terminal");
        });
        let addresses = (counter.await.expect("told"), paper.await.expect("told"));
        let node = start(&settings(
            folder.path(),
            Some(addresses.0),
            Some(addresses.1),
        ))
        .expect("a till");
        let this = Self {
            desk: node.desk(),
            node,
            printer,
            terminal,
            addresses,
            devices,
            folder,
        };
        this.sign_on().await;
        let float = CashCounted {
            counted_minor: MinorUnits::new(10_000),
            denominations: Vec::new(),
        };
        this.tell(DeskCommand::OpenSession { float }).await;
        this
    }

    /// Ends the till and starts it again on the same file.
    pub(crate) async fn restart(self) -> Self {
        let Self {
            node,
            desk,
            printer,
            terminal,
            addresses,
            devices,
            folder,
        } = self;
        drop(desk);
        node.stop().await;
        let settings = settings(folder.path(), Some(addresses.0), Some(addresses.1));
        let node = start(&settings).expect("a till");
        Self {
            desk: node.desk(),
            node,
            printer,
            terminal,
            addresses,
            devices,
            folder,
        }
    }

    pub(crate) async fn sign_on(&self) {
        self.tell(DeskCommand::SignOn(Credential::Badge(badge())))
            .await;
    }

    pub(crate) async fn tell(&self, command: DeskCommand) -> DeskDone {
        self.desk.tell(command).await.expect("nothing forbids it")
    }

    pub(crate) async fn scan(&self, code: &str) {
        self.tell(DeskCommand::Scan {
            code: code.into(),
            quantity: None,
            discontinued_accepted: false,
        })
        .await;
    }

    pub(crate) async fn pay_cash(&self, tendered: i64) -> DocumentFigures {
        let tendered_minor = MinorUnits::new(tendered);
        let done = self.tell(DeskCommand::TakeCash { tendered_minor }).await;
        let DeskDone::Sold(figures) = done else {
            panic!("something is left to pay");
        };
        figures
    }

    pub(crate) async fn until(&self, mut holds: impl FnMut(&DeskView) -> bool) -> Arc<DeskView> {
        let mut views = self.desk.watch();
        views.wait_for(|view| holds(view)).await.expect("it runs")
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }
}
