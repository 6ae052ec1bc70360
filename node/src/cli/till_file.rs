//! The till's file, opened as a command needs it.

use crate::{
    clock::{Clock, SystemClock},
    engine::Engine,
    enrol::IdentityFolder,
    node::{self, store_place},
    random::SystemRandom,
    settings::Settings,
    store::{Store, TillIdentity},
};

use super::error::CommandError;

/// Opens the till's file to read it, beside a till that runs.
pub(super) fn open_to_read(settings: &Settings) -> Result<Store, CommandError> {
    let data_dir = &settings.data_dir.value;
    let place = store_place(data_dir);
    if !place.path().exists() {
        IdentityFolder::within(data_dir).enrolment()?;
        return Err(CommandError::NoFileYet {
            path: place.path().to_owned(),
        });
    }
    Ok(Store::open_to_read(&place)?)
}

/// Opens the till's file to write it. Refused while the till runs; a damaged file is set aside.
pub(super) fn open_engine(settings: &Settings) -> Result<Engine, CommandError> {
    let data_dir = &settings.data_dir.value;
    let enrolment = IdentityFolder::within(data_dir).enrolment()?;
    let till = TillIdentity::from(&enrolment.enrolled);
    Ok(node::open_engine(
        &store_place(data_dir),
        &till,
        SystemClock.now(),
        &mut SystemRandom,
    )?)
}
