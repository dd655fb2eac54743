//! What a runner makes of a step's output: which of its lines are commands to it.

/// Names of commands that a runner knows.
const KNOWN: [&str; 16] = [
    "error",
    "warning",
    "notice",
    "debug",
    "group",
    "endgroup",
    "add-mask",
    "add-matcher",
    "remove-matcher",
    "set-output",
    "save-state",
    "set-env",
    "add-path",
    "echo",
    "set-task-variable",
    "stop-commands",
];

/// A step's output, read as a runner reads it.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Commands that it obeyed, other than those that stop and go on.
    pub(crate) commands: Vec<String>,
    /// Lines that it showed where none is a command.
    pub(crate) shown: Vec<String>,
    /// Lines that it showed elsewhere.
    pub(crate) bare: Vec<String>,
}

pub(crate) fn read(output: &str) -> Log {
    let mut log = Log::default();
    let mut stopped: Option<String> = None;
    for line in output.lines() {
        let command = command(line, stopped.as_deref());
        match (&stopped, command) {
            (Some(token), Some((name, _))) if name.eq_ignore_ascii_case(token) => stopped = None,
            (Some(_), _) => log.shown.push(line.to_owned()),
            (None, Some((name, data))) if name == "stop-commands" => stopped = Some(data),
            (None, Some(_)) => log.commands.push(line.to_owned()),
            (None, None) => log.bare.push(line.to_owned()),
        }
    }
    assert!(stopped.is_none(), "commands stay stopped: {output}");
    log
}

/// The name and the data of a command: `::NAME …::DATA` at the start of a line, or the older `##[NAME …]DATA` anywhere in it.
fn command(line: &str, token: Option<&str>) -> Option<(String, String)> {
    let known = |name: &str| {
        let name = name.split([' ', ';']).next().unwrap_or(name);
        let is_known = KNOWN.iter().copied().chain(token).any(|known| known.eq_ignore_ascii_case(name));
        is_known.then(|| name.to_owned())
    };
    let new = || {
        let (name, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
        Some((known(name)?, data.to_owned()))
    };
    let old = || {
        let (name, data) = line.split_once("##[")?.1.split_once(']')?;
        Some((known(name)?, data.to_owned()))
    };
    new().or_else(old)
}

#[test]
fn commands_are_seen_and_stopped() {
    let log = read("a\n::error::b\n x ##[warning]y\n::stop-commands::T\n::error::c\n::t::\n::notme::x\n");
    assert_eq!(log.commands, ["::error::b", " x ##[warning]y"]);
    assert_eq!(log.shown, ["::error::c"]);
    assert_eq!(log.bare, ["a", "::notme::x"]);
}
