//! How long to wait, and how often to ask.

use std::time::Duration;

/// How long to wait for a server, and how often to ask it. A server cannot raise any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    /// Until a connection stands.
    pub(super) connect: Duration,
    /// Until the headers of an answer are there, and between two pieces of its body.
    pub(super) stall: Duration,
    /// How many bytes of a body must come in a second, on the average from its first byte on, once `stall` has passed.
    pub(super) slowest: u64,
    /// For one request, from asking to the last byte, redirects included.
    pub(super) request: Duration,
    /// How often a file is asked for.
    pub(super) tries: u32,
    /// Pause before the second try; three times as long before each further one.
    pub(super) pause: Duration,
    /// Longest pause, whatever a server wishes.
    pub(super) longest_pause: Duration,
    /// For all tries of a file together; the last one is cut short.
    pub(super) give_up: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(20),
            slowest: 1024,
            request: Duration::from_secs(60),
            tries: 5,
            pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(5),
            give_up: Duration::from_secs(120),
        }
    }
}

impl Patience {
    /// The usual patience, but `give_up` for all tries of a file. Whoever has less time waits less for each part; whoever
    /// has more gives it to each request.
    pub(super) fn within(give_up: Duration) -> Patience {
        let usual = Patience::default();
        let request = usual.request.min(give_up).max(give_up / 2);
        Patience { connect: usual.connect.min(give_up), stall: usual.stall.min(request / 2), request, give_up, ..usual }
    }

    /// The pause before a try, counted from 1 for the second; a server may ask for a longer one, within bounds.
    pub(super) fn pause_before(&self, repeat: u32, asked: Duration) -> Duration {
        let factor = 3_u32.saturating_pow(repeat.saturating_sub(1));
        self.pause.saturating_mul(factor).max(asked).min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_follow_from_the_whole() {
        let parts = |seconds| {
            let Patience { connect, stall, request, give_up, .. } = Patience::within(Duration::from_secs(seconds));
            [connect, stall, request, give_up].map(|time| time.as_millis())
        };
        assert_eq!(parts(2), [2_000, 1_000, 2_000, 2_000]);
        assert_eq!(parts(30), [10_000, 15_000, 30_000, 30_000]);
        assert_eq!(parts(3600), [10_000, 20_000, 1_800_000, 3_600_000]);
        assert_eq!(Patience::within(Patience::default().give_up), Patience::default());
    }

    #[test]
    fn pauses_grow_and_have_an_end() {
        let patience = Patience::default();
        let none = Duration::ZERO;
        let pauses: Vec<u128> = (1..7).map(|repeat| patience.pause_before(repeat, none).as_millis()).collect();
        assert_eq!(pauses, [100, 300, 900, 2700, 5000, 5000]);
        assert_eq!(patience.pause_before(1, Duration::from_secs(2)), Duration::from_secs(2));
        assert_eq!(patience.pause_before(1, Duration::from_secs(86_400)), Duration::from_secs(5));
        assert_eq!(patience.pause_before(u32::MAX, none), Duration::from_secs(5));
    }
}
