//! What Slint's compiler makes of `ui/till.slint`.
#![expect(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::restriction,
    reason = "generated code"
)]

slint::include_modules!();
