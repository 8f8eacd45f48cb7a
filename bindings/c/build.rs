//! Gives the shared library its name for the loader: a program linked against one major version of the ABI never
//! loads another.
#![allow(clippy::print_stdout, reason = "what a build script prints is what it tells cargo")]

use std::env;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/version.rs");
    let version = std::fs::read_to_string(Path::new("src").join("version.rs"))?;
    let major = version
        .lines()
        .find_map(|line| line.strip_prefix("pub const MIDENTITY_ABI_VERSION_MAJOR: u32 = "))
        .and_then(|rest| rest.strip_suffix(';'))
        .ok_or("src/version.rs declares no MIDENTITY_ABI_VERSION_MAJOR")?;
    match env::var("CARGO_CFG_TARGET_OS")?.as_str() {
        "windows" => {}
        "macos" => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libmidentity.{major}.dylib");
        }
        _ => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libmidentity.so.{major}");
            // Its threads go on when a host that loaded it lets it go: the code stays.
            println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
    }
    Ok(())
}
