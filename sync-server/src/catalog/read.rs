//! Reading a whole product list.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    io::{self, BufRead, BufReader, Read},
};

use holdfast_schemas::{gtin::Gtin, identity::Sku, reference::Product};

use super::line::{Cells, Column, LineError, LineProblem};

/// How many wrong lines are reported before reading stops.
pub const LINE_ERRORS_MAX: usize = 1_000;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A product list without a fault: every SKU once, every GTIN once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    products: Vec<Product>,
    skus: BTreeMap<Sku, u64>,
    gtins: BTreeMap<Gtin, (Sku, u64)>,
}

impl Catalog {
    /// The products, in the order of the file.
    #[must_use]
    pub fn into_products(self) -> Vec<Product> {
        self.products
    }

    /// The lines that give a barcode to another product than the price list does, where that product is not in the file
    /// itself: a till could not tell which of them is scanned.
    #[must_use]
    pub fn clashes_with(&self, listed: &Product) -> Vec<LineError> {
        if self.skus.contains_key(&listed.sku) {
            return Vec::new();
        }
        let clash = |gtin: Gtin| {
            let (_, line) = self.gtins.get(&gtin)?;
            let sku = listed.sku.clone();
            Some(LineError {
                line: *line,
                problem: LineProblem::GtinElsewhere { gtin, sku },
            })
        };
        listed.gtins.iter().filter_map(clash).collect()
    }
}

/// Why a product list is refused.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file can't be read to its end.
    #[error("the product list can't be read")]
    Read(#[source] io::Error),
    /// Lines that are wrong, in order; at most [`LINE_ERRORS_MAX`].
    #[error("the product list has {} faults", .0.len())]
    Lines(Vec<LineError>),
}

/// Reads a product list and checks all of it.
///
/// # Errors
/// [`CatalogError`], with every fault and its line.
pub fn read_catalog(source: impl Read) -> Result<Catalog, CatalogError> {
    let mut source = BufReader::new(source);
    if source
        .fill_buf()
        .map_err(CatalogError::Read)?
        .starts_with(BYTE_ORDER_MARK)
    {
        source.consume(BYTE_ORDER_MARK.len());
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(source);
    let mut found = Findings::default();
    let mut record = csv::ByteRecord::new();
    let columns = match reader.read_byte_record(&mut record) {
        Ok(_) => header(&record),
        Err(error) => return Err(broken(error)),
    };
    let columns = columns.map_err(|problems| {
        let error = |problem| LineError { line: 1, problem };
        CatalogError::Lines(problems.into_iter().map(error).collect())
    })?;
    while found.errors.len() < LINE_ERRORS_MAX {
        match reader.read_byte_record(&mut record) {
            Ok(true) => found.line(&columns, &record),
            Ok(false) => break,
            Err(error) => return Err(broken(error)),
        }
    }
    if found.errors.is_empty() {
        Ok(Catalog {
            products: found.products,
            skus: found.skus,
            gtins: found.gtins,
        })
    } else {
        Err(CatalogError::Lines(found.errors))
    }
}

/// With flexible lines and bytes, reading fails only where the source does.
fn broken(error: csv::Error) -> CatalogError {
    let line = error.position().map_or(1, csv::Position::line);
    let kind = error.into_kind();
    if let csv::ErrorKind::Io(source) = kind {
        return CatalogError::Read(source);
    }
    CatalogError::Lines(vec![LineError {
        line,
        problem: LineProblem::Csv(format!("{kind:?}").into()),
    }])
}

fn header(record: &csv::ByteRecord) -> Result<Vec<Column>, Vec<LineProblem>> {
    let mut columns = Vec::with_capacity(record.len());
    let mut problems = Vec::new();
    for cell in record {
        let text = String::from_utf8_lossy(cell);
        match Column::from_header(&text) {
            Some(column) if !columns.contains(&column) => columns.push(column),
            Some(_) | None => problems.push(LineProblem::Header(text.into())),
        }
    }
    let missing = Column::ALL
        .into_iter()
        .filter(|column| !column.is_optional() && !columns.contains(column));
    problems.extend(missing.map(LineProblem::NoColumn));
    if problems.is_empty() {
        Ok(columns)
    } else {
        Err(problems)
    }
}

/// What reading found so far.
#[derive(Default)]
struct Findings {
    products: Vec<Product>,
    errors: Vec<LineError>,
    /// Where each product was first.
    skus: BTreeMap<Sku, u64>,
    /// Whose each barcode is, and where that was said.
    gtins: BTreeMap<Gtin, (Sku, u64)>,
}

impl Findings {
    fn line(&mut self, columns: &[Column], cells: &csv::ByteRecord) {
        let line = cells.position().map_or(0, csv::Position::line);
        if cells.len() != columns.len() {
            let (found, wanted) = (cells.len(), columns.len());
            return self.wrong(line, LineProblem::Cells { found, wanted });
        }
        match (Cells { columns, cells }).product() {
            Ok(product) => {
                self.claim(line, &product);
                self.products.push(product);
            }
            Err(problems) => {
                for problem in problems {
                    self.wrong(line, problem);
                }
            }
        }
    }

    fn claim(&mut self, line: u64, product: &Product) {
        let sku = &product.sku;
        let first_line = *self.skus.entry(sku.clone()).or_insert(line);
        if first_line != line {
            let sku = sku.clone();
            return self.wrong(line, LineProblem::SkuTwice { sku, first_line });
        }
        for gtin in product.gtins.iter() {
            match self.gtins.entry(gtin) {
                Entry::Vacant(free) => {
                    free.insert((sku.clone(), line));
                }
                Entry::Occupied(taken) => {
                    let (sku, first_line) = taken.get().clone();
                    self.errors.push(LineError {
                        line,
                        problem: LineProblem::GtinTwice {
                            gtin,
                            sku,
                            first_line,
                        },
                    });
                }
            }
        }
    }

    fn wrong(&mut self, line: u64, problem: LineProblem) {
        self.errors.push(LineError { line, problem });
    }
}
