//! What is printed, in each language.

use crate::{operation::TenderKind, store_settings::Language};

macro_rules! words {
    ($($variant:ident = $en:literal, $de:literal, $es:literal;)+) => {
        /// A fixed text of a receipt or report.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Word {
            $($variant,)+
        }

        impl Word {
            /// Every text.
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            pub(super) fn in_language(self, language: Language) -> &'static str {
                match (self, language) {
                    $(
                        (Self::$variant, Language::En) => $en,
                        (Self::$variant, Language::De) => $de,
                        (Self::$variant, Language::Es) => $es,
                    )+
                }
            }
        }
    };
}

words! {
    TaxNumber = "Tax number", "Steuernummer", "NIF";
    Copy = "COPY", "KOPIE", "COPIA";
    Training = "TRAINING - NO SALE", "TRAINING - KEIN VERKAUF", "PRUEBA - NO ES VENTA";
    GiftReceipt = "Gift receipt", "Geschenkbeleg", "Ticket regalo";
    ReturnReceipt = "Return", "Rückgabe", "Devolución";
    Receipt = "Receipt", "Beleg", "Ticket";
    Till = "Till", "Kasse", "Caja";
    ServedBy = "Served by", "Bedient von", "Atendido por";
    Subtotal = "Subtotal", "Zwischensumme", "Subtotal";
    Tax = "Tax", "Steuer", "Impuestos";
    Total = "TOTAL", "SUMME", "TOTAL";
    Refund = "REFUND", "ERSTATTUNG", "REEMBOLSO";
    Change = "Change", "Rückgeld", "Cambio";
    Rounding = "Cash rounding", "Barrundung", "Redondeo";
    Net = "net", "netto", "base";
    Cash = "Cash", "Bar", "Efectivo";
    Card = "Card", "Karte", "Tarjeta";
    Voucher = "Voucher", "Gutschein", "Vale";
    StoreCredit = "Store credit", "Guthaben", "Saldo";
    OnAccount = "On account", "Auf Rechnung", "A cuenta";
    OrderNumber = "Number", "Nummer", "Número";
    XReport = "X report", "X-Bericht", "Informe X";
    ZReport = "Z report", "Z-Bericht", "Informe Z";
    BusinessDate = "Business date", "Geschäftstag", "Día contable";
    Orders = "Sales", "Verkäufe", "Ventas";
    Returns = "Returns", "Rückgaben", "Devoluciones";
    NetSales = "Sales less returns", "Verkäufe abzüglich Rückgaben", "Ventas menos devoluciones";
    Tenders = "Tenders", "Zahlungsarten", "Formas de pago";
    Taxes = "Taxes on sales less returns", "Steuern, Verkäufe abzüglich Rückgaben", "Impuestos, ventas menos devoluciones";
    Departments = "Sales by department", "Verkäufe nach Abteilung", "Ventas por departamento";
    NoDepartment = "none", "keine", "ninguno";
    Cashiers = "Sales less returns by cashier", "Verkäufe abzüglich Rückgaben je Kassierer", "Ventas menos devoluciones por cajero";
    NoCashier = "system", "System", "sistema";
    Drawer = "Drawer", "Kassenlade", "Cajón";
    Float = "Float", "Wechselgeld", "Fondo de caja";
    CashTakings = "Cash takings", "Bareinnahmen", "Cobros en efectivo";
    Loans = "From the safe", "Aus dem Tresor", "De la caja fuerte";
    PaidIn = "Paid in", "Einzahlungen", "Entradas";
    PaidOut = "Paid out", "Auszahlungen", "Salidas";
    Drops = "To the safe", "In den Tresor", "A la caja fuerte";
    Expected = "Expected", "Soll", "Esperado";
    Counted = "Counted", "Gezählt", "Contado";
    OverShort = "Over / short", "Differenz", "Diferencia";
    Reason = "Reason", "Grund", "Motivo";
    NoSales = "Drawer opened without sale", "Lade ohne Verkauf geöffnet", "Cajón abierto sin venta";
    BasketsVoided = "Baskets given up", "Abgebrochene Körbe", "Cestas anuladas";
    Overrides = "Overrides", "Freigaben", "Autorizaciones";
    Reprints = "Copies of receipts", "Belegkopien", "Copias de tickets";
    AgesRefused = "Refused by age", "Wegen Alters abgelehnt", "Rechazos por edad";
    Log = "Log", "Protokoll", "Registro";
}

impl Word {
    pub(super) fn of_tender(kind: TenderKind) -> Self {
        match kind {
            TenderKind::Cash => Self::Cash,
            TenderKind::Card => Self::Card,
            TenderKind::Voucher => Self::Voucher,
            TenderKind::StoreCredit => Self::StoreCredit,
            TenderKind::OnAccount => Self::OnAccount,
        }
    }
}
