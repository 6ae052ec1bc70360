//! Rights: what the till's file holds of them, and what it owes the server to say.
//!
//! A right is used by who has it in his file, and so the order is always the same: what is taken is stored before it is
//! answered, and what is given up is stored before it is said. A right that was given up is asked for again only once
//! the server has acknowledged that it was: a late message about the old one can't free the new one.

use std::collections::BTreeMap;

use super::{Effect, GivenUpRight, TillRights, effects::Effects};
use crate::{
    identity::NodeNumber,
    time::Timestamp,
    wire::{Answer, AskId, HeldRight, Question, Right, limits::RIGHTS_HELD_MAX},
};

/// The machine's own questions have numbers from here on.
const OWN_ASKS_FROM: u64 = 1 << 63;

/// A question about a right that is on its way.
#[derive(Debug, Clone, Copy)]
enum Asking {
    Take(Right),
    GiveUp(Right),
}

/// The till's rights.
#[derive(Debug, Default)]
pub(super) struct Rights {
    held: BTreeMap<Right, Timestamp>,
    given_up: BTreeMap<Right, (Timestamp, Option<NodeNumber>)>,
    /// Our questions that wait.
    asking: BTreeMap<AskId, Asking>,
    /// The server's questions to yield that wait.
    yielding: BTreeMap<AskId, Right>,
    /// Whether the server did not settle a release of this connection: the next connection tries again.
    stuck: bool,
    asked: u64,
}

impl Rights {
    /// What the file has.
    pub(super) fn load(&mut self, rights: &TillRights) {
        self.held = rights
            .held
            .iter()
            .map(|held| (held.right, held.since))
            .collect();
        self.given_up = rights
            .given_up
            .iter()
            .map(|GivenUpRight { held, to }| (held.right, (held.since, *to)))
            .collect();
    }

    /// What a hello says. A right that was given up is still the till's at the server, which may have forgotten it.
    pub(super) fn claims(&self) -> Vec<HeldRight> {
        let given_up = self.given_up.iter();
        let held = self.held.iter().map(|(right, since)| (right, *since));
        held.chain(given_up.map(|(right, (since, _))| (right, *since)))
            .map(|(right, since)| HeldRight {
                right: *right,
                since,
            })
            .take(RIGHTS_HELD_MAX)
            .collect()
    }

    /// The server's word on the claims.
    pub(super) fn lost(&mut self, lost: &[Right], effects: &mut Effects) {
        if lost.is_empty() {
            return;
        }
        for right in lost {
            self.held.remove(right);
            self.given_up.remove(right);
        }
        effects.emit(Effect::ForgetRights(lost.to_vec()));
    }

    /// A question of the till's, before it goes anywhere: the answer, where the till knows it without the server.
    pub(super) fn asks(&mut self, question: &Question, effects: &mut Effects) -> Option<Answer> {
        match question {
            Question::TakeRight { right } => self.takes(*right),
            Question::ReleaseRight { right } => {
                self.gives_up(*right, None, effects);
                None
            }
            // A restored server may still take the till for the holder of what it has passed on, and another till has it.
            Question::GrantRight { right, .. } if !self.has(right) => Some(Answer::Refused),
            Question::GrantRight { right, to } => {
                self.gives_up(*right, Some(*to), effects);
                None
            }
            Question::FindOrder { .. }
            | Question::YieldRight { .. }
            | Question::KeepCustomer { .. }
            | Question::EraseCustomer { .. }
            | Question::Unknown => None,
        }
    }

    fn has(&self, right: &Right) -> bool {
        self.held.contains_key(right) || self.given_up.contains_key(right)
    }

    fn takes(&self, right: Right) -> Option<Answer> {
        if let Some(since) = self.held.get(&right) {
            return Some(Answer::Granted { since: *since });
        }
        if self.given_up.contains_key(&right) {
            return Some(Answer::NotYet);
        }
        let taking = self.asking.values();
        let taking = taking.filter(|asking| matches!(asking, Asking::Take(_)));
        let most = self.held.len() + self.given_up.len() + taking.count();
        (most >= RIGHTS_HELD_MAX).then_some(Answer::Refused)
    }

    fn gives_up(&mut self, right: Right, to: Option<NodeNumber>, effects: &mut Effects) {
        if let Some(since) = self.held.remove(&right) {
            self.given_up.insert(right, (since, to));
            effects.emit(Effect::GiveUpRight { right, to });
        }
    }

    /// A question of the till's that is on its way now.
    pub(super) fn sent(&mut self, id: AskId, question: &Question) {
        let asking = match question {
            Question::TakeRight { right } => Asking::Take(*right),
            Question::ReleaseRight { right } | Question::GrantRight { right, .. } => {
                Asking::GiveUp(*right)
            }
            Question::FindOrder { .. }
            | Question::YieldRight { .. }
            | Question::KeepCustomer { .. }
            | Question::EraseCustomer { .. }
            | Question::Unknown => return,
        };
        self.asking.insert(id, asking);
    }

    /// What came of a question; whether the driver asked it.
    pub(super) fn answered(&mut self, id: AskId, answer: &Answer, effects: &mut Effects) -> bool {
        match self.asking.remove(&id) {
            Some(Asking::Take(right)) => {
                if let Answer::Granted { since } = *answer {
                    self.held.insert(right, since);
                    effects.emit(Effect::KeepRight(HeldRight { right, since }));
                }
            }
            Some(Asking::GiveUp(right)) => self.settled(right, answer, effects),
            None => {}
        }
        id.0 < OWN_ASKS_FROM
    }

    fn settled(&mut self, right: Right, answer: &Answer, effects: &mut Effects) {
        match answer {
            Answer::Released | Answer::Granted { .. } | Answer::Held { .. } => {
                self.forget(right, effects);
            }
            Answer::Refused => match self.given_up.get_mut(&right) {
                // The heir can't have it: then whoever asks next may.
                Some((_, to @ Some(_))) => {
                    *to = None;
                    effects.emit(Effect::GiveUpRight { right, to: None });
                }
                Some((_, None)) | None => self.forget(right, effects),
            },
            // No answer came in time: it is asked again.
            Answer::NotReachable { .. } => {}
            Answer::Found(_)
            | Answer::NotFound { .. }
            | Answer::Kept
            | Answer::NotYet
            | Answer::NotUnderstood
            | Answer::Unknown => self.stuck = true,
        }
    }

    fn forget(&mut self, right: Right, effects: &mut Effects) {
        if self.given_up.remove(&right).is_some() {
            effects.emit(Effect::ForgetRights(vec![right]));
        }
    }

    /// The server asks the till to yield.
    pub(super) fn asked(&mut self, id: AskId, question: &Question) {
        if let Question::YieldRight { right, .. } = question {
            self.yielding.insert(id, *right);
        }
    }

    /// The till's answer to the server. What it released is given up in its file.
    pub(super) fn told(&mut self, id: AskId, answer: &Answer) {
        if let Some(right) = self.yielding.remove(&id)
            && *answer == Answer::Released
            && let Some(since) = self.held.remove(&right)
        {
            self.given_up.insert(right, (since, None));
        }
    }

    /// What the server is to be told next, one at a time, while nothing about a right given up is on its way.
    pub(super) fn owed(&mut self) -> Option<(AskId, Question)> {
        let under_way = |asking: &Asking| matches!(asking, Asking::GiveUp(_));
        if self.stuck || self.asking.values().any(under_way) {
            return None;
        }
        let (right, (_, to)) = self.given_up.iter().next()?;
        let right = *right;
        let question = match *to {
            Some(to) => Question::GrantRight { right, to },
            None => Question::ReleaseRight { right },
        };
        let id = AskId(OWN_ASKS_FROM + self.asked);
        self.asked += 1;
        Some((id, question))
    }

    /// The connection is gone.
    pub(super) fn stop(&mut self) {
        self.asking.clear();
        self.yielding.clear();
        self.stuck = false;
    }
}
