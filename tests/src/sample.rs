//! The bundled day of trade: a made-up gift shop, in the form of the files that the replay reads.
//!
//! `tests/data/trading-day.csv` is what [`write()`] gives for [`SEED`]; a test keeps them equal.

use std::fmt::Write as _;

/// The seed of the bundled file.
pub const SEED: u64 = 20_260_307;

/// The bundled file.
pub const BUNDLED: &str = include_str!("../data/trading-day.csv");

const INVOICES: u64 = 320;
const OPENING_MINUTE: u64 = 9 * 60;
const TRADING_MINUTES: u64 = 9 * 60;

/// Made-up products: code, text, price in pence.
pub(crate) const PRODUCTS: [(&str, &str, u64); 40] = [
    ("21001", "PAPER LANTERN, MOON", 295),
    ("21002", "PAPER LANTERN, STAR", 295),
    ("21003A", "TEA TOWEL \"GOOD MORNING\"", 650),
    ("21003B", "TEA TOWEL \"GOOD NIGHT\"", 650),
    ("21004", "BRASS BELL, SMALL", 425),
    ("21005", "BRASS BELL, LARGE", 995),
    ("21006", "WOODEN SPINNING TOP", 185),
    ("21007", "SET OF 4 EGG CUPS", 1250),
    ("21008", "ENAMEL MUG, BLUE", 545),
    ("21009", "ENAMEL MUG, WHITE", 545),
    ("21010", "BEESWAX CANDLE, PAIR", 780),
    ("21011", "BIRTHDAY CARD, FOX", 125),
    ("21012", "BIRTHDAY CARD, OWL", 125),
    ("21013", "WRAPPING PAPER, STRIPES", 85),
    ("21014", "WRAPPING PAPER, DOTS", 85),
    ("21015", "JAM JAR LABELS, 24", 210),
    ("21016", "STONEWARE BOWL", 1495),
    ("21017", "STONEWARE PLATE", 1695),
    ("21018", "LINEN NAPKIN", 475),
    ("21019", "SEED PACKET, POPPY", 160),
    ("21020", "SEED PACKET, CORNFLOWER", 160),
    ("21021", "GARDEN TWINE, 50 M", 340),
    ("21022", "WATERING CAN, TIN", 2250),
    ("21023", "PICNIC BLANKET", 3450),
    ("21024", "LUNCH BOX, TIN", 895),
    ("21025", "NOTEBOOK, A5", 620),
    ("21026", "PENCIL, CEDAR", 45),
    ("21027", "PENCIL SHARPENER, BRASS", 380),
    ("21028", "JIGSAW, 500 PIECES", 1399),
    ("21029", "PLAYING CARDS", 595),
    ("21030", "WIND CHIME, SHELL", 1175),
    ("21031", "HOT WATER BOTTLE", 1325),
    ("21032", "DOOR STOP, HEDGEHOG", 1050),
    ("21033", "CAKE TIN, SET OF 3", 1890),
    ("21034", "PASTRY CUTTER, HEART", 115),
    ("21035", "RIBBON, RED, 3 M", 135),
    ("21036", "RIBBON, GREEN, 3 M", 135),
    ("21037", "PHOTO FRAME, OAK", 1580),
    ("21038", "COAT HOOK, IRON", 725),
    ("21039", "SOAP, LAVENDER", 395),
];

/// A small generator of random numbers (SplitMix64, Steele, Lea and Flood 2014), so that the file needs no library.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let length = u64::try_from(from.len()).unwrap_or(1);
        &from[usize::try_from(self.below(length)).unwrap_or(0)]
    }
}

/// A line that a customer may bring back.
struct Bought {
    customer: u64,
    product: (&'static str, &'static str, u64),
    quantity: u64,
}

struct Day {
    random: Random,
    csv: String,
    bought: Vec<Bought>,
    number: u64,
}

/// Writes the day for a seed.
#[must_use]
pub fn write(seed: u64) -> String {
    let mut day = Day {
        random: Random(seed),
        csv:
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\r\n"
                .to_owned(),
        bought: Vec::new(),
        number: 700_000,
    };
    for index in 0..INVOICES {
        let minute = OPENING_MINUTE + index * TRADING_MINUTES / INVOICES;
        let when = format!("2026-03-07 {:02}:{:02}:00", minute / 60, minute % 60);
        day.number += 1;
        match day.random.below(20) {
            0 | 1 if day.bought.len() > 20 => day.cancellation(&when),
            2 => day.adjustment(&when),
            _ => day.sale(&when),
        }
    }
    day.csv
}

impl Day {
    fn row(
        &mut self,
        invoice: &str,
        product: (&str, &str, &str),
        quantity: i64,
        when: &str,
        customer: Option<u64>,
    ) {
        let (code, text, price) = product;
        let text = if text.contains(['"', ',']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        };
        let customer = customer
            .map(|customer| format!("{customer}.0"))
            .unwrap_or_default();
        write!(
            self.csv,
            "{invoice},{code},{text},{quantity},{when},{price},{customer},United Kingdom\r\n"
        )
        .expect("writing to a text can't fail");
    }

    fn sale(&mut self, when: &str) {
        let invoice = self.number.to_string();
        let customer = (!self.random.one_in(4)).then(|| 30_001 + self.random.below(60));
        let lines = 1 + self.random.below(7) * self.random.below(3);
        for _ in 0..lines {
            let product = *self.random.pick(&PRODUCTS);
            let quantity = 1 + self.random.below(4) * self.random.below(3);
            // Some cashiers type codes in lower case; it is the same product.
            let code = if self.random.one_in(30) {
                product.0.to_ascii_lowercase()
            } else {
                product.0.to_owned()
            };
            self.row(
                &invoice,
                (&code, product.1, &price(product.2)),
                signed(quantity),
                when,
                customer,
            );
            if let Some(customer) = customer {
                self.bought.push(Bought {
                    customer,
                    product,
                    quantity,
                });
            }
        }
        if customer.is_some() && self.random.one_in(12) {
            self.row(&invoice, ("POST", "POSTAGE", "3.95"), 1, when, customer);
        }
        if self.random.one_in(15) {
            self.row(
                &invoice,
                ("gift_0001_20", "GIFT VOUCHER 20.00", "20.00"),
                1,
                when,
                customer,
            );
        }
        if customer.is_some() && self.random.one_in(40) {
            self.row(
                &invoice,
                ("21011", "BIRTHDAY CARD, FOX", "0.0"),
                1,
                when,
                customer,
            );
        }
        if self.random.one_in(120) {
            self.row(&invoice, ("B", "BAD DEBT", "-25.00"), 1, when, customer);
        }
    }

    fn cancellation(&mut self, when: &str) {
        let invoice = format!("C{}", self.number);
        let place = usize::try_from(self.random.below(self.bought.len() as u64)).unwrap_or(0);
        let Bought {
            customer,
            product,
            quantity,
        } = self.bought.swap_remove(place);
        let back = 1 + self.random.below(quantity);
        // Now and then more than was bought, or at another price, or without a receipt.
        let back = if self.random.one_in(6) {
            quantity + 1
        } else {
            back
        };
        let pence = if self.random.one_in(8) {
            product.2 - 5
        } else {
            product.2
        };
        let customer = (!self.random.one_in(6)).then_some(customer);
        self.row(
            &invoice,
            (product.0, product.1, &price(pence)),
            -signed(back),
            when,
            customer,
        );
        if customer.is_some() && self.random.one_in(5) {
            self.row(&invoice, ("POST", "POSTAGE", "3.95"), -1, when, customer);
        }
    }

    fn adjustment(&mut self, when: &str) {
        let invoice = self.number.to_string();
        let product = *self.random.pick(&PRODUCTS);
        let quantity = signed(1 + self.random.below(12));
        let quantity = if self.random.one_in(3) {
            quantity
        } else {
            -quantity
        };
        let text = if quantity < 0 { "damaged" } else { "found" };
        self.row(&invoice, (product.0, text, "0.0"), quantity, when, None);
    }
}

fn signed(quantity: u64) -> i64 {
    i64::try_from(quantity).unwrap_or(i64::MAX)
}

fn price(pence: u64) -> String {
    format!("{}.{:02}", pence / 100, pence % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_day_is_what_its_generator_writes() {
        assert!(
            BUNDLED == write(SEED),
            "tests/data/trading-day.csv is stale: run `cargo run -p holdfast-tests --bin write-sample`"
        );
    }
}
