//! Hello and welcome, from the server's side.

use super::{Effect, LogStanding, Phase, ServerSession};
use crate::{
    identity::PriceListVersion,
    log::LogHead,
    time::Timestamp,
    wire::{
        FeedPosition, Hello, Refuse, Right, Welcome,
        limits::{HELLO_LOGS_MAX, RIGHTS_HELD_MAX},
    },
};

impl ServerSession {
    /// Checks the hello against the certificate and looks its logs up.
    pub(super) fn greet(&mut self, hello: Box<Hello>) -> Result<(), Refuse> {
        let ours = self.identity.dialect.versions;
        if hello.versions.common(ours).is_none() {
            return Err(Refuse::Version { versions: ours });
        }
        if hello.tenant != self.identity.tenant || self.peer.tenant != self.identity.tenant {
            return Err(Refuse::Tenant);
        }
        if hello.store != self.peer.store {
            return Err(Refuse::Store);
        }
        if hello.node != self.peer.node {
            return Err(Refuse::Node);
        }
        let foreign = hello
            .logs
            .iter()
            .any(|head| head.log.node() != self.peer.node);
        if foreign || hello.logs.len() > HELLO_LOGS_MAX || hello.rights.len() > RIGHTS_HELD_MAX {
            return Err(Refuse::Protocol);
        }
        self.effects.emit(Effect::ReadLogs {
            claims: hello.logs.clone(),
            rights: hello.rights.clone(),
        });
        self.phase = Phase::Checking { hello };
        Ok(())
    }

    /// The store's word on the hello's logs: a fork, or welcome.
    pub(super) fn logs_read(
        &mut self,
        logs: &[LogStanding],
        feed_end: FeedPosition,
        reference_end: PriceListVersion,
        rights_lost: Vec<Right>,
        now: Timestamp,
    ) -> Result<(), Refuse> {
        let Phase::Checking { hello } = &self.phase else {
            return Ok(());
        };
        if let Some(fork) = fork_of(&hello.logs, logs) {
            return Err(fork);
        }
        let version = hello
            .versions
            .common(self.identity.dialect.versions)
            .ok_or(Refuse::Protocol)?;
        let new_epoch = hello.epoch != Some(self.identity.epoch);
        for head in &hello.logs {
            self.feed.holds(head.log, head.position);
        }
        let capabilities = hello
            .capabilities
            .common(&self.identity.dialect.capabilities);
        self.feed.start(feed_end);
        self.reference.start(reference_end);
        self.effects.send(Box::new(Welcome {
            epoch: self.identity.epoch,
            version,
            capabilities,
            logs: logs.iter().map(|standing| standing.durable).collect(),
            feed_end,
            reference_end,
            rights_lost,
            now,
        }));
        self.effects.emit(Effect::Online { new_epoch });
        self.phase = Phase::Online;
        Ok(())
    }
}

/// The first log of which till and server have different entries at a position that both have.
fn fork_of(claims: &[LogHead], logs: &[LogStanding]) -> Option<Refuse> {
    claims.iter().zip(logs).find_map(|(claim, standing)| {
        let ours = standing.at_claim?;
        (ours != claim.chain).then_some(Refuse::Fork {
            log: claim.log,
            position: claim.position,
        })
    })
}
