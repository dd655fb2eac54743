//! Registries that are whole, broken, slow and dishonest.

mod bundled;
mod hostile;
mod http;
mod places;
mod reading;
mod registry;
mod server;
mod swapped;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use headlock_log::checkpoint::Head;
use headlock_log::page::HashedPage;

use super::patience::Patience;
use super::*;
use crate::error::{ErrorKind, Result};

const ORIGIN: &str = "registry.example/test";

/// Short pauses. The times to wait are long enough for a machine that has other things to do.
const IMPATIENT: Patience = Patience {
    connect: Duration::from_secs(10),
    stall: Duration::from_secs(10),
    slowest: 1024,
    request: Duration::from_secs(10),
    tries: 5,
    pause: Duration::from_millis(1),
    longest_pause: Duration::from_millis(5),
    give_up: Duration::from_secs(60),
};

/// Does not wait for what stalls.
const FIDGETY: Patience = Patience { stall: Duration::from_millis(250), ..IMPATIENT };

fn file_url(folder: &Path) -> String {
    format!("file://{}", folder.display())
}

fn fetcher(access: &Access, urls: &[&str]) -> Arc<Fetcher> {
    fetcher_with(IMPATIENT, access, urls)
}

fn fetcher_with(patience: Patience, access: &Access, urls: &[&str]) -> Arc<Fetcher> {
    Arc::new(Fetcher::with_patience(access, ORIGIN, urls, patience).expect("a fetcher"))
}

/// The versions of a package's page, or nothing if it is absent.
type Versions = Option<Vec<String>>;

/// Reads packages of a registry that is served at the URLs.
fn read(access: &Access, urls: &[&str], head: &Head, names: &[&str]) -> Result<Vec<Versions>> {
    read_from(fetcher(access, urls), head, names)
}

fn read_from(fetcher: Arc<Fetcher>, head: &Head, names: &[&str]) -> Result<Vec<Versions>> {
    let pages = LogReader::open(fetcher, head)?.read_pages(names)?;
    assert_eq!(pages.len(), names.len());
    let versions = |name: &str, page: &HashedPage| {
        let page = page.parse(ORIGIN, name).expect("a page");
        page.lines.iter().filter_map(|(_, record)| record.version().map(str::to_owned)).collect()
    };
    Ok(names.iter().zip(&pages).map(|(name, page)| page.as_ref().map(|page| versions(name, page))).collect())
}

/// A failure of a kind, with exactly this text.
fn fails<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind, text: &str) {
    let error = result.expect_err(text);
    assert_eq!((error.to_string().as_str(), error.kind()), (text, kind));
}
