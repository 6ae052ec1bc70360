//! The queue of what a session wants done.

use std::collections::VecDeque;

use super::Effect;
use crate::wire::Message;

#[derive(Debug, Default)]
pub(super) struct Effects(VecDeque<Effect>);

impl Effects {
    pub(super) fn emit(&mut self, effect: Effect) {
        self.0.push_back(effect);
    }

    pub(super) fn send(&mut self, message: impl Into<Message>) {
        self.emit(Effect::Send(message.into()));
    }

    pub(super) fn poll(&mut self) -> Option<Effect> {
        self.0.pop_front()
    }
}
