//! Error ids and kinds: declared once in `src/error.rs`, described in `docs/errors.md`, repeated by the languages.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};

use crate::project::{self, Project};

const PAGE: &str = "docs/errors.md";

/// Every disagreement in the tree.
pub(crate) fn check(project: &Project) -> Result<Vec<String>, String> {
    let mut declared = Declared::default();
    for file in project::files(&project.path("src"), ".rs") {
        let parsed = syn::parse_file(&project::read(&file)?)
            .map_err(|error| format!("{}: {error}", project.relative(&file).display()))?;
        declared.visit_file(&parsed);
    }
    let mut findings = declared.twice.clone();
    if declared.ids.is_empty() {
        findings.push("src: no error id found (constants in a module `id`)".to_owned());
    }
    let mut described = declared.ids.clone();
    for raised in ["bindings/powershell/src/Errors/ErrorIds.cs", "bindings/powershell/emulator/src/ErrorIds.cs"] {
        described.extend(csharp_ids(&project.read(raised)?));
    }
    findings.extend(headings(&described, &project.read(PAGE)?));
    findings.extend(documented_kinds(&declared.kinds, &project.read(PAGE)?));
    let python = "python/midentity/errors.py";
    if project.path(python).exists() {
        findings.extend(python_kinds(python, &declared.kinds, &project.read(python)?));
    }
    let csharp = "bindings/powershell/src/Errors/MidErrorKind.cs";
    findings.extend(csharp_kinds(csharp, &declared.kinds, &project.read(csharp)?));
    let (header, statuses) = ("include/midentity.h", "bindings/c/src/status.rs");
    findings.extend(c_kinds(header, &declared.kinds, &project.read(header)?, &project.read(statuses)?));
    Ok(findings)
}

#[derive(Default)]
struct Declared {
    ids: BTreeSet<String>,
    twice: Vec<String>,
    kinds: BTreeMap<String, u64>,
    inside: bool,
}

impl<'ast> Visit<'ast> for Declared {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let before = std::mem::replace(&mut self.inside, item.ident == "id" || item.ident == "ids");
        visit::visit_item_mod(self, item);
        self.inside = before;
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        if let (true, syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(id), .. })) = (self.inside, &*item.expr) {
            let (id, name) = (id.value(), item.ident.to_string());
            if name != id.replace('.', "_").to_uppercase() {
                self.twice.push(format!("src: the id {id:?} is declared as {name}"));
            }
            if !self.ids.insert(id.clone()) {
                self.twice.push(format!("src: the id {id:?} is declared twice"));
            }
        }
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        if item.ident == "ErrorKind" {
            for variant in &item.variants {
                if let Some((_, syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }))) =
                    &variant.discriminant
                {
                    self.kinds.insert(variant.ident.to_string(), number.base10_parse().unwrap_or_default());
                }
            }
        }
    }
}

/// One heading ``### `id` `` for each id, each with a cause and a remedy, and no other.
fn headings(ids: &BTreeSet<String>, page: &str) -> Vec<String> {
    let mut sections: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut findings = Vec::new();
    let mut current = None;
    for line in page.lines() {
        if let Some(id) = line.strip_prefix("### `").and_then(|rest| rest.strip_suffix('`')) {
            if sections.insert(id.to_owned(), Vec::new()).is_some() {
                findings.push(format!("{PAGE}: two headings for {id:?}"));
            }
            current = Some(id.to_owned());
        } else if line.starts_with("## ") {
            current = None;
        } else if let Some(lines) = current.as_ref().and_then(|id| sections.get_mut(id)) {
            lines.push(line);
        }
    }
    for id in ids.iter().filter(|id| !sections.contains_key(*id)) {
        findings.push(format!("{PAGE}: no heading for {id:?}"));
    }
    for (id, lines) in &sections {
        if !ids.contains(id) {
            findings.push(format!("{PAGE}: {id:?} is declared nowhere"));
        }
        for part in ["**Cause.**", "**Remedy.**"] {
            if !lines.iter().any(|line| line.starts_with(part)) {
                findings.push(format!("{PAGE}: {id:?} has no {part}"));
            }
        }
    }
    findings
}

/// The page's table of kinds: `| Kind | number | …`.
fn documented_kinds(kinds: &BTreeMap<String, u64>, page: &str) -> Vec<String> {
    let rows: BTreeMap<_, _> = page
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
            let (name, number) = (cells.next()?.trim_matches('`'), cells.next()?.parse().ok()?);
            Some((name.to_owned(), number))
        })
        .collect();
    differences(PAGE, kinds, &rows)
}

/// `errors.py` holds each kind's number as `InvalidArgument = 1` or `INVALID_ARGUMENT = 1`, wherever it declares any.
fn python_kinds(file: &str, kinds: &BTreeMap<String, u64>, text: &str) -> Vec<String> {
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    let names: BTreeMap<_, _> = kinds.keys().map(|name| (plain(name), name.clone())).collect();
    let found: BTreeMap<_, _> = text
        .lines()
        .filter_map(|line| {
            let (name, number) = line.trim().split_once('=')?;
            let name = name.split(':').next().unwrap_or_default().trim();
            let number = number.split('#').next().unwrap_or_default().trim().parse().ok()?;
            Some((names.get(&plain(name))?.clone(), number))
        })
        .collect();
    differences(file, kinds, &found)
}

/// The members of `enum MidErrorKind`: `InvalidArgument = 1,`, and no other.
fn csharp_kinds(file: &str, kinds: &BTreeMap<String, u64>, text: &str) -> Vec<String> {
    let body = text.split("enum MidErrorKind").nth(1).and_then(|rest| rest.split('}').next()).unwrap_or_default();
    let found: BTreeMap<_, _> = body
        .lines()
        .filter_map(|line| {
            let (name, number) = line.trim().trim_end_matches(',').split_once(" = ")?;
            Some((name.to_owned(), number.parse().ok()?))
        })
        .collect();
    differences(file, kinds, &found)
}

/// The ids that the PowerShell module raises itself: `internal const string Name = "a.b";`.
fn csharp_ids(text: &str) -> Vec<String> {
    let id = |line: &str| Some(line.trim().strip_prefix("internal const string ")?.split('"').nth(1)?.to_owned());
    text.lines().filter_map(id).collect()
}

/// The header's statuses above MIDENTITY_OK are the kinds. Which of its numbers are statuses is said by `status.rs`.
fn c_kinds(file: &str, kinds: &BTreeMap<String, u64>, header: &str, statuses: &str) -> Vec<String> {
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    let names: BTreeMap<_, _> = kinds.keys().map(|name| (plain(name), name.clone())).collect();
    let declared = statuses
        .lines()
        .filter_map(|line| line.strip_prefix("pub const MIDENTITY_")?.split_once(": midentity_status = "))
        .map(|(name, _)| name);
    let found: BTreeMap<_, _> = declared
        .filter_map(|name| {
            let define = format!("#define MIDENTITY_{name} ");
            let number = header.lines().find_map(|line| line.strip_prefix(&define)?.trim().parse::<i64>().ok())?;
            let kind = names.get(&plain(name)).cloned().unwrap_or_else(|| format!("MIDENTITY_{name}"));
            Some((kind, u64::try_from(number).ok().filter(|number| *number > 0)?))
        })
        .collect();
    differences(file, kinds, &found)
}

fn differences(place: &str, kinds: &BTreeMap<String, u64>, found: &BTreeMap<String, u64>) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, number) in kinds {
        match found.get(name) {
            Some(other) if other == number => {}
            Some(other) => findings.push(format!("{place}: kind {name} is {other}, in Rust {number}")),
            None => findings.push(format!("{place}: kind {name} = {number} is missing")),
        }
    }
    for name in found.keys().filter(|name| !kinds.contains_key(*name)) {
        findings.push(format!("{place}: kind {name} does not exist in Rust"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUST: &str = r#"
        #[repr(i32)] pub enum ErrorKind { InvalidArgument = 1, Internal = 99 }
        pub mod id { pub const A_B: &str = "a.b"; pub const CLOSED: &str = "closed"; }
        pub const OTHER: &str = "no.id";
    "#;

    fn declared(text: &str) -> Declared {
        let mut declared = Declared::default();
        declared.visit_file(&syn::parse_file(text).unwrap());
        declared
    }

    #[test]
    fn ids_and_kinds_are_read() {
        let declared = declared(RUST);
        assert_eq!(declared.ids, BTreeSet::from(["a.b".to_owned(), "closed".to_owned()]));
        assert_eq!(declared.kinds["Internal"], 99);
        assert!(declared.twice.is_empty());
    }

    #[test]
    fn an_id_is_declared_once_and_under_its_name() {
        let text = RUST.replace("CLOSED: &str = \"closed\"", "A_C: &str = \"a.b\"");
        assert_eq!(declared(&text).twice.len(), 2);
    }

    #[test]
    fn each_id_has_its_section() {
        let ids = declared(RUST).ids;
        let good = "### `a.b`\n**Cause.** x\n**Remedy.** y\n### `closed`\n**Cause.** x\n**Remedy.** y\n";
        assert_eq!(headings(&ids, good), Vec::<String>::new());
        assert_eq!(headings(&ids, &good.replace("closed", "open")).len(), 2);
        assert_eq!(headings(&ids, &good.replace("closed", "a.b")).len(), 2);
        assert_eq!(headings(&ids, &good.replacen("**Remedy.**", "", 1)).len(), 1);
    }

    #[test]
    fn kinds_agree_in_the_page_and_in_python() {
        let kinds = declared(RUST).kinds;
        let page = "| kind | number |\n|---|---|\n| `InvalidArgument` | 1 |\n| `Internal` | 99 |\n";
        assert_eq!(documented_kinds(&kinds, page), Vec::<String>::new());
        assert_eq!(documented_kinds(&kinds, &page.replace("99", "98")).len(), 1);
        assert_eq!(
            python_kinds("e", &kinds, "class ErrorKind:\n    INVALID_ARGUMENT = 1\n    INTERNAL = 99\n").len(),
            0
        );
        assert_eq!(python_kinds("e", &kinds, "    INVALID_ARGUMENT = 2\n").len(), 2);
    }

    #[test]
    fn the_module_s_own_ids_are_read() {
        let text = "    /// <summary>x</summary>\n    internal const string LibraryMissing = \"library.missing\";\n";
        assert_eq!(csharp_ids(text), ["library.missing"]);
        assert!(csharp_ids("static string A => \"a.b\";").is_empty());
    }

    #[test]
    fn kinds_agree_in_csharp() {
        let kinds = declared(RUST).kinds;
        let good = "public enum MidErrorKind\n{\n    /// x\n    InvalidArgument = 1,\n    Internal = 99,\n}\n";
        assert_eq!(csharp_kinds("e", &kinds, good), Vec::<String>::new());
        assert_eq!(csharp_kinds("e", &kinds, &good.replace("99", "98")).len(), 1);
        assert_eq!(csharp_kinds("e", &kinds, &good.replace("Internal", "Outer")).len(), 2);
        assert_eq!(csharp_kinds("e", &kinds, "").len(), 2);
    }

    #[test]
    fn kinds_agree_in_the_header() {
        let kinds = declared(RUST).kinds;
        let rust = "pub const MIDENTITY_PENDING: midentity_status = -1;\npub const MIDENTITY_OK: midentity_status = 0;\n\
                    pub const MIDENTITY_INVALID_ARGUMENT: midentity_status = 1;\n\
                    pub const MIDENTITY_INTERNAL: midentity_status = 99;\npub const MIDENTITY_LOG_ERROR: i32 = 1;\n";
        let header = "#define MIDENTITY_PENDING -1\n#define MIDENTITY_OK 0\n#define MIDENTITY_INVALID_ARGUMENT 1\n\
                      #define MIDENTITY_INTERNAL 99\n#define MIDENTITY_LOG_ERROR 1\n";
        assert_eq!(c_kinds("h", &kinds, header, rust), Vec::<String>::new());
        assert_eq!(c_kinds("h", &kinds, &header.replace("99", "98"), rust).len(), 1);
        assert_eq!(c_kinds("h", &kinds, &header.replace("INTERNAL", "INNER"), rust).len(), 1);
        let more = rust.to_owned() + "pub const MIDENTITY_MORE: midentity_status = 5;\n";
        assert_eq!(c_kinds("h", &kinds, &(header.to_owned() + "#define MIDENTITY_MORE 5\n"), &more).len(), 1);
    }
}
