//! The till application. Its screens are not drawn yet; see the README of this folder.
#![forbid(unsafe_code)]
