//! A few screens, compared with the pictures in `ui/pictures`, which the README shows. With `HOLDFAST_PICTURES=write` in the
//! environment they are drawn anew.

use std::path::{Path, PathBuf};

use holdfast_schemas::store_settings::Language;

use super::support::{Pixels, Till};

/// How far a channel of a pixel may be from what it was: rounding differs between processors.
const CHANNEL_MAX: u8 = 24;
/// How many of a thousand pixels may be further away.
const PIXELS_PER_THOUSAND_MAX: usize = 1;

fn compare(till: &Till, name: &str) {
    let drawn = till.pixels();
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("pictures")
        .join(format!("{name}.png"));
    if std::env::var_os("HOLDFAST_PICTURES").is_some_and(|wish| wish == "write") {
        drawn.write(&path);
    }
    let golden = Pixels::read(&path);
    assert_eq!(
        (drawn.width, drawn.height),
        (golden.width, golden.height),
        "{name} has another size"
    );
    let pairs = drawn.rgba.chunks_exact(4).zip(golden.rgba.chunks_exact(4));
    let others = pairs
        .filter(|(one, other)| {
            let mut channels = one.iter().zip(*other);
            channels.any(|(one, other)| one.abs_diff(*other) > CHANNEL_MAX)
        })
        .count();
    let all = drawn.rgba.len() / 4;
    if others * 1_000 > all * PIXELS_PER_THOUSAND_MAX {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../screens/changed");
        let seen = folder.join(format!("{name}.png"));
        drawn.write(&seen);
        panic!(
            "{others} of {all} pixels of {name} are others; it is in {}. If it is right, draw the pictures anew: \
             HOLDFAST_PICTURES=write cargo nextest run -p holdfast-till golden",
            seen.display()
        );
    }
}

fn look(till: &Till, language: Language, dark: bool) {
    till.app.with_state(|state| {
        state.language = language;
        state.dark = dark;
    });
}

fn sold(till: &mut Till) {
    for name in [
        "Sourdough loaf",
        "Flat white",
        "Butter croissant",
        "Flat white",
        "Enamel mug",
    ] {
        let code = super::support::code(name);
        till.scan(&code);
    }
}

#[test]
fn the_sale_and_the_way_to_the_change_look_as_they_did() {
    let mut till = Till::start(1366.0, 768.0);
    look(&till, Language::En, false);
    compare(&till, "sign-on");
    till.sign_on("F1", "2580");
    till.key("1");
    till.key("0");
    till.key("Enter");
    sold(&mut till);
    compare(&till, "sale");
    look(&till, Language::De, true);
    till.key("PgDn");
    compare(&till, "sale-german-dark");
    look(&till, Language::Es, false);
    till.key("F12");
    compare(&till, "tender-spanish");
    look(&till, Language::En, false);
    till.key("F2");
    compare(&till, "change");
}
