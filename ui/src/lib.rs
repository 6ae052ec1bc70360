//! The till for cashiers: a Slint interface over the `holdfast-node` library, in one process.
//!
//! [`update::update`] is a pure function from a state and an event to the next state and what is to be done;
//! [`view::view`] says what is drawn of a state; [`adapter`] gives it to Slint; [`seam`] speaks to the node. What is durable
//! is the desk's, in the node: a state here is only what is on the screen.
#![warn(missing_docs)]

pub mod action;
pub mod adapter;
pub mod app;
pub mod demo;
pub mod event;
pub mod key;
pub mod seam;
mod slint_ui;
pub mod state;
pub mod update;
pub mod view;
pub mod welcome;
pub mod welcome_window;
pub mod words;

pub use slint_ui::{CustomerWindow, Theme, TillWindow};
