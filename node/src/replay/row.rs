//! Rows of a trade file, as they are: nothing is judged here.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

/// The columns that a trade file must have, in any order.
pub const INVOICE_FILE_COLUMNS: [&str; 7] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
];

/// One row of a trade file: texts as they stand in it, damaged UTF-8 replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The invoice; `C…` cancels.
    pub invoice: String,
    /// The stock code.
    pub stock_code: String,
    /// What the product is called.
    pub description: String,
    /// How many.
    pub quantity: String,
    /// When, `YYYY-MM-DD HH:MM:SS`.
    pub invoice_date: String,
    /// The price of one, in major units.
    pub unit_price: String,
    /// The customer; empty for a walk-in.
    pub customer: String,
    /// Whether the row had as many fields as the heading.
    pub complete: bool,
}

/// Why a trade file can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file can't be opened.
    #[error("the trade file {path} can't be opened")]
    Open {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Reading stopped in the middle.
    #[error("the trade file {path} can't be read")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the reader says.
        #[source]
        source: csv::Error,
    },
    /// A column is missing.
    #[error("the trade file {path} has no column {column}; it needs {}", INVOICE_FILE_COLUMNS.join(", "))]
    Column {
        /// Which file.
        path: PathBuf,
        /// Which column.
        column: &'static str,
    },
}

/// Reads a `.csv` or `.csv.gz` file whole.
///
/// # Errors
/// [`ReplayError`], naming the file.
pub fn read_rows(path: &Path) -> Result<Vec<Row>, ReplayError> {
    let file = File::open(path).map_err(|source| ReplayError::Open {
        path: path.to_owned(),
        source,
    })?;
    let file = BufReader::new(file);
    let input: Box<dyn Read> = if path.extension().is_some_and(|extension| extension == "gz") {
        Box::new(flate2::bufread::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let read = |source| ReplayError::Read {
        path: path.to_owned(),
        source,
    };

    let heading = reader.byte_headers().map_err(read)?.clone();
    let mut places = [0_usize; INVOICE_FILE_COLUMNS.len()];
    for (place, column) in places.iter_mut().zip(INVOICE_FILE_COLUMNS) {
        *place = heading
            .iter()
            .position(|name| {
                name.trim_ascii()
                    .strip_prefix(b"\xef\xbb\xbf")
                    .unwrap_or(name.trim_ascii())
                    == column.as_bytes()
            })
            .ok_or(ReplayError::Column {
                path: path.to_owned(),
                column,
            })?;
    }

    let mut rows = Vec::new();
    for record in reader.byte_records() {
        let record = record.map_err(read)?;
        let field = |index: usize| {
            String::from_utf8_lossy(record.get(places[index]).unwrap_or_default())
                .trim()
                .to_owned()
        };
        rows.push(Row {
            invoice: field(0),
            stock_code: field(1),
            description: field(2),
            quantity: field(3),
            invoice_date: field(4),
            unit_price: field(5),
            customer: field(6),
            complete: record.len() == heading.len(),
        });
    }
    Ok(rows)
}
