//! Every word of the screens, in every language.

mod refusals;
mod table;

use holdfast_schemas::{operation::TenderKind, staff::StaffRole, store_settings::Language};

pub use refusals::refusal;
pub use table::Word;

impl Word {
    /// What a role is called.
    #[must_use]
    pub fn role(role: StaffRole) -> Self {
        match role {
            StaffRole::Cashier => Self::Cashier,
            StaffRole::Supervisor => Self::Supervisor,
            StaffRole::Manager => Self::Manager,
        }
    }

    /// What a kind of money is called.
    #[must_use]
    pub fn tender(kind: TenderKind) -> Self {
        match kind {
            TenderKind::Cash => Self::Cash,
            TenderKind::Card => Self::Card,
            TenderKind::Voucher => Self::Voucher,
            TenderKind::StoreCredit => Self::StoreCredit,
            TenderKind::OnAccount => Self::OnAccount,
        }
    }

    /// What a language calls itself.
    #[must_use]
    pub fn own_name(language: Language) -> &'static str {
        match language {
            Language::En => "English",
            Language::De => "Deutsch",
            Language::Es => "Español",
        }
    }
}

/// What an entry of the journal is called.
#[must_use]
pub fn journal(name: &str, language: Language) -> String {
    let texts = match name {
        "session_opened" => ["Till opened", "Kasse geöffnet", "Caja abierta"],
        "session_closed" => ["Till closed", "Kasse abgeschlossen", "Caja cerrada"],
        "paid_in" => ["Paid in", "Einlage", "Ingreso"],
        "paid_out" => ["Paid out", "Entnahme", "Retirada"],
        "loan_received" => ["Change money", "Wechselgeld", "Cambio"],
        "cash_dropped" => ["To the safe", "In den Tresor", "A la caja fuerte"],
        "cash_counted" => ["Drawer counted", "Lade gezählt", "Cajón contado"],
        "no_sale" => ["Drawer opened", "Lade geöffnet", "Cajón abierto"],
        "basket_voided" => ["Basket given up", "Korb verworfen", "Cesta anulada"],
        "override_granted" => ["Override", "Freigabe", "Autorización"],
        "receipt_reprinted" => ["Copy printed", "Kopie gedruckt", "Copia impresa"],
        "sign_on_refused" => ["Sign-on refused", "Anmeldung abgelehnt", "Acceso denegado"],
        "age_checked" => ["Age checked", "Alter geprüft", "Edad comprobada"],
        "signed_on" => ["Signed on", "Angemeldet", "Sesión iniciada"],
        "signed_off" => ["Signed off", "Abgemeldet", "Sesión terminada"],
        other => return other.replace('_', " "),
    };
    let [english, german, spanish] = texts;
    let text = match language {
        Language::En => english,
        Language::De => german,
        Language::Es => spanish,
    };
    text.to_owned()
}
