//! Ingest: many tills push what they sold, until it is durable, and until headquarters has it.

use holdfast_schemas::wire::limits::{FRAME_CHANGES_MAX, PUSH_FRAMES_IN_FLIGHT_MAX};
use holdfast_server::project;

use super::{
    Bench, Goal, Row, Stopwatch, Unit, clock,
    company::Company,
    fleet::{Fleet, Framing},
    report::{a_second, milliseconds},
    statistics::Samples,
    yardstick::BareFile,
};

/// Every how many-th frame a till sends twice.
const REPEATED_EVERY: usize = 10;
/// An acknowledgement of one order may take this long, in milliseconds, for all but one in a hundred.
const ACKNOWLEDGED_MS_MAX: f64 = 100.0;

/// What each round of a measurement took.
#[derive(Default)]
struct Rounds {
    durable: Samples,
    readable: Samples,
    bare: Samples,
}

/// Full frames, several in flight: tills that come back with a backlog.
pub(super) fn frames(bench: &Bench) -> Vec<Row> {
    let (tills, frames) = (bench.size(20, 2), bench.size(5, 2));
    let framing = Framing {
        orders: bench.size(FRAME_CHANGES_MAX, 8),
        repeated_every: REPEATED_EVERY,
    };
    let folder = bench.scratch();
    let mut bare = BareFile::create(&folder.path().join("bare.sqlite"));
    let mut fleet = Fleet::start(Company::found(&folder.path().join("server"), tills, 1));
    let mut rounds = Rounds::default();
    for _ in 0..bench.size(3, 1) {
        let (changes, frames) = fleet.sell(frames * framing.orders, framing);
        rounds
            .bare
            .add(bare.insert_batched(changes.iter().map(|change| &**change)));
        let watch = Stopwatch::start();
        fleet.push(frames, PUSH_FRAMES_IN_FLIGHT_MAX);
        rounds.durable.add(watch.elapsed());
        fleet.wait_until_readable();
        rounds.readable.add(watch.elapsed());
    }
    let store = fleet.stop();
    let (elapsed, end) = clock::time(|| project::rebuild(&*store).expect("rebuilt"));
    let rebuilt = usize::try_from(end.get()).expect("in range");
    frame_rows(
        tills * frames * framing.orders,
        &rounds,
        a_second(rebuilt, elapsed),
    )
}

fn frame_rows(orders: usize, rounds: &Rounds, rebuilt: f64) -> Vec<Row> {
    let bare = a_second(orders, rounds.bare.median());
    let readable = a_second(orders, rounds.readable.median());
    let row = |name, ours, yardstick, times| {
        let goal = Goal::AtLeastTimes(times);
        Row::beside(name, Unit::OrdersPerSecond, ours, yardstick, goal)
    };
    vec![
        row(
            "server ingest over QUIC, acknowledged = durable",
            a_second(orders, rounds.durable.median()),
            bare,
            0.4,
        ),
        row(
            "the same, until headquarters can read it",
            readable,
            bare,
            0.2,
        ),
        row(
            "rebuild of the projections, beside the row above",
            rebuilt,
            readable,
            1.5,
        ),
    ]
}

/// One order in a frame, and the next one only when that is acknowledged: tills that sell.
pub(super) fn single(bench: &Bench) -> Vec<Row> {
    let (stores, tills_a_store) = (bench.size(20, 2), bench.size(10, 2));
    let orders_a_till = bench.size(20, 2);
    let framing = Framing {
        orders: 1,
        repeated_every: usize::MAX,
    };
    let folder = bench.scratch();
    let mut bare = BareFile::create(&folder.path().join("bare.sqlite"));
    let company = Company::found(&folder.path().join("server"), stores, tills_a_store);
    let mut fleet = Fleet::start(company);
    let mut rounds = Rounds::default();
    let mut acknowledged = Samples::default();
    let bare_orders = bench.size(400, 4);
    for _ in 0..bench.size(3, 1) {
        let (changes, frames) = fleet.sell(orders_a_till, framing);
        let inserted = changes.iter().take(bare_orders);
        let inserted = inserted.map(|change| bare.insert([&**change]));
        rounds.bare.add(inserted.sum());
        let watch = Stopwatch::start();
        acknowledged.extend(fleet.push(frames, 1));
        rounds.durable.add(watch.elapsed());
        fleet.wait_until_readable();
    }
    fleet.stop();
    let orders = stores * tills_a_store * orders_a_till;
    vec![
        Row::beside(
            "one order in a frame, 200 tills",
            Unit::OrdersPerSecond,
            a_second(orders, rounds.durable.median()),
            a_second(bare_orders, rounds.bare.median()),
            Goal::AtLeastTimes(4.0),
        ),
        Row::alone(
            "one order in a frame, 200 tills: acknowledged, p99",
            Unit::Milliseconds,
            milliseconds(acknowledged.percentile(99)),
            ACKNOWLEDGED_MS_MAX,
        ),
    ]
}
