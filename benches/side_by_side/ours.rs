//! Our half of the Rust rows of `make bench`; `benches/peers` is the other. `benches/README.md` says how the two are
//! compared.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use midentity::arm::{ArmClient, UserIdentity};
use midentity::{AccessToken, Credential, Scope, StaticToken, TokenCache, TokenOptions, blocking};
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

/// What the driver tells in the environment.
fn told(name: &str) -> Result<String, Failure> {
    std::env::var(name).map_err(|_| format!("{name} is not set").into())
}

/// Signed in by the token that the peer has, too. The emulator's address and certificate are in the environment.
fn arm() -> Result<ArmClient, Failure> {
    let token = AccessToken::new(told("BENCH_TOKEN")?, told("BENCH_TOKEN_EXPIRES")?.parse()?);
    Ok(ArmClient::builder(StaticToken::new(token)).build()?)
}

fn touch(identity: &UserIdentity) {
    black_box((identity.id(), identity.name(), identity.client_id(), identity.principal_id(), identity.tags()));
}

/// Goes through all identities of the subscription; gives how many requests that must have taken.
async fn list(arm: &ArmClient, subscription: &str) -> Result<u64, Failure> {
    let mut all = arm.user_identities(subscription, "").list()?;
    let mut seen = 0;
    while let Some(identity) = all.next().await? {
        touch(&identity);
        seen += 1;
    }
    let expected: u64 = told("BENCH_ITEMS")?.parse()?;
    if seen != expected {
        return Err(format!("{seen} identities were listed, {expected} are there").into());
    }
    Ok(seen / told("BENCH_PAGE")?.parse::<u64>()?)
}

/// The most memory that this process has had, in KiB.
fn peak() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
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
        "list" => runtime()?.block_on(async {
            let (arm, subscription) = (arm()?, told("BENCH_SUBSCRIPTION")?);
            let pages = list(&arm, &subscription).await?;
            let started = Instant::now();
            for _ in 0..calls {
                list(&arm, &subscription).await?;
            }
            report(started, calls, (calls + 1) * pages)
        }),
        "list-memory" => runtime()?.block_on(async {
            let pages = list(&arm()?, &told("BENCH_SUBSCRIPTION")?).await?;
            Ok(writeln!(std::io::stdout(), "{{\"peak\": {}, \"requests\": {pages}}}", peak()?)?)
        }),
        other => Err(format!("unknown measurement {other:?}").into()),
    }
}
