//! The page: one file, `web/dist/index.html`, that holds all it needs and asks nobody for anything.
//!
//! | part | from |
//! |---|---|
//! | markup, style, code | `web/page.html`, `web/style.css`, `web/src/` |
//! | the verifier, with the released solver in it | `web/verifier`, compiled |
//! | samples | `examples/crates`, a solver of `tests/frozen`, and two registries, by the command |
//!
//! Its policy names the sha256 of each script and of the style, so that no other runs, and allows no connection.

mod pieces;
mod samples;

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use fs_err as fs;
use sha2::{Digest, Sha256};
use wasmparser::{Parser, Payload};

use crate::component;

/// What is made.
const PAGE: &str = "web/dist/index.html";

/// The samples as files, for tests and for whoever wants to try the command on them.
const SAMPLES: &str = "web/dist/samples";

/// Most bytes of the page, compressed.
const MOST: usize = 1_500_000;

/// What runs in a worker, in this order; the page has it, too, where there are no workers.
const ENGINE: [&str; 3] = ["abi.js", "contract.js", "verification.js"];

/// What the page does.
const VIEW: [&str; 6] = ["data.js", "files.js", "runner.js", "graph.js", "view.js", "app.js"];

/// Makes the page.
pub(crate) fn build(root: &Path, headlock: Option<&Path>) -> Result<()> {
    let web = root.join("web");
    let verifier = component::module(root, "headlock-page-verifier", "page")?;
    check_imports(&verifier)?;
    let samples = samples::make(root, headlock)?;
    let folder = root.join(SAMPLES);
    for sample in &samples {
        for (name, bytes) in &sample.files {
            let path = folder.join(sample.id).join(name);
            fs::create_dir_all(path.parent().context("a sample's file stands in a folder")?)?;
            fs::write(path, bytes)?;
        }
    }
    let (list, own) = samples::pack(&samples, &verifier);
    let style = fs::read_to_string(web.join("style.css"))?;
    let engine = format!("'use strict';\n{}", script(&web, &ENGINE)?);
    // In a block of its own, so that each of the two has its own names.
    let view = format!("'use strict';\n{{\n{}}}\n", script(&web, &VIEW)?);
    let page = fill(
        &fs::read_to_string(web.join("page.html"))?,
        &[
            ("policy", &policy(&[&engine, &view], &style)),
            ("style", &style),
            ("verifier", &packed(&verifier)?),
            ("samples", &list),
            ("pieces", &packed(&own)?),
            ("engine", &engine),
            ("view", &view),
        ],
    )?;
    let path = root.join(PAGE);
    fs::write(&path, &page)?;
    let sent = gzip(page.as_bytes())?.len();
    println!(
        "wrote {PAGE}: {} bytes, {sent} compressed, sha256 {}; the verifier {} bytes, {} compressed",
        page.len(),
        component::sha256(page.as_bytes()),
        verifier.len(),
        gzip(&verifier)?.len()
    );
    ensure!(sent <= MOST, "expected a page of at most {MOST} bytes compressed, found {sent}");
    Ok(())
}

/// Checks that the verifier can call nothing but the solver, and what begins it: so it can reach nothing else.
fn check_imports(verifier: &[u8]) -> Result<()> {
    const EXPECTED: [(&str, &str); 3] = [
        ("headlock:page/engine@0.1.0", "begin"),
        ("headlock:solver/solving@0.1.0", "start"),
        ("headlock:solver/solving@0.1.0", "supply"),
    ];
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(verifier) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                found.push((import.module, import.name));
            }
        }
    }
    found.sort_unstable();
    ensure!(found == EXPECTED, "expected a verifier that imports {EXPECTED:?}, found {found:?}");
    Ok(())
}

/// Modules as one script: what they import of one another is there already.
fn script(web: &Path, names: &[&str]) -> Result<String> {
    let mut script = String::new();
    for name in names {
        let source = fs::read_to_string(web.join("src").join(name))?;
        for line in source.lines() {
            if line.starts_with("import ") {
                ensure!(line.ends_with("';"), "web/src/{name}: expected an import on one line, found {line:?}");
                continue;
            }
            script.push_str(line.strip_prefix("export ").unwrap_or(line));
            script.push('\n');
        }
    }
    // Where a script or the page's markup would end is nowhere inside of it.
    ensure!(!script.contains("</script") && !script.contains("<!--"), "a script holds markup that would end it");
    Ok(script)
}

/// Nothing is loaded from anywhere, and nothing runs but what is named.
fn policy(scripts: &[&str], style: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    let scripts: Vec<String> = scripts.iter().map(|script| hash(script)).collect();
    format!(
        "default-src 'none'; script-src {} 'wasm-unsafe-eval'; style-src {}; worker-src blob:; base-uri 'none'; form-action 'none'",
        scripts.join(" "),
        hash(style)
    )
}

/// Puts parts into the places of a template, `{{NAME}}`, each once.
fn fill(template: &str, parts: &[(&str, &str)]) -> Result<String> {
    let mut page = String::new();
    let mut rest = template;
    let mut left: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    while let Some((before, behind)) = rest.split_once("{{") {
        let (name, after) = behind.split_once("}}").context("a place of the template has no end")?;
        let place = left.iter().position(|known| *known == name);
        left.swap_remove(place.with_context(|| format!("the template has a place {name:?} too many"))?);
        page.push_str(before);
        page.extend(parts.iter().filter(|(known, _)| *known == name).map(|(_, part)| *part));
        rest = after;
    }
    if let Some(name) = left.first() {
        bail!("the template has no place {name:?}");
    }
    page.push_str(rest);
    Ok(page)
}

/// Bytes as text of a page, compressed.
fn packed(bytes: &[u8]) -> Result<String> {
    Ok(STANDARD.encode(gzip(bytes)?))
}

/// Without a date, a name or a system in its head.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn a_template_has_each_place_once() {
        let fill = |template| fill(template, &[("a", "1"), ("b", "{{a}}")]).map_err(|error| error.to_string());
        assert_eq!(fill("{{b}} and {{a}}."), Ok("{{a}} and 1.".to_owned()));
        assert_eq!(fill("{{a}}{{a}}{{b}}"), Err("the template has a place \"a\" too many".to_owned()));
        assert_eq!(fill("{{a}}"), Err("the template has no place \"b\"".to_owned()));
        assert_eq!(fill("{{a"), Err("a place of the template has no end".to_owned()));
    }
}
