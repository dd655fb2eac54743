//! `headlock help TOPIC`: texts that belong to no command.

use std::ffi::OsString;

use crate::close;

/// The topics, and their texts.
const TOPICS: [(&str, &str); 3] = [
    ("environment", include_str!("topics/environment.txt")),
    ("exit-codes", include_str!("topics/exit-codes.txt")),
    ("formats", include_str!("topics/formats.txt")),
];

/// Topics that may have been meant by a word.
pub(super) fn close(word: &str) -> Vec<&'static str> {
    close::names(word, TOPICS.map(|(name, _)| name))
}

/// The lines of the topic that a command line asks for; nothing if it asks for something else.
pub(super) fn asked(arguments: &[OsString]) -> Option<Vec<String>> {
    let [_, help, topic] = arguments else { return None };
    let (_, text) = TOPICS.iter().find(|(name, _)| help == "help" && topic == name)?;
    Some(text.lines().filter(|line| !line.starts_with("|-")).map(plain).collect())
}

/// The exit codes, and what each means.
pub(super) fn exit_codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    // Behind the heading, and the line below it.
    include_str!("topics/exit-codes.txt").lines().skip(2).filter_map(row)
}

/// The two columns of a row of a table.
fn row(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | ")
}

/// A row of a table of two columns without its bars; other lines as they are.
fn plain(line: &str) -> String {
    row(line).map_or_else(|| line.to_owned(), |(first, second)| format!("{first:<6}{second}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_same_exit_codes() {
        let readme = include_str!("../../../README.md");
        assert!(readme.contains(&format!("## Exit codes\n\n{}", include_str!("topics/exit-codes.txt"))));
    }

    #[test]
    fn topics_are_words_behind_help() {
        let arguments = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let lines = asked(&arguments(&["headlock", "help", "exit-codes"])).expect("a topic");
        assert_eq!(lines[..2], ["exit  meaning", "0     done; verified"]);
        for words in [&["headlock", "help"][..], &["headlock", "help", "lock"], &["headlock", "lock", "exit-codes"]] {
            assert_eq!(asked(&arguments(words)), None, "{words:?}");
        }
    }

    #[test]
    fn topics_fit_a_terminal() {
        for (name, text) in TOPICS {
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{name}");
        }
    }
}
