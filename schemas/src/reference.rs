//! Reference data: what headquarters tells the tills. Products, prices, and each store's settings.
//!
//! The server owns it. Every change has a [`ReferenceVersion`], counted without gaps in one list for the tenant, and
//! a till pulls the changes after its own version in pages. A removed product is a change like any other, so a list
//! replayed from zero gives what the server holds. An order stores the version and the values that it used, so a
//! later change never touches it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::identity::PriceListVersion as ReferenceVersion;
use crate::{
    customer::Customer,
    gtin::Gtin,
    identity::{CustomerId, DepartmentCode, Sku, StoreId, TaxCode, TimeZoneName, UserId},
    operation::{CutOverHour, LineKind, TaxMode, TaxRounding},
    scan::VariableMeasureRules,
    staff::{RightsTable, User},
    store_settings::{
        Denominations, Departments, QuickKeys, Reasons, ReceiptTexts, StoreHeader, Tenders,
    },
    text_value::Description,
    value::{CashRoundingStep, Currency, Measure, MinorUnits, Rate, UnitPrice},
};

/// The most changes in one page of a delta.
pub const REFERENCE_PAGE_CHANGES_MAX: usize = 1_000;
/// The most bytes of JSON in one page of a delta. A page ends before the change that would exceed it.
pub const REFERENCE_PAGE_BYTES_MAX: usize = 512 * 1024;
/// The most GTINs of one product.
pub const PRODUCT_GTINS_MAX: usize = 64;
/// The most tax classes of one store.
pub const TAX_RATES_MAX: usize = 64;

/// One change of the reference data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceChange {
    /// Its place in the tenant's list of changes, from 1 and without gaps.
    pub version: ReferenceVersion,
    /// What changed.
    pub record: ReferenceRecord,
}

/// What changed in the reference data. A later record about the same thing replaces an earlier one whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceRecord {
    /// A product is new, or is different from now on.
    ProductPut(Box<Product>),
    /// A product is gone: it can't be sold or found any more. Its GTINs are free again.
    ProductRemoved {
        /// Which product.
        sku: Sku,
    },
    /// A store is run by these settings from now on. Sessions that are open keep theirs.
    SettingsPut {
        /// Which store.
        store: StoreId,
        /// Its settings.
        settings: Box<StoreSettings>,
    },
    /// A user is new, or is different from now on.
    UserPut(Box<User>),
    /// A user is erased: nothing is known of them any more but their number, which is in documents.
    UserRemoved {
        /// Which user.
        user: UserId,
    },
    /// A customer is new, or is different from now on.
    CustomerPut(Box<Customer>),
    /// A customer is erased: nothing is known of them any more but their number, which is in documents.
    CustomerRemoved {
        /// Which customer.
        customer: CustomerId,
    },
}

/// A product's barcodes: at most [`PRODUCT_GTINS_MAX`], each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "BTreeSet<Gtin>", into = "BTreeSet<Gtin>")]
pub struct Gtins(#[schemars(length(max = 64))] BTreeSet<Gtin>);

/// More barcodes than one product may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a product has at most {PRODUCT_GTINS_MAX} GTINs, this has {0}")]
pub struct GtinsError(usize);

impl Gtins {
    /// Checks how many there are.
    ///
    /// # Errors
    /// [`GtinsError`] for more than [`PRODUCT_GTINS_MAX`].
    pub fn new(gtins: impl IntoIterator<Item = Gtin>) -> Result<Self, GtinsError> {
        let gtins: BTreeSet<Gtin> = gtins.into_iter().collect();
        if gtins.len() > PRODUCT_GTINS_MAX {
            return Err(GtinsError(gtins.len()));
        }
        Ok(Self(gtins))
    }

    /// The barcodes, in order.
    pub fn iter(&self) -> impl Iterator<Item = Gtin> + '_ {
        self.0.iter().copied()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<BTreeSet<Gtin>> for Gtins {
    type Error = GtinsError;
    fn try_from(gtins: BTreeSet<Gtin>) -> Result<Self, GtinsError> {
        Self::new(gtins)
    }
}

impl From<Gtins> for BTreeSet<Gtin> {
    fn from(gtins: Gtins) -> Self {
        gtins.0
    }
}

/// How old a customer must be to buy something, 1 to 99 years.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "u8", into = "u8")]
pub struct MinimumAge(#[schemars(range(min = 1, max = 99))] u8);

/// An age of nothing, or beyond 99.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an age limit is 1 to 99 years, not {0}")]
pub struct MinimumAgeError(u8);

impl MinimumAge {
    /// Checks the range.
    ///
    /// # Errors
    /// [`MinimumAgeError`] for 0 or more than 99 years.
    pub fn new(years: u8) -> Result<Self, MinimumAgeError> {
        if (1..=99).contains(&years) {
            Ok(Self(years))
        } else {
            Err(MinimumAgeError(years))
        }
    }

    /// The years.
    #[must_use]
    pub fn years(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for MinimumAge {
    type Error = MinimumAgeError;
    fn try_from(years: u8) -> Result<Self, MinimumAgeError> {
        Self::new(years)
    }
}

impl From<MinimumAge> for u8 {
    fn from(age: MinimumAge) -> Self {
        age.0
    }
}

/// A product as the price list has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    /// Its stock keeping unit: the key.
    pub sku: Sku,
    /// Its barcodes; a barcode belongs to one product at a time.
    #[serde(default, skip_serializing_if = "Gtins::is_empty")]
    pub gtins: Gtins,
    /// Its text for screens and receipts.
    pub description: Description,
    /// Whether selling it moves stock.
    pub kind: LineKind,
    /// Its department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentCode>,
    /// Its tax class; the store's settings give the rate.
    pub tax_class: TaxCode,
    /// What one costs, in major units of the store's currency.
    pub price: UnitPrice,
    /// What one is: a piece, a kilogram, a litre, a metre.
    pub measure: Measure,
    /// How old a customer must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_age: Option<MinimumAge>,
    /// It is not ordered any more, but what is left may be sold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub discontinued: bool,
}

/// What a store takes back, and on which terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ReturnPolicy {
    /// For how many days after the sale's business date goods are taken back. 0: on the same business date only.
    pub window_days: u16,
    /// The most that one blind return may refund, in minor units of the store's currency, unless a supervisor or
    /// manager acts. 0: cashiers take nothing back blind.
    pub blind_cap_minor: MinorUnits,
    /// Whether a blind return is refunded in any kind of money; in store credit only where not, unless a supervisor or
    /// manager acts.
    pub blind_any_tender: bool,
}

impl Default for ReturnPolicy {
    fn default() -> Self {
        Self {
            window_days: 30,
            blind_cap_minor: MinorUnits::new(50_00),
            blind_any_tender: true,
        }
    }
}

/// How a store is run. A till without any reference data runs by [`StoreSettings::default`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StoreSettings {
    /// The currency of its prices, tills and documents.
    pub currency: Currency,
    /// Its time zone.
    pub time_zone: TimeZoneName,
    /// When its trading day ends.
    pub cut_over_hour: CutOverHour,
    /// Whether its prices include tax.
    pub tax_mode: TaxMode,
    /// Where it rounds tax.
    pub tax_rounding: TaxRounding,
    /// The rate of each tax class.
    pub tax_rates: TaxRates,
    /// What cash amounts are rounded to.
    pub cash_rounding_step: CashRoundingStep,
    /// What it takes back.
    pub return_policy: ReturnPolicy,
    /// Whose receipts it prints.
    pub header: StoreHeader,
    /// What it says on them, and in which language.
    pub receipt_texts: ReceiptTexts,
    /// The kinds of money that it takes.
    #[serde(skip_serializing_if = "Tenders::is_empty")]
    pub tenders: Tenders,
    /// The reasons that its people choose from.
    #[serde(skip_serializing_if = "Reasons::is_empty")]
    pub reasons: Reasons,
    /// Its departments.
    #[serde(skip_serializing_if = "Departments::is_empty")]
    pub departments: Departments,
    /// The keys that ring a product up.
    #[serde(skip_serializing_if = "QuickKeys::is_empty")]
    pub quick_keys: QuickKeys,
    /// Its notes and coins; those of its currency without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominations: Option<Denominations>,
    /// How its scales write price and weight into barcodes.
    pub variable_measure: VariableMeasureRules,
    /// Who may do what at its tills.
    pub rights: RightsTable,
}

impl StoreSettings {
    /// Its notes and coins.
    #[must_use]
    pub fn denominations(&self) -> Denominations {
        let own = self.denominations.clone();
        own.unwrap_or_else(|| Denominations::usual(self.currency))
    }
}

impl Default for StoreSettings {
    /// Pounds in London, prices with tax in them and rounded per line, days that end at midnight, no tax classes.
    fn default() -> Self {
        Self {
            currency: Currency::GBP,
            time_zone: TimeZoneName::new("Europe/London")
                .expect("a time zone's name in its alphabet"),
            cut_over_hour: CutOverHour::MIDNIGHT,
            tax_mode: TaxMode::Inclusive,
            tax_rounding: TaxRounding::PerLine,
            tax_rates: TaxRates::default(),
            cash_rounding_step: CashRoundingStep::NONE,
            return_policy: ReturnPolicy::default(),
            header: StoreHeader::default(),
            receipt_texts: ReceiptTexts::default(),
            tenders: Tenders::default(),
            reasons: Reasons::default(),
            departments: Departments::default(),
            quick_keys: QuickKeys::default(),
            denominations: None,
            variable_measure: VariableMeasureRules::default(),
            rights: RightsTable::default(),
        }
    }
}

/// The rate of each tax class of a store: at most [`TAX_RATES_MAX`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "BTreeMap<TaxCode, Rate>", into = "BTreeMap<TaxCode, Rate>")]
pub struct TaxRates(#[schemars(extend("maxProperties" = 64))] BTreeMap<TaxCode, Rate>);

/// More tax classes than one store may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a store has at most {TAX_RATES_MAX} tax classes, this has {0}")]
pub struct TaxRatesError(usize);

impl TaxRates {
    /// Checks how many there are.
    ///
    /// # Errors
    /// [`TaxRatesError`] for more than [`TAX_RATES_MAX`].
    pub fn new(rates: impl IntoIterator<Item = (TaxCode, Rate)>) -> Result<Self, TaxRatesError> {
        let rates: BTreeMap<TaxCode, Rate> = rates.into_iter().collect();
        if rates.len() > TAX_RATES_MAX {
            return Err(TaxRatesError(rates.len()));
        }
        Ok(Self(rates))
    }

    /// The rate of a tax class. A class that has none is not taxed: a till that got no rates yet still sells, and
    /// each line stores the class and the rate that it used.
    #[must_use]
    pub fn rate(&self, class: &TaxCode) -> Rate {
        self.0.get(class).copied().unwrap_or(Rate::ZERO)
    }

    /// The classes and their rates, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&TaxCode, Rate)> {
        self.0.iter().map(|(class, rate)| (class, *rate))
    }
}

impl TryFrom<BTreeMap<TaxCode, Rate>> for TaxRates {
    type Error = TaxRatesError;
    fn try_from(rates: BTreeMap<TaxCode, Rate>) -> Result<Self, TaxRatesError> {
        Self::new(rates)
    }
}

impl From<TaxRates> for BTreeMap<TaxCode, Rate> {
    fn from(rates: TaxRates) -> Self {
        rates.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_a_stable_json_form() {
        let json = r#"{"version":7,"record":{"product_put":{"sku":"22423","gtins":["04006381333931"],"description":"REGENCY CAKESTAND 3 TIER","kind":"goods","department":"HOME","tax_class":"standard","price":"12.75","measure":"each","minimum_age":18,"discontinued":true}}}"#;
        let change: ReferenceChange = serde_json::from_str(json).expect("a change");
        assert_eq!(serde_json::to_string(&change).expect("JSON"), json);

        let removed = r#"{"version":8,"record":{"product_removed":{"sku":"22423"}}}"#;
        let change: ReferenceChange = serde_json::from_str(removed).expect("a change");
        assert_eq!(serde_json::to_string(&change).expect("JSON"), removed);
    }

    #[test]
    fn settings_that_leave_something_out_get_the_default() {
        let json = r#"{"store":"york","settings":{"tax_rates":{"standard":"20"},"return_policy":{"window_days":14}}}"#;
        let record: ReferenceRecord =
            serde_json::from_str(&format!(r#"{{"settings_put":{json}}}"#)).expect("a record");
        let ReferenceRecord::SettingsPut { settings, .. } = record else {
            panic!("settings");
        };
        let code = |text| TaxCode::new(text).expect("a code");
        assert_eq!(settings.tax_rates.rate(&code("standard")).to_string(), "20");
        assert_eq!(settings.tax_rates.rate(&code("unheard-of")), Rate::ZERO);
        assert_eq!(
            *settings,
            StoreSettings {
                tax_rates: settings.tax_rates.clone(),
                return_policy: ReturnPolicy {
                    window_days: 14,
                    ..ReturnPolicy::default()
                },
                ..StoreSettings::default()
            }
        );
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        let gtin = |number: usize| {
            (0..10)
                .find_map(|check| format!("{number:012}{check}").parse::<Gtin>().ok())
                .expect("one check digit fits")
        };
        assert!(Gtins::new((1..=PRODUCT_GTINS_MAX).map(gtin)).is_ok());
        assert_eq!(
            Gtins::new((1..=PRODUCT_GTINS_MAX + 1).map(gtin)),
            Err(GtinsError(65))
        );
        assert!(serde_json::from_str::<MinimumAge>("0").is_err());
        assert!(serde_json::from_str::<MinimumAge>("100").is_err());
        let rates = (0..=TAX_RATES_MAX).map(|class| {
            let class = TaxCode::new(class.to_string()).expect("a code");
            (class, Rate::ZERO)
        });
        assert_eq!(TaxRates::new(rates), Err(TaxRatesError(65)));
    }
}
