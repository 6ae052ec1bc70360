//! What is written down in a session that moves no money.

use std::collections::BTreeSet;

use crate::{
    identity::{OperationId, UserId},
    operation::{
        AgeChecked, Body, OverrideGranted, ReceiptReprinted, SignOnRefused, SignedOff, SignedOn,
    },
};

/// Something to write down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalEntry {
    /// Somebody signed on, or unlocked the till.
    SignedOn(SignedOn),
    /// Somebody signed off, or the till was locked.
    SignedOff(SignedOff),
    /// A PIN was wrong so often that the till made its user wait.
    SignOnRefused(SignOnRefused),
    /// Somebody with more rights let another do one single thing.
    OverrideGranted(OverrideGranted),
    /// A receipt was printed once more.
    ReceiptReprinted(ReceiptReprinted),
    /// Somebody was asked for their age.
    AgeChecked(AgeChecked),
}

impl From<JournalEntry> for Body {
    fn from(entry: JournalEntry) -> Self {
        match entry {
            JournalEntry::SignedOn(body) => body.into(),
            JournalEntry::SignedOff(body) => body.into(),
            JournalEntry::SignOnRefused(body) => body.into(),
            JournalEntry::OverrideGranted(body) => body.into(),
            JournalEntry::ReceiptReprinted(body) => body.into(),
            JournalEntry::AgeChecked(body) => body.into(),
        }
    }
}

/// Who worked in a session, and what else was written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionJournal {
    /// Who is signed on; nobody while the till is locked.
    pub signed_on: Option<UserId>,
    /// Everybody who ever was.
    pub users: BTreeSet<UserId>,
    /// The overrides, in folding order.
    pub overrides: Vec<(OperationId, OverrideGranted)>,
    /// How often somebody was made to wait for wrong PINs.
    pub sign_ons_refused: u32,
    /// How many receipts were printed once more.
    pub reprints: u32,
    /// How often somebody was old enough.
    pub ages_passed: u32,
    /// How often somebody was not, so that the item was not sold.
    pub ages_refused: u32,
}

impl SessionJournal {
    pub(super) fn sign_on(&mut self, signed_on: &SignedOn) {
        self.users.insert(signed_on.user.clone());
        self.signed_on = Some(signed_on.user.clone());
    }

    /// Only the one who is signed on can sign off.
    pub(super) fn sign_off(&mut self, signed_off: &SignedOff) {
        if self.signed_on.as_ref() == Some(&signed_off.user) {
            self.signed_on = None;
        }
    }

    pub(super) fn check_age(&mut self, old_enough: bool) {
        let counter = if old_enough {
            &mut self.ages_passed
        } else {
            &mut self.ages_refused
        };
        *counter = counter.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        operation::{Role, SignOffCause, SignOnMethod},
        reference::MinimumAge,
        rules::Rules,
        staff::TillAction,
        testing::{append, open_session, reason, session_of},
        till_session::{SessionCommand, decide_till_session},
    };

    fn user(number: &str) -> UserId {
        UserId::new(number).unwrap()
    }

    #[test]
    fn a_session_says_who_is_signed_on_and_what_was_overridden() {
        let on = |number| {
            JournalEntry::SignedOn(SignedOn {
                user: user(number),
                method: SignOnMethod::Pin,
            })
        };
        let off = |number, because| {
            JournalEntry::SignedOff(SignedOff {
                user: user(number),
                because,
            })
        };
        let granted = OverrideGranted {
            asked_by: user("101"),
            granted_by: user("7"),
            action: TillAction::OverridePrice,
            reason: reason(),
        };
        let age = |old_enough| {
            JournalEntry::AgeChecked(AgeChecked {
                minimum_age: MinimumAge::new(18).unwrap(),
                old_enough,
            })
        };
        let mut document = open_session(1, "2026-03-07", 10_000);
        for (entry, signed_on) in [
            (on("101"), Some("101")),
            (off("101", SignOffCause::Locked), None),
            (
                JournalEntry::SignOnRefused(SignOnRefused {
                    user: user("101"),
                    tries: 5,
                }),
                None,
            ),
            (on("102"), Some("102")),
            (off("101", SignOffCause::Asked), Some("102")),
            (JournalEntry::OverrideGranted(granted.clone()), Some("102")),
            (age(true), Some("102")),
            (age(false), Some("102")),
            (
                JournalEntry::ReceiptReprinted(ReceiptReprinted {
                    document: document.id(),
                }),
                Some("102"),
            ),
        ] {
            let command = SessionCommand::Journal(entry);
            let state = session_of(&document);
            let bodies =
                decide_till_session(&state, &command, Role::Cashier, &Rules::default()).unwrap();
            append(&mut document, 1, bodies);
            let journal = session_of(&document).journal;
            assert_eq!(journal.signed_on, signed_on.map(user), "{command:?}");
        }
        let state = session_of(&document);
        assert_eq!(state.misfits, []);
        assert_eq!(
            state.journal.users,
            BTreeSet::from([user("101"), user("102")])
        );
        let overrides = state.journal.overrides.iter();
        assert_eq!(
            overrides.map(|(_, granted)| granted).collect::<Vec<_>>(),
            [&granted]
        );
        assert_eq!(
            (
                state.journal.sign_ons_refused,
                state.journal.reprints,
                state.journal.ages_passed,
                state.journal.ages_refused
            ),
            (1, 1, 1, 1)
        );
    }
}
