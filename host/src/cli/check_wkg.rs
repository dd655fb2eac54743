//! `headlock registry check-wkg`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use headlock_log::name::in_ascii;

use super::json::FormatChoice;
use super::json::registry::{WkgChecked, WkgEntry};
use super::output::Output;
use super::session::{Place, remember};
use super::words::{count, plural};
use crate::error::{Error, Result};
use crate::export::Names;
use crate::keys;
use crate::pages::{Pages, newest_checkpoint};
use crate::solvers::release::releases;
use crate::trust::{AcceptedHead, Trust, TrustSource, folder_url};
use crate::verify::consult_memory;
use crate::wkg::{Entry, Finding, Locked, Package, WKG_LOCK, finding};

/// Holds a wkg.lock against what registries' logs say at their newest heads: each version's content.
///
/// Exit 1 if a log says otherwise of one, or knows it not. A release that is yanked still has its content.
#[derive(Args, Debug)]
pub(super) struct CheckWkg {
    /// The file
    #[arg(default_value = WKG_LOCK)]
    file: PathBuf,
    /// Which log speaks for what wkg calls a registry; needed where the trust file names several
    #[arg(long, value_name = "ORIGIN=NAME")]
    known_as: Vec<String>,
    /// Ask the logs that this trust file names, instead of the manifest's
    #[arg(long, value_name = "FILE", conflicts_with_all = ["registry", "log_key"])]
    trust: Option<PathBuf>,
    /// Ask this registry, a folder, instead of those of a trust file
    #[arg(long, value_name = "DIR", requires = "log_key")]
    registry: Option<PathBuf>,
    /// The public key of its log
    #[arg(long, value_name = "FILE", requires = "registry")]
    log_key: Option<PathBuf>,
    #[command(flatten)]
    pub(super) format: FormatChoice,
}

/// A package, and the origin of the log that speaks for it.
type Asked<'l> = (&'l str, &'l Package);

impl CheckWkg {
    pub(super) fn run(&self, place: &Place, output: Output) -> Result<()> {
        let path = place.path(&self.file);
        let locked = Locked::read(&path)?;
        let names = Names::parse(self.known_as.iter().map(String::as_str))?;
        let trust = self.trust(place)?;
        names.all().try_for_each(|origin| trust.require_log(origin))?;
        let asked = asked(&locked, &names, &trust, &path)?;
        let mut by_origin: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (origin, package) in &asked {
            by_origin.entry(origin).or_default().push(&package.name);
        }
        let mut pages = Pages::new(place.access());
        let (mut heads, mut known) = (Vec::new(), BTreeMap::new());
        for (origin, names) in by_origin {
            let head = newest(place, &trust, origin, &mut pages)?;
            for (name, page) in names.iter().zip(pages.of_subjects(origin, &names)?) {
                let found = page.map(|page| releases(origin, name, &page)).transpose()?;
                known.insert((origin, *name), found);
            }
            heads.push(head);
        }
        remember(place.memory().as_ref(), &heads, output);
        let (mut lines, mut entries, mut wrong) = (Vec::new(), Vec::new(), 0);
        for (origin, package) in &asked {
            let releases = known.get(&(*origin, package.name.as_str())).and_then(Option::as_deref);
            for entry in &package.entries {
                let finding = finding(entry, releases);
                wrong += usize::from(!finding.agrees());
                lines.push(line(package, entry, &finding, origin));
                entries.push(WkgEntry::of(&package.name, entry, &finding, origin));
            }
        }
        for head in heads.iter().map(AcceptedHead::head) {
            lines.push(format!("log: {} at {}, root {}", head.origin, count(head.size, "record"), head.root_base64()));
        }
        lines.extend(UNKNOWN.map(str::to_owned));
        output.report(&lines, || WkgChecked::of(&path, entries, wrong, &heads))?;
        let all = locked.entries();
        match wrong {
            0 => Ok(()),
            _ => Err(Error::no(format!(
                "{wrong} {} of {}, of {all}, {} not what the logs say",
                plural(wrong, "entry", "entries"),
                path.display(),
                plural(wrong, "is", "are")
            ))
            .hint("whoever wrote the file had them from elsewhere. What is of another registry the file has to say so of, and `--known-as ORIGIN=NAME` which log of the policy that is")),
        }
    }

    fn trust(&self, place: &Place) -> Result<Trust> {
        let (Some(dir), Some(key)) = (&self.registry, &self.log_key) else { return place.trust(self.trust.as_deref()) };
        let key = keys::read_public(&place.path(key))?;
        let url = folder_url(&place.path(dir))?;
        let policy = format!("log {key} {url}\nquorum none\n");
        Trust::parse(Path::new("--registry"), TrustSource::Given, "logs = \"--log-key\"\n", |_| Ok(Some(policy)))
    }
}

/// What no `wkg.lock` says.
const UNKNOWN: [&str; 4] = [
    "not checked, for no wkg.lock says it:",
    "  who depends on whom, so whether a package is missing or there for nothing",
    "  at which heads of which logs it was made, so what there was to choose from",
    "  what chose, and by which rule, so whether this is what it would choose",
];

/// Which log speaks for each package: the only one that is believed, or the one that is known by the registry's name.
fn asked<'l>(locked: &'l Locked, names: &'l Names, trust: &'l Trust, path: &Path) -> Result<Vec<Asked<'l>>> {
    let mut origins: Vec<&str> = trust.policy.logs().iter().map(|log| log.key.name()).collect();
    origins.sort_unstable();
    origins.dedup();
    let registries: BTreeSet<&str> = locked.packages.iter().filter_map(|package| package.registry.as_deref()).collect();
    let mut asked = Vec::with_capacity(locked.packages.len());
    for package in &locked.packages {
        let registry = package.registry.as_deref();
        let named: Vec<&str> = registry.map(|name| names.origins(name).collect()).unwrap_or_default();
        // Where names are given, one that is not among them is no log's; nor can several without them all be one's.
        let is_other = registry.is_some() && (!names.is_empty() || registries.len() > 1) && named.is_empty();
        let origin = match (named.as_slice(), origins.as_slice()) {
            ([origin], _) => origin,
            ([], [origin]) if !is_other => origin,
            _ => {
                let of = registry.map_or("without a registry".to_owned(), |name| format!("of the registry {name:?}"));
                let logs = if named.is_empty() { origins } else { named };
                let what = format!("which of the logs {} speaks for {} {of}?", logs.join(", "), package.name);
                let error = Error::malformed(format!("{}: {what}", path.display()));
                return Err(error.hint(match registry {
                    Some(_) => "--known-as ORIGIN=NAME says it; a trust file of one log needs none for a file of one registry",
                    None => "a file about several registries names them: `headlock export wkg-lock --known-as ORIGIN=NAME …`",
                }));
            }
        };
        asked.push((*origin, package));
    }
    Ok(asked)
}

/// Opens a log at the newest head that is served and accepted, and that contradicts none that was seen.
fn newest(place: &Place, trust: &Trust, origin: &str, pages: &mut Pages) -> Result<AcceptedHead> {
    let note = newest_checkpoint(place.access(), trust, origin)?;
    let (head, _) = trust.accept_checkpoint(origin, &note)?;
    pages.open(trust, &head)?;
    consult_memory(place.memory().as_ref(), trust, std::slice::from_ref(&head), pages)?;
    Ok(head)
}

fn line(package: &Package, Entry { requirement, version, sha256 }: &Entry, finding: &Finding, origin: &str) -> String {
    let said = match finding {
        Finding::Agrees { record, yanked: None } => format!("agrees: record {record}"),
        Finding::Agrees { record, yanked: Some(yank) } => format!("agrees: record {record}, yanked: record {yank}"),
        Finding::Differs { record, logged } => {
            format!("differs: content sha256 {sha256}, by record {record} it is {logged}")
        }
        Finding::NoRelease => "not in the log: the package has no such release".to_owned(),
        Finding::NoPackage => "not in the log: it has no such package".to_owned(),
        Finding::Contradicts => format!("not what it is locked for: {requirement}"),
    };
    let of = package.registry.as_ref().filter(|registry| *registry != origin);
    let of = of.map(|registry| format!(" of {registry}")).unwrap_or_default();
    in_ascii(&format!("{} {version} ({requirement}){of}, {origin}: {said}", package.name))
}
