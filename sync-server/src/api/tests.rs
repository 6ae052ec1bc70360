//! A real client over real TLS on loopback, with the store in memory.

mod books;
mod hostile;

use std::{collections::BTreeSet, net::SocketAddr, num::NonZeroU64, sync::Arc};

use holdfast_schemas::{
    identity::{
        DocumentId, ExternalRef, LogId, NodeNumber, OperationId, OrderNumberMint, Sku, StoreId,
        TenantId,
    },
    misfit::Misfit,
    operation::DocumentKind,
    time::{BusinessDate, Timestamp},
    value::{MinorUnits, QuantityChange},
    wire::ServerEpoch,
};
use rustls::time_provider::DefaultTimeProvider;
use rustls_pki_types::CertificateDer;
use serde_json::Value;
use tokio::sync::oneshot;

use super::*;
use crate::{
    api_key::{ApiKey, Scope, Scopes},
    clock::{Clock, SystemClock},
    metrics::Metrics,
    pki::{Authority, CertificateSerial, http_tls},
    store::{
        DocumentRows, EntryNumber, MisfitRow, MovementRow, OrderRow, ProjectionBatch, ReturnRow,
        RowText, Store, StoreRecord, SummaryRow, TradingDay, ViewJson, memory::MemoryStore,
    },
};

struct Server {
    runtime: tokio::runtime::Runtime,
    served: tokio::task::JoinHandle<()>,
    stop: oneshot::Sender<()>,
    address: SocketAddr,
    store: Arc<dyn Store>,
    authority: CertificateDer<'static>,
    agent: ureq::Agent,
}

const KEY_SECRET: [u8; 32] = [7; 32];

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_767_225_600_000 + milliseconds)
}

fn key(id: &str, scopes: &[Scope], store: &dyn Store) -> String {
    let key = ApiKey::new(id.parse().expect("an id"), KEY_SECRET);
    let scopes: Scopes = scopes.iter().copied().collect();
    store
        .add_api_key(&key.record(&scopes, at(0)))
        .expect("kept");
    key.to_string()
}

impl Server {
    fn start() -> Self {
        let epoch = ServerEpoch::from_bytes([1; 16]);
        Self::start_on(Arc::new(MemoryStore::new(tenant(), epoch)))
    }

    fn start_on(store: Arc<dyn Store>) -> Self {
        let tenant = tenant();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let (authority, _) =
            Authority::create(tenant, clock.now(), CertificateSerial([1; 16])).expect("made");
        let certificate = authority
            .issue_server(&[], clock.now(), CertificateSerial([2; 16]))
            .expect("issued");
        let tls = http_tls(&authority, &certificate, Arc::new(DefaultTimeProvider)).expect("TLS");
        let root = ureq::tls::Certificate::from_der(authority.certificate()).to_owned();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .tls_config(
                ureq::tls::TlsConfig::builder()
                    .root_certs(ureq::tls::RootCerts::new_with_certs(&[root]))
                    .build(),
            )
            .build()
            .new_agent();
        let state = ApiState {
            store: Arc::clone(&store),
            metrics: Arc::new(Metrics::default()),
        };
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = runtime.block_on(HttpServer::bind(loopback)).expect("bound");
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let served = runtime.spawn(server.serve(Arc::new(tls), state, async {
            let _ = stopped.await;
        }));
        Self {
            runtime,
            served,
            stop,
            address,
            store,
            authority: authority.certificate().clone(),
            agent,
        }
    }

    /// Asks; the answer's status, content type and JSON (or null where it is none).
    fn get(&self, path: &str, key: Option<&str>) -> (u16, String, Value) {
        let url = format!("https://localhost:{}{path}", self.address.port());
        let mut request = self.agent.get(url);
        if let Some(key) = key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut response = request.call().expect("an answer");
        let kind = response.headers()["content-type"]
            .to_str()
            .expect("text")
            .to_owned();
        let text = response.body_mut().read_to_string().expect("text");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        (response.status().as_u16(), kind, json)
    }

    fn problem(&self, path: &str, key: Option<&str>) -> (u16, String) {
        let (status, kind, problem) = self.get(path, key);
        assert_eq!(kind, "application/problem+json", "{path}");
        assert_eq!(problem["status"], status, "{path}");
        (status, problem["type"].as_str().expect("a type").to_owned())
    }
}

fn tenant() -> TenantId {
    TenantId::new("acme").expect("a tenant")
}

fn store_id(name: &str) -> StoreId {
    StoreId::new(name).expect("a store")
}

/// Rows as the projection makes them: `count` orders in each of two stores, alternating.
fn batch(count: u8) -> ProjectionBatch {
    let node = NodeNumber::new(7).expect("in range");
    let mut mint = OrderNumberMint::new(node, None);
    let documents = (0..count).map(|index| {
        let when = at(i64::from(index));
        let document = DocumentId::new(when, node, u64::from(index));
        let number = mint.mint(when).expect("a number");
        let store = store_id(if index % 2 == 0 { "leeds" } else { "york" });
        let reference: ExternalRef = format!("web:W-{index}").parse().expect("a reference");
        DocumentRows {
            document,
            kind: Some(DocumentKind::Order),
            summary: SummaryRow::Order(OrderRow {
                number,
                store: store.clone(),
                till: node,
                business_date: BusinessDate::new(2026, 1, 1 + index % 2).expect("a date"),
                status: RowText("completed".into()),
                canonical: document,
                total_minor: MinorUnits::new(1_250),
                paid_minor: MinorUnits::new(1_250),
                refunded_minor: MinorUnits::new(0),
            }),
            view: ViewJson(format!("{{\"index\":{index}}}").into()),
            numbers: vec![number],
            references: vec![reference],
            misfits: vec![MisfitRow {
                name: RowText("paid_too_much".into()),
                view: ViewJson("{\"over_minor\":1}".into()),
            }],
            days: BTreeSet::from([TradingDay {
                store: store.clone(),
                business_date: BusinessDate::new(2026, 1, 1 + index % 2).expect("a date"),
            }]),
            sessions: BTreeSet::new(),
            movements: vec![MovementRow {
                store,
                product: Sku::new(format!("SKU-{}", index / 4)).expect("a SKU"),
                change: "-1".parse::<QuantityChange>().expect("a change"),
                business_date: None,
                cause: RowText("handed_over".into()),
                operation: OperationId::new(NonZeroU64::MIN, LogId::new(node, [7; 12])),
                index: 0,
            }],
        }
    });
    ProjectionBatch {
        from: EntryNumber::START,
        to: EntryNumber::START,
        documents: documents.collect(),
    }
}

#[test]
fn a_stranger_is_told_nothing() {
    let server = Server::start();
    let good = key("dashboard", &[Scope::Stock], &*server.store);
    let unauthorised = (401, "urn:holdfast:problem:unauthorised".to_owned());
    for path in [
        "/v1/orders",
        "/v1/orders/web:1",
        "/v1/returns",
        "/v1/sessions",
        "/v1/books",
        "/v1/stock",
        "/v1/misfits",
        "/v1/quarantine",
        "/v1/tills",
        "/metrics",
    ] {
        assert_eq!(server.problem(path, None), unauthorised, "{path}");
        let other = format!("hf_dashboard_{}", "00".repeat(32));
        assert_eq!(server.problem(path, Some(&other)), unauthorised, "{path}");
        assert_eq!(
            server.problem(path, Some("hf_nobody_00")),
            unauthorised,
            "{path}"
        );
        if path != "/v1/stock" {
            let forbidden = (403, "urn:holdfast:problem:forbidden".to_owned());
            assert_eq!(server.problem(path, Some(&good)), forbidden, "{path}");
        }
    }
    assert_eq!(server.get("/v1/stock", Some(&good)).0, 200);
    let id = "dashboard".parse::<crate::api_key::KeyId>().expect("an id");
    assert!(
        server
            .store
            .revoke_api_key(&id.to_stored(), at(1))
            .expect("revoked")
    );
    assert_eq!(server.problem("/v1/stock", Some(&good)), unauthorised);
}

#[test]
fn pages_hold_every_order_once_and_say_as_of_when() {
    let server = Server::start();
    let key = key("k", &Scope::ALL, &*server.store);
    server.store.project(&batch(7)).expect("projected");
    let mut path = "/v1/orders?limit=3".to_owned();
    let mut indexes = Vec::new();
    let mut pages = 0;
    loop {
        let (status, _, page) = server.get(&path, Some(&key));
        assert_eq!(status, 200);
        assert_eq!(page["as_of"]["projected"], page["as_of"]["durable"]);
        let items = page["items"].as_array().expect("items");
        indexes.extend(
            items
                .iter()
                .map(|item| item["view"]["index"].as_u64().expect("an index")),
        );
        pages += 1;
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/orders?limit=3&after={next}");
    }
    assert_eq!((indexes, pages), ((0..7).collect(), 3));

    let count = |path: &str| {
        let (status, _, page) = server.get(path, Some(&key));
        assert_eq!(status, 200, "{path}: {page}");
        page["items"].as_array().expect("items").len()
    };
    assert_eq!(count("/v1/orders?store=leeds"), 4);
    assert_eq!(
        count("/v1/orders?store=york&till=7&business_date=2026-01-02&status=completed"),
        3
    );
    assert_eq!(count("/v1/orders?status=cancelled"), 0);
    assert_eq!(count("/v1/orders?till=8"), 0);
    assert_eq!(count("/v1/stock?store=leeds&product=SKU-0"), 1);
    assert_eq!(count("/v1/misfits?store=york"), 3);
    assert_eq!(count("/v1/misfits?limit=1000"), 7);
    assert_eq!(count("/v1/returns"), 0);
    assert_eq!(count("/v1/quarantine"), 0);
}

#[test]
fn what_does_not_fit_is_told_in_words_with_its_amounts_and_what_to_do() {
    let server = Server::start();
    let key = key("k", &Scope::ALL, &*server.store);
    let mut rows = batch(1);
    let misfit = Misfit::AliasBothPaid {
        document: rows.documents[0].document,
        proposed_refund_minor: MinorUnits::new(1_999),
    };
    let json = serde_json::to_string(&misfit).expect("JSON");
    let row = &mut rows.documents[0];
    row.view = ViewJson("{\"currency\":\"GBP\"}".into());
    row.misfits = vec![
        MisfitRow {
            name: RowText(misfit.code().into()),
            view: ViewJson(json.into()),
        },
        MisfitRow {
            name: RowText("of_a_later_version".into()),
            view: ViewJson("{\"code\":\"of_a_later_version\"}".into()),
        },
    ];
    server.store.project(&rows).expect("projected");
    let (_, _, found) = server.get("/v1/misfits", Some(&key));
    let items = &found["items"];
    assert_eq!(items[0]["kind"], "order");
    assert_eq!(items[0]["what_to_do"], "Refund 19.99 GBP to the customer.");
    assert_eq!(items[0]["misfit"]["proposed_refund_minor"], 1_999);
    assert_eq!(items[1]["what"], "of a later version");
    assert_eq!(items[1]["what_to_do"], "");
}

#[test]
fn an_order_is_found_by_each_of_its_names() {
    let server = Server::start();
    let key = key("k", &Scope::ALL, &*server.store);
    let rows = batch(2);
    let (document, number) = (rows.documents[1].document, rows.documents[1].numbers[0]);
    server.store.project(&rows).expect("projected");
    for name in [
        document.to_string(),
        number.to_string(),
        "web:W-1".to_owned(),
    ] {
        let (status, _, found) = server.get(&format!("/v1/orders/{name}"), Some(&key));
        assert_eq!(status, 200, "{name}: {found}");
        assert_eq!(found["items"][0]["id"], document.to_string());
        assert_eq!(found["items"][0]["misfits"][0]["over_minor"], 1);
        assert!(found["items"][0]["timeline"].is_array());
    }
    let missing = server.problem("/v1/orders/web:W-9", Some(&key));
    assert_eq!(missing, (404, "urn:holdfast:problem:not-found".to_owned()));
}

#[test]
fn a_number_that_an_order_and_a_return_got_finds_each_by_its_kind() {
    let server = Server::start();
    let key = key("k", &Scope::ALL, &*server.store);
    let mut rows = batch(2);
    let number = rows.documents[0].numbers[0];
    let returned = &mut rows.documents[1];
    returned.kind = Some(DocumentKind::Return);
    returned.numbers.push(number);
    returned.summary = SummaryRow::Return(ReturnRow {
        number: returned.numbers[0],
        store: store_id("york"),
        till: NodeNumber::new(7).expect("in range"),
        business_date: BusinessDate::new(2026, 1, 1).expect("a date"),
        status: RowText("completed".into()),
        order: None,
        refunded_minor: MinorUnits::new(1_250),
    });
    let [order, returned] = [0, 1].map(|index| rows.documents[index].document.to_string());
    let further = rows.documents[1].numbers[0];
    server.store.project(&rows).expect("projected");
    for (path, expected) in [
        (format!("/v1/orders/{number}"), &order),
        (format!("/v1/returns/{number}"), &returned),
        (format!("/v1/returns/{further}"), &returned),
        (format!("/v1/returns/{returned}"), &returned),
    ] {
        let (status, _, found) = server.get(&path, Some(&key));
        assert_eq!(status, 200, "{path}: {found}");
        assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{path}");
        assert_eq!(found["items"][0]["id"], **expected, "{path}");
        assert!(found["items"][0]["timeline"].is_array());
    }
    for path in [
        format!("/v1/orders/{further}"),
        format!("/v1/orders/{returned}"),
        format!("/v1/returns/{order}"),
    ] {
        let missing = server.problem(&path, Some(&key));
        assert_eq!(missing, (404, "urn:holdfast:problem:not-found".to_owned()));
    }
}

#[test]
fn stock_is_a_decimal_and_pages_by_its_cursor() {
    let server = Server::start();
    let key = key("k", &Scope::ALL, &*server.store);
    server.store.project(&batch(8)).expect("projected");
    let mut path = "/v1/stock?limit=1".to_owned();
    let mut seen = Vec::new();
    loop {
        let (_, _, page) = server.get(&path, Some(&key));
        for item in page["items"].as_array().expect("items") {
            seen.push(format!(
                "{} {} {}",
                item["store"], item["product"], item["on_hand"]
            ));
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/stock?limit=1&after={next}");
    }
    let quoted = |store: &str, sku: &str| format!("\"{store}\" \"{sku}\" \"-2\"");
    assert_eq!(
        seen,
        [
            quoted("leeds", "SKU-0"),
            quoted("leeds", "SKU-1"),
            quoted("york", "SKU-0"),
            quoted("york", "SKU-1"),
        ]
    );
}

#[test]
fn what_is_not_allowed_is_said_and_not_bent() {
    let server = Server::start();
    let key = key("k", &Scope::ALL, &*server.store);
    for path in [
        "/v1/orders?limit=0",
        "/v1/orders?limit=1001",
        "/v1/orders?after=xyz",
        "/v1/orders?colour=red",
        "/v1/orders?business_date=2026-13-01",
        "/v1/orders?till=1048576",
        "/v1/orders?store=",
        "/v1/orders/not-an-order",
        "/v1/stock?after=00",
        "/v1/tills?store=leeds",
    ] {
        let (status, kind) = server.problem(path, Some(&key));
        assert_eq!(
            (status, kind.as_str()),
            (400, "urn:holdfast:problem:parameter"),
            "{path}"
        );
    }
    assert_eq!(server.problem("/v2/orders", Some(&key)).0, 404);
    let url = format!("https://localhost:{}/v1/orders", server.address.port());
    let posted = server.agent.post(url).send("{}").expect("an answer");
    assert_eq!(posted.status().as_u16(), 405);
}

#[test]
fn health_needs_no_key_and_metrics_do() {
    let server = Server::start();
    let key = key("k", &[Scope::Operations], &*server.store);
    let store = StoreRecord {
        store: store_id("leeds"),
        added_at: at(0),
    };
    server.store.add_store(&store).expect("added");
    assert_eq!(server.get("/livez", None).0, 200);
    assert_eq!(server.get("/readyz", None).0, 200);
    let url = format!("https://localhost:{}/metrics", server.address.port());
    let mut response = server
        .agent
        .get(url)
        .header("Authorization", format!("Bearer {key}"))
        .call()
        .expect("an answer");
    let text = response.body_mut().read_to_string().expect("text");
    assert!(
        text.contains("\nholdfast_http_requests_total 2\n"),
        "{text}"
    );
    assert!(
        text.contains("\nholdfast_projection_lag_entries 0\n"),
        "{text}"
    );
}

#[test]
fn a_stop_closes_the_door_and_ends() {
    let server = Server::start();
    assert_eq!(server.get("/livez", None).0, 200);
    server.stop.send(()).expect("serving");
    server.runtime.block_on(server.served).expect("ended");
    let refused = std::net::TcpStream::connect(server.address);
    assert!(refused.is_err(), "nobody listens any more");
}

#[test]
fn the_committed_description_is_fresh() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == openapi_json(),
        "docs/openapi.json is stale; write it anew with: cargo run -p holdfast-server --example openapi > docs/openapi.json"
    );
}
