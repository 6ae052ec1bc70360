//! One connection, from its handshake to its end: who is it, and may it speak?

use std::{sync::Arc, time::Duration};

use holdfast_schemas::{
    sync::server::PeerIdentity as Peer,
    wire::{ALPN, Message, Refuse, encode, enrol::ENROL_ALPN, limits::HANDSHAKE_TIMEOUT_MS},
};
use quinn::{Connection, Incoming, VarInt, crypto::rustls::HandshakeData};
use tokio::time::timeout;

use super::{driver::Driver, server::Shared};
use crate::{
    enrol::{self, AdmitRefusal, Enrolment, peer_certificate},
    pki::{CertificateSerial, IdentityRefusal, PeerIdentity, identify},
    random,
    store::StoreError,
};

/// Closes a connection of somebody who may not speak.
pub const CLOSE_ACCESS: VarInt = VarInt::from_u32(1);
/// Closes a connection that enrolled.
pub const CLOSE_ENROLLED: VarInt = VarInt::from_u32(0);
/// Closes what is left when the server ends.
pub const CLOSE_SHUTDOWN: VarInt = VarInt::from_u32(2);
/// Closes a connection that is one too many; it may come again later.
pub const CLOSE_BUSY: VarInt = VarInt::from_u32(3);

/// A QUIC handshake may take this long: three round trips of a bad line, with some of it lost.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(5);
/// What comes between the handshake and the session, and an enrolment as a whole, may take this long.
const DOOR_TIME_MAX: Duration = Duration::from_millis(HANDSHAKE_TIMEOUT_MS.unsigned_abs());
/// How many enrolments go on at once. They need no certificate, and tills are enrolled a few at a time: without a bound
/// of their own, strangers who sit in this door would fill it for everybody.
pub(super) const ENROLMENTS_MAX: usize = 64;

/// Why a connection was closed at the door.
#[derive(Debug, thiserror::Error)]
pub enum AccessRefused {
    /// No client certificate.
    #[error("no certificate was shown")]
    NoCertificate,
    /// A certificate that names nobody.
    #[error("the certificate names no till of ours")]
    Identity(#[from] IdentityRefusal),
    /// Somebody whom the registry does not know, or has shut out.
    #[error(transparent)]
    Admit(#[from] AdmitRefusal),
    /// The registry can't be read.
    #[error("the registry can't be asked")]
    Store(#[from] StoreError),
}

/// Serves one connection to its end.
pub(super) async fn serve(incoming: Incoming, shared: Arc<Shared>) {
    let address = incoming.remote_address();
    let connection = match timeout(HANDSHAKE_TIME_MAX, incoming).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return tracing::debug!(%address, %error, "a handshake failed"),
        Err(_) => return tracing::debug!(%address, "a handshake took too long"),
    };
    if protocol(&connection).as_deref() == Some(ENROL_ALPN) {
        let Ok(_place) = shared.enrolling.try_acquire() else {
            tracing::debug!(%address, "too many enrol at once");
            return connection.close(CLOSE_BUSY, b"");
        };
        return enrol(&connection, &shared).await;
    }
    // TLS let only our two protocols through, so this is the other one.
    debug_assert_eq!(protocol(&connection).as_deref(), Some(ALPN));
    let peer = match admit(&connection, &shared) {
        Ok(peer) => peer,
        Err(refused) => {
            tracing::info!(%address, error = &refused as &dyn std::error::Error, "a peer was shut out");
            if let AccessRefused::Admit(why) = &refused {
                // A till of ours once: it is told why, so that its screen can say so and it does not knock every minute.
                let why = match why {
                    AdmitRefusal::Revoked => Refuse::Revoked,
                    AdmitRefusal::Unknown => Refuse::NotEnrolled,
                };
                tell(&connection, why).await;
            }
            return connection.close(CLOSE_ACCESS, b"");
        }
    };
    let Some(_admitted) = shared.live.admit(peer.node) else {
        tracing::warn!(node = %peer.node, %address, "a till has too many connections");
        tell(&connection, Refuse::Busy).await;
        return connection.close(CLOSE_BUSY, b"");
    };
    let Ok(Ok((send, receive))) = timeout(DOOR_TIME_MAX, connection.accept_bi()).await else {
        return connection.close(CLOSE_ACCESS, b"no stream");
    };
    Driver::new(peer, shared).run(send, receive).await;
    connection.close(CLOSE_ENROLLED, b"");
}

/// Tells a peer why it may not speak, if it listens.
async fn tell(connection: &Connection, reason: Refuse) {
    let told = timeout(DOOR_TIME_MAX, refuse(connection, reason)).await;
    if !matches!(told, Ok(Ok(()))) {
        tracing::debug!(address = %connection.remote_address(), "it could not be told why");
    }
}

/// Says why, and waits until the peer has heard so.
async fn refuse(
    connection: &Connection,
    reason: Refuse,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (mut send, _receive) = connection.accept_bi().await?;
    send.write_all(&encode(&Message::from(reason))?).await?;
    send.finish()?;
    send.stopped().await?;
    Ok(())
}

fn protocol(connection: &Connection) -> Option<Vec<u8>> {
    connection
        .handshake_data()?
        .downcast::<HandshakeData>()
        .ok()?
        .protocol
}

async fn enrol(connection: &Connection, shared: &Shared) {
    let enrolment = Enrolment {
        registry: &*shared.store,
        authority: &shared.authority,
    };
    let serial = CertificateSerial(random::bytes());
    match timeout(
        DOOR_TIME_MAX,
        enrol::serve(connection, enrolment, shared.clock.now(), serial),
    )
    .await
    {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::info!(
            error = &error as &dyn std::error::Error,
            "an enrolment broke off"
        ),
        Err(_) => tracing::info!("an enrolment took too long"),
    }
    connection.close(CLOSE_ENROLLED, b"");
}

/// Who speaks, if it may. A certificate outlives a revocation, so the registry is asked at every connection.
fn admit(connection: &Connection, shared: &Shared) -> Result<PeerIdentity, AccessRefused> {
    let certificate = peer_certificate(connection).ok_or(AccessRefused::NoCertificate)?;
    let peer = identify(&certificate, &shared.identity.tenant)?;
    match enrol::admit(&*shared.store, &peer)? {
        Err(AdmitRefusal::Unknown) if readmit(&peer, shared)? => {
            // It may have been shut out before it came.
            drop(enrol::admit(&*shared.store, &peer)??);
            tracing::warn!(node = %peer.node, "a till that the restored backup did not know was taken in again");
        }
        admitted => drop(admitted?),
    }
    Ok(peer)
}

/// A till that enrolled after the backup from which this server was restored. That TLS let its certificate in proves that
/// this server's authority gave it.
fn readmit(peer: &PeerIdentity, shared: &Shared) -> Result<bool, StoreError> {
    let now = shared.clock.now();
    shared
        .store
        .readmit(peer.node, &peer.store, peer.public_key, now)
}

/// The peer as the sync machine knows it.
pub(super) fn machine_peer(peer: &PeerIdentity) -> Peer {
    Peer {
        tenant: peer.tenant.clone(),
        store: peer.store.clone(),
        node: peer.node,
    }
}
