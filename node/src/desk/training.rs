//! Training: a throw-away file beside the till's own, so that nothing done in it can reach books, journal or server.

use holdfast_schemas::{
    reference::{ReferenceRecord, StoreSettings},
    staff::{TillAction, TillRequest},
    time::Timestamp,
};

use super::{
    DeskDone, DeskRefusal,
    state::{Acting, AtDesk},
};
use crate::{
    engine::Engine,
    random::Random,
    store::{Store, StoreError},
};

/// Opens training's file, made where it is not there, with the store's settings as they are.
pub(super) fn open(
    main: &Engine,
    random: &mut dyn Random,
    now: Timestamp,
) -> Result<Engine, StoreError> {
    let place = main.store().place().training();
    let mut store = Store::open(&place, now)?.store;
    store.claim(main.till())?;
    let mut engine = Engine::new(store, random)?;
    let settings: StoreSettings = main.store().settings(&main.till().store)?;
    engine.put_reference(ReferenceRecord::SettingsPut {
        store: main.till().store.clone(),
        settings: Box::new(settings),
    })?;
    Ok(engine)
}

impl AtDesk<'_> {
    /// Turns training on or off. Off throws its file away.
    pub(super) fn set_training(
        &mut self,
        acting: &Acting<'_>,
        on: bool,
    ) -> Result<DeskDone, DeskRefusal> {
        self.allowed(acting, TillRequest::new(TillAction::Train))?;
        self.refuse_open_basket()?;
        if on == self.desk.is_training() {
            return Ok(DeskDone::Done);
        }
        let place = self.main.store().place().training();
        self.clear_basket()?;
        if on {
            // What a training of before left behind where the power went while it was thrown away.
            place.remove()?;
            let training = open(self.main, self.random, self.now)?;
            self.write_training(true)?;
            self.use_training(Some(training))?;
        } else {
            self.write_training(false)?;
            self.use_training(None)?;
            place.remove()?;
        }
        Ok(DeskDone::Done)
    }
}
