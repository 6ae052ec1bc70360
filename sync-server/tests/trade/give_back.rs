//! What a disk that was put back gets of its own, and what a server that was restored gets of its own.

use std::collections::BTreeMap;

use holdfast_schemas::{
    identity::{LogId, LogPosition, NodeNumber},
    log::{HeadSignature, LogEntry},
    wire::{FeedPosition, Push},
};
use holdfast_server::{
    ingest::prepare,
    store::{EntryNumber, FeedLimits, FrameOutcome, FramePrepared, LogStore, Store},
};

use super::shop::{Company, OPENED, on_both, position, reactor, settle, signer, store_id, tenant};

const ALL: FeedLimits = FeedLimits {
    entries_max: 1_000,
    bytes_target: 1 << 30,
    looked_at_max: 1_000,
};

fn fed(server: &dyn Store, reader: NodeNumber, of: LogId) -> Vec<LogEntry> {
    let (store, held) = (store_id("north"), BTreeMap::new());
    let page = server
        .feed_page(&store, reader, FeedPosition::START, &held, ALL)
        .expect("read");
    assert_eq!(page.through, page.end);
    let entries = page.entries.into_iter();
    entries.filter(|entry| entry.log == of).collect()
}

#[test]
fn a_till_gets_its_whole_log_back_and_its_neighbour_what_is_good_of_it() {
    on_both(|server| {
        let mut company = Company::found(server);
        company.sell(0, "TEA", 1, None);
        let document = company.new_document(0);
        company.till(0).log(document, [1, 2, 3].into());
        company.sell(0, "TEA", 1, None);
        company.bring_all(server);
        let (author, neighbour) = (company.till(0).node, company.till(1).node);
        let written = company.till(0).entries.clone();
        assert_eq!(fed(server, author, written[0].log), written);
        let mut good = written;
        good.retain(|entry| entry.document != document);
        assert_eq!(fed(server, neighbour, good[0].log), good);
        let hashes = server.feed_hashes(&store_id("north"), FeedPosition::new(100), neighbour);
        assert_eq!(hashes.expect("read").len(), good.len());
    });
}

/// All that a store has of the server's own logs, as a till would offer it.
fn own_frames(server: &dyn Store) -> Vec<Push> {
    let logs = server.logs_of(NodeNumber::SERVER).expect("read");
    logs.into_iter()
        .map(|head| {
            let entries = server.log_entries(head.log, LogPosition::START, 1_000);
            let signed = server.signed_head(head.log, head.position).expect("read");
            Push {
                after: position(0),
                entries: entries
                    .expect("read")
                    .into_iter()
                    .map(LogEntry::from)
                    .collect(),
                head: signed.expect("every head is signed"),
            }
        })
        .collect()
}

fn prepared(push: Push, by: NodeNumber) -> FramePrepared {
    prepare(push, by, &[signer().public_key()], &tenant(), OPENED)
}

/// Two shops took one outside order, at one moment and so under one number each: the server writes to both.
fn two_orders(company: &mut Company, server: &dyn Store) {
    for _ in 0..2 {
        company.sell(0, "TEA", 1, Some("web:7"));
        company.sell(2, "TEA", 1, Some("web:7"));
    }
    company.bring_all(server);
}

#[test]
fn each_store_s_feed_holds_the_server_s_log_for_it_without_gaps() {
    on_both(|server| {
        let mut company = Company::found(server);
        two_orders(&mut company, server);
        settle(server, &mut reactor(server, 1));
        let pushes = own_frames(server);
        assert_eq!(pushes.len(), 2, "one for each store that has something");
        let whole = pushes
            .iter()
            .filter(|push| fed(server, company.tills[0].node, push.log()) == push.entries);
        assert_eq!(whole.count(), 1, "the north's feed has the north's");
        assert!(pushes.iter().all(Push::is_gapless));
    });
}

#[test]
fn a_restored_server_takes_its_own_entries_back_and_decides_nothing_twice() {
    on_both(|restored| {
        let before =
            holdfast_server::store::memory::MemoryStore::new(tenant(), super::shop::epoch());
        let mut company = Company::found(&before);
        two_orders(&mut company, &before);
        settle(&before, &mut reactor(&before, 1));
        let pushes = own_frames(&before);
        let decided: usize = pushes.iter().map(|push| push.entries.len()).sum();
        assert!(decided > 0);

        // The restored server has neither the tills' entries nor its own. Its own come first, even.
        Company::found(restored);
        let by = company.till(0).node;
        for push in &pushes {
            let outcome = restored
                .ingest(&[prepared(push.clone(), by)])
                .expect("kept");
            assert!(matches!(
                outcome[..],
                [FrameOutcome::Durable { quarantined: 0, .. }]
            ));
        }
        company.bring_all(restored);
        settle(restored, &mut reactor(restored, 2));
        let end = restored.log_end().expect("read");
        assert_eq!(
            end,
            before.log_end().expect("read"),
            "nothing is written anew"
        );
        assert_eq!(
            restored.last_own_number().expect("read"),
            before.last_own_number().expect("read")
        );
        for push in &pushes {
            let again = fed(restored, by, push.log());
            assert_eq!(again.len(), fed(&before, by, push.log()).len());
        }
        assert_eq!(super::dump::rows(restored), super::dump::rows(&before));
    });
}

#[test]
fn what_the_server_did_not_sign_is_not_its_own() {
    on_both(|server| {
        let mut company = Company::found(server);
        two_orders(&mut company, server);
        settle(server, &mut reactor(server, 1));
        let end = server.log_end().expect("read");
        for mut push in own_frames(server) {
            // A log that the server did not write, and one whose end it did not write.
            push.head.signature = HeadSignature::from_bytes([7; 64]);
            let log = LogId::new(NodeNumber::SERVER, [9; 12]);
            push.head.head.log = log;
            for entry in &mut push.entries {
                entry.log = log;
            }
            let frame = prepared(push, company.till(0).node);
            let outcome = server.ingest(&[frame]).expect("kept");
            assert!(matches!(outcome[..], [FrameOutcome::NotSigned]));
        }
        assert_eq!(server.log_end().expect("read"), end);
        assert_ne!(end, EntryNumber::START);
    });
}
