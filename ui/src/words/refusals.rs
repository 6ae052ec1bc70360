//! Why something was refused, and what to do, in the languages of the screens.

use holdfast_node::desk::DeskRefusal;
use holdfast_schemas::store_settings::Language;

/// What happened, and what to do. English says most: it comes from the refusal itself.
#[must_use]
pub fn refusal(refusal: &DeskRefusal, language: Language) -> (String, String) {
    let translated = match language {
        Language::En => None,
        Language::De => translated(refusal.code()).map(|(german, _)| german),
        Language::Es => translated(refusal.code()).map(|(_, spanish)| spanish),
    };
    match translated {
        Some([what, to_do]) => (what.to_owned(), to_do.to_owned()),
        None => (
            capital(&refusal.to_string()),
            refusal.what_to_do().to_owned(),
        ),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}

type Pair = [&'static str; 2];

/// German and Spanish, by the refusal's code.
fn translated(code: &str) -> Option<(Pair, Pair)> {
    let found = match code {
        "unknown_code" | "unknown_product" => (
            ["Diesen Code hat kein Artikel", "Nach Namen suchen."],
            ["Ningún artículo tiene ese código", "Busque por nombre."],
        ),
        "wrong_credential" => (
            [
                "Das ist hier nicht bekannt",
                "Noch einmal; die Leitung kann eine neue PIN setzen.",
            ],
            [
                "Eso no se conoce aquí",
                "Inténtelo otra vez; la gerencia puede poner otro PIN.",
            ],
        ),
        "try_later" => (
            [
                "Zu viele falsche Versuche",
                "Warten, oder jemand anderes meldet sich an.",
            ],
            ["Demasiados intentos", "Espere, o que entre otra persona."],
        ),
        "locked" | "nobody_signed_on" => (
            ["Die Kasse ist gesperrt", "Erst anmelden."],
            ["La caja está bloqueada", "Inicie sesión primero."],
        ),
        "no_session" => (
            [
                "Die Kasse ist nicht geöffnet",
                "Erst das Wechselgeld zählen und öffnen.",
            ],
            [
                "La caja no está abierta",
                "Cuente el cambio y ábrala primero.",
            ],
        ),
        "basket_not_empty" => (
            [
                "Im Korb ist noch etwas",
                "Erst bezahlen, parken oder verwerfen.",
            ],
            [
                "Aún hay algo en la cesta",
                "Cobre, aparque o anule primero.",
            ],
        ),
        "basket_empty" => (
            ["Der Korb ist leer", "Erst etwas scannen."],
            ["La cesta está vacía", "Escanee algo primero."],
        ),
        "not_allowed" => (
            ["Das ist an der Kasse nicht erlaubt", "Lassen."],
            ["Eso no se permite en la caja", "Déjelo."],
        ),
        "override_refused" => (
            [
                "Diese Freigabe gilt nicht",
                "Jemand anderen mit mehr Rechten fragen.",
            ],
            [
                "Esa autorización no vale",
                "Pida a otra persona con más permisos.",
            ],
        ),
        "check_digit" | "scan_check_digit" => (
            ["Die Prüfziffer stimmt nicht", "Noch einmal scannen."],
            ["El dígito de control no es correcto", "Escanee otra vez."],
        ),
        "too_young" => (
            ["Der Kunde ist zu jung", "Nicht verkaufen."],
            ["El cliente es demasiado joven", "No lo venda."],
        ),
        "tenders_held" => (
            [
                "Es wurde schon Geld genommen",
                "Zu Ende bezahlen, oder das Geld zurückgeben.",
            ],
            [
                "Ya se ha cobrado una parte",
                "Termine de cobrar o devuelva el dinero.",
            ],
        ),
        "payment_open" => (
            [
                "Das Terminal hat noch nicht geantwortet",
                "Warten; es wird immer wieder gefragt.",
            ],
            [
                "El terminal aún no ha respondido",
                "Espere; se le pregunta una y otra vez.",
            ],
        ),
        "no_terminal" => (
            [
                "Es ist kein Kartenterminal eingerichtet",
                "Anderes Geld nehmen.",
            ],
            ["No hay terminal de tarjetas", "Cobre de otra forma."],
        ),
        "tender_not_taken" => (
            ["Das wird hier nicht genommen", "Anderes Geld nehmen."],
            ["Eso no se acepta aquí", "Cobre de otra forma."],
        ),
        "tender_offline" => (
            [
                "Das geht nur mit Verbindung zur Zentrale",
                "Anderes Geld nehmen, oder warten.",
            ],
            [
                "Eso solo se acepta con conexión",
                "Cobre de otra forma o espere.",
            ],
        ),
        "more_than_due" => (
            ["Mehr als zu zahlen ist", "Einen anderen Betrag eingeben."],
            ["Más de lo que se debe", "Escriba otro importe."],
        ),
        "no_such_coin" => (
            [
                "So kleine Münzen gibt es nicht",
                "Einen anderen Betrag eingeben.",
            ],
            ["No hay monedas tan pequeñas", "Escriba otro importe."],
        ),
        "nothing_to_undo" => (
            ["Es gibt nichts zurückzunehmen", "Weiter."],
            ["No hay nada que deshacer", "Siga."],
        ),
        "no_such_document" => (
            ["Diesen Beleg gibt es nicht", "Nummer prüfen."],
            ["No existe ese recibo", "Compruebe el número."],
        ),
        "right_held" => (
            ["Eine andere Kasse hat diesen Korb", "Dort weitermachen."],
            ["Otra caja tiene esa cesta", "Siga en aquella caja."],
        ),
        "right_not_reachable" => (
            [
                "Die Zentrale kann nicht gefragt werden",
                "Dort weitermachen, oder die Leitung fragen.",
            ],
            [
                "No se puede preguntar a la central",
                "Siga en aquella caja o pida a la gerencia.",
            ],
        ),
        "in_training" => (
            ["Das geht nicht beim Üben", "Erst die Übung beenden."],
            [
                "Eso no se hace en prácticas",
                "Termine la práctica primero.",
            ],
        ),
        "nothing_to_print" => (
            ["Es gibt nichts zu drucken", "Einen Beleg wählen."],
            ["No hay nada que imprimir", "Elija un recibo."],
        ),
        "file_failed" | "not_written" | "stopped" => (
            [
                "Das konnte nicht geschrieben werden",
                "Noch einmal; sonst neu starten: nichts ist verloren.",
            ],
            [
                "No se pudo escribir",
                "Inténtelo otra vez o reinicie: nada se pierde.",
            ],
        ),
        _ => return None,
    };
    Some(found)
}
