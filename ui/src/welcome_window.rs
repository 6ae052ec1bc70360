//! The window of the first start.

use std::{cell::RefCell, rc::Rc};

use holdfast_node::enrol::EnrolError;
use holdfast_schemas::store_settings::Language;
use slint::{ComponentHandle, PlatformError};
use tokio::sync::oneshot;

use crate::{
    adapter::Adapter,
    key::KeyName,
    slint_ui,
    welcome::{self, Welcome, WelcomeEffect, WelcomeEvent},
};

/// What somebody chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// To try the demo shop.
    Demo,
    /// The till is enrolled now.
    Enrolled,
    /// To go away.
    Leave,
}

/// Asks a server to let this till in; the answer comes later, so that the window goes on.
pub type Enroller = Box<dyn Fn(WelcomeEffect) -> oneshot::Receiver<Result<(), EnrolError>>>;

struct Shown {
    window: slint_ui::TillWindow,
    adapter: RefCell<Adapter>,
    welcome: RefCell<Welcome>,
    choice: RefCell<Choice>,
    enroller: Enroller,
}

/// Asks, in a window of its own, until somebody chose.
///
/// # Errors
/// Slint's, where there is no window to be had.
pub fn ask(language: Language, enroller: Enroller) -> Result<Choice, PlatformError> {
    let window = slint_ui::TillWindow::new()?;
    let shown = Rc::new(Shown {
        adapter: RefCell::new(Adapter::new(&window, None)),
        window,
        welcome: RefCell::new(Welcome::new(language)),
        choice: RefCell::new(Choice::Leave),
        enroller,
    });
    shown.draw();
    let callbacks = shown.window.global::<slint_ui::Act>();
    let weak = Rc::downgrade(&shown);
    callbacks.on_press(move |id| {
        if let Some(shown) = weak.upgrade() {
            let drawn = welcome::view(&shown.welcome.borrow());
            if let Some(action) = drawn.pressed(&id) {
                shown.happened(WelcomeEvent::Pressed(action.clone()));
            }
        }
    });
    let weak = Rc::downgrade(&shown);
    callbacks.on_type(move |text, with_control| {
        let name = KeyName::from_slint(&text).filter(|_| !with_control);
        if let (Some(shown), Some(name)) = (weak.upgrade(), name) {
            shown.happened(WelcomeEvent::Typed(name));
        }
    });
    shown.window.run()?;
    let choice = *shown.choice.borrow();
    Ok(choice)
}

impl Shown {
    fn draw(&self) {
        let view = welcome::view(&self.welcome.borrow());
        self.adapter
            .borrow_mut()
            .draw(&self.window, None, view, false);
    }

    fn happened(self: &Rc<Self>, event: WelcomeEvent) {
        let effect = welcome::update(&mut self.welcome.borrow_mut(), event);
        self.draw();
        match effect {
            None => {}
            Some(WelcomeEffect::Leave) => self.end(Choice::Leave),
            Some(WelcomeEffect::Demo) => self.end(Choice::Demo),
            Some(effect @ WelcomeEffect::Enrol { .. }) => {
                let answer = (self.enroller)(effect);
                let shown = Rc::clone(self);
                let listening = slint::spawn_local(async move {
                    match answer.await {
                        Ok(Ok(())) => shown.end(Choice::Enrolled),
                        Ok(Err(error)) => shown.happened(WelcomeEvent::Refused(error)),
                        Err(_) => shown.end(Choice::Leave),
                    }
                });
                if listening.is_err() {
                    self.end(Choice::Leave);
                }
            }
        }
    }

    fn end(&self, choice: Choice) {
        *self.choice.borrow_mut() = choice;
        // The window's own loop ends with it.
        if self.window.hide().is_err() {
            drop(slint::quit_event_loop());
        }
    }
}
