//! The process environment, replaceable in tests.

use std::collections::HashMap;
use std::sync::Arc;

/// Where environment variables are read from: the process, or a fixed set for tests.
///
/// An empty value counts as absent. Names are compared as the system does it: on Windows without case.
///
/// ```
/// let env = midentity::Env::fixed([("MIDENTITY_CLOUD", "AzureChinaCloud"), ("HOME", "")]);
/// assert_eq!(env.var("MIDENTITY_CLOUD").as_deref(), Some("AzureChinaCloud"));
/// assert_eq!(env.var("HOME"), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Env(Option<Arc<HashMap<String, String>>>);

impl Env {
    /// The process's own environment.
    ///
    /// ```
    /// assert_eq!(midentity::Env::process().var("NO_SUCH_VARIABLE_HERE"), None);
    /// ```
    #[must_use]
    pub fn process() -> Self {
        Self(None)
    }

    /// A fixed set of variables and nothing else.
    ///
    /// ```
    /// assert_eq!(midentity::Env::fixed([("A", "1")]).var("A").as_deref(), Some("1"));
    /// ```
    #[must_use]
    pub fn fixed<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(Some(Arc::new(pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect())))
    }

    /// The variable's value; `None` where it is absent, empty, or not Unicode.
    ///
    /// ```
    /// assert_eq!(midentity::Env::fixed([]).var("PATH"), None);
    /// ```
    #[must_use]
    pub fn var(&self, name: &str) -> Option<String> {
        let value = match &self.0 {
            None => std::env::var(name).ok(),
            Some(map) if cfg!(windows) => {
                map.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
            }
            Some(map) => map.get(name).cloned(),
        };
        value.filter(|v| !v.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_the_system_does_it() {
        let fixed = Env::fixed([("Midentity_Cloud", "x")]);
        assert_eq!(fixed.var("Midentity_Cloud").as_deref(), Some("x"));
        assert_eq!(fixed.var("MIDENTITY_CLOUD").is_some(), cfg!(windows));
        let process = Env::process();
        assert!(process.var("PATH").is_some());
        assert_eq!(process.var("pAtH").is_some(), cfg!(windows));
    }
}
