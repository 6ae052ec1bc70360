//! The seeds that fuzzing begins with: what real writers write, always the same.

use holdfast_schemas::{
    operation::write_operation,
    wire::{
        Der, FeedPosition, Ping, PullDigest, PullFeed, PullHashes, encode,
        enrol::{CodeSecret, EnrolRequest, write_enrol_frame},
    },
};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519, SanType};
use rustls::pki_types::PrivatePkcs8KeyDer;

use super::{History, OperationGenerator, Random};

/// The fuzz targets, by the names of their programs and folders. `frames` and `handshake` also begin with the golden
/// frames of `schemas/tests/golden`.
pub const TARGETS: [&str; 6] = [
    "frames",
    "changes",
    "operations",
    "handshake",
    "enrolment",
    "catalogue",
];

/// How many histories and operations are seeds.
const HISTORIES: u64 = 6;

/// One seed of a target's corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// The target.
    pub target: &'static str,
    /// The file's name.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Every seed.
///
/// # Panics
/// Where a writer refuses an example.
#[must_use]
pub fn corpus() -> Vec<Seed> {
    let generator = OperationGenerator::new();
    let mut seeds = Vec::new();
    let mut add = |target, name: String, bytes: Vec<u8>| {
        seeds.push(Seed {
            target,
            name,
            bytes,
        });
    };
    for seed in 0..HISTORIES {
        let history = History::draw(&generator, &mut Random::new(seed));
        for (nth, written) in history.changes.into_iter().enumerate() {
            for (index, operation) in written.operations.iter().take(2).enumerate() {
                let json = write_operation(operation).expect("short");
                add("operations", format!("{seed}-{nth}-{index}"), json.into());
            }
            add("changes", format!("{seed}-{nth}"), written.bytes);
        }
    }
    add("handshake", "after-hello".to_owned(), after_hello());
    add("enrolment", "request".to_owned(), request(&[]));
    let wish = "holdfast://acme/other/1".try_into().expect("ASCII");
    add(
        "enrolment",
        "renaming".to_owned(),
        request(&[SanType::URI(wish)]),
    );
    add("catalogue", "products".to_owned(), CATALOGUE.into());
    seeds
}

/// What a till may ask once it is welcome. The first byte is even: the target says hello before it.
fn after_hello() -> Vec<u8> {
    let through = FeedPosition::new(3);
    let messages = [
        Ping {}.into(),
        PullFeed {
            after: FeedPosition::START,
        }
        .into(),
        PullDigest { through }.into(),
        PullHashes {
            through,
            bucket: 7,
            after: None,
        }
        .into(),
    ];
    let frames = messages
        .iter()
        .flat_map(|message| encode(message).expect("short"));
    [2].into_iter().chain(frames).collect()
}

/// An enrolment request of a till whose key is made of one byte.
fn request(names: &[SanType]) -> Vec<u8> {
    let mut key = vec![
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    key.extend([7; 32]);
    let key = PrivatePkcs8KeyDer::from(key);
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ED25519).expect("a key");
    let mut params = CertificateParams::default();
    params.subject_alt_names = names.to_vec();
    let request = params.serialize_request(&key).expect("a request");
    let request = EnrolRequest {
        code_secret: CodeSecret::from_bytes([9; CodeSecret::BYTES]),
        request_der: Der::new(request.der().to_vec()).expect("short"),
    };
    write_enrol_frame(&request).expect("short")
}

const CATALOGUE: &str =
    "\u{feff}sku,gtins,name,department,tax class,price,unit,age limit,discontinued,kind
MUG-1,4006381333931,Enamel mug,kitchen,standard,5.45,each,,no,goods
TEA,4006381333948|4006381333955,\"Tea, \"\"loose\"\"\",food,reduced,31.99,kg,,,
WINE,,Red wine,drinks,standard,9,each,18,yes,goods
POST,,Postage,,standard,3.5,each,,no,service
";
