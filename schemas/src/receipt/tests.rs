use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    layout::{column_lines, wrap},
    words::Word,
    *,
};
use crate::{
    after_sale::after_sale,
    document::Document,
    identity::{NodeNumber, ReceiptNumber, UserId},
    operation::{
        CashCounted, Disposition, LineKind, LineNumber, LogRange, Operation, PaidIn, Role, TaxMode,
        TenderKind,
    },
    order::{OrderState, Sale, SaleContext, SaleTender, sell},
    reference::StoreSettings,
    return_::{ReturnContext, ReturnRequest, ReturnState, ReturnedGoods, VerifiedLine, take_back},
    rules::Rules,
    store_settings::{Language, PrintedText, ReceiptTexts, StoreHeader, TaxNumber},
    testing::{
        append, document_id, log, minor, open_session, operation, order_number, order_of, reason,
        return_of, sale_line, sale_of, session_of, written,
    },
    text_value::Description,
    till_session::{
        CloseSession, SessionCommand, SessionTakings, TillSessionState, decide_till_session,
    },
    value::{Discount, DiscountValue, Quantity},
};

fn settings() -> StoreSettings {
    let text = |text: &str| PrintedText::new(text).unwrap();
    let lines = |lines: [(Language, &str); 3]| -> BTreeMap<Language, Vec<PrintedText>> {
        lines
            .into_iter()
            .map(|(language, line)| (language, vec![text(line)]))
            .collect()
    };
    StoreSettings {
        header: StoreHeader {
            name: Some(text("Example Stores")),
            address: vec![text("1 Example Street"), text("York")],
            tax_number: Some(TaxNumber::new("GB 123 4567 89").unwrap()),
            logo: true,
        },
        receipt_texts: ReceiptTexts {
            language: Language::En,
            footer: lines([
                (Language::En, "Thank you!"),
                (Language::De, "Vielen Dank!"),
                (Language::Es, "¡Gracias!"),
            ]),
            return_policy: lines([
                (Language::En, "Returns within 30 days with this receipt."),
                (
                    Language::De,
                    "Rückgabe innerhalb von 30 Tagen mit diesem Beleg.",
                ),
                (Language::Es, "Devoluciones en 30 días con este ticket."),
            ]),
        },
        ..StoreSettings::default()
    }
}

fn context(settings: &StoreSettings, language: Language) -> ReceiptContext<'_> {
    ReceiptContext {
        settings,
        language,
        till: NodeNumber::new(12).unwrap(),
        at: LocalTime {
            date: "2026-03-07".parse().unwrap(),
            hour: 9,
            minute: 5,
        },
        served_by: Some("Alex"),
        mark: ReceiptMark::Original,
    }
}

fn receipt_number() -> ReceiptNumber {
    "12-000123".parse().unwrap()
}

fn session() -> TillSessionState {
    session_of(&open_session(9_000, "2026-03-07", 10_000))
}

fn example_sale() -> Sale {
    let mut tea = sale_line("TEA", "2", "1250.5", LineKind::Goods);
    tea.description =
        Description::new("Earl Grey, loose, in a tin that is as large as it is heavy").unwrap();
    tea.department = Some("TEA".parse().unwrap());
    let mut cheese = sale_line("CHEESE", "0.384 kg", "12.99", LineKind::Goods);
    cheese.description = Description::new("Käse, gereift").unwrap();
    cheese.basket.tax_code = "reduced".parse().unwrap();
    cheese.basket.tax_rate = "5".parse().unwrap();
    cheese.basket.discounts.push(Discount {
        code: "dent".parse().unwrap(),
        value: DiscountValue::Percent("10".parse().unwrap()),
    });
    let mut sale = sale_of(vec![tea, cheese], TenderKind::Cash);
    let card = SaleTender {
        amount_minor: Some(minor(200_000)),
        reference: Some("auth-4711".parse().unwrap()),
        ..SaleTender::the_rest(TenderKind::Card)
    };
    let cash = SaleTender {
        tendered_minor: Some(minor(51_000)),
        rounding_minor: Some(minor(1)),
        ..SaleTender::the_rest(TenderKind::Cash)
    };
    sale.tenders = vec![card, cash];
    sale
}

/// Written by user 101.
fn sold_by_user(number: u64, sale: &Sale) -> Document {
    let session = session();
    let context = SaleContext {
        number: order_number(i64::try_from(number).unwrap()),
        session: &session,
        role: Role::Cashier,
        rules: &Rules::default(),
    };
    let bodies = number_receipt(sell(sale, &context).unwrap(), receipt_number());
    let operations: Vec<Operation> = bodies
        .into_iter()
        .map(|body| {
            let mut operation = operation(Role::Cashier, body);
            operation.by.user = UserId::new("101").ok();
            operation
        })
        .collect();
    let mut document = Document::new(document_id(number));
    let appended = document.append(log(1), &operations).unwrap();
    document.insert(appended.change);
    document
}

fn example_order() -> OrderState {
    order_of(&sold_by_user(81_985_529, &example_sale()))
}

fn example_return() -> ReturnState {
    let order = example_order();
    let session = session();
    let context = ReturnContext {
        number: order_number(81_985_530),
        session: &session,
        role: Role::Cashier,
        rules: &Rules::default(),
    };
    let request = ReturnRequest {
        goods: ReturnedGoods::Verified {
            order: order.id,
            lines: vec![VerifiedLine {
                line: LineNumber::new(1).unwrap(),
                quantity: Quantity::pieces(1).unwrap(),
                reason: reason(),
                disposition: Disposition::Restock,
            }],
        },
        refunds: vec![SaleTender::the_rest(TenderKind::Card)],
        customer: None,
    };
    let bodies = take_back(&request, Some(&after_sale(&order, &[])), &context).unwrap();
    return_of(&written(
        document_id(2),
        number_receipt(bodies, receipt_number()),
    ))
}

#[test]
fn a_sales_receipt_in_each_language() {
    let settings = settings();
    for language in Language::ALL {
        let receipt = sale_receipt(&example_order(), &context(&settings, language));
        let name = format!("sale_{}", language.code());
        insta::assert_snapshot!(name, receipt.to_text(PaperWidth::Columns42));
    }
}

#[test]
fn a_copy_of_a_gift_receipt_says_both_and_no_price() {
    let settings = settings();
    let context = ReceiptContext {
        mark: ReceiptMark::Copy,
        served_by: None,
        ..context(&settings, Language::En)
    };
    let receipt = gift_receipt(&example_order(), &context);
    insta::assert_snapshot!("gift", receipt.to_text(PaperWidth::Columns48));
}

#[test]
fn a_return_and_a_sale_with_tax_on_top() {
    let settings = settings();
    let receipt = return_receipt(&example_return(), &context(&settings, Language::De));
    insta::assert_snapshot!("return", receipt.to_text(PaperWidth::Columns48));

    let mut sale = sale_of(
        vec![sale_line("TEA", "1", "10", LineKind::Goods)],
        TenderKind::Card,
    );
    sale.tax_mode = TaxMode::Exclusive;
    let order = order_of(&sold_by_user(3, &sale));
    let training = ReceiptContext {
        mark: ReceiptMark::Training,
        ..context(&settings, Language::Es)
    };
    let receipt = sale_receipt(&order, &training);
    insta::assert_snapshot!("tax_on_top", receipt.to_text(PaperWidth::Columns48));
}

/// Bytes as they can be read: a line a line, what is no printable ASCII escaped.
fn readable(bytes: &[u8]) -> String {
    let escaped = bytes.escape_ascii().to_string();
    escaped.replace("\\n", "\\n\n")
}

#[test]
fn the_printers_bytes_are_golden() {
    let settings = settings();
    let context = context(&settings, Language::De);
    let receipt = sale_receipt(&example_order(), &context);
    insta::assert_snapshot!(
        "escpos",
        readable(&receipt.to_escpos(PaperWidth::Columns42))
    );

    let codes = Receipt {
        items: vec![
            ReceiptItem::Qr("https://example.com/r/1".to_owned()),
            ReceiptItem::Barcode("a{b".to_owned()),
        ],
    };
    insta::assert_snapshot!(
        "escpos_codes",
        readable(&codes.to_escpos(PaperWidth::Columns48))
    );
    assert_eq!(drawer_kick(), [0x1b, b'p', 0, 25, 250]);
}

/// A session in which the example was sold and returned.
fn takings() -> SessionTakings {
    let session = session().id;
    SessionTakings::of_order(session, &example_order())
        .plus(&SessionTakings::of_return(session, &example_return()))
}

fn tell(document: &mut Document, command: &SessionCommand) {
    let state = session_of(document);
    let bodies = decide_till_session(&state, command, Role::Cashier, &Rules::default()).unwrap();
    append(document, 1, bodies);
}

#[test]
fn an_x_report_counts_blind_and_a_z_report_never_changes() {
    let settings = settings();
    let mut document = open_session(9_000, "2026-03-07", 10_000);
    tell(
        &mut document,
        &SessionCommand::PayIn(PaidIn {
            amount_minor: minor(500),
            reason: reason(),
        }),
    );
    let context_en = context(&settings, Language::En);
    let (report, x) = session_report(&session_of(&document), &takings(), &context_en);
    assert_eq!(report, SessionReport::X);
    insta::assert_snapshot!("x_report", x.to_text(PaperWidth::Columns48));

    tell(
        &mut document,
        &SessionCommand::CountCash(CashCounted {
            counted_minor: minor(61_100),
            denominations: Vec::new(),
        }),
    );
    let position = |position| crate::identity::LogPosition::new(position).unwrap();
    tell(
        &mut document,
        &SessionCommand::Close(CloseSession {
            takings: takings(),
            covers: vec![LogRange {
                log: log(1),
                first: position(1),
                last: position(40),
            }],
            over_short_reason: Some(reason()),
        }),
    );
    let closed = session_of(&document);
    assert_eq!(closed.misfits, []);
    let context_de = context(&settings, Language::De);
    let (report, z) = session_report(&closed, &takings(), &context_de);
    assert_eq!(report, SessionReport::Z);
    insta::assert_snapshot!("z_report", z.to_text(PaperWidth::Columns48));
    // A sale that arrives late changes nothing on it.
    let (_, later) = session_report(&closed, &SessionTakings::default(), &context_de);
    assert_eq!(later, z);
}

#[test]
fn every_text_is_there_in_every_language_and_can_be_printed() {
    for word in Word::ALL {
        for language in Language::ALL {
            let text = word.in_language(language);
            assert!(!text.is_empty(), "{word:?}");
            assert!(
                text.chars().all(|character| encode_1252(character) != b'?'),
                "{text}"
            );
        }
    }
}

proptest! {
    #[test]
    fn no_line_is_longer_than_the_paper_and_no_letter_is_lost(text in "[a-zä €]{0,120}", columns in 1_usize..60) {
        let lines = wrap(&text, columns);
        prop_assert!(lines.iter().all(|line| line.chars().count() <= columns));
        let letters = |text: &str| text.chars().filter(|character| *character != ' ').collect::<String>();
        prop_assert_eq!(letters(&lines.concat()), letters(&text));
    }

    #[test]
    fn an_amount_stands_whole_at_the_right_edge(left in "[a-zä ]{0,80}", right in "[0-9,.]{1,12}") {
        for columns in [21, 24, 42, 48] {
            let lines = column_lines(&left, &right, columns);
            let last = lines.last().unwrap();
            prop_assert!(lines.iter().all(|line| line.chars().count() <= columns));
            prop_assert!(last.ends_with(&right) && last.chars().count() == columns);
        }
    }

    #[test]
    fn no_text_is_a_command_to_the_printer(character: char) {
        let byte = encode_1252(character);
        prop_assert!(byte >= 0x20 && byte != 0x7f);
    }
}
