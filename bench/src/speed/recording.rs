//! A solve as data, as the tests of other engines have it.

use super::native;

#[path = "../../../tests/engines/recording.rs"]
mod tests_recording;

pub(super) use tests_recording::Recorded;
