//! Names that may have been meant by one that is not known.

use headlock_log::name::{MAX_PACKAGE_NAME, same_name_key};

/// Most names that are suggested.
const MAX_SUGGESTED: usize = 3;

/// Most letters of another name than a package's that are changed.
const MAX_CHANGED: usize = 2;

/// Longest name that is compared, in bytes: nothing that anybody meant is longer.
const MAX_NAME: usize = 255;

/// Packages that may have been meant, the closest first: the same behind a namespace, or with few letters changed there.
pub(crate) fn packages<'n>(wanted: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    if wanted.len() > MAX_PACKAGE_NAME {
        return Vec::new();
    }
    let bare = |name: &str| same_name_key(name.rsplit(':').next().unwrap_or_default());
    let (own, whole) = (bare(wanted), same_name_key(wanted));
    closest(wanted, known, |name| {
        let changed = few_changed(&own, &bare(name))?;
        Some((changed, distance(&whole, &same_name_key(name))))
    })
}

/// Other names that may have been meant, the closest first: with one or two letters changed, and not the first. Those of logs
/// are alike for most of their length, so nothing is made of how long they are.
pub(crate) fn names<'n>(wanted: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    if wanted.len() > MAX_NAME {
        return Vec::new();
    }
    let own = same_name_key(wanted);
    closest(wanted, known, |name| {
        let name = same_name_key(name);
        // Part of a path is more likely forgotten than misspelt.
        if name.strip_prefix(&own).is_some_and(|rest| rest.starts_with('/')) {
            return Some((0, 0));
        }
        let begins = own.chars().next() == name.chars().next();
        few_changed(&own, &name).filter(|changed| begins && *changed <= MAX_CHANGED).map(|changed| (changed, 0))
    })
}

/// `did you mean `a`, `b` or `c`?`; nothing, if nothing is close.
pub(crate) fn question(close: &[&str]) -> Option<String> {
    let [others @ .., last] = close else { return None };
    let others: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
    Some(match others.is_empty() {
        true => format!("did you mean `{last}`?"),
        false => format!("did you mean {} or `{last}`?", others.join(", ")),
    })
}

fn closest<'n>(
    wanted: &str,
    known: impl IntoIterator<Item = &'n str>,
    measure: impl Fn(&str) -> Option<(usize, usize)>,
) -> Vec<&'n str> {
    let is_plain = |name: &str| name.len() <= MAX_NAME && name.bytes().all(|byte| byte.is_ascii_graphic());
    let comparable = known.into_iter().filter(|name| *name != wanted && is_plain(name));
    let mut found: Vec<((usize, usize), &str)> =
        comparable.filter_map(|name| measure(name).map(|distance| (distance, name))).collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(MAX_SUGGESTED).map(|(_, name)| name).collect()
}

/// How many letters are changed, if these are few for names of such a length.
fn few_changed(one: &str, other: &str) -> Option<usize> {
    let most = one.len().max(other.len()) / 3;
    Some(distance(one, other)).filter(|changed| *changed <= most)
}

/// How many letters have to be put in, taken away, replaced, or change places with the next.
fn distance(one: &str, other: &str) -> usize {
    let others: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=others.len()).collect();
    let (mut before, mut above_letter) = (Vec::new(), None);
    for (above, letter) in one.chars().enumerate() {
        let mut next = vec![above + 1];
        for (left, &other) in others.iter().enumerate() {
            let replaced = row[left] + usize::from(letter != other);
            let mut cheapest = replaced.min(row[left + 1] + 1).min(next[left] + 1);
            // The two letters before this place, the other way round.
            if left > 0 && above_letter == Some(other) && letter == others[left - 1] {
                cheapest = cheapest.min(before[left - 1] + 1);
            }
            next.push(cheapest);
        }
        before = std::mem::replace(&mut row, next);
        above_letter = Some(letter);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        for (one, other, expected) in [("", "abc", 3), ("serde", "serde", 0), ("serd", "serde", 1), ("syn", "nys", 2)] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn the_closest_come_first_each_once() {
        let known = ["my:logger", "your:loger", "my:lodger", "my:loger", "my:other", "my:loger", "their:loger"];
        assert_eq!(packages("my:logr", known), ["my:loger", "your:loger", "their:loger"]);
        assert_eq!(packages("logger", known)[0], "my:logger");
        assert_eq!(packages("My_Logger", ["my:my-logger"]), ["my:my-logger"]);
        assert!(packages("my:app", known).is_empty());
        assert_eq!(packages("my:ap", ["my:app", "my:b"]), ["my:app"]);
        assert!(packages("my:a", ["my:b"]).is_empty());
        assert!(packages("my:logger", ["my:logger"]).is_empty(), "it is known");
        let origins = ["registry.example/components", "other.example/log"];
        assert_eq!(names("registry.exmaple/components", origins), ["registry.example/components"]);
        assert!(names("x", origins).is_empty());
        assert!(
            names("another.example/log", origins).is_empty() && names("b.example/log", ["a.example/log"]).is_empty()
        );
        assert!(names("", [""]).is_empty());
    }

    #[test]
    fn what_nobody_meant_is_not_compared() {
        let long = "x".repeat(100_000);
        assert!(packages(&long, [long.as_str(), "my:app"]).is_empty());
        assert!(names(&long, [long.as_str()]).is_empty());
        assert!(names("xxx", [long.as_str()]).is_empty());
        assert!(
            names("default", ["d\u{435}fault", "default\u{1b}"]).is_empty(),
            "what looks the same, or does something"
        );
        let many: Vec<String> = (0..1_000).map(|number| format!("n{number}:app")).collect();
        assert_eq!(packages("my:app", many.iter().map(String::as_str)).len(), MAX_SUGGESTED);
    }

    #[test]
    fn they_are_asked_for() {
        assert_eq!(question(&[]), None);
        assert_eq!(question(&["a"]).as_deref(), Some("did you mean `a`?"));
        assert_eq!(question(&["a", "b", "c"]).as_deref(), Some("did you mean `a`, `b` or `c`?"));
    }
}
