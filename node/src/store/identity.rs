//! Whose file it is.

use std::fmt;

use holdfast_schemas::identity::{NodeNumber, StoreId, TenantId};
use rusqlite::{OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, value::read_text};

/// A till: its tenant, its store and its node number, as enrolment assigned them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TillIdentity {
    /// The company.
    pub tenant: TenantId,
    /// The store.
    pub store: StoreId,
    /// The till's number within the tenant; never the server's.
    pub node: NodeNumber,
}

impl fmt::Display for TillIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.tenant, self.store, self.node)
    }
}

impl Store {
    /// Whose file it is; none before [`Store::claim`].
    ///
    /// # Errors
    /// [`StoreError`] where it can't be read.
    pub fn identity(&self) -> Result<Option<TillIdentity>, StoreError> {
        self.read(read_identity)
    }

    /// Makes the file this till's. Claiming it again for the same till changes nothing.
    ///
    /// # Errors
    /// [`StoreError::OtherIdentity`] for a file of another till.
    pub fn claim(&mut self, identity: &TillIdentity) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        match read_identity(&transaction)? {
            Some(found) if found == *identity => return Ok(()),
            Some(found) => {
                return Err(StoreError::OtherIdentity {
                    found: found.to_string(),
                    wanted: identity.to_string(),
                });
            }
            None => {
                transaction.execute(
                    "INSERT INTO identity (only, tenant, store, node) VALUES (1, ?1, ?2, ?3)",
                    (
                        identity.tenant.as_str(),
                        identity.store.as_str(),
                        identity.node.get(),
                    ),
                )?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

fn read_identity(transaction: &Transaction<'_>) -> Result<Option<TillIdentity>, StoreError> {
    let row = transaction
        .query_row("SELECT tenant, store, node FROM identity", [], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, u32>(2)?,
            ))
        })
        .optional()?;
    row.map(|(tenant, store, node)| {
        Ok(TillIdentity {
            tenant: read_text("tenant", &tenant)?,
            store: read_text("store", &store)?,
            node: NodeNumber::new(node)
                .map_err(|error| StoreError::unreadable("node number", &error))?,
        })
    })
    .transpose()
}
