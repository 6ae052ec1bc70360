//! What the fake devices have in common: an address, and a line for each till that connects.

use std::{future::Future, io, net::SocketAddr};

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Talks over each line that comes in, until it is dropped; the address is told first.
///
/// # Errors
/// Where it can't listen.
pub(crate) async fn serve<Talk>(
    listen: SocketAddr,
    told: impl FnOnce(SocketAddr),
    talk: impl Fn(TcpStream) -> Talk,
) -> io::Result<()>
where
    Talk: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind(listen).await?;
    told(listener.local_addr()?);
    let mut lines = JoinSet::new();
    loop {
        let (line, _) = listener.accept().await?;
        let talking = talk(line);
        lines.spawn(async move {
            // A till that is gone is no trouble of the device's.
            let _ = talking.await;
        });
    }
}
