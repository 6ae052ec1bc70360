//! A till's engine on real files.

mod cost;
mod damage;
mod file;
mod handle;
mod import;
mod model;
mod rebuild;
mod reference;
mod support;
mod sync;
mod trading;
mod unsent;
