//! The server over real changes: what tills decide and write goes in, and rows, reactions and quarantine come out.

mod dump;
mod frames;
mod give_back;
mod hostile_handshakes;
mod hostile_lines;
mod hostile_logs;
mod hostile_network;
mod in_place;
mod late_rights;
mod line;
mod made_file;
mod reactions;
mod rows;
mod shop;
