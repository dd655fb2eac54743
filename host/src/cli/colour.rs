//! Whether there are colours, and which words have one.

use std::ffi::OsStr;

use clap::ValueEnum;

/// When there are colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What the environment says of colours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Environment<'e> {
    pub(super) no_color: Option<&'e OsStr>,
    pub(super) clicolor: Option<&'e OsStr>,
    pub(super) clicolor_force: Option<&'e OsStr>,
    pub(super) term: Option<&'e OsStr>,
}

impl Color {
    /// Whether there are colours: the option first, then `NO_COLOR`, `CLICOLOR_FORCE` and `CLICOLOR`, in the order in which
    /// clap, which prints usage errors, asks for them; else on a terminal that has some.
    pub(super) fn decide(self, environment: Environment<'_>, is_terminal: bool) -> bool {
        let Environment { no_color, clicolor, clicolor_force, term } = environment;
        let is_forced = clicolor_force.is_some_and(|value| value != "0" && !value.is_empty());
        let is_off = clicolor.is_some_and(|value| value == "0") || term.is_some_and(|term| term == "dumb");
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if no_color.is_some_and(|value| !value.is_empty()) => false,
            Color::Auto => is_forced || is_terminal && !is_off,
        }
    }
}

/// Words that begin a line, what stands before them, and their colours, bold.
const WORDS: [(&str, &str, &str); 3] = [("", "error:", "31"), ("", "warning:", "33"), ("  ", "hint:", "36")];

/// A line that is safe to show, with the word that begins it in its colour.
pub(super) fn coloured(line: &str) -> String {
    for (before, word, colour) in WORDS {
        if let Some(rest) = line.strip_prefix(before).and_then(|line| line.strip_prefix(word)) {
            return format!("{before}\u{1b}[1;{colour}m{word}\u{1b}[0m{rest}");
        }
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_comes_first() {
        let auto = Environment { no_color: None, clicolor: None, clicolor_force: None, term: None };
        let set = |value: &'static str| Some(OsStr::new(value));
        let no_color = |value| Environment { no_color: set(value), ..auto };
        let forced = |value| Environment { clicolor_force: set(value), ..auto };
        let cases: [(Color, Environment<'_>, bool, bool); 13] = [
            (Color::Auto, auto, true, true),
            (Color::Auto, auto, false, false),
            (Color::Auto, Environment { term: set("dumb"), ..auto }, true, false),
            (Color::Auto, Environment { clicolor: set("0"), ..auto }, true, false),
            (Color::Auto, Environment { clicolor: set("1"), ..auto }, true, true),
            (Color::Auto, no_color("1"), true, false),
            (Color::Auto, no_color(""), true, true),
            (Color::Auto, forced("1"), false, true),
            (Color::Auto, forced("0"), false, false),
            (Color::Auto, Environment { no_color: set("1"), ..forced("1") }, true, false),
            (Color::Always, no_color("1"), false, true),
            (Color::Never, forced("1"), true, false),
            (Color::Never, auto, true, false),
        ];
        for (color, environment, is_terminal, expected) in cases {
            assert_eq!(color.decide(environment, is_terminal), expected, "{color:?} {environment:?} {is_terminal}");
        }
    }

    #[test]
    fn the_first_word_alone_has_a_colour() {
        let cases = [
            ("error: an error: twice", "\u{1b}[1;31merror:\u{1b}[0m an error: twice"),
            ("warning: what", "\u{1b}[1;33mwarning:\u{1b}[0m what"),
            ("  hint: do it", "  \u{1b}[1;36mhint:\u{1b}[0m do it"),
            ("  because: error: what", "  because: error: what"),
            ("registry error: what", "registry error: what"),
        ];
        for (line, expected) in cases {
            assert_eq!(coloured(line), expected);
        }
    }
}
