//! Our half of the Rust rows of `make bench`; `benches/peers` is the other. `benches/README.md` says how the two are
//! compared.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use midentity::{AccessToken, Credential, Scope, TokenCache, TokenOptions, blocking};
use tokio::runtime::{Builder, Runtime};

const SCOPE: &str = "https://management.azure.com/.default";
const THREADS: u64 = 8;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One thread, as the peer has it.
fn runtime() -> Result<Runtime, Failure> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// One line that `side_by_side.py` reads: the time of one call and the requests that all calls together must have sent.
fn report(started: Instant, calls: u64, requests: u64) -> Result<(), Failure> {
    let each = started.elapsed().as_secs_f64() / calls as f64;
    Ok(writeln!(std::io::stdout(), "{{\"seconds\": {each:e}, \"requests\": {requests}}}")?)
}

async fn fetch_with_own_cache(scope: &Scope) -> midentity::Result<AccessToken> {
    Credential::builder().cache(TokenCache::new()).build()?.get_token(scope).await
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let what = arguments.first().map_or("", String::as_str);
    let calls: u64 = arguments.get(1).map_or(Ok(1), |n| n.parse())?;
    let scope = Scope::parse(SCOPE)?;
    match what {
        "cached" => runtime()?.block_on(async {
            let credential = Credential::builder().build()?;
            credential.get_token(&scope).await?;
            let started = Instant::now();
            for _ in 0..calls {
                black_box(credential.get_token(&scope).await?);
            }
            report(started, calls, 1)
        }),
        "uncached" => runtime()?.block_on(async {
            let credential = Credential::builder().build()?;
            let anew = TokenOptions::new().force_refresh(true);
            credential.get_token(&scope).await?;
            let started = Instant::now();
            for _ in 0..calls {
                black_box(credential.get_token_with(&scope, &anew).await?);
            }
            report(started, calls, calls + 1)
        }),
        "new-client" => runtime()?.block_on(async {
            fetch_with_own_cache(&scope).await?;
            let started = Instant::now();
            for _ in 0..calls {
                black_box(fetch_with_own_cache(&scope).await?);
            }
            report(started, calls, calls + 1)
        }),
        "threads" => {
            let credential = blocking::Credential::from(Credential::builder().build()?);
            credential.get_token(&scope)?;
            let started = Instant::now();
            std::thread::scope(|threads| {
                let running: Vec<_> = (0..THREADS)
                    .map(|_| {
                        threads.spawn(|| {
                            for _ in 0..calls {
                                black_box(credential.get_token(&scope)?);
                            }
                            Ok::<(), midentity::Error>(())
                        })
                    })
                    .collect();
                running.into_iter().try_for_each(|t| Ok(t.join().map_err(|_| "a thread failed")??))
            })
            .and_then(|()| report(started, calls * THREADS, 1))
        }
        other => Err(format!("unknown measurement {other:?}").into()),
    }
}
