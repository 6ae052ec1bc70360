//! What stands where on a receipt.

/// How many characters of normal size stand on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperWidth {
    /// 42: 80 mm paper in the printer's wider font.
    Columns42,
    /// 48: 80 mm paper in the printer's usual font.
    Columns48,
}

impl PaperWidth {
    /// The number of characters.
    #[must_use]
    pub const fn columns(self) -> usize {
        match self {
            Self::Columns42 => 42,
            Self::Columns48 => 48,
        }
    }
}

/// How large a text is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TextSize {
    /// As usual.
    #[default]
    Normal,
    /// Twice as high.
    Tall,
    /// Twice as high and twice as wide: half as many characters stand on a line.
    Large,
}

/// How a text looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextStyle {
    /// Its size.
    pub size: TextSize,
    /// Whether it is bold.
    pub bold: bool,
}

/// Where on the line a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// At the left.
    Left,
    /// In the middle.
    Centre,
}

/// One part of a receipt, from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptItem {
    /// The logo that the printer has stored.
    Logo,
    /// A text, over as many lines as it needs.
    Text {
        /// What it says.
        text: String,
        /// Where.
        align: Align,
        /// How.
        style: TextStyle,
    },
    /// A text at the left and an amount at the right, on one line if they fit.
    Columns {
        /// At the left; broken over lines where it is too long.
        left: String,
        /// At the right of the last line; never broken.
        right: String,
        /// How.
        style: TextStyle,
    },
    /// A line across the paper.
    Rule,
    /// So many empty lines.
    Feed(u8),
    /// A barcode (CODE 128) with its text below.
    Barcode(String),
    /// A QR code.
    Qr(String),
    /// The paper is cut.
    Cut,
}

/// A receipt or a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Its parts, from top to bottom.
    pub items: Vec<ReceiptItem>,
}

impl Receipt {
    pub(super) fn push(&mut self, item: ReceiptItem) {
        self.items.push(item);
    }

    pub(super) fn text(&mut self, align: Align, style: TextStyle, text: impl Into<String>) {
        let text = text.into();
        self.push(ReceiptItem::Text { text, align, style });
    }

    pub(super) fn left(&mut self, text: impl Into<String>) {
        self.text(Align::Left, TextStyle::default(), text);
    }

    pub(super) fn centre(&mut self, text: impl Into<String>) {
        self.text(Align::Centre, TextStyle::default(), text);
    }

    pub(super) fn heading(&mut self, text: impl Into<String>) {
        let style = TextStyle {
            size: TextSize::Large,
            bold: true,
        };
        self.text(Align::Centre, style, text);
    }

    pub(super) fn columns(&mut self, left: impl Into<String>, right: impl Into<String>) {
        self.styled_columns(TextStyle::default(), left, right);
    }

    pub(super) fn styled_columns(
        &mut self,
        style: TextStyle,
        left: impl Into<String>,
        right: impl Into<String>,
    ) {
        let (left, right) = (left.into(), right.into());
        self.push(ReceiptItem::Columns { left, right, style });
    }

    pub(super) fn end(&mut self) {
        self.push(ReceiptItem::Feed(3));
        self.push(ReceiptItem::Cut);
    }
}

/// A text in lines of at most so many characters, broken between words where that is possible. Spaces in front of it
/// stay.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let words = text.trim_start_matches(' ');
    let mut length = (text.len() - words.len()).min(columns - 1);
    let mut lines: Vec<String> = Vec::new();
    let mut line = " ".repeat(length);
    let mut fresh = true;
    for word in words.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        if !fresh && length + 1 + word.len() <= columns {
            line.push(' ');
            length += 1;
        } else if !fresh {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        while length + word.len() > columns {
            let rest = word.split_off(columns - length);
            line.extend(word);
            lines.push(std::mem::take(&mut line));
            (word, length) = (rest, 0);
        }
        length += word.len();
        line.extend(word);
        fresh = length == 0;
    }
    lines.push(line);
    lines
}

/// Columns as lines of exactly so many characters.
pub(super) fn column_lines(left: &str, right: &str, columns: usize) -> Vec<String> {
    let right_length = right.chars().count().min(columns);
    let room = columns - right_length;
    let mut lines = wrap(left, columns);
    let last = lines.pop().unwrap_or_default();
    let last_length = last.chars().count();
    // One space between the two at least.
    if last_length < room || (right_length == 0 && last_length <= room) {
        let gap = room - last_length;
        lines.push(format!("{last}{}{right}", " ".repeat(gap)));
    } else {
        lines.push(last);
        lines.push(format!("{}{right}", " ".repeat(room)));
    }
    lines
}
