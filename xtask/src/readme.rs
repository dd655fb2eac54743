//! The README's commands: what it promises is what is run.

use std::path::Path;

use anyhow::{Result, ensure};
use fs_err as fs;

/// The only line of the README's `sh` block of this number, counted from 1.
///
/// # Errors
/// No such block, or one that holds another number of commands than one.
pub(crate) fn command(root: &Path, block: usize) -> Result<String> {
    command_in(&fs::read_to_string(root.join("README.md"))?, block)
}

fn command_in(text: &str, block: usize) -> Result<String> {
    let mut found = 0;
    let mut inside = None;
    let mut commands: Vec<&str> = Vec::new();
    for line in text.lines() {
        match (inside, line.strip_prefix("```")) {
            (None, Some(language)) => {
                inside = Some(language == "sh");
                found += usize::from(language == "sh");
            }
            (Some(_), Some(_)) => inside = None,
            (Some(true), None) if found == block && !line.trim().is_empty() => commands.push(line),
            _ => {}
        }
    }
    ensure!(block >= 1 && found >= block, "README.md: expected at least {block} blocks of sh, found {found}");
    ensure!(
        commands.len() == 1,
        "README.md: expected one command in the sh block {block}, found {}: {}",
        commands.len(),
        commands.join(" / ")
    );
    Ok(commands.concat())
}

#[cfg(test)]
mod tests {
    use anyhow::Result;

    use super::command_in;

    const TEXT: &str =
        "# Name\n```sh\none --a\n```\ntext\n```toml\nx = 1\n```\n\n```sh\ntwo\n\n```\n```sh\nthree\nfour\n```\n";

    #[test]
    fn a_block_is_counted_among_its_kind() -> Result<()> {
        assert_eq!(command_in(TEXT, 1)?, "one --a");
        assert_eq!(command_in(TEXT, 2)?, "two");
        Ok(())
    }

    #[test]
    fn a_block_of_another_number_of_commands_is_refused() {
        let message = |text, block| command_in(text, block).expect_err("refused").to_string();
        assert_eq!(message(TEXT, 3), "README.md: expected one command in the sh block 3, found 2: three / four");
        assert_eq!(message(TEXT, 4), "README.md: expected at least 4 blocks of sh, found 3");
        assert_eq!(message("```sh\n```\n", 1), "README.md: expected one command in the sh block 1, found 0: ");
    }
}
