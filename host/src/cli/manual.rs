//! `headlock completions` and `headlock man`: what clap knows of the commands, for shells and for man.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Args, Command, CommandFactory, ValueEnum};

use super::output::Output;
use super::session::Place;
use super::topics;
use super::words::count;
use super::{Cli, HEADINGS, escape};
use crate::error::{Error, Result};
use crate::files;

/// Writes completions for a shell to stdout.
///
/// For bash: `headlock completions bash > ~/.local/share/bash-completion/completions/headlock`.
#[derive(Args, Debug)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// A shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

impl Completions {
    pub(super) fn run(&self, output: Output) -> Result<()> {
        output.results(&completions(self.shell)?)
    }
}

fn completions(shell: Shell) -> Result<Vec<String>> {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "headlock", &mut script);
    let script = String::from_utf8(script).map_err(|error| Error::could_not_check(error.to_string()))?;
    // A tabulator that a script may have is a space to a shell.
    Ok(script.lines().map(|line| line.replace('\t', " ")).collect())
}

/// Writes a page for man for each command.
#[derive(Args, Debug)]
pub(super) struct Man {
    /// The folder to write them into
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
}

impl Man {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let folder = place.path(&self.into);
        fs_err::create_dir_all(&folder).map_err(|error| Error::could_not_check(error.to_string()))?;
        let pages = pages()?;
        for (name, page) in &pages {
            files::replace(&folder.join(name), page)?;
        }
        output.result(&format!("wrote {} into {}", count(pages.len() as u64, "page"), folder.display()))
    }
}

/// The pages of all commands, and their names: `headlock.1`, `headlock-registry-publish.1`.
fn pages() -> Result<Vec<(String, Vec<u8>)>> {
    let mut root = whole(Cli::command());
    root.build();
    let mut pages = Vec::new();
    let mut rest = vec![("headlock".to_owned(), root)];
    while let Some((name, command)) = rest.pop() {
        rest.extend(
            command.get_subcommands().map(|command| (format!("{name}-{}", command.get_name()), command.clone())),
        );
        let (title, display) = (escape(&name), command.get_bin_name().unwrap_or(&name).to_owned());
        let usage = usage(&display, &command);
        let page = clap_mangen::Man::new(command.display_name(display).override_usage(usage))
            .title(title)
            .source(concat!("headlock ", env!("CARGO_PKG_VERSION")));
        let mut text = Vec::new();
        page.render(&mut text).map_err(|error| Error::could_not_check(error.to_string()))?;
        text.extend_from_slice(exit_status().as_bytes());
        pages.push((format!("{name}.1"), text));
    }
    pages.sort();
    Ok(pages)
}

/// What each page says of exit codes: a list of them, as `headlock help exit-codes` has it.
fn exit_status() -> String {
    let mut section = ".SH \"EXIT STATUS\"\n".to_owned();
    for (code, meaning) in topics::exit_codes() {
        section += &format!(".TP\n{code}\n{}\n", meaning.replace('-', "\\-"));
    }
    section
}

/// A command with all that a page says: what `-h` leaves out of options, too, and of commands those that have a page.
fn whole(command: Command) -> Command {
    let command = command.disable_help_subcommand(true).mut_args(|argument| argument.hide_short_help(false));
    command.mut_subcommands(whole)
}

/// How a command is called: its own options with the names of their values, those that must be there first, then arguments.
fn usage(name: &str, command: &Command) -> String {
    let mut parts = vec![name.to_owned()];
    let is_of_clap = |option: &Arg| {
        use ArgAction::{Help, HelpLong, HelpShort, Version};
        matches!(option.get_action(), Help | HelpLong | HelpShort | Version)
    };
    let is_own = |option: &&Arg| {
        !option.is_positional()
            && !option.is_hide_set()
            && !is_of_clap(option)
            && !HEADINGS.contains(&option.get_help_heading().unwrap_or_default())
    };
    let (required, others): (Vec<&Arg>, Vec<&Arg>) =
        command.get_arguments().filter(is_own).partition(|option| option.is_required_set());
    parts.extend(required.into_iter().chain(others).map(one));
    parts.push("[GLOBAL OPTION]...".to_owned());
    parts.extend(command.get_positionals().filter(|argument| !argument.is_hide_set()).map(one));
    if command.has_subcommands() {
        parts.push("COMMAND".to_owned());
    }
    parts.join(" ")
}

/// One option or argument: `--key FILE`, `[--quiet]`, `[PACKAGE]...`.
fn one(argument: &Arg) -> String {
    let flag = match (argument.get_long(), argument.get_short()) {
        (Some(long), _) => Some(format!("--{long}")),
        (None, short) => short.map(|short| format!("-{short}")),
    };
    let takes_values = argument.get_num_args().is_some_and(|number| number.takes_values());
    let values = takes_values.then(|| match argument.get_value_names() {
        Some(names) => names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        None => argument.get_id().as_str().to_ascii_uppercase(),
    });
    let text = flag.into_iter().chain(values).collect::<Vec<_>>().join(" ");
    let is_many = matches!(argument.get_action(), ArgAction::Append | ArgAction::Count);
    let many = if is_many { "..." } else { "" };
    match argument.is_required_set() {
        true => format!("{text}{many}"),
        false => format!("[{text}]{many}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_completes_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let lines = completions(shell).expect("a script");
            let script = lines.join("\n");
            for command in Cli::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell:?}: {}", command.get_name());
            }
            assert!(lines.iter().all(|line| escape(line) == *line), "{shell:?}: printed as it is");
        }
    }

    #[test]
    fn a_synopsis_names_values() {
        let usages: Vec<String> = pages()
            .expect("pages")
            .into_iter()
            .map(|(_, page)| {
                let page = String::from_utf8(page).expect("text");
                let synopsis =
                    page.split(".SH SYNOPSIS\n").nth(1).expect("a synopsis").lines().next().unwrap_or_default();
                synopsis.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "")
            })
            .collect();
        let has = |text: &str| usages.iter().any(|usage| usage == text);
        assert!(has("headlock [GLOBAL OPTION]... COMMAND"), "{usages:#?}");
        assert!(has("headlock init --log-key FILE [--url URL] [GLOBAL OPTION]..."), "{usages:#?}");
        let yank = usages.iter().find(|usage| usage.starts_with("headlock registry yank ")).expect("a page");
        assert!(yank.starts_with("headlock registry yank --registry DIR [--key FILE] "), "{yank}");
        assert!(yank.contains(" [--signer-arg ARGUMENT]... "), "{yank}");
        assert!(yank.ends_with(" [GLOBAL OPTION]... PACKAGE VERSION"), "{yank}");
        assert!(usages.iter().all(|usage| !usage.contains("--quiet")), "global options are listed once");
    }

    #[test]
    fn every_option_has_a_text_and_every_page_that_is_named_is_there() {
        let pages = pages().expect("pages");
        for (name, page) in &pages {
            let page = String::from_utf8(page.clone()).expect("text").replace("\\-", "-").replace("\\fB", "");
            assert!(page.contains("--netrc"), "{name}: has the options of every command");
            for option in page.split(".TP\n").skip(1).filter(|option| option.starts_with('-')) {
                assert!(option.lines().nth(1).is_some_and(|text| !text.starts_with('.')), "{name}: {option}");
            }
            for named in page.split("(1)").filter(|text| text.contains("headlock-")) {
                let Some((_, named)) = named.rsplit_once("headlock-") else { continue };
                let file = format!("headlock-{}.1", named.replace("\\fR", ""));
                assert!(pages.iter().any(|(name, _)| *name == file) || named.contains(char::is_whitespace), "{file}");
            }
        }
    }

    #[test]
    fn every_page_says_whose_it_is_and_what_exit_codes_mean() {
        for (name, page) in pages().expect("pages") {
            let page = String::from_utf8(page).expect("text");
            let title = page.lines().find(|line| line.starts_with(".TH ")).expect("a title");
            assert!(title.contains(concat!("\"headlock ", env!("CARGO_PKG_VERSION"), "\"")), "{name}: {title}");
            assert!(page.contains("\n.SH \"EXIT STATUS\"\n.TP\n0\ndone; verified\n.TP\n1\n"), "{name}");
        }
    }

    #[test]
    fn every_command_has_a_page() {
        let pages = pages().expect("pages");
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["headlock.1", "headlock-lock.1", "headlock-registry.1", "headlock-registry-publish.1"] {
            assert!(names.contains(&name), "{name}");
        }
        assert_eq!(pages, super::pages().expect("pages"), "the same each time");
        assert!(pages.iter().all(|(_, page)| !page.windows(6).any(|bytes| bytes == b"/home/")));
    }
}
