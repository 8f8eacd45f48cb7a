//! How requests reach a cloud: on connections that are kept, and through the proxy that the environment names.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use midentity::arm::{ArmClient, ArmClientBuilder};
use midentity::{Clock, Cloud, Env, ErrorKind, Identity};
use midentity_emulator::Emulator;
use serde_json::json;

use crate::arm::{as_identity, asked, fault, group};
use crate::case::now;
use crate::server::{emulator, refused};

fn client(emulator: &Emulator, variables: &[(&str, &str)]) -> ArmClientBuilder {
    as_identity(emulator, Identity::Default)
        .env(Env::fixed(variables.iter().copied()))
        .clock(Clock::manual_between_requests(now()))
}

async fn ask(client: &ArmClient) -> midentity::Result<u16> {
    client.get("/subscriptions", "2022-12-01").await.map(|answer| answer.status())
}

fn connections(emulator: &Emulator) -> Vec<u64> {
    asked(emulator).into_iter().map(|r| r.connection).collect()
}

/// A proxy as companies have one: it digs tunnels, or answers that it does not.
struct Proxy {
    at: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(refusal: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap().to_string();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&heads);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (seen, client) = (Arc::clone(&seen), client.unwrap());
                std::thread::spawn(move || Self::serve(client, refusal, &seen));
            }
        });
        Self { at, heads }
    }

    fn serve(mut client: TcpStream, refusal: Option<&str>, seen: &Mutex<Vec<String>>) {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            if client.read(&mut byte).unwrap_or(0) == 0 {
                return;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let to = head.split(' ').nth(1).unwrap().to_owned();
        seen.lock().unwrap().push(head);
        if let Some(refusal) = refusal {
            let _ = write!(client, "HTTP/1.1 {refusal}\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        let mut server = TcpStream::connect(to).unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from_client, &mut to_server);
            let _ = to_server.shutdown(Shutdown::Write);
        });
        let _ = std::io::copy(&mut server, &mut client);
        let _ = client.shutdown(Shutdown::Write);
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_proxy_hands_on_what_it_cannot_read() {
    for (name, who) in [("HTTPS_PROXY", "user:p%40ss@"), ("https_proxy", ""), ("ALL_PROXY", ""), ("all_proxy", "")] {
        let (emulator, proxy) = (emulator(), Proxy::start(None));
        let client = client(&emulator, &[(name, &format!("http://{who}{}", proxy.at))]).build().unwrap();
        for _ in 0..3 {
            assert_eq!(ask(&client).await.unwrap(), 200);
        }
        let heads = proxy.heads();
        assert_eq!((heads.len(), connections(&emulator).len()), (1, 3), "the tunnel is kept");
        let (head, host) = (heads[0].to_ascii_lowercase(), emulator.cloud().trim_start_matches("https://"));
        assert!(head.starts_with(&format!("connect {host} http/1.1\r\n")), "{head}");
        assert!(head.contains("user-agent: midentity/") && !head.contains("bearer"), "{head}");
        // user:p@ss
        assert_eq!(head.contains("proxy-authorization: basic dxnlcjpwqhnz"), !who.is_empty(), "{head}");
    }
}

#[tokio::test]
async fn hosts_that_need_no_proxy_are_asked_themselves() {
    let (emulator, proxy) = (emulator(), Proxy::start(None));
    let host = emulator.cloud().trim_start_matches("https://").split(':').next().unwrap().to_owned();
    let through = format!("http://{}", proxy.at);
    for variables in [[("HTTPS_PROXY", &*through), ("NO_PROXY", &*host)], [("HTTP_PROXY", &*through), ("A", "b")]] {
        assert_eq!(ask(&client(&emulator, &variables).build().unwrap()).await.unwrap(), 200);
    }
    assert_eq!(proxy.heads(), [""; 0]);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named() {
    let emulator = emulator();
    let wants_a_password = Proxy::start(Some("407 Proxy Authentication Required"));
    let refuses = Proxy::start(Some("403 Forbidden"));
    let nobody = refused();
    let of = |proxy: &Proxy| format!("http://someone:secret@{}", proxy.at);
    for (proxy, words) in [
        (of(&wants_a_password), "proxy authorization required"),
        (of(&refuses), "tunnel error"),
        (nobody, "refused"),
        ("socks5://127.0.0.1:1".to_owned(), "socks5"),
    ] {
        let client = client(&emulator, &[("HTTPS_PROXY", &proxy)]).build().unwrap();
        let error = ask(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::Transport, "arm.transport"), "{proxy}: {error:?}");
        assert!(error.message().contains(words), "{proxy}: {error}");
        assert!(error.hint().unwrap().contains("HTTPS_PROXY"), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
    assert_eq!(connections(&emulator), [0; 0]);
}

#[tokio::test]
async fn one_connection_serves_many_requests_of_one_client() {
    let emulator = emulator();
    let (one, other) = (client(&emulator, &[]).build().unwrap(), client(&emulator, &[]).build().unwrap());
    for _ in 0..5 {
        ask(&one).await.unwrap();
    }
    ask(&other).await.unwrap();
    let numbers = connections(&emulator);
    assert!(numbers[..5].iter().all(|n| *n == numbers[0]), "{numbers:?}");
    assert_ne!(numbers[0], numbers[5], "whom a client trusts is its own matter");
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_a_failure() {
    let emulator = emulator();
    let client = client(&emulator, &[]).build().unwrap();
    fault(&emulator, json!({"headers": {"connection": "close"}, "times": 2}));
    for method in ["GET", "PATCH", "PATCH"] {
        let body = json!({"tags": {"a": "b"}});
        let body = (method == "PATCH").then_some(&body);
        // The identity may only read: what counts is that the answer comes.
        let answer = client.request(method, &group("rg1"), "2021-04-01", body).await;
        assert!(matches!(answer.map_err(|e| e.http_status()), Ok(_) | Err(Some(403))), "{method}");
    }
    let numbers = connections(&emulator);
    assert_eq!(numbers.len(), 3, "{numbers:?}");
    assert!(numbers[0] != numbers[1] && numbers[1] != numbers[2], "{numbers:?}");
}

#[tokio::test]
async fn a_kept_connection_that_breaks_is_replaced() {
    let (emulator, proxy) = (emulator(), Proxy::start(None));
    let client = client(&emulator, &[("HTTPS_PROXY", &format!("http://{}", proxy.at))]).build().unwrap();
    assert_eq!(ask(&client).await.unwrap(), 200);
    fault(&emulator, json!({"drop": "before", "times": 1}));
    assert_eq!(ask(&client).await.unwrap(), 200);
    assert_eq!((connections(&emulator).len(), proxy.heads().len()), (3, 2));
}

#[tokio::test]
async fn what_speaks_no_tls_is_no_matter_of_trust() {
    let emulator = emulator();
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("https://{}", plain.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in plain.incoming() {
            let mut client = client.unwrap();
            let _ = client.read(&mut [0; 16]);
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let client = client(&emulator, &[]).cloud(Cloud::parse(&at).unwrap()).build().unwrap();
    let error = ask(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::Transport, "arm.transport"), "{error:?}");
    assert!(error.message().contains(&at), "{error}");
}

/// Something took the connection and says nothing: what a firewall looks like that inspects TLS and is down.
#[tokio::test]
async fn a_handshake_that_does_not_end_is_given_up() {
    let emulator = emulator();
    // Its queue takes connections without it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("https://{}", silent.local_addr().unwrap());
    let client = client(&emulator, &[]).cloud(Cloud::parse(&at).unwrap()).build().unwrap();
    let began = Instant::now();
    // A change, which is not tried again on its own where it may have been sent; this one was not.
    let error = client.request("POST", "/subscriptions/x", "2022-12-01", None).await.unwrap_err();
    assert_eq!((error.kind(), error.id(), error.attempts()), (ErrorKind::Transport, "arm.transport", 2), "{error:?}");
    assert!(error.message().contains("no connection in the time allowed"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
}
