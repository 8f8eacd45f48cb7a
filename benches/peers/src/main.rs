//! The Rust crate `azure_identity`, doing what `benches/side_by_side/ours.rs` does with ours. `benches/README.md` says
//! how the two are compared.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{ClientOptions, Context, Request, Url};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions};
use tokio::runtime::{Builder, Runtime};

const SCOPE: &str = "https://management.azure.com/.default";
const THREADS: u64 = 8;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Sends requests for the real metadata address to the one that the environment names: the crate has no such setting.
/// Costs three assignments on a request, which the crate's own work dwarfs.
#[derive(Debug)]
struct Redirect {
    host: String,
    port: u16,
}

#[async_trait]
impl Policy for Redirect {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let url = request.url_mut();
        // Both are plain http with a host: neither call can fail.
        let _ = url.set_host(Some(&self.host));
        let _ = url.set_port(Some(self.port));
        next[0].send(context, request, &next[1..]).await
    }
}

fn redirect() -> Result<Arc<dyn Policy>, Failure> {
    let endpoint = Url::parse(&std::env::var("AZURE_POD_IDENTITY_AUTHORITY_HOST")?)?;
    let host = endpoint.host_str().ok_or("no host")?.to_owned();
    Ok(Arc::new(Redirect { host, port: endpoint.port_or_known_default().unwrap_or(80) }))
}

fn credential(redirect: &Arc<dyn Policy>) -> Result<Arc<ManagedIdentityCredential>, Failure> {
    let client_options = ClientOptions { per_try_policies: vec![redirect.clone()], ..ClientOptions::default() };
    let options = ManagedIdentityCredentialOptions { client_options, ..Default::default() };
    Ok(ManagedIdentityCredential::new(Some(options))?)
}

/// One thread: a request's connection is then driven by the thread that waits for it, which is the fastest way.
fn runtime() -> Result<Runtime, Failure> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// One line that `side_by_side.py` reads: the time of one call and the requests that all calls together must have sent.
fn report(started: Instant, calls: u64, requests: u64) {
    let each = started.elapsed().as_secs_f64() / calls as f64;
    println!("{{\"seconds\": {each:e}, \"requests\": {requests}}}");
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let what = arguments.first().map_or("", String::as_str);
    let calls: u64 = arguments.get(1).map_or(Ok(1), |n| n.parse())?;
    let redirect = redirect()?;
    match what {
        "first-token" => {
            let token = runtime()?.block_on(credential(&redirect)?.get_token(&[SCOPE], None))?;
            println!("{}", token.expires_on.unix_timestamp());
        }
        "cached" => runtime()?.block_on(async {
            let credential = credential(&redirect)?;
            credential.get_token(&[SCOPE], None).await?;
            let started = Instant::now();
            for _ in 0..calls {
                black_box(credential.get_token(&[SCOPE], None).await?);
            }
            report(started, calls, 1);
            Ok::<(), Failure>(())
        })?,
        // The tokens live for less than the five minutes that the crate wants to be left: each call asks again.
        "uncached" => runtime()?.block_on(async {
            let credential = credential(&redirect)?;
            credential.get_token(&[SCOPE], None).await?;
            let started = Instant::now();
            for _ in 0..calls {
                black_box(credential.get_token(&[SCOPE], None).await?);
            }
            report(started, calls, calls + 1);
            Ok::<(), Failure>(())
        })?,
        "new-client" => runtime()?.block_on(async {
            self::credential(&redirect)?.get_token(&[SCOPE], None).await?;
            let started = Instant::now();
            for _ in 0..calls {
                black_box(credential(&redirect)?.get_token(&[SCOPE], None).await?);
            }
            report(started, calls, calls + 1);
            Ok::<(), Failure>(())
        })?,
        "threads" => {
            let credential = credential(&redirect)?;
            runtime()?.block_on(credential.get_token(&[SCOPE], None))?;
            let started = Instant::now();
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..THREADS)
                    .map(|_| {
                        scope.spawn(|| {
                            runtime()?.block_on(async {
                                for _ in 0..calls {
                                    black_box(credential.get_token(&[SCOPE], None).await?);
                                }
                                Ok::<(), Failure>(())
                            })
                        })
                    })
                    .collect();
                threads.into_iter().try_for_each(|t| t.join().map_err(|_| "a thread failed")?)
            })?;
            report(started, calls * THREADS, 1);
        }
        other => return Err(format!("unknown measurement {other:?}").into()),
    }
    Ok(())
}
