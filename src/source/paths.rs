//! Arithmetic with the paths of files: from the top of what is checked, with `/` between the parts.

/// The folder of a path; empty for one at the top.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path relative to a folder, with `.` and `..` applied; what leads out of the top keeps its `..`.
pub fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = match folder {
        "" => Vec::new(),
        folder => folder.split('/').collect(),
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts
                .last()
                .is_some_and(|last| *last != ".." && !last.is_empty()) =>
            {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_from_their_folder() {
        assert_eq!(resolve("a/b", "../c/./d.yaml"), "a/c/d.yaml");
        assert_eq!(resolve("a", "../../d.yaml"), "../d.yaml");
        assert_eq!(resolve("../x/a", "../d.yaml"), "../x/d.yaml");
        assert_eq!(resolve("/x", "d.yaml"), "/x/d.yaml");
        assert_eq!((folder("a/b.yaml"), folder("b.yaml")), ("a", ""));
    }
}
