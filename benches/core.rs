//! The core's own costs, one by one. How they compare with others' is `side_by_side`'s to say.
#![allow(clippy::unwrap_used, reason = "a benchmark that can't be set up has nothing to measure")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use midentity::{AccessToken, Cloud, Credential, Identity, ResourceId, Scope, TokenCache, TokenOptions, blocking};
use midentity_emulator::{Emulator, Options};
use tokio::runtime::Builder;

/// A readable token with the claims that managed identities' tokens have.
fn readable_token(emulator: &Emulator) -> AccessToken {
    let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build().unwrap();
    blocking::Credential::from(credential).get_token(&Scope::parse("arm").unwrap()).unwrap()
}

fn parsing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for text in ["arm", "https://management.azure.com/.default"] {
        group.bench_function(format!("scope {text}"), |b| b.iter(|| Scope::parse(black_box(text))));
    }
    group.bench_function("cloud", |b| b.iter(|| Cloud::parse(black_box("https://127.0.0.1:8443"))));
    let id = "/subscriptions/8d1c0000-0000-0000-0000-000000000000/resourceGroups/rg1/providers/\
              Microsoft.ManagedIdentity/userAssignedIdentities/id1";
    group.bench_function("resource id", |b| b.iter(|| ResourceId::parse(black_box(id))));
    let emulator = Emulator::start(Options::default()).unwrap();
    let token = readable_token(&emulator);
    group.bench_function("claims", |b| b.iter(|| black_box(&token).claims()));
    group.finish();
}

fn cached(criterion: &mut Criterion) {
    let emulator = Emulator::start(Options::default()).unwrap();
    let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build().unwrap();
    let waiting = blocking::Credential::from(credential.clone());
    let scope = Scope::parse("arm").unwrap();
    waiting.get_token(&scope).unwrap();

    let mut group = criterion.benchmark_group("cached");
    group.bench_function("cached_token", |b| b.iter(|| credential.cached_token(black_box(&scope))));
    group.bench_function("blocking get_token", |b| b.iter(|| waiting.get_token(black_box(&scope))));
    group.bench_function("scope parsed each time", |b| {
        b.iter(|| waiting.get_token(&Scope::parse(black_box("https://management.azure.com/")).unwrap()));
    });
    group.finish();
}

fn uncached(criterion: &mut Criterion) {
    let emulator = Emulator::start(Options::default()).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let scope = Scope::parse("arm").unwrap();
    let builder = Credential::builder().imds_endpoint(emulator.imds_endpoint());
    let credential = builder.clone().cache(TokenCache::new()).build().unwrap();
    let anew = TokenOptions::new().force_refresh(true);

    let mut group = criterion.benchmark_group("uncached");
    group.bench_function("kept connection", |b| {
        b.iter(|| runtime.block_on(credential.get_token_with(&scope, &anew)).unwrap());
    });
    group.bench_function("blocking", |b| {
        let waiting = blocking::Credential::from(credential.clone());
        let cancel = blocking::Cancel::new();
        b.iter(|| waiting.get_token_with(&scope, &anew, &cancel).unwrap());
    });
    group.bench_function("new client", |b| {
        b.iter(|| {
            let credential = builder.clone().cache(TokenCache::new()).build().unwrap();
            runtime.block_on(credential.get_token(&scope)).unwrap()
        });
    });
    group.finish();
}

fn building(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("build");
    group.bench_function("default", |b| b.iter(|| Credential::builder().build()));
    group.bench_function("user-assigned", |b| {
        b.iter(|| {
            let identity = Identity::ClientId("6f9a2c1e-0d5b-4c0e-9a55-0c1d2e3f4a5b".into());
            Credential::builder().identity(identity).build()
        });
    });
    group.finish();
}

criterion_group!(benches, parsing, building, cached, uncached);
criterion_main!(benches);
