//! Pictures of every screen, into `target/screens`: what `make screenshots` draws, and what somebody looks at.

use std::path::PathBuf;

use holdfast_schemas::store_settings::Language;
use holdfast_till::{
    action::Action,
    key::KeyName,
    welcome::{self, Welcome, WelcomeEvent},
};

use super::support::{Till, code};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../screens")
}

/// A sale with a bit of everything.
fn rung_up(till: &mut Till) {
    for name in [
        "Sourdough loaf",
        "Flat white",
        "Butter croissant",
        "Flat white",
        "Enamel mug",
    ] {
        till.scan(&code(name));
    }
}

/// Walks through the till, and draws each screen.
fn walk(language: Language, dark: bool, (width, height): (f32, f32)) {
    let mut till = Till::start(width, height);
    let theme = if dark { "dark" } else { "light" };
    let name = format!("{}-{theme}-{width}x{height}", language.code());
    let folder = folder().join(name);
    let set = |till: &Till| {
        till.app.with_state(|state| {
            state.language = language;
            state.dark = dark;
        });
    };
    let draw_as_is = |till: &Till, name: &str| till.picture(&folder.join(format!("{name}.png")));
    let draw = |till: &Till, name: &str| {
        set(till);
        till.picture(&folder.join(format!("{name}.png")));
    };
    draw(&till, "01-sign-on");
    let mut welcome = Welcome::new(language);
    till.show(&welcome::view(&welcome));
    draw_as_is(&till, "00-first-start");
    welcome::update(&mut welcome, WelcomeEvent::Pressed(Action::Answer(false)));
    for letter in "hq.example:7443".chars() {
        let typed = KeyName::Character(letter);
        welcome::update(&mut welcome, WelcomeEvent::Typed(typed));
    }
    till.show(&welcome::view(&welcome));
    draw_as_is(&till, "00-enrol");
    till.show(&till.view());
    till.sign_on("F3", "8462");
    for digit in ["1", "0"] {
        till.key(digit);
    }
    draw(&till, "02-open-till");
    till.key("Enter");
    draw(&till, "03-sale-empty");
    rung_up(&mut till);
    draw(&till, "04-sale");
    till.scan("4006381333931");
    draw(&till, "05-unknown-code");
    till.key("F4");
    till.key("1");
    till.key("0");
    draw(&till, "06-discount");
    till.key("Enter");
    draw(&till, "07-reason");
    till.key("1");
    till.key("F2");
    for letter in ["c", "h", "e"] {
        till.key(letter);
    }
    draw(&till, "08-search");
    till.key("Esc");
    till.scan(&code("Pale ale 500 ml"));
    draw(&till, "09-age");
    till.key("Enter");
    till.key("F12");
    draw(&till, "10-tender");
    till.key("F3");
    draw(&till, "11-change");
    till.key("F2");
    draw(&till, "12-receipt");
    till.key("Esc");
    rung_up(&mut till);
    till.key("F5");
    till.key("F6");
    draw(&till, "13-recall");
    till.key("Esc");
    till.key("F10");
    draw(&till, "14-menu");
    till.key("9");
    draw(&till, "15-x-report");
    till.key("Esc");
    till.key("F10");
    till.key("6");
    for digit in ["1", "2", "5", "0"] {
        till.key(digit);
    }
    draw(&till, "16-paid-out");
    till.key("Esc");
    till.key("s");
    draw(&till, "17-headquarters");
    till.key("Esc");
    till.key("1");
    draw(&till, "18-receipts");
    till.key("Esc");
    till.key("2");
    till.scan(&code("Flat white"));
    draw(&till, "19-price-check");
    till.key("Esc");
    till.key("j");
    draw(&till, "20-journal");
    till.key("Esc");
    till.key("z");
    draw(&till, "21-count");
    till.key("Esc");
    till.key("Esc");
    till.key("F7");
    draw(&till, "23-find-receipt");
    till.key("F8");
    till.scan(&code("Enamel mug"));
    till.scan(&code("Bagel"));
    draw(&till, "24-blind-return");
    till.key("Esc");
    till.key("F10");
    till.key("t");
    draw(&till, "25-training");
    till.key("F10");
    till.key("t");
    till.key("F11");
    draw(&till, "22-locked");
}

macro_rules! walks {
    ($($name:ident: $language:ident, $dark:literal, $width:literal, $height:literal;)+) => {
        $(#[test]
        fn $name() {
            walk(Language::$language, $dark, ($width, $height));
        })+
    };
}

walks! {
    every_screen_is_drawn_in_english: En, false, 1366.0, 768.0;
    every_screen_is_drawn_in_english_in_the_dark: En, true, 1366.0, 768.0;
    every_screen_is_drawn_in_german: De, false, 1366.0, 768.0;
    every_screen_is_drawn_in_german_in_the_dark: De, true, 1366.0, 768.0;
    every_screen_is_drawn_in_spanish: Es, false, 1366.0, 768.0;
    every_screen_is_drawn_in_spanish_in_the_dark: Es, true, 1366.0, 768.0;
    every_screen_is_drawn_in_german_on_a_small_screen: De, false, 1024.0, 768.0;
    every_screen_is_drawn_in_spanish_on_a_dark_large_screen: Es, true, 1920.0, 1080.0;
}
