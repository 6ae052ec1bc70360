//! What a store's rules say about returns.

use super::{BlindLine, ReturnContext, ReturnRequest, ReturnedGoods, VerifiedLine, take_back};
use crate::{
    after_sale::after_sale,
    identity::{DocumentId, Sku, TaxCode},
    misfit::Misfit,
    operation::{BlindReason, Disposition, LineKind, LineNumber, Role, TaxMode, TenderKind},
    order::SaleTender,
    rules::Rules,
    stock::return_movements,
    testing::{
        document_id, minor, open_session, order_number, order_of, reason, return_of, sale_line,
        sale_of, session_of, sold, written,
    },
    text_value::Description,
    value::{MinorUnits, Quantity},
};

fn blind(price: &str, refund: TenderKind) -> ReturnRequest {
    ReturnRequest {
        goods: ReturnedGoods::Blind {
            because: BlindReason::NotFound,
            tax_mode: TaxMode::Inclusive,
            lines: vec![BlindLine {
                product: Sku::new("TEA").unwrap(),
                description: Description::new("Tea").unwrap(),
                kind: LineKind::Goods,
                quantity: Quantity::pieces(2).unwrap(),
                unit_price: price.parse().unwrap(),
                tax_code: TaxCode::new("standard").unwrap(),
                tax_rate: "20".parse().unwrap(),
                reason: reason(),
                disposition: Disposition::Damaged,
            }],
        },
        refunds: vec![SaleTender::the_rest(refund)],
        customer: None,
    }
}

fn verified(order: DocumentId) -> ReturnRequest {
    ReturnRequest {
        goods: ReturnedGoods::Verified {
            order,
            lines: vec![VerifiedLine {
                line: LineNumber::new(1).unwrap(),
                quantity: Quantity::pieces(1).unwrap(),
                reason: reason(),
                disposition: Disposition::Restock,
            }],
        },
        refunds: vec![SaleTender::the_rest(TenderKind::Card)],
        customer: None,
    }
}

/// "taken for so much", or the refusal's code.
fn outcome(request: &ReturnRequest, date: &str, role: Role, rules: &Rules) -> String {
    let sale = sale_of(
        vec![sale_line("TEA", "3", "2.50", LineKind::Goods)],
        TenderKind::Cash,
    );
    let morning = session_of(&open_session(9_000, "2010-12-01", 0));
    let left = after_sale(&order_of(&sold(1, &sale, &morning)), &[]);
    let session = session_of(&open_session(9_001, date, 0));
    let context = ReturnContext {
        number: order_number(5),
        session: &session,
        role,
        rules,
    };
    match take_back(request, Some(&left), &context) {
        Ok(bodies) => {
            let returned = return_of(&written(document_id(5), bodies));
            assert_eq!(returned.misfits, Vec::<Misfit>::new());
            format!("taken for {}", returned.refunded_minor())
        }
        Err(refusal) => refusal.code().to_owned(),
    }
}

#[test]
fn returns_are_taken_by_the_stores_rules() {
    let open = Rules::default();
    let capped = Rules {
        return_window_days: Some(30),
        blind_return_cap_minor: Some(minor(500)),
        blind_return_any_tender: false,
        ..Rules::default()
    };
    let (sale, other) = (document_id(1), document_id(2));
    let (cash, credit) = (TenderKind::Cash, TenderKind::StoreCredit);
    let (cashier, manager, customer) = (Role::Cashier, Role::Manager, Role::Customer);
    let rows = [
        (
            verified(sale),
            "2010-12-01",
            cashier,
            &open,
            "taken for 250",
        ),
        (
            verified(other),
            "2010-12-01",
            cashier,
            &open,
            "original_differs",
        ),
        (
            verified(sale),
            "2010-12-01",
            customer,
            &open,
            "role_not_allowed",
        ),
        (
            verified(sale),
            "2010-12-31",
            cashier,
            &capped,
            "taken for 250",
        ),
        (
            verified(sale),
            "2011-01-01",
            cashier,
            &capped,
            "return_window",
        ),
        (
            verified(sale),
            "2011-01-01",
            manager,
            &capped,
            "taken for 250",
        ),
        (
            blind("9.99", cash),
            "2010-12-01",
            cashier,
            &open,
            "taken for 1998",
        ),
        (
            blind("9.99", cash),
            "2010-12-01",
            customer,
            &open,
            "role_not_allowed",
        ),
        (
            blind("9.99", credit),
            "2010-12-01",
            cashier,
            &capped,
            "blind_return_cap",
        ),
        (
            blind("9.99", credit),
            "2010-12-01",
            manager,
            &capped,
            "taken for 1998",
        ),
        (
            blind("2.50", cash),
            "2010-12-01",
            cashier,
            &capped,
            "blind_return_tender",
        ),
        (
            blind("2.50", credit),
            "2010-12-01",
            cashier,
            &capped,
            "taken for 500",
        ),
    ];
    for (request, date, role, rules, expected) in rows {
        assert_eq!(
            outcome(&request, date, role, rules),
            expected,
            "{request:?} on {date} by {role:?}"
        );
    }
}

#[test]
fn refunds_are_exactly_what_the_lines_are_worth() {
    let mut request = blind("2.50", TenderKind::Cash);
    request.refunds[0].amount_minor = Some(minor(499));
    let outcome_of =
        |request: &ReturnRequest| outcome(request, "2010-12-01", Role::Cashier, &Rules::default());
    assert_eq!(outcome_of(&request), "refund_differs");
    request
        .refunds
        .push(SaleTender::the_rest(TenderKind::StoreCredit));
    assert_eq!(outcome_of(&request), "taken for 500");
    request.refunds[0].amount_minor = Some(MinorUnits::ZERO);
    assert_eq!(outcome_of(&request), "amount_not_positive");
}

#[test]
fn damaged_goods_do_not_come_back_into_stock() {
    let session = session_of(&open_session(9_000, "2010-12-01", 0));
    let context = ReturnContext {
        number: order_number(5),
        session: &session,
        role: Role::Cashier,
        rules: &Rules::default(),
    };
    let mut request = blind("2.50", TenderKind::Cash);
    for (disposition, movements) in [(Disposition::Damaged, 0), (Disposition::Restock, 1)] {
        if let ReturnedGoods::Blind { lines, .. } = &mut request.goods {
            lines[0].disposition = disposition;
        }
        let bodies = take_back(&request, None, &context).unwrap();
        let returned = return_of(&written(document_id(5), bodies));
        assert_eq!(return_movements(&returned).len(), movements);
    }
}
