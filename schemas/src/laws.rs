//! The laws of folds and decisions, over random baskets, commands and returns.

use proptest::prelude::*;

use crate::{
    after_sale::{ReturnStatus, after_sale},
    change::Change,
    document::Document,
    operation::{
        CancelReason, Disposition, GoodsHandedOver, LineKind, LineNumber, OrderCancelled, Role,
        TenderKind, TenderTaken, TenderVoided,
    },
    order::{
        FulfilmentStatus, OrderCommand, OrderStatus, SaleLine, SaleTender, decide_order,
        price_sale, transition_table,
    },
    refusal::Refusal,
    return_::{ReturnContext, ReturnRequest, ReturnedGoods, VerifiedLine, take_back},
    rules::Rules,
    stock::{StockLedger, order_movements, return_movements},
    testing::{
        append, document_id, log, minor, open_session, operation, order_number, order_of, reason,
        return_of, sale_line, sale_of, session_of, sold, store, written,
    },
    till_session::TillSessionState,
    value::{Currency, Discount, DiscountValue, MinorUnits, Quantity, QuantityTotal},
};

fn session() -> TillSessionState {
    session_of(&open_session(9_000, "2010-12-01", 10_000))
}

fn arbitrary_line() -> impl Strategy<Value = SaleLine> {
    (1_u32..12, 0_u32..2_000, any::<bool>(), 0_usize..3).prop_map(|(pieces, price, goods, sku)| {
        let kind = if goods {
            LineKind::Goods
        } else {
            LineKind::Service
        };
        let price = format!("{}.{:02}", price / 100, price % 100);
        sale_line(
            ["TEA", "JAM", "BAG"][sku],
            &pieces.to_string(),
            &price,
            kind,
        )
    })
}

/// A basket with a discount of so many per cent over all of it.
fn arbitrary_basket() -> impl Strategy<Value = (Vec<SaleLine>, u32)> {
    (proptest::collection::vec(arbitrary_line(), 1..6), 0_u32..60)
}

fn sold_basket(number: u64, (lines, percent): &(Vec<SaleLine>, u32)) -> Document {
    let mut sale = sale_of(lines.clone(), TenderKind::Cash);
    if *percent > 0 {
        sale.discounts.push(Discount {
            code: "example".parse().unwrap(),
            value: DiscountValue::Percent(percent.to_string().parse().unwrap()),
        });
    }
    sold(number, &sale, &session())
}

fn returned(
    number: u64,
    order: &Document,
    line: u32,
    pieces: u32,
    before: &[Document],
) -> Result<Document, Refusal> {
    let returns: Vec<_> = before.iter().map(return_of).collect();
    let after = after_sale(&order_of(order), &returns);
    let request = ReturnRequest {
        goods: ReturnedGoods::Verified {
            order: order.id(),
            lines: vec![VerifiedLine {
                line: LineNumber::new(line).unwrap(),
                quantity: Quantity::pieces(pieces).unwrap(),
                reason: reason(),
                disposition: Disposition::Restock,
            }],
        },
        refunds: vec![SaleTender::the_rest(TenderKind::Cash)],
        customer: None,
    };
    let session = session();
    let context = ReturnContext {
        number: order_number(i64::try_from(number).unwrap()),
        session: &session,
        role: Role::Cashier,
        rules: &Rules::default(),
    };
    let bodies = take_back(&request, Some(&after), &context)?;
    Ok(written(document_id(number), bodies))
}

/// What a random command is made of: which, a line or tender, an amount, a role.
type Choice = (u8, u32, i64, usize);

fn command(document: &Document, (which, nth, amount, _): Choice) -> OrderCommand {
    let order = order_of(document);
    let line = LineNumber::new(nth % 4 + 1).unwrap();
    match which % 7 {
        0 => {
            let text = format!("{}.{:02}", amount / 100, amount % 100);
            let sale = sale_of(
                vec![sale_line("TEA", "1", &text, LineKind::Goods)],
                TenderKind::Cash,
            );
            let mut added = price_sale(&sale, Currency::GBP).unwrap().remove(0);
            added.line = line;
            OrderCommand::AddLine(added)
        }
        1 => OrderCommand::VoidLine {
            line,
            reason: reason(),
        },
        2 => OrderCommand::TakeTender(TenderTaken {
            session: None,
            kind: TenderKind::Card,
            amount_minor: if nth % 2 == 0 {
                order.due_minor()
            } else {
                minor(amount)
            },
            tendered_minor: None,
            rounding_minor: None,
            reference: None,
        }),
        3 => OrderCommand::VoidTender(TenderVoided {
            tender: document
                .operations()
                .nth(usize::try_from(nth).unwrap() % document.operation_count())
                .unwrap()
                .0,
            session: None,
            reason: reason(),
        }),
        4 => OrderCommand::HandOver(GoodsHandedOver {
            store: store(),
            lines: Vec::new(),
        }),
        5 => OrderCommand::Complete,
        _ => OrderCommand::Cancel(OrderCancelled {
            reason: CancelReason::ByStaff,
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_sale_folds_to_a_completed_order_without_misfits(basket in arbitrary_basket()) {
        let order = order_of(&sold_basket(1, &basket));
        prop_assert_eq!(&order.misfits, &Vec::new());
        prop_assert_eq!(order.status(), OrderStatus::Completed);
        prop_assert_eq!(order.held_minor(), order.total_minor());
        prop_assert!(matches!(order.fulfilment_status(), FulfilmentStatus::HandedOver | FulfilmentStatus::NoGoods));
    }

    #[test]
    fn what_is_decided_never_misfits_and_goes_where_the_table_says(
        choices in proptest::collection::vec((any::<u8>(), any::<u32>(), 1_i64..900, 0_usize..6), 1..30),
    ) {
        let opened = sold_basket(1, &(vec![sale_line("TEA", "1", "1", LineKind::Goods)], 0));
        let header = order_of(&opened).header.unwrap();
        let table = transition_table(header.order_type).unwrap();
        let mut document = written(document_id(1), vec![header.into()]);
        for choice in choices {
            let before = order_of(&document);
            let (command, role) = (command(&document, choice), Role::ALL[choice.3]);
            let Ok(bodies) = decide_order(&before, &command, role, &Rules::default()) else {
                continue;
            };
            append(&mut document, 1, bodies);
            let after = order_of(&document);
            prop_assert_eq!(&after.misfits, &Vec::new());
            let row = table.step(before.status(), command.action(), role).unwrap();
            prop_assert!(row.to.contains(&after.status()), "{:?} led to {:?}", row, after.status());
            let taken = after.tenders.values().fold(MinorUnits::ZERO, |sum, tender| sum.saturating_plus(tender.amount_minor));
            let given_back = after.tenders.values().filter(|tender| !tender.voided.is_empty());
            let given_back = given_back.fold(MinorUnits::ZERO, |sum, tender| sum.saturating_plus(tender.amount_minor));
            prop_assert_eq!(taken, after.held_minor().saturating_plus(given_back));
        }
    }

    #[test]
    fn returns_refund_exactly_what_was_paid_and_never_more(
        basket in arbitrary_basket(),
        tries in proptest::collection::vec((1_u32..7, 1_u32..13), 1..20),
    ) {
        let order = sold_basket(1, &basket);
        let mut returns = Vec::new();
        for (number, (line, pieces)) in (2..).zip(tries) {
            if let Ok(document) = returned(number, &order, line, pieces, &returns) {
                prop_assert_eq!(&return_of(&document).misfits, &Vec::new());
                returns.push(document);
            }
        }
        // Whatever is left comes back as well.
        let states: Vec<_> = returns.iter().map(return_of).collect();
        let left = after_sale(&order_of(&order), &states);
        prop_assert_eq!(&left.misfits, &Vec::new());
        for (number, (line, left)) in (100..).zip(&left.lines) {
            if let Some(quantity) = left.left().quantity() {
                let pieces = quantity.to_string().parse().unwrap();
                returns.push(returned(number, &order, line.get(), pieces, &returns).unwrap());
            }
        }
        let states: Vec<_> = returns.iter().map(return_of).collect();
        let after = after_sale(&order_of(&order), &states);
        prop_assert_eq!(&after.misfits, &Vec::new());
        prop_assert_eq!(after.status(), ReturnStatus::Returned);
        prop_assert_eq!(after.refunded_minor, after.paid_minor);

        // All that was handed over is back in stock; the ledger's sum does not depend on the order of its rows.
        let mut movements = order_movements(&order_of(&order));
        movements.extend(states.iter().flat_map(return_movements));
        let ledger: StockLedger = movements.iter().collect();
        let backwards: StockLedger = movements.iter().rev().collect();
        prop_assert_eq!(&ledger, &backwards);
        prop_assert!(ledger.on_hand().values().flat_map(|totals| totals.values()).all(QuantityTotal::is_zero));
    }

    #[test]
    fn arrival_order_and_duplicates_do_not_matter(
        choices in proptest::collection::vec((any::<u8>(), any::<u32>(), 1_i64..900, 0_usize..6), 1..12),
        arrival in proptest::collection::vec(any::<prop::sample::Index>(), 1..40),
    ) {
        let first = sold_basket(1, &(vec![sale_line("TEA", "1", "1", LineKind::Goods)], 0));
        let header = order_of(&first).header.unwrap();
        let mut tills = [Document::new(document_id(1)), Document::new(document_id(1))];
        let mut changes: Vec<Change> = Vec::new();
        let opened = tills[0].append(log(1), &[operation(Role::Cashier, header.into())]).unwrap();
        for till in &mut tills {
            till.insert(opened.change.clone());
        }
        changes.push(opened.change);
        // Two tills act on their own, on what each of them knows.
        for (index, choice) in choices.into_iter().enumerate() {
            let till = &mut tills[index % 2];
            let command = command(till, choice);
            let Ok(bodies) = decide_order(&order_of(till), &command, Role::Manager, &Rules::default()) else {
                continue;
            };
            let operations: Vec<_> = bodies.into_iter().map(|body| operation(Role::Manager, body)).collect();
            let number = u32::try_from(index % 2).unwrap() + 1;
            let appended = till.append(log(number), &operations).unwrap();
            till.insert(appended.change.clone());
            changes.push(appended.change);
        }
        let straight = Document::from_changes(document_id(1), changes.clone());
        let mut shuffled = Document::new(document_id(1));
        for index in &arrival {
            shuffled.insert(index.get(&changes).clone());
        }
        for change in changes.into_iter().rev() {
            shuffled.insert(change);
        }
        prop_assert_eq!(order_of(&straight), order_of(&shuffled));
    }
}

#[test]
fn two_tills_refund_one_line_at_once_and_it_is_named() {
    let order = sold_basket(
        1,
        &(vec![sale_line("TEA", "1", "2.50", LineKind::Goods)], 0),
    );
    let one = returned(2, &order, 1, 1, &[]).unwrap();
    let other = returned(3, &order, 1, 1, &[]).unwrap();
    let after = after_sale(
        &order_of(&order),
        &[return_of(&one), return_of(&other), return_of(&one)],
    );
    let codes: Vec<_> = after
        .misfits
        .iter()
        .map(crate::misfit::Misfit::code)
        .collect();
    assert_eq!(
        codes,
        [
            "returned_more_than_sold",
            "refunded_more_than_share",
            "refunded_more_than_paid"
        ]
    );
    assert_eq!(
        returned(4, &order, 1, 1, &[one, other])
            .map(|document| document.id())
            .map_err(|refusal| refusal.code()),
        Err("more_than_left")
    );
}
