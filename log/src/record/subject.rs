//! What a record is about, and so which page it stands in.

use std::fmt;

use crate::digest::Digest;

/// What a page is about.
///
/// Each has a name, and no two the same one, for a package's name has a colon before any space: `NAMESPACE:NAME`,
/// `peers`, `peer ORIGIN`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject<'a> {
    /// A package: its releases and yanks.
    Package(&'a str),
    /// The other logs that this one's packages may depend on.
    Peers,
    /// One of them, by its origin: which heads of it this log has seen.
    Peer(&'a str),
}

/// The name of [`Subject::Peers`].
const PEERS: &str = "peers";

/// What the name of a [`Subject::Peer`] begins with.
const PEER: &str = "peer ";

impl Subject<'_> {
    /// The key under which the index has the page.
    pub fn key(self) -> Digest {
        match self {
            Subject::Package(name) => Digest::of(format!("package\n{name}").as_bytes()),
            Subject::Peers => Digest::of(b"peers\n"),
            Subject::Peer(origin) => Digest::of(format!("peer\n{origin}").as_bytes()),
        }
    }
}

/// The subject of a name: the one that [`Subject`] displays.
impl<'a> From<&'a str> for Subject<'a> {
    fn from(name: &'a str) -> Subject<'a> {
        match name.strip_prefix(PEER) {
            Some(origin) => Subject::Peer(origin),
            None if name == PEERS => Subject::Peers,
            None => Subject::Package(name),
        }
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Package(name) => f.write_str(name),
            Subject::Peers => f.write_str(PEERS),
            Subject::Peer(origin) => write!(f, "{PEER}{origin}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_which_subject() {
        let all = [Subject::Package("peers:peer"), Subject::Peers, Subject::Peer("peers"), Subject::Peer("a:b")];
        for subject in all {
            let name = subject.to_string();
            assert_eq!(Subject::from(name.as_str()), subject);
            assert!(all.iter().filter(|other| other.key() == subject.key()).count() == 1, "{name}");
        }
    }
}
