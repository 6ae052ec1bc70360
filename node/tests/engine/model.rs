//! Random commands against a simple model: the file's totals are the model's.

use std::collections::BTreeMap;

use holdfast_node::engine::{Action, StockPaper};
use holdfast_schemas::{
    identity::DocumentId,
    operation::{StockLine, StockMovementKind},
    value::{Currency, MinorUnits, Money},
};
use proptest::prelude::*;

use crate::support::{Till, blind_return, pieces, reason, sale, sku, store, verified_return};

const PRODUCTS: [&str; 3] = ["MUG", "BOWL", "PLATE"];

/// All that can happen.
#[derive(Debug, Clone)]
enum Step {
    Sell { product: usize, count: u32 },
    ReturnVerified { order: usize, count: u32 },
    ReturnBlind { product: usize, count: u32 },
    Receive { product: usize, count: u32 },
    Restart,
    Rebuild,
}

fn step() -> impl Strategy<Value = Step> {
    let product = 0..PRODUCTS.len();
    prop_oneof![
        5 => (product.clone(), 1_u32..5).prop_map(|(product, count)| Step::Sell { product, count }),
        3 => (0_usize..40, 1_u32..5).prop_map(|(order, count)| Step::ReturnVerified { order, count }),
        1 => (product.clone(), 1_u32..5).prop_map(|(product, count)| Step::ReturnBlind { product, count }),
        2 => (product, 1_u32..5).prop_map(|(product, count)| Step::Receive { product, count }),
        1 => Just(Step::Restart),
        1 => Just(Step::Rebuild),
    ]
}

/// Every product costs 2.50.
const PRICE: &str = "2.50";
const PRICE_MINOR: i64 = 250;

#[derive(Default)]
struct Model {
    orders: Vec<(DocumentId, usize, u32)>,
    returns: usize,
    money: i64,
    stock: BTreeMap<&'static str, i64>,
}

impl Model {
    fn step(&mut self, mut till: Till, step: &Step) -> Till {
        match *step {
            Step::Sell { product, count } => {
                let sold = till.submit(Action::Sell(sale(&[(PRODUCTS[product], count, PRICE)])));
                self.orders.push((sold.document, product, count));
                self.money += i64::from(count) * PRICE_MINOR;
                *self.stock.entry(PRODUCTS[product]).or_default() -= i64::from(count);
            }
            Step::ReturnVerified { order, count } => self.take_back(&mut till, order, count),
            Step::ReturnBlind { product, count } => {
                till.submit(Action::Return(blind_return(
                    PRODUCTS[product],
                    count,
                    PRICE,
                )));
                self.returns += 1;
                self.money -= i64::from(count) * PRICE_MINOR;
                *self.stock.entry(PRODUCTS[product]).or_default() += i64::from(count);
            }
            Step::Receive { product, count } => {
                till.submit(Action::MoveStock(StockPaper {
                    business_date: None,
                    kind: StockMovementKind::Received,
                    reason: reason(),
                    lines: vec![StockLine {
                        product: sku(PRODUCTS[product]),
                        change: pieces(count).rise(),
                    }],
                }));
                *self.stock.entry(PRODUCTS[product]).or_default() += i64::from(count);
            }
            Step::Restart => return till.restart(),
            Step::Rebuild => till.engine.rebuild().expect("a rebuild"),
        }
        till
    }

    /// A return of more than is left must be refused, and any other must not.
    fn take_back(&mut self, till: &mut Till, order: usize, count: u32) {
        let Some((document, product, left)) = self.orders.get_mut(order) else {
            return;
        };
        let result = till.try_submit(Action::Return(verified_return(*document, count)));
        assert_eq!(result.is_ok(), count <= *left, "{result:?}");
        if result.is_ok() {
            *left -= count;
            self.returns += 1;
            self.money -= i64::from(count) * PRICE_MINOR;
            *self.stock.entry(PRODUCTS[*product]).or_default() += i64::from(count);
        }
    }

    fn check(&self, till: &mut Till) {
        let file = till.engine.store();
        let orders = file.orders_before(None, usize::MAX).expect("orders");
        assert_eq!(orders.len(), self.orders.len());
        for (product, expected) in &self.stock {
            let level = file.stock_of(&store(), &sku(product)).expect("levels");
            assert_eq!(
                level[0].on_hand.to_string(),
                expected.to_string(),
                "{product}"
            );
        }
        let pending = till.engine.view().expect("a view").pending;
        let money = Money {
            currency: Currency::GBP,
            minor: MinorUnits::new(self.money),
        };
        if self.orders.len() + self.returns > 0 {
            assert_eq!(pending.taken, [money]);
        }
        assert_eq!(till.engine.check().expect("a check"), []);
        // What was counted must be what a close expects: no reason for over or short is given.
        till.count_cash(10_000 + self.money);
        till.submit(Action::CloseSession {
            over_short_reason: None,
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_files_totals_are_the_models(steps in prop::collection::vec(step(), 1..40)) {
        let mut till = Till::new(1);
        till.open_session();
        let mut model = Model::default();
        for step in &steps {
            till = model.step(till, step);
        }
        model.check(&mut till);
    }
}
