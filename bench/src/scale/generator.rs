//! A made-up index of any number of crates, in rows as crates.io's index has them.
//!
//! What it shares with the real one: a crate has ten rows on average, most have few and some have hundreds; crates that
//! came early are depended on most; a row names a handful of dependencies, one of them optional; one row in thirty is
//! yanked. The same numbers give the same rows everywhere: nothing here asks a clock, a system or a float.
//!
//! Among them stand the same few crates at every size, the *core*, which depend on one another and on nothing else. So a
//! solve of [`CORE_ROOT`] needs the same rows of every index, and what it costs shows how much the size alone adds.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// How many crates the core has.
pub(crate) const CORE: u64 = 40;
/// The crate of the core that needs, by way of others, all of them.
pub(crate) const CORE_ROOT: &str = "core-0039";
/// Fewest rows of a crate, so that each has a release of its first stable track.
const FEWEST: u64 = 3;
/// The time over which the rows are spread, in days from 2015-01-01 on.
const DAYS: u64 = 4000;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

/// Writes the rows of an index with so many crates, the core included.
pub(crate) fn write_rows(dir: &Path, crates: u64) -> io::Result<Written> {
    let mut written = Written::default();
    for number in 0..crates {
        let name = crate_name(number);
        let folder = dir.join(&name[..2]).join(&name[2..4]);
        fs::create_dir_all(&folder)?;
        let mut file = BufWriter::new(fs::File::create(folder.join(&name))?);
        for row in rows(number, crates) {
            file.write_all(row.as_bytes())?;
            written.rows += 1;
            written.bytes += row.len() as u64;
        }
        file.flush()?;
    }
    Ok(written)
}

/// The name of a crate: the core's come first, the others are four syllables, each number's its own.
pub(crate) fn crate_name(number: u64) -> String {
    if number < CORE {
        return format!("core-{number:04}");
    }
    const SYLLABLES: u64 = 16 * 5;
    // Odd and no multiple of five, so that no two numbers below 80^4 meet.
    let mut rest = number * 15_485_863 % SYLLABLES.pow(4);
    let mut name = String::new();
    for _ in 0..4 {
        let syllable = (rest % SYLLABLES) as usize;
        name.push(char::from(b"bcdfghjklmnprstv"[syllable / 5]));
        name.push(char::from(b"aeiou"[syllable % 5]));
        rest /= SYLLABLES;
    }
    name
}

/// The rows of a crate, each a line.
fn rows(number: u64, crates: u64) -> impl Iterator<Item = String> {
    let name = crate_name(number);
    let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    // Half of the crates have up to 4 more rows than the fewest, a quarter up to 8, and so on.
    let doublings = random.next().trailing_zeros().min(6);
    let count = FEWEST + random.below((4 << doublings) + 1);
    let dependencies = dependencies(number, &mut random);
    // A crate begins when as many others as it has before it have begun; the core from the first day on.
    let born = if number < CORE { 0 } else { number * DAYS * 9 / (crates * 10) };
    (0..count).map(move |row| {
        let second = (born + (DAYS - born) * row / count) * 86_400 + random.below(86_400);
        let yanked = row + 1 < count && random.below(30) == 0;
        let checksum = [random.next(), random.next(), random.next(), random.next()];
        let checksum: String = checksum.iter().map(|part| format!("{part:016x}")).collect();
        let features = if dependencies.contains("\"optional\":true") { r#""extra":["dep:extra"],"# } else { "" };
        format!(
            "{{\"name\":\"{name}\",\"vers\":\"{}\",\"deps\":[{dependencies}],\"cksum\":\"{checksum}\",\"features\":{{{features}\
             \"default\":[\"std\"],\"std\":[]}},\"yanked\":{yanked},\"pubtime\":\"{}\"}}\n",
            version(row),
            time(second),
        )
    })
}

/// The dependencies of a crate as its rows hold them: on crates that came before it, on early ones most.
fn dependencies(number: u64, random: &mut Random) -> String {
    let mut on: Vec<u64> = match number {
        // A tree, the last one its root, three branches at each.
        number if number < CORE => {
            let from_root = CORE - 1 - number;
            (1..=3).filter_map(|branch| (CORE - 1).checked_sub(3 * from_root + branch)).collect()
        }
        _ => (0..random.below(7)).map(|_| CORE + early(number - CORE, random)).filter(|on| *on < number).collect(),
    };
    on.sort_unstable();
    on.dedup();
    let optional = on.len().checked_sub(1).filter(|last| *last >= 2 && number >= CORE);
    let dependency = |(place, on): (usize, &u64)| {
        let (name, requirement) = (crate_name(*on), if place % 2 == 0 { "^1" } else { "^1.0" });
        let optional = optional == Some(place);
        let (shown, package) =
            if optional { ("extra".to_owned(), format!(",\"package\":\"{name}\"")) } else { (name, String::new()) };
        format!(
            "{{\"name\":\"{shown}\",\"req\":\"{requirement}\",\"features\":[],\"optional\":{optional},\"default_features\":true,\
             \"target\":null,\"kind\":\"normal\"{package}}}"
        )
    };
    on.iter().enumerate().map(dependency).collect::<Vec<_>>().join(",")
}

/// A number below a limit (0 where that is 0), small ones far more often than large ones.
fn early(limit: u64, random: &mut Random) -> u64 {
    let mut chosen = limit;
    for _ in 0..3 {
        chosen = random.below(chosen.max(1));
    }
    chosen
}

/// The version of a crate's row: two before the first stable track, then those of that track.
fn version(row: u64) -> String {
    match row {
        0 => "0.1.0".to_owned(),
        1 => "0.2.0".to_owned(),
        row => format!("1.{}.0", row - 2),
    }
}

/// A time so many seconds after the beginning of 2015, with months of 28 days and years of 12 of them.
fn time(second: u64) -> String {
    let (day, second) = (second / 86_400, second % 86_400);
    let (year, month, day) = (2015 + day / 336, day % 336 / 28 + 1, day % 28 + 1);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit, which is not 0.
    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }
}
