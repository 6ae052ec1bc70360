//! The till's window, its state and the seam to the node, put together.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use holdfast_schemas::time::Timestamp;
use slint::{ComponentHandle, PlatformError, Timer, TimerMode};

use crate::{
    adapter::Adapter,
    event::{Effect, Event},
    key::KeyName,
    slint_ui,
    state::State,
    update::update,
    view,
};

/// Reads the clock.
pub type Now = Rc<dyn Fn() -> Timestamp>;

/// How long nobody touches a till before it locks itself, in milliseconds.
pub const IDLE_MS_MAX: i64 = 10 * 60 * 1_000;

/// Takes what the screens want done.
pub type Sink = Box<dyn FnMut(Effect)>;

/// A till's screens.
#[derive(Clone)]
pub struct App(Rc<Inner>);

struct Inner {
    window: slint_ui::TillWindow,
    customer: Option<slint_ui::CustomerWindow>,
    state: RefCell<State>,
    adapter: RefCell<Adapter>,
    sink: RefCell<Sink>,
    now: Now,
    touched: Cell<Timestamp>,
    /// Runs when the decoder has held keys for as long as it may.
    quiet: Timer,
}

impl App {
    /// Makes the windows and draws the state.
    ///
    /// # Errors
    /// Slint's, where there is no window to be had.
    pub fn new(
        state: State,
        now: Now,
        sink: Sink,
        with_customer: bool,
    ) -> Result<Self, PlatformError> {
        let window = slint_ui::TillWindow::new()?;
        let customer = with_customer
            .then(slint_ui::CustomerWindow::new)
            .transpose()?;
        let adapter = Adapter::new(&window, customer.as_ref());
        let app = Self(Rc::new(Inner {
            window,
            customer,
            state: RefCell::new(state),
            adapter: RefCell::new(adapter),
            sink: RefCell::new(sink),
            touched: Cell::new(now()),
            now,
            quiet: Timer::default(),
        }));
        app.connect();
        app.draw();
        Ok(app)
    }

    /// The cashier's window.
    #[must_use]
    pub fn window(&self) -> &slint_ui::TillWindow {
        &self.0.window
    }

    /// The customer's window.
    #[must_use]
    pub fn customer(&self) -> Option<&slint_ui::CustomerWindow> {
        self.0.customer.as_ref()
    }

    /// What is drawn now.
    #[must_use]
    pub fn view(&self) -> view::View {
        view::view(&self.0.state.borrow())
    }

    /// Looks at the state, or changes it for a picture.
    pub fn with_state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        let looked = look(&mut self.0.state.borrow_mut());
        self.draw();
        looked
    }

    /// Shows something else than the state, until it changes: for pictures.
    pub fn show(&self, view: view::View) {
        let dark = self.0.state.borrow().dark;
        let mut adapter = self.0.adapter.borrow_mut();
        adapter.draw(&self.0.window, self.0.customer.as_ref(), view, dark);
    }

    /// Locks the till where nobody touched it for long.
    pub fn lock_if_idle(&self, now: Timestamp) {
        if now.milliseconds_since(self.0.touched.get()) > IDLE_MS_MAX {
            self.0.touched.set(now);
            self.happened(Event::Idle);
        }
    }

    /// Something happened.
    pub fn happened(&self, event: Event) {
        if matches!(event, Event::Key(..) | Event::Pressed(_)) {
            self.0.touched.set((self.0.now)());
        }
        let effects = update(&mut self.0.state.borrow_mut(), event);
        for effect in effects {
            (self.0.sink.borrow_mut())(effect);
        }
        self.draw();
        self.watch_decoder();
    }

    fn connect(&self) {
        let act = self.0.window.global::<slint_ui::Act>();
        let weak = Rc::downgrade(&self.0);
        act.on_press(move |id| {
            if let Some(inner) = weak.upgrade() {
                let app = Self(inner);
                let drawn = app.view();
                if let Some(action) = drawn.pressed(&id) {
                    app.happened(Event::Pressed(action.clone()));
                }
            }
        });
        let weak = Rc::downgrade(&self.0);
        act.on_type(move |text, with_control| {
            let name = KeyName::from_slint(&text).filter(|_| !with_control);
            if let (Some(inner), Some(name)) = (weak.upgrade(), name) {
                let app = Self(inner);
                let now = (app.0.now)();
                app.happened(Event::Key(name, now));
            }
        });
    }

    fn draw(&self) {
        let (drawn, dark) = {
            let state = self.0.state.borrow();
            (view::view(&state), state.dark)
        };
        let mut adapter = self.0.adapter.borrow_mut();
        adapter.draw(&self.0.window, self.0.customer.as_ref(), drawn, dark);
    }

    /// Keys that the decoder holds are typing if nothing follows in time.
    fn watch_decoder(&self) {
        let deadline = self.0.state.borrow().wedge.deadline();
        let Some(deadline) = deadline else {
            self.0.quiet.stop();
            return;
        };
        let wait = deadline.milliseconds_since((self.0.now)()).max(1);
        let wait = Duration::from_millis(u64::try_from(wait).unwrap_or(1));
        let weak = Rc::downgrade(&self.0);
        self.0.quiet.start(TimerMode::SingleShot, wait, move || {
            if let Some(inner) = weak.upgrade() {
                let app = Self(inner);
                let now = (app.0.now)();
                app.happened(Event::Quiet(now));
            }
        });
    }
}
