//! The desk with a printer and a card terminal on real sockets, and a till that is killed while it trades.

mod card;
mod counter;
mod kills;
mod printing;
