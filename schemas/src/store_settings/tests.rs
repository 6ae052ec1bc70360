use super::*;
use crate::{
    operation::TenderKind,
    reference::StoreSettings,
    value::{Currency, MinorUnits},
};

const SETTINGS: &str = r#"{
    "currency": "EUR",
    "header": {
        "name": "Beispielladen", "address": ["Musterweg 1", "12345 Musterstadt"], "tax_number": "DE 123456789", "logo": true
    },
    "receipt_texts": {
        "language": "de",
        "footer": { "de": ["Vielen Dank!"], "en": ["Thank you!"] },
        "return_policy": { "de": ["Umtausch binnen 30 Tagen"] }
    },
    "tenders": [
        { "kind": "cash", "label": { "de": "Bar", "en": "Cash" }, "opens_drawer": true, "offline": true },
        { "kind": "voucher", "label": { "de": "Gutschein" }, "amount_max_minor": 20000 }
    ],
    "reasons": [
        { "code": "damaged", "label": { "en": "Damaged" }, "uses": ["return", "discount"] },
        { "code": "petty-cash", "label": { "en": "Petty cash" }, "uses": ["paid_out"] }
    ],
    "departments": [{ "code": "FRUIT", "label": { "es": "Fruta", "en": "Fruit" } }],
    "denominations": [{ "worth_minor": 500, "kind": "note" }, { "worth_minor": 5, "kind": "coin" }],
    "variable_measure": { "28": { "item_digits": 5, "value": "grams" } },
    "rights": { "actions": { "open_drawer": { "least": "supervisor" } } }
}"#;

#[test]
fn a_stores_settings_are_read_written_and_asked() {
    let settings: StoreSettings = serde_json::from_str(SETTINGS).unwrap();
    let written = serde_json::to_string(&settings).unwrap();
    assert_eq!(
        serde_json::from_str::<StoreSettings>(&written).unwrap(),
        settings
    );
    let texts = &settings.receipt_texts;
    let lines = |lines: &[PrintedText]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(lines(texts.footer_lines(Language::En)), ["Thank you!"]);
    assert_eq!(lines(texts.footer_lines(Language::Es)), ["Vielen Dank!"]);
    assert_eq!(
        lines(texts.return_policy_lines(Language::En)),
        ["Umtausch binnen 30 Tagen"]
    );
    assert!(
        settings
            .tenders
            .setting(TenderKind::Cash)
            .unwrap()
            .opens_drawer
    );
    assert!(
        !settings
            .tenders
            .setting(TenderKind::Voucher)
            .unwrap()
            .offline
    );
    assert_eq!(settings.tenders.setting(TenderKind::Card), None);
    let code = |text: &str| text.parse().unwrap();
    for (reason, reason_use, allowed) in [
        ("damaged", ReasonUse::Return, true),
        ("petty-cash", ReasonUse::Return, false),
        ("petty-cash", ReasonUse::PaidOut, true),
        ("anything", ReasonUse::NoSale, true),
    ] {
        assert_eq!(
            settings.reasons.allow(&code(reason), reason_use),
            allowed,
            "{reason}"
        );
    }
    let fruit = settings
        .departments
        .label(&"FRUIT".parse().unwrap())
        .unwrap();
    assert_eq!(
        [fruit.text(Language::Es), fruit.text(Language::De)],
        ["Fruta", "Fruit"]
    );
    let worth: Vec<i64> = settings
        .denominations()
        .iter()
        .map(|one| one.worth_minor.get())
        .collect();
    assert_eq!(worth, [5, 500]);
}

#[test]
fn a_store_that_says_nothing_runs_as_usual() {
    let settings = StoreSettings::default();
    assert!(settings.tenders.setting(TenderKind::Card).is_some());
    assert_eq!(settings.tenders.setting(TenderKind::Voucher), None);
    assert!(
        settings
            .reasons
            .allow(&"any".parse().unwrap(), ReasonUse::Return)
    );
    let notes: Vec<MinorUnits> = settings.denominations().notes().collect();
    assert_eq!(notes, [500, 1_000, 2_000, 5_000].map(MinorUnits::new));
}

#[test]
fn every_currencys_notes_and_coins_are_a_list_that_can_be_rounded_to() {
    for code in [
        "GBP", "EUR", "USD", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "MXN", "JPY",
        "HUF", "CZK", "KWD",
    ] {
        let currency: Currency = code.parse().unwrap();
        let usual = Denominations::usual(currency);
        assert_eq!(
            Denominations::new(usual.iter()).as_ref(),
            Ok(&usual),
            "{code}"
        );
        assert!(usual.notes().next().is_some(), "{code}");
        let step = i64::from(usual_cash_rounding(currency).get());
        if step > 1 {
            let least = usual.iter().next().unwrap().worth_minor.get();
            assert_eq!(least, step, "{code} is rounded to its smallest coin");
        }
    }
}

#[test]
fn what_can_not_be_is_refused() {
    let wrong = [
        r#"{"denominations":[]}"#,
        r#"{"denominations":[{"worth_minor":0,"kind":"coin"}]}"#,
        r#"{"denominations":[{"worth_minor":5,"kind":"coin"},{"worth_minor":5,"kind":"note"}]}"#,
        r#"{"tenders":[{"kind":"cash","label":{}}]}"#,
        r#"{"tenders":[{"kind":"cash","label":{"en":"A"}},{"kind":"cash","label":{"en":"B"}}]}"#,
        r#"{"departments":[{"code":"A","label":{"fr":"A"}}]}"#,
        r#"{"header":{"tax_number":"DE_1"}}"#,
        r#"{"header":{"name":" x"}}"#,
        r#"{"header":{"name":"a\nb"}}"#,
    ];
    for json in wrong {
        assert!(
            serde_json::from_str::<StoreSettings>(json).is_err(),
            "{json}"
        );
    }
    assert_eq!("fr".parse::<Language>(), Err(LanguageError));
    assert_eq!("es".parse(), Ok(Language::Es));
}
