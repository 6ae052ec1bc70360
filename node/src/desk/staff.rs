//! Who is at the till.
//!
//! Signing on and off, locks and tries that were refused are written into the session of the till's own file, also while
//! it is training: they happened at this till, and what is practised is thrown away. Each is one commit with its entry.

use holdfast_schemas::{
    identity::UserId,
    operation::{SignOffCause, SignOnMethod, SignOnRefused, SignedOff, SignedOn},
    staff::{Permission, PinHash, TillAction, TillRequest, User},
    till_session::JournalEntry,
};

use super::{
    Credential, DeskDone, DeskRefusal,
    state::{Acting, AtDesk},
};
use crate::store::{desk as rows, reference};

/// A try to sign on that is written down, and not answered yet.
pub(crate) struct SignOnTry {
    pub(super) user: Option<User>,
    /// What the PIN is checked against; none for a badge, which is right where it is known.
    pub(super) pin: Option<Option<PinHash>>,
    named: Option<UserId>,
}

impl AtDesk<'_> {
    /// Looks a credential up, and counts the try as wrong until it is known to be right.
    pub(crate) fn begin_try(&mut self, credential: &Credential) -> Result<SignOnTry, DeskRefusal> {
        match credential {
            Credential::Badge(badge) => {
                let hash = badge.hash();
                let users = self.main.store().read(reference::staff)?;
                let user = users.into_iter().find(|user| user.badge == Some(hash));
                Ok(SignOnTry {
                    user,
                    pin: None,
                    named: None,
                })
            }
            Credential::Pin { user, pin: _ } => {
                let (known, throttle) = self.main.store().read(|transaction| {
                    Ok::<_, crate::store::StoreError>((
                        reference::user(transaction, user)?,
                        rows::throttle(transaction, user)?,
                    ))
                })?;
                if known.is_some() {
                    let later = throttle.check(self.now);
                    later.map_err(|later| DeskRefusal::TryLater {
                        wait_ms: later.wait_ms,
                    })?;
                    let failed = throttle.failed(self.now);
                    self.main.write_try(user, &failed)?;
                }
                Ok(SignOnTry {
                    pin: Some(known.as_ref().and_then(|known| known.pin.clone())),
                    user: known,
                    named: Some(user.clone()),
                })
            }
        }
    }

    /// The user of a try that is answered.
    pub(crate) fn end_try(&mut self, tried: SignOnTry, right: bool) -> Result<User, DeskRefusal> {
        let store = self.main.till().store.clone();
        let user = tried.user.filter(|user| right && user.works_in(&store));
        let Some(user) = user else {
            if let Some(named) = &tried.named {
                self.journal_refused(named)?;
            }
            return Err(DeskRefusal::WrongCredential);
        };
        if let Some(named) = &tried.named {
            self.main.write_try(named, &Default::default())?;
        }
        Ok(user)
    }

    /// Writes down that somebody has to wait now.
    fn journal_refused(&mut self, user: &UserId) -> Result<(), DeskRefusal> {
        let throttle = self
            .main
            .store()
            .read(|transaction| rows::throttle(transaction, user))?;
        if throttle.check(self.now).is_ok() {
            return Ok(());
        }
        let refused = SignOnRefused {
            user: user.clone(),
            tries: throttle.failures(),
        };
        self.journal_own(Self::system(), JournalEntry::SignOnRefused(refused))
    }

    /// Whoever is signed on, where they may still work here: headquarters may have removed them since.
    fn at_work(&self) -> Option<&User> {
        let store = &self.main.till().store;
        self.desk.staff().1.filter(|user| user.works_in(store))
    }

    /// Signs on, unlocks or takes over.
    pub(crate) fn sign_on(
        &mut self,
        user: User,
        method: SignOnMethod,
    ) -> Result<DeskDone, DeskRefusal> {
        let row = self.staff_row()?;
        match row.user.clone() {
            Some(before) if before == user.user && !row.locked => return Ok(DeskDone::Done),
            Some(before) if before != user.user => {
                let because = self.gives_way(&before, row.locked, &user)?;
                let off = SignedOff {
                    user: before,
                    because,
                };
                self.write_staff((None, false), user.author(), JournalEntry::SignedOff(off))?;
            }
            Some(_) | None => {}
        }
        let author = user.author();
        let entry = JournalEntry::SignedOn(SignedOn {
            user: user.user.clone(),
            method,
        });
        self.write_staff((Some(user), false), author, entry)?;
        Ok(DeskDone::Done)
    }

    /// Why one who was signed on is not any more when another signs on; refused where they stay.
    fn gives_way(
        &self,
        before: &UserId,
        locked: bool,
        user: &User,
    ) -> Result<SignOffCause, DeskRefusal> {
        if self.at_work().is_none() {
            return Ok(SignOffCause::Removed);
        }
        if !locked {
            return Err(DeskRefusal::SignedOn(before.clone()));
        }
        let request = TillRequest::new(TillAction::TakeOver);
        match self.desk.settings().rights.ask(user.role, request) {
            Permission::Allowed => Ok(SignOffCause::TakenOver),
            Permission::WithOverride { .. } | Permission::Refused => {
                Err(DeskRefusal::Locked(before.clone()))
            }
        }
    }

    /// Locks the till.
    pub(super) fn lock(
        &mut self,
        acting: &Acting<'_>,
        because: SignOffCause,
    ) -> Result<DeskDone, DeskRefusal> {
        let user = Some(acting.user.clone());
        self.write_off(acting, (user, true), because)
    }

    /// Signs off. What was said of a customer who never bought anything is not the next one's.
    pub(super) fn sign_off(&mut self, acting: &Acting<'_>) -> Result<DeskDone, DeskRefusal> {
        self.refuse_open_basket()?;
        self.clear_basket()?;
        self.write_off(acting, (None, false), SignOffCause::Asked)
    }

    fn write_off(
        &mut self,
        acting: &Acting<'_>,
        left: (Option<User>, bool),
        because: SignOffCause,
    ) -> Result<DeskDone, DeskRefusal> {
        let user = acting.user.user.clone();
        let off = SignedOff { user, because };
        self.write_staff(left, acting.user.author(), JournalEntry::SignedOff(off))?;
        Ok(DeskDone::Done)
    }
}
