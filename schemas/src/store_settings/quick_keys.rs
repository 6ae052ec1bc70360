//! Quick keys: products that are rung up by a touch, in pages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Label;
use crate::identity::Sku;

/// The most pages of quick keys.
pub const QUICK_KEY_PAGES_MAX: usize = 24;
/// The most keys of a page.
pub const QUICK_KEYS_PER_PAGE_MAX: usize = 60;

/// In which colour a key is drawn; the theme says which shade that is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum KeyColour {
    /// Red.
    Red,
    /// Orange.
    Orange,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Violet.
    Violet,
    /// Grey.
    Grey,
}

/// A small picture on a key, so that it is found without reading; the theme draws it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum KeyPicture {
    /// A cup.
    Cup,
    /// A small cup.
    SmallCup,
    /// A glass with a straw.
    TallGlass,
    /// A jug.
    Jug,
    /// A croissant.
    Croissant,
    /// A loaf.
    Loaf,
    /// A baguette.
    Baguette,
    /// Something round with a hole.
    Ring,
    /// A muffin or scone.
    Muffin,
    /// A slice of cake.
    Slice,
    /// A cookie.
    Cookie,
    /// A tart or pie.
    Tart,
    /// An apple.
    Apple,
    /// A pear.
    Pear,
    /// A banana.
    Banana,
    /// An orange, lemon or lime.
    Citrus,
    /// Grapes or berries.
    Berries,
    /// A tomato.
    Tomato,
    /// A carrot.
    Carrot,
    /// An onion, potato or bulb.
    Onion,
    /// A mushroom.
    Mushroom,
    /// A leaf.
    Leaf,
    /// A bottle.
    Bottle,
    /// A can.
    Can,
    /// A glass of beer.
    Beer,
    /// A glass of wine.
    Wine,
    /// A bag.
    Bag,
    /// A card or paper.
    Card,
    /// A candle or match.
    Candle,
    /// A sweet.
    Sweet,
    /// A flower.
    Flower,
    /// Something for the house.
    House,
}

/// A key that rings a product up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuickKey {
    /// Which product.
    pub product: Sku,
    /// What it says; the product's text without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// Its colour; the theme's usual one without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<KeyColour>,
    /// Its picture; none without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<KeyPicture>,
}

/// A page of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuickKeyPage {
    /// What its tab says.
    pub label: Label,
    /// Its keys, row by row.
    #[schemars(length(max = 60))]
    pub keys: Vec<QuickKey>,
}

/// The quick keys of a store, in pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<QuickKeyPage>", into = "Vec<QuickKeyPage>")]
pub struct QuickKeys(#[schemars(length(max = 24))] Vec<QuickKeyPage>);

/// Why quick keys are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuickKeysError {
    /// More pages than a till can show.
    #[error("there are at most {QUICK_KEY_PAGES_MAX} pages of quick keys, not {0}")]
    Pages(usize),
    /// More keys than a page can show.
    #[error("a page has at most {QUICK_KEYS_PER_PAGE_MAX} quick keys, not {0}")]
    Keys(usize),
}

impl QuickKeys {
    /// Checks how many there are.
    ///
    /// # Errors
    /// [`QuickKeysError`].
    pub fn new(pages: impl IntoIterator<Item = QuickKeyPage>) -> Result<Self, QuickKeysError> {
        let pages: Vec<QuickKeyPage> = pages.into_iter().collect();
        if pages.len() > QUICK_KEY_PAGES_MAX {
            return Err(QuickKeysError::Pages(pages.len()));
        }
        let mut lengths = pages.iter().map(|page| page.keys.len());
        match lengths.find(|length| *length > QUICK_KEYS_PER_PAGE_MAX) {
            Some(length) => Err(QuickKeysError::Keys(length)),
            None => Ok(Self(pages)),
        }
    }

    /// The pages, in the order of their tabs.
    pub fn pages(&self) -> impl Iterator<Item = &QuickKeyPage> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<Vec<QuickKeyPage>> for QuickKeys {
    type Error = QuickKeysError;
    fn try_from(pages: Vec<QuickKeyPage>) -> Result<Self, QuickKeysError> {
        Self::new(pages)
    }
}

impl From<QuickKeys> for Vec<QuickKeyPage> {
    fn from(keys: QuickKeys) -> Self {
        keys.0
    }
}
