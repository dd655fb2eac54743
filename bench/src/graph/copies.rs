//! How large a copy is that has what one lock needs.

use anyhow::Result;
use fs_err as fs;
use headlock::lock::Lock;

use super::size_of;
use crate::process::run;
use crate::programs::Programs;
use crate::report::{Section, bytes, count, median, milliseconds, ratio};

/// How often each verifies.
const TIMES: usize = 9;

pub(crate) fn sizes(programs: &Programs) -> Result<Section> {
    let (_, whole) = size_of(&programs.registry())?;
    let mut rows = Vec::new();
    for root in &programs.roots {
        let (mirror, bundle) = (programs.folder.join(format!("mirror-{root}")), format!("{root}.bundle"));
        let lock = format!("{root}/headlock.lock");
        let into = mirror.display().to_string();
        run(&mut programs.command(
            "cache",
            &["-C", root, "registry", "mirror", "--into", &into, "--for", "headlock.lock", "--without-contents"],
        ))?;
        let (_, sparse) = size_of(&mirror)?;
        run(&mut programs.command("cache", &["-C", root, "bundle", "-o", &format!("../{bundle}")]))?;
        let bundled = fs::metadata(programs.folder.join(&bundle))?.len();
        let lock = Lock::read(&programs.folder.join(lock))?.ok_or_else(|| anyhow::anyhow!("no lock"))?;
        let consulted: usize = lock.derived.consulted.iter().map(|consulted| consulted.names.len()).sum();
        let mut names: Vec<&str> = lock.derived.packages.iter().map(|package| package.name.as_str()).collect();
        names.dedup();
        let packages = (names.len() + consulted) as u64;
        let (mut registry, mut from_bundle) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            registry.push(run(&mut programs.command("cache", &["-C", root, "verify"]))?.wall);
            let verify = ["-C", root, "verify", "--bundle", &format!("../{bundle}")];
            from_bundle.push(run(&mut programs.command("cache", &verify))?.wall);
        }
        let (registry, from_bundle) = (median(registry), median(from_bundle));
        rows.push(vec![
            root.clone(),
            count(packages),
            bytes(sparse),
            format!("1 / {:.0}", whole as f64 / sparse as f64),
            bytes(bundled),
            bytes(bundled / packages),
            milliseconds(registry),
            milliseconds(from_bundle),
            ratio(from_bundle / registry),
        ]);
    }
    let columns = [
        "root",
        "packages asked for",
        "sparse mirror",
        "of the registry",
        "bundle",
        "a package",
        "verify",
        "verify --bundle",
        "ratio",
    ];
    Ok(Section {
        title: "Copies of what a lock needs",
        about: format!(
            "The registry has {} in all. `headlock registry mirror --for LOCK --without-contents` and `headlock bundle`; verifying from the \
             registry and from the bundle, {TIMES} times in turn, whole processes.",
            bytes(whole)
        ),
        columns: columns.map(str::to_owned).to_vec(),
        rows,
        notes: Vec::new(),
    })
}
