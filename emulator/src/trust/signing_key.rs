//! The key that signs tokens: RSA, made once per state folder, in the background.

use std::io;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::folder::StateFolder;
use crate::token::jwt::base64url;

const KEPT: &str = "signing-key.json";

#[derive(Serialize, Deserialize)]
struct Kept {
    private_key_pkcs8: String,
    /// A self-signed certificate over the key: the JWKS shows it, and its thumbprint is the key's id.
    certificate_der: String,
}

/// An RSA key with what is published of it.
pub(crate) struct SigningKey {
    pair: KeyPair,
    public_der: Vec<u8>,
    kid: String,
    encoded_header: String,
    certificate: String,
}

fn other(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

impl SigningKey {
    fn from_kept(kept: &Kept) -> io::Result<Self> {
        let pkcs8 = STANDARD.decode(&kept.private_key_pkcs8).map_err(other)?;
        let certificate = STANDARD.decode(&kept.certificate_der).map_err(other)?;
        let pair = KeyPair::from_pkcs8(&pkcs8).map_err(other)?;
        let thumbprint = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
        let kid = base64url(thumbprint.as_ref());
        let header = format!(r#"{{"typ":"JWT","alg":"RS256","x5t":"{kid}","kid":"{kid}"}}"#);
        Ok(Self {
            public_der: pair.public_key().as_ref().to_vec(),
            pair,
            encoded_header: base64url(header.as_bytes()),
            kid,
            certificate: kept.certificate_der.clone(),
        })
    }

    fn generate() -> io::Result<Kept> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(other)?;
        let pkcs8 = pair.as_der().map_err(other)?;
        let for_certificate = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(
            &tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer::from(pkcs8.as_ref()),
            &rcgen::PKCS_RSA_SHA256,
        )
        .map_err(other)?;
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "midentity emulator, token signing");
        let certificate = params.self_signed(&for_certificate).map_err(other)?;
        Ok(Kept {
            private_key_pkcs8: STANDARD.encode(pkcs8.as_ref()),
            certificate_der: STANDARD.encode(certificate.der()),
        })
    }

    fn load(folder: &StateFolder) -> io::Result<Self> {
        let kept = |folder: &StateFolder| -> Option<Self> {
            Self::from_kept(&serde_json::from_str(&folder.read(KEPT).ok()?).ok()?).ok()
        };
        if let Some(key) = kept(folder) {
            return Ok(key);
        }
        let _lock = folder.lock("signing-key.lock")?;
        if let Some(key) = kept(folder) {
            return Ok(key);
        }
        let made = Self::generate()?;
        folder.write(KEPT, &serde_json::to_string(&made).map_err(other)?)?;
        Self::from_kept(&made)
    }

    /// An RS256 signature.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        // With a buffer of the modulus's length this fails only where the machine has no randomness left.
        if self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).is_err() {
            signature.clear();
        }
        signature
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// The JWT header, encoded once.
    pub(crate) fn encoded_header(&self) -> &str {
        &self.encoded_header
    }

    pub(crate) fn public_der(&self) -> &[u8] {
        &self.public_der
    }

    /// The key set's one entry: public members only.
    pub(crate) fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": base64url(public.modulus().big_endian_without_leading_zero()),
            "e": base64url(public.exponent().big_endian_without_leading_zero()),
            "x5c": [self.certificate],
        })
    }
}

/// A key that may still be in the making.
#[derive(Default)]
pub(crate) struct KeySlot {
    key: OnceLock<Arc<SigningKey>>,
    made: Notify,
}

impl KeySlot {
    /// Starts making or loading the key on a thread of its own. A folder that cannot be written costs only the
    /// caching: the key then lives in memory.
    pub(crate) fn fill(self: &Arc<Self>, folder: StateFolder) -> io::Result<()> {
        let slot = self.clone();
        std::thread::Builder::new().name("midentity-emulator-key".into()).spawn(move || {
            let key = SigningKey::load(&folder).or_else(|error| {
                eprintln!("midentity-emulator: the signing key is kept in memory only: {error}");
                SigningKey::from_kept(&SigningKey::generate()?)
            });
            match key {
                Ok(key) => {
                    let _ = slot.key.set(Arc::new(key));
                    slot.made.notify_waiters();
                }
                Err(error) => eprintln!("midentity-emulator: no signing key, tokens cannot be issued: {error}"),
            }
        })?;
        Ok(())
    }

    /// The key, for callers without a runtime; none where it does not come within the time.
    pub(crate) fn wait(&self, longest: std::time::Duration) -> Option<Arc<SigningKey>> {
        let end = std::time::Instant::now() + longest;
        while self.key.get().is_none() && std::time::Instant::now() < end {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        self.key.get().cloned()
    }

    /// The key, waiting for it where it is still in the making.
    pub(crate) async fn get(&self) -> Arc<SigningKey> {
        loop {
            if let Some(key) = self.key.get() {
                return key.clone();
            }
            let notified = self.made.notified();
            // Looked at again after registering, or a key made in between would never be noticed.
            if self.key.get().is_none() {
                notified.await;
            }
        }
    }
}
