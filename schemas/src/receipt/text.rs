//! A receipt as plain text.

use super::layout::{Align, PaperWidth, Receipt, ReceiptItem, TextSize, column_lines, wrap};

impl Receipt {
    /// The receipt as text for a screen or a file: one line a line, none longer than the paper is wide. Sizes are not
    /// shown; what is not text stands in brackets.
    #[must_use]
    pub fn to_text(&self, width: PaperWidth) -> String {
        let columns = width.columns();
        let mut text = String::new();
        let mut line = |line: &str| {
            text.push_str(line.trim_end());
            text.push('\n');
        };
        for item in &self.items {
            match item {
                ReceiptItem::Logo => line(&centred("[logo]", columns)),
                ReceiptItem::Text { text, align, style } => {
                    for part in wrap(text, columns_of(style.size, columns)) {
                        match align {
                            Align::Left => line(&part),
                            Align::Centre => line(&centred(&part, columns)),
                        }
                    }
                }
                ReceiptItem::Columns { left, right, style } => {
                    // A wide text takes the places of two; as plain text it stands in as many lines as on paper.
                    let narrow = columns_of(style.size, columns);
                    let fits = left.chars().count() + right.chars().count() < narrow;
                    let columns = if fits { columns } else { narrow };
                    column_lines(left, right, columns)
                        .iter()
                        .for_each(|part| line(part));
                }
                ReceiptItem::Rule => line(&"-".repeat(columns)),
                ReceiptItem::Feed(lines) => (0..*lines).for_each(|_| line("")),
                ReceiptItem::Barcode(code) => line(&centred(&format!("[barcode {code}]"), columns)),
                ReceiptItem::Qr(code) => line(&centred(&format!("[QR {code}]"), columns)),
                ReceiptItem::Cut => line(&centred("[cut]", columns)),
            }
        }
        text
    }
}

pub(super) fn columns_of(size: TextSize, columns: usize) -> usize {
    match size {
        TextSize::Normal | TextSize::Tall => columns,
        TextSize::Large => columns / 2,
    }
}

fn centred(text: &str, columns: usize) -> String {
    let room = columns.saturating_sub(text.chars().count());
    format!("{}{text}", " ".repeat(room / 2))
}
