//! `till enrol-code`, `till list`, `till revoke` and `till unfreeze`.

use holdfast_schemas::{
    identity::{NodeNumber, ReasonCode, StoreId},
    time::Timestamp,
    wire::enrol::{CodeSecret, EnrolCode},
};
use serde::Serialize;

use super::{
    answer::{Answer, as_moment, as_moment_or_null, as_text, moment, moment_or_dash, table},
    context::Context,
    error::CommandError,
};
use crate::{
    enrol,
    pki::Revocation,
    random,
    settings::CodeMinutes,
    store::{FreezeReason, LogStore, NodeRecord, PageLimit, Registry, Upkeep},
};

/// A code with which one till can enrol.
#[derive(Debug, Serialize)]
pub(super) struct CodeAnswer {
    #[serde(serialize_with = "as_text")]
    code: EnrolCode,
    store: StoreId,
    #[serde(serialize_with = "as_moment")]
    expires_at: Timestamp,
}

/// Tills.
#[derive(Debug, Serialize)]
pub(super) struct TillsAnswer {
    tills: Vec<TillAnswer>,
}

#[derive(Debug, Serialize)]
struct TillAnswer {
    node: NodeNumber,
    store: StoreId,
    #[serde(serialize_with = "as_moment")]
    enrolled_at: Timestamp,
    #[serde(serialize_with = "as_moment_or_null")]
    complete_to: Option<Timestamp>,
    #[serde(serialize_with = "as_moment_or_null")]
    last_contact_at: Option<Timestamp>,
    #[serde(serialize_with = "as_moment_or_null")]
    revoked_at: Option<Timestamp>,
    #[serde(serialize_with = "as_moment_or_null")]
    frozen_at: Option<Timestamp>,
    frozen_because: Option<FreezeReason>,
    #[serde(serialize_with = "as_moment_or_null")]
    unfrozen_at: Option<Timestamp>,
    unfrozen_because: Option<ReasonCode>,
    #[serde(serialize_with = "as_moment_or_null")]
    cloned_at: Option<Timestamp>,
}

impl From<NodeRecord> for TillAnswer {
    fn from(node: NodeRecord) -> Self {
        let (unfrozen_at, unfrozen_because) = node.unfrozen.unzip();
        Self {
            unfrozen_at,
            unfrozen_because,
            node: node.node,
            store: node.store,
            enrolled_at: node.enrolled_at,
            complete_to: node.complete_to,
            last_contact_at: node.last_contact_at,
            revoked_at: node.revoked_at,
            frozen_at: node.frozen.map(|(at, _)| at),
            frozen_because: node.frozen.map(|(_, reason)| reason),
            cloned_at: node.cloned_at,
        }
    }
}

/// A till that is shut out now.
#[derive(Debug, Serialize)]
pub(super) struct RevokedAnswer {
    node: NodeNumber,
    #[serde(serialize_with = "as_moment")]
    revoked_at: Timestamp,
}

pub(super) fn enrol_code(
    context: &Context,
    store_id: StoreId,
    minutes: Option<CodeMinutes>,
) -> Result<CodeAnswer, CommandError> {
    let store = context.open_store_to_write()?;
    let authority = context.authority(&store)?;
    let secret = CodeSecret::from_bytes(random::bytes());
    let lifetime_ms = minutes
        .unwrap_or(context.settings.enrolment_code_minutes.value)
        .milliseconds();
    let now = context.now();
    let code = enrol::make_code(
        &store,
        &authority,
        store_id.clone(),
        secret,
        now,
        lifetime_ms,
    )?;
    Ok(CodeAnswer {
        code,
        store: store_id,
        expires_at: now.plus_milliseconds(lifetime_ms),
    })
}

pub(super) fn list(context: &Context) -> Result<TillsAnswer, CommandError> {
    let store = context.open_store()?;
    let mut nodes: Vec<NodeRecord> = Vec::new();
    loop {
        let page = store.nodes(nodes.last().map(|node| node.node), PageLimit::MAX)?;
        if page.is_empty() {
            break;
        }
        nodes.extend(page);
    }
    Ok(TillsAnswer {
        tills: nodes.into_iter().map(TillAnswer::from).collect(),
    })
}

pub(super) fn revoke(context: &Context, node: NodeNumber) -> Result<RevokedAnswer, CommandError> {
    let store = context.open_store_to_write()?;
    let revoked_at = context.now();
    if store.revoked_nodes()?.contains(&node) {
        return Err(CommandError::AlreadySo(format!("till {node} is revoked")));
    }
    let revocation = match store.node(node)? {
        Some(till) => Revocation::of_till(&till, revoked_at),
        // A till that enrolled after the backup from which the server was restored has not come in yet.
        None if node != NodeNumber::SERVER && node < store.identity()?.next_node => {
            Revocation::of_number(node, revoked_at)
        }
        None => return Err(CommandError::NotFound(format!("till {node}"))),
    };
    // First, so that no restore of an older database forgets it.
    context.pki().revocations().append(&revocation)?;
    store.revoke_node(node, revoked_at)?;
    Ok(RevokedAnswer { node, revoked_at })
}

/// A till that is trusted again.
#[derive(Debug, Serialize)]
pub(super) struct UnfrozenAnswer {
    node: NodeNumber,
    #[serde(serialize_with = "as_moment")]
    unfrozen_at: Timestamp,
    reason: ReasonCode,
}

pub(super) fn unfreeze(
    context: &Context,
    node: NodeNumber,
    reason: &ReasonCode,
) -> Result<UnfrozenAnswer, CommandError> {
    let unfrozen_at = context.now();
    if !context
        .open_store_to_write()?
        .unfreeze(node, reason, unfrozen_at)?
    {
        return Err(CommandError::AlreadySo(format!("till {node} is trusted")));
    }
    tracing::info!(%node, %reason, "an operator lifted a till's freeze");
    Ok(UnfrozenAnswer {
        node,
        unfrozen_at,
        reason: reason.clone(),
    })
}

impl Answer for UnfrozenAnswer {
    fn text(&self) -> String {
        format!(
            "till {} is trusted again ({}); what it sent while it was frozen stays in quarantine",
            self.node, self.reason
        )
    }
}

impl Answer for CodeAnswer {
    fn text(&self) -> String {
        format!(
            "{}\n(for one till of store {}, until {})",
            self.code,
            self.store,
            moment(self.expires_at)
        )
    }
}

impl TillAnswer {
    fn state(&self) -> &'static str {
        if self.revoked_at.is_some() {
            "revoked"
        } else if self.frozen_at.is_some() {
            "frozen"
        } else if self.cloned_at.is_some() {
            "cloned"
        } else {
            "enrolled"
        }
    }
}

impl Answer for TillsAnswer {
    fn text(&self) -> String {
        let row = |till: &TillAnswer| {
            [
                till.node.to_string(),
                till.store.to_string(),
                till.state().to_owned(),
                moment(till.enrolled_at),
                moment_or_dash(till.complete_to),
                moment_or_dash(till.last_contact_at),
            ]
        };
        let header = [
            "TILL",
            "STORE",
            "STATE",
            "ENROLLED",
            "COMPLETE TO",
            "LAST CONTACT",
        ];
        table(header, self.tills.iter().map(row))
    }
}

impl Answer for RevokedAnswer {
    fn text(&self) -> String {
        format!(
            "till {} is revoked; what it had not sent comes in by its `store export` and `till import`",
            self.node
        )
    }
}
