//! Who is at the till.

use holdfast_schemas::{
    identity::UserId,
    operation::{Author, SignOffCause, SignOnMethod, SignOnRefused, SignedOff, SignedOn},
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
        self.journal(Self::system(), JournalEntry::SignOnRefused(refused))
    }

    /// Signs on, unlocks or takes over.
    pub(crate) fn sign_on(
        &mut self,
        user: User,
        method: SignOnMethod,
    ) -> Result<DeskDone, DeskRefusal> {
        let mut row = self.staff_row()?;
        let before = row.user.clone();
        match before {
            Some(before) if before == user.user && !row.locked => return Ok(DeskDone::Done),
            Some(before) if before != user.user && !row.locked => {
                return Err(DeskRefusal::SignedOn(before));
            }
            Some(before) if before != user.user => {
                let request = TillRequest::new(TillAction::TakeOver);
                match self.desk.settings().rights.ask(user.role, request) {
                    Permission::Allowed => {}
                    Permission::WithOverride { .. } | Permission::Refused => {
                        return Err(DeskRefusal::Locked(before));
                    }
                }
                let because = SignOffCause::TakenOver;
                let off = SignedOff {
                    user: before,
                    because,
                };
                self.journal(user.author(), JournalEntry::SignedOff(off))?;
            }
            Some(_) | None => {}
        }
        row.user = Some(user.user.clone());
        row.locked = false;
        let author = user.author();
        let entry = JournalEntry::SignedOn(SignedOn {
            user: user.user.clone(),
            method,
        });
        self.write_staff(row, Some(user))?;
        self.journal(author, entry)?;
        Ok(DeskDone::Done)
    }

    /// Locks the till.
    pub(super) fn lock(
        &mut self,
        acting: &Acting<'_>,
        because: SignOffCause,
    ) -> Result<DeskDone, DeskRefusal> {
        let mut row = self.staff_row()?;
        row.locked = true;
        self.write_staff(row, Some(acting.user.clone()))?;
        self.journal_off(acting, because)
    }

    /// Signs off.
    pub(super) fn sign_off(&mut self, acting: &Acting<'_>) -> Result<DeskDone, DeskRefusal> {
        self.refuse_open_basket()?;
        let mut row = self.staff_row()?;
        row.user = None;
        row.locked = false;
        self.write_staff(row, None)?;
        self.journal_off(acting, SignOffCause::Asked)
    }

    fn journal_off(
        &mut self,
        acting: &Acting<'_>,
        because: SignOffCause,
    ) -> Result<DeskDone, DeskRefusal> {
        let author: Author = acting.user.author();
        let user = acting.user.user.clone();
        let off = SignedOff { user, because };
        self.journal(author, JournalEntry::SignedOff(off))?;
        Ok(DeskDone::Done)
    }
}
