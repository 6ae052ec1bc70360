//! The store's clocks.

use holdfast_schemas::{
    identity::TimeZoneName,
    receipt::LocalTime,
    time::{BusinessDate, Timestamp},
};
use jiff::tz::TimeZone;

/// A moment by the store's clocks; by Greenwich's, where its time zone is not known.
pub(super) fn local_time(at: Timestamp, zone: &TimeZoneName) -> LocalTime {
    let zone = TimeZone::get(zone.as_str()).unwrap_or(TimeZone::UTC);
    let moment = jiff::Timestamp::from_millisecond(at.milliseconds()).unwrap_or_default();
    let local = moment.to_zoned(zone).datetime();
    let part = |number: i8| u8::try_from(number).unwrap_or(0);
    let year = u16::try_from(local.year()).unwrap_or(1);
    LocalTime {
        date: BusinessDate::new(year, part(local.month()), part(local.day()))
            .unwrap_or_else(|_| first_day()),
        hour: part(local.hour()),
        minute: part(local.minute()),
    }
}

fn first_day() -> BusinessDate {
    BusinessDate::new(1970, 1, 1).expect("a day of the calendar")
}
