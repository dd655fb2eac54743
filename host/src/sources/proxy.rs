//! The proxy that the environment names, and who is asked without it.

use std::env;
use std::ffi::OsString;

use ureq::{Proxy, ProxyProtocol};

use super::url::Url;

/// The variables that name one, in the order in which they count.
const VARIABLES: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// Those that name hosts which are asked without it, likewise.
const EXCEPT: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// What the environment says of proxies.
pub(super) struct Proxies {
    /// The variable, and the proxy that it names; none if that is none that can be used.
    named: Option<(&'static str, Option<Proxy>)>,
    /// Names of hosts, in small letters; with those below them; `*` is every host.
    except: Vec<String>,
}

/// How a server is reached.
#[derive(Debug)]
pub(super) enum Way {
    /// Without a proxy.
    Directly,
    /// By the proxy that a variable names.
    By(&'static str),
    /// Not at all: what a variable names is no proxy that can be used. Whoever names one does not want servers asked without it.
    Barred(&'static str),
}

impl Proxies {
    pub(super) fn of_environment() -> Proxies {
        Proxies::of(|name| env::var_os(name))
    }

    fn of(value: impl Fn(&str) -> Option<OsString>) -> Proxies {
        // What is empty is not set.
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| Some((*name, value(name).filter(|value| !value.is_empty())?)))
        };
        let named = first(&VARIABLES).map(|(name, value)| (name, value.to_str().and_then(usable)));
        let except = first(&EXCEPT).map(|(_, value)| value.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let bare = |host: &str| host.strip_prefix("*.").unwrap_or(host).trim_matches(['.', '[', ']']).to_owned();
        let except = except.split([',', ' ', '\t']).map(bare).filter(|host| !host.is_empty()).collect();
        Proxies { named, except }
    }

    /// The proxy, if one is named that can be used.
    pub(super) fn proxy(&self) -> Option<&Proxy> {
        self.named.as_ref().and_then(|(_, proxy)| proxy.as_ref())
    }

    /// How the server of a URL is reached: a proxy is for reaching others than this host.
    pub(super) fn way_to(&self, url: &Url) -> Way {
        match &self.named {
            Some((name, proxy)) if !url.is_loopback() && !self.is_excepted(url.host()) => match proxy {
                Some(_) => Way::By(name),
                None => Way::Barred(name),
            },
            _ => Way::Directly,
        }
    }

    fn is_excepted(&self, host: &str) -> bool {
        let is_of = |except: &String| {
            except == "*" || host.strip_suffix(&**except).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.except.iter().any(is_of)
    }
}

/// The proxy that a text names; SOCKS is not spoken.
fn usable(text: &str) -> Option<Proxy> {
    let proxy = Proxy::new(text).ok()?;
    let authority = proxy.uri().authority()?.as_str();
    let host_and_port = authority.rsplit('@').next()?;
    let (host, port) = match host_and_port.rsplit_once(']') {
        Some((address, port)) => (address, port),
        None => host_and_port.split_at(host_and_port.find(':').unwrap_or(host_and_port.len())),
    };
    // A port that is none would be passed by for the usual one.
    let is_port =
        |port: &str| port.strip_prefix(':').and_then(|port| port.parse::<u16>().ok()).is_some_and(|port| port > 0);
    let is_one = !host.is_empty() && (port.is_empty() || is_port(port));
    (is_one && matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https)).then_some(proxy)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a URL is reached where these variables are set.
    fn way(variables: &[(&str, &str)], url: &str) -> String {
        let value = |name: &str| variables.iter().find(|(set, _)| *set == name).map(|(_, value)| OsString::from(value));
        let proxies = Proxies::of(value);
        match (proxies.way_to(&Url::parse_base(url).unwrap()), proxies.proxy()) {
            (Way::By(name), Some(proxy)) => format!("by {name}: {}:{}", proxy.host(), proxy.port()),
            (Way::Barred(name), None) => format!("barred by {name}"),
            (way, _) => format!("{way:?}").to_lowercase(),
        }
    }

    const URL: &str = "https://registry.example/a";

    #[test]
    fn the_first_that_is_set_counts() {
        assert_eq!(way(&[], URL), "directly");
        assert_eq!(way(&[("HTTPS_PROXY", "")], URL), "directly");
        let several = [("http_proxy", "http://one:1"), ("HTTPS_PROXY", "two:2"), ("ALL_PROXY", "")];
        assert_eq!(way(&several, URL), "by HTTPS_PROXY: two:2");
        assert_eq!(way(&[("all_proxy", "https://me:s3cr3t@[::1]:8080")], URL), "by all_proxy: [::1]:8080");
        for url in ["http://localhost:1/a", "https://127.0.0.1/a", "https://[::1]/a"] {
            assert_eq!(way(&several, url), "directly", "{url}");
        }
    }

    #[test]
    fn what_is_none_is_not_passed_by() {
        for none in [
            "gopher://me:s3cr3t@two:2",
            "socks5://me:s3cr3t@two:2",
            "socks4://two",
            "http://",
            "a b",
            "http://two:99999",
            "http://two:0",
            "http://:8080",
            "http://me@:8080",
            "http://[::1]:x",
        ] {
            let all = [("https_proxy", none), ("HTTP_PROXY", "http://one:1")];
            assert_eq!(way(&all, URL), "barred by https_proxy", "{none}");
        }
    }

    #[test]
    fn who_is_excepted_is_asked_directly() {
        for (except, excepted) in [
            ("*", true),
            ("registry.example", true),
            ("REGISTRY.EXAMPLE", true),
            ("example", true),
            (".example", true),
            ("*.example", true),
            ("a.example, registry.example", true),
            ("a.example registry.example", true),
            ("a.example,,", false),
            ("y.example", false),
            ("a.registry.example", false),
            ("", false),
        ] {
            for (proxy, else_) in [("two:2", "by ALL_PROXY: two:2"), ("socks5://two", "barred by ALL_PROXY")] {
                let found = way(&[("ALL_PROXY", proxy), ("NO_PROXY", except)], URL);
                assert_eq!(found, if excepted { "directly" } else { else_ }, "{except} {proxy}");
            }
        }
        let all = [("ALL_PROXY", "two:2"), ("NO_PROXY", ""), ("no_proxy", "2001:db8::1,10.0.0.1")];
        assert_eq!(way(&all, "https://[2001:db8::1]/a"), "directly");
        assert_eq!(way(&all, "https://10.0.0.1/a"), "directly");
        assert_eq!(way(&all, "https://110.0.0.1/a"), "by ALL_PROXY: two:2");
    }
}
