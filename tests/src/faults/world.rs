//! Everything that there is in a run: headquarters, tills, the network, and the model beside them.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    rc::Rc,
    sync::Arc,
};

use holdfast_node::{
    Node, Surroundings,
    enrol::{self, IdentityFolder},
    random::SeededRandom,
    settings::Settings,
    store::StorePlace,
};
use holdfast_schemas::{
    identity::{NodeNumber, StoreId, TenantId},
    wire::{
        Capabilities, Capability, Dialect, ProtocolRange, ProtocolVersion, ServerEpoch,
        enrol::CodeSecret,
    },
};
use holdfast_server::{
    metrics::Metrics,
    pki::{Authority, CertificateSerial, ServerCertificate, ServerSigner},
    session::{SyncServer, SyncServerParts, WriterPlace},
    store::{
        Registry, Store, StoreRecord, Upkeep,
        sqlite::{SqlitePlace, SqliteStore},
    },
};
use quinn::{Endpoint, EndpointConfig};
use rcgen::{KeyPair, PKCS_ED25519};
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::sync::Notify;

use super::{
    cashier::Counter,
    disk::DiskImage,
    intruder::Intruder,
    journal::{Journal, Side},
    ledger::Ledger,
    machine::{Machine, WallClock},
    model::Model,
    network::Network,
    random::Random,
    vfs::{SCRATCH, VFS},
};

/// How long an enrolment code is good.
const CODE_LIFETIME_MS: i64 = 60 * 60 * 1000;
const TILL_PORT: u16 = 5_000;
const SERVER_PORT: u16 = 4_433;
/// The company's stores.
const STORES: [&str; 2] = ["york", "leeds"];
const SERVER_FILE: &str = "server.sqlite";
pub(super) const TILL_FILE: &str = "till.sqlite";

/// A version of the program, as far as the other end can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// This one.
    Ours,
    /// A later one, which can do more and still speaks as we do.
    Later,
    /// One that has forgotten how we speak.
    TooLate,
}

impl Version {
    pub(super) fn draw(random: &mut Random) -> Self {
        match random.below(10) {
            0..5 => Self::Ours,
            5..8 => Self::Later,
            _ => Self::TooLate,
        }
    }

    fn dialect(self) -> Dialect {
        let ours = Dialect::OURS;
        let later = ProtocolVersion(ProtocolVersion::NEWEST.0 + 1);
        let oldest = match self {
            Self::Ours => return ours,
            Self::Later => ours.versions.oldest,
            Self::TooLate => later,
        };
        let name = Capability::new("something-later").expect("a capability's name");
        Dialect {
            versions: ProtocolRange {
                oldest,
                newest: later,
            },
            capabilities: Capabilities::try_from(BTreeSet::from([name])).expect("few"),
        }
    }
}

/// What runs at headquarters.
pub(super) struct ServerProcess {
    /// Held, so that it runs.
    _server: SyncServer,
    pub(super) store: Arc<SqliteStore>,
}

/// A machine, and what runs on it now.
pub(super) struct Site<P> {
    pub(super) machine: Machine,
    pub(super) address: SocketAddr,
    process: RefCell<Option<P>>,
    /// Somebody is starting or ending it.
    busy: Cell<bool>,
    free: Notify,
    /// How often something ran here.
    starts: Cell<u64>,
}

/// Headquarters.
pub(super) struct Headquarters {
    pub(super) site: Site<ServerProcess>,
    authority: Arc<Authority>,
    signer: Arc<ServerSigner>,
    certificate: ServerCertificate,
    /// What the server runs when it starts next.
    pub(super) version: Cell<Version>,
}

/// A till of a store, or a copy of one.
pub(super) struct Till {
    pub(super) site: Site<Node>,
    pub(super) folder: PathBuf,
    pub(super) store: StoreId,
    pub(super) node: NodeNumber,
    pub(super) counter: Rc<Counter>,
    /// It was shut out: what it wrote since may never arrive.
    pub(super) revoked: Cell<bool>,
    /// Where headquarters' log ended when it was shut out.
    pub(super) revoked_at: Cell<Option<u64>>,
    /// Of this till's disk there is a copy that trades.
    pub(super) is_copied: Cell<bool>,
    /// What it runs when it starts next.
    pub(super) version: Cell<Version>,
}

/// All of it.
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) journal: Journal,
    pub(super) network: Network,
    pub(super) headquarters: Headquarters,
    pub(super) tills: RefCell<Vec<Rc<Till>>>,
    pub(super) model: Rc<RefCell<Model>>,
    /// Who came in and is no till.
    pub(super) intruder: Cell<Option<NodeNumber>>,
    clock: WallClock,
    folder: PathBuf,
    _scratch: Machine,
}

impl<P> Site<P> {
    fn new(machine: Machine, address: SocketAddr) -> Self {
        Self {
            machine,
            address,
            process: RefCell::new(None),
            busy: Cell::new(false),
            free: Notify::new(),
            starts: Cell::new(0),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.process.borrow().is_some()
    }

    /// Waits until nobody else starts or ends it.
    async fn take(&self) {
        while self.busy.replace(true) {
            self.free.notified().await;
        }
    }

    fn let_go(&self) {
        self.busy.set(false);
        self.free.notify_one();
    }

    fn next_start(&self) -> u64 {
        self.starts.set(self.starts.get() + 1);
        self.starts.get()
    }
}

fn address(machine: u8, port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(10, 0, 0, machine), port))
}

impl World {
    /// A company with a server and no till, its file made and its stores added.
    pub(super) fn new(seed: u64, journal: Journal, folder: PathBuf) -> Self {
        let clock = WallClock::beginning_now();
        let scratch = Machine::new(SCRATCH, seed, &clock);
        let machine = Machine::new("headquarters", seed, &clock);

        journal.watch(Side::Server, Arc::clone(&machine.power));
        let tenant = TenantId::new("example").expect("a tenant's name");
        let mut random = Random::new(seed, "headquarters");
        let now = machine.clock.time();
        let serial = CertificateSerial(random.bytes());
        let (authority, _) = Authority::create(tenant.clone(), now, serial).expect("made");
        let serial = CertificateSerial(random.bytes());
        let certificate = authority.issue_server(&[], now, serial).expect("made");
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("made");
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let signer = ServerSigner::new(tenant.clone(), &key).expect("an Ed25519 key");
        let place = SqlitePlace::in_vfs(machine.path(SERVER_FILE), VFS);
        let epoch = ServerEpoch::from_bytes(random.bytes());
        let store = SqliteStore::create_in(place, &tenant, epoch).expect("a new file");
        for name in STORES {
            let store_id = StoreId::new(name).expect("a store's code");
            let record = StoreRecord {
                store: store_id,
                added_at: now,
            };
            store.add_store(&record).expect("added");
        }
        Self {
            seed,
            network: Network::new(seed, journal.clone()),
            journal,
            headquarters: Headquarters {
                site: Site::new(machine, address(1, SERVER_PORT)),
                authority: Arc::new(authority),
                signer: Arc::new(signer),
                certificate,
                version: Cell::new(Version::Ours),
            },
            tills: RefCell::default(),
            model: Rc::default(),
            intruder: Cell::new(None),
            clock,
            folder,
            _scratch: scratch,
        }
    }

    pub(super) fn tills(&self) -> Vec<Rc<Till>> {
        self.tills.borrow().clone()
    }

    fn server_place(&self) -> SqlitePlace {
        SqlitePlace::in_vfs(self.headquarters.site.machine.path(SERVER_FILE), VFS)
    }

    /// Starts the server; whether it could: its disk may be ill.
    pub(super) fn start_server(&self) -> bool {
        let Headquarters {
            site,
            authority,
            signer,
            certificate,
            version,
        } = &self.headquarters;
        let store = match SqliteStore::open_in(self.server_place()) {
            Ok(store) => Arc::new(store),
            Err(error) => {
                self.note_failed("headquarters", &error);
                return false;
            }
        };
        let kept: Arc<dyn Store> = Arc::<SqliteStore>::clone(&store);
        let parts = SyncServerParts {
            store: kept,
            authority: Arc::clone(authority),
            signer: Arc::clone(signer),
            certificate: ServerCertificate {
                certificate: certificate.certificate.clone(),
                key: certificate.key.clone_key(),
            },
            clock: Arc::new(site.machine.clock.clone()),
            tls_time: Arc::new(site.machine.clock.clone()),
            metrics: Arc::new(Metrics::default()),
            writer: WriterPlace::Beside,
            dialect: version.get().dialect(),
        };
        let power = Arc::clone(&site.machine.power);
        let socket = self.network.bind(site.address, power);
        let tasks = Arc::new(site.machine.tasks.clone());
        match SyncServer::start_on(parts, socket, tasks) {
            Ok(server) => {
                let start = site.next_start();
                self.journal
                    .note(format_args!("headquarters: start {start}"));
                let process = ServerProcess {
                    _server: server,
                    store,
                };
                site.process.replace(Some(process));
                true
            }
            Err(error) => {
                self.note_failed("headquarters", &error);
                false
            }
        }
    }

    fn note_failed(&self, machine: &str, error: &dyn std::error::Error) {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        self.journal
            .note(format_args!("{machine}: can't start: {text}"));
    }

    /// What the running server keeps.
    pub(super) fn server_store(&self) -> Option<Arc<SqliteStore>> {
        let process = self.headquarters.site.process.borrow();
        process.as_ref().map(|process| Arc::clone(&process.store))
    }

    /// Brings a new till into a store, over the network as a person would.
    pub(super) async fn enrol(&self, store: &str) -> Rc<Till> {
        let index = self.tills.borrow().len();
        let number = u8::try_from(index + 2).expect("few tills");
        let store = StoreId::new(store).expect("a store's code");
        let machine = Machine::new(&format!("till-{index}"), self.seed, &self.clock);
        self.journal.watch(Side::Till, Arc::clone(&machine.power));
        let address = address(number, TILL_PORT);
        let folder = self.folder.join(format!("till-{index}"));
        std::fs::create_dir_all(&folder).expect("a folder for the till's key");
        let registry = self.server_store().expect("the server runs");
        let mut random = Random::new(self.seed, &format!("code {index}"));
        let code = holdfast_server::enrol::make_code(
            &*registry,
            &self.headquarters.authority,
            store.clone(),
            CodeSecret::from_bytes(random.bytes()),
            machine.clock.time(),
            CODE_LIFETIME_MS,
        )
        .expect("a code");
        let endpoint = self.endpoint(&machine, address);
        let identity = IdentityFolder::within(&folder);
        let server = self.headquarters.site.address.to_string();
        let enrolment = enrol::enrol(
            &endpoint,
            &identity,
            server.parse().expect("an address"),
            code,
            machine.clock.time(),
            Arc::new(machine.clock.clone()),
        )
        .await
        .expect("the server lets the till in");
        let till = Rc::new(Till {
            site: Site::new(machine, address),
            folder,
            store,
            node: enrolment.enrolled.node,
            counter: Rc::default(),
            revoked: Cell::new(false),
            revoked_at: Cell::new(None),
            is_copied: Cell::new(false),
            version: Cell::new(Version::Ours),
        });
        self.tills.borrow_mut().push(Rc::clone(&till));
        till
    }

    /// A second machine with a till's key and a copy of its disk.
    pub(super) fn copy_till(&self, till: &Till, image: &DiskImage) -> Rc<Till> {
        let index = self.tills.borrow().len();
        let number = u8::try_from(index + 2).expect("few tills");
        let machine = Machine::new(&format!("till-{index}"), self.seed, &self.clock);
        self.journal.watch(Side::Till, Arc::clone(&machine.power));
        machine.disk.borrow_mut().put_back(image);
        let copy = Rc::new(Till {
            site: Site::new(machine, address(number, TILL_PORT)),
            folder: till.folder.clone(),
            store: till.store.clone(),
            node: till.node,
            counter: Rc::default(),
            revoked: Cell::new(false),
            revoked_at: Cell::new(None),
            is_copied: Cell::new(true),
            version: Cell::new(till.version.get()),
        });
        till.is_copied.set(true);
        self.tills.borrow_mut().push(Rc::clone(&copy));
        copy
    }

    fn endpoint(&self, machine: &Machine, address: SocketAddr) -> Endpoint {
        let socket = self.network.bind(address, Arc::clone(&machine.power));
        let tasks = Arc::new(machine.tasks.clone());
        let config = EndpointConfig::default();
        Endpoint::new_with_abstract_socket(config, None, socket, tasks).expect("an endpoint")
    }

    /// Starts a till; whether it could.
    pub(super) fn start_till(&self, till: &Till) -> bool {
        let machine = &till.site.machine;
        let start = till.site.next_start();
        let mut random = Random::new(self.seed, &format!("{} {start}", machine.name));
        let surroundings = Surroundings {
            endpoint: self.endpoint(machine, till.site.address),
            clock: Box::new(machine.clock.clone()),
            random: Box::new(SeededRandom::new(random.next())),
            tls_time: Arc::new(machine.clock.clone()),
            store: Some(StorePlace::in_vfs(machine.path(TILL_FILE), VFS)),
            dialect: till.version.get().dialect(),
        };
        let settings = Settings::for_data_dir(&till.folder);
        match Node::start_in(&settings, surroundings) {
            Ok(node) => {
                self.journal
                    .note(format_args!("{}: start {start}", machine.name));
                till.counter.show(Some((node.handle(), node.sync())));
                till.site.process.replace(Some(node));
                true
            }
            Err(error) => {
                self.note_failed(&machine.name, &error);
                self.network.unbind(till.site.address);
                machine.disk.borrow_mut().remount();
                false
            }
        }
    }

    /// Somebody gets hold of a till's key, and tries what can be tried with it.
    pub(super) fn intrude(&self) {
        let tills = self.tills();
        let (Some(server), Some(victim)) = (self.server_store(), tills.first()) else {
            return;
        };
        let now = self.headquarters.site.machine.clock.time();
        let mut others = STORES.iter().filter(|name| **name != victim.store.as_str());
        let elsewhere = others.next().expect("another store");
        let elsewhere = StoreId::new(*elsewhere).expect("a store's code");
        let intruder = Intruder::enter(&server, &victim.store, now);
        self.intruder.set(Some(intruder.node()));
        intruder.strike(victim.node, &elsewhere);
    }

    /// Ends the till's process where it stands.
    pub(super) async fn kill_till(&self, till: &Till) {
        till.site.take().await;
        self.journal
            .note(format_args!("{}: killed", till.site.machine.name));
        self.network.unbind(till.site.address);
        till.counter.show(None);
        let process = till.site.process.take();
        till.site.machine.kill(process).await;
        self.model.borrow_mut().users.stopped(till.node);
        till.site.let_go();
    }

    /// Ends the server's process where it stands.
    pub(super) async fn kill_server(&self) {
        let site = &self.headquarters.site;
        site.take().await;
        self.journal.note(format_args!("headquarters: killed"));
        self.network.unbind(site.address);
        let process = site.process.take();
        site.machine.kill(process).await;
        site.let_go();
    }

    /// Pulls the plug of a till, and gives the power back.
    pub(super) async fn cut_till(&self, till: &Till) {
        till.site.take().await;
        self.journal
            .note(format_args!("{}: no power", till.site.machine.name));
        self.network.unbind(till.site.address);
        till.counter.show(None);
        let process = till.site.process.take();
        till.site.machine.cut_power(process).await;
        self.model.borrow_mut().users.stopped(till.node);
        till.site.machine.restore_power();
        till.site.let_go();
    }

    /// Pulls the plug of headquarters, and gives the power back.
    pub(super) async fn cut_server(&self) {
        let site = &self.headquarters.site;
        site.take().await;
        self.journal.note(format_args!("headquarters: no power"));
        self.network.unbind(site.address);
        let process = site.process.take();
        site.machine.cut_power(process).await;
        site.machine.restore_power();
        site.let_go();
    }

    /// Puts a copy in the place of the server's disk, as an operator does: with a new epoch.
    pub(super) fn restore_server(&self, image: &DiskImage) {
        let machine = &self.headquarters.site.machine;
        machine.disk.borrow_mut().put_back(image);
        let store = SqliteStore::open_in(self.server_place()).expect("a whole file");
        let mut random = Random::new(self.seed, "new epoch");
        let epoch = ServerEpoch::from_bytes(random.bytes());
        store.begin_epoch(epoch, 10).expect("begun");
        self.journal.note(format_args!("headquarters: restored"));
    }
}

impl Till {
    pub(super) fn image(&self) -> DiskImage {
        self.site.machine.disk.borrow().image()
    }

    /// A look at its file.
    pub(super) fn ledger(&self) -> Ledger {
        Ledger::of(&self.site.machine, TILL_FILE)
    }

    /// Where the sync of the running process stands.
    pub(super) fn status(&self) -> Option<holdfast_schemas::sync::till::SyncStatus> {
        let process = self.site.process.borrow();
        Some(process.as_ref()?.sync().status().latest())
    }
}

impl Headquarters {
    /// The path of its file.
    pub(super) fn file(&self) -> String {
        self.site.machine.path(SERVER_FILE)
    }

    /// A look at its files.
    pub(super) fn ledger(&self) -> Ledger {
        Ledger::of_headquarters(&self.site.machine, SERVER_FILE)
    }
}
