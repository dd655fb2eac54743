//! `headlock update` beside a lock made anew.

use anyhow::{Result, bail};
use fs_err as fs;

use crate::process::{ended_in, run};
use crate::programs::{ORIGIN, Programs};
use crate::report::{Section, median, milliseconds, ratio};

/// How often each runs.
const TIMES: usize = 9;

/// Where the lock begins that is moved.
const UNTIL: &str = "2026-05-01";

pub(crate) fn update(programs: &Programs) -> Result<Section> {
    let command = |arguments: &[&str]| programs.command("cache", arguments);
    let rows = programs.rows.display().to_string();
    run(&mut command(&["key", "generate", "--name", ORIGIN, "--out", "moving.key"]))?;
    run(&mut command(&["registry", "init", "moving", "--key", "moving.key"]))?;
    let import = ["registry", "import", "crates-index", &rows, "--registry", "moving", "--key", "moving.key"];
    run(&mut command(&[&import[..], &["--until", UNTIL]].concat()))?;
    let url = format!("file://{}/moving", programs.folder.display());
    let (mut locks, mut unsolved) = (Vec::new(), Vec::new());
    for root in &programs.roots {
        let folder = programs.folder.join(format!("moving-{root}"));
        fs::create_dir_all(&folder)?;
        let name = folder.display().to_string();
        run(&mut command(&["-C", &name, "init", "--log-key", "../moving.key.pub", "--url", &url]))?;
        fs::copy(programs.folder.join(root).join("headlock.toml"), folder.join("headlock.toml"))?;
        // A release may need another of a later day: then there was no solution.
        match ended_in(&mut command(&["-C", &name, "lock"]))? {
            1 => unsolved.push(root.as_str()),
            0 => locks.push((root, name, fs::read(folder.join("headlock.lock"))?)),
            code => bail!("locking {root} as of {UNTIL} ended in {code}"),
        }
    }
    run(&mut command(&import))?;
    let mut rows = Vec::new();
    for (root, name, old) in locks {
        let path = programs.folder.join(format!("moving-{root}")).join("headlock.lock");
        let (mut moved, mut made) = (Vec::new(), Vec::new());
        for round in 0..=TIMES {
            fs::write(&path, &old)?;
            let update = run(&mut command(&["-C", &name, "update"]))?.wall;
            fs::remove_file(&path)?;
            let lock = run(&mut command(&["-C", &name, "lock"]))?.wall;
            // One run of each is not counted.
            if round > 0 {
                moved.push(update);
                made.push(lock);
            }
        }
        let (moved, made) = (median(moved), median(made));
        rows.push(vec![root.clone(), milliseconds(made), milliseconds(moved), ratio(moved / made)]);
    }
    let notes = match unsolved.join(", ") {
        none if none.is_empty() => Vec::new(),
        some => vec![format!("Without a solution as of {UNTIL}, and so not here: {some}.")],
    };
    Ok(Section {
        title: "Moving a lock on, beside making it anew",
        about: format!(
            "Whole processes, {TIMES} times in turn: `headlock update` of a lock of {UNTIL} to the newest head, which proves that the one goes on from \
             the other and says what changed and why; and `headlock lock` without a lock, which fetches nothing ahead."
        ),
        columns: ["root", "lock", "update", "update / lock"].map(str::to_owned).to_vec(),
        rows,
        notes,
    })
}
