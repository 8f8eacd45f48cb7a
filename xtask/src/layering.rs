//! Who may import whom: the order of the core's modules, and what bindings and emulator keep apart.
//!
//! The rules are the table [`TIERS`] and the list [`APART`]; everything else here reads Rust files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::project::{self, Package, Project};

/// The core's modules, lowest first: a module imports from its own line or from a line above it.
const TIERS: &[&[&str]] = &[
    &["error", "secret", "clock", "env", "fork", "log_line"],
    &["scope", "cloud", "identity", "resource_id", "token"],
    &["http"],
    &["cloud_endpoints"],
    &["source"],
    &["cache"],
    &["token_provider", "azure_cli", "credential"],
    &["instance"],
    &["arm"],
    &["graph"],
    &["doctor"],
    &["runtime", "blocking"],
    &["fuzzing"],
];

/// What the order alone would allow and must not be: (module, what it never imports, why).
const APART: &[(&str, &[&str], &str)] = &[
    ("error", &["secret", "clock", "env", "fork"], "the error type imports nothing of ours"),
    ("cache", &["source"], "the cache knows keys and futures, not sources"),
    ("arm", &["source", "credential"], "Resource Manager's client takes a TokenProvider, never a source"),
    ("graph", &["source", "credential"], "Graph's client takes a TokenProvider, never a source"),
];

/// Every breach in the tree.
pub(crate) fn check(project: &Project) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    let source = project.path("src");
    let exports = root_exports(&project.read("src/lib.rs")?)?;
    for file in project::files(&source, ".rs") {
        let relative = project.relative(&file).display().to_string();
        let module = module_path(file.strip_prefix(&source).unwrap_or(&file));
        let Some(top) = module.first().cloned().filter(|_| module.iter().all(|part| part != "tests")) else {
            continue;
        };
        for target in
            imports(&project::read(&file)?, &module, &exports).map_err(|error| format!("{relative}: {error}"))?
        {
            findings.extend(breach(&relative, &top, &target));
        }
    }
    findings.extend(packages_apart(project.packages.values()));
    Ok(findings)
}

fn tier(module: &str) -> Option<usize> {
    TIERS.iter().position(|tier| tier.contains(&module))
}

fn breach(file: &str, module: &str, target: &str) -> Option<String> {
    if module == target {
        return None;
    }
    let place = |name: &str| {
        format!("{file}: the module `{name}` has no place in the order; give it one in xtask/src/layering.rs")
    };
    let Some(own) = tier(module) else { return Some(place(module)) };
    let Some(other) = tier(target) else { return Some(place(target)) };
    if other > own {
        return Some(format!("{file}: `{module}` imports `{target}`, which stands above it"));
    }
    APART
        .iter()
        .find(|(name, never, _)| *name == module && never.contains(&target))
        .map(|(_, _, why)| format!("{file}: `{module}` imports `{target}`: {why}"))
}

/// Bindings never import each other, and the emulator and the core share no code.
fn packages_apart<'a>(packages: impl Iterator<Item = &'a Package> + Clone) -> Vec<String> {
    let folder = |package: &Package| package.manifest_path.parent().map(Path::to_path_buf).unwrap_or_default();
    let is_binding = |path: &Path| path.components().any(|part| part.as_os_str() == "bindings");
    let mut findings = Vec::new();
    for package in packages.clone() {
        for dependency in &package.dependencies {
            let (name, other) = (&package.name, &dependency.name);
            let own = packages.clone().find(|candidate| candidate.name == *other);
            if name == "midentity-emulator" && own.is_some() {
                findings.push(format!("{name} depends on {other}: the emulator shares no code with the library"));
            }
            if dependency.kind.as_deref() != Some("dev") && other == "midentity-emulator" {
                findings.push(format!("{name} depends on {other}: only tests may"));
            }
            if is_binding(&folder(package)) && own.is_some_and(|own| is_binding(&folder(own))) {
                findings.push(format!("{name} depends on {other}: bindings never import each other"));
            }
        }
    }
    findings
}

/// `http/retry.rs` is `["http", "retry"]`; `lib.rs` is the root.
fn module_path(relative: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        relative.with_extension("").components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// The names that `lib.rs` hands on, each with the module it comes from.
fn root_exports(lib: &str) -> Result<BTreeMap<String, String>, String> {
    let file = syn::parse_file(lib).map_err(|error| format!("src/lib.rs: {error}"))?;
    let mut exports = BTreeMap::new();
    for item in &file.items {
        if let syn::Item::Use(item) = item {
            let mut paths = Vec::new();
            flatten(&item.tree, &mut Vec::new(), &mut paths);
            for (path, name) in paths {
                let path: Vec<_> = path.into_iter().skip_while(|part| part == "crate" || part == "self").collect();
                if let (Some(module), true) = (path.first(), path.len() > 1) {
                    exports.insert(name, module.clone());
                }
            }
        }
    }
    Ok(exports)
}

/// The core's top modules that a file uses outside its tests.
fn imports(text: &str, module: &[String], exports: &BTreeMap<String, String>) -> Result<BTreeSet<String>, String> {
    let file = syn::parse_file(text).map_err(|error| error.to_string())?;
    let mut reader = Reader { module: module.to_vec(), exports, found: BTreeSet::new() };
    reader.visit_file(&file);
    Ok(reader.found)
}

struct Reader<'a> {
    module: Vec<String>,
    exports: &'a BTreeMap<String, String>,
    found: BTreeSet<String>,
}

impl Reader<'_> {
    /// Notes the top module that a path leads to, where it starts at the crate's root or climbs to it.
    fn path(&mut self, parts: &[String]) {
        let mut parts = parts.iter().map(String::as_str);
        let mut at: Vec<&str> = match parts.next() {
            Some("crate") => Vec::new(),
            Some("self") => self.module.iter().map(String::as_str).collect(),
            Some("super") => self.module.iter().rev().skip(1).rev().map(String::as_str).collect(),
            _ => return,
        };
        for part in parts {
            if part == "super" {
                at.pop();
            } else {
                at.push(part);
            }
        }
        if let Some(&top) = at.first() {
            let module = self.exports.get(top).map_or(top, String::as_str);
            self.found.insert(module.to_owned());
        }
    }

    /// Paths inside a macro's arguments, which no parser has read.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.path(&std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.path(&std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.path(&path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.content.is_some() {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut paths = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut paths);
        for (path, _) in paths {
            self.path(&path);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if parts.len() > 1 {
            self.path(&parts);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.tokens(mac.tokens.clone());
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// Each path of a `use`, with the name it gets.
fn flatten(tree: &syn::UseTree, before: &mut Vec<String>, paths: &mut Vec<(Vec<String>, String)>) {
    let with = |before: &[String], name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
    match tree {
        syn::UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, paths);
            before.pop();
        }
        syn::UseTree::Name(name) if name.ident == "self" => {
            paths.push((before.clone(), before.last().cloned().unwrap_or_default()));
        }
        syn::UseTree::Name(name) => paths.push((with(before, name.ident.to_string()), name.ident.to_string())),
        syn::UseTree::Rename(rename) => paths.push((with(before, rename.ident.to_string()), rename.rename.to_string())),
        syn::UseTree::Glob(_) => paths.push((before.clone(), "*".to_owned())),
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| flatten(item, before, paths)),
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]` and its compounds that hold only in tests.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<TokenStream>().is_ok_and(|tokens| {
                let text = tokens.to_string();
                text == "test" || text.starts_with("all (test")
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Dependency;

    fn breaches(module: &str, text: &str) -> Vec<String> {
        let exports = BTreeMap::from([("Credential".to_owned(), "credential".to_owned())]);
        let path = vec![module.to_owned(), "part".to_owned()];
        imports(text, &path, &exports)
            .unwrap()
            .iter()
            .filter_map(|target| breach("sample.rs", module, target))
            .collect()
    }

    #[test]
    fn imports_from_below_are_fine() {
        let text = "use crate::error::{Error, Result}; use crate::http; use super::retry::Table; use std::fmt;
            fn f() -> crate::scope::Scope { crate::clock::now() }";
        assert_eq!(breaches("source", text), Vec::<String>::new());
    }

    #[test]
    fn each_way_of_writing_an_import_from_above_is_seen() {
        for text in [
            "use crate::cache::Cache;",
            "use crate::{error::Error, cache};",
            "use crate::cache as memory;",
            "use super::super::cache::Cache;",
            "fn f(_: crate::cache::Cache) {}",
            "fn f() { let _ = super::super::cache::get(); }",
            "fn f() { println!(\"{}\", crate::cache::size()); }",
            "fn f() { vec![Some(crate::cache::size())]; }",
            "mod inner { use super::super::super::cache::Cache; }",
            "use crate::Credential;",
        ] {
            let found = breaches("http", text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].contains("stands above"), "{found:?}");
        }
    }

    #[test]
    fn what_must_stay_apart_is_seen_although_the_order_allows_it() {
        assert!(breaches("cache", "use crate::source::Source;")[0].contains("keys and futures"));
        assert!(breaches("arm", "use crate::Credential;")[0].contains("TokenProvider"));
        assert!(breaches("error", "use crate::clock;")[0].contains("nothing of ours"));
        assert_eq!(breaches("credential", "use crate::source::Source;"), Vec::<String>::new());
    }

    #[test]
    fn a_new_module_must_be_given_its_place() {
        assert!(breaches("http", "use crate::utils;")[0].contains("no place"));
        assert!(breaches("helpers", "use crate::error::Error;")[0].contains("no place"));
    }

    #[test]
    fn tests_may_use_what_they_like() {
        assert_eq!(breaches("http", "#[cfg(test)] mod tests { use crate::credential::X; }"), Vec::<String>::new());
        assert_eq!(breaches("http", "#[cfg(all(test, unix))] use crate::credential::X;"), Vec::<String>::new());
        assert_eq!(breaches("http", "#[cfg(not(test))] use crate::credential::X;").len(), 1);
    }

    #[test]
    fn files_name_their_modules() {
        assert_eq!(module_path(Path::new("http/retry.rs")), ["http", "retry"]);
        assert_eq!(module_path(Path::new("source/mod.rs")), ["source"]);
        assert!(module_path(Path::new("lib.rs")).is_empty());
    }

    #[test]
    fn packages_that_must_not_meet() {
        let package = |name: &str, folder: &str, needs: &[(&str, Option<&str>)]| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            description: None,
            repository: None,
            manifest_path: Path::new(folder).join("Cargo.toml"),
            dependencies: needs
                .iter()
                .map(|(name, kind)| Dependency {
                    name: (*name).to_owned(),
                    req: "^1".to_owned(),
                    kind: kind.map(str::to_owned),
                    path: None,
                })
                .collect(),
        };
        let good = [
            package("midentity", "", &[("serde", None), ("midentity-emulator", Some("dev"))]),
            package("midentity-emulator", "emulator", &[("axum", None)]),
            package("midentity-c", "bindings/c", &[("midentity", None)]),
            package("midentity-python", "bindings/python", &[("midentity", None)]),
        ];
        assert_eq!(packages_apart(good.iter()), Vec::<String>::new());
        let bad = [
            package("midentity", "", &[("midentity-emulator", None)]),
            package("midentity-emulator", "emulator", &[("midentity", Some("dev"))]),
            package("midentity-c", "bindings/c", &[]),
            package("midentity-python", "bindings/python", &[("midentity-c", None)]),
        ];
        assert_eq!(packages_apart(bad.iter()).len(), 3);
    }
}
