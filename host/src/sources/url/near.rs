//! How near a host is to this one: what one server says leads to no nearer one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Scheme, Url, shown};
use crate::error::{Error, Result};

/// How near a host is to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// Anywhere.
    Elsewhere,
    /// In a private network.
    Network,
    /// This very host.
    Host,
}

impl Url {
    /// Whether what is served here may say that this URL is to be asked: from https to https, and no nearer.
    pub(in crate::sources) fn may_lead_to(&self, target: &Url) -> bool {
        match (self.scheme, target.scheme) {
            (Scheme::File, _) => true,
            (_, Scheme::File) | (Scheme::Https, Scheme::Http) => false,
            (Scheme::Http, _) | (Scheme::Https, Scheme::Https) => self.nearness() >= target.nearness(),
        }
    }

    /// How near the host is, as far as its name says.
    fn nearness(&self) -> Nearness {
        let is_this = matches!(&*self.host, "localhost" | "ip6-localhost" | "ip6-loopback");
        if is_this || self.host.ends_with(".localhost") {
            return Nearness::Host;
        }
        let address = match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => embedded(address).map_or(IpAddr::V6(address), IpAddr::V4),
            Ok(address) => address,
            // What looks like a number is an address to some resolvers: 127.1, 2130706433, 0x7f.1.
            Err(_) => {
                let last = self.host.rsplit('.').find(|label| !label.is_empty()).unwrap_or_default();
                let is_number = last.starts_with(|first: char| first.is_ascii_digit());
                return if is_number { Nearness::Host } else { Nearness::Elsewhere };
            }
        };
        let is_near = match address {
            // Also what carriers share (RFC 6598), where some clouds have their metadata.
            IpAddr::V4(address) => {
                let [first, second, ..] = address.octets();
                address.is_private() || address.is_link_local() || (first == 100 && second & 0xc0 == 64)
            }
            IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
        };
        let is_own = matches!(address, IpAddr::V4(address) if address.octets()[0] == 0);
        match address.is_loopback() || address.is_unspecified() || is_own {
            true => Nearness::Host,
            false if is_near => Nearness::Network,
            false => Nearness::Elsewhere,
        }
    }
}

/// The address of version 4 that one of version 6 stands for: mapped, compatible (RFC 4291), or translated (RFC 6052).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (segments, [.., a, b, c, d]) = (address.segments(), address.octets());
    let is_embedded = match segments {
        [0, 0, 0, 0, 0, 0, high, low] => (high, low) > (0, 1),
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => true,
        _ => false,
    };
    is_embedded.then(|| Ipv4Addr::new(a, b, c, d))
}

/// Checks the URL at which a log says that a peer is served, `from` being those of the log. What comes from a server leads
/// to servers, from https to https, and no nearer: never to this very host unless it is there itself, nor to an address of a
/// private network from elsewhere than one. What comes from a folder may lead anywhere. To what a name resolves is not looked
/// at.
///
/// # Errors
/// Malformed: no URL of a registry, or one that leads elsewhere.
pub fn check_peer_url(from: &[String], peer: &str) -> Result<()> {
    let target = Url::parse_base(peer)?;
    let from = from.iter().map(|url| Url::parse_base(url)).collect::<Result<Vec<Url>>>()?;
    // Nothing is known of where a bundle is from, and nothing is asked for there.
    if from.iter().all(|from| from.may_lead_to(&target)) {
        return Ok(());
    }
    Err(Error::malformed(format!(
        "its URL {:?} leads from a server to a folder, to this host or its network, or from https to http",
        shown(peer)
    )))
}
