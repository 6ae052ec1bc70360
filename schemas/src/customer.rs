//! Customers: records that can be erased. Documents name a customer by [`CustomerId`], and what is known of them is here.

use std::{collections::BTreeSet, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{identity::CustomerId, search::search_words, staff::PersonName};

/// An e-mail address or a telephone number, as somebody said it: 1 to 128 bytes without control characters. Personal
/// data: it is in records that can be erased, and never in an operation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct ContactText(#[schemars(length(min = 1, max = 128))] Box<str>);

/// Why a text is no contact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a contact has 1 to {} bytes and no control characters",
    ContactText::BYTES_MAX
)]
pub struct ContactTextError;

impl ContactText {
    /// The most bytes that it may have.
    pub const BYTES_MAX: usize = 128;

    /// Checks length and characters.
    ///
    /// # Errors
    /// [`ContactTextError`].
    pub fn new(text: &str) -> Result<Self, ContactTextError> {
        let text = text.trim();
        if (1..=Self::BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control) {
            Ok(Self(text.into()))
        } else {
            Err(ContactTextError)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ContactText {
    /// Without the text, so that it is in no log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ContactText(…)")
    }
}

impl TryFrom<String> for ContactText {
    type Error = ContactTextError;
    fn try_from(text: String) -> Result<Self, ContactTextError> {
        Self::new(&text)
    }
}

impl From<ContactText> for String {
    fn from(text: ContactText) -> Self {
        text.0.into()
    }
}

/// What is known of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Customer {
    /// The number by which documents know them.
    pub customer: CustomerId,
    /// What they are called.
    pub called: PersonName,
    /// Their e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<ContactText>,
    /// Their telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<ContactText>,
}

impl Customer {
    /// The words by which they are found: of their name, number and e-mail address, and the digits of their telephone
    /// number as one word.
    #[must_use]
    pub fn words(&self) -> BTreeSet<String> {
        let mut words = search_words(self.called.as_str());
        words.extend(search_words(self.customer.as_str()));
        let email = self.email.as_ref().map(ContactText::as_str);
        words.extend(search_words(email.unwrap_or_default()));
        let phone = self.phone.as_ref().map(ContactText::as_str);
        let digits = phone.unwrap_or_default().chars();
        let digits: String = digits.filter(char::is_ascii_digit).collect();
        words.push(digits);
        words.into_iter().filter(|word| !word.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_found_by_name_number_mail_and_telephone_and_printed_by_none() {
        let customer = Customer {
            customer: CustomerId::new("12-7KQ4").unwrap(),
            called: PersonName::new("Zoë Example").unwrap(),
            email: ContactText::new("zoe@example.com").ok(),
            phone: ContactText::new("+44 1632 960 001").ok(),
        };
        let words: Vec<String> = customer.words().into_iter().collect();
        assert_eq!(
            words,
            ["12", "441632960001", "7kq4", "com", "example", "zoe"]
        );
        let shown = format!("{customer:?}");
        assert!(!shown.contains("Zo") && !shown.contains("example") && !shown.contains("960"));
        let json = serde_json::to_string(&customer).unwrap();
        assert_eq!(serde_json::from_str::<Customer>(&json).unwrap(), customer);
        assert!(ContactText::new(" ").is_err());
    }
}
