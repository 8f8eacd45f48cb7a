//! What others wrote and a program of ours holds: names, licences and their texts, from cargo's own tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::process;
use crate::project::{self, Project};

/// What is built for these is linked with what they need there.
const SYSTEMS: &[&str] = &["x86_64-unknown-linux-gnu", "x86_64-pc-windows-gnu"];

/// How files begin that hold licences and what must be said beside them.
const TEXTS: &[&str] = &["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize, Clone)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    source: Option<String>,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize, Clone)]
struct Target {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// The text of THIRD-PARTY.txt for what is built of these packages.
pub(crate) fn text(project: &Project, roots: &[&str]) -> Result<String, String> {
    let mut linked = BTreeMap::new();
    for system in SYSTEMS {
        let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", system];
        let metadata: Metadata = serde_json::from_str(&process::output(&mut project.cargo(&arguments))?)
            .map_err(|error| error.to_string())?;
        for package in walk(&metadata, roots)? {
            linked.insert((package.name.clone(), package.version.clone()), package);
        }
    }
    if linked.is_empty() {
        return Err(format!("{} need nothing of others, which can't be", roots.join(" and ")));
    }
    let packages: Vec<Package> = linked.into_values().collect();
    let mut out = format!(
        "What others wrote and {} hold, with its licences. The standard library of Rust is in them too\n\
         (https://www.rust-lang.org, MIT OR Apache-2.0).\n\n",
        roots.join(" and ")
    );
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in &packages {
        let licence = package.license.as_deref().ok_or_else(|| format!("{} names no licence", package.name))?;
        let address = package.repository.as_deref().unwrap_or("https://crates.io");
        out.push_str(&format!("{} {}: {licence} ({address})\n", package.name, package.version));
        for text in licence_texts(&package.manifest_path)? {
            texts.entry(text).or_default().insert(package.name.clone());
        }
    }
    for (text, names) in texts {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        out.push_str(&format!("\n{}\n{names}\n\n{text}\n", "-".repeat(80)));
    }
    Ok(out)
}

/// The packages of others that are linked into what the roots make: not what only builds them, and no macros.
fn walk(metadata: &Metadata, roots: &[&str]) -> Result<Vec<Package>, String> {
    let packages: BTreeMap<&str, &Package> = metadata.packages.iter().map(|p| (p.id.as_str(), p)).collect();
    let nodes: BTreeMap<&str, &Node> = metadata.resolve.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
    let mut open = Vec::new();
    for root in roots {
        let found = metadata.packages.iter().find(|package| package.name == *root && package.source.is_none());
        open.push(found.ok_or_else(|| format!("cargo knows no package {root}"))?.id.as_str());
    }
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        let is_macro = packages.get(id).is_some_and(|package| {
            package.targets.iter().any(|target| target.kind.iter().any(|kind| kind == "proc-macro"))
        });
        if is_macro || !seen.insert(id) {
            continue;
        }
        let Some(node) = nodes.get(id) else { continue };
        let linked = node.deps.iter().filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none()));
        open.extend(linked.map(|edge| edge.pkg.as_str()));
    }
    let of_others = seen.into_iter().filter_map(|id| packages.get(id)).filter(|package| package.source.is_some());
    Ok(of_others.map(|package| (*package).clone()).collect())
}

/// The texts in the package's own folder; some packages come without.
fn licence_texts(manifest: &Path) -> Result<Vec<String>, String> {
    let folder = manifest.parent().unwrap_or(manifest);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
            file.is_file() && TEXTS.iter().any(|start| name.starts_with(start))
        })
        .collect();
    files.sort();
    files.iter().map(|file| Ok(project::read(file)?.replace("\r\n", "\n").trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_builds_is_not_what_is_linked() {
        let metadata: Metadata = serde_json::from_str(
            r#"{"packages": [
                {"id": "r", "name": "root", "version": "1.0.0", "license": "MIT", "repository": null, "source": null,
                 "manifest_path": "/r/Cargo.toml", "targets": [{"kind": ["cdylib"]}]},
                {"id": "a", "name": "a", "version": "1.0.0", "license": "MIT", "repository": null, "source": "registry",
                 "manifest_path": "/a/Cargo.toml", "targets": [{"kind": ["lib"]}]},
                {"id": "b", "name": "b", "version": "1.0.0", "license": "MIT", "repository": null, "source": "registry",
                 "manifest_path": "/b/Cargo.toml", "targets": [{"kind": ["lib"]}]},
                {"id": "m", "name": "m", "version": "1.0.0", "license": "MIT", "repository": null, "source": "registry",
                 "manifest_path": "/m/Cargo.toml", "targets": [{"kind": ["proc-macro"]}]}],
              "resolve": {"nodes": [
                {"id": "r", "deps": [{"pkg": "a", "dep_kinds": [{"kind": null}]}, {"pkg": "b", "dep_kinds": [{"kind": "build"}]},
                                     {"pkg": "m", "dep_kinds": [{"kind": null}]}]},
                {"id": "a", "deps": []}, {"id": "b", "deps": []}, {"id": "m", "deps": [{"pkg": "b", "dep_kinds": [{"kind": null}]}]}]}}"#,
        )
        .unwrap();
        let names: Vec<_> = walk(&metadata, &["root"]).unwrap().into_iter().map(|package| package.name).collect();
        assert_eq!(names, ["a"]);
        assert!(walk(&metadata, &["other"]).is_err());
    }
}
