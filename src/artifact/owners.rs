//! Reads CODEOWNERS: lines of a pattern and who answers for what it matches, in sections where GitLab has them.
//!
//! Source: GitHub's "About code owners" and GitLab's "Syntax of CODEOWNERS file".

use crate::source::{SourceFile, Span, folder};

/// The most lines of one file that are read; nothing is told by a longer one.
const MAX_LINES: usize = 5_000;

/// One CODEOWNERS file.
#[derive(Debug, Clone, Default)]
pub struct Owners {
    /// The folder that its patterns start from.
    pub home: String,
    /// Its lines in order.
    pub lines: Vec<OwnersLine>,
}

/// One line of a CODEOWNERS file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnersLine {
    /// The section that it belongs to; lines of each are asked for themselves.
    pub section: usize,
    /// The paths that it matches, as globs in which `*` stays inside a folder.
    pub globs: Vec<String>,
    /// Whether it matches everything.
    pub is_for_all: bool,
    /// Who answers, with the place of each; nobody where a line takes the owners away.
    pub owners: Vec<(String, Span)>,
}

/// A section while lines are read.
struct Section {
    name: String,
    owners: Vec<(String, Span)>,
}

/// Reads a file.
pub(super) fn read(file: &SourceFile) -> Owners {
    let home = home(&file.path);
    let count = file.text.lines().count();
    if count > MAX_LINES {
        return Owners::default();
    }
    let is_heading = |line: &str| heading(line).is_some();
    let is_gitlab = file.path.contains(".gitlab/") || file.text.lines().any(is_heading);
    let mut lines = Vec::new();
    let mut sections = vec![Section {
        name: String::new(),
        owners: Vec::new(),
    }];
    let mut current = 0;
    let mut start = 0;
    for text in file.text.split_inclusive('\n') {
        let words = words(file, start, text);
        start += text.len();
        if let Some(name) = heading(text) {
            let owners = words.into_iter().filter(|(word, _)| is_owner(word));
            let owners: Vec<(String, Span)> = owners.collect();
            let known = sections.iter().position(|section| section.name == name);
            current = known.unwrap_or(sections.len());
            match sections.get_mut(current) {
                // The first heading of a name has the owners of all.
                Some(section) if section.owners.is_empty() => section.owners = owners,
                Some(_) => {}
                None => sections.push(Section { name, owners }),
            }
        } else if let Some(((pattern, _), owners)) = words.split_first() {
            let inherited = sections.get(current).map(|section| &section.owners);
            lines.push(line(pattern, owners, (current, inherited), is_gitlab));
        }
    }
    Owners {
        home: home.to_owned(),
        lines,
    }
}

/// The folder of the repository that a file belongs to.
fn home(path: &str) -> &str {
    let folder = folder(path);
    let (above, last) = folder.rsplit_once('/').unwrap_or(("", folder));
    match last {
        ".github" | ".gitlab" | "docs" => above,
        _ => folder,
    }
}

/// The name of a section, where a line is its heading: `[Name]`, `^[Name][2] @owner`.
fn heading(line: &str) -> Option<String> {
    let line = line.trim_start();
    let inner = line.strip_prefix('^').unwrap_or(line).strip_prefix('[')?;
    let (name, _) = inner.split_once(']')?;
    Some(name.trim().to_lowercase())
}

/// The words of a line with their places, without its comment.
fn words(file: &SourceFile, start: usize, line: &str) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let mut word: Option<(usize, String)> = None;
    let mut chars = line.char_indices();
    let mut push = |word: &mut Option<(usize, String)>, end: usize| {
        if let Some((from, text)) = word.take() {
            found.push((text, Span::new(file.id, start + from, start + end)));
        }
    };
    while let Some((at, c)) = chars.next() {
        match c {
            '#' if word.is_none() => break,
            c if c.is_whitespace() => push(&mut word, at),
            c => {
                let (_, text) = word.get_or_insert_with(|| (at, String::new()));
                // What is escaped is no comment and no end of the word.
                let escaped = (c == '\\').then(|| chars.next()).flatten();
                text.push(escaped.map_or(c, |(_, escaped)| escaped));
            }
        }
    }
    push(&mut word, line.trim_end().len());
    found
}

/// Whether a word names somebody: a user, a team, a role or an address.
fn is_owner(word: &str) -> bool {
    word.contains('@') && word.len() > 1
}

fn line(
    pattern: &str,
    owners: &[(String, Span)],
    (section, inherited): (usize, Option<&Vec<(String, Span)>>),
    is_gitlab: bool,
) -> OwnersLine {
    let own = owners.iter().filter(|(word, _)| is_owner(word));
    let mut owners: Vec<(String, Span)> = own.cloned().collect();
    let kept = pattern.strip_prefix('!');
    if owners.is_empty() && kept.is_none() {
        owners = inherited.cloned().unwrap_or_default();
    }
    if kept.is_some() {
        // GitLab takes what matches out of the section; GitHub does not know it.
        owners.clear();
    }
    OwnersLine {
        section,
        globs: globs(kept.unwrap_or(pattern), is_gitlab),
        is_for_all: matches!(
            kept.unwrap_or(pattern),
            "*" | "**" | "/**" | "**/*" | "/**/*" | "/"
        ),
        owners,
    }
}

/// The globs of a pattern: what it names, and what is inside.
///
/// A pattern with a slash before its end starts at the top, but for GitLab, where only one at its start says so.
/// `folder/*` is not about what is deeper.
fn globs(pattern: &str, is_gitlab: bool) -> Vec<String> {
    let is_folder = pattern.ends_with('/');
    let bare = pattern.trim_end_matches('/');
    let is_anchored = bare.starts_with('/') || bare.contains('/') && !is_gitlab;
    let bare = bare.trim_start_matches('/');
    if bare.is_empty() {
        return vec!["**".to_owned()];
    }
    let mut glob = String::with_capacity(bare.len() + 4);
    if !is_anchored && !bare.starts_with("**/") {
        glob.push_str("**/");
    }
    for c in bare.chars() {
        if matches!(c, '[' | ']' | '{' | '}' | '\\') {
            glob.push('\\');
        }
        glob.push(c);
    }
    let inside = format!("{glob}/**");
    if is_folder {
        vec![inside]
    } else if bare.ends_with("/*") {
        vec![glob]
    } else {
        vec![glob, inside]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    /// The lines of a file: the section, the globs and the owners of each.
    fn told(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile::new(FileId(0), path, text);
        let owners = read(&file);
        let line = |line: &OwnersLine| {
            let names = line.owners.iter().map(|(name, span)| {
                assert_eq!(file.slice(*span), name);
                name.as_str()
            });
            let names: Vec<&str> = names.collect();
            let all = if line.is_for_all { "all " } else { "" };
            format!(
                "{} {all}{} {}",
                line.section,
                line.globs.join(","),
                names.join(",")
            )
        };
        owners.lines.iter().map(line).collect()
    }

    #[test]
    fn lines_have_patterns_and_owners() {
        let text = "# Everything\n*  @shop/platform\n\n/services/order/ @shop/orders lead@example.com # of orders\ndocs/* @shop/writers\nbuild/logs/\t@ops\napps/ @shop/apps\n*.js @web\nsome\\ folder/ @a\n/vendor/\n\\#notes @b nobody\n";
        assert_eq!(
            told(".github/CODEOWNERS", text),
            [
                "0 all **/*,**/*/** @shop/platform",
                "0 services/order/** @shop/orders,lead@example.com",
                "0 docs/* @shop/writers",
                "0 build/logs/** @ops",
                "0 **/apps/** @shop/apps",
                "0 **/*.js,**/*.js/** @web",
                "0 **/some folder/** @a",
                "0 vendor/** ",
                "0 **/#notes,**/#notes/** @b",
            ]
        );
    }

    #[test]
    fn sections_of_gitlab_have_owners_of_their_own() {
        let text = "* @all\n[Orders][2] @orders\nservices/order\nservices/order/db @dba\n!services/order/doc\n^[Docs]\n/docs @docs\n[orders]\nlib/ \n";
        assert_eq!(
            told("CODEOWNERS", text),
            [
                "0 all **/*,**/*/** @all",
                "1 **/services/order,**/services/order/** @orders",
                "1 **/services/order/db,**/services/order/db/** @dba",
                "1 **/services/order/doc,**/services/order/doc/** ",
                "2 docs,docs/** @docs",
                "1 **/lib/** @orders",
            ]
        );
    }

    #[test]
    fn a_file_belongs_to_its_repository() {
        for (path, wanted) in [
            (".github/CODEOWNERS", ""),
            ("docs/CODEOWNERS", ""),
            ("CODEOWNERS", ""),
            ("shop/.gitlab/CODEOWNERS", "shop"),
            ("a/shop/CODEOWNERS", "a/shop"),
        ] {
            assert_eq!(home(path), wanted, "{path}");
        }
        let long = "* @a\n".repeat(MAX_LINES + 1);
        assert!(told("CODEOWNERS", &long).is_empty());
    }
}
