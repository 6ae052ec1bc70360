//! One line of a product list.

use std::{error::Error, fmt};

use holdfast_schemas::{
    gtin::Gtin,
    identity::{DepartmentCode, Sku, TaxCode},
    operation::LineKind,
    reference::{Gtins, MinimumAge, Product},
    text_value::Description,
    value::{Measure, UnitPrice},
};

/// A column of a product list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The stock keeping unit. Two cases of one are one: it is upper-cased.
    Sku,
    /// Barcodes, separated by spaces or `|`. May be empty.
    Gtins,
    /// The text for screens and receipts.
    Name,
    /// The department. May be empty.
    Department,
    /// The tax class.
    TaxClass,
    /// The price of one, in major units.
    Price,
    /// What one is: `each`, `kg`, `l`, `m`.
    Unit,
    /// How old a customer must be, in years. May be empty.
    AgeLimit,
    /// Whether it is not ordered any more: `yes` or `no`. May be empty.
    Discontinued,
    /// `goods` or `service` (which moves no stock). The column may be left out.
    Kind,
}

impl Column {
    /// Every column.
    pub const ALL: [Self; 10] = [
        Self::Sku,
        Self::Gtins,
        Self::Name,
        Self::Department,
        Self::TaxClass,
        Self::Price,
        Self::Unit,
        Self::AgeLimit,
        Self::Discontinued,
        Self::Kind,
    ];

    /// The column's name in the header line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sku => "sku",
            Self::Gtins => "gtins",
            Self::Name => "name",
            Self::Department => "department",
            Self::TaxClass => "tax class",
            Self::Price => "price",
            Self::Unit => "unit",
            Self::AgeLimit => "age limit",
            Self::Discontinued => "discontinued",
            Self::Kind => "kind",
        }
    }

    /// Whether the header may leave it out.
    #[must_use]
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::Kind)
    }

    /// The column that a header cell names, in any case, with a space, `_` or `-` between words.
    pub(super) fn from_header(cell: &str) -> Option<Self> {
        let cell = cell.trim().to_lowercase().replace(['_', '-'], " ");
        Self::ALL.into_iter().find(|column| column.name() == cell)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A line that is wrong.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LineError {
    /// Its number in the file, from 1; the header is a line.
    pub line: u64,
    /// What is wrong.
    pub problem: LineProblem,
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum LineProblem {
    /// A header cell that names no column, or one twice.
    #[error("{0:?} is no column, or is there twice")]
    Header(Box<str>),
    /// A column that is not there.
    #[error("there is no column {0}")]
    NoColumn(Column),
    /// More or fewer cells than the header has.
    #[error("there are {found} cells, but {wanted} columns")]
    Cells {
        /// How many there are.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// A cell whose value is not allowed.
    #[error("{column}: {error}")]
    Cell {
        /// Which cell.
        column: Column,
        /// What is wrong with it.
        error: CellError,
    },
    /// A product that an earlier line has.
    #[error("sku: {sku} is on line {first_line} already")]
    SkuTwice {
        /// The product.
        sku: Sku,
        /// Where it was first.
        first_line: u64,
    },
    /// A barcode that an earlier line gave to another product.
    #[error("gtins: {gtin} belongs to {sku} on line {first_line}")]
    GtinTwice {
        /// The barcode.
        gtin: Gtin,
        /// Whose it was first.
        sku: Sku,
        /// Where.
        first_line: u64,
    },
    /// A barcode that the price list gives to a product which is not in this file.
    #[error(
        "gtins: {gtin} belongs to {sku}, which is not in this file; put that product in too, without it"
    )]
    GtinElsewhere {
        /// The barcode.
        gtin: Gtin,
        /// Whose it is.
        sku: Sku,
    },
    /// The CSV itself is broken here.
    #[error("not CSV: {0}")]
    Csv(Box<str>),
}

/// What is wrong with a cell.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// Not UTF-8.
    #[error("not UTF-8")]
    Encoding,
    /// Nothing in it.
    #[error("empty")]
    Empty,
    /// Not one of the words that are allowed.
    #[error("{found:?} is none of {allowed}")]
    Word {
        /// What is there.
        found: Box<str>,
        /// What may be there.
        allowed: &'static str,
    },
    /// Not a value of its type.
    #[error("{found:?}: {source}")]
    Value {
        /// What is there.
        found: Box<str>,
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// The cells of one line, by column.
pub(super) struct Cells<'a> {
    pub(super) columns: &'a [Column],
    pub(super) cells: &'a csv::ByteRecord,
}

impl Cells<'_> {
    /// The product on this line, or everything that is wrong with it.
    pub(super) fn product(&self) -> Result<Product, Vec<LineProblem>> {
        let mut problems = Vec::new();
        let sku = keep(self.sku(), Column::Sku, &mut problems);
        let gtins = keep(self.gtins(), Column::Gtins, &mut problems);
        let description = keep(self.description(), Column::Name, &mut problems);
        let department = keep(self.department(), Column::Department, &mut problems);
        let tax_class = keep(
            self.value(Column::TaxClass, |text| TaxCode::new(text)),
            Column::TaxClass,
            &mut problems,
        );
        let price = keep(
            self.value(Column::Price, str::parse::<UnitPrice>),
            Column::Price,
            &mut problems,
        );
        let measure = keep(self.measure(), Column::Unit, &mut problems);
        let minimum_age = keep(self.minimum_age(), Column::AgeLimit, &mut problems);
        let discontinued = keep(self.discontinued(), Column::Discontinued, &mut problems);
        let kind = keep(self.kind(), Column::Kind, &mut problems);
        let product = (|| {
            Some(Product {
                sku: sku?,
                gtins: gtins?,
                description: description?,
                kind: kind?,
                department: department?,
                tax_class: tax_class?,
                price: price?,
                measure: measure?,
                minimum_age: minimum_age?,
                discontinued: discontinued?,
            })
        })();
        product.ok_or(problems)
    }

    /// A cell's text, trimmed; empty where the column is left out.
    fn text(&self, column: Column) -> Result<&str, CellError> {
        let index = self.columns.iter().position(|known| *known == column);
        let bytes = index.and_then(|index| self.cells.get(index));
        let text =
            std::str::from_utf8(bytes.unwrap_or_default()).map_err(|_| CellError::Encoding)?;
        Ok(text.trim())
    }

    /// A cell that may not be empty.
    fn value<T, E: Error + Send + Sync + 'static>(
        &self,
        column: Column,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, CellError> {
        match self.text(column)? {
            "" => Err(CellError::Empty),
            text => read(text).map_err(wrong(text)),
        }
    }

    /// A cell that may be empty.
    fn optional<T, E: Error + Send + Sync + 'static>(
        &self,
        column: Column,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, CellError> {
        match self.text(column)? {
            "" => Ok(None),
            text => read(text).map(Some).map_err(wrong(text)),
        }
    }

    fn sku(&self) -> Result<Sku, CellError> {
        self.value(Column::Sku, |text| Sku::new(text.to_uppercase()))
    }

    fn gtins(&self) -> Result<Gtins, CellError> {
        let text = self.text(Column::Gtins)?;
        let gtins = text
            .split(['|', ' '])
            .filter(|part| !part.is_empty())
            .map(|part| part.parse::<Gtin>().map_err(wrong(part)))
            .collect::<Result<Vec<_>, _>>()?;
        Gtins::new(gtins).map_err(wrong(text))
    }

    fn description(&self) -> Result<Description, CellError> {
        self.value(Column::Name, |text| Description::new(text))
    }

    fn department(&self) -> Result<Option<DepartmentCode>, CellError> {
        self.optional(Column::Department, |text| DepartmentCode::new(text))
    }

    fn measure(&self) -> Result<Measure, CellError> {
        match self.text(Column::Unit)?.to_lowercase().as_str() {
            "" => Err(CellError::Empty),
            "each" => Ok(Measure::Each),
            "kg" => Ok(Measure::Kilogram),
            "l" => Ok(Measure::Litre),
            "m" => Ok(Measure::Metre),
            other => Err(word(other, "each, kg, l, m")),
        }
    }

    fn minimum_age(&self) -> Result<Option<MinimumAge>, CellError> {
        match self.text(Column::AgeLimit)? {
            "" => Ok(None),
            text => {
                let years: u8 = text.parse().map_err(|_| word(text, "1 to 99"))?;
                MinimumAge::new(years).map(Some).map_err(wrong(text))
            }
        }
    }

    fn discontinued(&self) -> Result<bool, CellError> {
        match self.text(Column::Discontinued)?.to_lowercase().as_str() {
            "yes" | "true" | "1" => Ok(true),
            "" | "no" | "false" | "0" => Ok(false),
            other => Err(word(other, "yes, no")),
        }
    }

    fn kind(&self) -> Result<LineKind, CellError> {
        match self.text(Column::Kind)?.to_lowercase().as_str() {
            "" | "goods" => Ok(LineKind::Goods),
            "service" => Ok(LineKind::Service),
            other => Err(word(other, "goods, service")),
        }
    }
}

fn keep<T>(
    cell: Result<T, CellError>,
    column: Column,
    problems: &mut Vec<LineProblem>,
) -> Option<T> {
    match cell {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(LineProblem::Cell { column, error });
            None
        }
    }
}

fn wrong<E: Error + Send + Sync + 'static>(found: &str) -> impl FnOnce(E) -> CellError + use<E> {
    let found = found.into();
    move |source| CellError::Value {
        found,
        source: Box::new(source),
    }
}

fn word(found: &str, allowed: &'static str) -> CellError {
    CellError::Word {
        found: found.into(),
        allowed,
    }
}
