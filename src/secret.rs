//! Bytes that must not be seen: wiped when dropped, never printed.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use zeroize::{Zeroize, Zeroizing};

/// A secret text. Its memory is wiped when it is dropped; it can't be cloned, compared or printed.
///
/// ```
/// let secret = midentity::Secret::from(String::from("not for logs"));
/// assert_eq!(secret.expose(), "not for logs");
/// assert_eq!(format!("{secret:?}"), "Secret(12 bytes)");
/// ```
// A NUL stands behind the text, so that C can read it without a copy.
pub struct Secret(Zeroizing<Box<str>>);

impl Secret {
    /// The text itself: the only way out. Don't put it into a message.
    ///
    /// ```
    /// assert_eq!(midentity::Secret::from(String::from("x")).expose(), "x");
    /// ```
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0[..self.len()]
    }

    /// The text with a NUL behind it, for C.
    ///
    /// ```
    /// assert_eq!(midentity::Secret::from(String::from("x")).expose_with_nul(), "x\0");
    /// ```
    #[must_use]
    pub fn expose_with_nul(&self) -> &str {
        &self.0
    }

    fn len(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    pub(crate) fn copy_of(text: &str) -> Self {
        // Its capacity is what it needs: making a box of it moves nothing.
        let mut copy = String::with_capacity(text.len() + 1);
        copy.push_str(text);
        copy.push('\0');
        Self(Zeroizing::new(copy.into_boxed_str()))
    }
}

impl From<String> for Secret {
    fn from(mut text: String) -> Self {
        // Shrinking a String may move it and leave the old copy behind: copy, then wipe the original.
        let secret = Self::copy_of(&text);
        text.zeroize();
        secret
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Secret;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret::copy_of(text))
            }
            fn visit_string<E>(self, text: String) -> Result<Secret, E> {
                Ok(Secret::from(text))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_and_parse_errors_do_not_show_it() {
        let secret: Secret = serde_json::from_str("\"canary\"").unwrap();
        assert!(!format!("{secret:?} {secret:#?}").contains("canary"));
        assert!(serde_json::from_str::<Secret>("5").is_err());
    }
}
