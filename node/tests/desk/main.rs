//! The till's desk on real files, with a printer and a terminal on real sockets.

mod day;
mod exchange;
mod limits;
mod shop;
mod staff;
mod store_day;
mod suspend;
