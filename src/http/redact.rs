//! What may be shown of a service's words: never a token or a key.

/// The most of a service's text that goes into a message.
const SHOWN: usize = 400;

/// The text on one line, shortened, with everything that could be a credential replaced by `****`.
pub(crate) fn redact(text: &str) -> String {
    redact_to(text, SHOWN)
}

/// As [`redact`], with more of the text.
pub(crate) fn redact_to(text: &str, most: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(most + 8));
    let mut word = String::new();
    let mut secret_follows = false;
    for c in text.chars().chain(std::iter::once(' ')) {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '+' | '/' | '=' | '%') {
            word.push(c);
            continue;
        }
        secret_follows = push_word(&mut shown, &word, secret_follows);
        word.clear();
        shown.push(if c.is_control() || c.is_whitespace() { ' ' } else { c });
        if shown.len() > most {
            shown = shown.chars().take(most).collect();
            shown.push('…');
            return shown;
        }
    }
    shown.truncate(shown.trim_end().len());
    shown
}

fn push_word(shown: &mut String, word: &str, secret_expected: bool) -> bool {
    if word.is_empty() {
        return secret_expected;
    }
    let lower = word.to_ascii_lowercase();
    if secret_expected || looks_secret(word) {
        shown.push_str("****");
        // `Bearer` may be what was announced, and `"access_token"` what stands behind `Bearer`.
        return announces_secret(&lower);
    }
    if let Some((name, _)) = word.split_once('=')
        && names_secret(&name.to_ascii_lowercase())
    {
        shown.push_str(name);
        shown.push_str("=****");
        return false;
    }
    shown.push_str(word);
    announces_secret(&lower)
}

/// The word behind one of these is a secret: `"access_token":"…"`, `Bearer …`.
fn announces_secret(word: &str) -> bool {
    matches!(word, "access_token" | "refresh_token" | "id_token" | "client_assertion" | "client_secret" | "bearer")
}

/// What stands behind `=` after one of these is a secret: `?sig=…`.
fn names_secret(word: &str) -> bool {
    let tail = word.rsplit(['/', '.', '&', '?']).next().unwrap_or(word);
    announces_secret(tail)
        || matches!(
            tail,
            "assertion" | "secret" | "sig" | "signature" | "password" | "key" | "code" | "x-identity-header"
        )
}

/// JSON Web Tokens, wherever in a word (`https://host/eyJ…`, `x=eyJ…`), and long runs without the shape of a path, URL
/// or resource id.
fn looks_secret(word: &str) -> bool {
    if word.find("eyJ").is_some_and(|at| word.len() - at > 16) {
        return true;
    }
    word.len() >= 64 && !word.contains('/') && word.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced() {
        let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiJ4In0.c2lnbmF0dXJl";
        let long = "A1b2C3d4".repeat(20);
        for text in [
            format!("{{\"access_token\":\"{jwt}\"}}"),
            format!("{{\"access_token\" : \"canary\", \"x\": \"{long}\"}}"),
            format!("Authorization: Bearer {jwt}"),
            "Authorization: Bearer canary".to_owned(),
            "https://host/op?x=1&sig=canary".to_owned(),
            "secret=canary".to_owned(),
            format!("https://host/a/{jwt}"),
            format!("path/x={jwt}"),
        ] {
            let shown = redact(&text);
            assert!(!shown.contains("canary") && !shown.contains("eyJ") && !shown.contains(&long), "{shown}");
            assert!(shown.contains("****"), "{shown}");
        }
    }

    #[test]
    fn plain_words_stay_on_one_line() {
        assert_eq!(redact("Identity\r\n not found"), "Identity   not found");
        let id = "/subscriptions/8d1c0000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm1";
        assert_eq!(redact(id), id);
        assert!(redact(&"word ".repeat(500)).len() < 420);
    }
}
