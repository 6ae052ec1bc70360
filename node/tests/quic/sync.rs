//! A till that runs: what it sends over its line, and what it does when the line is cut.

use holdfast_node::{
    Node,
    engine::{Action, Command, OpenSession},
    enrol::{self, Enrolment, IdentityFolder},
    settings::Settings,
};
use holdfast_schemas::{
    identity::PriceListVersion,
    log::LogHead,
    operation::{Author, Role},
    value::MinorUnits,
    wire::{
        ALPN, Capabilities, CertificateRenewal, FeedPosition, FrameDecoder, Hello, Message,
        ProtocolVersion, Push, PushAck, PushOutcome, ServerEpoch, Welcome, encode,
        enrol::{Der, SERVER_NAME},
    },
};
use quinn::{Connection, Endpoint, RecvStream, SendStream};
use rcgen::PublicKeyData;
use ring::signature::{ED25519, UnparsedPublicKey};
use rustls_pki_types::CertificateDer;

use crate::authority::{Authority, NAME, NOW, address};

const EPOCH: ServerEpoch = ServerEpoch::from_bytes([9; 16]);

/// The server's end of one connection.
struct Line {
    connection: Connection,
    send: SendStream,
    receive: RecvStream,
    decoder: FrameDecoder,
}

impl Line {
    async fn accept(server: &Endpoint) -> Self {
        let connection = server
            .accept()
            .await
            .expect("open")
            .await
            .expect("shaken hands");
        let (send, receive) = connection.accept_bi().await.expect("a stream");
        Self {
            connection,
            send,
            receive,
            decoder: FrameDecoder::new(),
        }
    }

    async fn receive(&mut self) -> Message {
        loop {
            if let Some(message) = self.decoder.pop().expect("a frame") {
                return message;
            }
            let mut bytes = vec![0; FrameDecoder::READ_BYTES_MAX];
            let read = self.receive.read(&mut bytes).await.expect("connected");
            self.decoder
                .push(&bytes[..read.expect("not at its end")])
                .expect("room");
        }
    }

    async fn send(&mut self, message: impl Into<Message>) {
        let frame = encode(&message.into()).expect("small");
        self.send.write_all(&frame).await.expect("connected");
    }

    /// Takes the till's hello, and lets it in.
    async fn greet(&mut self) -> Hello {
        let Message::Hello(hello) = self.receive().await else {
            panic!("a till begins with a hello");
        };
        let welcome = Welcome {
            epoch: EPOCH,
            version: ProtocolVersion::NEWEST,
            capabilities: Capabilities::default(),
            logs: hello
                .logs
                .iter()
                .map(|head| match hello.epoch {
                    Some(_) => *head,
                    None => LogHead::start(head.log),
                })
                .collect(),
            feed_end: FeedPosition::default(),
            reference_end: PriceListVersion::default(),
            rights_lost: Vec::new(),
            now: NOW,
        };
        self.send(Box::new(welcome)).await;
        *hello
    }

    /// Ends the stream, as a server does that stops, and waits for the till to hang up.
    async fn end(mut self) {
        self.send.finish().expect("open");
        self.connection.closed().await;
    }

    /// The till's own certificate.
    fn certificate(&self) -> Vec<u8> {
        let identity = self.connection.peer_identity().expect("a certificate");
        let chain = identity.downcast::<Vec<CertificateDer<'static>>>();
        chain.expect("a chain")[0].to_vec()
    }
}

/// Serves a till until it has pushed something and has a new certificate.
async fn serve(line: &mut Line, renewed: &dyn Fn(&Der) -> Der) -> (Push, Der) {
    let (mut pushed, mut next) = (None, None);
    loop {
        // It also asks for what this server does not have: those messages are passed over.
        let message = line.receive().await;
        if let Message::Push(push) = message {
            line.send(PushAck {
                log: push.log(),
                outcome: PushOutcome::Stored {
                    durable: push.head.head.position,
                    quarantined: 0,
                },
            })
            .await;
            pushed = Some(push);
        } else if let Message::RenewCertificate(request) = message {
            let certificate = renewed(&request.request);
            line.send(CertificateRenewal::Issued {
                certificate: certificate.clone(),
            })
            .await;
            next = Some(certificate);
        }
        if let (Some(push), Some(next)) = (&pushed, &next) {
            return (push.clone(), next.clone());
        }
    }
}

#[tokio::test]
async fn a_till_pushes_renews_its_certificate_and_comes_back_after_a_cut() {
    let authority = Authority::new();
    let server = authority.endpoint(SERVER_NAME, ALPN);
    let data = tempfile::tempdir().expect("a folder");
    let identity = IdentityFolder::within(data.path());
    let key = identity.key_or_new().expect("a key");
    let request = enrol::renewal_request(&identity).expect("a request");
    // From 1975 to 2040: two thirds of it are over.
    let enrolled = authority.issue_until(&request, NAME, 2040);
    let tenant = enrolled.tenant.clone();
    let first = enrolled.certificates[0].clone();
    let server_address = address(&server);
    identity
        .keep(&Enrolment {
            server: server_address,
            enrolled,
        })
        .expect("kept");

    let node = Node::start(&Settings::for_data_dir(data.path())).expect("starts");
    let receipt = node
        .handle()
        .submit(Command {
            by: Author {
                role: Role::Manager,
                user: None,
            },
            action: Action::OpenSession(OpenSession {
                business_date: None,
                float_minor: MinorUnits::new(10_000),
            }),
        })
        .await
        .expect("opened without a line");

    let mut line = Line::accept(&server).await;
    assert_eq!(line.certificate(), first.as_bytes());
    let hello = line.greet().await;
    assert_eq!((hello.epoch, hello.tenant.clone()), (None, tenant.clone()));
    let renewed = |request: &Der| {
        let mut issued = authority.issue_until(request, NAME, 4096);
        issued.certificates.swap_remove(0)
    };
    let (push, next) = serve(&mut line, &renewed).await;
    assert_eq!(push.entries.len(), 1);
    assert_eq!(push.entries[0].document, receipt.document);
    let signed = push.head.head.bytes_to_sign(&tenant);
    UnparsedPublicKey::new(&ED25519, key.der_bytes())
        .verify(&signed, push.head.signature.as_bytes())
        .expect("signed with the enrolled key");
    let mut view = node.handle().watch();
    view.wait_for(|view| view.pending.entries == 0)
        .await
        .expect("the engine runs");

    line.end().await;
    let mut again = Line::accept(&server).await;
    assert_eq!(again.certificate(), next.as_bytes());
    let hello = again.greet().await;
    assert_eq!(hello.epoch, Some(EPOCH));
    assert_eq!(hello.logs, [push.head.head]);

    let connection = again.connection.clone();
    tokio::join!(node.stop(), connection.closed());
}
