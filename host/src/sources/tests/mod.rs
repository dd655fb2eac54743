//! Registries that are whole, broken, slow and dishonest.

mod hostile;
mod http;
mod places;
mod reading;
mod registry;
mod server;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use headlock_log::checkpoint::Head;
use headlock_log::page::Page;

use super::patience::Patience;
use super::*;
use crate::error::{ErrorKind, Result};

const ORIGIN: &str = "registry.example/test";

/// As long as a test may wait.
const IMPATIENT: Patience = Patience {
    connect: Duration::from_secs(1),
    stall: Duration::from_millis(200),
    request: Duration::from_secs(2),
    tries: 5,
    pause: Duration::from_millis(1),
    longest_pause: Duration::from_millis(5),
    give_up: Duration::from_secs(20),
};

fn file_url(folder: &Path) -> String {
    format!("file://{}", folder.display())
}

fn fetcher(access: &Access, urls: &[&str]) -> Arc<Fetcher> {
    Arc::new(Fetcher::with_patience(access, ORIGIN, urls, IMPATIENT).expect("a fetcher"))
}

/// The versions of a package's page, or nothing if it is absent.
type Versions = Option<Vec<String>>;

/// Reads packages of a registry that is served at the URLs.
fn read(access: &Access, urls: &[&str], head: &Head, names: &[&str]) -> Result<Vec<Versions>> {
    let pages = LogReader::open(fetcher(access, urls), head)?.read_packages(names)?;
    assert_eq!(pages.len(), names.len());
    let versions = |name: &str, page: &PageFile| {
        let page = Page::parse(&page.bytes, name).expect("a page");
        page.lines.iter().filter_map(|(_, record)| record.version().map(str::to_owned)).collect()
    };
    Ok(names.iter().zip(&pages).map(|(name, page)| page.as_ref().map(|page| versions(name, page))).collect())
}

/// A failure of a kind, with exactly this text.
fn fails<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind, text: &str) {
    let error = result.expect_err(text);
    assert_eq!((error.to_string().as_str(), error.kind()), (text, kind));
}
