//! The screens as a cashier has them: the real windows, drawn without a display, over a real node with its file on disk.
#![expect(
    clippy::float_arithmetic,
    reason = "screens are measured in fractions of pixels, and contrasts are ratios"
)]

mod flows;
mod golden;
mod layout;
mod pictures;
mod support;
