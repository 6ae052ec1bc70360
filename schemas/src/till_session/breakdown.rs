//! What a session's orders and returns took and gave, by tax, department and cashier.

use std::collections::BTreeMap;

use crate::{
    identity::{DepartmentCode, TaxCode, UserId},
    operation::{CashierTotal, DepartmentTotal, LineTax, SessionBreakdown, TaxTotal},
    order::OrderState,
    return_::ReturnState,
    value::{MinorUnits, Rate},
};

/// The most departments, and the most cashiers, that a Z report lists: it is one operation, whose size is limited. The
/// rest is in the row without a name.
pub const BREAKDOWN_ROWS_MAX: usize = 200;

/// Takings of one cashier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct CashierTakings {
    orders: u32,
    sales_minor: MinorUnits,
    returns: u32,
    refunds_minor: MinorUnits,
}

/// Takings by tax, department and cashier: a sum over documents, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TakingsBreakdown {
    /// Net and tax.
    taxes: BTreeMap<(TaxCode, Rate), (MinorUnits, MinorUnits)>,
    departments: BTreeMap<Option<DepartmentCode>, MinorUnits>,
    cashiers: BTreeMap<Option<UserId>, CashierTakings>,
}

impl TakingsBreakdown {
    pub(super) fn add_order(&mut self, order: &OrderState) {
        for line in order.standing_lines() {
            let total = line.added.total_minor;
            self.add_tax(
                &line.added.tax,
                total.saturating_minus(line.added.tax.tax_minor),
                1,
            );
            let department = self
                .departments
                .entry(line.added.department.clone())
                .or_default();
            *department = department.saturating_plus(total);
        }
        let cashier = self.cashiers.entry(order.opened_by.clone()).or_default();
        cashier.orders = cashier.orders.saturating_add(1);
        cashier.sales_minor = cashier.sales_minor.saturating_plus(order.total_minor());
    }

    pub(super) fn add_return(&mut self, returned: &ReturnState) {
        for line in returned.lines.values() {
            let net = line
                .added
                .refund_minor
                .saturating_minus(line.added.tax.tax_minor);
            self.add_tax(&line.added.tax, net, -1);
        }
        let cashier = self.cashiers.entry(returned.opened_by.clone()).or_default();
        cashier.returns = cashier.returns.saturating_add(1);
        cashier.refunds_minor = cashier
            .refunds_minor
            .saturating_plus(returned.worth_minor());
    }

    fn add_tax(&mut self, tax: &LineTax, net: MinorUnits, sign: i64) {
        let signed = |amount: MinorUnits| MinorUnits::new(amount.get().saturating_mul(sign));
        let sums = self.taxes.entry((tax.code.clone(), tax.rate)).or_default();
        sums.0 = sums.0.saturating_plus(signed(net));
        sums.1 = sums.1.saturating_plus(signed(tax.tax_minor));
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (class, (net, tax)) in &other.taxes {
            let sums = self.taxes.entry(class.clone()).or_default();
            sums.0 = sums.0.saturating_plus(*net);
            sums.1 = sums.1.saturating_plus(*tax);
        }
        for (department, sales) in &other.departments {
            let sum = self.departments.entry(department.clone()).or_default();
            *sum = sum.saturating_plus(*sales);
        }
        for (user, takings) in &other.cashiers {
            let sum = self.cashiers.entry(user.clone()).or_default();
            *sum = sum.plus(*takings);
        }
    }
}

impl CashierTakings {
    fn plus(self, other: Self) -> Self {
        Self {
            orders: self.orders.saturating_add(other.orders),
            sales_minor: self.sales_minor.saturating_plus(other.sales_minor),
            returns: self.returns.saturating_add(other.returns),
            refunds_minor: self.refunds_minor.saturating_plus(other.refunds_minor),
        }
    }
}

/// At most so many rows: what is beyond goes to the row without a name.
fn at_most<K: Ord + Clone, V: Copy + Default>(
    rows: &BTreeMap<Option<K>, V>,
    plus: impl Fn(V, V) -> V,
) -> BTreeMap<Option<K>, V> {
    let mut kept = BTreeMap::new();
    for (key, value) in rows {
        let key = key.clone().filter(|_| kept.len() < BREAKDOWN_ROWS_MAX - 1);
        let sum: &mut V = kept.entry(key).or_default();
        *sum = plus(*sum, *value);
    }
    kept
}

impl From<&TakingsBreakdown> for SessionBreakdown {
    fn from(takings: &TakingsBreakdown) -> Self {
        let taxes = takings
            .taxes
            .iter()
            .map(|((code, rate), (net, tax))| TaxTotal {
                code: code.clone(),
                rate: *rate,
                net_minor: *net,
                tax_minor: *tax,
            });
        let departments = at_most(&takings.departments, MinorUnits::saturating_plus);
        let cashiers = at_most(&takings.cashiers, CashierTakings::plus);
        Self {
            taxes: taxes.collect(),
            departments: departments
                .into_iter()
                .map(|(department, sales_minor)| DepartmentTotal {
                    department,
                    sales_minor,
                })
                .collect(),
            cashiers: cashiers
                .into_iter()
                .map(|(user, takings)| CashierTotal {
                    user,
                    orders: takings.orders,
                    sales_minor: takings.sales_minor,
                    returns: takings.returns,
                    refunds_minor: takings.refunds_minor,
                })
                .collect(),
        }
    }
}
