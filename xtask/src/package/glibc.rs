//! Which glibc a file needs: read from its version symbols.

use std::path::Path;
use std::process::Command;

use crate::process;

/// The oldest glibc that is supported: RHEL 8's, Debian 10's.
pub(super) const OLDEST: &str = "2.28";

/// What a file asks of a newer glibc.
pub(super) fn findings(file: &Path) -> Vec<String> {
    let asked = process::output(Command::new("readelf").args(["--wide", "--version-info"]).arg(file));
    let newest = match asked {
        Ok(text) => newest(&text),
        Err(why) => return vec![why],
    };
    match (newest, version(OLDEST)) {
        (Some(needed), Some(oldest)) if needed <= oldest => {
            println!("{}: needs glibc {}.{}", file.display(), needed.0, needed.1);
            Vec::new()
        }
        (Some(needed), _) => vec![format!("{} needs glibc {}.{}, not {OLDEST}", file.display(), needed.0, needed.1)],
        (None, _) => vec![format!("{} names no version of glibc", file.display())],
    }
}

/// The newest `GLIBC_a.b` that a file needs.
fn newest(text: &str) -> Option<(u32, u32)> {
    text.split("GLIBC_").skip(1).filter_map(version).max()
}

fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_found_by_number_not_by_letter() {
        let text = "  0x0010: Name: GLIBC_2.9  Flags: none\n  0x0020: Name: GLIBC_2.17  Flags\n  Name: GLIBC_2.2.5";
        assert_eq!(newest(text), Some((2, 17)));
        assert_eq!(newest("Name: CXXABI_1.3"), None);
        assert!(version("2.28") < version("2.34"));
    }
}
