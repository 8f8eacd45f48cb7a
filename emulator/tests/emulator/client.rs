//! A client so plain that it hides nothing: one request, and the bytes that came back.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use midentity_emulator::{Emulator, Options};
use serde_json::Value;

pub(crate) const ARM: &str = "https://management.azure.com/";
pub(crate) const TOKEN: &str =
    "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/";

pub(crate) fn emulator() -> Emulator {
    Emulator::start(Options::default()).unwrap()
}

pub(crate) fn emulator_of(state: &str) -> Emulator {
    Emulator::start(Options { state: Some(state.to_owned()), ..Options::default() }).unwrap()
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (n, value) = line.split_once(": ")?;
            n.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

pub(crate) fn connect(origin: &str) -> TcpStream {
    let stream = TcpStream::connect(origin.rsplit("//").next().unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Everything that the server sends until it closes.
pub(crate) fn raw(origin: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut stream = connect(origin);
    let mut request = format!("{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(request.as_bytes()).unwrap();
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    all
}

pub(crate) fn send(origin: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let all = raw(origin, method, target, headers, body);
    let split = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or_else(|| panic!("no headers: {all:?}"));
    let head = String::from_utf8(all[..split].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: all[split + 4..].to_vec() }
}

/// A metadata request as it should be.
pub(crate) fn get(emulator: &Emulator, target: &str) -> Answer {
    send(emulator.imds_endpoint(), "GET", target, &[("Metadata", "true")], "")
}

pub(crate) fn control(emulator: &Emulator, method: &str, path: &str, body: &str) -> Answer {
    send(emulator.control_endpoint(), method, &format!("/_emulator/{path}"), &[("Midentity-Emulator", "true")], body)
}

pub(crate) fn token(emulator: &Emulator, more: &str) -> String {
    let answer = get(emulator, &format!("{TOKEN}{more}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// The claims, unverified.
pub(crate) fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A GET over TLS that trusts the emulator's authority and no other.
pub(crate) fn https(
    emulator: &Emulator,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, reqwest::header::HeaderMap, Value) {
    https_request(emulator, reqwest::Method::GET, path, headers)
}

pub(crate) fn https_request(
    emulator: &Emulator,
    method: reqwest::Method,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, reqwest::header::HeaderMap, Value) {
    let pem = std::fs::read(emulator.ca_file()).unwrap();
    let url = format!("{}{path}", emulator.cloud());
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let roots = reqwest::Certificate::from_pem_bundle(&pem).unwrap();
        // reqwest brings no cryptography here; a second call is refused and changes nothing.
        let _ = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = reqwest::Client::builder().tls_certs_only(roots).no_proxy().build().unwrap();
        let mut request = client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, response.json().await.unwrap_or_default())
    })
}
