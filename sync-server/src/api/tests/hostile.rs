//! Attacks over HTTP, on the store as a file: what is asked for, how much of it, how slowly, and with which key.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use rustls::{ClientConnection, StreamOwned};

use super::*;
use crate::{api::callers::WRONG_KEYS_MAX, store::sqlite::SqliteStore};

/// A server on a file with some orders, and a key that may read all.
struct Shop {
    server: Server,
    key: String,
    _folder: tempfile::TempDir,
}

impl Shop {
    fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("server.db");
        let epoch = ServerEpoch::from_bytes([1; 16]);
        let store = SqliteStore::create(&file, &tenant(), epoch).expect("a new file");
        let server = Server::start_on(Arc::new(store));
        server.store.project(&batch(8)).expect("projected");
        let key = key("k", &Scope::ALL, &*server.store);
        Self {
            server,
            key,
            _folder: folder,
        }
    }

    /// The status, and how many items there are.
    fn found(&self, path: &str) -> (u16, Option<usize>) {
        let (status, _, json) = self.server.get(path, Some(&self.key));
        (status, json["items"].as_array().map(Vec::len))
    }

    /// Sends bytes over TLS as they are; gives what comes back until the server closes, or says no more.
    fn raw(&self, pieces: &[&[u8]]) -> String {
        let mut roots = rustls::RootCertStore::empty();
        roots
            .add(self.server.authority.clone())
            .expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = "localhost".try_into().expect("a name");
        let connection = ClientConnection::new(Arc::new(tls), name).expect("a client");
        let stream = TcpStream::connect(self.server.address).expect("connected");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("set");
        let mut stream = StreamOwned::new(connection, stream);
        for piece in pieces {
            // The server may have said enough already, and closed.
            if stream
                .write_all(piece)
                .and_then(|()| stream.flush())
                .is_err()
            {
                break;
            }
        }
        let mut answer = [0; 4_096];
        let length = stream.read(&mut answer).unwrap_or(0);
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }
}

#[test]
fn what_looks_like_sql_like_or_full_text_search_is_a_name_that_nobody_has() {
    let shop = Shop::open();
    for name in [
        "W-1'%20OR%20'1'='1",
        "W-1';%20DROP%20TABLE%20entry;--",
        "W-1%22%20UNION%20SELECT%20secret%20FROM%20api_key--",
        "%25",
        "W-_",
        "*",
        "W-1*",
        "W-1%00",
        "NEAR(W-1)",
        "%F0%9F%98%80",
    ] {
        let (status, items) = shop.found(&format!("/v1/orders/web:{name}"));
        assert!(
            matches!(status, 400 | 404) && items.is_none(),
            "{name}: {status}"
        );
    }
    for filter in [
        "store=leeds'%20OR%20'1'='1",
        "store=%25",
        "business_date=2026-01-01'--",
        "till=7%20OR%201=1",
        "limit=1;DROP%20TABLE%20entry",
        "after=27204f5220313d31",
        "order%20by=1",
        "status=completed'%20OR%20'1'='1",
        "status=compl%25",
        "status=complete_",
        "status=bogus",
        "status=",
    ] {
        assert_eq!(
            shop.found(&format!("/v1/orders?{filter}")),
            (400, None),
            "{filter}"
        );
    }
    assert_eq!(
        shop.found("/v1/orders"),
        (200, Some(8)),
        "all is there as it was"
    );
    assert_eq!(shop.found("/v1/orders/web:W-1"), (200, Some(1)));
}

#[test]
fn paths_that_climb_lead_nowhere() {
    let shop = Shop::open();
    for path in [
        "/../../../etc/passwd",
        "/v1/../../server.db",
        "/v1/orders/../../livez/../server.db",
        "/v1/orders/..%2f..%2fserver.db",
        "/v1/orders/%2e%2e%2fserver.db",
        "/v1/orders/..%5cserver.db",
        "/v1//orders",
        "//v1/orders",
        "/v1/orders/%00",
        "/file:///etc/passwd",
    ] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            shop.key
        );
        let answer = shop.raw(&[request.as_bytes()]);
        let refused = ["HTTP/1.1 404", "HTTP/1.1 400"]
            .iter()
            .any(|status| answer.starts_with(status));
        assert!(refused, "{path}: {answer}");
    }
}

#[test]
fn another_tenants_ids_and_keys_open_nothing() {
    let (shop, other) = (Shop::open(), Server::start());
    let node = NodeNumber::new(9).expect("in range");
    let theirs = DocumentId::new(at(5), node, 5);
    let number = OrderNumberMint::new(node, None)
        .mint(at(5))
        .expect("a number");
    for id in [
        theirs.to_string(),
        number.to_string(),
        "other:W-1".to_owned(),
    ] {
        assert_eq!(shop.found(&format!("/v1/orders/{id}")).0, 404, "{id}");
    }
    assert_eq!(shop.found("/v1/orders?store=their-store"), (200, Some(0)));
    let theirs = ApiKey::new("theirs".parse().expect("an id"), [8; 32]);
    let scopes = Scope::ALL.into_iter().collect();
    other
        .store
        .add_api_key(&theirs.record(&scopes, at(0)))
        .expect("kept");
    let theirs = theirs.to_string();
    assert_eq!(other.get("/v1/orders", Some(&theirs)).0, 200);
    let refused = shop.server.problem("/v1/orders", Some(&theirs));
    assert_eq!(
        refused,
        (401, "urn:holdfast:problem:unauthorised".to_owned())
    );
}

#[test]
fn a_page_of_a_thousand_million_is_refused_and_not_bent() {
    let shop = Shop::open();
    for list in [
        "orders",
        "returns",
        "sessions",
        "stock",
        "misfits",
        "quarantine",
        "tills",
    ] {
        for limit in [
            "1000000000",
            "4294967296",
            "18446744073709551616",
            "-1",
            "1e9",
        ] {
            let found = shop.found(&format!("/v1/{list}?limit={limit}"));
            assert_eq!(found, (400, None), "{list}, {limit}");
        }
    }
}

#[test]
fn bodies_are_never_waited_for_or_unpacked() {
    let shop = Shop::open();
    let head = |method: &str, more: &str| {
        format!(
            "{method} /v1/orders HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n{more}\r\n",
            shop.key
        )
    };
    // A gigabyte is announced, and one byte of it comes.
    let slow = head("POST", "Content-Length: 1000000000\r\n");
    let answer = shop.raw(&[slow.as_bytes(), b"{"]);
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    let slow = head("GET", "Content-Length: 1000000000\r\n");
    let answer = shop.raw(&[slow.as_bytes(), b"{"]);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // Ten megabytes of zeros in some ten kilobytes of gzip.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![0; 10_000_000]).expect("packed");
    let bomb = bomb.finish().expect("packed");
    let more = format!(
        "Content-Encoding: gzip\r\nContent-Length: {}\r\n",
        bomb.len()
    );
    let answer = shop.raw(&[head("POST", &more).as_bytes(), &bomb]);
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    let chunked = head("POST", "Transfer-Encoding: chunked\r\n");
    let answer = shop.raw(&[chunked.as_bytes(), b"ffffffffffffffff\r\n"]);
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
}

#[test]
fn floods_of_headers_and_lines_without_end_are_refused() {
    let shop = Shop::open();
    let line = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n";
    let many: String = (0..1_000)
        .map(|number| format!("X-{number}: 1\r\n"))
        .collect();
    let long = format!("X: {}\r\n", "a".repeat(100_000));
    let endless = format!("GET /{} HTTP/1.1\r\n", "a".repeat(100_000));
    for (what, pieces) in [
        ("many", [&line[..], many.as_bytes(), b"\r\n"]),
        ("long", [&line[..], long.as_bytes(), b"\r\n"]),
        ("an endless path", [endless.as_bytes(), b"", b"\r\n"]),
        ("no HTTP", [b"\x16\x03\x01", b"\xff", b"\r\n\r\n"]),
        (
            "two lengths",
            [
                &line[..],
                b"Content-Length: 1\r\nContent-Length: 2\r\n",
                b"\r\n",
            ],
        ),
    ] {
        let answer = shop.raw(&pieces);
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
        assert!(refused, "{what}: {answer}");
    }
    assert_eq!(shop.server.get("/livez", None).0, 200);
}

#[test]
fn who_guesses_keys_is_locked_out_and_told_for_how_long() {
    let shop = Shop::open();
    let wrong = |number: u32| format!("hf_k_{number:064x}");
    for number in 0..WRONG_KEYS_MAX {
        let answer = shop.server.problem("/v1/orders", Some(&wrong(number)));
        assert_eq!(answer.0, 401, "{number}");
    }
    let (status, problem) = shop.server.problem("/v1/orders", Some(&wrong(99)));
    assert_eq!(
        (status, &*problem),
        (429, "urn:holdfast:problem:too-many-wrong-keys")
    );
    // Also with a good key: whether it is one must not be told.
    assert_eq!(shop.server.problem("/v1/orders", Some(&shop.key)).0, 429);
    // Who shows none is answered as ever.
    assert_eq!(shop.server.get("/livez", None).0, 200);
}
