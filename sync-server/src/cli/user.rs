//! `user add`, `user disable`, `user reset-pin` and `user list`.

use std::io::BufRead;

use holdfast_schemas::{
    identity::{BadgeCode, PriceListVersion, StoreId, UserId},
    scan::OwnCode,
    staff::{PersonName, Pin, PinError, StaffRole, User, UserStores},
    store_settings::Language,
};
use serde::Serialize;

use super::{
    answer::{Answer, table},
    arguments::{BadgeArgument, PinArguments, UserArguments},
    context::Context,
    error::CommandError,
};
use crate::{
    random,
    staff::{USER_KEYS, draw_pin, hash_pin, read_user, user_json, user_key},
    store::{PageLimit, ReferenceStore, Registry, sqlite::SqliteStore},
};

/// How many records are looked at in one go.
const RECORDS_PER_PAGE: u32 = 1_000;

/// A user as they are now. A PIN or badge that was drawn is shown this once, and kept as a hash only.
#[derive(Debug, Serialize)]
pub(super) struct UserAnswer {
    #[serde(flatten)]
    user: UserShape,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    badge_code: Option<String>,
}

#[derive(Debug, Serialize)]
struct UserShape {
    user: UserId,
    called: PersonName,
    role: StaffRole,
    stores: UserStores,
    language: Option<Language>,
    has_pin: bool,
    has_badge: bool,
    disabled: bool,
}

/// Everybody who works at tills.
#[derive(Debug, Serialize)]
pub(super) struct UsersAnswer {
    users: Vec<UserShape>,
}

impl From<&User> for UserShape {
    fn from(user: &User) -> Self {
        Self {
            user: user.user.clone(),
            called: user.called.clone(),
            role: user.role,
            stores: user.stores.clone(),
            language: user.language,
            has_pin: user.pin.is_some(),
            has_badge: user.badge.is_some(),
            disabled: user.disabled,
        }
    }
}

pub(super) fn add(context: &Context, arguments: UserArguments) -> Result<UserAnswer, CommandError> {
    let store = context.open_store_to_write()?;
    let exists = || CommandError::AlreadyExists(format!("user {}", arguments.user));
    if read(&store, &arguments.user)?.is_some() {
        return Err(exists());
    }
    let stores = stores(&store, arguments.stores)?;
    let (pin, shown) = pin(&arguments.user, &arguments.pin)?;
    let badge = match arguments.badge {
        BadgeArgument { badge: true } => Some(BadgeCode::from_random(random::bytes())),
        BadgeArgument { badge: false } => None,
    };
    let user = User {
        user: arguments.user.clone(),
        called: arguments.name,
        role: arguments.role.into(),
        stores,
        pin: Some(hash(&pin)?),
        badge: badge.as_ref().map(BadgeCode::hash),
        language: arguments.language,
        disabled: false,
    };
    let added = replace(&store, &arguments.user, |known| {
        known.is_none().then(|| user.clone())
    })?;
    let user = added.ok_or_else(exists)?;
    Ok(UserAnswer {
        user: (&user).into(),
        pin: shown,
        badge_code: badge.map(|badge| OwnCode::Badge(badge).to_string()),
    })
}

pub(super) fn disable(context: &Context, user: &UserId) -> Result<UserAnswer, CommandError> {
    let store = context.open_store_to_write()?;
    change(&store, user, None, |user| user.disabled = true)
}

pub(super) fn reset_pin(
    context: &Context,
    user: &UserId,
    arguments: &PinArguments,
) -> Result<UserAnswer, CommandError> {
    let store = context.open_store_to_write()?;
    if read(&store, user)?.is_none() {
        return Err(unknown(user));
    }
    let (pin, shown) = pin(user, arguments)?;
    let hash = hash(&pin)?;
    change(&store, user, shown, |user| {
        user.pin = Some(hash.clone());
        user.disabled = false;
    })
}

pub(super) fn list(context: &Context) -> Result<UsersAnswer, CommandError> {
    let store = context.open_store()?;
    let mut users = Vec::new();
    let mut after = PriceListVersion::default();
    loop {
        let page = store.reference_delta(after, PageLimit::clamped(RECORDS_PER_PAGE))?;
        let Some((last, _)) = page.records.last() else {
            break;
        };
        after = *last;
        let of_users = page
            .records
            .iter()
            .filter(|(_, record)| record.key.0.starts_with(USER_KEYS));
        users.extend(of_users.filter_map(|(_, record)| read_user(record.json.as_deref()?)));
    }
    users.sort_by(|one, other| one.user.cmp(&other.user));
    Ok(UsersAnswer {
        users: users.iter().map(UserShape::from).collect(),
    })
}

/// Changes a user as they are at that moment, whatever other commands do meanwhile.
fn change(
    store: &SqliteStore,
    number: &UserId,
    pin: Option<String>,
    change: impl Fn(&mut User),
) -> Result<UserAnswer, CommandError> {
    let changed = replace(store, number, |known| {
        let mut user = known?;
        change(&mut user);
        Some(user)
    })?;
    let user = changed.ok_or_else(|| unknown(number))?;
    Ok(UserAnswer {
        user: (&user).into(),
        pin,
        badge_code: None,
    })
}

fn read(store: &SqliteStore, user: &UserId) -> Result<Option<User>, CommandError> {
    let json = store.reference_record(&user_key(user))?;
    Ok(json.and_then(|json| read_user(&json)))
}

fn unknown(user: &UserId) -> CommandError {
    CommandError::NotFound(format!("user {user}"))
}

/// Puts a user in the place of what is known of them, in one transaction. `next` gives who they are to be; none where
/// nothing is to be written, and then none is returned.
fn replace(
    store: &SqliteStore,
    number: &UserId,
    next: impl Fn(Option<User>) -> Option<User>,
) -> Result<Option<User>, CommandError> {
    let mut written = Ok(None);
    store.change_reference(&user_key(number), &mut |json| {
        let user = next(json.and_then(read_user))?;
        written = user_json(&user).map(|json| Some((user, json)));
        let json = written.as_ref().ok()?.as_ref();
        json.map(|(_, json)| json.clone())
    })?;
    let written = written.map_err(|source| CommandError::Failed {
        attempted: "write the user as reference data",
        source: Box::new(source),
    })?;
    Ok(written.map(|(user, _)| user))
}

fn stores(store: &SqliteStore, wanted: Vec<StoreId>) -> Result<UserStores, CommandError> {
    if wanted.is_empty() {
        return Ok(UserStores::All);
    }
    let known: Vec<StoreId> = store
        .stores()?
        .into_iter()
        .map(|record| record.store)
        .collect();
    match wanted.iter().find(|store| !known.contains(store)) {
        Some(unknown) => Err(CommandError::NotFound(format!("store {unknown}"))),
        None => Ok(UserStores::Only(wanted.into_iter().collect())),
    }
}

/// The PIN that is read from standard input, or one that is drawn and shown.
fn pin(user: &UserId, arguments: &PinArguments) -> Result<(Pin, Option<String>), CommandError> {
    if !arguments.pin_stdin {
        let pin = draw_pin(user, random::bytes);
        let shown = String::from_utf8_lossy(pin.as_bytes()).into_owned();
        return Ok((pin, Some(shown)));
    }
    let refused = |source: Box<dyn std::error::Error + Send + Sync>| CommandError::Input {
        what: "the PIN on standard input".to_owned(),
        source,
    };
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| refused(Box::new(error)))?;
    let chosen: Result<Pin, PinError> = Pin::choose(line.trim(), user);
    let pin = chosen.map_err(|error| refused(Box::new(error)))?;
    Ok((pin, None))
}

fn hash(pin: &Pin) -> Result<holdfast_schemas::staff::PinHash, CommandError> {
    hash_pin(pin, random::bytes()).map_err(|source| CommandError::Failed {
        attempted: "hash the PIN",
        source: Box::new(source),
    })
}

impl UserShape {
    fn role(&self) -> &'static str {
        match self.role {
            StaffRole::Cashier => "cashier",
            StaffRole::Supervisor => "supervisor",
            StaffRole::Manager => "manager",
        }
    }

    fn stores(&self) -> String {
        match &self.stores {
            UserStores::All => "all".to_owned(),
            UserStores::Only(stores) => {
                let stores: Vec<&str> = stores.iter().map(StoreId::as_str).collect();
                stores.join(", ")
            }
        }
    }

    fn state(&self) -> &'static str {
        if self.disabled { "disabled" } else { "works" }
    }
}

impl Answer for UserAnswer {
    fn text(&self) -> String {
        let user = &self.user;
        let mut lines = vec![format!(
            "user {} ({}, {}) {} in: {}",
            user.user,
            user.called.as_str(),
            user.role(),
            user.state(),
            user.stores()
        )];
        if let Some(pin) = &self.pin {
            lines.push(format!("PIN {pin} (shown this once)"));
        }
        if let Some(code) = &self.badge_code {
            lines.push(format!("badge {code} (shown this once)"));
        }
        lines.join("\n")
    }
}

impl Answer for UsersAnswer {
    fn text(&self) -> String {
        let row = |user: &UserShape| {
            let yes = |has: bool| if has { "yes" } else { "no" }.to_owned();
            [
                user.user.to_string(),
                user.called.as_str().to_owned(),
                user.role().to_owned(),
                user.stores(),
                yes(user.has_pin),
                yes(user.has_badge),
                user.state().to_owned(),
            ]
        };
        let header = ["USER", "NAME", "ROLE", "STORES", "PIN", "BADGE", "STATE"];
        table(header, self.users.iter().map(row))
    }
}
