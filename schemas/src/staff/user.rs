//! Users, and the override of one user for another.

use std::{collections::BTreeSet, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Permission, PinHash, RightsTable, StaffRole, TillRequest};
use crate::{
    identity::{BadgeHash, ReasonCode, StoreId, UserId},
    operation::{Author, OverrideGranted},
    store_settings::Language,
};

/// What a person is called on screens and receipts: 1 to 64 bytes without control characters. Personal data: it is in
/// reference data that can be erased, and never in an operation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(#[schemars(length(min = 1, max = 64))] Box<str>);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name has 1 to {} bytes and no control characters",
    PersonName::BYTES_MAX
)]
pub struct PersonNameError;

impl PersonName {
    /// The most bytes that it may have.
    pub const BYTES_MAX: usize = 64;

    /// Checks length and characters.
    ///
    /// # Errors
    /// [`PersonNameError`].
    pub fn new(text: &str) -> Result<Self, PersonNameError> {
        let text = text.trim();
        if (1..=Self::BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control) {
            Ok(Self(text.into()))
        } else {
            Err(PersonNameError)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    /// Without the name, so that it is in no log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PersonName(…)")
    }
}

impl TryFrom<String> for PersonName {
    type Error = PersonNameError;
    fn try_from(text: String) -> Result<Self, PersonNameError> {
        Self::new(&text)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0.into()
    }
}

/// Where a user works.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserStores {
    /// In every store of the company.
    #[default]
    All,
    /// In these.
    Only(#[schemars(length(max = 1_000))] BTreeSet<StoreId>),
}

/// Somebody who signs on at tills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// The number by which documents know them.
    pub user: UserId,
    /// What they are called.
    pub called: PersonName,
    /// In which part they work.
    pub role: StaffRole,
    /// Where they work.
    #[serde(default)]
    pub stores: UserStores,
    /// The hash of their PIN; without one they sign on by badge only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<PinHash>,
    /// The hash of their badge's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<BadgeHash>,
    /// The language of their screens; the store's without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// They may not sign on any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

impl User {
    /// Whether they may sign on in a store, and override there.
    #[must_use]
    pub fn works_in(&self, store: &StoreId) -> bool {
        !self.disabled
            && match &self.stores {
                UserStores::All => true,
                UserStores::Only(stores) => stores.contains(store),
            }
    }

    /// As whom they write operations.
    #[must_use]
    pub fn author(&self) -> Author {
        Author {
            role: self.role.into(),
            user: Some(self.user.clone()),
        }
    }
}

/// The override of somebody with more rights for one single thing, by PIN or badge, while the sale stays on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagerOverride {
    /// Who asked.
    pub asked_by: UserId,
    /// Who allowed it.
    pub granted_by: UserId,
    /// The role that the thing is decided with.
    pub role: StaffRole,
    /// What was asked.
    pub request: TillRequest,
    /// Why.
    pub reason: ReasonCode,
}

/// Why an override is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// Nobody's override is needed.
    #[error("this is allowed without an override")]
    NotNeeded,
    /// Nobody can override it.
    #[error("this is refused to everybody at the till")]
    Refused,
    /// Somebody overrides their own request.
    #[error("nobody overrides for themselves")]
    OwnRequest,
    /// The one who overrides may not do it either.
    #[error("at least a {needed:?} must override this")]
    NotEnoughRights {
        /// Who must.
        needed: StaffRole,
    },
    /// The one who overrides is disabled, or works in other stores.
    #[error("this user does not work here")]
    NotHere,
}

impl ManagerOverride {
    /// Checks that one user may override for another.
    ///
    /// # Errors
    /// [`OverrideError`].
    pub fn grant(
        request: TillRequest,
        (asking, granting): (&User, &User),
        store: &StoreId,
        rights: &RightsTable,
        reason: ReasonCode,
    ) -> Result<Self, OverrideError> {
        let needed = match rights.ask(asking.role, request) {
            Permission::Allowed => return Err(OverrideError::NotNeeded),
            Permission::Refused => return Err(OverrideError::Refused),
            Permission::WithOverride { by } => by,
        };
        if asking.user == granting.user {
            return Err(OverrideError::OwnRequest);
        }
        if !granting.works_in(store) {
            return Err(OverrideError::NotHere);
        }
        if granting.role < needed {
            return Err(OverrideError::NotEnoughRights { needed });
        }
        Ok(Self {
            asked_by: asking.user.clone(),
            granted_by: granting.user.clone(),
            role: granting.role,
            request,
            reason,
        })
    }

    /// What is written into the till session's journal.
    #[must_use]
    pub fn journal_entry(&self) -> OverrideGranted {
        OverrideGranted {
            asked_by: self.asked_by.clone(),
            granted_by: self.granted_by.clone(),
            action: self.request.action,
            reason: self.reason.clone(),
        }
    }
}
