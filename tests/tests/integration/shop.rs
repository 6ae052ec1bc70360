//! A company in a temporary folder: its server as a process, and its headquarters.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use holdfast_schemas::{
    identity::{DocumentId, StoreId},
    value::MinorUnits,
};
use holdfast_tests::{
    headquarters::Headquarters,
    process::{ProgramError, ServerProcess, program, run_json},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    process::Command,
    time::{interval, timeout},
};

use crate::{
    ledger::Ledger,
    till::{Till, TillFolder},
};

/// How long anything that must happen may take, in all, before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How often headquarters is asked again.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// What headquarters shows of trade.
const SHOWN: [&str; 6] = [
    "/v1/orders",
    "/v1/returns",
    "/v1/stock",
    "/v1/sessions",
    "/v1/misfits",
    "/v1/quarantine",
];

pub(crate) fn leeds() -> StoreId {
    StoreId::new("leeds").expect("a store's code")
}

pub(crate) fn york() -> StoreId {
    StoreId::new("york").expect("a store's code")
}

/// The company.
pub(crate) struct Shop {
    folder: TempDir,
    key: String,
    server: Option<ServerProcess>,
    /// Where its tills find it; the same after every start.
    sync: Option<SocketAddr>,
}

impl Shop {
    /// Makes a company with the stores Leeds and York, and starts its server.
    pub(crate) async fn open() -> Self {
        Self::open_for("example").await
    }

    /// The same for another tenant.
    pub(crate) async fn open_for(tenant: &str) -> Self {
        let mut shop = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            key: String::new(),
            server: None,
            sync: None,
        };
        shop.command(&["init", "--tenant", tenant]).await;
        for store in [leeds(), york()] {
            shop.command(&["store", "add", store.as_str()]).await;
        }
        let scopes = ["orders", "stock", "sessions", "operations"];
        let mut create = vec!["key", "create", "integration"];
        create.extend(scopes.iter().flat_map(|scope| ["--scope", *scope]));
        let made = shop.command(&create).await;
        shop.key = made["key"].as_str().expect("a key").to_owned();
        shop.start().await;
        shop
    }

    /// A file or folder of this company's.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path("server")
    }

    /// Runs a `holdfast-server` command, which must succeed.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Value {
        self.try_command(arguments)
            .await
            .expect("the command succeeds")
    }

    pub(crate) async fn try_command(&self, arguments: &[&str]) -> Result<Value, ProgramError> {
        let data_dir = self.data_dir().display().to_string();
        let mut all = vec!["--data-dir", &data_dir, "--output", "json"];
        all.extend(arguments);
        run_json(&program("holdfast-server")?, &all).await
    }

    /// What a `holdfast-server` command, which must succeed, prints for people.
    pub(crate) async fn command_text(&self, arguments: &[&str]) -> String {
        let output = Command::new(program("holdfast-server").expect("it was built"))
            .arg("--data-dir")
            .arg(self.data_dir())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .await
            .expect("the program runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Starts the server, where it was before.
    pub(crate) async fn start(&mut self) {
        assert!(self.server.is_none(), "it runs");
        let server = ServerProcess::start(&self.data_dir(), self.sync).await;
        let server = server.expect("the server starts");
        self.sync = Some(server.addresses().sync);
        self.server = Some(server);
    }

    /// Ends the server as a power cut would.
    pub(crate) async fn kill(&mut self) {
        let server = self.server.take().expect("it runs");
        server.kill().await.expect("killed");
    }

    /// Ends the server in order; it must say that all went well.
    pub(crate) async fn stop(&mut self) {
        let server = self.server.take().expect("it runs");
        server.stop().await.expect("stopped");
    }

    /// Where tills find the server.
    pub(crate) fn sync(&self) -> SocketAddr {
        self.sync.expect("the server was started")
    }

    pub(crate) fn headquarters(&self) -> Headquarters {
        let server = self.server.as_ref().expect("it runs");
        let authority = self.data_dir().join("pki").join("ca.pem");
        Headquarters::new(server.addresses().http, &authority, self.key.clone())
            .expect("the authority's certificate")
    }

    /// A code for one till.
    pub(crate) async fn code(&self, store: &StoreId) -> String {
        let made = self
            .command(&["till", "enrol-code", "--store", store.as_str()])
            .await;
        made["code"].as_str().expect("a code").to_owned()
    }

    /// Makes a till's folder and enrols it, over a line of its own where one is given.
    pub(crate) async fn enrol(
        &self,
        store: StoreId,
        name: &str,
        line: Option<SocketAddr>,
    ) -> TillFolder {
        let code = self.code(&store).await;
        let folder = TillFolder::make(store, self.path(name)).await;
        folder
            .enrol(line.unwrap_or(self.sync()), &code)
            .await
            .expect("enrolled");
        folder
    }

    /// Waits until headquarters shows exactly this.
    pub(crate) async fn shows(&self, expected: &Ledger) {
        let headquarters = self.headquarters();
        let settled = async {
            let mut poll = interval(POLL_INTERVAL);
            loop {
                poll.tick().await;
                let as_of = headquarters.as_of().expect("an answer");
                if as_of.projected == as_of.durable && Ledger::shown(&headquarters) == *expected {
                    return;
                }
            }
        };
        if timeout(PATIENCE, settled).await.is_err() {
            assert_eq!(Ledger::shown(&headquarters), *expected);
            panic!("the projection never caught up with the log");
        }
    }

    /// Waits until headquarters lists exactly these orders, each with its total.
    pub(crate) async fn shows_orders(&self, expected: &BTreeMap<DocumentId, MinorUnits>) {
        let headquarters = self.headquarters();
        let shown = || Ledger::shown(&headquarters).orders;
        let settled = async {
            let mut poll = interval(POLL_INTERVAL);
            while shown() != *expected {
                poll.tick().await;
            }
        };
        if timeout(PATIENCE, settled).await.is_err() {
            assert_eq!(shown(), *expected);
        }
    }

    /// Asks headquarters again and again until it says so.
    pub(crate) async fn until(&self, path: &str, mut says: impl FnMut(&[Value]) -> bool) {
        let headquarters = self.headquarters();
        let said = async {
            let mut poll = interval(POLL_INTERVAL);
            loop {
                poll.tick().await;
                if says(&headquarters.list::<Value>(path).expect("an answer")) {
                    return;
                }
            }
        };
        timeout(PATIENCE, said).await.expect("headquarters says so");
    }

    /// The end of every test: headquarters shows exactly what was traded and nothing that does not fit; then all is
    /// stopped, every file is sound, and its projections, built anew, come out as they were.
    pub(crate) async fn close(self, tills: Vec<Till>, expected: &Ledger) {
        self.close_with_misfits(tills, expected, &[]).await;
    }

    /// As [`Shop::close`], where misfits of these names, and no others, are to be seen.
    pub(crate) async fn close_with_misfits(
        mut self,
        tills: Vec<Till>,
        expected: &Ledger,
        misfits: &[&str],
    ) {
        for till in &tills {
            till.sent().await;
        }
        self.shows(expected).await;
        for till in tills {
            let folder = till.stop().await;
            let checked = folder.command(&["store", "check"]).await;
            assert_eq!(checked["findings"], Value::Array(Vec::new()));
            let rebuilt = folder.command(&["store", "rebuild"]).await;
            let projections = rebuilt["projections"].as_array().expect("projections");
            assert!(!projections.is_empty());
            assert!(
                projections.iter().all(|one| one["changed"] == false),
                "{rebuilt:#}"
            );
        }
        let shown = self.everything_shown();
        let seen = shown["/v1/misfits"].iter();
        let seen: BTreeSet<_> = seen.filter_map(|misfit| misfit["name"].as_str()).collect();
        assert_eq!(seen, misfits.iter().copied().collect());
        assert_eq!(shown["/v1/quarantine"], Vec::<Value>::new());
        self.stop().await;
        let checked = self.command(&["store", "check"]).await;
        assert_eq!(checked["sound"], true, "{checked:#}");
        self.command(&["store", "rebuild"]).await;
        self.start().await;
        assert_eq!(self.everything_shown(), shown);
        self.stop().await;
    }

    fn everything_shown(&self) -> BTreeMap<&'static str, Vec<Value>> {
        let headquarters = self.headquarters();
        SHOWN
            .into_iter()
            .map(|path| (path, headquarters.list(path).expect("an answer")))
            .collect()
    }
}
