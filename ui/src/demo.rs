//! The demo shop: a till without a server, with a made-up price list, so that somebody can try everything.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use holdfast_node::{Node, StartError, settings::Settings, store::TillIdentity};
use holdfast_schemas::{
    gtin::Gtin,
    identity::{DepartmentCode, NodeNumber, PriceListVersion, Sku, StoreId, TaxCode, TenantId},
    operation::LineKind,
    reference::{Gtins, MinimumAge, Product, ReferenceRecord, StoreSettings},
    staff::User,
    text_value::Description,
    value::{Measure, UnitPrice},
    wire::{ReferencePage, ReferenceText},
};

/// The price list, in the form that headquarters imports.
pub const PRODUCTS: &str = include_str!("../demo/products.csv");
/// How the shop is run, in the form that headquarters imports.
pub const SETTINGS: &str = include_str!("../demo/settings.toml");
/// Who works there. Their PINs are in the README.
pub const USERS: &str = include_str!("../demo/users.json");

/// The shop.
pub const STORE: &str = "harbour-street";

/// The file that makes a data folder the demo shop's.
const MARK: &str = "demo-shop";

/// Why the demo shop can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Its files are not what they should be.
    #[error("the demo shop's own files can't be read")]
    Files(#[source] Box<dyn Error + Send + Sync>),
    /// Its folder can't be written.
    #[error("the demo shop's folder {path} can't be written")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The till did not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

fn broken(error: impl Into<Box<dyn Error + Send + Sync>>) -> DemoError {
    DemoError::Files(error.into())
}

/// Whether the demo shop was opened in this folder before.
#[must_use]
pub fn is_in(data_dir: &Path) -> bool {
    data_dir.join(MARK).exists()
}

/// Starts the demo shop's till in the folder of the settings, with its price list, settings and people. It has no server,
/// and never reaches one.
///
/// Must be called within a tokio runtime, as [`Node::start`].
///
/// # Errors
/// [`DemoError`].
pub fn start(settings: &Settings) -> Result<Node, DemoError> {
    let data_dir = &settings.data_dir.value;
    let mark = data_dir.join(MARK);
    let folder = |source| DemoError::Folder {
        path: data_dir.clone(),
        source,
    };
    fs::create_dir_all(data_dir).map_err(folder)?;
    fs::write(mark, "").map_err(folder)?;
    let till = TillIdentity {
        tenant: TenantId::new("demo").map_err(broken)?,
        store: StoreId::new(STORE).map_err(broken)?,
        node: NodeNumber::new(1).map_err(broken)?,
    };
    Ok(Node::start_alone(settings, &till, &page(&records()?)?)?)
}

/// All of the shop's reference data.
///
/// # Errors
/// [`DemoError::Files`].
pub fn records() -> Result<Vec<ReferenceRecord>, DemoError> {
    let settings: StoreSettings = toml::from_str(SETTINGS).map_err(broken)?;
    let users: Vec<User> = serde_json::from_str(USERS).map_err(broken)?;
    let mut records = vec![ReferenceRecord::SettingsPut {
        store: StoreId::new(STORE).map_err(broken)?,
        settings: Box::new(settings),
    }];
    records.extend(
        users
            .into_iter()
            .map(|user| ReferenceRecord::UserPut(Box::new(user))),
    );
    for product in products()? {
        records.push(ReferenceRecord::ProductPut(Box::new(product)));
    }
    Ok(records)
}

/// The shop's products.
///
/// # Errors
/// [`DemoError::Files`].
pub fn products() -> Result<Vec<Product>, DemoError> {
    let mut reader = csv::Reader::from_reader(PRODUCTS.as_bytes());
    let rows = reader.records();
    rows.map(|row| product(&row.map_err(broken)?)).collect()
}

fn product(row: &csv::StringRecord) -> Result<Product, DemoError> {
    let field = |place: usize| row.get(place).unwrap_or_default();
    let measure = match field(6) {
        "kg" => Measure::Kilogram,
        _ => Measure::Each,
    };
    let age: Option<u8> = (!field(7).is_empty())
        .then(|| field(7).parse())
        .transpose()
        .map_err(broken)?;
    let gtin: Gtin = field(1).parse().map_err(broken)?;
    Ok(Product {
        sku: Sku::new(field(0)).map_err(broken)?,
        gtins: Gtins::new([gtin]).map_err(broken)?,
        description: Description::new(field(2)).map_err(broken)?,
        kind: LineKind::Goods,
        department: Some(DepartmentCode::new(field(3)).map_err(broken)?),
        tax_class: TaxCode::new(field(4)).map_err(broken)?,
        price: UnitPrice::from_str(field(5)).map_err(broken)?,
        measure,
        minimum_age: age.map(MinimumAge::new).transpose().map_err(broken)?,
        discontinued: field(8) == "yes",
    })
}

fn page(records: &[ReferenceRecord]) -> Result<ReferencePage, DemoError> {
    let through = PriceListVersion::new(u64::try_from(records.len()).unwrap_or(u64::MAX));
    let texts = records.iter().map(|record| {
        let json = serde_json::to_string(record).map_err(broken)?;
        ReferenceText::new(json).map_err(broken)
    });
    Ok(ReferencePage {
        after: PriceListVersion::new(0),
        through,
        end: through,
        records: texts.collect::<Result<_, _>>()?,
    })
}
