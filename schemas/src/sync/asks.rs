//! Questions in both directions; the same at both ends.

use std::collections::BTreeMap;

use crate::{
    time::Timestamp,
    wire::{
        Answer, Ask, AskAnswer, AskId, Message, OrderFound, Question,
        limits::{ASK_TIMEOUT_MS, ASKS_MAX, FOUND_CHANGES_MAX},
    },
};

/// After how many milliseconds a question that is still being answered may make room for another: its asker gives up
/// after [`ASK_TIMEOUT_MS`], counted from before it was on its way, and then asks the next.
const GIVEN_UP_MS: i64 = ASK_TIMEOUT_MS / 2;

/// The questions of one connection.
#[derive(Debug, Default)]
pub(super) struct Asks {
    /// Ours that wait for an answer, and until when.
    waiting: BTreeMap<AskId, Timestamp>,
    /// The other end's that wait for ours, and when they arrived.
    answering: BTreeMap<AskId, Timestamp>,
}

/// What to do with a question that arrived.
#[derive(Debug)]
pub(super) enum Arrived {
    /// Hand it to the driver.
    Pass(Ask),
    /// Answer it at once.
    Reply(Message),
    /// The other end asks more than it may.
    TooMany,
}

impl Asks {
    /// Takes up a question of ours; `None` where it can't be asked now.
    pub(super) fn ask(&mut self, id: AskId, question: Question, now: Timestamp) -> Option<Message> {
        if self.waiting.len() >= ASKS_MAX || self.waiting.contains_key(&id) {
            return None;
        }
        self.waiting
            .insert(id, now.plus_milliseconds(ASK_TIMEOUT_MS));
        Some(Ask { id, question }.into())
    }

    /// Whether this answer is still waited for.
    pub(super) fn settle(&mut self, id: AskId) -> bool {
        self.waiting.remove(&id).is_some()
    }

    /// The questions of which the time is over.
    pub(super) fn expire(&mut self, now: Timestamp) -> Vec<AskId> {
        let expired: Vec<AskId> = self
            .waiting
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(id, _)| *id)
            .collect();
        for id in &expired {
            self.waiting.remove(id);
        }
        expired
    }

    /// When the next question's time is over.
    pub(super) fn next_wake(&self) -> Option<Timestamp> {
        self.waiting.values().min().copied()
    }

    /// The connection is gone: no question of the other end will be answered, and these of ours will not be.
    pub(super) fn clear(&mut self) -> Vec<AskId> {
        self.answering.clear();
        std::mem::take(&mut self.waiting).into_keys().collect()
    }

    /// A question of the other end.
    pub(super) fn arrived(&mut self, ask: Ask, now: Timestamp) -> Arrived {
        if self.answering.len() >= ASKS_MAX {
            self.answering
                .retain(|_, arrived| now.milliseconds_since(*arrived) < GIVEN_UP_MS);
        }
        if self.answering.len() >= ASKS_MAX || self.answering.contains_key(&ask.id) {
            return Arrived::TooMany;
        }
        if ask.question == Question::Unknown {
            return Arrived::Reply(answer_message(ask.id, Answer::NotUnderstood));
        }
        self.answering.insert(ask.id, now);
        Arrived::Pass(ask)
    }

    /// Our answer; `None` where the question is no longer open.
    pub(super) fn answer(&mut self, id: AskId, answer: Answer) -> Option<Message> {
        self.answering
            .remove(&id)
            .map(|_| answer_message(id, answer))
    }
}

fn answer_message(id: AskId, answer: Answer) -> Message {
    let answer = match answer {
        Answer::Found(found) if found.entries.len() <= FOUND_CHANGES_MAX => {
            return OrderFound { id, found }.into();
        }
        Answer::Found(_) => Answer::Refused,
        Answer::NotReachable { .. } | Answer::Unknown => Answer::NotUnderstood,
        answer @ (Answer::NotFound { .. }
        | Answer::Granted { .. }
        | Answer::Held { .. }
        | Answer::Released
        | Answer::Kept
        | Answer::NotYet
        | Answer::Refused
        | Answer::NotUnderstood) => answer,
    };
    AskAnswer { id, answer }.into()
}
