//! Where a command is that was looked for at the wrong place: `publish` is one of `headlock registry`.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use clap::{Command, CommandFactory, Error};

use super::{Cli, topics};

/// Words of other tools, and what there is here instead.
const OTHERS: [(&str, &str); 3] = [
    ("add", "a dependency is a line of the manifest, below [dependencies]; then `headlock lock`"),
    ("install", "`headlock lock` writes the lock, and `headlock fetch` gets what it holds"),
    ("check", "`headlock verify` derives the lock again, and `headlock lock --check` compares it with the manifest"),
];

/// Adds to an error about a command that is not there the commands of that very name that are elsewhere.
pub(super) fn suggest(error: &mut Error) {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return };
    let mut found = Vec::new();
    collect(&Cli::command(), "", word, &mut found);
    let other = OTHERS.iter().find(|(other, _)| other == word).map(|(_, instead)| (*instead).to_owned());
    let topics = topics::close(word).into_iter().map(|topic| format!("headlock help {topic}"));
    let found = found.into_iter().chain(topics).map(|command| format!("there is `{command}`"));
    let tips: Vec<StyledStr> = other.into_iter().chain(found).map(StyledStr::from).collect();
    if !tips.is_empty() {
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
}

/// The commands below one that have a name, each from the first word on.
fn collect(command: &Command, before: &str, word: &str, found: &mut Vec<String>) {
    let path = format!("{before}{} ", command.get_name());
    for inner in command.get_subcommands() {
        if inner.get_name() == word {
            found.push(format!("{path}{word}"));
        }
        collect(inner, &path, word, found);
    }
}
