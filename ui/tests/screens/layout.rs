//! Every button of every screen, in every language and size: large enough, named, not cut, and on the screen. And the
//! contrast of every colour.

use holdfast_schemas::store_settings::Language;
use holdfast_till::{Theme, key::KeyName, words::Word};
use slint::{Color, ComponentHandle};

use super::support::Till;

/// The least width and height of what is touched, in pixels of the screen's own scale.
const TOUCH_MIN: f32 = 48.0;

/// Checks what can be pressed now.
fn check(till: &Till, what: &str, (width, height): (f32, f32)) {
    let buttons = till.buttons();
    assert!(!buttons.is_empty(), "{what}: nothing can be pressed");
    for button in &buttons {
        let name = &button.label;
        assert!(!name.is_empty(), "{what}: a button has no name");
        assert!(
            button.width >= TOUCH_MIN - 0.1 && button.height >= TOUCH_MIN - 0.1,
            "{what}: {name:?} is {} × {}",
            button.width,
            button.height
        );
        assert!(
            button.left >= 0.0
                && button.top >= 0.0
                && button.left + button.width <= width + 0.5
                && button.top + button.height <= height + 0.5,
            "{what}: {name:?} is not on the screen"
        );
    }
    let view = till.view();
    let mut taken = Vec::new();
    for key in view.pressable().filter(|key| key.enabled) {
        if let Some(name) = key.key {
            let twice = taken.iter().any(|other: &KeyName| other.is(name));
            assert!(!twice, "{what}: {name} presses two buttons");
            taken.push(name);
        }
    }
    // A label is as high as its lines need, and lies within its button.
    let labels = till.elements("Key::label");
    for label in labels {
        let text = label.accessible_label().unwrap_or_default();
        let (size, at) = (label.size(), label.absolute_position());
        let within = buttons.iter().any(|button| {
            at.x >= button.left - 0.5
                && at.y >= button.top - 0.5
                && at.x + size.width <= button.left + button.width + 0.5
                && at.y + size.height <= button.top + button.height + 0.5
        });
        assert!(
            within,
            "{what}: the label {text:?} at {at:?} with {size:?} is cut"
        );
    }
}

fn walk(language: Language, size: (f32, f32)) {
    let mut till = Till::start(size.0, size.1);
    let step = |till: &mut Till, keys: &[&str], what: &str| {
        for key in keys {
            till.key(key);
        }
        till.app.with_state(|state| state.language = language);
        check(
            till,
            &format!("{what}, {}, {size:?}", language.code()),
            size,
        );
    };
    step(&mut till, &[], "sign-on");
    till.sign_on("F3", "8462");
    step(&mut till, &["1"], "open till");
    step(&mut till, &["Enter"], "empty sale");
    step(&mut till, &["e", "q"], "sale");
    step(&mut till, &["PgDn"], "next page of quick keys");
    step(&mut till, &["F4", "5"], "discount");
    step(&mut till, &["Enter"], "reason");
    step(&mut till, &["1", "F2"], "search");
    step(&mut till, &["Esc", "F12"], "tender");
    step(&mut till, &["F2"], "change");
    step(&mut till, &["F2"], "receipt");
    step(&mut till, &["Esc", "F10"], "menu");
    step(&mut till, &["9"], "X report");
    step(&mut till, &["Esc", "5"], "paid in");
    step(&mut till, &["Esc", "s"], "headquarters");
    step(&mut till, &["Esc", "2"], "price check");
    step(&mut till, &["Esc", "z"], "count");
    step(&mut till, &["Esc", "Esc", "F7"], "receipt to find");
    step(&mut till, &["F8"], "return without receipt");
    step(&mut till, &["F11"], "locked");
}

macro_rules! sizes {
    ($($name:ident: $language:ident, $width:literal, $height:literal;)+) => {
        $(#[test]
        fn $name() {
            walk(Language::$language, ($width, $height));
        })+
    };
}

sizes! {
    buttons_in_english_on_a_small_screen: En, 1024.0, 768.0;
    buttons_in_english: En, 1366.0, 768.0;
    buttons_in_english_on_a_large_screen: En, 1920.0, 1080.0;
    buttons_in_german_on_a_small_screen: De, 1024.0, 768.0;
    buttons_in_german: De, 1366.0, 768.0;
    buttons_in_german_on_a_large_screen: De, 1920.0, 1080.0;
    buttons_in_spanish_on_a_small_screen: Es, 1024.0, 768.0;
    buttons_in_spanish: Es, 1366.0, 768.0;
    buttons_in_spanish_on_a_large_screen: Es, 1920.0, 1080.0;
}

#[test]
fn every_word_is_there_in_every_language() {
    for word in Word::ALL {
        for language in Language::ALL {
            assert!(!word.text(language).trim().is_empty(), "{word:?}");
        }
    }
}

/// The contrast of two colours. Source: WCAG 2.2, relative luminance and contrast ratio.
fn contrast(one: Color, other: Color) -> f64 {
    let channel = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    let luminance = |colour: Color| {
        0.212_6 * channel(colour.red())
            + 0.715_2 * channel(colour.green())
            + 0.072_2 * channel(colour.blue())
    };
    let (light, dark) = (
        luminance(one).max(luminance(other)),
        luminance(one).min(luminance(other)),
    );
    (light + 0.05) / (dark + 0.05)
}

#[test]
fn every_text_has_a_contrast_of_seven_to_one() {
    let till = Till::start(1366.0, 768.0);
    for dark in [false, true] {
        till.app.with_state(|state| state.dark = dark);
        let theme = till.app.window().global::<Theme>();
        let (ink, muted) = (theme.get_ink(), theme.get_muted());
        let (surface, ground, sunken) =
            (theme.get_surface(), theme.get_ground(), theme.get_sunken());
        let pairs = [
            ("ink on ground", ink, ground),
            ("ink on surface", ink, surface),
            ("ink on sunken", ink, sunken),
            ("ink on a pressed key", ink, theme.get_line()),
            ("ground on ink", ground, ink),
            ("muted on ground", muted, ground),
            ("muted on surface", muted, surface),
            ("muted on sunken", muted, sunken),
            ("danger on surface", theme.get_danger(), surface),
            ("on accent", theme.get_on_accent(), theme.get_accent()),
            (
                "on pressed accent",
                theme.get_on_accent(),
                theme.get_accent_pressed(),
            ),
            ("on soft", theme.get_on_soft(), theme.get_soft()),
            ("on bad", theme.get_on_bad(), theme.get_bad()),
            (
                "on attention",
                theme.get_on_attention(),
                theme.get_attention(),
            ),
            ("on paper", theme.get_on_paper(), theme.get_paper()),
            ("muted on soft", muted, theme.get_soft()),
        ];
        let tints = (1..=7).map(|number| theme.invoke_tint(number));
        let on_tints = tints.flat_map(|tint| {
            [
                ("ink on a quick key", ink, tint),
                ("muted on a quick key", muted, tint),
            ]
        });
        for (name, text, below) in pairs.into_iter().chain(on_tints) {
            let found = contrast(text, below);
            assert!(found >= 7.0, "{name}, dark {dark}: {found:.2}");
        }
    }
}
