//! Many calls by one process: memory and file descriptors must stay where they are after the warm-up.
//!
//! `soak CACHED UNCACHED`; soak.py starts it, and counts the requests at the server.

use std::fs;
use std::hint::black_box;
use std::io::Write;

use midentity::blocking::{Cancel, Credential};
use midentity::{Scope, TokenCache, TokenOptions};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Every so many uncached calls one is made by a new credential with a cache of its own.
const NEW_CLIENT: u64 = 100;

fn main() -> Result<(), Failure> {
    let mut counts = std::env::args().skip(1).map(|n| n.parse::<u64>());
    let (Some(cached), Some(uncached)) = (counts.next(), counts.next()) else {
        return Err("usage: soak CACHED UNCACHED".into());
    };
    let (cached, uncached) = (cached?, uncached?);
    let scope = Scope::parse("https://management.azure.com/.default")?;
    let credential = Credential::from(midentity::Credential::builder().build()?);
    let anew = TokenOptions::new().force_refresh(true);
    let never = Cancel::new();
    let call_cached = |times: u64| -> Result<(), Failure> {
        for _ in 0..times {
            black_box(credential.get_token(&scope)?);
        }
        Ok(())
    };
    let call_uncached = |times: u64| -> Result<(), Failure> {
        for n in 0..times {
            if n % NEW_CLIENT == 0 {
                let new = midentity::Credential::builder().cache(TokenCache::new()).build()?;
                black_box(Credential::from(new).get_token(&scope)?);
            } else {
                black_box(credential.get_token_with(&scope, &anew, &never)?);
            }
        }
        Ok(())
    };
    let warm_up = (cached / 100, (uncached / 100).max(1_000));
    credential.get_token(&scope)?;
    call_cached(warm_up.0)?;
    call_uncached(warm_up.1)?;
    let before = state()?;
    call_cached(cached)?;
    call_uncached(uncached)?;
    let after = state()?;
    writeln!(
        std::io::stdout(),
        "{{\"rss\": [{}, {}], \"files\": [{}, {}], \"requests\": {}}}",
        before.0,
        after.0,
        before.1,
        after.1,
        1 + warm_up.1 + uncached
    )?;
    Ok(())
}

/// Resident memory in KiB, and open file descriptors.
fn state() -> Result<(u64, usize), Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let resident = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok((resident, fs::read_dir("/proc/self/fd")?.count()))
}
