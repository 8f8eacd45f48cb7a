//! PowerShell's help: one Markdown page for each cmdlet, in platyPS's schema, and one for each about_ topic. Get-Help
//! reads neither: the pages become MAML and plain text in the module's folder.

use std::path::{Path, PathBuf};

use crate::help_page::{Page, Parameter};
use crate::project::{self, Project};

/// A module's pages, and what they are for.
#[derive(Debug)]
pub(crate) struct ModuleHelp {
    /// The module's sources: the manifest, and the pages in `help/`.
    pub(crate) folder: &'static str,
    pub(crate) manifest: &'static str,
    /// Named after the assembly, or Get-Help does not find it.
    maml: &'static str,
    /// The topics that every version has.
    topics: &'static [&'static str],
}

pub(crate) const MIDENTITY: ModuleHelp = ModuleHelp {
    folder: "bindings/powershell/module",
    manifest: "Midentity.psd1",
    maml: "en-US/Midentity.PowerShell.dll-Help.xml",
    topics: &["about_Midentity", "about_Midentity_Errors", "about_Midentity_Migration"],
};

pub(crate) const EMULATOR: ModuleHelp = ModuleHelp {
    folder: "bindings/powershell/emulator/module",
    manifest: "Midentity.Emulator.psd1",
    maml: "en-US/Midentity.Emulator.PowerShell.dll-Help.xml",
    topics: &["about_Midentity_Emulator"],
};

/// Text is wrapped so that it fits a narrow console, indented by four.
const WIDTH: usize = 76;

impl ModuleHelp {
    fn pages(&self, project: &Project) -> Vec<PathBuf> {
        project::files(&project.path(self.folder).join("help"), ".md")
    }
}

/// What is wrong with the pages: sections, examples, cmdlets without a page and pages without a cmdlet.
pub(crate) fn check(project: &Project) -> Result<Vec<String>, String> {
    let mut findings = check_module(project, &MIDENTITY)?;
    findings.extend(check_module(project, &EMULATOR)?);
    Ok(findings)
}

fn check_module(project: &Project, help: &ModuleHelp) -> Result<Vec<String>, String> {
    let mut findings = Vec::new();
    let mut names = Vec::new();
    let mut topics = Vec::new();
    for file in help.pages(project) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = project::read(&file)?;
        if name.starts_with("about_") {
            findings.extend(topic(&name, &text).err());
            topics.push(name);
        } else {
            match Page::parse(&text) {
                Ok(page) => {
                    findings.extend(page.findings().into_iter().map(|finding| format!("{name}.md: {finding}")));
                    if page.name != name {
                        findings.push(format!("{name}.md is about {}", page.name));
                    }
                }
                Err(why) => findings.push(format!("{name}.md: {why}")),
            }
            names.push(name);
        }
    }
    let exported = exported(&project::read(&project.path(help.folder).join(help.manifest))?);
    findings.extend(exported.iter().filter(|name| !names.contains(name)).map(|name| format!("{name} has no page")));
    findings.extend(names.iter().filter(|name| !exported.contains(name)).map(|name| format!("{name} is not exported")));
    findings.extend(
        help.topics.iter().filter(|name| !topics.iter().any(|topic| topic == *name)).map(|name| format!("no {name}")),
    );
    Ok(findings)
}

/// Writes the help into the module's folder.
pub(crate) fn write(project: &Project, help: &ModuleHelp, module: &Path) -> Result<(), String> {
    let mut commands = String::new();
    for file in help.pages(project) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = project::read(&file)?;
        if name.starts_with("about_") {
            project::write(&module.join(format!("en-US/{name}.help.txt")), &topic(&name, &text)?)?;
        } else {
            commands.push_str(&command(&Page::parse(&text).map_err(|why| format!("{name}.md: {why}"))?));
        }
    }
    let maml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<helpItems schema=\"maml\" xmlns=\"http://msh\">\n{commands}</helpItems>\n"
    );
    project::write(&module.join(help.maml), &maml)
}

/// The names in `CmdletsToExport = @( … )`.
fn exported(manifest: &str) -> Vec<String> {
    let list = manifest.split("CmdletsToExport").nth(1).and_then(|rest| rest.split(')').next()).unwrap_or_default();
    list.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

/// One cmdlet in MAML.
fn command(page: &Page) -> String {
    let (verb, noun) = page.name.split_once('-').unwrap_or((&page.name, ""));
    let mut out = String::from(
        "<command:command xmlns:maml=\"http://schemas.microsoft.com/maml/2004/10\" \
         xmlns:command=\"http://schemas.microsoft.com/maml/dev/command/2004/10\" \
         xmlns:dev=\"http://schemas.microsoft.com/maml/dev/2004/10\">\n",
    );
    out.push_str(&format!(
        "<command:details><command:name>{}</command:name><command:verb>{}</command:verb><command:noun>{}</command:noun>{}\
         </command:details>\n",
        escape(&page.name),
        escape(verb),
        escape(noun),
        description(&page.synopsis)
    ));
    out.push_str(&description(&page.description));
    out.push_str("<command:syntax>\n");
    for set in &page.sets {
        out.push_str(&format!("<command:syntaxItem><maml:name>{}</maml:name>", escape(&page.name)));
        let mut members: Vec<_> = page.parameters.iter().filter(|parameter| parameter.is_in(&set.name)).collect();
        members.sort_by_key(|parameter| (parameter.position().unwrap_or(u32::MAX), !parameter.is_required()));
        for member in members {
            out.push_str(&parameter(member));
        }
        out.push_str("</command:syntaxItem>\n");
    }
    out.push_str("</command:syntax>\n<command:parameters>\n");
    for each in &page.parameters {
        out.push_str(&parameter(each));
    }
    out.push_str("</command:parameters>\n");
    for (list, item, entries) in
        [("inputTypes", "inputType", &page.inputs), ("returnValues", "returnValue", &page.outputs)]
    {
        out.push_str(&format!("<command:{list}>"));
        for (name, text) in entries {
            out.push_str(&format!(
                "<command:{item}><dev:type><maml:name>{}</maml:name></dev:type>{}</command:{item}>",
                escape(name),
                description(text)
            ));
        }
        out.push_str(&format!("</command:{list}>\n"));
    }
    out.push_str(&format!("<maml:alertSet><maml:alert>{}</maml:alert></maml:alertSet>\n", paragraphs(&page.notes)));
    out.push_str("<command:examples>\n");
    for example in &page.examples {
        out.push_str(&format!(
            "<command:example><maml:title>--- {} ---</maml:title><dev:code>{}</dev:code><dev:remarks>{}<maml:para/></dev:remarks>\
             </command:example>\n",
            escape(&example.title),
            escape(&example.code),
            paragraphs(&example.remarks)
        ));
    }
    out.push_str("</command:examples>\n<command:relatedLinks>");
    for (text, uri) in &page.links {
        out.push_str(&format!(
            "<maml:navigationLink><maml:linkText>{}</maml:linkText><maml:uri>{}</maml:uri></maml:navigationLink>",
            escape(text),
            escape(uri)
        ));
    }
    out.push_str("</command:relatedLinks>\n</command:command>\n");
    out
}

fn parameter(parameter: &Parameter) -> String {
    let value = if parameter.is_switch() {
        String::new()
    } else {
        format!(
            "<command:parameterValue required=\"true\" variableLength=\"{}\">{}</command:parameterValue>",
            parameter.kind.ends_with("[]"),
            escape(&parameter.kind)
        )
    };
    format!(
        "<command:parameter required=\"{}\" variableLength=\"true\" globbing=\"{}\" pipelineInput=\"{}\" position=\"{}\" \
         aliases=\"{}\"><maml:name>{}</maml:name>{}{value}<dev:type><maml:name>{}</maml:name></dev:type>\
         <dev:defaultValue>{}</dev:defaultValue></command:parameter>",
        parameter.is_required(),
        parameter.wildcards.to_lowercase(),
        escape(&parameter.pipeline),
        escape(&parameter.position.to_lowercase()),
        if parameter.aliases.is_empty() { "none".to_owned() } else { escape(&parameter.aliases) },
        escape(&parameter.name),
        description(&parameter.description),
        escape(&parameter.kind),
        escape(&parameter.default)
    )
}

fn description(text: &str) -> String {
    format!("<maml:description>{}</maml:description>", paragraphs(text))
}

/// Markdown's paragraphs; a list's items and code stay apart.
fn paragraphs(text: &str) -> String {
    blocks(text).iter().map(|block| format!("<maml:para>{}</maml:para>", escape(block))).collect()
}

/// The text in pieces: joined paragraphs, single list items, code as it stands.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let (mut open, mut code) = (false, false);
    for line in text.lines() {
        if line.starts_with("```") {
            (code, open) = (!code, false);
        } else if code {
            blocks.push(format!("    {line}"));
        } else if line.trim().is_empty() {
            open = false;
        } else if line.starts_with("- ") || line.starts_with('|') || !open {
            blocks.push(plain(line.trim()));
            open = true;
        } else if let Some(last) = blocks.last_mut() {
            last.push(' ');
            last.push_str(&plain(line.trim()));
        }
    }
    blocks
}

/// Text without Markdown's marks: Get-Help shows them as they are.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let link = rest[start..].find("](").and_then(|middle| {
            let middle = start + middle;
            rest[middle..]
                .find(')')
                .map(|end| (&rest[start + 1..middle], &rest[middle + 2..middle + end], middle + end + 1))
        });
        let Some((words, target, end)) = link.filter(|(words, _, _)| !words.contains('[')) else { break };
        out.push_str(&rest[..start]);
        out.push_str(words);
        if target.starts_with("http") {
            out.push_str(&format!(" ({target})"));
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out.replace("**", "").replace('`', "")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An about_ topic as plain text. Get-Help's lists show what is under SHORT DESCRIPTION.
fn topic(name: &str, text: &str) -> Result<String, String> {
    let mut lines = text.lines();
    if lines.next() != Some(&format!("# {name}")) {
        return Err(format!("{name}.md does not begin with its name as heading"));
    }
    if !text.contains("\n## Short description\n") || !text.contains("\n## Long description\n") {
        return Err(format!("{name}.md lacks a short or a long description"));
    }
    let mut out = format!("TOPIC\n    {name}\n");
    let mut section = String::new();
    let close = |section: &mut String, out: &mut String| {
        let mut before = "";
        for block in blocks(section) {
            let list = block.starts_with("- ") || block.starts_with('|') || block.starts_with("    ");
            let kind = if list { &block[..1] } else { "" };
            if before != kind || kind.is_empty() {
                out.push('\n');
            }
            before = match kind {
                "-" => "-",
                "|" => "|",
                " " => " ",
                _ => "",
            };
            out.push_str(&wrap(&block));
        }
        section.clear();
    };
    for line in lines {
        if let Some(heading) = line.strip_prefix("## ").or_else(|| line.strip_prefix("### ")) {
            close(&mut section, &mut out);
            out.push_str(&format!("\n{}", heading.to_uppercase()));
            out.push('\n');
        } else {
            section.push_str(line);
            section.push('\n');
        }
    }
    close(&mut section, &mut out);
    // The line below SHORT DESCRIPTION must not be empty, or lists show nothing.
    Ok(out.replace("SHORT DESCRIPTION\n\n", "SHORT DESCRIPTION\n"))
}

fn wrap(block: &str) -> String {
    if block.starts_with("    ") || block.starts_with('|') {
        return format!("    {block}\n");
    }
    let hanging = if block.starts_with("- ") { "      " } else { "    " };
    let mut out = String::new();
    let mut line = String::from("    ");
    let mut empty = true;
    for word in block.split_whitespace() {
        if !empty && line.chars().count() + word.chars().count() >= WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            hanging.clone_into(&mut line);
        }
        line.push_str(word);
        line.push(' ');
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_markdown_go_and_links_stay() {
        assert_eq!(plain("see `x` and **y**"), "see x and y");
        assert_eq!(plain("[docs](https://a.test/b) here, [local](b.md)."), "docs (https://a.test/b) here, local.");
        assert_eq!(plain("String[] and [x"), "String[] and [x");
    }

    #[test]
    fn paragraphs_are_joined_and_code_stays() {
        assert_eq!(blocks("a\nb\n\n- c\n  d\n- e\n```\n  f `g`\n```\nh"), ["a b", "- c d", "- e", "      f `g`", "h"]);
        assert_eq!(paragraphs("a < b"), "<maml:para>a &lt; b</maml:para>");
    }

    #[test]
    fn a_topic_has_its_short_description_where_lists_look() {
        let text = "# about_X\n\n## Short description\nShort.\n\n## Long description\nLong\ntext.\n";
        let shown = topic("about_X", text).unwrap();
        assert!(shown.starts_with("TOPIC\n    about_X\n\nSHORT DESCRIPTION\n    Short.\n"), "{shown}");
        assert!(shown.contains("LONG DESCRIPTION\n\n    Long text.\n"), "{shown}");
        assert!(topic("about_Y", text).is_err());
        assert!(topic("about_X", "# about_X\n").is_err());
    }

    #[test]
    fn long_lines_are_wrapped() {
        let text = wrap(&"word ".repeat(40));
        assert!(text.lines().all(|line| line.len() <= WIDTH && line.starts_with("    word")), "{text}");
        assert!(text.lines().count() > 2);
    }

    #[test]
    fn the_manifest_lists_the_cmdlets() {
        assert_eq!(exported("CmdletsToExport = @(\n 'A-B'\n 'C-D'\n)\nFunctionsToExport = @('x')"), ["A-B", "C-D"]);
    }
}
