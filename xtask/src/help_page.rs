//! A cmdlet's page of help in platyPS's Markdown schema (version 2).

/// What a page says of one cmdlet.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) synopsis: String,
    pub(crate) description: String,
    pub(crate) sets: Vec<Set>,
    pub(crate) examples: Vec<Example>,
    pub(crate) parameters: Vec<Parameter>,
    /// Type and description.
    pub(crate) inputs: Vec<(String, String)>,
    pub(crate) outputs: Vec<(String, String)>,
    pub(crate) notes: String,
    /// Words and address.
    pub(crate) links: Vec<(String, String)>,
}

/// A parameter set: its name, empty where there is only one.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) name: String,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) title: String,
    pub(crate) code: String,
    pub(crate) remarks: String,
}

/// One parameter; the values are as they are written.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) kind: String,
    pub(crate) sets: String,
    pub(crate) aliases: String,
    pub(crate) required: String,
    pub(crate) position: String,
    pub(crate) default: String,
    pub(crate) pipeline: String,
    pub(crate) wildcards: String,
}

impl Parameter {
    pub(crate) fn is_in(&self, set: &str) -> bool {
        set.is_empty() || self.sets == "(All)" || self.sets.split(", ").any(|name| name == set)
    }

    pub(crate) fn is_switch(&self) -> bool {
        self.kind == "SwitchParameter"
    }

    pub(crate) fn is_required(&self) -> bool {
        self.required.eq_ignore_ascii_case("true")
    }

    pub(crate) fn position(&self) -> Option<u32> {
        self.position.parse().ok()
    }
}

impl Page {
    /// Reads a page; unknown headings and unknown keys are refused, so that a slip does not lose a part.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.strip_prefix("---\n").ok_or("no head between --- lines")?;
        let end = rest.find("\n---\n").ok_or("the head does not end")?;
        if !rest[..end].lines().any(|line| line == "schema: 2.0.0") {
            return Err("the head does not name schema 2.0.0".to_owned());
        }
        rest = &rest[end + 5..];
        let mut sections = split(rest, "# ");
        if sections.len() != 2 || !sections[0].1.trim().is_empty() {
            return Err("there must be one heading of the first order, and nothing before it".to_owned());
        }
        let (name, body) = sections.remove(1);
        let mut page = Self { name, ..Self::default() };
        for (heading, body) in split(&body, "## ") {
            match heading.as_str() {
                "" if body.trim().is_empty() => {}
                "SYNOPSIS" => page.synopsis = body.trim().to_owned(),
                "SYNTAX" => page.sets = sets(&body),
                "DESCRIPTION" => page.description = body.trim().to_owned(),
                "EXAMPLES" => page.examples = examples(&body)?,
                "PARAMETERS" => page.parameters = parameters(&body)?,
                "INPUTS" => page.inputs = types(&body),
                "OUTPUTS" => page.outputs = types(&body),
                "NOTES" => page.notes = body.trim().to_owned(),
                "RELATED LINKS" => page.links = body.lines().filter_map(link).collect(),
                other => return Err(format!("unknown heading {other:?}")),
            }
        }
        Ok(page)
    }

    /// What is missing.
    pub(crate) fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        let texts = [("synopsis", &self.synopsis), ("description", &self.description)];
        findings.extend(texts.iter().filter(|(_, text)| text.is_empty()).map(|(what, _)| format!("no {what}")));
        if self.sets.is_empty() {
            findings.push("no syntax".to_owned());
        }
        if self.examples.len() < 2 {
            findings.push(format!("{} example(s), two are the least", self.examples.len()));
        }
        for example in self.examples.iter().filter(|example| example.code.is_empty() || example.remarks.is_empty()) {
            findings.push(format!("example {:?} lacks its code or its explanation", example.title));
        }
        for parameter in self.parameters.iter().filter(|parameter| parameter.description.is_empty()) {
            findings.push(format!("-{} has no description", parameter.name));
        }
        for set in self.parameters.iter().filter(|parameter| parameter.sets != "(All)").flat_map(|p| p.sets.split(", "))
        {
            if !self.sets.iter().any(|known| known.name == set) {
                findings.push(format!("no syntax for the parameter set {set}"));
            }
        }
        if self.outputs.is_empty() {
            findings.push("no outputs".to_owned());
        }
        findings
    }
}

/// The parts between headings of one order; what is before the first has an empty heading. Code is not looked into.
fn split(text: &str, mark: &str) -> Vec<(String, String)> {
    let mut parts = vec![(String::new(), String::new())];
    let mut code = false;
    for line in text.lines() {
        code ^= line.starts_with("```");
        match line.strip_prefix(mark).filter(|_| !code) {
            Some(heading) => parts.push((heading.trim().to_owned(), String::new())),
            None => {
                if let Some((_, body)) = parts.last_mut() {
                    body.push_str(line);
                    body.push('\n');
                }
            }
        }
    }
    parts
}

fn sets(body: &str) -> Vec<Set> {
    let named: Vec<_> = split(body, "### ")
        .into_iter()
        .skip(1)
        .map(|(heading, _)| Set { name: heading.trim_end_matches(" (Default)").to_owned() })
        .collect();
    if named.is_empty() && body.contains("```") { vec![Set::default()] } else { named }
}

fn examples(body: &str) -> Result<Vec<Example>, String> {
    split(body, "### ")
        .into_iter()
        .skip(1)
        .map(|(title, body)| {
            let mut parts = body.splitn(3, "```");
            let (Some(before), Some(code), Some(remarks)) = (parts.next(), parts.next(), parts.next()) else {
                return Err(format!("example {title:?} has no code"));
            };
            let code =
                code.strip_prefix("powershell\n").ok_or_else(|| format!("example {title:?}: code is no powershell"))?;
            Ok(Example {
                title,
                code: code.trim_end().to_owned(),
                remarks: format!("{}\n\n{}", before.trim(), remarks.trim()).trim().to_owned(),
            })
        })
        .collect()
}

fn parameters(body: &str) -> Result<Vec<Parameter>, String> {
    let mut found = Vec::new();
    for (heading, body) in split(body, "### ").into_iter().skip(1) {
        let Some(name) = heading.strip_prefix('-') else {
            if heading == "CommonParameters" {
                continue;
            }
            return Err(format!("{heading:?} is no parameter"));
        };
        let (description, rest) = body.split_once("```yaml\n").ok_or_else(|| format!("-{name} has no yaml"))?;
        let yaml = rest.split("```").next().unwrap_or_default();
        let mut parameter =
            Parameter { name: name.to_owned(), description: description.trim().to_owned(), ..Parameter::default() };
        let mut seen = 0;
        for line in yaml.lines().filter(|line| !line.trim().is_empty()) {
            let (key, value) =
                line.split_once(':').ok_or_else(|| format!("-{name}: {line:?} is no key with a value"))?;
            let field = match key {
                "Type" => &mut parameter.kind,
                "Parameter Sets" => &mut parameter.sets,
                "Aliases" => &mut parameter.aliases,
                "Required" => &mut parameter.required,
                "Position" => &mut parameter.position,
                "Default value" => &mut parameter.default,
                "Accept pipeline input" => &mut parameter.pipeline,
                "Accept wildcard characters" => &mut parameter.wildcards,
                other => return Err(format!("-{name}: unknown key {other:?}")),
            };
            value.trim().clone_into(field);
            seen += 1;
        }
        if seen != 8 {
            return Err(format!("-{name}: {seen} of 8 keys"));
        }
        found.push(parameter);
    }
    Ok(found)
}

fn types(body: &str) -> Vec<(String, String)> {
    split(body, "### ").into_iter().skip(1).map(|(name, text)| (name, text.trim().to_owned())).collect()
}

/// `[words](address)`
fn link(line: &str) -> Option<(String, String)> {
    let (words, rest) = line.trim().strip_prefix('[')?.split_once("](")?;
    Some((words.to_owned(), rest.strip_suffix(')')?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "---\nModule Name: M\nschema: 2.0.0\n---\n\n# Get-X\n\n## SYNOPSIS\nShort.\n\n## SYNTAX\n\n\
        ### A (Default)\n```\nGet-X -P <String>\n```\n\n### B\n```\nGet-X -Q\n```\n\n## DESCRIPTION\nLong.\n\n## EXAMPLES\n\n\
        ### Example 1: one\n```powershell\nGet-X 1 # not a heading\n# nor this\n```\n\nSays one.\n\n\
        ### Example 2: two\n```powershell\nGet-X 2\n```\n\nSays two.\n\n## PARAMETERS\n\n### -P\nThe p.\n\n```yaml\n\
        Type: String\nParameter Sets: A\nAliases: PP\n\nRequired: True\nPosition: 0\nDefault value: None\n\
        Accept pipeline input: True (ByValue)\nAccept wildcard characters: False\n```\n\n### CommonParameters\nText.\n\n\
        ## INPUTS\n\n### System.String\nA p.\n\n## OUTPUTS\n\n### X\nAn x.\n\n## NOTES\nA note.\n\n## RELATED LINKS\n\n[a](https://a.test)\n";

    #[test]
    fn a_page_is_read() {
        let page = Page::parse(PAGE).unwrap();
        assert_eq!(page.findings(), Vec::<String>::new());
        assert_eq!((page.name.as_str(), page.synopsis.as_str(), page.notes.as_str()), ("Get-X", "Short.", "A note."));
        assert_eq!(page.sets.iter().map(|set| set.name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(page.examples[0].code, "Get-X 1 # not a heading\n# nor this");
        assert_eq!(page.examples[1].remarks, "Says two.");
        let parameter = &page.parameters[0];
        assert!(parameter.is_in("A") && !parameter.is_in("B") && parameter.is_required() && !parameter.is_switch());
        assert_eq!((parameter.position(), parameter.aliases.as_str()), (Some(0), "PP"));
        assert_eq!(page.inputs, [("System.String".to_owned(), "A p.".to_owned())]);
        assert_eq!(page.links, [("a".to_owned(), "https://a.test".to_owned())]);
    }

    #[test]
    fn what_is_missing_is_found() {
        for (cut, finding) in [
            ("Short.", "no synopsis"),
            ("Long.", "no description"),
            ("The p.", "-P has no description"),
            ("Says one.", "lacks its code or its explanation"),
            ("### X\nAn x.", "no outputs"),
            ("### A (Default)\n", "no syntax for the parameter set A"),
        ] {
            let page = Page::parse(&PAGE.replace(cut, "")).unwrap();
            assert!(page.findings().iter().any(|found| found.contains(finding)), "{cut}: {:?}", page.findings());
        }
    }

    #[test]
    fn slips_are_refused() {
        for (from, to) in [
            ("schema: 2.0.0", "schema: 1"),
            ("## NOTES", "## NOTE"),
            ("Required: True\n", ""),
            ("Required:", "Requires:"),
            ("### -P", "### P"),
            ("```powershell\nGet-X 2\n```", ""),
            ("# Get-X\n", "# Get-X\n# Get-Y\n"),
        ] {
            assert!(Page::parse(&PAGE.replace(from, to)).is_err(), "{from}");
        }
    }
}
