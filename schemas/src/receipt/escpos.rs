//! A receipt as the bytes that a receipt printer takes.
//!
//! Source: Epson, ESC/POS Command Reference for TM printers. Only commands that printers of other makers take too.

use super::{
    layout::{Align, PaperWidth, Receipt, ReceiptItem, TextSize, TextStyle, column_lines, wrap},
    text::columns_of,
};

/// `ESC @`: the printer forgets what it was told before, so that no receipt looks like the one before it.
const INITIALISE: &[u8] = b"\x1b@";
/// `ESC t 16`: texts are in code page 1252.
const CODE_PAGE_1252: &[u8] = b"\x1bt\x10";
/// `GS ( L` function 69: the logo with the key codes 32 and 32, once as large as it is.
const LOGO: &[u8] = b"\x1d(L\x06\x000E  \x01\x01";
/// `GS V 66 0`: on to the knife, and a cut that leaves one point.
const CUT: &[u8] = b"\x1dVB\x00";
/// `GS h`, `GS w`, `GS H`: barcodes 64 dots high, bars 2 dots wide, the text below.
const BARCODE_SHAPE: &[u8] = b"\x1dh\x40\x1dw\x02\x1dH\x02";
/// `ESC @`, `GS V 66 0`: what was printed of a receipt that broke off is cut off, so that the next begins on its own paper.
const CUT_OFF: &[u8] = b"\x1b@\x1dVB\x00";
/// `ESC p 0 25 250`: a pulse of 50 ms to the drawer's connector.
const DRAWER_KICK: &[u8] = b"\x1bp\x00\x19\xfa";

/// The bytes that open the drawer. They are sent by themselves, after the commit.
#[must_use]
pub fn drawer_kick() -> &'static [u8] {
    DRAWER_KICK
}

/// The bytes that cut off what was printed of a receipt that broke off.
#[must_use]
pub fn cut_off() -> &'static [u8] {
    CUT_OFF
}

impl Receipt {
    /// The receipt as ESC/POS, from the printer's reset to the cut.
    #[must_use]
    pub fn to_escpos(&self, width: PaperWidth) -> Vec<u8> {
        let mut bytes = [INITIALISE, CODE_PAGE_1252].concat();
        for item in &self.items {
            write(&mut bytes, item, width.columns());
        }
        bytes
    }
}

fn write(bytes: &mut Vec<u8>, item: &ReceiptItem, columns: usize) {
    match item {
        ReceiptItem::Logo => centred(bytes, LOGO),
        ReceiptItem::Text { text, align, style } => {
            let lines = wrap(text, columns_of(style.size, columns));
            match align {
                Align::Left => styled(bytes, *style, &lines),
                Align::Centre => {
                    bytes.extend_from_slice(b"\x1ba\x01");
                    styled(bytes, *style, &lines);
                    bytes.extend_from_slice(b"\x1ba\x00");
                }
            }
        }
        ReceiptItem::Columns { left, right, style } => {
            let lines = column_lines(left, right, columns_of(style.size, columns));
            styled(bytes, *style, &lines);
        }
        ReceiptItem::Rule => styled(bytes, TextStyle::default(), &["-".repeat(columns)]),
        ReceiptItem::Feed(lines) => bytes.extend_from_slice(&[0x1b, b'd', *lines]),
        ReceiptItem::Barcode(code) => centred(bytes, &barcode(code)),
        ReceiptItem::Qr(code) => centred(bytes, &qr(code)),
        ReceiptItem::Cut => bytes.extend_from_slice(CUT),
    }
}

fn centred(bytes: &mut Vec<u8>, inner: &[u8]) {
    bytes.extend_from_slice(b"\x1ba\x01");
    bytes.extend_from_slice(inner);
    bytes.extend_from_slice(b"\x1ba\x00");
}

/// Lines in a style, which is as usual again afterwards.
fn styled(bytes: &mut Vec<u8>, style: TextStyle, lines: &[String]) {
    // `GS !`: the high half is how much wider, the low half how much higher.
    let size = match style.size {
        TextSize::Normal => 0x00,
        TextSize::Tall => 0x01,
        TextSize::Large => 0x11,
    };
    if style != TextStyle::default() {
        bytes.extend_from_slice(&[0x1d, b'!', size, 0x1b, b'E', u8::from(style.bold)]);
    }
    for line in lines {
        bytes.extend(line.trim_end().chars().map(encode_1252));
        bytes.push(b'\n');
    }
    if style != TextStyle::default() {
        bytes.extend_from_slice(b"\x1d!\x00\x1bE\x00");
    }
}

/// A character in code page 1252; `?` for one that is not in it. Source: Unicode's mapping table `CP1252.TXT`.
#[must_use]
pub fn encode_1252(character: char) -> u8 {
    const HIGH: [(char, u8); 27] = [
        ('€', 0x80),
        ('‚', 0x82),
        ('ƒ', 0x83),
        ('„', 0x84),
        ('…', 0x85),
        ('†', 0x86),
        ('‡', 0x87),
        ('ˆ', 0x88),
        ('‰', 0x89),
        ('Š', 0x8a),
        ('‹', 0x8b),
        ('Œ', 0x8c),
        ('Ž', 0x8e),
        ('‘', 0x91),
        ('’', 0x92),
        ('“', 0x93),
        ('”', 0x94),
        ('•', 0x95),
        ('–', 0x96),
        ('—', 0x97),
        ('˜', 0x98),
        ('™', 0x99),
        ('š', 0x9a),
        ('›', 0x9b),
        ('œ', 0x9c),
        ('ž', 0x9e),
        ('Ÿ', 0x9f),
    ];
    match u8::try_from(u32::from(character)) {
        // A control character in a text would be a command to the printer.
        Ok(byte @ (0x20..=0x7e | 0xa0..=0xff)) => byte,
        Ok(_) => b'?',
        Err(_) => {
            let mut high = HIGH.iter();
            high.find(|(known, _)| *known == character)
                .map_or(b'?', |(_, byte)| *byte)
        }
    }
}

/// `GS k 73`: CODE 128 in code set B, which has every printable ASCII character.
fn barcode(code: &str) -> Vec<u8> {
    let mut data = b"{B".to_vec();
    for byte in code.bytes().filter(|byte| (0x20..=0x7e).contains(byte)) {
        // A brace begins a command to the encoder, two of them are one.
        data.extend(std::iter::repeat_n(byte, if byte == b'{' { 2 } else { 1 }));
    }
    data.truncate(usize::from(u8::MAX));
    let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
    [BARCODE_SHAPE, b"\x1dk\x49", &[length], &data, b"\n"].concat()
}

/// `GS ( k`: a QR code of model 2, 6 dots a module, error correction M.
fn qr(code: &str) -> Vec<u8> {
    let mut data = code.as_bytes();
    data = &data[..data.len().min(2_000)];
    let length = u16::try_from(data.len() + 3)
        .unwrap_or(u16::MAX)
        .to_le_bytes();
    [
        b"\x1d(k\x04\x001A2\x00".as_slice(),
        b"\x1d(k\x03\x001C\x06",
        b"\x1d(k\x03\x001E1",
        b"\x1d(k",
        &length,
        b"1P0",
        data,
        b"\x1d(k\x03\x001Q0",
        b"\n",
    ]
    .concat()
}
