//! Words as people type them: without case and accents, in any script.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The words of a text, as a search compares them: compatible forms of a letter are one, accents of Latin, Greek and Cyrillic
/// letters do not matter, and neither does case. What is no letter, digit or mark on one is between words. Vowel signs of
/// scripts that write them as marks are part of their words.
#[must_use]
pub fn search_words(text: &str) -> Vec<String> {
    let letters = text.nfkd().filter(|letter| !is_accent(*letter));
    let folded: String = letters.flat_map(char::to_lowercase).collect();
    // Lower case may bring a mark of its own, as that of the Turkish dotted I does.
    let folded: String = folded
        .chars()
        .filter(|letter| !is_accent(*letter))
        .collect();
    let words =
        folded.split(|letter: char| !letter.is_alphanumeric() && !is_combining_mark(letter));
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// The combining diacritical marks: those of other scripts are letters in all but name.
fn is_accent(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_however_they_are_typed() {
        for (text, words) in [
            ("Crème brûlée", &["creme", "brulee"][..]),
            ("CRE\u{300}ME", &["creme"]),
            ("İstanbul", &["istanbul"]),
            ("ﬁne ４２", &["fine", "42"]),
            ("हिंदी चाय", &["हिंदी", "चाय"]),
            ("กาแฟ ดำ", &["กาแฟ", "ด\u{e4d}า"]),
            ("Ⓐ-1/2", &["a", "1", "2"]),
            ("抹茶 アイス", &["抹茶", "アイス"]),
            ("\"; DROP", &["drop"]),
            (" — ", &[]),
        ] {
            assert_eq!(search_words(text), words, "{text}");
        }
    }
}
