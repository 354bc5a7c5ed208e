//! What the command line of a collector says of its configuration.
//!
//! Source: the flags of the collector, `--config` and `--set`.

/// Something that a command line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// One more configuration, as written: a path, or a scheme and what it leads to.
    Configuration(String),
    /// Settings of its own.
    Settings,
    /// A word that is not known: nobody can say.
    Unknown,
}

/// What the words of a command line say, each with what marks the word; a word is nothing where it is not known.
pub(super) fn said<M>(words: impl IntoIterator<Item = (Option<String>, M)>) -> Vec<(Said, M)> {
    let mut found = Vec::new();
    let mut takes_next = false;
    for (word, mark) in words {
        let Some(word) = word else {
            found.push((Said::Unknown, mark));
            continue;
        };
        if takes_next {
            takes_next = false;
            found.push((Said::Configuration(word), mark));
            continue;
        }
        let flag = word.trim_start_matches('-');
        if !word.starts_with('-') {
            continue;
        }
        match flag.split_once('=') {
            Some(("config", value)) => {
                found.push((Said::Configuration(value.to_owned()), mark));
            }
            Some(("set", _)) => found.push((Said::Settings, mark)),
            None if flag == "set" => found.push((Said::Settings, mark)),
            None => takes_next = flag == "config",
            Some(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_in_both_forms() {
        let of = |line: &str| {
            let words = line.split(' ').map(|word| (Some(word.to_owned()), ()));
            let said = said(words).into_iter().map(|(said, ())| said);
            said.collect::<Vec<_>>()
        };
        let file = |path: &str| Said::Configuration(path.to_owned());
        assert_eq!(
            of("/otelcol --config=/a.yaml --config /b.yaml"),
            [file("/a.yaml"), file("/b.yaml")]
        );
        assert_eq!(
            of("-config=file:/a.yaml --set x=y --set=z=1"),
            [file("file:/a.yaml"), Said::Settings, Said::Settings]
        );
        assert_eq!(of("--feature-gates=config --set-x config=/a"), []);
        assert_eq!(said([(None, ())]), [(Said::Unknown, ())]);
    }
}
