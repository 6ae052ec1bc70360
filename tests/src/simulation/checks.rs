//! What must hold when everything has come to rest.

use std::collections::BTreeSet;

use holdfast_schemas::sync::till::{Input, Link};

use super::{World, books::Books, till::Till, till_store::EntryKey};

/// Longer than any wait of a machine after a disconnect.
const REST_MS: i64 = 5 * 60_000;

/// Between two looks at how much a system at rest says.
const QUIET_MS: i64 = 10 * 60_000;

/// The most bytes that a till and its session say in [`QUIET_MS`] of rest: keep-alives.
const QUIET_BYTES_MAX: u64 = 6_000;

/// The most bytes that a comparison costs a till and its session where nothing differs: a digest that hardly compresses.
const COMPARISON_BYTES_MAX: u64 = 11_000;

/// The most bytes that a commit costs on the wire in good times, for each till that sees it.
const COMMIT_BYTES_MAX: u64 = 1_500;

impl World {
    /// No more faults: lines are mended, and time passes. Then each till compares itself with the server.
    pub(super) fn come_to_rest(&mut self) {
        for till in &mut self.tills {
            till.partitioned = false;
        }
        self.advance(REST_MS);
        // Twice: what one till gives the server in its comparison another may lack.
        for _ in 0..2 {
            for index in 0..self.tills.len() {
                self.drive_till(index, Some(Input::CompareNow));
            }
            self.advance(REST_MS);
        }
    }

    pub(super) fn check(&mut self) {
        self.check_links();
        self.check_stores();
        self.check_sums();
        self.check_comparison();
        self.check_quiet();
        self.check_cost();
        self.check_stores();
    }

    /// What is acknowledged is stored: always, not only at rest.
    pub(super) fn check_acknowledged(&self) {
        let database = &self.server.database;
        let same_epoch = |till: &&Till| till.disk.epoch == Some(database.epoch);
        for till in self.tills.iter().filter(same_epoch) {
            for (log, position) in till.disk.acknowledged() {
                let durable = database.durable(log).position;
                assert!(position <= durable, "{log} acknowledged to {position}");
            }
        }
    }

    fn check_links(&self) {
        for till in &self.tills {
            let status = till.machine.status();
            assert_eq!(status.link, Link::Online, "till {}", till.node);
            assert_eq!(status.unacknowledged, 0, "till {}", till.node);
            assert_eq!(status.feed_behind, 0, "till {}", till.node);
            assert!(status.data_as_of.is_some(), "till {}", till.node);
            assert!(till.asked.is_empty(), "till {}: no answer", till.node);
        }
    }

    fn check_stores(&self) {
        self.check_acknowledged();
        let database = &self.server.database;
        for feed in database.feeds() {
            let once: BTreeSet<_> = feed.iter().collect();
            assert_eq!(once.len(), feed.len(), "an entry is in a feed twice");
        }
        let stored = database.keys();
        let lost: Vec<&EntryKey> = self.model.expected.difference(&stored).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        for key in &stored {
            assert!(
                self.model.ever.contains_key(key),
                "never committed: {key:?}"
            );
        }
        for till in &self.tills {
            let held: BTreeSet<EntryKey> = till.disk.keys().collect();
            let end = database.feed_end(&till.store_id);
            let scope = database.scope(&till.store_id, till.node, end);
            let have: BTreeSet<_> = held.iter().map(|(_, _, hash)| *hash).collect();
            let lacks: Vec<_> = scope.keys().filter(|hash| !have.contains(*hash)).collect();
            assert!(lacks.is_empty(), "till {} lacks {lacks:?}", till.node);
            let own = |(log, _, _): &&EntryKey| log.node() == till.node;
            let ours: BTreeSet<&EntryKey> = held.iter().filter(own).collect();
            let theirs: BTreeSet<&EntryKey> = stored.iter().filter(own).collect();
            assert!(ours.is_subset(&theirs), "till {} is not done", till.node);
            let forgot: Vec<_> = theirs.difference(&ours).collect();
            assert!(forgot.is_empty(), "till {} forgot {forgot:?}", till.node);
            assert_eq!(till.disk.records, database.records, "till {}", till.node);
        }
    }

    /// At rest tills and server hold the same, and comparing says so: nothing is offered again, whatever the server
    /// lost and got back.
    fn check_comparison(&mut self) {
        let before = self.network.bytes;
        for index in 0..self.tills.len() {
            let till = &self.tills[index];
            let theirs = self
                .server
                .database
                .digest(&till.store_id, till.node, till.disk.feed);
            let differing = till.disk.digest().differing(&theirs);
            assert!(differing.is_empty(), "till {}: {differing:?}", till.node);
            self.drive_till(index, Some(Input::CompareNow));
        }
        self.advance(60_000);
        let said = self.network.bytes - before;
        let tills = u64::try_from(self.tills.len()).expect("few tills");
        assert!(
            said <= tills * COMPARISON_BYTES_MAX,
            "{said} bytes to find that nothing differs"
        );
    }

    fn check_sums(&self) {
        let database = &self.server.database;
        let books = Books::of(&database.documents());
        let stored = database.keys();
        let counted = stored.difference(&database.quarantine).copied().collect();
        let (folded, summed) = (books.sums(), self.model.sum(&counted));
        assert_eq!(folded.money_minor, summed.money_minor);
        assert_eq!(folded.stock, summed.stock);
        assert_eq!(folded.lines, summed.lines);
        books.check_identities();
    }

    /// At rest, only keep-alives are said.
    fn check_quiet(&mut self) {
        let before = self.network.bytes;
        self.advance(QUIET_MS);
        let said = self.network.bytes - before;
        let tills = u64::try_from(self.tills.len()).expect("few tills");
        assert!(
            said <= tills * QUIET_BYTES_MAX,
            "{said} bytes while nothing happened"
        );
    }

    /// In good times a commit goes up once, and down once to each other till of its store.
    fn check_cost(&mut self) {
        const COMMITS: u64 = 40;
        let before = self.network.bytes;
        for turn in 0..COMMITS {
            let index = usize::try_from(turn).expect("small") % self.tills.len();
            self.sell(index);
            self.advance(1_000);
        }
        self.advance(60_000);
        let said = self.network.bytes - before;
        let tills = u64::try_from(self.tills.len()).expect("few tills");
        let bytes_max = COMMITS * tills * COMMIT_BYTES_MAX / 2 + tills * QUIET_BYTES_MAX;
        assert!(said <= bytes_max, "{said} bytes for {COMMITS} commits");
    }
}
