//! How tokens come out: lifetime, form, echoes, the spelling of their expiry.

use serde::{Deserialize, Serialize};

/// The form of the access token itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenForm {
    /// A signed JWT with all claims.
    #[default]
    Jwt,
    /// A string with no structure.
    Opaque,
    /// Five parts, as an encrypted token has: nothing in it can be read.
    Encrypted,
    /// A signed JWT whose `aud` is the application's GUID instead of the resource asked for.
    GuidAudience,
    /// A signed JWT that names no identity: no `oid`, `appid`, `tid`, `xms_mirid`.
    #[serde(rename = "claims-less", alias = "claims_less")]
    ClaimsLess,
}

/// How the token answer spells times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExpiresAs {
    /// Epoch seconds and lifetimes as strings, as IMDS sends them.
    #[default]
    String,
    /// The same as JSON integers.
    Int,
    /// The same as JSON numbers with a fraction.
    Float,
    /// `expires_on` as `2024-10-18T19:51:37.0000000+00:00`, and no `expires_in`, as some App Service hosts do.
    Iso8601,
    /// `expires_on` as `06/20/2019 02:57:58 +00:00`, and no `expires_in` (App Service 2017, Linux).
    DateLinux,
    /// `expires_on` as `1/16/2020 5:24:12 AM +00:00`, and no `expires_in` (App Service 2017, Windows).
    DateWindows,
}

/// How tokens come out, for every identity and resource, until changed or reset.
///
/// ```
/// use midentity_emulator::{Emulator, Options, TokenForm, TokenOptions};
///
/// let emulator = Emulator::start(Options::default())?;
/// emulator.set_token_options(TokenOptions { form: TokenForm::Opaque, ..TokenOptions::default() });
/// # Ok::<(), midentity_emulator::StartError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenOptions {
    /// Seconds that a new token lives; 86400 unless set.
    pub lifetime_seconds: u64,
    /// The form of the token.
    pub form: TokenForm,
    /// Whether the answer carries `resource`, `client_id`, `object_id` and `msi_res_id`.
    pub echo: bool,
    /// How the answer spells times.
    pub expires_as: ExpiresAs,
    /// A new token on every request, as if nothing were cached.
    pub fresh: bool,
}

impl Default for TokenOptions {
    fn default() -> Self {
        Self { lifetime_seconds: 86_400, form: TokenForm::Jwt, echo: true, expires_as: ExpiresAs::String, fresh: false }
    }
}
