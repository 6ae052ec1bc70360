use proptest::prelude::*;

use super::*;
use crate::{
    gtin::Gtin,
    identity::{CustomerId, PriceListVersion, Sku, UserId},
    operation::{LineKind, LineNumber, PriceSource, Role, TaxMode, TaxRounding, TenderKind},
    order::{OrderState, SaleContext, SaleTender, price_sale, sell, suspend},
    reference::{MinimumAge, Product, StoreSettings, TaxRates},
    rules::Rules,
    scan::{
        InStorePrefix, MeasuredValue, ScannedCode, VariableMeasureRule, VariableMeasureRules,
        decode,
    },
    staff::{ActionRule, ManagerOverride, RightsTable, StaffRole, TillAction},
    testing::{minor, open_session, order_number, order_of, reason, session_of, written},
    text_value::Description,
    time::BusinessDate,
    value::{Measure, MinorUnits, Quantity},
};

fn today() -> BusinessDate {
    "2026-03-07".parse().unwrap()
}

fn settings() -> StoreSettings {
    let rate = |code: &str, percent: &str| (code.parse().unwrap(), percent.parse().unwrap());
    StoreSettings {
        tax_rates: TaxRates::new([rate("standard", "20"), rate("reduced", "5")]).unwrap(),
        ..StoreSettings::default()
    }
}

fn product(sku: &str, price: &str, measure: Measure) -> Product {
    Product {
        sku: Sku::new(sku).unwrap(),
        gtins: Default::default(),
        description: Description::new(sku).unwrap(),
        kind: LineKind::Goods,
        department: None,
        tax_class: "standard".parse().unwrap(),
        price: price.parse().unwrap(),
        measure,
        minimum_age: None,
        discontinued: false,
    }
}

fn item(sku: &str, price: &str) -> BasketItem {
    BasketItem::of(&product(sku, price, Measure::Each), &settings())
}

fn pieces(pieces: u32) -> AddedAmount {
    AddedAmount {
        quantity: Quantity::pieces(pieces).unwrap(),
        unit_price: None,
    }
}

fn add(item: BasketItem, amount: AddedAmount) -> BasketCommand {
    BasketCommand::Add {
        item: Box::new(item),
        amount,
        keyed_price: None,
        last_day_of_sale: None,
        discontinued_accepted: false,
    }
}

fn line(number: u32) -> LineNumber {
    LineNumber::new(number).unwrap()
}

fn percent(percent: &str) -> ManualDiscountValue {
    ManualDiscountValue::Percent(percent.parse().unwrap())
}

/// A basket at a till, with who rings up.
struct Till {
    basket: Basket,
    steps: Vec<BasketStep>,
    settings: StoreSettings,
    role: StaffRole,
}

impl Till {
    fn new() -> Self {
        Self {
            basket: Basket::new(),
            steps: Vec::new(),
            settings: settings(),
            role: StaffRole::Cashier,
        }
    }

    fn with(commands: impl IntoIterator<Item = BasketCommand>) -> Self {
        let mut till = Self::new();
        for command in commands {
            till.tell(&command).unwrap();
        }
        till
    }

    fn tell(&mut self, command: &BasketCommand) -> Result<(), BasketRefusal> {
        self.tell_overridden(command, None)
    }

    fn tell_overridden(
        &mut self,
        command: &BasketCommand,
        overridden: Option<&ManagerOverride>,
    ) -> Result<(), BasketRefusal> {
        let step = self.basket.decide(command, &self.context(overridden))?;
        let json = serde_json::to_string(&step).unwrap();
        assert_eq!(serde_json::from_str::<BasketStep>(&json).unwrap(), step);
        self.basket.take(step.clone());
        self.steps.push(step);
        assert_eq!(Basket::replay(self.steps.iter().cloned()), self.basket);
        Ok(())
    }

    fn context<'a>(&'a self, overridden: Option<&'a ManagerOverride>) -> BasketContext<'a> {
        BasketContext {
            role: self.role,
            overridden,
            settings: &self.settings,
            today: today(),
        }
    }

    /// The order as which the basket is put aside.
    fn put_aside(&self) -> OrderState {
        let state = self.basket.state();
        let sale = state.sale(
            &self.settings,
            PriceListVersion::new(3),
            "till".parse().unwrap(),
            Vec::new(),
        );
        let session = session_of(&open_session(1, "2026-03-07", 0));
        let context = SaleContext {
            number: order_number(1),
            session: &session,
            role: Role::from(state.deciding_role(self.role)),
            rules: &Rules::of(&self.settings),
        };
        let bodies = suspend(&sale, &state.granted(), &context).unwrap();
        order_of(&written(crate::testing::document_id(2), bodies))
    }

    fn refused(&mut self, command: &BasketCommand) -> &'static str {
        let before = self.basket.clone();
        let refusal = self.tell(command).expect_err("refused");
        assert!(refusal.what_to_do().ends_with('.'));
        assert_eq!(self.basket, before);
        refusal.code()
    }

    fn lines(&self) -> Vec<String> {
        let lines = self.basket.state().lines();
        lines
            .map(|(number, line)| format!("{number}: {} {}", line.quantity, line.item.product))
            .collect()
    }

    fn total(&self) -> i64 {
        let priced = self.basket.state().priced(&self.settings).unwrap();
        priced.total_minor.get()
    }
}

#[test]
fn a_price_is_keyed_only_for_a_product_without_one() {
    let keyed = |list: &str, price: &str| BasketCommand::Add {
        item: Box::new(item("TEA", list)),
        amount: pieces(1),
        keyed_price: Some(price.parse().unwrap()),
        last_day_of_sale: None,
        discontinued_accepted: false,
    };
    let mut till = Till::new();
    assert_eq!(till.refused(&keyed("2.50", "0.01")), "keyed_price");
    assert_eq!(till.refused(&keyed("2.50", "2.50")), "keyed_price");
    assert_eq!(till.refused(&keyed("0", "0")), "keyed_price");
    till.tell(&keyed("0", "3.10")).unwrap();
    assert_eq!(till.total(), 3_10);
}

#[test]
fn the_last_line_takes_what_was_said_of_its_customer_with_it() {
    let discount = BasketCommand::DiscountBasket {
        code: "example".parse().unwrap(),
        value: percent("10"),
    };
    let age = BasketCommand::AnswerAge {
        minimum_age: MinimumAge::new(18).unwrap(),
        old_enough: true,
    };
    let customer = BasketCommand::SetCustomer(CustomerId::new("c-1").ok());
    for last in [
        BasketCommand::RemoveLine { line: line(1) },
        BasketCommand::Undo,
    ] {
        let mut till = Till::with([age.clone(), customer.clone()]);
        till.tell(&add(item("TEA", "2.50"), pieces(1))).unwrap();
        if last != BasketCommand::Undo {
            till.tell(&discount).unwrap();
        }
        till.tell(&last).unwrap();
        let state = till.basket.state();
        assert_eq!(state.customer, None, "{last:?}");
        assert_eq!(state.old_enough_for, None, "{last:?}");
        assert!(state.discounts.is_empty(), "{last:?}");
    }
    // By mistake: undone, all of it is back.
    let mut till = Till::with([customer, add(item("TEA", "2.50"), pieces(1)), discount]);
    let before = till.basket.state().clone();
    till.tell(&BasketCommand::RemoveLine { line: line(1) })
        .unwrap();
    till.tell(&BasketCommand::Undo).unwrap();
    assert_eq!(*till.basket.state(), before);
}

#[test]
fn where_voids_are_restricted_neither_undo_nor_a_lower_quantity_gets_around_it() {
    let mut till = Till::with([
        add(item("TEA", "2.50"), pieces(3)),
        add(item("JAM", "1"), pieces(1)),
    ]);
    let rule = ActionRule {
        least: StaffRole::Supervisor,
        override_by: Some(StaffRole::Supervisor),
    };
    let actions = [(TillAction::VoidLine, rule)];
    till.settings.rights = RightsTable::new(actions.into(), Default::default()).unwrap();
    let quantity = |pieces: u32| BasketCommand::SetQuantity {
        line: line(1),
        quantity: Quantity::pieces(pieces).unwrap(),
    };
    assert_eq!(till.refused(&quantity(2)), "needs_override");
    assert_eq!(till.refused(&BasketCommand::Undo), "needs_override");
    till.tell(&quantity(4)).unwrap();
    assert_eq!(till.refused(&BasketCommand::Undo), "needs_override");
    let customer = BasketCommand::SetCustomer(CustomerId::new("c-1").ok());
    till.tell(&customer).unwrap();
    till.tell(&BasketCommand::Undo).unwrap();
    till.role = StaffRole::Supervisor;
    till.tell(&quantity(2)).unwrap();
    till.tell(&BasketCommand::Undo).unwrap();
    assert_eq!(till.lines(), ["1: 4 TEA", "2: 1 JAM"]);
}

/// Put aside and taken up again, a discount of a cashier's limit is still that: no second one fits on top.
#[test]
fn a_basket_that_was_put_aside_keeps_its_limits() {
    let discount = BasketCommand::DiscountBasket {
        code: "example".parse().unwrap(),
        value: percent("10"),
    };
    let of_line = BasketCommand::DiscountLine {
        line: line(1),
        code: "example".parse().unwrap(),
        value: percent("10"),
    };
    let mut till = Till::with([
        add(item("TEA", "2.50"), pieces(4)),
        of_line.clone(),
        discount.clone(),
    ]);
    for _ in 0..3 {
        let order = till.put_aside();
        let events = resumed_events(&order, |_| ResumedProduct::default());
        till.basket = Basket::replay(events.into_iter().map(BasketStep::Done));
        till.steps.clear();
        for command in [&discount, &of_line] {
            let context = till.context(None);
            let refusal = till.basket.decide(command, &context).expect_err("refused");
            assert_eq!(refusal.code(), "needs_override");
        }
        assert_eq!(
            till.basket.state().deciding_role(StaffRole::Cashier),
            StaffRole::Cashier
        );
        assert_eq!(till.total(), 8_10);
    }
}

#[test]
fn a_repeat_scan_adds_one_and_a_touched_line_is_left_alone() {
    let mut till = Till::with([
        add(item("TEA", "2.50"), pieces(1)),
        add(item("JAM", "3.00"), pieces(1)),
        add(item("TEA", "2.50"), pieces(1)),
        add(item("TEA", "2.50"), pieces(3)),
    ]);
    assert_eq!(till.lines(), ["1: 5 TEA", "2: 1 JAM"]);
    let note = Some(LineNote::new("for Ada").unwrap());
    till.tell(&BasketCommand::Note {
        line: line(1),
        note,
    })
    .unwrap();
    till.tell(&add(item("TEA", "2.50"), pieces(1))).unwrap();
    // A price that changed meanwhile is another line.
    till.tell(&add(item("JAM", "3.10"), pieces(1))).unwrap();
    assert_eq!(
        till.lines(),
        ["1: 5 TEA", "2: 1 JAM", "3: 1 TEA", "4: 1 JAM"]
    );
    till.tell(&BasketCommand::RemoveLine { line: line(2) })
        .unwrap();
    till.tell(&add(item("JAM", "3.00"), pieces(1))).unwrap();
    assert_eq!(till.lines().last().unwrap(), "5: 1 JAM");
    assert_eq!(
        till.refused(&BasketCommand::RemoveLine { line: line(2) }),
        "no_such_line"
    );
    assert!(!format!("{:?}", till.basket).contains("Ada"));
}

#[test]
fn a_customers_age_is_asked_once() {
    let restricted = |sku: &str, years| BasketItem {
        minimum_age: MinimumAge::new(years).ok(),
        ..item(sku, "9.00")
    };
    let answer = |years, old_enough| BasketCommand::AnswerAge {
        minimum_age: MinimumAge::new(years).unwrap(),
        old_enough,
    };
    let mut till = Till::new();
    let gin = add(restricted("GIN", 18), pieces(1));
    let refusal = till.tell(&gin).expect_err("asked");
    assert_eq!(
        refusal,
        BasketRefusal::AskAge {
            minimum_age: MinimumAge::new(18).unwrap(),
            born_on_or_before: "2008-03-07".parse().unwrap(),
        }
    );
    till.tell(&answer(18, true)).unwrap();
    till.tell(&gin).unwrap();
    till.tell(&gin).unwrap();
    till.tell(&add(restricted("GLUE", 16), pieces(1))).unwrap();
    assert_eq!(till.lines(), ["1: 2 GIN", "2: 1 GLUE"]);
    let older = add(restricted("X", 21), pieces(1));
    assert_eq!(till.refused(&older), "ask_age");
    till.tell(&answer(21, false)).unwrap();
    assert_eq!(till.refused(&older), "too_young");
    till.tell(&gin).unwrap();
}

#[test]
fn discontinued_and_overdue_items_are_asked_for_or_refused() {
    let mut till = Till::new();
    let last = BasketItem {
        discontinued: true,
        ..item("VHS", "1.00")
    };
    assert_eq!(
        till.refused(&add(last.clone(), pieces(1))),
        "ask_discontinued"
    );
    till.tell(&BasketCommand::Add {
        item: Box::new(last.clone()),
        amount: pieces(1),
        keyed_price: None,
        last_day_of_sale: Some(today()),
        discontinued_accepted: true,
    })
    .unwrap();
    till.tell(&add(last, pieces(1))).unwrap();
    let yesterday = BasketCommand::Add {
        item: Box::new(item("MILK", "1.00")),
        amount: pieces(1),
        keyed_price: None,
        last_day_of_sale: Some("2026-03-06".parse().unwrap()),
        discontinued_accepted: true,
    };
    assert_eq!(till.refused(&yesterday), "past_its_date");
}

#[test]
fn a_discount_or_price_over_the_limit_needs_an_override_of_just_this() {
    let mut till = Till::with([add(item("TV", "400"), pieces(1))]);
    let discount = |value: &str| BasketCommand::DiscountBasket {
        code: "staff".parse().unwrap(),
        value: percent(value),
    };
    till.tell(&discount("10")).unwrap();
    // Two discounts together are 19 per cent.
    let second = discount("10");
    let Err(BasketRefusal::NeedsOverride { by, request }) = till.tell(&second) else {
        panic!("the cashier's limit is 10 per cent");
    };
    assert_eq!(by, StaffRole::Supervisor);
    let overridden = ManagerOverride {
        asked_by: UserId::new("101").unwrap(),
        granted_by: UserId::new("7").unwrap(),
        role: StaffRole::Supervisor,
        request,
        reason: reason(),
    };
    let other = discount("12");
    assert!(till.tell_overridden(&other, Some(&overridden)).is_err());
    till.tell_overridden(&second, Some(&overridden)).unwrap();
    assert_eq!(till.total(), 32_400);
    assert_eq!(
        till.basket.state().deciding_role(StaffRole::Cashier),
        StaffRole::Supervisor
    );
    let price = |price: &str| BasketCommand::OverridePrice {
        line: line(1),
        unit_price: price.parse().unwrap(),
        reason: reason(),
    };
    assert_eq!(till.refused(&price("399")), "needs_override");
    till.role = StaffRole::Supervisor;
    assert_eq!(till.refused(&price("199.99")), "needs_override");
    till.tell(&price("200")).unwrap();
    let (_, source) = till.basket.state().line(line(1)).unwrap().unit_price();
    assert_eq!(source, PriceSource::Override);
    till.tell(&BasketCommand::ResetPrice { line: line(1) })
        .unwrap();
    till.tell(&BasketCommand::RemoveBasketDiscounts).unwrap();
    assert_eq!(till.total(), 40_000);
}

#[test]
fn a_fixed_discount_can_not_outgrow_its_limit_when_lines_go() {
    let mut till = Till::with([
        add(item("TV", "90"), pieces(1)),
        add(item("PEN", "10"), pieces(1)),
        BasketCommand::DiscountBasket {
            code: "staff".parse().unwrap(),
            value: ManualDiscountValue::Amount(minor(10_00)),
        },
    ]);
    assert_eq!(till.total(), 90_00);
    let remove = BasketCommand::RemoveLine { line: line(1) };
    assert_eq!(till.refused(&remove), "discount_left");
    till.tell(&BasketCommand::RemoveBasketDiscounts).unwrap();
    till.tell(&remove).unwrap();
    let line_discount = BasketCommand::DiscountLine {
        line: line(2),
        code: "dent".parse().unwrap(),
        value: ManualDiscountValue::Amount(minor(1_00)),
    };
    till.tell(&line_discount).unwrap();
    till.tell(&BasketCommand::SetQuantity {
        line: line(2),
        quantity: Quantity::pieces(2).unwrap(),
    })
    .unwrap();
    till.tell(&line_discount).unwrap();
    assert_eq!(till.refused(&line_discount), "needs_override");
}

#[test]
fn rounding_a_discount_of_so_many_per_cent_is_nobodys_to_answer_for() {
    // 10 per cent of 0.15 are rounded to 0.02, which is more than 13 per cent.
    let mut till = Till::with([add(item("SWEET", "0.15"), pieces(1))]);
    till.tell(&BasketCommand::DiscountLine {
        line: line(1),
        code: "staff".parse().unwrap(),
        value: percent("10"),
    })
    .unwrap();
    assert_eq!(till.total(), 13);
    till.tell(&BasketCommand::RemoveLineDiscounts { line: line(1) })
        .unwrap();
    assert_eq!(till.total(), 15);
}

#[test]
fn labels_say_how_much_and_what_it_costs_to_the_penny() {
    let rule = |prefix, value| {
        let rule = VariableMeasureRule::new(5, value, false).unwrap();
        (InStorePrefix::new(prefix).unwrap(), rule)
    };
    let rules: VariableMeasureRules = [
        rule(21, MeasuredValue::Price),
        rule(28, MeasuredValue::Grams),
    ]
    .into_iter()
    .collect();
    let cheese = BasketItem::of(&product("CHEESE", "12.99", Measure::Kilogram), &settings());
    let tin = item("TIN", "2.00");
    let check = |digits: &str| {
        (0..10)
            .map(|check| format!("{digits}{check}"))
            .find(|text| text.parse::<Gtin>().is_ok())
            .unwrap()
    };
    let amount = |code: &str, item: &BasketItem| {
        let code = decode(code, &rules, today()).unwrap();
        amount_on_label(&code, item, settings().currency)
    };
    for (code, item, quantity, total) in [
        (check("211234500499"), &cheese, "0.384 kg", 4_99),
        (check("281234501250"), &cheese, "1.25 kg", 16_24),
        (check("211234500499"), &tin, "1", 4_99),
        (check("400638133393"), &tin, "1", 2_00),
        ("]C101095060001343523006".to_owned(), &tin, "6", 12_00),
        (
            "]C1010950600013435231030002503922333".to_owned(),
            &cheese,
            "0.25 kg",
            3_33,
        ),
    ] {
        let added = amount(&code, item).unwrap();
        assert_eq!(added.quantity.to_string(), quantity, "{code}");
        let till = Till::with([add(item.clone(), added)]);
        assert_eq!(till.total(), total, "{code}");
    }
    assert_eq!(
        amount(&check("400638133393"), &cheese),
        Err(LabelAmountError::Measure(Measure::Kilogram))
    );
    let mut till = Till::new();
    assert_eq!(till.refused(&add(cheese, pieces(1))), "quantity");
    assert!(matches!(
        decode("4011", &rules, today()),
        Ok(ScannedCode::PriceLookUp(_))
    ));
}

/// What a random command is made of.
type Choice = (u8, u32, u32);

fn command((which, nth, size): Choice) -> BasketCommand {
    let at = line(nth % 6 + 1);
    match which % 12 {
        0..=3 => {
            let price = format!("{}.{:02}", size % 50, nth % 100);
            add(
                item(
                    ["TEA", "JAM", "BAG"][usize::try_from(nth % 3).unwrap()],
                    &price,
                ),
                pieces(size % 9 + 1),
            )
        }
        4 => BasketCommand::SetQuantity {
            line: at,
            quantity: Quantity::pieces(size % 20 + 1).unwrap(),
        },
        5 => BasketCommand::OverridePrice {
            line: at,
            unit_price: (size % 30).to_string().parse().unwrap(),
            reason: reason(),
        },
        6 => BasketCommand::DiscountLine {
            line: at,
            code: "example".parse().unwrap(),
            value: percent(&(size % 40 + 1).to_string()),
        },
        7 => BasketCommand::DiscountBasket {
            code: "example".parse().unwrap(),
            value: ManualDiscountValue::Amount(MinorUnits::new(i64::from(size) + 1)),
        },
        8 => BasketCommand::RemoveLine { line: at },
        9 => BasketCommand::SetCustomer(CustomerId::new("c-1").ok()),
        10 => BasketCommand::RemoveBasketDiscounts,
        _ => BasketCommand::AnswerAge {
            minimum_age: MinimumAge::new(18).unwrap(),
            old_enough: size % 2 == 0,
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn undo_gives_the_state_before_whatever_was_done(
        choices in proptest::collection::vec((any::<u8>(), any::<u32>(), 0_u32..1_000), 1..30),
    ) {
        let mut till = Till::new();
        till.role = StaffRole::Manager;
        let mut states = vec![till.basket.clone()];
        for choice in choices {
            if till.tell(&command(choice)).is_ok() {
                states.push(till.basket.clone());
            }
        }
        states.pop();
        while let Some(before) = states.pop() {
            let goods = !till.basket.state().is_empty();
            till.tell(&BasketCommand::Undo).unwrap();
            if goods && before.state().is_empty() && !till.basket.can_undo() {
                // With the first goods, what was said of their customer went too.
                prop_assert_eq!(&till.basket, &Basket::new());
                break;
            }
            prop_assert_eq!(&till.basket, &before);
        }
        prop_assert_eq!(till.tell(&BasketCommand::Undo), Err(BasketRefusal::NothingToUndo));
    }

    #[test]
    fn a_basket_that_is_put_aside_costs_the_same_when_it_is_taken_up(
        choices in proptest::collection::vec((any::<u8>(), any::<u32>(), 0_u32..1_000), 1..30),
        per_order: bool,
    ) {
        let mut till = Till::new();
        till.role = StaffRole::Manager;
        if per_order {
            till.settings.tax_rounding = TaxRounding::PerOrder;
        }
        for choice in choices {
            let _ = till.tell(&command(choice));
        }
        let state = till.basket.state();
        prop_assume!(!state.is_empty());
        let sale = state.sale(&till.settings, PriceListVersion::new(3), "till".parse().unwrap(), Vec::new());
        let session = session_of(&open_session(1, "2026-03-07", 0));
        let context = SaleContext {
            number: order_number(1),
            session: &session,
            role: Role::Manager,
            rules: &Rules::of(&till.settings),
        };
        let order = order_of(&written(crate::testing::document_id(2), suspend(&sale, &state.granted(), &context).unwrap()));
        prop_assert_eq!(&order.misfits, &vec![]);
        prop_assert_eq!(order.suspension.as_ref().unwrap().till, session.header.as_ref().unwrap().till);
        let events = resumed_events(&order, |_| ResumedProduct::default());
        let resumed = Basket::replay(events.into_iter().map(BasketStep::Done));
        prop_assert_eq!(&state.discounts, &resumed.state().discounts);
        prop_assert_eq!(&state.customer, &resumed.state().customer);
        prop_assert_eq!(state.deciding_role(StaffRole::Cashier), resumed.state().deciding_role(StaffRole::Cashier));
        let (before, after) = (state.priced(&till.settings).unwrap(), resumed.state().priced(&till.settings).unwrap());
        prop_assert_eq!(before.total_minor, after.total_minor);
        prop_assert_eq!(before.tax_minor, after.tax_minor);
    }

    #[test]
    fn a_baskets_totals_are_those_of_the_order_that_is_sold(
        choices in proptest::collection::vec((any::<u8>(), any::<u32>(), 0_u32..1_000), 1..30),
        exclusive: bool,
        per_order: bool,
    ) {
        let mut till = Till::new();
        till.role = StaffRole::Supervisor;
        if exclusive {
            till.settings.tax_mode = TaxMode::Exclusive;
        }
        if per_order {
            till.settings.tax_rounding = TaxRounding::PerOrder;
        }
        for choice in choices {
            let _ = till.tell(&command(choice));
        }
        let state = till.basket.state();
        prop_assume!(!state.is_empty());
        let priced = state.priced(&till.settings).unwrap();
        let tenders = vec![SaleTender::the_rest(TenderKind::Cash)];
        let sale = state.sale(&till.settings, PriceListVersion::new(3), "till".parse().unwrap(), tenders);
        let lines = price_sale(&sale, till.settings.currency).unwrap();
        let totals: Vec<MinorUnits> = priced.lines.iter().map(|line| line.total_minor).collect();
        prop_assert_eq!(lines.iter().map(|line| line.total_minor).collect::<Vec<_>>(), totals);

        // What the basket allows, the order's own decision allows to the deciding role.
        let session = session_of(&open_session(1, "2026-03-07", 0));
        let context = SaleContext {
            number: order_number(1),
            session: &session,
            role: Role::from(state.deciding_role(till.role)),
            rules: &Rules::of(&till.settings),
        };
        let bodies = sell(&sale, &context).unwrap();
        let order = order_of(&written(crate::testing::document_id(2), bodies));
        prop_assert_eq!(order.total_minor(), priced.total_minor);
        prop_assert_eq!(order.tax_minor(), priced.tax_minor);
        prop_assert_eq!(order.misfits, vec![]);
    }
}
