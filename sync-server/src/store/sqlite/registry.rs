//! The registry's use cases over SQLite.

use std::collections::BTreeSet;

use holdfast_schemas::{
    identity::{NodeNumber, StoreId},
    time::Timestamp,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::{
    SqliteStore, failed,
    rows::{collect, public_key, secret},
    values::{Column, column, named, optional, text},
};
use crate::store::{
    ApiKeyId, ApiKeyRecord, Contact, EnrolRefusal, Enrolled, EnrolmentCode, EnrolmentRequest,
    FreezeReason, KeyScopes, NodeRecord, PageLimit, PublicKey, Registry, StoreError, StoreRecord,
    upkeep::node_after,
};

const NODE_COLUMNS: &str =
    "node, store, enrolled_at, revoked_at, frozen_at, frozen_because, cloned_at,
                            last_contact_at, complete_to, unfrozen_at, unfrozen_because";

const API_KEY_COLUMNS: &str = "id, secret, scopes, created_at, revoked_at";

impl Registry for SqliteStore {
    fn add_store(&self, store: &StoreRecord) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let added = transaction
                .execute(
                    "INSERT INTO store (store, added_at, feed_end) VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING",
                    params![store.store.as_str(), Column(store.added_at)],
                )
                .map_err(failed("add a store"))?;
            Ok(added == 1)
        })
    }

    fn stores(&self) -> Result<Vec<StoreRecord>, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT store, added_at FROM store ORDER BY store";
            collect(transaction, "read the stores", sql, &[], |row| {
                Ok(StoreRecord {
                    store: text(row, 0)?,
                    added_at: column(row, 1)?,
                })
            })
        })
    }

    fn add_enrolment_code(&self, code: &EnrolmentCode) -> Result<(), StoreError> {
        self.write(|transaction| {
            let known: bool = transaction
                .query_row(
                    "SELECT EXISTS (SELECT 1 FROM store WHERE store = ?1)",
                    [code.store.as_str()],
                    |row| row.get(0),
                )
                .map_err(failed("read a store"))?;
            if !known {
                return Err(StoreError::UnknownStore(code.store.clone()));
            }
            transaction
                .execute(
                    "INSERT INTO enrolment_code (secret, store, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO NOTHING",
                    params![
                        code.secret.0,
                        code.store.as_str(),
                        Column(code.created_at),
                        Column(code.expires_at)
                    ],
                )
                .map_err(failed("keep an enrolment code"))?;
            Ok(())
        })
    }

    fn enrol(
        &self,
        request: &EnrolmentRequest,
    ) -> Result<Result<Enrolled, EnrolRefusal>, StoreError> {
        self.write(|transaction| {
            let Some(code) = read_code(transaction, request)? else {
                return Ok(Err(EnrolRefusal::UnknownCode));
            };
            match code.used_by {
                Some((node, key)) if key == request.public_key => {
                    let store = code.store;
                    Ok(Ok(Enrolled { node, store }))
                }
                Some(_) => Ok(Err(EnrolRefusal::UsedCode)),
                None if request.at >= code.expires_at => Ok(Err(EnrolRefusal::ExpiredCode)),
                None => give_number(transaction, request, code.store),
            }
        })
    }

    fn readmit(
        &self,
        node: NodeNumber,
        store: &StoreId,
        public_key: PublicKey,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let added = transaction
                .execute(
                    "INSERT INTO node (node, store, enrolled_at, awaited, revoked_at)
                     SELECT ?1, store, ?3, 1, (SELECT revoked_at FROM revoked_number WHERE node = ?1)
                     FROM store, server WHERE store = ?2 AND ?1 < next_node
                     ON CONFLICT DO NOTHING",
                    params![Column(node), store.as_str(), Column(at)],
                )
                .map_err(failed("take a node in again"))?;
            if added == 1 {
                put_key(transaction, node, 0, public_key, at)?;
            }
            Ok(added == 1)
        })
    }

    fn add_node_key(
        &self,
        node: NodeNumber,
        public_key: PublicKey,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let record = read_node(transaction, node)?.ok_or(StoreError::UnknownNode(node))?;
            if record.public_keys.contains(&public_key) {
                return Ok(());
            }
            put_key(transaction, node, record.public_keys.len(), public_key, at)
        })
    }

    fn node(&self, node: NodeNumber) -> Result<Option<NodeRecord>, StoreError> {
        self.read(|transaction| read_node(transaction, node))
    }

    fn nodes(
        &self,
        after: Option<NodeNumber>,
        limit: PageLimit,
    ) -> Result<Vec<NodeRecord>, StoreError> {
        self.read(|transaction| {
            let sql = format!(
                "SELECT {NODE_COLUMNS} FROM node WHERE ?1 IS NULL OR node > ?1 ORDER BY node LIMIT ?2"
            );
            let values: [&dyn rusqlite::ToSql; 2] = [&after.map(Column), &limit.get()];
            let mut nodes = collect(transaction, "read the nodes", &sql, &values, node_record)?;
            for record in &mut nodes {
                record.public_keys = read_keys(transaction, record.node)?;
            }
            Ok(nodes)
        })
    }

    fn revoke_node(&self, node: NodeNumber, at: Timestamp) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let sql = if read_node(transaction, node)?.is_some() {
                "UPDATE node SET revoked_at = ?2 WHERE node = ?1 AND revoked_at IS NULL"
            } else if was_given(transaction, node)? {
                "INSERT INTO revoked_number (node, revoked_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
            } else {
                return Err(StoreError::UnknownNode(node));
            };
            let revoked = transaction
                .execute(sql, params![Column(node), Column(at)])
                .map_err(failed("revoke a node"))?;
            Ok(revoked == 1)
        })
    }

    fn note_contacts(&self, contacts: &[(NodeNumber, Contact)]) -> Result<(), StoreError> {
        self.write(|transaction| {
            for (node, contact) in contacts {
                write_contact(transaction, *node, *contact)?;
            }
            Ok(())
        })
    }

    fn revoked_nodes(&self) -> Result<BTreeSet<NodeNumber>, StoreError> {
        self.read(|transaction| {
            let sql = "SELECT node FROM node WHERE revoked_at IS NOT NULL
                       UNION SELECT node FROM revoked_number";
            let nodes = collect(transaction, "read revoked nodes", sql, &[], |row| {
                column(row, 0)
            })?;
            Ok(nodes.into_iter().collect())
        })
    }

    fn add_api_key(&self, key: &ApiKeyRecord) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .execute(
                    "INSERT INTO api_key (id, secret, scopes, created_at, revoked_at) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT DO NOTHING",
                    params![
                        key.id.0,
                        key.secret.0,
                        key.scopes.0,
                        Column(key.created_at),
                        key.revoked_at.map(Column)
                    ],
                )
                .map_err(failed("keep an API key"))?;
            Ok(())
        })
    }

    fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError> {
        self.read(|transaction| {
            let sql = format!("SELECT {API_KEY_COLUMNS} FROM api_key ORDER BY id");
            collect(transaction, "read the API keys", &sql, &[], api_key_record)
        })
    }

    fn api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        self.read(|transaction| {
            let sql = format!("SELECT {API_KEY_COLUMNS} FROM api_key WHERE id = ?1");
            let keys = collect(
                transaction,
                "read an API key",
                &sql,
                &[&id.0],
                api_key_record,
            )?;
            Ok(keys.into_iter().next())
        })
    }

    fn revoke_api_key(&self, id: &ApiKeyId, at: Timestamp) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let changed = transaction
                .execute(
                    "UPDATE api_key SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
                    params![id.0, Column(at)],
                )
                .map_err(failed("revoke an API key"))?;
            Ok(changed == 1)
        })
    }
}

/// Whether a number may have been given to a till, here or before a restore.
fn was_given(transaction: &Transaction<'_>, node: NodeNumber) -> Result<bool, StoreError> {
    let next: NodeNumber = transaction
        .query_row("SELECT next_node FROM server", [], |row| column(row, 0))
        .map_err(failed("read the next number"))?;
    Ok(node != NodeNumber::SERVER && node < next)
}

struct Code {
    store: StoreId,
    expires_at: Timestamp,
    used_by: Option<(NodeNumber, PublicKey)>,
}

fn read_code(
    transaction: &Transaction<'_>,
    request: &EnrolmentRequest,
) -> Result<Option<Code>, StoreError> {
    transaction
        .query_row(
            "SELECT store, expires_at, used_by, used_key FROM enrolment_code WHERE secret = ?1",
            [request.secret.0],
            |row| {
                let node = optional(row, 2)?;
                let key = row.get::<_, Option<[u8; 32]>>(3)?.map(PublicKey);
                Ok(Code {
                    store: text(row, 0)?,
                    expires_at: column(row, 1)?,
                    used_by: node.zip(key),
                })
            },
        )
        .optional()
        .map_err(failed("read an enrolment code"))
}

fn give_number(
    transaction: &Transaction<'_>,
    request: &EnrolmentRequest,
    store: StoreId,
) -> Result<Result<Enrolled, EnrolRefusal>, StoreError> {
    let attempted = failed("enrol a node");
    let node: NodeNumber = transaction
        .query_row("SELECT next_node FROM server", [], |row| column(row, 0))
        .map_err(&attempted)?;
    let Some(next) = node_after(node, 1) else {
        return Ok(Err(EnrolRefusal::NoNumberLeft));
    };
    transaction
        .execute("UPDATE server SET next_node = ?1", [Column(next)])
        .map_err(&attempted)?;
    transaction
        .execute(
            "INSERT INTO node (node, store, enrolled_at) VALUES (?1, ?2, ?3)",
            params![Column(node), store.as_str(), Column(request.at)],
        )
        .map_err(&attempted)?;
    transaction
        .execute(
            "UPDATE enrolment_code SET used_by = ?2, used_key = ?3 WHERE secret = ?1",
            params![request.secret.0, Column(node), request.public_key.0],
        )
        .map_err(&attempted)?;
    put_key(transaction, node, 0, request.public_key, request.at)?;
    Ok(Ok(Enrolled { node, store }))
}

fn put_key(
    transaction: &Transaction<'_>,
    node: NodeNumber,
    place: usize,
    public_key: PublicKey,
    at: Timestamp,
) -> Result<(), StoreError> {
    let place = i64::try_from(place).unwrap_or(i64::MAX);
    transaction
        .execute(
            "INSERT INTO node_key (node, place, public_key, since) VALUES (?1, ?2, ?3, ?4)",
            params![Column(node), place, public_key.0, Column(at)],
        )
        .map_err(failed("keep a node's key"))?;
    Ok(())
}

fn read_keys(
    transaction: &Transaction<'_>,
    node: NodeNumber,
) -> Result<Vec<PublicKey>, StoreError> {
    let sql = "SELECT public_key FROM node_key WHERE node = ?1 ORDER BY place";
    collect(
        transaction,
        "read a node's keys",
        sql,
        &[&Column(node)],
        |row| public_key(row, 0),
    )
}

fn read_node(
    transaction: &Transaction<'_>,
    node: NodeNumber,
) -> Result<Option<NodeRecord>, StoreError> {
    let sql = format!("SELECT {NODE_COLUMNS} FROM node WHERE node = ?1");
    let found = transaction
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_row([Column(node)], node_record).optional())
        .map_err(failed("read a node"))?;
    match found {
        Some(record) => Ok(Some(NodeRecord {
            public_keys: read_keys(transaction, node)?,
            ..record
        })),
        None => Ok(None),
    }
}

/// A node without its keys, which are rows of their own.
fn node_record(row: &Row<'_>) -> rusqlite::Result<NodeRecord> {
    let frozen = match optional(row, 4)? {
        Some(at) => Some((at, named(row, 5, &FreezeReason::ALL, FreezeReason::name)?)),
        None => None,
    };
    let unfrozen = match optional(row, 9)? {
        Some(at) => Some((at, text(row, 10)?)),
        None => None,
    };
    Ok(NodeRecord {
        node: column(row, 0)?,
        store: text(row, 1)?,
        public_keys: Vec::new(),
        enrolled_at: column(row, 2)?,
        revoked_at: optional(row, 3)?,
        frozen,
        unfrozen,
        cloned_at: optional(row, 6)?,
        last_contact_at: optional(row, 7)?,
        complete_to: optional(row, 8)?,
    })
}

fn api_key_record(row: &Row<'_>) -> rusqlite::Result<ApiKeyRecord> {
    Ok(ApiKeyRecord {
        id: ApiKeyId(row.get::<_, String>(0)?.into()),
        secret: secret(row, 1)?,
        scopes: KeyScopes(row.get::<_, String>(2)?.into()),
        created_at: column(row, 3)?,
        revoked_at: optional(row, 4)?,
    })
}

fn write_contact(
    transaction: &Transaction<'_>,
    node: NodeNumber,
    contact: Contact,
) -> Result<(), StoreError> {
    let changed = transaction
        .prepare_cached(
            "UPDATE node SET last_contact_at = ?2,
             complete_to = CASE WHEN ?3 THEN ?2 ELSE complete_to END,
             awaited = CASE WHEN ?3 THEN 0 ELSE awaited END,
             cloned_at = CASE WHEN ?4 THEN ?2 ELSE cloned_at END WHERE node = ?1",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                Column(node),
                Column(contact.at),
                contact.complete,
                contact.cloned
            ])
        })
        .map_err(failed("write down a contact"))?;
    if changed == 0 {
        return Err(StoreError::UnknownNode(node));
    }
    Ok(())
}
