//! All tills come back at once, each with a day's orders.

use std::time::Duration;

use holdfast_schemas::wire::limits::{FRAME_CHANGES_MAX, PUSH_FRAMES_IN_FLIGHT_MAX};

use super::{
    Bench, Goal, Row, Stopwatch, Unit,
    company::Company,
    fleet::{Fleet, Framing},
    report::a_second,
    statistics::Samples,
};

/// The tills push a day's orders over the lines that they have; then lose their lines, sell another day, and all
/// connect at once and push that. What 10,000 tills bring in a day would take minutes to make, so there are fewer of
/// them, each with a whole day.
pub(super) fn measure(bench: &Bench) -> Vec<Row> {
    let tills = bench.size(200, 4);
    let day = bench.size(FRAME_CHANGES_MAX, 8);
    let framing = Framing {
        orders: day,
        repeated_every: usize::MAX,
    };
    let folder = bench.scratch();
    let mut fleet = Fleet::start(Company::found(&folder.path().join("server"), tills, 1));
    let (mut steady, mut reconnected) = (Samples::default(), Samples::default());
    for _ in 0..bench.size(2, 1) {
        let (_, frames) = fleet.sell(day, framing);
        steady.add(pushed(&mut fleet, frames));
        fleet.wait_until_readable();
        let (_, frames) = fleet.sell(day, framing);
        fleet.disconnect();
        reconnected.add(pushed(&mut fleet, frames));
        fleet.wait_until_readable();
    }
    fleet.stop();
    vec![Row::beside(
        "tills that reconnect at once with a day's orders, beside steady ingest",
        Unit::OrdersPerSecond,
        a_second(tills * day, reconnected.median()),
        a_second(tills * day, steady.median()),
        Goal::AtLeastTimes(0.8),
    )]
}

fn pushed(fleet: &mut Fleet, frames: Vec<Vec<super::line::ReadyFrame>>) -> Duration {
    let watch = Stopwatch::start();
    fleet.push(frames, PUSH_FRAMES_IN_FLIGHT_MAX);
    watch.elapsed()
}
