//! The table of words.

use holdfast_schemas::store_settings::Language;

macro_rules! words {
    ($($name:ident: $en:literal, $de:literal, $es:literal;)+) => {
        /// A word or sentence of the screens.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Word {
            $(#[doc = $en] $name,)+
        }

        impl Word {
            /// Every word.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// In a language.
            #[must_use]
            pub fn text(self, language: Language) -> &'static str {
                let [english, german, spanish] = match self {
                    $(Self::$name => [$en, $de, $es],)+
                };
                match language {
                    Language::En => english,
                    Language::De => german,
                    Language::Es => spanish,
                }
            }
        }
    };
}

words! {
    Till: "Till", "Kasse", "Caja";
    Cashier: "Cashier", "Kasse", "Caja";
    Supervisor: "Supervisor", "Aufsicht", "Supervisión";
    Manager: "Manager", "Leitung", "Gerencia";
    Welcome: "Welcome", "Willkommen", "Bienvenidos";
    Training: "Training: nothing counts", "Übung: nichts zählt", "Práctica: nada cuenta";
    Lock: "Lock", "Sperren", "Bloquear";
    LockedBy: "Locked by", "Gesperrt von", "Bloqueada por";
    WhoSells: "Who sells?", "Wer verkauft?", "¿Quién vende?";
    SignOnHint: "Choose your name and type your PIN, or scan your badge.", "Namen wählen und PIN eingeben, oder Ausweis scannen.", "Elija su nombre y escriba su PIN, o escanee su tarjeta.";
    ChooseName: "Choose your name", "Namen wählen", "Elija su nombre";
    Pin: "PIN", "PIN", "PIN";
    Enter: "Enter", "Eingabe", "Aceptar";
    Erase: "Erase", "Löschen", "Borrar";
    SpaceKey: "Space", "Leer", "Espacio";
    DecimalPoint: ".", ",", ",";
    Light: "Light", "Hell", "Claro";
    Dark: "Dark", "Dunkel", "Oscuro";
    SignOff: "Sign off", "Abmelden", "Salir";
    Offline: "Offline", "Offline", "Sin conexión";
    AllSent: "All at headquarters", "Alles in der Zentrale", "Todo en la central";
    Waiting: "waiting", "warten", "en espera";
    JustNow: "just now", "gerade eben", "ahora";
    SyncTrouble: "Sync needs help", "Abgleich braucht Hilfe", "La sincronización necesita ayuda";
    ReadyToScan: "Ready to scan", "Bereit zum Scannen", "Listo para escanear";
    TypedHint: "× for pieces, Enter for a code", "× für Stück, Eingabe für Code", "× para piezas, Entrar para código";
    ScanForNext: "Scan to begin the next sale", "Scannen beginnt den nächsten Verkauf", "Escanee para la próxima venta";
    ScanTooLong: "That scan was too long", "Dieser Scan war zu lang", "Ese escaneo fue demasiado largo";
    ScanAgain: "Scan again.", "Noch einmal scannen.", "Escanee otra vez.";
    LockedForScans: "The till is locked", "Die Kasse ist gesperrt", "La caja está bloqueada";
    SignOnFirst: "Sign on first.", "Erst anmelden.", "Inicie sesión primero.";
    WrongPin: "That PIN is not right", "Diese PIN stimmt nicht", "Ese PIN no es correcto";
    TryAgain: "Try again.", "Noch einmal.", "Inténtelo otra vez.";
    NotANumber: "That is no number", "Das ist keine Zahl", "Eso no es un número";
    TypeAgain: "Type it again.", "Noch einmal eingeben.", "Escríbalo otra vez.";
    UnknownCode: "Unknown code", "Unbekannter Code", "Código desconocido";
    SearchByName: "Search by name.", "Nach Namen suchen.", "Busque por nombre.";
    Total: "Total", "Summe", "Total";
    ToPay: "To pay", "Zu zahlen", "A pagar";
    TaxIncluded: "Tax", "Steuer", "Impuestos";
    Discounts: "Discounts", "Rabatte", "Descuentos";
    Customer: "Customer", "Kunde", "Cliente";
    CustomerNote: "Attach by number or card", "Nach Nummer oder Karte", "Por número o tarjeta";
    CustomerHint: "Customer number", "Kundennummer", "Número de cliente";
    ScanCustomer: "Scan the customer's card, or type the number.", "Kundenkarte scannen oder Nummer eingeben.", "Escanee la tarjeta del cliente o escriba el número.";
    CustomerAttached: "Customer attached", "Kunde zugeordnet", "Cliente asignado";
    BasketEmpty: "Scan the first item", "Ersten Artikel scannen", "Escanee el primer artículo";
    PriceChanged: "price changed", "Preis geändert", "precio cambiado";
    Discounted: "discount", "Rabatt", "descuento";
    Before: "was", "statt", "antes";
    Pieces: "Pieces", "Stück", "Piezas";
    Quantity: "Quantity", "Menge", "Cantidad";
    Search: "Search", "Suchen", "Buscar";
    Price: "Price", "Preis", "Precio";
    NewPrice: "New price of one", "Neuer Preis für eines", "Nuevo precio por unidad";
    Discount: "Discount", "Rabatt", "Descuento";
    BasketDiscount: "Total discount", "Summenrabatt", "Descuento total";
    RemoveLine: "Remove", "Entfernen", "Quitar";
    Undo: "Undo", "Rückgängig", "Deshacer";
    Suspend: "Put aside", "Parken", "Aparcar";
    PutAside: "Put aside", "Geparkt", "Aparcada";
    Recall: "Take up", "Fortsetzen", "Retomar";
    RecallHint: "Baskets that were put aside in this store.", "In dieser Filiale geparkte Körbe.", "Cestas aparcadas en esta tienda.";
    NothingAside: "Nothing is put aside", "Nichts ist geparkt", "No hay nada aparcado";
    TakeUp: "Take up", "Fortsetzen", "Retomar";
    Return: "Return", "Rückgabe", "Devolución";
    GiveUp: "Give up", "Verwerfen", "Anular";
    More: "More", "Mehr", "Más";
    Pay: "Pay", "Bezahlen", "Cobrar";
    Back: "Back", "Zurück", "Volver";
    Next: "Next", "Weiter", "Siguiente";
    SearchHint: "Name, number or barcode", "Name, Nummer oder Strichcode", "Nombre, número o código";
    NothingFound: "Nothing found", "Nichts gefunden", "No se encontró nada";
    RingUp: "Ring up", "Buchen", "Añadir";
    PriceCheck: "Price check", "Preis prüfen", "Consultar precio";
    PriceCheckNote: "Scan without selling", "Scannen ohne Verkauf", "Escanear sin vender";
    ScanToCheck: "Scan something to see what it costs", "Artikel scannen, um den Preis zu sehen", "Escanee algo para ver su precio";
    InStock: "In stock", "Bestand", "Existencias";
    Code: "Code", "Code", "Código";
    Cash: "Cash", "Bar", "Efectivo";
    Card: "Card", "Karte", "Tarjeta";
    Voucher: "Voucher", "Gutschein", "Vale";
    StoreCredit: "Store credit", "Guthaben", "Saldo";
    OnAccount: "On account", "Auf Rechnung", "A cuenta";
    CashReceived: "Cash received", "Bar erhalten", "Efectivo recibido";
    Exactly: "exactly", "passend", "exacto";
    Amount: "Amount", "Betrag", "Importe";
    NothingTaken: "Nothing taken yet", "Noch nichts erhalten", "Aún no se ha cobrado nada";
    TouchToVoid: "Touch to give it back", "Antippen zum Zurückgeben", "Toque para devolverlo";
    CardOpen: "Waiting for the terminal", "Warten auf das Terminal", "Esperando al terminal";
    CardDeclined: "Declined", "Abgelehnt", "Rechazada";
    ChangeDue: "Change", "Rückgeld", "Cambio";
    Paid: "Paid", "Bezahlt", "Pagado";
    Refunded: "Refunded", "Erstattet", "Reembolsado";
    Receipt: "Receipt", "Beleg", "Recibo";
    ShowReceipt: "Show receipt", "Beleg zeigen", "Ver recibo";
    GiftReceipt: "Gift receipt", "Geschenkbeleg", "Recibo regalo";
    PrintCopy: "Print a copy", "Kopie drucken", "Imprimir copia";
    Print: "Print", "Drucken", "Imprimir";
    Printed: "Sent to the printer", "An den Drucker gegeben", "Enviado a la impresora";
    NextSale: "Next sale", "Nächster Verkauf", "Próxima venta";
    Receipts: "Receipts", "Belege", "Recibos";
    ReceiptsNote: "Look at one, print a copy", "Ansehen, Kopie drucken", "Ver, imprimir copia";
    NoReceipts: "No receipts yet", "Noch keine Belege", "Aún no hay recibos";
    ReceiptNumberHint: "Number of the receipt or order", "Nummer des Belegs oder Auftrags", "Número del recibo o pedido";
    ScanReceipt: "Scan the receipt, or type its number.", "Beleg scannen oder seine Nummer eingeben.", "Escanee el recibo o escriba su número.";
    Find: "Find", "Suchen", "Buscar";
    NoSuchReceipt: "There is no such receipt", "Diesen Beleg gibt es nicht", "No existe ese recibo";
    CheckNumber: "Check the number.", "Nummer prüfen.", "Compruebe el número.";
    ReceiptNotHere: "This receipt is not on this till", "Dieser Beleg ist nicht auf dieser Kasse", "Ese recibo no está en esta caja";
    LeftToReturn: "left:", "übrig:", "quedan:";
    SoldOn: "Sold on", "Verkauft am", "Vendido el";
    ReturnHint: "Touch what comes back, once for each piece.", "Antippen, was zurückkommt, einmal je Stück.", "Toque lo que se devuelve, una vez por pieza.";
    Refund: "Refund", "Erstattung", "Reembolso";
    OneMore: "One more", "Eines mehr", "Uno más";
    TakeBack: "Take back", "Zurücknehmen", "Aceptar devolución";
    NoReceipt: "No receipt", "Ohne Beleg", "Sin recibo";
    BlindReturn: "Return without receipt", "Rückgabe ohne Beleg", "Devolución sin recibo";
    BlindHint: "At today's price, in cash, as far as the store allows it.", "Zum heutigen Preis, in bar, soweit die Filiale es erlaubt.", "Al precio de hoy, en efectivo, según lo permita la tienda.";
    BlindNotReachable: "The sale is on another till, and headquarters can't be asked now. At today's price, in cash, as far as the store allows it.", "Der Verkauf liegt auf einer anderen Kasse, und die Zentrale ist jetzt nicht erreichbar. Zum heutigen Preis, in bar, soweit die Filiale es erlaubt.", "La venta está en otra caja y ahora no se puede preguntar a la central. Al precio de hoy, en efectivo, según lo permita la tienda.";
    ScanWhatComesBack: "Scan what comes back", "Scannen, was zurückkommt", "Escanee lo que se devuelve";
    WeighedNeedsReceipt: "Weighed goods come back by their receipt", "Gewogenes nur mit Beleg zurück", "Lo pesado se devuelve con su recibo";
    RefundedIn: "Refunded in", "Erstattung in", "Reembolso en";
    OpenTill: "Open till", "Kasse öffnen", "Abrir caja";
    FloatHint: "Count the change money in the drawer.", "Das Wechselgeld in der Lade zählen.", "Cuente el cambio del cajón.";
    TillOpened: "The till is open", "Die Kasse ist offen", "La caja está abierta";
    TillClosed: "The till is closed", "Die Kasse ist abgeschlossen", "La caja está cerrada";
    CountDrawer: "Count the drawer", "Lade zählen", "Contar el cajón";
    CountHint: "Count what is there. What should be there is shown after closing.", "Zählen, was da ist. Was da sein soll, steht nach dem Abschluss da.", "Cuente lo que hay. Lo esperado se muestra tras el cierre.";
    Counted: "Counted", "Gezählt", "Contado";
    HowMany: "How many of", "Wie viele zu", "Cuántos de";
    CloseTill: "Close till", "Kasse abschließen", "Cerrar caja";
    PaidIn: "Paid in", "Einlage", "Ingreso";
    PaidInNote: "Cash in that is no sale", "Bargeld ohne Verkauf", "Efectivo sin venta";
    PaidInHint: "Cash that is put in and is no sale.", "Bargeld, das eingelegt wird und kein Verkauf ist.", "Efectivo que entra sin ser venta.";
    PaidOut: "Paid out", "Entnahme", "Retirada";
    PaidOutNote: "Cash out, with a reason", "Bargeld heraus, mit Grund", "Sale efectivo, con motivo";
    PaidOutHint: "Cash that is taken out and is no refund.", "Bargeld, das entnommen wird und keine Erstattung ist.", "Efectivo que sale sin ser reembolso.";
    Loan: "Change money", "Wechselgeld", "Cambio";
    LoanNote: "From the safe", "Aus dem Tresor", "De la caja fuerte";
    LoanHint: "Change money that comes from the safe.", "Wechselgeld, das aus dem Tresor kommt.", "Cambio que viene de la caja fuerte.";
    Drop: "To the safe", "In den Tresor", "A caja fuerte";
    DropNote: "Too much cash in the drawer", "Zu viel Bargeld in der Lade", "Demasiado efectivo";
    DropHint: "Cash that is brought to the safe.", "Bargeld, das in den Tresor gebracht wird.", "Efectivo que se lleva a la caja fuerte.";
    CashMoved: "Written down", "Aufgeschrieben", "Anotado";
    NoSale: "Open drawer", "Lade öffnen", "Abrir cajón";
    NoSaleNote: "Without a sale", "Ohne Verkauf", "Sin venta";
    DrawerOpened: "The drawer is open", "Die Lade ist offen", "El cajón está abierto";
    XReport: "X report", "X-Bericht", "Informe X";
    XReportNote: "Figures so far", "Zahlen bis jetzt", "Cifras hasta ahora";
    ZReport: "Z report", "Z-Bericht", "Informe Z";
    Sales: "Sales", "Verkäufe", "Ventas";
    Refunds: "Refunds", "Erstattungen", "Reembolsos";
    Expected: "Expected", "Erwartet", "Esperado";
    OverShort: "Over / short", "Differenz", "Diferencia";
    Journal: "Journal", "Journal", "Diario";
    JournalNote: "What was written down", "Was aufgeschrieben wurde", "Lo que se anotó";
    NothingYet: "Nothing yet", "Noch nichts", "Aún nada";
    AllowedBy: "allowed by", "erlaubt von", "autorizado por";
    SyncPage: "Headquarters", "Zentrale", "Central";
    SyncPageNote: "What is there, and what is not", "Was dort ist, was nicht", "Qué está allí y qué no";
    LineUp: "Headquarters can be reached.", "Die Zentrale ist erreichbar.", "Hay conexión con la central.";
    LineIsDown: "Headquarters can't be reached.", "Die Zentrale ist nicht erreichbar.", "No hay conexión con la central.";
    Unsent: "Waiting for headquarters", "Warten auf die Zentrale", "En espera de la central";
    UnsentNote: "Safe in this till; sent as soon as there is a line.", "Sicher in dieser Kasse; gesendet, sobald es geht.", "A salvo en esta caja; se envía en cuanto haya línea.";
    Exceptions: "Exceptions", "Ausnahmen", "Excepciones";
    ExceptionsNote: "Things that did not fit; headquarters settles them.", "Was nicht zusammenpasste; die Zentrale klärt es.", "Lo que no encajó; la central lo resuelve.";
    Quarantined: "In quarantine", "In Quarantäne", "En cuarentena";
    QuarantinedNote: "Came and could not be taken; nothing is lost.", "Kam und konnte nicht übernommen werden; nichts ist verloren.", "Llegó y no se pudo aceptar; nada se pierde.";
    Unprinted: "Waiting to be printed", "Warten auf den Druck", "En espera de imprimir";
    UnprintedNote: "Printed as soon as the printer answers.", "Gedruckt, sobald der Drucker antwortet.", "Se imprime en cuanto responda la impresora.";
    DiscardPrints: "Discard prints", "Drucke verwerfen", "Descartar impresión";
    MoneyUnsent: "Money waiting", "Betrag in Wartung", "Importe en espera";
    OldestUnsent: "For", "Seit", "Desde hace";
    PriceListVersion: "Price list", "Preisliste", "Lista de precios";
    StartTraining: "Training", "Üben", "Práctica";
    EndTraining: "End training", "Übung beenden", "Fin de práctica";
    TrainingNote: "Nothing of it counts", "Nichts davon zählt", "Nada de ello cuenta";
    AskAge: "Is the customer at least", "Ist der Kunde mindestens", "¿Tiene el cliente al menos";
    BornBy: "Born on or before", "Geboren am oder vor dem", "Nacido el o antes del";
    TooYoung: "Too young", "Zu jung", "Demasiado joven";
    OldEnough: "Old enough", "Alt genug", "Edad suficiente";
    AskDiscontinued: "This is not ordered any more", "Dies wird nicht mehr bestellt", "Esto ya no se pide";
    DiscontinuedHint: "Sell what is left of it?", "Den Rest verkaufen?", "¿Vender lo que queda?";
    DoNotSell: "Do not sell", "Nicht verkaufen", "No vender";
    SellIt: "Sell it", "Verkaufen", "Vender";
    StaleSession: "The till was left open", "Die Kasse blieb offen", "La caja quedó abierta";
    StaleSessionHint: "Its session began on an earlier day. Count the drawer and close it, or go on: new sales then keep that day's date.", "Ihre Sitzung begann an einem früheren Tag. Lade zählen und abschließen, oder weiter: neue Verkäufe tragen dann jenes Datum.", "Su sesión empezó otro día. Cuente y cierre, o siga: las ventas nuevas llevarán esa fecha.";
    GoOnSelling: "Go on", "Weiter", "Seguir";
    CountAndClose: "Count and close", "Zählen und abschließen", "Contar y cerrar";
    ChooseReason: "Why?", "Warum?", "¿Por qué?";
    NeedsOverride: "Somebody must allow this", "Jemand muss das erlauben", "Alguien debe autorizarlo";
    OverrideBy: "PIN or badge of at least:", "PIN oder Ausweis von mindestens:", "PIN o tarjeta de al menos:";
    Allow: "Allow", "Erlauben", "Autorizar";
    WeighIt: "How much is it?", "Wie viel ist es?", "¿Cuánto es?";
    EnrolTitle: "Welcome to Holdfast", "Willkommen bei Holdfast", "Bienvenidos a Holdfast";
    EnrolHint: "Whose till is this?", "Wessen Kasse ist das?", "¿De quién es esta caja?";
    Enrol: "Enrol this till", "Kasse anmelden", "Dar de alta la caja";
    EnrolNote: "With an address and a code from headquarters", "Mit Adresse und Code der Zentrale", "Con la dirección y un código de la central";
    OpenDemo: "Open the demo shop", "Vorführladen öffnen", "Abrir la tienda de ejemplo";
    OpenDemoNote: "To try everything; it has no headquarters", "Zum Ausprobieren, ohne Zentrale", "Para probarlo todo, sin central";
    Leave: "Leave", "Beenden", "Salir";
    ServerAddress: "Address of headquarters", "Adresse der Zentrale", "Dirección de la central";
    EnrolCode: "Code", "Code", "Código";
    NoServerAddress: "That is no address", "Das ist keine Adresse", "Eso no es una dirección";
    ServerAddressForm: "A name and a port, as in hq.example:7443.", "Name und Port, wie hq.example:7443.", "Nombre y puerto, como hq.example:7443.";
    NoEnrolCode: "That is no enrolment code", "Das ist kein Anmeldecode", "Eso no es un código de alta";
    CheckCode: "It begins with HF1 and has 77 more characters.", "Er beginnt mit HF1 und hat 77 weitere Zeichen.", "Empieza por HF1 y tiene 77 caracteres más.";
    AskingServer: "Asking headquarters …", "Zentrale wird gefragt …", "Preguntando a la central …";
    CodeRefused: "Headquarters does not take this code", "Die Zentrale nimmt diesen Code nicht an", "La central no acepta este código";
    AskForNewCode: "Have a new one made there.", "Dort einen neuen machen lassen.", "Pida uno nuevo allí.";
    ServerAway: "Headquarters does not answer", "Die Zentrale antwortet nicht", "La central no responde";
    CheckAddress: "Check the address and the line.", "Adresse und Leitung prüfen.", "Compruebe la dirección y la línea.";
}
