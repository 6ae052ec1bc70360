//! A till of the example company: its folder, and the node that runs in it.

use std::{fs, net::SocketAddr, path::PathBuf};

use holdfast_node::{
    engine::Receipt,
    enrol::IdentityFolder,
    handle::NodeHandle,
    node::{Node, Surroundings},
    settings::Settings,
};
use holdfast_schemas::{
    identity::{DocumentId, NodeNumber, StoreId},
    sync::till::{Link, SyncStatus},
    wire::ServerEpoch,
};
use holdfast_tests::{
    process::{ProgramError, program, run_json},
    trade,
};
use serde_json::Value;
use tokio::time::timeout;

use crate::{ledger::Ledger, shop::PATIENCE};

/// A till that does not run: its data folder.
#[derive(Debug, Clone)]
pub(crate) struct TillFolder {
    pub(crate) store: StoreId,
    pub(crate) path: PathBuf,
}

impl TillFolder {
    /// A new till, not enrolled yet.
    pub(crate) async fn make(store: StoreId, path: PathBuf) -> Self {
        let folder = Self { store, path };
        folder.command(&["init"]).await;
        folder
    }

    pub(crate) async fn enrol(
        &self,
        server: SocketAddr,
        code: &str,
    ) -> Result<Value, ProgramError> {
        let server = server.to_string();
        self.try_command(&["enrol", "--server", &server, "--code", code])
            .await
    }

    /// Runs a `holdfast-node` command, which must succeed.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Value {
        self.try_command(arguments)
            .await
            .expect("the command succeeds")
    }

    pub(crate) async fn try_command(&self, arguments: &[&str]) -> Result<Value, ProgramError> {
        let data_dir = self.path.display().to_string();
        let mut all = vec![
            "--data-dir",
            &data_dir,
            "--output",
            "json",
            "--log-filter",
            "off",
        ];
        all.extend(arguments);
        run_json(&program("holdfast-node")?, &all).await
    }

    /// What `sync status` says to be wrong, and that it says what to do.
    pub(crate) async fn is_in_trouble(&self, name: &str) {
        let status = self.command(&["sync", "status"]).await;
        assert_eq!(status["trouble"]["name"], name, "{status:#}");
        let advice = status["trouble"]["what_to_do"].as_str();
        assert!(advice.is_some_and(|advice| !advice.is_empty()));
    }

    pub(crate) fn identity(&self) -> IdentityFolder {
        IdentityFolder::within(&self.path)
    }

    /// Its node number.
    pub(crate) fn number(&self) -> NodeNumber {
        self.identity().enrolment().expect("enrolled").enrolled.node
    }

    /// Copies the whole folder of a till that does not run, key and all.
    pub(crate) fn copy(&self, to: PathBuf) -> Self {
        let mut waiting = vec![(self.path.clone(), to.clone())];
        while let Some((from, to)) = waiting.pop() {
            fs::create_dir(&to).expect("a new folder");
            for entry in fs::read_dir(&from).expect("a folder") {
                let entry = entry.expect("an entry");
                let target = to.join(entry.file_name());
                if entry.file_type().expect("a type").is_dir() {
                    waiting.push((entry.path(), target));
                } else {
                    fs::copy(entry.path(), target).expect("copied");
                }
            }
        }
        Self {
            store: self.store.clone(),
            path: to,
        }
    }

    pub(crate) fn start(self) -> Till {
        let surroundings = Surroundings::of_machine().expect("a socket");
        self.start_in(surroundings)
    }

    pub(crate) fn start_in(self, surroundings: Surroundings) -> Till {
        let settings = Settings::for_data_dir(&self.path);
        self.start_with(&settings, surroundings)
    }

    pub(crate) fn start_with(self, settings: &Settings, surroundings: Surroundings) -> Till {
        let node = Node::start_in(settings, surroundings).expect("the till starts");
        Till { folder: self, node }
    }
}

/// A till that runs. Dropping it ends it where it stands.
pub(crate) struct Till {
    pub(crate) folder: TillFolder,
    pub(crate) node: Node,
}

impl Till {
    pub(crate) fn handle(&self) -> NodeHandle {
        self.node.handle()
    }

    /// Waits until the sync stands so.
    pub(crate) async fn link(&self, mut stands: impl FnMut(&Link) -> bool) {
        let mut status = self.node.sync().status();
        let stood = status.wait_for(|status: &SyncStatus| stands(&status.link));
        let stood = timeout(PATIENCE, stood).await.map(|stood| stood.is_ok());
        assert_eq!(
            stood,
            Ok(true),
            "{:?}",
            self.node.sync().status().latest().link
        );
    }

    pub(crate) async fn online(&self) {
        self.link(|link| *link == Link::Online).await;
    }

    /// Waits until the server has acknowledged all that this till wrote.
    pub(crate) async fn sent(&self) {
        let mut view = self.handle().watch();
        let sent = view.wait_for(|view| view.pending.entries == 0);
        let sent = timeout(PATIENCE, sent).await.map(|sent| sent.is_ok());
        assert_eq!(sent, Ok(true), "{:?}", self.node.sync().status().latest());
    }

    /// The server's epoch, as far as this till knows.
    pub(crate) fn epoch(&self) -> Option<ServerEpoch> {
        self.handle().watch().latest().sync.epoch
    }

    pub(crate) async fn meets_another_epoch(&self, epoch: Option<ServerEpoch>) {
        let mut view = self.handle().watch();
        let met = view.wait_for(|view| view.sync.epoch != epoch);
        let met = timeout(PATIENCE, met).await.map(|met| met.is_ok());
        assert_eq!(met, Ok(true));
    }

    pub(crate) fn unsent(&self) -> u64 {
        self.handle().watch().latest().pending.entries
    }

    /// Waits until all of this is in the till's own file, however it came there.
    pub(crate) async fn holds(&self, documents: &[DocumentId]) {
        let mut view = self.handle().watch();
        let held = async {
            for document in documents {
                while self.document_is_missing(*document).await {
                    view.changed().await.expect("the engine runs");
                }
            }
        };
        timeout(PATIENCE, held)
            .await
            .expect("the till holds them all");
    }

    pub(crate) async fn document_is_missing(&self, document: DocumentId) -> bool {
        self.handle()
            .document(document)
            .await
            .expect("read")
            .is_none()
    }

    /// Opens the session, if none is open; then makes so many sales and one return.
    pub(crate) async fn trade(&self, sales: u32, ledger: &mut Ledger) -> Vec<Receipt> {
        let till = self.handle();
        if till.watch().latest().session.is_none() {
            trade::open_session(&till).await.expect("opened");
        }
        let mut receipts = Vec::new();
        for number in 0..sales {
            let pieces = 1 + number % 7;
            let sold = trade::sell(&till, pieces).await.expect("sold");
            ledger.add(&self.folder.store, &sold, i64::from(pieces));
            receipts.push(sold);
        }
        if let Some(last) = receipts.last() {
            let taken = trade::take_back(&till, last.document)
                .await
                .expect("taken back");
            ledger.add(&self.folder.store, &taken, -1);
        }
        receipts
    }

    pub(crate) async fn stop(self) -> TillFolder {
        self.node.stop().await;
        self.folder
    }
}
