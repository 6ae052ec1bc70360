use super::*;

const NOW: Timestamp = Timestamp::from_milliseconds(1_767_225_600_000);
const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1_000;
const SERIAL: CertificateSerial = CertificateSerial([7; 16]);

fn made() -> (tempfile::TempDir, PkiFolder, Authority) {
    let data_dir = tempfile::tempdir().expect("a temporary folder");
    let folder = PkiFolder::of(data_dir.path());
    let authority = folder.create(tenant(), NOW, SERIAL).expect("made");
    (data_dir, folder, authority)
}

fn tenant() -> TenantId {
    TenantId::new("acme").expect("a tenant")
}

#[test]
fn the_authority_is_read_as_it_was_made_and_its_key_is_private() {
    let (_data_dir, folder, made) = made();
    let read = folder.authority(tenant()).expect("read");
    assert_eq!(read.fingerprint(), made.fingerprint());
    let key = folder.folder.join(AUTHORITY_KEY);
    let mode = |file: &Path| fs::metadata(file).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&key), 0o600);
    assert_eq!(mode(&folder.folder), 0o700);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).expect("changed");
    assert!(matches!(
        folder.authority(tenant()),
        Err(PkiError::Readable { mode: 0o640, .. })
    ));
}

#[test]
fn an_authority_is_never_overwritten() {
    let (_data_dir, folder, made) = made();
    assert!(folder.create(tenant(), NOW, SERIAL).is_err());
    let read = folder.authority(tenant()).expect("read");
    assert_eq!(read.fingerprint(), made.fingerprint());
}

#[test]
fn the_servers_certificate_is_for_the_names_that_others_reach_it_by() {
    let (_data_dir, folder, authority) = made();
    let names = |names: &[&str]| -> Vec<ServerName<'static>> {
        let names = names.iter().map(|name| (*name).to_owned());
        names.map(|name| name.try_into().expect("a name")).collect()
    };
    let of = |names: &[ServerName<'static>]| {
        folder
            .server_certificate(&authority, names, NOW, SERIAL)
            .expect("a certificate")
            .certificate
    };
    let alone = of(&[]);
    let reached = names(&["HQ.example.com", "192.0.2.7", "2001:db8::7"]);
    let named = of(&reached);
    assert_ne!(named, alone);
    assert_eq!(of(&reached), named);
    let (_, parsed) = X509Certificate::from_der(&named).expect("a certificate");
    assert!(is_for(
        &parsed,
        &names(&["2001:db8::7", "192.0.2.7", "hq.example.com"])
    ));
    assert!(!is_for(&parsed, &names(&["192.0.2.7", "2001:db8::7"])));
    assert_ne!(of(&[]), named);
}

#[test]
fn the_servers_certificate_is_kept_until_two_thirds_of_its_life() {
    let (_data_dir, folder, authority) = made();
    let at = |now: Timestamp| {
        folder
            .server_certificate(&authority, &[], now, SERIAL)
            .expect("a certificate")
            .certificate
    };
    let first = at(NOW);
    assert_eq!(at(NOW.plus_milliseconds(YEAR_MS)), first);
    let second = at(NOW.plus_milliseconds(YEAR_MS / 2 * 3));
    assert_ne!(second, first);
    // A key without its certificate is what is left of a crash.
    fs::remove_file(folder.folder.join(SERVER_CERTIFICATE)).expect("there");
    assert_ne!(at(NOW.plus_milliseconds(YEAR_MS / 2 * 3)), second);
}
