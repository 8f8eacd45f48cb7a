//! The local certificate authority and the server certificate that it issues at every start.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::folder::StateFolder;

/// Short, so that a CA someone trusted for a test does not stay trusted.
const LIFE: Duration = Duration::days(30);
/// Made anew when less than this is left: an emulator that starts now should be able to run for a while.
const RENEW: Duration = Duration::days(7);

/// Only these names: a certificate for Azure's own hosts is needed by programs run against them unmodified.
const HOSTS: [&str; 5] = [
    "localhost",
    "management.azure.com",
    "management.core.windows.net",
    "login.microsoftonline.com",
    "graph.microsoft.com",
];

const KEPT: &str = "authority.json";
/// The public certificate, for clients.
const PUBLISHED: &str = "ca.pem";

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Epoch seconds, kept beside the certificate so that nothing has to parse it.
    not_after: i64,
    certificate: String,
    private_key: String,
    /// The authority before this one: an emulator that runs since then still shows certificates of it.
    #[serde(default)]
    previous: Option<String>,
}

impl Kept {
    fn published(&self) -> String {
        format!("{}{}", self.certificate, self.previous.as_deref().unwrap_or_default())
    }
}

fn kept(folder: &StateFolder) -> Option<Kept> {
    serde_json::from_str(&folder.read(KEPT).ok()?).ok()
}

/// A certificate authority that lives in a state folder.
pub(crate) struct Authority {
    pub(crate) ca_file: PathBuf,
    key: KeyPair,
    not_after: OffsetDateTime,
}

fn other(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

fn ca_params(not_after: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "midentity emulator, local test CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params.not_before = OffsetDateTime::now_utc() - Duration::days(1);
    params.not_after = not_after;
    params
}

impl Authority {
    /// The folder's authority, made if there is none or it is about to end.
    pub(crate) fn load(folder: &StateFolder) -> io::Result<Self> {
        if let Some(authority) = kept(folder).and_then(|kept| Self::of(folder, &kept)) {
            return Ok(authority);
        }
        let _lock = folder.lock("authority.lock")?;
        let before = kept(folder);
        if let Some((kept, authority)) = before.as_ref().and_then(|kept| Some((kept, Self::usable(folder, kept)?))) {
            // Only the public file is missing, or someone edited it.
            folder.write(PUBLISHED, &kept.published())?;
            return Ok(authority);
        }
        let key = KeyPair::generate().map_err(other)?;
        let not_after = (OffsetDateTime::now_utc() + LIFE).replace_nanosecond(0).map_err(other)?;
        let certificate = ca_params(not_after).self_signed(&key).map_err(other)?.pem();
        let kept = Kept {
            not_after: not_after.unix_timestamp(),
            private_key: key.serialize_pem(),
            certificate,
            previous: before.map(|before| before.certificate),
        };
        folder.write(PUBLISHED, &kept.published())?;
        folder.write(KEPT, &serde_json::to_string(&kept).map_err(other)?)?;
        Ok(Self { ca_file: folder.file(PUBLISHED), key, not_after })
    }

    /// The kept authority, if clients find it in the public file as well.
    fn of(folder: &StateFolder, kept: &Kept) -> Option<Self> {
        (folder.read(PUBLISHED).ok()? == kept.published()).then(|| Self::usable(folder, kept)).flatten()
    }

    /// The kept authority, if it has enough time left.
    fn usable(folder: &StateFolder, kept: &Kept) -> Option<Self> {
        let not_after = OffsetDateTime::from_unix_timestamp(kept.not_after).ok()?;
        if not_after - OffsetDateTime::now_utc() < RENEW {
            return None;
        }
        Some(Self { ca_file: folder.file(PUBLISHED), key: KeyPair::from_pem(&kept.private_key).ok()?, not_after })
    }

    /// TLS with a fresh server certificate, valid as long as the authority.
    pub(crate) fn server_config(&self) -> io::Result<Arc<ServerConfig>> {
        let leaf_key = KeyPair::generate().map_err(other)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "midentity emulator");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = OffsetDateTime::now_utc() - Duration::days(1);
        params.not_after = self.not_after;
        for ip in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
            params.subject_alt_names.push(SanType::IpAddress(ip));
        }
        for host in HOSTS {
            params.subject_alt_names.push(SanType::DnsName(host.try_into().map_err(other)?));
        }
        let ca = ca_params(self.not_after);
        let leaf = params.signed_by(&leaf_key, &Issuer::from_params(&ca, &self.key)).map_err(other)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(other)?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .map_err(other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}
