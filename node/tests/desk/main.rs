//! The till's desk on real files, with a printer and a terminal on real sockets.

mod day;
mod shop;
mod staff;
mod suspend;
