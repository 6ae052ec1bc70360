//! A till that comes back with weeks of orders in its file.

use std::{path::Path, sync::Arc, time::Duration};

use holdfast_node::{
    clock::{Clock, SystemClock},
    engine::{Engine, Origin},
    enrol::{Enrolment, IdentityFolder},
    node::{Node, open_store, store_place},
    random::SystemRandom,
    settings::Settings,
    store::TillIdentity,
};
use holdfast_schemas::{log::LogEntry, wire::limits::FRAME_CHANGES_MAX};
use quinn::Endpoint;
use tokio::time::timeout;

use super::{
    Bench, Goal, Row, Stopwatch, Unit, bare_quic,
    company::{Company, Member, loopback},
    fleet::runtime,
    line::PATIENCE,
    report::milliseconds,
    statistics::Samples,
    yardstick::BareFile,
};

/// The real till from its start until it shows that nothing is pending; beside it the same bytes over one QUIC stream
/// into a bare file.
pub(super) fn measure(bench: &Bench) -> Vec<Row> {
    let orders = bench.size(14_000, 100);
    let folder = bench.scratch();
    let company = Company::found(&folder.path().join("server"), bench.size(3, 1), 1);
    let mut bare = BareFile::create(&folder.path().join("bare.sqlite"));
    let (mut ours, mut yardstick) = (Samples::default(), Samples::default());
    let (servers, tills) = (runtime(), runtime());
    let store = company.open_store();
    let server = servers.block_on(async { company.serve(Arc::clone(&store)) });
    for member in &company.members {
        let mut book = member.book();
        book.sell(orders);
        let data_dir = folder.path().join(format!("till-{}", member.node()));
        prepare_till(&data_dir, member, server.address(), book.entries());
        let rows: Vec<Box<[u8]>> = book
            .entries()
            .iter()
            .map(|entry| entry.change.clone())
            .collect();
        yardstick.add(copy(&company, member, &rows, &mut bare));
        ours.add(tills.block_on(catch_up(&data_dir)));
    }
    servers.block_on(server.shutdown());
    vec![Row::beside(
        "catch-up of a till with 14,000 orders pending",
        Unit::Milliseconds,
        milliseconds(ours.median()),
        milliseconds(yardstick.median()),
        Goal::AtMostTimes(3.0),
    )]
}

/// Makes a till's data folder: its identity, and a file that holds these entries of its own, of which the server has
/// none.
pub(super) fn prepare_till(
    data_dir: &Path,
    member: &Member,
    server: std::net::SocketAddr,
    entries: &[LogEntry],
) {
    let identity = IdentityFolder::within(data_dir);
    std::fs::create_dir(data_dir).expect("a new folder");
    let key = member.key.serialize_pem();
    std::fs::create_dir(data_dir.join("identity")).expect("a new folder");
    std::fs::write(data_dir.join("identity/key.pem"), key).expect("kept");
    let enrolment = Enrolment {
        server: server.to_string().parse().expect("an address"),
        enrolled: member.enrolled.clone(),
    };
    identity.keep(&enrolment).expect("kept");
    let now = SystemClock.now();
    let till = TillIdentity::from(&member.enrolled);
    let file = open_store(&store_place(data_dir), &till, now).expect("a file");
    let mut engine = Engine::new(file, &mut SystemRandom).expect("an engine");
    for page in entries.chunks(FRAME_CHANGES_MAX) {
        engine
            .apply_entries(page, Origin::File, now)
            .expect("taken");
    }
}

async fn catch_up(data_dir: &Path) -> Duration {
    let watch = Stopwatch::start();
    let node = Node::start(&Settings::for_data_dir(data_dir)).expect("started");
    let mut view = node.handle().watch();
    let caught_up = view.wait_for(|view| view.pending.entries == 0);
    drop(
        timeout(PATIENCE, caught_up)
            .await
            .expect("caught up in time"),
    );
    let elapsed = watch.elapsed();
    node.stop().await;
    elapsed
}

fn copy(company: &Company, member: &Member, rows: &[Box<[u8]>], file: &mut BareFile) -> Duration {
    let runtime = runtime();
    let server = runtime.block_on(async { bare_quic::endpoint(company.data_dir()) });
    let watch = Stopwatch::start();
    runtime.block_on(async {
        let client = Endpoint::client(loopback()).expect("a socket");
        let address = server.local_addr().expect("bound");
        let sending = async {
            let connection = bare_quic::connect(&client, address, member).await;
            bare_quic::send_rows(&connection.expect("let in"), rows).await;
        };
        tokio::join!(bare_quic::copy_to_file(&server, file), sending);
    });
    watch.elapsed()
}
