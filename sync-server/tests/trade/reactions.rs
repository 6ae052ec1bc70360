//! S3 and S4: what the server decides, and what headquarters does.

use std::collections::BTreeSet;

use holdfast_schemas::{
    change::recognise,
    document::Document,
    identity::{DocumentId, NodeNumber, OrderNumber},
    operation::{Author, DocumentKind, Role},
    order::{OrderState, fold_order},
    reaction::unalias,
    refusal::Refusal,
};
use holdfast_server::{
    project,
    react::UnaliasError,
    store::{
        CursorName, EntryNumber, LogStore, OrderFilter, OrderKey, PageLimit, Store, Upkeep,
        sqlite::SqliteStore,
    },
};

use super::{
    dump,
    shop::{Company, OPENED, database, on_both, reactor, reason, settle},
};

fn stored(server: &dyn Store, id: DocumentId) -> Document {
    project::read_document(server, id).expect("a document")
}

fn order(server: &dyn Store, id: DocumentId) -> OrderState {
    fold_order(id, stored(server, id).operations())
}

fn own_entries(server: &dyn Store) -> usize {
    let entries = server
        .entries_after(EntryNumber::START, u32::MAX)
        .expect("entries");
    let own = entries
        .iter()
        .filter(|entry| entry.log.node() == NodeNumber::SERVER);
    own.count()
}

/// Whether both documents say that they are one order, and the rows do.
fn assert_one(server: &dyn Store, first: DocumentId, second: DocumentId) {
    assert_eq!(order(server, first).aliases.len(), 1);
    assert!(order(server, first).aliases.contains_key(&second));
    assert_eq!(order(server, second).aliases.len(), 1);
    assert!(order(server, second).aliases.contains_key(&first));
    let page = server
        .orders(&OrderFilter::default(), None, PageLimit::MAX)
        .expect("a page");
    let canonical: BTreeSet<_> = page.rows.iter().map(|(_, row, _)| row.canonical).collect();
    assert_eq!(canonical, BTreeSet::from([first.min(second)]));
}

#[test]
fn an_outside_order_that_was_captured_twice_is_aliased_once_for_ever() {
    on_both(|server| {
        let mut company = Company::found(server);
        // The web-hook came twice, to two tills.
        let first = company.sell(0, "TEA", 2, Some("web:7"));
        let second = company.sell(2, "TEA", 2, Some("web:7"));
        company.bring_all(server);
        let mut process = reactor(server, 1);
        settle(server, &mut process);
        assert_one(server, first, second);
        assert_eq!(own_entries(server), 2, "one operation in each document");
        let stock = server
            .stock(None, None, None, PageLimit::MAX)
            .expect("a page");
        assert_eq!(stock.rows.len(), 1, "goods count once");

        // A rebuild, and a process that starts where the last one stopped, add nothing.
        let (rows, cursor) = (dump::rows(server), server.cursor(CursorName::React));
        project::rebuild(server).expect("a rebuild");
        assert_eq!(dump::rows(server), rows);
        settle(server, &mut reactor(server, 2));
        assert_eq!(own_entries(server), 2);
        assert_eq!(
            server.cursor(CursorName::React).expect("a cursor"),
            cursor.expect("a cursor")
        );

        // Nor does anything that happens to them later.
        company.take_back(0, first);
        company.bring_all(server);
        settle(server, &mut reactor(server, 3));
        assert_eq!(own_entries(server), 2);
        assert_one(server, first, second);
    });
}

#[test]
fn a_customer_who_comes_before_the_web_order_is_the_same_order() {
    on_both(|server| {
        let mut company = Company::found(server);
        let at_the_till = company.sell(0, "TEA", 1, Some("web:8"));
        company.bring_all(server);
        let mut process = reactor(server, 1);
        settle(server, &mut process);
        assert_eq!(own_entries(server), 0, "one alone is no clash");
        let web = company.sell(2, "TEA", 1, Some("web:8"));
        company.bring_all(server);
        settle(server, &mut process);
        assert_one(server, at_the_till, web);
        // Both were paid: somebody is to be given money back.
        let misfits = server.misfits(None, None, PageLimit::MAX).expect("a page");
        let names: Vec<_> = misfits.rows.iter().map(|(_, row)| &*row.name.0).collect();
        assert_eq!(names, ["alias_both_paid"]);
    });
}

#[test]
fn three_captures_are_one_order() {
    on_both(|server| {
        let mut company = Company::found(server);
        for till in 0..3 {
            company.sell(till, "TEA", 1, Some("web:9"));
        }
        company.bring_all(server);
        settle(server, &mut reactor(server, 1));
        let page = server
            .orders(&OrderFilter::default(), None, PageLimit::MAX)
            .expect("a page");
        let canonical: BTreeSet<_> = page.rows.iter().map(|(_, row, _)| row.canonical).collect();
        assert_eq!((page.rows.len(), canonical.len()), (3, 1));
    });
}

#[test]
fn a_server_restored_from_a_backup_decides_again_and_tills_that_know_both_decisions_count_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = database(&folder);
    let mut company = Company::found(&server);
    let first = company.sell(0, "TEA", 1, Some("web:7"));
    let second = company.sell(2, "TEA", 1, Some("web:7"));
    company.bring_all(&server);
    project::rebuild(&server).expect("a rebuild");
    let file = folder.path().join("backup.db");
    server.backup(&file).expect("a copy");
    settle(&server, &mut reactor(&server, 1));

    let restored = SqliteStore::open(&file).expect("the copy");
    settle(&restored, &mut reactor(&restored, 2));
    assert_one(&restored, first, second);
    for id in [first, second] {
        // A till has what it got from the server before, and gets what it decides now.
        let entries = [&server, &restored].map(|server| server.document_entries(id, None));
        let changes = entries
            .into_iter()
            .flat_map(|entries| entries.expect("entries"))
            .map(|entry| recognise(&entry.bytes).expect("a change"));
        let document = Document::from_changes(id, changes);
        assert_eq!(document.changes().len(), 3, "the sale and two decisions");
        let merged = fold_order(id, document.operations());
        assert_eq!(merged.aliases.len(), 1);
        assert_eq!(merged.misfits, order(&restored, id).misfits);
    }
}

/// What two tills do when the second one's clock and mint are a copy of the first one's; the smaller document first.
fn on_copies(
    company: &mut Company,
    mut act: impl FnMut(&mut Company, usize) -> DocumentId,
) -> (DocumentId, DocumentId) {
    let (now, mint) = (company.tills[0].now, company.tills[0].mint);
    let first = act(company, 0);
    company.tills[1].now = now;
    company.tills[1].mint = mint;
    let second = act(company, 1);
    (first.min(second), first.max(second))
}

/// Two sales with one number.
fn clash(company: &mut Company) -> (DocumentId, DocumentId, OrderNumber) {
    let (first, second) = on_copies(company, |company, till| company.sell(till, "TEA", 1, None));
    let number = company.order(first).numbers.current().expect("a number");
    assert_eq!(company.order(second).numbers.current(), Some(number));
    (first, second, number)
}

#[test]
fn a_number_that_was_minted_twice_is_mended_and_both_receipts_find_their_sale() {
    on_both(|server| {
        let mut company = Company::found(server);
        let (earlier, later, number) = clash(&mut company);
        company.bring_all(server);
        settle(server, &mut reactor(server, 1));

        assert_eq!(order(server, earlier).numbers.current(), Some(number));
        let further = order(server, later).numbers.current().expect("a number");
        assert_ne!(further, number);
        let find = |number| server.find(&OrderKey::Number(number)).expect("found");
        assert_eq!(find(number), vec![earlier, later], "both receipts show it");
        assert_eq!(find(further), vec![later]);
        assert_eq!(own_entries(server), 1);
        let misfits = server.misfits(None, None, PageLimit::MAX).expect("a page");
        let names: Vec<_> = misfits.rows.iter().map(|(_, row)| &*row.name.0).collect();
        assert_eq!(names, ["number_clash"]);

        project::rebuild(server).expect("a rebuild");
        settle(server, &mut reactor(server, 2));
        assert_eq!(own_entries(server), 1);
        assert_eq!(find(further), vec![later]);
    });
}

#[test]
fn a_number_that_two_returns_or_a_return_and_an_order_got_is_mended_and_finds_both() {
    on_both(|server| {
        let mut company = Company::found(server);
        let sale = company.sell(0, "TEA", 9, None);
        company.sell(1, "TEA", 1, None);
        let take_back = |company: &mut Company, till| {
            let taken = company.take_back(till, sale);
            taken.expect("so much was sold")
        };
        let of_two_returns = on_copies(&mut company, take_back);
        let of_both_kinds = on_copies(&mut company, |company, till| match till {
            0 => take_back(company, till),
            _ => company.sell(till, "MUG", 1, None),
        });
        company.bring_all(server);
        settle(server, &mut reactor(server, 1));

        let find = |number| server.find(&OrderKey::Number(number)).expect("found");
        for (earlier, later) in [of_two_returns, of_both_kinds] {
            let [kept, given] = [earlier, later].map(|id| {
                let rows = server.document_rows(id).expect("read");
                rows.expect("projected").numbers
            });
            assert_eq!(kept.len(), 1, "the earlier one keeps its number");
            assert_eq!(given.len(), 2, "the later one goes by a further number");
            assert_eq!(given[1], kept[0]);
            assert_eq!(find(kept[0]), vec![earlier, later], "both receipts show it");
            assert_eq!(find(given[0]), vec![later]);
        }
        let in_both_kinds = server.document_rows(of_both_kinds.0).expect("read");
        let number = in_both_kinds.expect("projected").numbers[0];
        let orders = server.find_orders(&OrderKey::Number(number));
        assert_eq!(orders.expect("found").len(), 1, "the other one is a return");
        let misfits = server.misfits(None, None, PageLimit::MAX).expect("a page");
        let names: Vec<_> = misfits.rows.iter().map(|(_, row)| &*row.name.0).collect();
        assert_eq!(names, ["number_clash", "number_clash"]);
        assert_eq!(own_entries(server), 2);

        let rows = dump::rows(server);
        project::rebuild(server).expect("a rebuild");
        settle(server, &mut reactor(server, 2));
        assert_eq!((own_entries(server), dump::rows(server)), (2, rows));
    });
}

#[test]
fn a_process_that_starts_within_the_second_of_the_last_one_mints_no_number_twice() {
    on_both(|server| {
        let mut company = Company::found(server);
        let (_, first, _) = clash(&mut company);
        company.bring_all(server);
        settle(server, &mut reactor(server, 1));
        let (_, second, _) = clash(&mut company);
        company.bring_all(server);
        // The clock stands still: `settle` gives every process the same time.
        settle(server, &mut reactor(server, 2));
        let numbers =
            [first, second].map(|id| order(server, id).numbers.current().expect("a number"));
        assert_ne!(numbers[0], numbers[1]);
        assert_eq!(own_entries(server), 2, "nothing had to be mended twice");
        assert_eq!(server.last_own_number().expect("read"), Some(numbers[1]));
    });
}

#[test]
fn headquarters_takes_an_alias_back_and_it_stays_away() {
    on_both(|server| {
        let mut company = Company::found(server);
        let first = company.sell(0, "TEA", 1, Some("web:7"));
        let second = company.sell(2, "TEA", 1, Some("web:7"));
        company.bring_all(server);
        let mut process = reactor(server, 1);
        settle(server, &mut process);

        let by = Author {
            role: Role::Headquarters,
            user: None,
        };
        let (one, other) = (order(server, first), order(server, second));
        let command = unalias(&one, &other, &reason(), OPENED, &by).expect("it is allowed");
        let written = process.unalias(server, [first, second], &reason(), &by, OPENED);
        assert_eq!(written.expect("kept"), 2);
        let again = process.unalias(server, [first, second], &reason(), &by, OPENED);
        assert!(matches!(
            again,
            Err(UnaliasError::Refused(Refusal::NotAliased { .. }))
        ));
        assert_eq!(
            process.command(server, command).expect("kept"),
            0,
            "the same command twice counts once"
        );
        settle(server, &mut process);
        settle(server, &mut reactor(server, 2));
        for id in [first, second] {
            assert_eq!(order(server, id).aliases.len(), 0);
        }
        let rows = dump::rows(server);
        project::rebuild(server).expect("a rebuild");
        assert_eq!(dump::rows(server), rows);
        let page = server
            .orders(&OrderFilter::default(), None, PageLimit::MAX)
            .expect("a page");
        assert!(page.rows.iter().all(|(id, row, _)| row.canonical == *id));
        assert_eq!(company.ids(DocumentKind::Order).len(), page.rows.len());
    });
}
