//! `headlock registry check-fork`.

use std::path::PathBuf;

use clap::Args;

use super::json::FormatChoice;
use super::json::registry::Forked;
use super::output::Output;
use super::session::Place;
use super::words::head_line;
use crate::error::Result;
use crate::fork::check_fork;
use crate::keys;

/// Checks a file that is said to show that a log has forked. Exit 0 if it does.
#[derive(Args, Debug)]
pub(super) struct CheckFork {
    /// The file, as the commands write it that find a fork
    file: PathBuf,
    /// The log's public key; several are several keys of the one log
    #[arg(long, value_name = "FILE", required = true)]
    log_key: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

impl CheckFork {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let mut log_keys = Vec::new();
        for path in &self.log_key {
            log_keys.push(keys::read_public(&place.path(path))?);
        }
        let fork = check_fork(&place.path(&self.file), &log_keys)?;
        let (older, newer) = (fork.older(), fork.newer());
        let forked = format!("{} has forked: it has signed two heads that cannot both be true", older.origin);
        output.report(&[forked, head_line(older), head_line(newer)], || Forked::of(older, newer))
    }
}
