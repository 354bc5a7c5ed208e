//! Paths as machines want them: from the top of the repository, wherever the program was started.

use std::borrow::Cow;

/// From the paths of a run to those of the repository.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The folder of the repository that the run started in, with a slash at its end; empty at its top.
    pub inside: String,
    /// What is cut off the front of a path: the way to a repository that the run did not start in.
    pub cut: String,
}

impl Frame {
    /// The path of a file of the run in its repository.
    pub fn path<'a>(&self, path: &'a str) -> Cow<'a, str> {
        if self.inside.is_empty() || path.starts_with('/') {
            return Cow::Borrowed(path.strip_prefix(self.cut.as_str()).unwrap_or(path));
        }
        let mut folders: Vec<&str> = self.inside.split_terminator('/').collect();
        let mut rest = path;
        while let Some(outer) = rest.strip_prefix("../") {
            if folders.pop().is_none() {
                return Cow::Borrowed(path);
            }
            rest = outer;
        }
        folders.push(rest);
        Cow::Owned(folders.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::Frame;

    #[test]
    fn paths_start_at_the_top_of_the_repository() {
        let frame = |inside: &str, cut: &str| Frame {
            inside: inside.to_owned(),
            cut: cut.to_owned(),
        };
        assert_eq!(frame("", "").path("a/b.yaml"), "a/b.yaml");
        assert_eq!(frame("sub/x/", "").path("b.yaml"), "sub/x/b.yaml");
        assert_eq!(frame("sub/x/", "").path("../y/b.yaml"), "sub/y/b.yaml");
        assert_eq!(frame("sub/", "").path("../../b.yaml"), "../../b.yaml");
        assert_eq!(frame("", "../repo/").path("../repo/b.yaml"), "b.yaml");
        assert_eq!(frame("", "/repo/").path("/repo/b.yaml"), "b.yaml");
    }
}
